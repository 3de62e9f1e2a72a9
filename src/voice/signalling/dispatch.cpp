// SPDX-License-Identifier: Apache-2.0
// Which session a message belongs to, and whether a new call is taken in. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {

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

void SipStack::Impl::on_request(const sip_msg& request) {
  tune_socket(request);
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
  if (method == "REGISTER" && registrar_.has_accounts()) return on_register(request);
  if (method == "ACK") return;
  if (method == "CANCEL" || method == "BYE" || method == "INFO" || method == "UPDATE" || method == "REFER") {
    return refuse(request, {481, reason_of(481)});
  }
  for (const auto* known : {"REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "PRACK"}) {
    if (method == known) return refuse(request, {405, reason_of(405), kAllow});
  }
  refuse(request, {501, reason_of(501), kAllow});
}

void SipStack::Impl::on_options(const sip_msg& options) {
  const auto source = address_of(options.src);
  if (!trunks_.find_source(source, sa_port(&options.src), options.tp == SIP_TRANSP_UDP) && !trunks_.is_agent(source)) {
    return refuse(options, {403, reason_of(403)});
  }
  if (draining_) return refuse(options, full());  // a dispatcher in front sends its calls elsewhere
  const auto headers = contact(options.tp, options.src) + kAllow + "Accept: application/sdp\r\n";
  sip_replyf(sip_.get(), &options, 200, "OK", "%sContent-Length: 0\r\n\r\n", headers.c_str());
}

void SipStack::Impl::on_new_call(const sip_msg& invite) {
  const auto source = address_of(invite.src);
  auto* trunk = trunks_.find_source(source, sa_port(&invite.src), invite.tp == SIP_TRANSP_UDP);
  const bool phone = is_phone(invite, trunk);
  if (phone) trunk = nullptr;
  if (!phone && !trunk && !trunks_.is_agent(source)) return refuse_call(invite, {403, reason_of(403)});
  if (!may_call(invite, phone, trunk)) return;
  if (!has_usable_target(invite)) return refuse_call(invite, {400, "Contact Must Be A SIP URI"});
  const auto offer = sdp_of(invite);
  if (!offer) return refuse_call(invite, offer.error());
  if (draining_ || by_leg_.size() >= config_.sessions_max || (trunk && !trunk->acquire(Direction::in))) {
    return refuse_call(invite, full());
  }
  const auto session = std::make_shared<Session>(*this, LegId{ids_.next()}, trunk);
  if (!session->take_invite(invite, offer->has_value())) {
    ++rejected_;
    return;
  }
  keep(session);
  auto parties = parties_of(invite);
  if (trunk) {
    parties.to_user = trunk->called_in(parties.to_user);
    parties.from_user = trunk->caller_in(parties.from_user);
  }
  const IncomingCall call{.leg = session->leg(),
                          .trunk = trunk ? trunk->name() : std::string{},
                          .from_user = std::move(parties.from_user),
                          .from_display = std::move(parties.from_display),
                          .to_user = std::move(parties.to_user),
                          .sip_call_id = session->call_id(),
                          .source = address_port_of(invite.src),
                          .offer = *offer};
  spdlog::info("sip leg={} call-id={} incoming trunk={} to={} source={}", call.leg.value(), call.sip_call_id,
               call.trunk, call.to_user, call.source);
  observer_.on_incoming(call);
}

void SipStack::Impl::on_response(const sip_msg& response) {
  tune_socket(response);
  if (!pl_isset(&response.callid) || !pl_isset(&response.from.tag) || !pl_isset(&response.to.tag)) return;
  if (const auto session = find(response)) session->on_stray_response(response);
}

}  // namespace hotline::voice::signalling
