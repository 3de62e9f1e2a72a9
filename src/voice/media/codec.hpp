// SPDX-License-Identifier: Apache-2.0
// The voice codecs and what is fixed about each. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hotline::voice::media {

/// Values are the static RTP payload types (RFC 3551); Opus has none, its value is the number in our own offers.
enum class Codec : std::uint8_t { pcmu = 0, pcma = 8, g722 = 9, opus = 111 };

[[nodiscard]] constexpr bool is_g711(Codec codec) {
  return codec == Codec::pcma || codec == Codec::pcmu;
}
/// RTP clock in ticks a sample of 8 kHz: all sessions count time in those. G.722 keeps 8 kHz by a historical error that
/// RFC 3551 4.5.2 fixes for good; Opus is always 48 kHz (RFC 7587 4.1).
[[nodiscard]] constexpr std::uint32_t clock_scale(Codec codec) {
  return codec == Codec::opus ? 6 : 1;
}
[[nodiscard]] constexpr std::uint32_t clock_rate(Codec codec) {
  return 8'000 * clock_scale(codec);
}
/// Samples a second that we decode to and encode from. Opus could do 48,000; speech has nothing above 8 kHz that the
/// other codecs could carry, and two Opus legs are relayed untouched.
[[nodiscard]] constexpr unsigned sample_rate(Codec codec) {
  return is_g711(codec) ? 8'000 : 16'000;
}
/// The name in SDP and in reports: "PCMA", "PCMU", "G722", "opus".
[[nodiscard]] constexpr const char* name_of(Codec codec) {
  switch (codec) {
    case Codec::pcmu:
      return "PCMU";
    case Codec::pcma:
      return "PCMA";
    case Codec::g722:
      return "G722";
    case Codec::opus:
      return "opus";
  }
  return "";
}

/// The codec with this name, in any case; nullopt: none.
[[nodiscard]] constexpr std::optional<Codec> codec_of(std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const Codec codec : {Codec::pcma, Codec::pcmu, Codec::g722, Codec::opus}) {
    const std::string_view ours = name_of(codec);
    bool same = ours.size() == name.size();
    for (std::size_t i = 0; same && i < name.size(); ++i) same = lower(ours[i]) == lower(name[i]);
    if (same) return codec;
  }
  return std::nullopt;
}

inline constexpr unsigned narrowband = 8'000, wideband = 16'000;  ///< sample rates of everything that is decoded
inline constexpr std::size_t frames_a_second = 50;                ///< 20 ms, the step of all that is generated
/// Samples of 20 ms at `rate`.
[[nodiscard]] constexpr std::size_t frame_samples(unsigned rate) {
  return rate / frames_a_second;
}
inline constexpr std::size_t frame_samples_max = frame_samples(wideband);

}  // namespace hotline::voice::media
