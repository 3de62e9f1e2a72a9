// SPDX-License-Identifier: Apache-2.0
// What comes to the WebRTC port before OpenSSL and libsrtp: which protocol a datagram is taken for, STUN and its
// integrity check; and RTCP, as a hostile peer may send it encrypted.
#include "voice/webrtc/stun.hpp"

#include <cstdlib>

#include "voice/webrtc/demux.hpp"
#include "voice/webrtc/media_names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hotline::voice::webrtc;
  const std::span<const std::uint8_t> packet{data, size};
  const PacketKind kind = classify(packet);
  if (kind == PacketKind::rtcp) (void)read_report(packet, 0x11111111, Moment{std::chrono::hours{500'000}});
  const auto message = stun::parse(packet);
  if (!message) return 0;
  // What is a whole STUN message must have been sorted as one.
  if (kind != PacketKind::stun) std::abort();
  if (message->username.size() > size || message->unknown_count > message->unknown.size()) std::abort();
  (void)stun::check_integrity(packet, *message, "VOkJxbRl1RmTxUk/WvJxBt");
  if (message->mapped) {
    stun::Writer writer{stun::Class::success, message->transaction};
    writer.mapped(*message->mapped).integrity("password-of-the-answer").fingerprint();
    const auto again = stun::parse(writer.bytes());
    if (!again || again->mapped != message->mapped) std::abort();
  }
  return 0;
}
