// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/node/clean_text.hpp"

#include <cstdint>

namespace hotline::voice::node {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the character at the front of `text`, 0 when there is no valid one. RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 && first <= 0xF4  ? 4
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xC2 && first < 0xE0 ? 2
                                                           : 0;
  if (size == 0 || text.size() < size) return 0;
  std::uint32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool control = code < 0xA0;  // C1, as two bytes
  return overlong || surrogate || control || code > 0x10FFFF ? 0 : size;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string result;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const bool control = first < 0x20 || first == 0x7F;
    const std::size_t size = control ? 0 : character_size(text);
    const std::string_view piece = size == 0 ? replacement : text.substr(0, size);
    if (result.size() + piece.size() > bytes_max) break;
    result += piece;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

}  // namespace hotline::voice::node
