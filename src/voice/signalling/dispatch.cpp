// SPDX-License-Identifier: Apache-2.0
// Which session a message belongs to, and whether a new call is taken in. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/decode.hpp"
#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {
namespace {

bool has_rport(const sip_msg& request) {
  pl value{};
  return msg_param_exists(&request.via.params, "rport", &value) == 0;
}

/// A phone behind NAT that knows no rport (RFC 3581) names an address in its Via that we cannot reach: the answer goes
/// to the port the request came from, as its own address does.
void answer_where_it_came_from(const sip_msg& request) {
  const auto& via = request.via.addr;
  if (request.tp != SIP_TRANSP_UDP || has_rport(request) || !sa_isset(&via, SA_ADDR)) return;
  if (!is_private(via) || sa_cmp(&via, &request.src, SA_ADDR)) return;
  sa_set_port(&const_cast<sip_msg&>(request).via.addr, sa_port(&request.src));
}

}  // namespace

void SipStack::Impl::refuse(const sip_msg& request, const Refusal& refusal) {
  // Without transaction: whoever repeats the request gets the same answer, and strangers cost no memory.
  sip_replyf(sip_.get(), &request, refusal.status, refusal.reason, "%sContent-Length: 0\r\n\r\n",
             refusal.headers.c_str());
}

void SipStack::Impl::refuse_call(const sip_msg& invite, const Refusal& refusal) {
  ++rejected_;
  // Scanners send by the hundred a second: strangers are counted, and seen in the log only when somebody looks for
  // them.
  const auto level = refusal.status == 403 ? spdlog::level::debug : spdlog::level::info;
  spdlog::log(level, "sip call-id={} new call from {} refused status={} ({})", clean_text(view(invite.callid)),
              address_port_of(invite.src), refusal.status, refusal.reason);
  refuse(invite, refusal);
}

bool SipStack::Impl::is_known(const sip_msg& request) {
  const auto source = address_of(request.src);
  return trunks_.find_source(source, sa_port(&request.src), request.tp == SIP_TRANSP_UDP) || trunks_.is_agent(source);
}

void SipStack::Impl::on_malformed(const sip_msg& request, const Malformed& malformed) {
  if (!is_known(request)) return;  // strangers' rubbish is not worth a datagram
  std::string text = fmt::format("SIP/2.0 {} {}\r\n", malformed.status, malformed.reason);
  bool first_via = true;
  for (const auto& line : malformed.repeated) {
    text += line;
    const auto name = std::string_view(line).substr(0, line.find_first_of(": \t"));
    const bool via = equal_name(name, "Via") || equal_name(name, "v");
    if (via && std::exchange(first_via, false)) text += fmt::format(";received={}", address_of(request.src));
    const bool to = equal_name(name, "To") || equal_name(name, "t");
    if (to && line.find("tag=") == std::string::npos) text += fmt::format(";tag={:016x}", request.tag);
    text += "\r\n";
  }
  text += "Content-Length: 0\r\n\r\n";
  sa destination = request.src;
  if (malformed.via_readable) sip_reply_addr(&destination, &request, has_rport(request));
  const auto buffer = Ref<mbuf>::adopt(mbuf_alloc(text.size()));
  if (!buffer) return;
  mbuf_write_mem(buffer.get(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  buffer->pos = 0;
  sip_send(sip_.get(), request.sock, request.tp, &destination, buffer.get());
}

void SipStack::Impl::on_request(const sip_msg& request) {
  tune_socket(request);
  if (!hears(request)) return;
  if (const auto malformed = find_malformed(request)) return on_malformed(request, *malformed);
  answer_where_it_came_from(request);
  const auto method = view(request.met);
  if (const auto fault = find_fault(request)) {
    if (!fault->drop && method != "ACK") refuse(request, fault->refusal);
    return;
  }
  if (pl_isset(&request.to.tag)) {
    if (const auto session = find(request)) return session->on_request(request);
    if (method != "ACK") refuse(request, {481, reason_of(481)});
    return;
  }
  if (method == "INVITE") return on_new_call(request);
  if (method == "OPTIONS") return on_options(request);
  // A node that drains will be gone: its phones go to another one in time, or a proxy sends them there.
  if (method == "REGISTER" && (draining_ || config_.registrar.awaits_accounts)) return refuse(request, full());
  if (method == "REGISTER" && registrar_.has_accounts()) return on_register(request);
  if (method == "ACK") return;
  for (const auto* inside : {"CANCEL", "BYE", "INFO", "UPDATE", "REFER", "PRACK", "NOTIFY"}) {
    if (method == inside) return refuse(request, {481, reason_of(481)});
  }
  if (method == "SUBSCRIBE") return refuse(request, {489, reason_of(489), "Allow-Events: refer\r\n"});
  for (const auto* known : {"REGISTER", "MESSAGE", "PUBLISH"}) {
    if (method == known) return refuse(request, {405, reason_of(405), kAllow});
  }
  refuse(request, {501, reason_of(501), kAllow});
}

void SipStack::Impl::on_options(const sip_msg& options) {
  if (!is_known(options)) return refuse(options, {403, reason_of(403)});
  if (draining_) return refuse(options, full());  // a dispatcher in front sends its calls elsewhere
  const auto headers = contact(options.tp, options.src) + kAllow + kSupported + "Accept: application/sdp\r\n";
  sip_replyf(sip_.get(), &options, 200, "OK", "%sContent-Length: 0\r\n\r\n", headers.c_str());
}

/// A call of ours that came back to us: to take it would be a call with ourselves (RFC 3261 section 16.3).
bool SipStack::Impl::is_our_own(const sip_msg& invite) const {
  const auto range = by_call_id_.equal_range(clean_text(view(invite.callid)));
  for (auto it = range.first; it != range.second; ++it) {
    if (it->second->is_outgoing() && it->second->has_local_tag(view(invite.from.tag))) return true;
  }
  return false;
}

void SipStack::Impl::on_new_call(const sip_msg& invite) {
  const auto source = address_of(invite.src);
  auto* trunk = trunks_.find_source(source, sa_port(&invite.src), invite.tp == SIP_TRANSP_UDP);
  const bool phone = is_phone(invite, trunk);
  if (phone) trunk = nullptr;
  if (!phone && !trunk && !trunks_.is_agent(source)) return refuse_call(invite, {403, reason_of(403)});
  if (!may_call(invite, phone, trunk)) return;
  if (is_our_own(invite)) return refuse_call(invite, {482, reason_of(482)});
  const bool old_peer = is_rfc2543(invite) && sip_msg_hdr_count(&invite, SIP_HDR_CONTACT) == 0;
  if (!has_usable_target(invite) && !old_peer) return refuse_call(invite, {400, "Contact Must Be A SIP URI"});
  const auto offer = sdp_of(invite);
  if (!offer) return refuse_call(invite, offer.error());
  if (const auto count = sip_msg_hdr_count(&invite, SIP_HDR_REPLACES); count > 0) {
    const auto replaces = read_replaces(header_of(invite, SIP_HDR_REPLACES));
    if (count > 1 || !replaces || sip_msg_hdr(&invite, SIP_HDR_JOIN)) return refuse_call(invite, {400, "Bad Replaces"});
    return on_replacing_call(invite, *replaces, trunk, *offer);
  }
  if (draining_ || shedding_ || by_leg_.size() >= config_.sessions_max || (trunk && !trunk->acquire(Direction::in))) {
    return refuse_call(invite, full());
  }
  const auto session = std::make_shared<Session>(*this, LegId{ids_.next()}, trunk);
  if (!session->take_invite(invite, offer->has_value())) {
    ++rejected_;
    return;
  }
  keep(session);
  if (trunk) trunk->count_call(Direction::in);
  auto parties = parties_of(invite, trunk && trunk->config().trusted_identity);
  if (trunk) {
    parties.to_user = trunk->called_in(parties.to_user);
    for (auto* number : {&parties.from_user, &parties.asserted_user, &parties.diverted_from}) {
      if (!number->empty()) *number = trunk->caller_in(*number);
    }
  }
  const IncomingCall call{.leg = session->leg(),
                          .trunk = trunk ? trunk->name() : std::string{},
                          .from_user = std::move(parties.from_user),
                          .from_display = std::move(parties.from_display),
                          .to_user = std::move(parties.to_user),
                          .sip_call_id = session->call_id(),
                          .source = address_port_of(invite.src),
                          .asserted_user = std::move(parties.asserted_user),
                          .diverted_from = std::move(parties.diverted_from),
                          .referred_by = referrer_of(invite),
                          .account = phone ? user_of(invite.from.uri) : std::string{},
                          .record_aware = lists(invite, SIP_HDR_SUPPORTED, "record-aware"),
                          .offer = *offer};
  spdlog::info("sip leg={} call-id={} incoming trunk={} to={} source={}", call.leg.value(), call.sip_call_id,
               call.trunk, call.to_user, call.source);
  observer_.on_incoming(call);
}

void SipStack::Impl::on_replacing_call(const sip_msg& invite, const Replaces& replaces, Trunk* trunk,
                                       const std::optional<std::string>& offer) {
  const auto old = find_dialog(replaces.dialog);
  if (!old) return refuse_call(invite, {481, reason_of(481)});
  // Knowing the tags is no right to the call: it must come the way the leg itself goes, or from an agent's phone.
  if (trunk && trunk != old->trunk()) return refuse_call(invite, {403, reason_of(403)});
  if (const auto status = old->refuse_replacement(replaces)) {
    return refuse_call(invite, {static_cast<std::uint16_t>(status), reason_of(status)});
  }
  const auto leg = old->leg();
  const bool same_channel = trunk && trunk == old->trunk();
  const auto session = std::make_shared<Session>(*this, leg, trunk);
  if (!session->take_invite(invite, offer.has_value())) {
    session->forget_trunk();  // none was acquired
    ++rejected_;
    return;
  }
  const auto answer = observer_.on_replaced(leg, offer);
  if (!answer || old->has_ended()) {
    session->forget_trunk();
    ++rejected_;
    return session->refuse_unseen(answer ? 603 : 488);
  }
  if (same_channel) session->take_channel_of(*old);
  old->yield_leg(same_channel ? trunk : nullptr);
  keep(session);
  spdlog::info("sip leg={} call-id={} replaces call-id={}", leg.value(), session->call_id(), old->call_id());
  session->accept(*answer);
}

void SipStack::Impl::on_response(const sip_msg& response) {
  tune_socket(response);
  if (!pl_isset(&response.callid) || !pl_isset(&response.from.tag) || !pl_isset(&response.to.tag)) return;
  if (const auto session = find(response)) session->on_stray_response(response);
}

}  // namespace hotline::voice::signalling
