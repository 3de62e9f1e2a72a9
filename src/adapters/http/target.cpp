// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/target.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace hotline::http {

std::optional<Target> parse_target(std::string_view text) {
  const auto url = boost::urls::parse_origin_form({text.data(), text.size()});
  if (!url) return std::nullopt;
  Target target;
  target.path = url->path();
  if (!is_utf8_without_nul(target.path)) return std::nullopt;
  for (const auto segment : url->segments()) target.segments.push_back(segment);
  for (const auto param : url->params()) {
    if (!is_utf8_without_nul(param.key) || !is_utf8_without_nul(param.value)) return std::nullopt;
    target.query.emplace_back(param.key, param.value);
  }
  return target;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == ':' || c == '[' || c == ']';
  });
}

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos || (host.front() == '[' && host.back() == ']')) return host;
  return host.substr(0, colon);
}

bool is_allowed_origin(std::optional<std::string_view> origin, std::string_view host,
                       const std::vector<std::string>& allowed) {
  if (!origin) return true;
  for (const auto& one : allowed)
    if (iequals(one, *origin)) return true;
  const auto scheme_end = origin->find("://");
  return scheme_end != std::string_view::npos && !host.empty() && iequals(origin->substr(scheme_end + 3), host);
}

bool is_utf8_without_nul(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0) return false;
    const std::size_t length = c < 0x80                ? 1
                               : c >= 0xc2 && c < 0xe0 ? 2
                               : c >= 0xe0 && c < 0xf0 ? 3
                               : c >= 0xf0 && c < 0xf5 ? 4
                                                       : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    // Overlong forms, surrogates and values above U+10FFFF (RFC 3629 4).
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
        (c == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

}  // namespace hotline::http
