// SPDX-License-Identifier: Apache-2.0
// What text may be stored: UTF-8 (RFC 3629) without NUL, because PostgreSQL takes nothing else. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hotline::app {

/// Length in bytes (1 to 4) of the well-formed character at the front of `text`, 0 when it is malformed or NUL.
[[nodiscard]] inline std::size_t storable_front(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const std::uint8_t lead = byte(0);
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // a continuation, or an overlong form
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  const bool overlong = lead == 0xF0 && byte(1) < 0x90;
  const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
  return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
}

/// Length of ASCII without NUL at the front, in steps of eight bytes: almost all of what is stored is nothing else.
[[nodiscard]] inline std::size_t plain_front(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
  std::size_t length = 0;
  for (std::uint64_t word = 0; length + sizeof word <= text.size(); length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if (((word | (word - ones)) & highs) != 0) break;  // a byte from 0x80 on, or one that is zero
  }
  return length;
}

[[nodiscard]] inline bool storable(std::string_view text) {
  text.remove_prefix(plain_front(text));
  while (!text.empty()) {
    const std::size_t length = storable_front(text);
    if (length == 0) return false;
    text.remove_prefix(length);
    if (length > 1) text.remove_prefix(plain_front(text));
  }
  return true;
}

/// `text` with every byte that may not be stored replaced by U+FFFD: for what strangers send (SIP names and numbers).
[[nodiscard]] inline std::string to_storable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const std::size_t plain = plain_front(text);
  out.append(text.substr(0, plain));
  text.remove_prefix(plain);
  while (!text.empty()) {
    const std::size_t length = storable_front(text);
    out.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace hotline::app
