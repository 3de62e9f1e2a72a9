// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "voice/signalling/body.hpp"
#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kValuesMax = 20;  // of one header: more diversions are a loop

/// Every value of a header that may come on several lines and have several on each, split outside quotes and <>.
std::vector<std::string> values_of(const sip_msg& message, const char* name) {
  std::vector<std::string> out;
  const auto collect = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& list = *static_cast<std::vector<std::string>*>(arg);
    const auto text = view(header->val);
    bool quoted = false, bracketed = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size() && list.size() < kValuesMax; ++i) {
      const char c = i < text.size() ? text[i] : ',';
      if (quoted && c == '\\') {
        ++i;
      } else if (c == '"' && i < text.size()) {
        quoted = !quoted;
      } else if (!quoted && c == '<') {
        bracketed = true;
      } else if (!quoted && c == '>') {
        bracketed = false;
      } else if (i >= text.size() || (c == ',' && !quoted && !bracketed)) {
        list.emplace_back(text.substr(begin, i - begin));
        begin = i + 1;
      }
    }
    return false;
  };
  sip_msg_xhdr_apply(&message, true, name, collect, &out);
  return out;
}

std::string user_in(const std::string& name_address) {
  sip_addr address{};
  const auto text = to_pl(name_address);
  return sip_addr_decode(&address, &text) == 0 ? user_of(address.uri) : std::string{};
}

/// The number whose calls come here: the last to divert. Diversion has that one first (RFC 5806 section 4.1);
/// History-Info has the path in order, so it is the one before the present target (RFC 7044 section 5).
std::string diverted_from(const sip_msg& request) {
  if (const auto diversions = values_of(request, "Diversion"); !diversions.empty()) return user_in(diversions.front());
  const auto history = values_of(request, "History-Info");
  return history.size() < 2 ? std::string{} : user_in(history[history.size() - 2]);
}

bool has_privacy(const sip_msg& request, std::string_view wanted) {
  bool found = false;
  auto text = std::string_view{};
  if (const auto* header = sip_msg_hdr(&request, SIP_HDR_PRIVACY)) text = view(header->val);
  while (!text.empty()) {
    auto token = text.substr(0, text.find_first_of(";,"));
    text.remove_prefix(std::min(text.size(), token.size() + 1));
    while (token.starts_with(' ')) token.remove_prefix(1);
    while (token.ends_with(' ')) token.remove_suffix(1);
    found = found || equal_name(token, wanted);
  }
  return found;
}

struct Asserted {
  std::string user, display;
};

std::optional<Asserted> asserted_identity(const sip_msg& request) {
  sip_addr caller{};
  const auto* header = sip_msg_hdr(&request, SIP_HDR_P_ASSERTED_IDENTITY);
  if (!header || sip_addr_decode(&caller, &header->val) != 0) return std::nullopt;
  return Asserted{user_of(caller.uri), display_of(caller.dname)};
}

}  // namespace

Parties parties_of(const sip_msg& request, bool trusted) {
  Parties out;
  out.to_user = user_of(request.uri);
  out.diverted_from = diverted_from(request);
  out.from_user = user_of(request.from.uri);
  out.from_display = display_of(request.from.dname);
  // RFC 3261 section 8.1.1.3 gives the name an anonymous From has.
  const bool anonymous = pl_strcasecmp(&request.from.uri.user, "anonymous") == 0 ||
                         pl_strcasecmp(&request.from.uri.host, "anonymous.invalid") == 0;
  const auto asserted = trusted ? asserted_identity(request) : std::nullopt;
  if (asserted) {
    out.asserted_user = out.from_user = asserted->user;
    if (!asserted->display.empty() || anonymous) out.from_display = asserted->display;
  }
  const bool asked = has_privacy(request, "id") || has_privacy(request, "user") || has_privacy(request, "header");
  // With an asserted number that is not to be hidden, an anonymous From says nothing about it (RFC 3325 section 7).
  out.withheld = !has_privacy(request, "none") && (asked || anonymous);
  if (out.withheld) out.from_user = out.from_display = "";
  return out;
}

std::string write_from(const CallerId& caller, std::string_view host) {
  if (caller.user.empty()) return "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
  const auto display = escape_display(caller.display);
  return fmt::format("{}<sip:{}@{}>", display.empty() ? "" : "\"" + display + "\" ", escape_user(caller.user), host);
}

std::string write_identity(const CallerId& caller, std::string_view host, bool trusted) {
  std::string out;
  const auto& asserted = caller.asserted_user.empty() ? caller.user : caller.asserted_user;
  if (trusted && !asserted.empty())
    out += fmt::format("P-Asserted-Identity: <sip:{}@{}>\r\n", escape_user(asserted), host);
  if (caller.user.empty()) out += "Privacy: id\r\n";
  return out;
}

Reason read_reason(const sip_msg& message) {
  Reason out;
  const auto take = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& reason = *static_cast<Reason*>(arg);
    auto text = view(header->val);
    const auto protocol = text.substr(0, text.find_first_of("; \t"));
    pl value{};
    const auto parameters = to_pl(text.substr(protocol.size()));
    std::uint16_t cause = 0;
    if (msg_param_decode(&parameters, "cause", &value) == 0) {
      const auto digits = view(value);
      std::from_chars(digits.data(), digits.data() + digits.size(), cause);
    }
    if (equal_name(protocol, "Q.850") && cause <= 127) reason.q850 = cause;
    if (equal_name(protocol, "SIP") && cause >= 100 && cause <= 699) reason.sip = cause;
    if (reason.text.empty() && msg_param_decode(&parameters, "text", &value) == 0) {
      auto words = view(value);
      if (words.starts_with('"')) words.remove_prefix(1);
      if (words.ends_with('"')) words.remove_suffix(1);
      reason.text = clean_text(words, 64);
    }
    return false;
  };
  sip_msg_hdr_apply(&message, true, SIP_HDR_REASON, take, &out);
  return out;
}

std::string write_reason(const Reason& reason) {
  const auto text = reason.text.empty() ? std::string{} : fmt::format(";text=\"{}\"", escape_display(reason.text));
  std::string out;
  if (reason.q850 != 0) out += fmt::format("Reason: Q.850;cause={}{}\r\n", reason.q850, text);
  if (reason.sip != 0) out += fmt::format("Reason: SIP;cause={}{}\r\n", reason.sip, text);
  return out;
}

std::uint16_t q850_of(unsigned sip_status) {
  switch (sip_status) {
    case 404:
    case 604:
      return 1;  // unallocated number
    case 486:
    case 600:
      return 17;  // user busy
    case 408:
      return 102;  // recovery on timer expiry
    case 480:
      return 18;  // no user responding
    case 403:
    case 603:
      return 21;  // call rejected
    case 410:
      return 22;  // number changed
    case 484:
      return 28;  // invalid number format
    case 488:
    case 606:
      return 88;  // incompatible destination
    case 503:
      return 41;  // temporary failure
    case 487:
      return 16;  // normal clearing
    default:
      return sip_status < 300 ? 0 : 31;  // normal, unspecified
  }
}

std::string describe(const Reason& reason) {
  std::string out;
  if (reason.q850 != 0) out = fmt::format("Q.850 {}", reason.q850);
  if (reason.sip != 0) out += fmt::format("{}SIP {}", out.empty() ? "" : ", ", reason.sip);
  if (!reason.text.empty()) out += fmt::format("{}({})", out.empty() ? "" : " ", reason.text);
  return out;
}

}  // namespace hotline::voice::signalling
