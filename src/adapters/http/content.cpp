// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/content.hpp"

#include <zlib.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/http/message.hpp"

namespace hotline::http {
namespace {

constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return !text.empty() && error == std::errc{} && stopped == end;
}

}  // namespace

ByteRange parse_range(std::string_view field, std::uint64_t size) {
  if (!iequals(field.substr(0, 6), "bytes=")) return {};
  const auto spec = trim(field.substr(6));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const auto first_text = spec.substr(0, dash);
  const auto last_text = spec.substr(dash + 1);
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (first_text.empty()) {  // the last N bytes
    if (!parse_number(last_text, last)) return {};
    if (last == 0 || size == 0) return {ByteRange::Kind::unsatisfiable, 0, 0};
    return {ByteRange::Kind::part, size - std::min(size, last), size - 1};
  }
  if (!parse_number(first_text, first)) return {};
  if (last_text.empty())
    last = UINT64_MAX;
  else if (!parse_number(last_text, last) || last < first)
    return {};
  if (first >= size) return {ByteRange::Kind::unsatisfiable, 0, 0};
  return {ByteRange::Kind::part, first, std::min(last, size - 1)};
}

bool matches_any_tag(std::string_view field, std::string_view tag) {
  field = trim(field);
  if (field == "*") return true;
  while (!field.empty()) {
    const auto comma = field.find(',');
    auto item = trim(field.substr(0, comma));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == tag) return true;
    if (comma == std::string_view::npos) break;
    field.remove_prefix(comma + 1);
  }
  return false;
}

std::string format_http_date(std::time_t time) {
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(utc.tm_wday)],
                     utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::optional<std::time_t> parse_http_date(std::string_view text) {
  // 0    5  8   12   17       26
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  std::tm utc{};
  const auto* month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end() || !parse_number(text.substr(5, 2), utc.tm_mday) ||
      !parse_number(text.substr(12, 4), utc.tm_year) || !parse_number(text.substr(17, 2), utc.tm_hour) ||
      !parse_number(text.substr(20, 2), utc.tm_min) || !parse_number(text.substr(23, 2), utc.tm_sec))
    return std::nullopt;
  utc.tm_mon = static_cast<int>(month - months.begin());
  utc.tm_year -= 1900;
  return ::timegm(&utc);
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    const auto item = accept_encoding.substr(0, comma);
    const auto semicolon = item.find(';');
    const auto name = trim(item.substr(0, semicolon));
    if (iequals(name, "gzip") || name == "*") {
      if (semicolon == std::string_view::npos) return true;
      const auto weight = trim(item.substr(semicolon + 1));
      return weight.find_first_of("123456789") != std::string_view::npos;
    }
    if (comma == std::string_view::npos) break;
    accept_encoding.remove_prefix(comma + 1);
  }
  return false;
}

bool is_compressible(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  return type.starts_with("text/") || type == "application/json" || type == "application/manifest+json" ||
         type == "application/xml" || type == "application/yaml" || type == "image/svg+xml" ||
         type == "application/wasm";
}

std::optional<std::string> gzip(std::string_view text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;  // zlib: 16 more asks for the gzip wrapper
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return packed;
}

}  // namespace hotline::http
