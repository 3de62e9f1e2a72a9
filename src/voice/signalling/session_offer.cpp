// SPDX-License-Identifier: Apache-2.0
// Offers inside the dialog: re-INVITE both ways, UPDATE, and what happens when both ends offer at once. Signalling
// thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kOffersMax = 16;  // waiting ones; more cannot come from a person pressing hold

}  // namespace

void Session::on_reinvite(const sip_msg& invite) {
  // RFC 3261 section 14.2: one INVITE at a time.
  if (server_invite_ && !server_invite_->response) {
    return reply(invite, 500, with_body(fmt::format("Retry-After: {}\r\n", rand_u16() % 11), "", ""));
  }
  if (reinvite_running_ || server_invite_) return reply(invite, 491);
  const auto offer = sdp_of(invite);
  if (!offer) return refuse(invite, offer.error());

  const auto keep = shared_from_this();
  const auto answer = host_.observer().on_remote_offer(leg_, offer->value_or(""));
  if (ended_) return reply(invite, 487);
  if (!answer) return reply(invite, 488);
  update_target(invite);
  server_invite_ = std::make_unique<ServerInvite>();
  server_invite_->message = Ref<sip_msg>::share(&invite);
  server_invite_->initial = false;
  server_invite_->offer_in_response = !offer->has_value();
  send_invite_answer(*answer);
}

void Session::on_update(const sip_msg& update) {
  const auto offer = sdp_of(update);
  if (!offer) return refuse(update, offer.error());
  const auto contact = host_.contact(update.tp, update.src);
  if (!*offer) {  // a refresh of the target or of the session's life
    update_target(update);
    return reply(update, 200, with_body(contact, "", ""));
  }
  if (reinvite_running_ || server_invite_) return reply(update, 491);  // RFC 3311 section 5.2
  const auto keep = shared_from_this();
  const auto answer = host_.observer().on_remote_offer(leg_, **offer);
  if (ended_) return reply(update, 481);
  if (!answer) return reply(update, 488);
  update_target(update);
  reply(update, 200, with_body(contact, "application/sdp", *answer));
}

void Session::reinvite(const std::string& offer) {
  if (ended_ || state_ == State::offered || state_ == State::calling || offers_.size() >= kOffersMax) return;
  offers_.push_back(offer);
  send_next_offer();
}

void Session::send_next_offer() {
  if (ended_ || state_ != State::confirmed || offers_.empty() || reinvite_running_ || server_invite_ ||
      glare_timer_.running()) {
    return;
  }
  const auto text = with_body(kAllow, "application/sdp", offers_.front());
  reinvite_running_ = send("INVITE", dialog_.get(), text, [this](int error, const sip_msg* response) {
    if (error == 0 && response && response->scode < 200) return;
    on_reinvite_response(error, response, response ? response->cseq.num : 0);
  });
  if (!reinvite_running_) {
    offers_.pop_front();
    bye_sent_ = true;
    send_bye(dialog_.get());
    end(EndCause::unreachable, 0, false);
  }
}

void Session::on_reinvite_response(int error, const sip_msg* response, std::uint32_t cseq) {
  reinvite_running_ = false;
  const unsigned status = error == 0 && response ? response->scode : 408;
  if (status < 300) {
    update_target(*response);
    acked_cseq_ = cseq;
    acked_sdp_.clear();
    send_ack(dialog_.get(), cseq, {});
  }
  if (ended_) return;
  if (status == 491) return on_glare();
  offers_.pop_front();
  if (status == 408 || status == 481) {  // RFC 3261 section 12.2.1.2: the dialog is dead
    state_ = State::over;
    bye_sent_ = true;
    send_bye(dialog_.get());
    return end(EndCause::error, status, true);
  }
  const auto sdp = status < 300 ? sdp_of(*response) : std::optional<std::string>{};
  if (status >= 300) spdlog::info("sip leg={} call-id={} offer refused status={}", leg_.value(), call_id_, status);
  host_.observer().on_remote_answer(leg_, sdp && *sdp ? **sdp : std::string{});
  if (!ended_) send_next_offer();
}

void Session::on_glare() {
  // RFC 3261 section 14.1: whoever made the Call-ID waits 2.1 to 4 s, the other one up to 2 s, in steps of 10 ms.
  const auto steps = outgoing_ ? 210 + rand_u16() % 191 : rand_u16() % 201;
  glare_timer_.start(Duration{steps * 10}, [this] {
    const auto keep = shared_from_this();
    send_next_offer();
    finish_if_idle();
  });
}

}  // namespace hotline::voice::signalling
