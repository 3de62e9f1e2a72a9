// SPDX-License-Identifier: Apache-2.0
// What the engine needs from around it: a thread with a loop, somewhere for the voice, someone to tell.
// The voice node gives it shard 0 of the media plane (media_plane_adapter.hpp); tests give it a loop of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/ids.hpp"
#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {

/// One thread. Tasks run on it in the order given, never inside the call that gives them; none is dropped while it
/// lives.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual void run(std::function<void()> task) = 0;                ///< from any thread
  virtual void watch(int fd, std::function<void()> readable) = 0;  ///< from any thread; in order with run()
  virtual void unwatch(int fd) = 0;                                ///< from any thread; in order with run()
  virtual void every_tick(std::function<void()> tick) = 0;         ///< about every 20 ms, as long as the loop lives
  [[nodiscard]] virtual Moment now() = 0;                          ///< on the loop's thread
};

/// Takes decrypted voice; on the loop's thread. The packet is whole RTP and may be changed in place.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_rtp(LegId leg, std::span<std::uint8_t> packet) = 0;
};

enum class Failure : std::uint8_t {
  unreachable,  ///< no DTLS handshake was begun within Config::connect_timeout: UDP is blocked, or the browser left
  handshake_timeout,  ///< begun, and not done within Config::handshake_timeout
  handshake,          ///< no common cipher or SRTP profile, a fatal alert, or a hostile peer
  wrong_fingerprint,  ///< the certificate is not the one of the offer: someone is in between
};
enum class Loss : std::uint8_t {
  silence,  ///< neither an ICE consent check nor media for Config::consent_timeout (RFC 7675)
  closed,   ///< the peer closed its connection: hung up, page left
  error,    ///< a fatal alert
};
[[nodiscard]] const char* to_string(Failure failure);
[[nodiscard]] const char* to_string(Loss loss);

/// Told what becomes of legs; on the loop's thread: hand over and return. A leg that failed or is lost is already gone
/// from the engine; closing it then does nothing.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_connected(LegId leg) = 0;  ///< DTLS is up and the certificate is that of the offer: voice flows
  virtual void on_failed(LegId leg, Failure why) = 0;  ///< never connected
  virtual void on_lost(LegId leg, Loss why) = 0;       ///< was connected
};

}  // namespace hotline::voice::webrtc
