// SPDX-License-Identifier: Apache-2.0
// See the header. Pure; any thread.
#include "voice/signalling/body.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "voice/signalling/text.hpp"

namespace hotline::voice::signalling {
namespace {

/// "5", "*", "a", also the event numbers 10 to 15 (RFC 4733) some senders write.
std::optional<char> read_digit(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789*#ABCD";
  text = trim(text);
  if (text.size() == 1) {
    const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 32) : text[0];
    if (kDigits.find(c) != std::string_view::npos) return c;
  } else if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') {
    return kDigits[10 + static_cast<std::size_t>(text[1] - '0')];
  }
  return std::nullopt;
}

}  // namespace

std::optional<InfoDigit> read_dtmf_relay(std::string_view body) {
  InfoDigit out;
  bool found = false;
  while (!body.empty()) {
    const auto end = body.find('\n');
    const auto line = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = lower(trim(line.substr(0, equals)));
    const auto value = trim(line.substr(equals + 1));
    if (name == "signal") {
      const auto digit = read_digit(value);
      if (!digit) return std::nullopt;
      out.digit = *digit;
      found = true;
    } else if (name == "duration") {
      int ms = 0;
      const auto [ptr, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
      if (error == std::errc{}) out.length = Duration{std::clamp(ms, 40, 5'000)};
    }
  }
  if (!found) return std::nullopt;
  return out;
}

std::optional<InfoDigit> read_dtmf(std::string_view body) {
  if (body.find('=') != std::string_view::npos) return read_dtmf_relay(body);
  const auto digit = read_digit(body);
  if (!digit) return std::nullopt;
  return InfoDigit{.digit = *digit};
}

std::string write_dtmf_relay(const InfoDigit& digit) {
  return fmt::format("Signal={}\r\nDuration={}\r\n", digit.digit, digit.length.count());
}

std::string clean_text(std::string_view text, std::size_t length_max) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    bool whole = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k) whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (whole && length == 3) {  // neither overlong nor a surrogate
      const auto second = static_cast<unsigned char>(text[i + 1]);
      whole = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second >= 0xa0);
    } else if (whole && length == 4) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      whole = !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second >= 0x90);
    }
    const auto taken = whole ? length : 1;
    if (out.size() + taken > length_max) break;
    if (!whole) {
      out += '?';
    } else if (length > 1 || (lead >= 0x20 && lead != 0x7f)) {
      out.append(text.substr(i, length));
    }
    i += taken;
  }
  return out;
}

}  // namespace hotline::voice::signalling
