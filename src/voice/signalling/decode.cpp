// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/decode.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::string_view kFaultHeader = "Hotline-Malformed";
constexpr std::string_view kRepeatHeader = "Hotline-Repeat";
constexpr const char* kMethod = "MALFORMED";
constexpr std::size_t kRepeatedMax = 40, kRepeatedBytesMax = 4'096;  // an answer is never larger than the question

using Decode = int (*)(sip_msg**, mbuf*);

Decode libre_decode() {
  static const auto function = reinterpret_cast<Decode>(dlsym(RTLD_NEXT, "sip_msg_decode"));
  return function;
}

thread_local Reason last_cancel_reason;

/// Behind the empty line that ends the headers; npos: it is not there (yet).
std::size_t end_of_headers(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1, 1) == "\n") return at + 2;
    if (text.substr(at + 1, 2) == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

/// Header lines with continuations joined (RFC 3261 section 7.3.1), without the start line.
std::vector<std::string> unfold(std::string_view headers) {
  std::vector<std::string> lines;
  bool first = true;
  while (!headers.empty()) {
    auto line = headers.substr(0, headers.find('\n'));
    headers.remove_prefix(std::min(headers.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (std::exchange(first, false)) continue;
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    if (continues && !lines.empty()) {
      lines.back() += line;
    } else if (!line.empty()) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

std::string_view name_of(std::string_view line) {
  auto name = line.substr(0, line.find(':'));
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  return name;
}

std::string_view value_of(std::string_view line) {
  auto value = line.substr(std::min(line.size(), line.find(':') + 1));
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  return value;
}

bool is_repeated(std::string_view name) {
  for (const auto* known : {"Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq"}) {
    if (equal_name(name, known)) return true;
  }
  return false;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte <= 0x20 || c == '%' || byte >= 0x7f ? fmt::format("%{:02X}", byte) : std::string(1, c);
  }
  return out;
}

struct StartLine {
  std::string_view method, version;
};

StartLine read_start(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  const auto last = line.find_last_of(" \t");
  return {line.substr(0, line.find_first_of(" \t")),
          last == std::string_view::npos ? std::string_view{} : line.substr(last + 1)};
}

/// The request in place of one that cannot be read. EBADMSG: not even that, or nothing that may be answered.
int substitute(sip_msg** out, std::string_view headers, unsigned status, std::string_view reason) {
  const auto start = read_start(headers);
  if (start.method.empty() || start.method == "ACK" || !start.version.starts_with("SIP/")) return EBADMSG;
  std::string repeated, via = "SIP/2.0/UDP 0.0.0.0;rport;branch=z9hG4bKmalformed";
  bool readable = false, seen = false;
  std::size_t count = 0;
  for (const auto& line : unfold(headers)) {
    const auto name = name_of(line);
    if (!is_repeated(name) || ++count > kRepeatedMax || repeated.size() + line.size() > kRepeatedBytesMax) continue;
    repeated += fmt::format("{} ", escape(line));
    if (std::exchange(seen, seen || equal_name(name, "Via") || equal_name(name, "v")) || !seen) continue;
    const auto value = value_of(line);
    const auto first = to_pl(value.substr(0, value.find(',')));
    sip_via parsed{};
    readable = sip_via_decode(&parsed, &first) == 0 && pl_isset(&parsed.branch);
    if (readable) via = view(first);
  }
  if (!seen) return EBADMSG;  // without Via nobody can be told
  const auto text = fmt::format(
      "{0} sip:malformed@invalid SIP/2.0\r\nVia: {1}\r\nFrom: <sip:malformed@invalid>;tag=1\r\n"
      "To: <sip:malformed@invalid>\r\nCall-ID: malformed\r\nCSeq: 1 {0}\r\n{2}: {3} {4} {5}\r\n{6}: {7}\r\n"
      "Content-Length: 0\r\n\r\n",
      kMethod, via, kFaultHeader, status, readable ? 1 : 0, reason, kRepeatHeader, repeated);
  auto buffer = Ref<mbuf>::adopt(mbuf_alloc(text.size()));
  if (!buffer) return ENOMEM;
  mbuf_write_mem(buffer.get(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  buffer->pos = 0;
  return libre_decode()(out, buffer.get());
}

/// "SIP/2.0 4294967301 ...": libre's number wraps round (RFC 4475 section 3.1.2.19).
bool is_response_with_bad_code(std::string_view text) {
  if (!text.starts_with("SIP/")) return false;
  const auto space = text.find(' ');
  const auto code = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1, 4);
  return code.size() < 4 || code[0] < '1' || code[0] > '6' || code[1] < '0' || code[1] > '9' || code[2] < '0' ||
         code[2] > '9' || (code[3] != ' ' && code[3] != '\r' && code[3] != '\n');
}

std::uint64_t hash_of(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// Where the first value of the topmost Via ends, and what it is; folded lines are part of it.
struct TopVia {
  std::size_t end = 0;
  std::string_view value;
};
std::optional<TopVia> find_top_via(std::string_view headers) {
  auto at = headers.find('\n');
  while (at != std::string_view::npos && at + 1 < headers.size()) {
    const auto begin = at + 1;
    const auto name = name_of(headers.substr(begin, headers.find('\n', begin) - begin));
    at = headers.find('\n', begin);
    while (at != std::string_view::npos && (headers.substr(at + 1, 1) == " " || headers.substr(at + 1, 1) == "\t"))
      at = headers.find('\n', at + 1);
    if (!equal_name(name, "Via") && !equal_name(name, "v")) continue;
    auto value = headers.substr(begin, at == std::string_view::npos ? at : at - begin);
    value = value.substr(0, value.find(','));
    while (!value.empty() &&
           (value.back() == '\r' || value.back() == ' ' || value.back() == '\t' || value.back() == '\n'))
      value.remove_suffix(1);
    return TopVia{begin + value.size(), value};
  }
  return std::nullopt;
}

/// Peers of RFC 2543 have no branch in their Via, which libre does not take, or one that names no transaction. RFC 3261
/// section 17.2.3 then goes by other headers: what this returns is the same for a repetition, and for the ACK and
/// CANCEL of an INVITE.
std::string substitute_branch(std::string_view headers) {
  std::string_view call_id, to;
  const auto lines = unfold(headers);
  for (const std::string_view line : lines) {
    if (equal_name(name_of(line), "Call-ID") || equal_name(name_of(line), "i")) call_id = value_of(line);
    if (equal_name(name_of(line), "To") || equal_name(name_of(line), "t")) to = value_of(line);
  }
  const auto method = read_start(headers).method;
  const bool first = to.find("tag") == std::string_view::npos || method == "ACK" || method == "CANCEL";
  return fmt::format("2543-{:016x}", hash_of(first ? call_id : headers));
}

/// Writes a branch into the topmost Via when there is none. In place: libre goes on reading a stream behind it.
void name_transaction(mbuf* buffer, std::string_view headers) {
  const auto via = find_top_via(headers);
  if (!via || via->value.ends_with(';')) return;  // broken: to be refused, not mended
  constexpr std::string_view kBranch = "branch";
  for (std::size_t i = 0; i + kBranch.size() <= via->value.size(); ++i) {
    if (equal_name(via->value.substr(i, kBranch.size()), kBranch)) return;
  }
  const auto parameter = ";branch=" + substitute_branch(headers);
  const auto at = buffer->pos + via->end;
  const std::string rest(reinterpret_cast<const char*>(buffer->buf) + at, buffer->end - at);
  const auto position = buffer->pos;
  buffer->pos = at;
  mbuf_write_mem(buffer, reinterpret_cast<const std::uint8_t*>(parameter.data()), parameter.size());
  mbuf_write_mem(buffer, reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size());
  buffer->pos = position;
}

int decode(sip_msg** out, mbuf* buffer) {
  while (mbuf_get_left(buffer) > 0 && (*mbuf_buf(buffer) == '\r' || *mbuf_buf(buffer) == '\n')) ++buffer->pos;
  const auto whole = [buffer] {
    return std::string_view{reinterpret_cast<const char*>(mbuf_buf(buffer)), mbuf_get_left(buffer)};
  };
  auto text = whole();
  auto end = end_of_headers(text);
  const bool too_long = std::min(end, text.size()) > kHeaderBytesMax;
  if (end == std::string_view::npos) return too_long ? EBADMSG : ENODATA;
  if (is_response_with_bad_code(text)) return EBADMSG;
  if (!too_long && !text.starts_with("SIP/")) {
    name_transaction(buffer, text.substr(0, end));
    text = whole();
    end = end_of_headers(text);
  }
  const auto headers = text.substr(0, end);
  const auto position = buffer->pos;
  auto error = too_long ? EBADMSG : libre_decode()(out, buffer);
  if (error == 0 && !(*out)->req && !text.starts_with("SIP/2.0 ")) {  // libre takes any first line for a response
    *out = static_cast<sip_msg*>(mem_deref(*out));
    error = EBADMSG;
  }
  if (error == 0) {
    auto& message = **out;
    if (!message.req) return 0;
    if (view(message.via.branch) == "z9hG4bK") message.via.branch = message.callid;  // RFC 4475 section 3.2.1
    if (view(message.met) == "CANCEL") last_cancel_reason = read_reason(message);
    return 0;
  }
  buffer->pos = position;
  if (text.starts_with("SIP/")) return EBADMSG;
  const auto version = read_start(headers).version;
  if (too_long) {
    error = substitute(out, headers, 513, "Message Too Large");
  } else if (version.starts_with("SIP/") && version != "SIP/2.0") {
    error = substitute(out, headers, 505, "Version Not Supported");
  } else {
    error = substitute(out, headers, 400, "Malformed Request");
  }
  if (error == 0) buffer->pos = buffer->end;
  return error == 0 ? 0 : EBADMSG;
}

}  // namespace

bool decodes_with_us() {
  return libre_decode() != nullptr &&
         reinterpret_cast<void*>(libre_decode()) != reinterpret_cast<void*>(&::sip_msg_decode);
}

std::optional<Malformed> find_malformed(const sip_msg& request) {
  if (view(request.met) != kMethod) return std::nullopt;
  const auto* fault = sip_msg_xhdr(&request, kFaultHeader.data());
  const auto* repeat = sip_msg_xhdr(&request, kRepeatHeader.data());
  if (!fault || !repeat || fault->val.l < 6) return std::nullopt;
  Malformed out;
  const auto text = view(fault->val);
  std::from_chars(text.data(), text.data() + 3, out.status);
  out.via_readable = text[4] == '1';
  out.reason = text.substr(6);
  auto lines = view(repeat->val);
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find(' '));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    auto whole = unescape(line);
    // A stranger who sends our own header must not get lines of his own into our answer.
    std::erase_if(whole, [](char c) { return c == '\r' || c == '\n'; });
    if (is_repeated(name_of(whole))) out.repeated.push_back(std::move(whole));
  }
  return out;
}

Reason reason_of_last_cancel() {
  return last_cancel_reason;
}

int decode_for_libre(sip_msg** out, mbuf* buffer) {
  return decode(out, buffer);
}

}  // namespace hotline::voice::signalling

/// Called by libre for whatever comes, on every transport.
extern "C" int sip_msg_decode(struct sip_msg** msgp, struct mbuf* mb) {
  if (!msgp || !mb) return EINVAL;
  return hotline::voice::signalling::decode_for_libre(msgp, mb);
}
