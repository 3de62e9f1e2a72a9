// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kReplacesMax = 512;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// For a header inside a URI: what RFC 3261 section 25.1 (hvalue) does not allow becomes %HH.
std::string escape_header(std::string_view text) {
  constexpr std::string_view kPlain = "-_.!~*'()[]/?:+$";
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    out += letter || kPlain.find(c) != std::string_view::npos ? std::string(1, c)
                                                              : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::optional<Replaces> read_replaces(std::string_view value) {
  if (value.size() > kReplacesMax) return std::nullopt;
  Replaces out;
  auto semicolon = value.find(';');
  out.dialog.call_id = trimmed(value.substr(0, semicolon));
  while (semicolon != std::string_view::npos) {
    value.remove_prefix(semicolon + 1);
    semicolon = value.find(';');
    const auto parameter = trimmed(value.substr(0, semicolon));
    const auto equals = parameter.find('=');
    const auto name = trimmed(parameter.substr(0, equals));
    const auto content = equals == std::string_view::npos ? std::string_view{} : trimmed(parameter.substr(equals + 1));
    const auto take = [&](std::string& tag) {
      if (!tag.empty() || content.empty()) return false;
      tag = content;
      return true;
    };
    if (equal_name(name, "to-tag")) {
      if (!take(out.dialog.local_tag)) return std::nullopt;
    } else if (equal_name(name, "from-tag")) {
      if (!take(out.dialog.remote_tag)) return std::nullopt;
    } else if (equal_name(name, "early-only")) {
      out.early_only = true;
    }
  }
  if (out.dialog.call_id.empty() || out.dialog.local_tag.empty() || out.dialog.remote_tag.empty()) return std::nullopt;
  return out;
}

std::string write_replaces(const Dialog::Id& dialog) {
  // The far end's own tag is the to-tag there.
  return escape_header(fmt::format("{};to-tag={};from-tag={}", dialog.call_id, dialog.remote_tag, dialog.local_tag));
}

std::optional<ReferTarget> read_refer_to(const sip_msg& refer) {
  sip_addr address{};
  const auto* header = sip_msg_hdr(&refer, SIP_HDR_REFER_TO);
  if (!header || sip_msg_hdr_count(&refer, SIP_HDR_REFER_TO) != 1 || sip_addr_decode(&address, &header->val) != 0) {
    return std::nullopt;
  }
  ReferTarget out;
  const auto whole = view(address.auri);
  out.uri = whole.substr(0, whole.find('?'));
  out.user = user_of(address.uri);
  pl method{};
  out.method = msg_param_decode(&address.uri.params, "method", &method) == 0 ? std::string(view(method)) : "INVITE";
  auto headers = view(address.uri.headers);
  if (headers.starts_with('?')) headers.remove_prefix(1);
  while (!headers.empty()) {
    const auto one = headers.substr(0, headers.find('&'));
    headers.remove_prefix(std::min(headers.size(), one.size() + 1));
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || !equal_name(one.substr(0, equals), "Replaces")) continue;
    out.replaces = read_replaces(unescape(one.substr(equals + 1)));
    out.broken_replaces = !out.replaces;
  }
  return out;
}

std::string referrer_of(const sip_msg& message) {
  sip_addr address{};
  const auto* header = sip_msg_hdr(&message, SIP_HDR_REFERRED_BY);
  return header && sip_addr_decode(&address, &header->val) == 0 ? user_of(address.uri) : std::string{};
}

unsigned status_of_fragment(std::string_view body) {
  constexpr std::string_view kStart = "SIP/2.0 ";
  unsigned status = 0;
  if (!body.starts_with(kStart) || body.size() < kStart.size() + 3) return 0;
  const auto* begin = body.data() + kStart.size();
  const auto [end, error] = std::from_chars(begin, begin + 3, status);
  return error == std::errc{} && end == begin + 3 && status >= 100 && status <= 699 ? status : 0;
}

}  // namespace hotline::voice::signalling
