// SPDX-License-Identifier: Apache-2.0
// INVITEs of the far end: responses, the 2xx repeated until its ACK, CANCEL. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

#include "voice/signalling/body.hpp"
#include "voice/signalling/decode.hpp"
#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr Duration kTryingAfter{200};  // RFC 3261 section 17.2.1: 100 unless the answer comes before
constexpr Duration kT2{4'000};         // RFC 3261 section 17.1.1.1

bool has_rport(const sip_msg& request) {
  pl value{};
  return msg_param_exists(&request.via.params, "rport", &value) == 0;
}

}  // namespace

bool Session::take_invite(const sip_msg& invite, bool has_offer) {
  call_id_ = clean_text(view(invite.callid));
  by_sips_ = is_sips(invite.uri);
  auto dialog = Dialog::called(invite);
  if (!dialog) {
    refuse(invite, {400, "Bad Dialog Headers"});
    return false;
  }
  const auto timer = answer_session_timer(read_session_timer(invite), timer_policy());
  if (timer.refusal) {
    refuse(invite, *timer.refusal);
    return false;
  }
  dialog_ = std::make_shared<Dialog>(std::move(*dialog));
  session_timer_ = timer.timer;
  note_abilities(invite);
  exchange_ = has_offer ? Exchange::theirs : Exchange::none;
  reliable_ = std::make_unique<Reliable>();
  reliable_->required = lists(invite, SIP_HDR_REQUIRE, "100rel");
  reliable_->supported = reliable_->required || lists(invite, SIP_HDR_SUPPORTED, "100rel");
  reliable_->rseq = 1 + rand_u32() % 0x3fff'ffff;
  auto server = std::make_unique<ServerInvite>();
  server->message = Ref<sip_msg>::share(&invite);
  server->offer_in_response = !has_offer;
  server->timer_headers = timer.headers;
  const auto on_cancelled = [](void* arg) {
    const auto keep = static_cast<Session*>(arg)->shared_from_this();
    keep->on_cancel();
    keep->finish_if_idle();
  };
  if (sip_strans_alloc(&server->transaction, host_.sip(), &invite, on_cancelled, this) != 0) return false;
  server_invite_ = std::move(server);
  state_ = State::offered;
  server_invite_->timer.start(kTryingAfter, [this] {
    sip_treply(&server_invite_->transaction, host_.sip(), server_invite_->message.get(), 100, reason_of(100));
  });
  return true;
}

void Session::reply_invite(unsigned status, const std::string& headers) {
  auto& invite = *server_invite_;
  invite.timer.stop();
  const auto text = with_body(headers, "", "");
  sip_treplyf(&invite.transaction, nullptr, host_.sip(), invite.message.get(), true, static_cast<std::uint16_t>(status),
              reason_of(status), "%b", text.data(), text.size());
  if (status >= 200) {
    server_invite_.reset();
    reliable_.reset();
    if (state_ == State::offered) state_ = State::over;
  }
}

void Session::progress(unsigned status, const std::string& sdp) {
  if (state_ != State::offered || status <= 100 || status >= 200) return;
  // Nothing may follow an answer, and before it nothing that is neither answer nor offer.
  const auto& body = exchange_ == Exchange::done || exchange_ == Exchange::ours ? std::string{} : sdp;
  if (needs_reliable(body)) return send_reliable(status, body);
  send_provisional(status, exchange_ == Exchange::theirs ? body : std::string{});
}

void Session::send_provisional(unsigned status, const std::string& sdp) {
  auto& invite = *server_invite_;
  invite.timer.stop();
  const auto text =
      with_body(own_contact(invite.message->tp, invite.message->src) + kAllow + kSupported, "application/sdp", sdp);
  sip_treplyf(&invite.transaction, nullptr, host_.sip(), invite.message.get(), true, static_cast<std::uint16_t>(status),
              reason_of(status), "%b", text.data(), text.size());
}

void Session::reject(unsigned status, std::uint32_t retry_after_s) {
  if (state_ != State::offered || status < 300 || status > 699) return;
  const auto retry = retry_after_s > 0 ? fmt::format("Retry-After: {}\r\n", retry_after_s) : std::string{};
  reply_invite(status, retry + write_reason({.q850 = q850_of(status)}));
  end(cause_of(status, false), status, false);
  finish_if_idle();
}

void Session::accept(const std::string& sdp) {
  if (state_ != State::offered) return;
  if (reliable_ && reliable_->unacked) {  // RFC 3262 section 3: not before the PRACK, which may yet be under way
    reliable_->accept_after = sdp;
    return;
  }
  state_ = State::accepted;
  reliable_.reset();
  server_invite_->offer_in_response = exchange_ == Exchange::none;
  const bool agreed = std::exchange(exchange_, Exchange::done) == Exchange::done;
  send_invite_answer(agreed ? std::string{} : sdp);
}

void Session::send_invite_answer(const std::string& sdp) {
  auto& invite = *server_invite_;
  invite.timer.stop();
  const auto text =
      with_body(own_contact(invite.message->tp, invite.message->src) + kAllow + kSupported + invite.timer_headers,
                "application/sdp", sdp);
  mbuf* sent = nullptr;
  const int error = sip_treplyf(&invite.transaction, &sent, host_.sip(), invite.message.get(), true, 200, "OK", "%b",
                                text.data(), text.size());
  if (error != 0) {
    spdlog::warn("sip leg={} call-id={} 200 cannot be sent: {}", leg_.value(), call_id_, strerror(error));
    server_invite_.reset();
    state_ = State::over;
    end(EndCause::unreachable, 0, false);
    return finish_if_idle();
  }
  invite.response = Ref<mbuf>::adopt(sent);
  sip_reply_addr(&invite.destination, invite.message.get(), has_rport(*invite.message.get()));
  invite.interval = host_.config().t1;
  invite.elapsed = Duration{0};
  invite.timer.start(invite.interval, [this] { resend_answer(); });
  start_session_timer(session_timer_);
}

void Session::resend_answer() {
  const auto keep = shared_from_this();
  auto& invite = *server_invite_;
  invite.elapsed += invite.interval;
  if (invite.elapsed >= 64 * host_.config().t1) {  // RFC 3261 section 13.3.1.4
    spdlog::warn("sip leg={} call-id={} no ACK came", leg_.value(), call_id_);
    end_with_bye(EndCause::error, 408, {.q850 = q850_of(408)});
    return finish_if_idle();
  }
  invite.response->pos = 0;
  sip_send(host_.sip(), invite.message->sock, invite.message->tp, &invite.destination, invite.response.get());
  invite.interval = std::min(2 * invite.interval, std::max(kT2, host_.config().t1));
  invite.timer.start(invite.interval, [this] { resend_answer(); });
}

void Session::on_ack(const sip_msg& ack) {
  if (!server_invite_ || !server_invite_->response || ack.cseq.num != server_invite_->message->cseq.num) return;
  const bool initial = server_invite_->initial;
  const bool wants_answer = server_invite_->offer_in_response;
  server_invite_.reset();
  if (ended_) {  // hung up before the ACK came: now the BYE may go (RFC 3261 section 15)
    if (!std::exchange(bye_sent_, true)) send_bye(dialog_);
    state_ = State::over;
    return finish_if_idle();
  }
  state_ = State::confirmed;
  const auto sdp = sdp_of(ack);
  if (wants_answer && (!sdp || !*sdp)) {
    spdlog::warn("sip leg={} call-id={} the ACK has no answer to our offer", leg_.value(), call_id_);
    return end_with_bye(EndCause::error, 488, {.q850 = q850_of(488)});
  }
  const auto answer = wants_answer ? **sdp : std::string{};
  if (initial) {
    host_.observer().on_answered(leg_, answer);
  } else if (wants_answer) {
    host_.observer().on_remote_answer(leg_, answer);
  }
  if (!ended_) send_next_offer();
}

void Session::on_cancel() {
  if (!server_invite_ || !server_invite_->transaction) return;
  report_reason(reason_of_last_cancel());  // libre keeps the CANCEL to itself
  const bool initial = server_invite_->initial;
  reply_invite(487, {});
  if (initial) end(EndCause::cancelled, 487, true);
}

}  // namespace hotline::voice::signalling
