// SPDX-License-Identifier: Apache-2.0
// Reads a prompt's WAV file: RIFF, PCM, 8 kHz, mono, 16 bit. Pure; every length is checked against the bytes that are
// there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace hotline::voice::prompts {

/// The samples of a whole WAV file. The Problem names what is wrong with the file and what would be right.
/// Chunks other than `fmt ` and `data` are skipped; a data chunk longer than the file is cut to the file.
[[nodiscard]] Result<std::vector<std::int16_t>, Problem> parse_prompt_wav(std::span<const std::uint8_t> file);

}  // namespace hotline::voice::prompts
