// SPDX-License-Identifier: Apache-2.0
// The words of the voice link in those of signalling and media, and back. Pure.
#pragma once

#include <string>

#include "base/result.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/webrtc/loop.hpp"
#include "voice_link.pb.h"

namespace hotline::voice::node {

[[nodiscard]] link::HangupCause to_link(signalling::EndCause cause);
[[nodiscard]] link::HangupCause to_link(webrtc::Failure failure);
[[nodiscard]] link::HangupCause to_link(webrtc::Loss loss);
[[nodiscard]] link::PlayEnd to_link(media::PlayEnd end);
[[nodiscard]] link::MediaStats to_link(const media::SessionStats& stats);
[[nodiscard]] signalling::EndCause to_signalling(link::HangupCause cause);

/// Fails, naming the item, when one is of no known kind, a tone is unknown or a silence longer than a minute.
[[nodiscard]] Result<media::PlayRequest, Problem> to_media(const link::Play& play);

/// Whether every character is a digit that RFC 4733 events 0 to 15 can carry: 0-9, *, #, A-D.
[[nodiscard]] bool are_digits(const std::string& text);

/// "2026/04/30/<id>.wav", the UTC date of `now`: one folder a day keeps folders of a size that tools can list.
[[nodiscard]] std::string recording_path(RecordingId recording, TimePoint now);

}  // namespace hotline::voice::node
