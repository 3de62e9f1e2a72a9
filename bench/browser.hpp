// SPDX-License-Identifier: Apache-2.0
// The far end of a WebRTC leg for benchmarks: an ICE check and a DTLS handshake over a socket of its own; then its
// sound is sent and received under the keys agreed on.
#pragma once

#include <optional>

#include "voice/media/srtp.hpp"
#include "voice/webrtc/engine.hpp"

namespace hotline::bench {

struct Browser {
  int fd;  ///< connected to the engine's port; the receiver closes it
  voice::media::SrtpKeys keys;
  voice::media::Remote remote;  ///< for MediaPlane::set_remote
};

/// Makes the engine accept `leg` and connects to it; nullopt when that takes more than five seconds.
[[nodiscard]] std::optional<Browser> connect_browser(voice::webrtc::Engine& engine, LegId leg);

}  // namespace hotline::bench
