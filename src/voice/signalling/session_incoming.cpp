// SPDX-License-Identifier: Apache-2.0
// INVITEs of the far end: responses, the 2xx repeated until its ACK, CANCEL. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

#include "voice/signalling/body.hpp"

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
  if (sip_dialog_accept(dialog_.out(), &invite) != 0) {
    refuse(invite, {400, "Bad Dialog Headers"});
    return false;
  }
  auto server = std::make_unique<ServerInvite>();
  server->message = Ref<sip_msg>::share(&invite);
  server->offer_in_response = !has_offer;
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
    if (state_ == State::offered) state_ = State::over;
  }
}

void Session::progress(unsigned status) {
  if (state_ != State::offered || status <= 100 || status >= 200) return;
  reply_invite(status, host_.contact(server_invite_->message->tp, server_invite_->message->src));
}

void Session::reject(unsigned status, std::uint32_t retry_after_s) {
  if (state_ != State::offered || status < 300 || status > 699) return;
  reply_invite(status, retry_after_s > 0 ? fmt::format("Retry-After: {}\r\n", retry_after_s) : std::string{});
  end(cause_of(status, false), status, false);
  finish_if_idle();
}

void Session::accept(const std::string& sdp) {
  if (state_ != State::offered) return;
  state_ = State::accepted;
  send_invite_answer(sdp);
}

void Session::send_invite_answer(const std::string& sdp) {
  auto& invite = *server_invite_;
  invite.timer.stop();
  const auto text = with_body(host_.contact(invite.message->tp, invite.message->src) + kAllow, "application/sdp", sdp);
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
}

void Session::resend_answer() {
  const auto keep = shared_from_this();
  auto& invite = *server_invite_;
  invite.elapsed += invite.interval;
  if (invite.elapsed >= 64 * host_.config().t1) {  // RFC 3261 section 13.3.1.4
    spdlog::warn("sip leg={} call-id={} no ACK came", leg_.value(), call_id_);
    server_invite_.reset();
    state_ = State::over;
    if (!bye_sent_) send_bye(dialog_.get());
    bye_sent_ = true;
    end(EndCause::error, 408, false);
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
    if (!bye_sent_) {
      bye_sent_ = true;
      send_bye(dialog_.get());
    }
    state_ = State::over;
    return finish_if_idle();
  }
  state_ = State::confirmed;
  const auto sdp = sdp_of(ack);
  if (wants_answer && (!sdp || !*sdp)) {
    spdlog::warn("sip leg={} call-id={} the ACK has no answer to our offer", leg_.value(), call_id_);
    bye_sent_ = true;
    send_bye(dialog_.get());
    end(EndCause::error, 488, false);
    return;
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
  const bool initial = server_invite_->initial;
  reply_invite(487, {});
  if (initial) end(EndCause::cancelled, 487, true);
}

}  // namespace hotline::voice::signalling
