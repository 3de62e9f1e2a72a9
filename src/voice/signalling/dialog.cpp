// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/dialog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kRoutesMax = 16;

std::vector<std::string> record_routes(const sip_msg& message, bool forward) {
  std::vector<std::string> routes;
  const auto collect = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& list = *static_cast<std::vector<std::string>*>(arg);
    if (list.size() < kRoutesMax) list.emplace_back(view(header->val));
    return false;
  };
  sip_msg_hdr_apply(&message, forward, SIP_HDR_RECORD_ROUTE, collect, &routes);
  return routes;
}

std::optional<uri> read_uri(const std::string& text) {
  uri out{};
  const auto whole = to_pl(text);
  if (uri_decode(&out, &whole) != 0) return std::nullopt;
  return out;
}

/// The target an RFC 2543 peer may leave out is its From.
std::optional<std::string> target_of(const sip_msg& message) {
  if (has_usable_target(message)) {
    sip_addr contact{};
    const auto* header = sip_msg_hdr(&message, SIP_HDR_CONTACT);
    if (header && sip_addr_decode(&contact, &header->val) == 0) return std::string(view(contact.auri));
    return std::nullopt;
  }
  if (message.req && is_rfc2543(message) && sip_msg_hdr_count(&message, SIP_HDR_CONTACT) == 0) {
    return std::string(view(message.from.auri));
  }
  return std::nullopt;
}

/// Where a request for `address` goes, in words libre knows: sips: is TLS to it (RFC 3261 section 19.1).
std::string routable(std::string address) {
  if (address.size() < 5 || !equal_name(std::string_view(address).substr(0, 5), "sips:")) return address;
  address.erase(3, 1);
  const auto parameters = std::min(address.find_first_of(";?", address.find('@') + 1), address.size());
  constexpr std::string_view transport = ";transport=";
  if (const auto named = address.find(transport, parameters); named != std::string::npos) {
    const auto end = std::min(address.find_first_of(";?", named + 1), address.size());
    address.erase(named, end - named);
  }
  return address.insert(parameters, ";transport=tls");
}

std::uint32_t first_cseq() {
  return 1 + rand_u16();
}

}  // namespace

std::optional<Dialog> Dialog::calling(std::string target, const std::string& from, const std::string& route) {
  Dialog out;
  if (!read_uri(target) || (!route.empty() && !read_uri(route))) return std::nullopt;
  if (!route.empty()) out.routes_.push_back(fmt::format("<{};lr>", route));
  out.id_ = {fmt::format("{:016x}", rand_u64()), fmt::format("{:016x}", rand_u64()), {}};
  out.local_ = fmt::format("{};tag={}", from, out.id_.local_tag);
  out.remote_ = fmt::format("<{}>", target.substr(0, target.find_first_of(";?")));
  out.target_ = std::move(target);
  out.local_cseq_ = first_cseq();
  out.choose_next_hop(nullptr);
  return out;
}

std::optional<Dialog> Dialog::called(const sip_msg& invite) {
  Dialog out;
  auto target = target_of(invite);
  if (!target || !read_uri(*target)) return std::nullopt;
  out.target_ = std::move(*target);
  out.id_ = {std::string(view(invite.callid)), fmt::format("{:016x}", invite.tag), std::string(view(invite.from.tag))};
  out.routes_ = record_routes(invite, true);
  out.remote_ = view(invite.from.val);
  out.local_ = fmt::format("{};tag={}", view(invite.to.val), out.id_.local_tag);
  out.local_cseq_ = first_cseq();
  out.remote_cseq_ = invite.cseq.num;
  out.choose_next_hop(&invite);
  return out;
}

std::optional<Dialog> Dialog::fork(const sip_msg& response) const {
  auto target = target_of(response);
  if (!target || !read_uri(*target)) return std::nullopt;
  Dialog out = *this;
  out.target_ = std::move(*target);
  out.id_.remote_tag = view(response.to.tag);
  out.remote_ = view(response.to.val);
  out.routes_ = record_routes(response, false);
  out.remote_cseq_ = 0;
  out.choose_next_hop(&response);
  return out;
}

bool Dialog::owns_half(const sip_msg& message) const {
  return view(message.callid) == id_.call_id && view(message.req ? message.to.tag : message.from.tag) == id_.local_tag;
}

bool Dialog::owns(const sip_msg& message) const {
  return owns_half(message) && view(message.req ? message.from.tag : message.to.tag) == id_.remote_tag;
}

bool Dialog::take_sequence(const sip_msg& request) {
  if (request.cseq.num < remote_cseq_) return false;
  remote_cseq_ = request.cseq.num;
  return true;
}

void Dialog::update_target(const sip_msg& message) {
  if (!has_usable_target(message)) return;
  auto target = target_of(message);
  if (!target || !read_uri(*target)) return;
  target_ = std::move(*target);
  choose_next_hop(&message);
}

bool Dialog::retarget(const std::string& target) {
  if (!read_uri(target)) return false;
  target_ = target;
  routes_.clear();  // the proxy was for where the call was to go at first
  choose_next_hop(nullptr);
  return true;
}

std::string Dialog::head(std::string_view method, std::uint32_t cseq) const {
  std::string out = "Max-Forwards: 70\r\n";
  for (std::size_t i = strict_ ? 1 : 0; i < routes_.size(); ++i) out += fmt::format("Route: {}\r\n", routes_[i]);
  if (strict_) out += fmt::format("Route: <{}>\r\n", target_);
  return out + fmt::format("To: {}\r\nFrom: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n", remote_, local_, id_.call_id, cseq,
                           method);
}

void Dialog::choose_next_hop(const sip_msg* heard) {
  strict_ = false;
  sip_addr first{};
  const auto text = routes_.empty() ? pl{} : to_pl(routes_.front());
  if (!routes_.empty() && sip_addr_decode(&first, &text) == 0) {
    pl value{};
    strict_ = msg_param_exists(&first.uri.params, "lr", &value) != 0;
    next_hop_ = routable(std::string(view(first.auri)));
    return;
  }
  next_hop_ = routable(target_);
  const auto contact = read_uri(target_);
  if (heard && contact && is_behind_nat(*heard, *contact)) next_hop_ = uri_of(heard->src, heard->tp);
}

std::string uri_of(const sa& address, sip_transp transport) {
  return fmt::format("sip:{}{}", address_port_of(address), sip_transp_param(transport));
}

bool is_private(const sa& address) {
  if (sa_af(&address) == AF_INET) {
    const auto ip = sa_in(&address);
    const auto within = [ip](std::uint32_t net, int bits) { return (ip ^ net) >> (32 - bits) == 0; };
    return within(0x0a000000, 8) || within(0xac100000, 12) || within(0xc0a80000, 16) || within(0x64400000, 10) ||
           within(0xa9fe0000, 16);
  }
  std::uint8_t ip[16] = {};
  sa_in6(&address, ip);
  return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

bool is_behind_nat(const sip_msg& message, const uri& contact) {
  sa there{};
  if (sa_set(&there, &contact.host, contact.port != 0 ? contact.port : std::uint16_t{SIP_PORT}) != 0) return false;
  if (sa_cmp(&there, &message.src, SA_ALL) || !is_private(there)) return false;
  if (!is_private(message.src)) return true;
  // Both are private: only when it is the sender itself whom we hear from another address, not a proxy for it.
  return message.req && sip_msg_hdr_count(&message, SIP_HDR_VIA) == 1 && sa_cmp(&there, &message.via.addr, SA_ADDR) &&
         !sa_cmp(&there, &message.src, SA_ADDR);
}

}  // namespace hotline::voice::signalling
