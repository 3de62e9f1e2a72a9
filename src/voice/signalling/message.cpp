// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "voice/signalling/body.hpp"

namespace hotline::voice::signalling {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Twice the same header that may be there once: which of them counts would be guesswork (RFC 4475 section 3.3.8).
bool has_doubles(const sip_msg& request) {
  for (const auto id : {SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID, SIP_HDR_CSEQ, SIP_HDR_CONTENT_LENGTH}) {
    if (sip_msg_hdr_count(&request, id) > 1) return true;
  }
  return false;
}

bool is_sip(const uri& address) {
  return pl_strcasecmp(&address.scheme, "sip") == 0 && pl_isset(&address.host);
}

bool is_sip(const pl& name_address) {
  sip_addr address{};
  return sip_addr_decode(&address, &name_address) == 0 && is_sip(address.uri);
}

std::string unescape(std::string_view text) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// A display name without the backslashes of its quoted form (RFC 3261 section 25.1).
std::string display_of(const pl& quoted) {
  std::string out;
  const auto text = view(quoted);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return clean_text(out);
}

std::optional<std::string> unsupported_extensions(const sip_msg& request) {
  std::string names;
  const auto collect = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& list = *static_cast<std::string*>(arg);
    if (list.size() < 256 && header->val.l < 64) list += (list.empty() ? "" : ", ") + std::string(view(header->val));
    return false;
  };
  sip_msg_hdr_apply(&request, true, SIP_HDR_REQUIRE, collect, &names);
  if (names.empty()) return std::nullopt;
  return names;
}

}  // namespace

std::optional<Fault> find_fault(const sip_msg& request) {
  if (!pl_isset(&request.via.sentby)) return Fault{.drop = true};
  const auto refuse = [](std::uint16_t status, const char* reason, std::string headers = {}) {
    return Fault{false, {status, reason, std::move(headers)}};
  };
  if (!pl_isset(&request.callid) || !pl_isset(&request.from.auri) || !pl_isset(&request.to.auri) ||
      !pl_isset(&request.cseq.met) || !pl_isset(&request.via.branch)) {
    return refuse(400, "Missing Header");
  }
  if (has_doubles(request)) return refuse(400, "Repeated Header");
  if (pl_cmp(&request.cseq.met, &request.met) != 0) return refuse(400, "CSeq Method Differs");
  if (!pl_isset(&request.from.tag)) return refuse(400, "From Without Tag");
  if (pl_isset(&request.clen)) {
    const auto length = view(request.clen);
    if (!is_number(length) || pl_u32(&request.clen) > mbuf_get_left(request.mb))
      return refuse(400, "Bad Content-Length");
  }
  if (pl_isset(&request.maxfwd) && !is_number(view(request.maxfwd))) return refuse(400, "Bad Max-Forwards");
  if (pl_strcmp(&request.met, "ACK") == 0 || pl_strcmp(&request.met, "CANCEL") == 0) return std::nullopt;
  if (!is_sip(request.uri)) return refuse(416, "Unsupported URI Scheme");
  if (const auto names = unsupported_extensions(request)) {
    return refuse(420, "Bad Extension", fmt::format("Unsupported: {}\r\n", *names));
  }
  if (const auto encoding = header_of(request, SIP_HDR_CONTENT_ENCODING);
      !encoding.empty() && encoding != "identity" && !body_of(request).empty()) {
    return refuse(415, "Unsupported Media Type", "Accept-Encoding: identity\r\n");
  }
  return std::nullopt;
}

bool has_usable_target(const sip_msg& message) {
  const auto* contact = sip_msg_hdr(&message, SIP_HDR_CONTACT);
  if (!contact || !is_sip(contact->val)) return false;
  bool usable = true;
  const auto check = [](const sip_hdr* header, const sip_msg*, void* arg) {
    if (!is_sip(header->val)) *static_cast<bool*>(arg) = false;
    return false;
  };
  sip_msg_hdr_apply(&message, true, SIP_HDR_RECORD_ROUTE, check, &usable);
  return usable;
}

std::string_view body_of(const sip_msg& message) {
  std::string_view body{reinterpret_cast<const char*>(mbuf_buf(message.mb)), mbuf_get_left(message.mb)};
  if (pl_isset(&message.clen)) body = body.substr(0, pl_u32(&message.clen));
  return body;
}

Result<std::optional<std::string>, Refusal> sdp_of(const sip_msg& message) {
  const auto body = body_of(message);
  if (body.empty()) return std::optional<std::string>{};
  if (msg_ctype_cmp(&message.ctyp, "application", "sdp")) return std::optional{std::string(body)};
  if (pl_strcasecmp(&message.ctyp.type, "multipart") == 0) {
    if (auto sdp = sdp_of_multipart(view(message.ctyp.params), body)) return std::optional{std::move(*sdp)};
  }
  return fail(Refusal{415, "Unsupported Media Type", "Accept: application/sdp\r\n"});
}

std::string user_of(const uri& address) {
  if (pl_strcasecmp(&address.scheme, "tel") == 0) {  // libre reads a number as the host
    const auto number = view(pl_isset(&address.user) ? address.user : address.host);
    return clean_text(number.substr(0, number.find(';')));
  }
  return clean_text(unescape(view(address.user)));
}

Parties parties_of(const sip_msg& request) {
  Parties out;
  out.to_user = user_of(request.uri);
  sip_addr caller{};
  const auto* asserted = sip_msg_hdr(&request, SIP_HDR_P_ASSERTED_IDENTITY);
  if (asserted && sip_addr_decode(&caller, &asserted->val) == 0) {
    out.from_user = user_of(caller.uri);
    out.from_display = display_of(caller.dname);
  } else {
    out.from_user = user_of(request.from.uri);
    out.from_display = display_of(request.from.dname);
  }
  // RFC 3323: a caller who wants no number shown. RFC 3261 section 8.1.1.3 gives the name to use then.
  const auto privacy = header_of(request, SIP_HDR_PRIVACY);
  const bool withheld = privacy.find("id") != std::string::npos || privacy.find("user") != std::string::npos ||
                        pl_strcasecmp(&request.from.uri.user, "anonymous") == 0;
  if (withheld) out.from_user = out.from_display = "";
  return out;
}

std::string header_of(const sip_msg& message, sip_hdrid id) {
  const auto* header = sip_msg_hdr(&message, id);
  return header ? std::string(view(header->val)) : std::string{};
}

std::string address_of(const sa& address) {
  char text[64] = "";
  sa_ntop(&address, text, sizeof text);
  return text;
}

std::string address_port_of(const sa& address) {
  const auto host = address_of(address);
  return fmt::format("{}:{}", sa_af(&address) == AF_INET6 ? "[" + host + "]" : host, sa_port(&address));
}

const char* reason_of(unsigned status) {
  switch (status) {
    case 100:
      return "Trying";
    case 180:
      return "Ringing";
    case 181:
      return "Call Is Being Forwarded";
    case 182:
      return "Queued";
    case 183:
      return "Session Progress";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 415:
      return "Unsupported Media Type";
    case 480:
      return "Temporarily Unavailable";
    case 481:
      return "Call/Transaction Does Not Exist";
    case 484:
      return "Address Incomplete";
    case 486:
      return "Busy Here";
    case 487:
      return "Request Terminated";
    case 488:
      return "Not Acceptable Here";
    case 491:
      return "Request Pending";
    case 500:
      return "Server Internal Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 600:
      return "Busy Everywhere";
    case 603:
      return "Decline";
    default:
      return status < 200 ? "Session Progress" : status < 500 ? "Call Failed" : "Server Failure";
  }
}

EndCause cause_of(unsigned status, bool rang) {
  switch (status) {
    case 486:
    case 600:
      return EndCause::busy;
    case 480:
      return EndCause::no_answer;
    case 408:
      return rang ? EndCause::no_answer : EndCause::unreachable;
    case 487:
      return EndCause::cancelled;
    case 404:
    case 410:
    case 416:
    case 484:
    case 485:
    case 502:
    case 504:
    case 604:
      return EndCause::unreachable;
    case 503:
      return EndCause::capacity;
    default:
      return status >= 500 && status < 600 ? EndCause::error : EndCause::rejected;
  }
}

unsigned status_of(EndCause cause) {
  switch (cause) {
    case EndCause::busy:
      return 486;
    case EndCause::rejected:
      return 603;
    case EndCause::cancelled:
      return 487;
    case EndCause::unreachable:
      return 404;
    case EndCause::capacity:
    case EndCause::shutdown:
      return 503;
    case EndCause::error:
      return 500;
    case EndCause::normal:
    case EndCause::no_answer:
      break;
  }
  return 480;
}

std::string escape_user(std::string_view user) {
  constexpr std::string_view kPlain = "-_.!~*'()&=+$,;?/";  // RFC 3261 section 25.1: unreserved and user-unreserved
  std::string out;
  for (const char c : user) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string escape_display(std::string_view display) {
  std::string out;
  for (const char c : clean_text(display)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace hotline::voice::signalling
