// SPDX-License-Identifier: Apache-2.0
// Our first INVITE: provisional responses and their early dialogs, the 2xx and its forks, 422, redirection. Signalling
// thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kEarlyMax = 8;      // branches of one call; further ones may ring, and answer, but are not heard
constexpr unsigned kRedirectionsMax = 5;  // RFC 3261 section 8.1.3.4 asks for a limit against loops
constexpr unsigned kTriesMax = 10;        // of one INVITE, whatever the reason

/// Contacts of a 3xx, best q first; only what can be called.
std::vector<std::string> contacts_of(const sip_msg& response) {
  struct Found {
    std::vector<std::pair<double, std::string>> list;
  } found;
  const auto collect = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& list = static_cast<Found*>(arg)->list;
    sip_addr address{};
    if (list.size() >= kRedirectionsMax || sip_addr_decode(&address, &header->val) != 0) return false;
    const auto scheme = view(address.uri.scheme);
    if (!equal_name(scheme, "sip") && !equal_name(scheme, "tel")) return false;
    pl q{};
    const double weight = msg_param_decode(&address.params, "q", &q) == 0 ? pl_float(&q) : 1.0;
    auto text = view(address.auri);
    list.emplace_back(weight, std::string(text.substr(0, text.find('?'))));
    return false;
  };
  sip_msg_hdr_apply(&response, true, SIP_HDR_CONTACT, collect, &found);
  std::ranges::stable_sort(found.list, std::greater{}, &std::pair<double, std::string>::first);
  std::vector<std::string> out;
  for (auto& [weight, contact] : found.list) out.push_back(std::move(contact));
  return out;
}

}  // namespace

std::string Session::own_host() const {
  if (!call_.from_domain.empty()) return call_.from_domain;
  const auto& address = host_.config().advertised_address;
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::string Session::own_contact(sip_transp transport, const sa& peer) const {
  auto contact = host_.contact(transport, peer);
  contact.insert(contact.size() - 2, call_.contact_parameters);  // before its CRLF
  if (!by_sips_ || transport != SIP_TRANSP_TLS) return contact;
  contact.replace(contact.find("<sip:"), 5, "<sips:");
  if (const auto named = contact.find(";transport=tls"); named != std::string::npos) contact.erase(named, 14);
  return contact;
}

bool Session::start_call(const OutgoingCall& call, const std::string& target, const std::string& route) {
  outgoing_ = true;
  channel_ = Direction::out;
  call_ = call;
  const auto from = write_from({call.from_user, call.from_display, call.asserted_user}, own_host());
  auto dialog = Dialog::calling(target, from, route);
  if (!dialog) return false;
  first_dialog_ = std::make_shared<Dialog>(std::move(*dialog));
  call_id_ = first_dialog_->call_id();
  visited_.push_back(target);
  exchange_ = call.offer.empty() ? Exchange::none : Exchange::ours;
  const auto policy = timer_policy();
  invite_expires_ = policy.expires;
  invite_min_ = policy.min;
  state_ = State::calling;
  if (!send_invite()) {
    state_ = State::over;
    return false;
  }
  if (call.silence_max > Duration{0}) {
    silence_timer_.start(call.silence_max, [this] {
      const auto keep = shared_from_this();
      cancel_call({});
      fail_call(EndCause::unreachable, 408, false);
      finish_if_idle();
    });
  }
  ring_timer_.start(call.ring_timeout, [this] {
    const auto keep = shared_from_this();
    cancel_call({});
    end(heard_ ? EndCause::no_answer : EndCause::unreachable, 408, false);
    finish_if_idle();
  });
  return true;
}

bool Session::send_invite() {
  const auto host = own_host();
  std::string headers = kAllow;
  headers += kSupported;
  headers += write_session_timer(invite_expires_, invite_min_, Refresher::unsaid);
  headers += write_identity({call_.from_user, call_.from_display, call_.asserted_user}, host,
                            trunk_ && trunk_->config().trusted_identity);
  if (!call_.referred_by.empty())
    headers += fmt::format("Referred-By: <sip:{}@{}>\r\n", escape_user(call_.referred_by), host);
  headers += call_.headers;
  if (++tries_ > kTriesMax) return false;
  if (!send("INVITE", first_dialog_, with_body(headers, call_.offer_type, call_.offer),
            [this](int e, const sip_msg* m) { on_invite_response(e, m); })) {
    return false;
  }
  invite_request_ = &pending_.back().request;
  return true;
}

void Session::fail_call(EndCause cause, unsigned status, bool by_remote) {
  state_ = State::over;
  attempt_failed_ = !rang_;
  end(cause, status, by_remote);
}

void Session::on_invite_response(int error, const sip_msg* response) {
  silence_timer_.stop();
  if (error == 0 && response && response->scode < 200) return on_provisional(*response);
  invite_request_ = nullptr;
  cancel_.timer.stop();
  if (error != 0 || !response) {
    ring_timer_.stop();
    return fail_call(heard_ ? EndCause::no_answer : EndCause::unreachable, 408, false);
  }
  if (response->scode >= 300 && send_again(*response)) return;
  ring_timer_.stop();
  if (response->scode < 300) return on_success(*response);
  report_reason(read_reason(*response));
  fail_call(cause_of(response->scode, rang_), response->scode, true);
}

bool Session::send_again(const sip_msg& response) {
  if (ended_ || state_ != State::calling) return false;
  if (response.scode == 422) {  // RFC 4028 section 7.4: the same call with an interval that is long enough
    const auto least = read_session_timer(response).min;
    if (least <= invite_min_ && least <= invite_expires_) return false;
    invite_min_ = std::max(invite_min_, least);
    invite_expires_ = std::max(invite_expires_, least);
    early_.clear();
    return send_invite();
  }
  if (response.scode < 400 && trunk_ && trunk_->config().follow_redirects) return follow_redirection(response);
  if (!redirected_to_.empty() && response.scode < 600) return follow_redirection(response);  // the next one offered
  return false;
}

bool Session::follow_redirection(const sip_msg& response) {
  if (response.scode < 400) {
    auto contacts = contacts_of(response);
    redirected_to_.insert(redirected_to_.begin(), contacts.begin(), contacts.end());
  }
  while (!redirected_to_.empty() && visited_.size() <= kRedirectionsMax) {
    auto next = redirected_to_.front();
    redirected_to_.erase(redirected_to_.begin());
    if (next.starts_with("tel:")) {  // a number: by the same trunk
      uri number{};
      const auto text = to_pl(next);
      if (uri_decode(&number, &text) != 0) continue;
      next = host_.uri_of_number(trunk_, user_of(number));
    }
    if (std::ranges::find(visited_, next) != visited_.end() || !first_dialog_->retarget(next)) continue;
    visited_.push_back(next);
    early_.clear();
    spdlog::info("sip leg={} call-id={} redirected status={}", leg_.value(), call_id_, response.scode);
    if (send_invite()) return true;
  }
  return false;
}

Session::Early* Session::early_of(const sip_msg& response) {
  if (!pl_isset(&response.to.tag)) return nullptr;
  for (auto& early : early_) {
    if (early.dialog->owns(response)) return &early;
  }
  if (early_.size() >= kEarlyMax) return nullptr;
  auto dialog = first_dialog_->fork(response);
  if (!dialog) return nullptr;  // a 1xx need not have a Contact; without one nothing can be sent to it
  auto& early = early_.emplace_back();
  early.dialog = std::make_shared<Dialog>(std::move(*dialog));
  return &early;
}

void Session::on_provisional(const sip_msg& response) {
  heard_ = true;
  if (cancel_.wanted) send_cancel();
  if (ended_ || response.scode <= 100) return;
  note_abilities(response);
  const bool asks_offer = exchange_ == Exchange::none;
  auto* early = early_of(response);
  if (early && lists(response, SIP_HDR_REQUIRE, "100rel")) take_reliable(*early, response);
  if (ended_) return;
  const auto sdp =
      asks_offer ? Result<std::optional<std::string>, Refusal>{std::optional<std::string>{}} : sdp_of(response);
  auto& known = early ? early->sdp : early_sdp_;
  const bool new_sdp = sdp && *sdp && **sdp != known;
  if (new_sdp) early_sdp_ = known = **sdp;
  if (rang_ && !new_sdp) return;
  rang_ = true;
  host_.observer().on_ringing(leg_, new_sdp ? std::optional{early_sdp_} : std::nullopt);
}

void Session::on_stray_response(const sip_msg& response) {
  if (pl_strcmp(&response.cseq.met, "CANCEL") == 0) return cancel_.text.reset();
  if (pl_strcmp(&response.cseq.met, "INVITE") != 0 || response.scode < 200 || response.scode >= 300) return;
  if (dialog_ && dialog_->owns(response)) {
    if (response.cseq.num == acked_cseq_) send_ack(dialog_, acked_cseq_, acked_sdp_);
    return;
  }
  if (first_dialog_ && response.cseq.num == invite_cseq_) on_success(response);
}

void Session::on_success(const sip_msg& response) {
  if (!answered_by_any_) {
    answered_by_any_ = true;
    // Forks may answer as long as the far end repeats its 2xx (RFC 3261 section 13.2.2.4).
    linger_timer_.start(64 * host_.config().t1, [this] {
      const auto keep = shared_from_this();
      finish_if_idle();
    });
  }
  if (ended_ || dialog_) return drop_fork(response);
  on_first_success(response);
}

void Session::drop_fork(const sip_msg& response) {
  for (const auto& fork : forks_) {
    if (fork->owns(response)) return send_ack(fork, invite_cseq_, {});
  }
  auto fork = first_dialog_->fork(response);
  if (!fork) return;
  spdlog::info("sip leg={} call-id={} a further answer is ended", leg_.value(), call_id_);
  forks_.push_back(std::make_shared<Dialog>(std::move(*fork)));
  send_ack(forks_.back(), invite_cseq_, {});
  send_bye(forks_.back(), {.sip = 200, .text = "Call completed elsewhere"});
}

void Session::on_first_success(const sip_msg& response) {
  auto* early = early_of(response);
  std::string early_sdp = early ? early->sdp : early_sdp_;
  if (early) {
    dialog_ = early->dialog;  // with its sequence numbers: PRACK and UPDATE have counted
    dialog_->update_target(response);
  } else if (auto dialog = first_dialog_->fork(response)) {
    dialog_ = std::make_shared<Dialog>(std::move(*dialog));
  }
  early_.clear();
  if (!dialog_) {
    spdlog::warn("sip leg={} call-id={} the 200 has no usable Contact", leg_.value(), call_id_);
    state_ = State::over;
    return end(EndCause::error, response.scode, true);
  }
  note_abilities(response);
  auto read = sdp_of(response);
  std::string sdp = read && *read ? **read : early_sdp;
  std::string answer;
  bool agreed = !sdp.empty() || exchange_ == Exchange::done;
  if (agreed && exchange_ == Exchange::none) {
    const auto ours = host_.observer().on_remote_offer(leg_, sdp);
    agreed = ours.has_value();
    answer = ours.value_or("");
  }
  acked_cseq_ = invite_cseq_;
  acked_sdp_ = answer;
  send_ack(dialog_, acked_cseq_, acked_sdp_);
  if (!agreed || ended_) {
    if (!ended_) return end_with_bye(EndCause::rejected, 488, {.q850 = q850_of(488)});
    state_ = State::over;
    if (!std::exchange(bye_sent_, true)) send_bye(dialog_);
    return;
  }
  exchange_ = Exchange::done;
  state_ = State::confirmed;
  spdlog::info("sip leg={} call-id={} answered", leg_.value(), call_id_);
  start_session_timer(agreed_session_timer(read_session_timer(response)));
  host_.observer().on_answered(leg_, sdp);
  if (!ended_) send_next_offer();
}

}  // namespace hotline::voice::signalling
