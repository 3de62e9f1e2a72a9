// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "voice/signalling/body.hpp"
#include "voice/signalling/multipart.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::string_view kMagicCookie = "z9hG4bK";
constexpr std::array<std::string_view, 4> kExtensions{"100rel", "timer", "replaces", "norefersub"};  // as in kSupported
constexpr std::uint32_t kHeadersMax = 128, kViaMax = 70;                // as many as Max-Forwards lets through
constexpr std::uint32_t kCseqMax = 0x7fff'ffff, kMaxForwardsMax = 255;  // RFC 3261 sections 8.1.1.5 and 20.22

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// At most `limit`, without the wrapping round of pl_u32().
bool is_number_to(std::string_view text, std::uint32_t limit) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number <= limit;
}

/// A URI with headers as an addr-spec: where the URI ends and parameters of the header begin is guesswork (RFC 3261
/// section 20.10, RFC 4475 section 3.1.2.13).
bool has_bare_question_mark(const sip_msg& request) {
  const auto is_bare = [](const sip_hdr* header, const sip_msg*, void*) {
    const auto text = view(header->val);
    return text.find('?') != std::string_view::npos && text.find('<') == std::string_view::npos;
  };
  return sip_msg_hdr_apply(&request, true, SIP_HDR_CONTACT, is_bare, nullptr) != nullptr;
}

/// "< sip:a@b >": no white space may be inside (RFC 4475 section 3.1.2.14).
bool has_spaced_uri(const sip_taddr& address) {
  const auto spaced = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto text = view(address.val);
  const auto uri = view(address.auri);
  const auto open = text.find_last_of('<', static_cast<std::size_t>(uri.data() - text.data()));
  if (open == std::string_view::npos) return false;  // without brackets the space ends the URI
  return std::ranges::any_of(uri, spaced) || (open + 1 < text.size() && spaced(text[open + 1]));
}

/// A quoted name without its end (RFC 4475 section 3.1.2.6): where the URI begins is guesswork.
bool has_open_quote(const sip_taddr& address) {
  bool quoted = false;
  const auto text = view(address.val);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return quoted;
}

/// Whether the sender can do anything with SDP; without Accept it can (RFC 3261 section 20.1).
bool accepts_sdp(const sip_msg& request) {
  if (!sip_msg_hdr(&request, SIP_HDR_ACCEPT)) return true;
  const auto fits = [](const sip_hdr* header, const sip_msg*, void*) {
    auto type = view(header->val);
    type = type.substr(0, type.find_first_of("; \t"));
    return equal_name(type, "application/sdp") || type == "*/*" || equal_name(type, "application/*");
  };
  return sip_msg_hdr_apply(&request, true, SIP_HDR_ACCEPT, fits, nullptr) != nullptr;
}

/// Twice the same header that may be there once: which of them counts would be guesswork (RFC 4475 section 3.3.8).
bool has_doubles(const sip_msg& request) {
  for (const auto id : {SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID, SIP_HDR_CSEQ, SIP_HDR_CONTENT_LENGTH}) {
    if (sip_msg_hdr_count(&request, id) > 1) return true;
  }
  return false;
}

/// sip:, or sips: over TLS: who came by TLS is answered by TLS, over anything else the promise could not be kept.
bool is_sip(const uri& address, bool secure) {
  const bool scheme = pl_strcasecmp(&address.scheme, "sip") == 0 || (secure && is_sips(address));
  return scheme && pl_isset(&address.host);
}

bool is_sip(const pl& name_address, bool secure) {
  sip_addr address{};
  return sip_addr_decode(&address, &name_address) == 0 && is_sip(address.uri, secure);
}

std::optional<std::string> unsupported_extensions(const sip_msg& request) {
  std::string names;
  const auto collect = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& list = *static_cast<std::string*>(arg);
    for (const auto known : kExtensions) {
      if (equal_name(view(header->val), known)) return false;
    }
    if (list.size() < 256 && header->val.l < 64) list += (list.empty() ? "" : ", ") + std::string(view(header->val));
    return false;
  };
  sip_msg_hdr_apply(&request, true, SIP_HDR_REQUIRE, collect, &names);
  if (names.empty()) return std::nullopt;
  return names;
}

}  // namespace

bool is_sips(const uri& address) {
  return pl_strcasecmp(&address.scheme, "sips") == 0;
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

std::string display_of(const pl& quoted) {
  std::string out;
  const auto text = view(quoted);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return clean_text(out);
}

bool equal_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool lists(const sip_msg& message, sip_hdrid id, std::string_view name) {
  const auto is_it = [](const sip_hdr* header, const sip_msg*, void* arg) {
    return equal_name(view(header->val), *static_cast<std::string_view*>(arg));
  };
  return sip_msg_hdr_apply(&message, true, id, is_it, &name) != nullptr;
}

bool is_rfc2543(const sip_msg& message) {
  return !equal_name(view(message.via.branch).substr(0, kMagicCookie.size()), kMagicCookie);
}

std::optional<Fault> find_fault(const sip_msg& request) {
  if (!pl_isset(&request.via.sentby)) return Fault{.drop = true};
  const auto refuse = [](std::uint16_t status, const char* reason, std::string headers = {}) {
    return Fault{false, {status, reason, std::move(headers)}};
  };
  if (list_count(&request.hdrl) > kHeadersMax) return refuse(400, "Too Many Headers");
  if (sip_msg_hdr_count(&request, SIP_HDR_VIA) > kViaMax) return refuse(400, "Too Many Via");
  if (!pl_isset(&request.callid) || !pl_isset(&request.from.auri) || !pl_isset(&request.to.auri) ||
      !pl_isset(&request.cseq.met) || !pl_isset(&request.via.branch)) {
    return refuse(400, "Missing Header");
  }
  if (has_doubles(request)) return refuse(400, "Repeated Header");
  if (pl_cmp(&request.cseq.met, &request.met) != 0) return refuse(400, "CSeq Method Differs");
  const auto cseq = header_of(request, SIP_HDR_CSEQ);
  if (!is_number_to(cseq.substr(0, cseq.find_first_not_of("0123456789")), kCseqMax)) return refuse(400, "Bad CSeq");
  if (!pl_isset(&request.from.tag) && !is_rfc2543(request)) return refuse(400, "From Without Tag");
  if (pl_isset(&request.clen)) {
    const auto length = view(request.clen);
    if (!is_number(length) || pl_u32(&request.clen) > mbuf_get_left(request.mb))
      return refuse(400, "Bad Content-Length");
  }
  if (pl_isset(&request.maxfwd) && !is_number_to(view(request.maxfwd), kMaxForwardsMax))
    return refuse(400, "Bad Max-Forwards");
  if (has_spaced_uri(request.from) || has_spaced_uri(request.to)) return refuse(400, "White Space In URI");
  if (has_open_quote(request.from) || has_open_quote(request.to)) return refuse(400, "Open Quote");
  if (has_bare_question_mark(request)) return refuse(400, "Contact With Headers Needs Brackets");
  if (view(request.ruri).find_first_of("<>\"") != std::string_view::npos) return refuse(400, "Bad Request-URI");
  if (pl_strcmp(&request.met, "ACK") == 0 || pl_strcmp(&request.met, "CANCEL") == 0) return std::nullopt;
  const bool is_tel = pl_strcasecmp(&request.uri.scheme, "tel") == 0 && pl_isset(&request.uri.host);
  if (!is_sip(request.uri, request.tp == SIP_TRANSP_TLS) && !is_tel) return refuse(416, "Unsupported URI Scheme");
  if (pl_isset(&request.uri.headers)) return refuse(400, "Headers In Request-URI");  // RFC 3261 section 19.1.1
  const bool first_invite = pl_strcmp(&request.met, "INVITE") == 0 && !pl_isset(&request.to.tag);
  // We answer OPTIONS ourselves whatever its count (RFC 3261 section 11); a call goes on from here (RFC 7332).
  if (first_invite && pl_isset(&request.maxfwd) && pl_u32(&request.maxfwd) == 0) return refuse(483, "Too Many Hops");
  if (first_invite && !accepts_sdp(request)) return refuse(406, "Not Acceptable", "Accept: application/sdp\r\n");
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
  if (!contact || !is_sip(contact->val, message.tp == SIP_TRANSP_TLS)) return false;
  bool usable = true;
  const auto check = [](const sip_hdr* header, const sip_msg* of, void* arg) {
    if (!is_sip(header->val, of->tp == SIP_TRANSP_TLS)) *static_cast<bool*>(arg) = false;
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
  // A recorder that asks for metadata offers nothing by it (RFC 7866 section 8.2).
  if (msg_ctype_cmp(&message.ctyp, "application", "rs-metadata-request")) return std::optional<std::string>{};
  if (pl_strcasecmp(&message.ctyp.type, "multipart") == 0) {
    // RFC 5621: of what stands beside the SDP only a part that insists on being understood is a reason to refuse.
    const auto parts = read_multipart(view(message.ctyp.params), body);
    std::optional<std::string> sdp;
    bool understood = !parts.empty(), all_optional = true;
    for (const auto& part : parts) {
      const bool is_sdp = part.type == "application/sdp";
      if (is_sdp && !sdp) sdp = std::string(part.content);
      const bool known = is_sdp || part.type == "application/rs-metadata-request";
      understood = understood && (known || !part.required);
      all_optional = all_optional && (known || part.optional);
    }
    if (understood && (sdp || all_optional)) return sdp;
  } else if (says_handling(header_of(message, SIP_HDR_CONTENT_DISPOSITION), "optional")) {
    return std::optional<std::string>{};
  }
  return fail(Refusal{415, "Unsupported Media Type", "Accept: application/sdp\r\n"});
}

bool asks_for_metadata(const sip_msg& message) {
  constexpr std::string_view type = "application/rs-metadata-request";
  if (msg_ctype_cmp(&message.ctyp, "application", "rs-metadata-request")) return true;
  if (pl_strcasecmp(&message.ctyp.type, "multipart") != 0) return false;
  const auto parts = read_multipart(view(message.ctyp.params), body_of(message));
  return std::ranges::any_of(parts, [&](const BodyPart& part) { return part.type == type; });
}

std::string user_of(const uri& address) {
  if (pl_strcasecmp(&address.scheme, "tel") == 0) {  // libre reads a number as the host
    const auto number = view(pl_isset(&address.user) ? address.user : address.host);
    std::string digits(number.substr(0, number.find(';')));
    std::erase_if(digits, [](char c) { return c == '-' || c == '.' || c == '(' || c == ')'; });
    return clean_text(unescape(digits));
  }
  return clean_text(unescape(view(address.user)));
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
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Unsupported URI Scheme";
    case 420:
      return "Bad Extension";
    case 422:
      return "Session Interval Too Small";
    case 480:
      return "Temporarily Unavailable";
    case 481:
      return "Call/Transaction Does Not Exist";
    case 482:
      return "Loop Detected";
    case 483:
      return "Too Many Hops";
    case 484:
      return "Address Incomplete";
    case 486:
      return "Busy Here";
    case 487:
      return "Request Terminated";
    case 488:
      return "Not Acceptable Here";
    case 489:
      return "Bad Event";
    case 491:
      return "Request Pending";
    case 500:
      return "Server Internal Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Server Time-out";
    case 505:
      return "Version Not Supported";
    case 513:
      return "Message Too Large";
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
    case EndCause::elsewhere:
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
