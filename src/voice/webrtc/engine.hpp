// SPDX-License-Identifier: Apache-2.0
// The WebRTC engine: voice legs of browsers, all on one UDP port. ICE-lite, DTLS-SRTP; always the answerer.
//
// Public functions may be called from any thread except where noted; the work is done on the loop's thread. A leg goes
// through accept() → on_connected → close(), or ends in on_failed or on_lost.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/webrtc/loop.hpp"

namespace hotline::voice::webrtc {

struct Config {
  std::string bind_address = "127.0.0.1";  ///< numeric; "::" serves IPv4 and IPv6
  std::uint16_t port = 0;                  ///< UDP, of all legs; 0: any free one
  std::string
      advertised_address;  ///< numeric, in the candidate; empty: bind_address. Needed behind NAT or with a wildcard
  std::uint32_t legs_max = 2000;
  std::uint32_t handshakes_max = 128;  ///< at once; a browser beyond it is heard when it repeats its ClientHello
  Duration connect_timeout{30'000};    ///< from accept() to the first ClientHello
  Duration handshake_timeout{10'000};  ///< from there to connected
  Duration consent_timeout{15'000};
  Duration report_interval{5'000};  ///< of RTCP
};

/// What accept() agreed on.
struct Accepted {
  std::string answer_sdp;
  media::Remote remote;  ///< for MediaPlane::set_remote; without an address
};

struct LegStats {
  std::uint64_t packets_received = 0, packets_sent = 0, packets_lost = 0;  ///< lost: of what the browser sent
  std::uint64_t refused = 0, replayed = 0;  ///< packets that failed authentication; duplicates
  std::uint32_t jitter_ms = 0;              ///< of what we receive
  std::optional<Duration> round_trip;       ///< from the browser's last report
  std::int32_t remote_lost = 0;             ///< of what we sent, as the browser counts
  std::uint32_t remote_jitter_ms = 0;       ///< of what we sent, as the browser counts
  double remote_fraction_lost = 0;          ///< 0 to 1, between its last two reports
};

struct EngineStats {
  std::uint64_t legs = 0, connected = 0, handshakes = 0;  ///< now
  std::uint64_t rtp_received = 0, rtp_sent = 0;
  std::uint64_t rtp_refused = 0, rtp_replayed = 0;  ///< not authentic or malformed; duplicates
  std::uint64_t stun_answered = 0, stun_refused = 0;
  std::uint64_t dtls_deferred = 0;   ///< ClientHellos over handshakes_max
  std::uint64_t unknown_source = 0;  ///< datagrams from addresses no authenticated check came from
  std::uint64_t send_failed = 0;
};

inline constexpr std::array default_codecs{media::Codec::pcma, media::Codec::pcmu};

class Engine final : public media::PacketPort {
 public:
  /// Makes the certificate and opens the port. Fails with a Problem naming the address, port or library at fault.
  /// What it refers to must outlive it.
  static Result<std::unique_ptr<Engine>, Problem> open(Config config, Loop& loop, Sink& sink, Observer& observer);
  /// Ends all legs without reports and waits for the loop's thread to let go: the loop must still run, this must not be
  /// its thread, and sessions that send through the engine must have been closed before.
  ~Engine() override;

  /// Answers a browser's offer. At once on the caller's thread; the leg is ready before any packet can come. A leg that
  /// exists already is replaced. Fails with a Problem when the offer cannot be taken (answer_offer) or legs_max is
  /// reached. `codecs`: those we take, in the order we like them: that of the leg it will be bridged to first, so that
  /// nothing need be converted.
  Result<Accepted, Problem> accept(LegId leg, std::string_view offer_sdp,
                                   std::span<const media::Codec> codecs = default_codecs);
  /// Says close_notify and forgets the leg and its keys; `done` gets its statistics (zeros when it is gone already) on
  /// the loop's thread.
  void close(LegId leg, std::function<void(LegStats)> done = {});
  /// The leg's figures so far, on the loop's thread; nullopt when there is no such leg.
  void leg_stats(LegId leg, std::function<void(std::optional<LegStats>)> done);

  /// media::PacketPort: encrypts in place and sends. On the loop's thread only. Dropped while the leg is not connected.
  void send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) override;

  [[nodiscard]] media::PortFigures figures(LegId leg) const override;

  [[nodiscard]] std::uint16_t port() const;       ///< the real one
  [[nodiscard]] std::string udp_address() const;  ///< "ip:port" as advertised
  [[nodiscard]] EngineStats stats() const;

 private:
  struct Shared;
  explicit Engine(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace hotline::voice::webrtc
