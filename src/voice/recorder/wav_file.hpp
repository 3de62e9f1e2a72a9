// SPDX-License-Identifier: Apache-2.0
// The WAV form of a recording: format 6 (G.711 A-law), 2 channels interleaved, 8 kHz; 58 bytes of header. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace hotline::voice::recorder {

inline constexpr std::size_t wav_header_size = 58;
/// Frames a WAV file can hold (its sizes are 32 bit): 74 hours.
inline constexpr std::uint64_t wav_frames_max = (0xFFFFFFFFULL - wav_header_size) / 2;

/// The header of a recording of `frames` stereo frames.
[[nodiscard]] std::array<std::uint8_t, wav_header_size> wav_header(std::uint64_t frames);

/// Frames as a header says, or nullopt when these bytes are no header of ours.
[[nodiscard]] std::optional<std::uint64_t> frames_in_header(std::span<const std::uint8_t> header);

}  // namespace hotline::voice::recorder
