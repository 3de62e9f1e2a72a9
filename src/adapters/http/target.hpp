// SPDX-License-Identifier: Apache-2.0
// The request target, Host and Origin: taken apart and checked. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/message.hpp"

namespace hotline::http {

struct Target {
  std::string path;                   ///< decoded
  std::vector<std::string> segments;  ///< decoded; "/a/" has the segments "a" and ""
  Pairs query;                        ///< decoded, '+' as a blank
};

/// Origin form only (RFC 9112 3.2.1). nullopt: malformed, or its decoded text has a NUL or is no UTF-8.
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// True for a Host value of letters, digits, '-', '.', ':' and brackets: safe to put into a Location.
[[nodiscard]] bool is_host(std::string_view host);
/// "example.org" of "example.org:8443"; keeps the brackets of an IPv6 address.
[[nodiscard]] std::string_view without_port(std::string_view host);

/// Same host as the request's, or one of `allowed` ("https://desk.example.org"); an absent Origin passes.
[[nodiscard]] bool is_allowed_origin(std::optional<std::string_view> origin, std::string_view host,
                                     const std::vector<std::string>& allowed);

[[nodiscard]] bool is_utf8_without_nul(std::string_view text);

}  // namespace hotline::http
