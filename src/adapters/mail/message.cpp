// SPDX-License-Identifier: Apache-2.0
#include "adapters/mail/message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace hotline::mail {
namespace {

constexpr std::size_t kAddressMost = 254, kLocalMost = 64;  // RFC 5321 section 4.5.3.1
constexpr std::size_t kLine = 76;                           // RFC 2045 section 6.8
constexpr std::size_t kWordBytes =
    42;  // of an encoded word: 56 of base64, "=?UTF-8?B?" and "?=" make 68 (RFC 2047: 75)

bool is_atom(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}
bool is_label(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

template <class Allowed>
bool is_dotted(std::string_view text, Allowed allowed) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == '.' || allowed(c); });
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) -> unsigned {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned three = byte(0) << 16U | byte(1) << 8U | byte(2);
    out += digits[three >> 18U];
    out += digits[three >> 12U & 63U];
    out += i + 1 < bytes.size() ? digits[three >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? digits[three & 63U] : '=';
  }
  return out;
}

/// Never within a character: every encoded word stands for itself (RFC 2047 section 5).
std::string header_text(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
                     text.find("=?") == std::string_view::npos && text.size() <= 60;
  if (plain) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(kWordBytes, text.size());
    while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return out;
}

bool is_header(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

/// Lines end with CRLF, whatever they ended with.
std::string canonical(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\n' || text[i] == '\r' ? "\r\n" : std::string(1, text[i]);
  }
  return out;
}

}  // namespace

bool is_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > kAddressMost || at > kLocalMost) return false;
  return is_dotted(text.substr(0, at), is_atom) && is_dotted(text.substr(at + 1), is_label);
}

std::optional<std::string> problem_of(const Message& message) {
  if (!is_address(message.from)) return "the sender's address \"" + message.from + "\" is none";
  if (message.to.empty()) return "nobody is to get it";
  for (const std::string& to : message.to)
    if (!is_address(to)) return "the address \"" + to + "\" is none";
  if (!is_header(message.subject) || !is_header(message.from_name)) return "subject and name have no line breaks";
  if (!is_dotted(message.id, is_atom)) return "the id consists of letters, digits, '-' and '.'";
  return std::nullopt;
}

std::string written(const Message& message, TimePoint at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::string out;
  out += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n", fmt::gmtime(seconds));
  out += message.from_name.empty() ? "From: " + message.from + "\r\n"
                                   : "From: " + header_text(message.from_name) + " <" + message.from + ">\r\n";
  out += "To: ";
  for (std::size_t i = 0; i < message.to.size(); ++i) out += (i > 0 ? ",\r\n " : "") + message.to[i];
  out += "\r\nSubject: " + header_text(message.subject) + "\r\n";
  out += "Message-ID: <" + message.id + message.from.substr(message.from.rfind('@')) + ">\r\n";
  out += "Auto-Submitted: auto-generated\r\n";  // RFC 3834: no vacation answers
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = base64(canonical(message.text));
  for (std::size_t i = 0; i < body.size(); i += kLine) out += body.substr(i, kLine) + "\r\n";
  return out;
}

}  // namespace hotline::mail
