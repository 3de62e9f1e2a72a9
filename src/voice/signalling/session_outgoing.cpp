// SPDX-License-Identifier: Apache-2.0
// Our first INVITE: provisional responses, the 2xx and its forks, CANCEL and its race. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {

bool Session::start_call(const OutgoingCall& call, const std::string& target, const std::string& route) {
  outgoing_ = true;
  const auto& config = host_.config();
  const bool v6 = config.advertised_address.find(':') != std::string::npos;
  const auto own_host = v6 ? "[" + config.advertised_address + "]" : config.advertised_address;
  const auto& host = call.from_domain.empty() ? own_host : call.from_domain;
  const bool withheld = call.from_user.empty();
  const auto from = withheld ? std::string("sip:anonymous@anonymous.invalid")
                             : fmt::format("sip:{}@{}", escape_user(call.from_user), host);
  const auto display = withheld ? std::string("Anonymous") : escape_display(call.from_display);
  const auto to = target.substr(0, target.find(';'));
  const char* routes[] = {route.c_str()};
  if (sip_dialog_alloc(first_dialog_.out(), target.c_str(), to.c_str(), display.empty() ? nullptr : display.c_str(),
                       from.c_str(), routes, route.empty() ? 0 : 1) != 0) {
    return false;
  }
  call_id_ = sip_dialog_callid(first_dialog_.get());
  invite_cseq_ = sip_dialog_lseq(first_dialog_.get());
  offered_ = !call.offer.empty();
  const auto text = with_body(kAllow, "application/sdp", call.offer);
  state_ = State::calling;
  if (!send("INVITE", first_dialog_.get(), text, [this](int e, const sip_msg* m) { on_invite_response(e, m); })) {
    state_ = State::over;
    return false;
  }
  invite_request_ = &pending_.back().request;
  if (call.silence_max > Duration{0}) {
    silence_timer_.start(call.silence_max, [this] {
      const auto keep = shared_from_this();
      cancel_call();
      fail_call(EndCause::unreachable, 408, false);
      finish_if_idle();
    });
  }
  ring_timer_.start(call.ring_timeout, [this] {
    const auto keep = shared_from_this();
    cancel_call();
    end(heard_ ? EndCause::no_answer : EndCause::unreachable, 408, false);
    finish_if_idle();
  });
  return true;
}

void Session::cancel_call() {
  // Without a provisional response libre holds the CANCEL back until there is one (RFC 3261 section 9.1).
  if (invite_request_) sip_request_cancel(*invite_request_);
  state_ = State::over;
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
  ring_timer_.stop();
  if (error != 0 || !response) {
    return fail_call(heard_ ? EndCause::no_answer : EndCause::unreachable, 408, false);
  }
  if (response->scode < 300) return on_success(*response);
  fail_call(cause_of(response->scode, rang_), response->scode,
            true);  // a 3xx is a failure: we call who we were told to call
}

void Session::on_provisional(const sip_msg& response) {
  heard_ = true;
  if (ended_ || response.scode <= 100) return;
  const auto sdp = sdp_of(response);
  const bool new_sdp = offered_ && sdp && *sdp && **sdp != early_sdp_;
  if (new_sdp) early_sdp_ = **sdp;
  if (rang_ && !new_sdp) return;
  rang_ = true;
  host_.observer().on_ringing(leg_, new_sdp ? std::optional{early_sdp_} : std::nullopt);
}

void Session::on_stray_response(const sip_msg& response) {
  if (pl_strcmp(&response.cseq.met, "INVITE") != 0 || response.scode < 200 || response.scode >= 300) return;
  if (dialog_ && sip_dialog_cmp(dialog_.get(), &response)) {
    if (response.cseq.num == acked_cseq_) send_ack(dialog_.get(), acked_cseq_, acked_sdp_);
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
    if (sip_dialog_cmp(fork.dialog.get(), &response)) return send_ack(fork.dialog.get(), invite_cseq_, {});
  }
  Fork fork;
  if (!has_usable_target(response) || sip_dialog_fork(fork.dialog.out(), first_dialog_.get(), &response) != 0) return;
  spdlog::info("sip leg={} call-id={} a further answer is ended", leg_.value(), call_id_);
  send_ack(fork.dialog.get(), invite_cseq_, {});
  send_bye(fork.dialog.get());
  forks_.push_back(std::move(fork));
}

void Session::on_first_success(const sip_msg& response) {
  if (!has_usable_target(response) || sip_dialog_fork(dialog_.out(), first_dialog_.get(), &response) != 0) {
    spdlog::warn("sip leg={} call-id={} the 200 has no usable Contact", leg_.value(), call_id_);
    state_ = State::over;
    return end(EndCause::error, response.scode, true);
  }
  auto read = sdp_of(response);
  std::string sdp = read && *read ? **read : early_sdp_;
  std::string answer;
  bool agreed = !sdp.empty();
  if (agreed && !offered_) {
    const auto ours = host_.observer().on_remote_offer(leg_, sdp);
    agreed = ours.has_value();
    answer = ours.value_or("");
  }
  acked_cseq_ = invite_cseq_;
  acked_sdp_ = answer;
  send_ack(dialog_.get(), acked_cseq_, acked_sdp_);
  if (!agreed || ended_) {
    state_ = State::over;
    bye_sent_ = true;
    send_bye(dialog_.get());
    return end(EndCause::rejected, 488, false);
  }
  state_ = State::confirmed;
  spdlog::info("sip leg={} call-id={} answered", leg_.value(), call_id_);
  host_.observer().on_answered(leg_, sdp);
  if (!ended_) send_next_offer();
}

}  // namespace hotline::voice::signalling
