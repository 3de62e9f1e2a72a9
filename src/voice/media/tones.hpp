// SPDX-License-Identifier: Apache-2.0
// Call progress tones of China: 450 Hz with the cadences of GB/T 3380. Pure; made once, shared.
#pragma once

#include <string_view>

#include "voice/prompts/audio.hpp"

namespace hotline::voice::media {

/// One whole cadence of a tone, so that it may be looped: "dial", "ringback" (1 s on, 4 s off), "busy" (0.35/0.35 s),
/// "congestion" (0.7/0.7 s), "beep" (0.3 s). nullptr: there is no such tone.
[[nodiscard]] prompts::AudioPtr tone(std::string_view name);

}  // namespace hotline::voice::media
