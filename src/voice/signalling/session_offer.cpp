// SPDX-License-Identifier: Apache-2.0
// Offers inside the dialog: re-INVITE and UPDATE (RFC 3311) both ways, and what happens when both ends offer at once.
// Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kOffersMax = 16;  // waiting ones; more cannot come from a person pressing hold

std::string retry_soon() {
  return fmt::format("Retry-After: {}\r\n", rand_u16() % 11);
}

}  // namespace

void Session::on_reinvite(const sip_msg& invite) {
  // RFC 3261 section 14.2: one INVITE at a time.
  if (server_invite_ && !server_invite_->response) return reply(invite, 500, with_body(retry_soon(), "", ""));
  if (state_ == State::calling || reinvite_running_ || update_running_ || server_invite_) return reply(invite, 491);
  const auto offer = sdp_of(invite);
  if (!offer) return refuse(invite, offer.error());
  const auto timer = answer_session_timer(read_session_timer(invite), timer_policy());
  if (timer.refusal) return refuse(invite, *timer.refusal);

  const auto answer = host_.observer().on_remote_offer(leg_, offer->value_or(""));
  if (ended_) return reply(invite, 487);
  if (!answer) return reply(invite, 488);
  dialog_->update_target(invite);
  session_timer_ = timer.timer;
  server_invite_ = std::make_unique<ServerInvite>();
  server_invite_->message = Ref<sip_msg>::share(&invite);
  server_invite_->initial = false;
  server_invite_->offer_in_response = !offer->has_value();
  server_invite_->timer_headers = timer.headers;
  send_invite_answer(*answer);
  if (asks_for_metadata(invite)) host_.observer().on_metadata_request(leg_);
}

/// 0: an offer by UPDATE fits now (RFC 3311 section 5.2).
unsigned Session::clash_of_update() const {
  if (reinvite_running_ || update_running_) return 491;
  if (server_invite_ && !server_invite_->initial) return server_invite_->offer_in_response ? 491U : 0U;
  if (exchange_ == Exchange::ours || exchange_ == Exchange::none) return 491;
  if (exchange_ == Exchange::theirs) return 500;
  return server_invite_ && server_invite_->offer_in_response ? 491U : 0U;
}

void Session::on_update(const sip_msg& update, const DialogPtr& dialog) {
  const auto offer = sdp_of(update);
  if (!offer) return refuse(update, offer.error());
  const bool confirmed = state_ == State::confirmed || state_ == State::accepted;
  const auto timer =
      confirmed ? answer_session_timer(read_session_timer(update), timer_policy()) : SessionTimerAnswer{};
  if (timer.refusal) return refuse(update, *timer.refusal);
  const auto headers = own_contact(update.tp, update.src) + kAllow + kSupported + timer.headers;
  std::string answer;
  if (*offer) {
    if (const auto clash = clash_of_update(); clash != 0) {
      return reply(update, clash, clash == 500 ? with_body(retry_soon(), "", "") : std::string{});
    }
    const auto ours = host_.observer().on_remote_offer(leg_, **offer);
    if (ended_) return reply(update, 481);
    if (!ours) return reply(update, 488);
    answer = *ours;
  }
  dialog->update_target(update);
  if (timer.timer.interval != 0) start_session_timer(timer.timer);
  reply(update, 200, with_body(headers, "application/sdp", answer));
  if (asks_for_metadata(update)) host_.observer().on_metadata_request(leg_);
}

void Session::reinvite(const std::string& offer, const std::string& type) {
  if (ended_ || offers_.size() >= kOffersMax) return;
  offers_.push_back({offer, type});
  send_next_offer();
}

void Session::send_next_offer() {
  if (ended_ || offers_.empty() || reinvite_running_ || update_running_ || glare_timer_.running()) return;
  const bool early = (state_ == State::offered || state_ == State::calling) && far_updates_ && clash_of_update() == 0;
  if (early) {  // before the call is answered UPDATE alone can change it (RFC 3311 section 5.1)
    const auto agreed = std::ranges::find_if(early_, &Early::agreed);
    const auto dialog = state_ == State::offered ? dialog_ : agreed == early_.end() ? nullptr : agreed->dialog;
    if (!dialog) return;
    update_running_ =
        send("UPDATE", dialog,
             with_body(std::string(kAllow) + kSupported + call_.headers, offers_.front().type, offers_.front().body),
             [this](int error, const sip_msg* response) { on_update_response(error, response); });
    return;
  }
  if (state_ != State::confirmed || server_invite_) return;
  const auto text = with_body(std::string(kAllow) + kSupported + timer_request_headers() + call_.headers,
                              offers_.front().type, offers_.front().body);
  reinvite_running_ = send("INVITE", dialog_, text, [this](int error, const sip_msg* response) {
    if (error == 0 && response && response->scode < 200) return;
    on_reinvite_response(error, response);
  });
  if (!reinvite_running_) {
    offers_.pop_front();
    end_with_bye(EndCause::unreachable, 0, {});
  }
}

void Session::on_reinvite_response(int error, const sip_msg* response) {
  reinvite_running_ = false;
  const unsigned status = error == 0 && response ? response->scode : 408;
  if (status < 300) {
    dialog_->update_target(*response);
    acked_cseq_ = response->cseq.num;
    acked_sdp_.clear();
    send_ack(dialog_, acked_cseq_, {});
  }
  take_offer_response(status, response);
}

void Session::on_update_response(int error, const sip_msg* response) {
  if (error == 0 && response && response->scode < 200) return;
  update_running_ = false;
  const unsigned status = error == 0 && response ? response->scode : 408;
  if (status < 300 && dialog_) dialog_->update_target(*response);
  take_offer_response(status, response);
}

void Session::take_offer_response(unsigned status, const sip_msg* response) {
  if (ended_) return;
  if (status == 491) return on_glare({});
  if (status == 500 && response && sip_msg_hdr(response, SIP_HDR_RETRY_AFTER)) {
    const auto seconds = std::min<std::uint32_t>(pl_u32(&sip_msg_hdr(response, SIP_HDR_RETRY_AFTER)->val), 10);
    return on_glare(Duration{seconds * 1'000});
  }
  if (!offers_.empty()) offers_.pop_front();
  if (status == 408 || status == 481) {  // RFC 3261 section 12.2.1.2: the dialog is dead
    if (state_ == State::confirmed) {
      end_with_bye(EndCause::error, status, {.q850 = q850_of(status)});
    }
    return;
  }
  if (status < 300 && state_ == State::confirmed) {
    start_session_timer(agreed_session_timer(read_session_timer(*response)));
  }
  const auto sdp = status < 300 ? sdp_of(*response) : std::optional<std::string>{};
  if (status >= 300) spdlog::info("sip leg={} call-id={} offer refused status={}", leg_.value(), call_id_, status);
  host_.observer().on_remote_answer(leg_, sdp && *sdp ? **sdp : std::string{});
  if (!ended_) send_next_offer();
}

void Session::on_glare(Duration at_least) {
  // RFC 3261 section 14.1: whoever made the Call-ID waits 2.1 to 4 s, the other one up to 2 s, in steps of 10 ms.
  const auto steps = outgoing_ ? 210 + rand_u16() % 191 : rand_u16() % 201;
  glare_timer_.start(std::max(at_least, Duration{steps * 10}), [this] {
    const auto keep = shared_from_this();
    send_next_offer();
    finish_if_idle();
  });
}

}  // namespace hotline::voice::signalling
