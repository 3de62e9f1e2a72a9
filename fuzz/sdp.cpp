// SPDX-License-Identifier: Apache-2.0
// Fuzzes the SDP parser, the writer and the negotiation: no crash, and what was written reads back equal.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "voice/sdp/negotiate.hpp"
#include "voice/sdp/sdp.hpp"

using namespace hotline::voice::sdp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto session = parse({reinterpret_cast<const char*>(data), size});
  if (!session) return 0;
  if (const auto text = write(*session); text.size() <= kBytesMax) {
    const auto again = parse(text);
    if (!again || write(*again) != text) std::abort();
  }
  const Local local{.address = "192.0.2.1", .port = 4000, .protocols = {"RTP/AVP", "UDP/TLS/RTP/SAVPF"}};
  if (const auto answer = make_answer(*session, local); answer) {
    if (answer->session.media.size() != session->media.size()) std::abort();
    if (answer->session.media[answer->agreed.media_index].port != local.port) std::abort();
  }
  if (const auto agreed = read_answer(*session, local); agreed && agreed->port == 0) std::abort();
  return 0;
}
