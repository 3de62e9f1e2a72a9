// SPDX-License-Identifier: Apache-2.0
// The small grammars of HTTP content: ranges, entity tags, dates, encodings. Pure functions.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::http {

/// What a Range field asks of a file of `size` bytes (RFC 9110 14.1.2). Several ranges, other units and malformed
/// fields are `whole`: a server may ignore Range.
struct ByteRange {
  enum class Kind : std::uint8_t { whole, part, unsatisfiable } kind = Kind::whole;
  std::uint64_t first = 0, last = 0;  ///< inclusive, when part
};
[[nodiscard]] ByteRange parse_range(std::string_view field, std::uint64_t size);

/// If-None-Match: "*" or a list of tags; weak comparison (RFC 9110 8.8.3.2).
[[nodiscard]] bool matches_any_tag(std::string_view field, std::string_view tag);

/// IMF-fixdate (RFC 9110 5.6.7), e.g. "Sun, 06 Nov 1994 08:49:37 GMT"; the obsolete forms are not taken.
[[nodiscard]] std::string format_http_date(std::time_t time);
[[nodiscard]] std::optional<std::time_t> parse_http_date(std::string_view text);

[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);
[[nodiscard]] bool is_compressible(std::string_view content_type);
/// nullopt only when memory runs out inside zlib.
[[nodiscard]] std::optional<std::string> gzip(std::string_view text);

}  // namespace hotline::http
