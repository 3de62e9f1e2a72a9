// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/response_head.hpp"

#include <fmt/format.h>
#include <ctime>

#include "adapters/http/content.hpp"

namespace hotline::http {

std::string response_head(const ResponseHead& head, const Headers& extra) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
  const auto field = [&](std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    for (const char c : value) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    out += "\r\n";
  };
  const auto ours = [&](std::string_view name, std::string_view value) {
    if (!extra.find(name)) field(name, value);
  };
  ours("Date", format_http_date(std::time(nullptr)));
  ours("Connection", head.keep_alive ? "keep-alive" : "close");
  if (!head.content_type.empty()) ours("Content-Type", head.content_type);
  if (head.content_length) field("Content-Length", fmt::format("{}", *head.content_length));
  ours("Cache-Control", "no-store");
  ours("X-Content-Type-Options", "nosniff");
  ours("X-Frame-Options", "DENY");
  ours("Referrer-Policy", "same-origin");
  ours("Permissions-Policy", "microphone=(self), camera=(), geolocation=()");
  if (!head.content_security_policy.empty()) ours("Content-Security-Policy", head.content_security_policy);
  // RFC 6797: half a year; browsers ignore it where the certificate is one they do not trust (the self-made one).
  if (head.is_tls) ours("Strict-Transport-Security", "max-age=15768000");
  for (const auto& [name, value] : extra) field(name, value);
  out += "\r\n";
  return out;
}

}  // namespace hotline::http
