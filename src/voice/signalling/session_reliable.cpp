// SPDX-License-Identifier: Apache-2.0
// Provisional responses that are acknowledged: 100rel and PRACK (RFC 3262), as callee and as caller. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kWaitingMax = 8;  // provisional responses behind one that has no PRACK yet

struct Rack {
  std::uint32_t rseq = 0, cseq = 0;
  std::string_view method;
};

/// "776656 1 INVITE" (RFC 3262 section 7.2).
std::optional<Rack> read_rack(const sip_msg& prack) {
  const auto* header = sip_msg_hdr(&prack, SIP_HDR_RACK);
  if (!header) return std::nullopt;
  auto text = view(header->val);
  Rack out;
  for (auto* number : {&out.rseq, &out.cseq}) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto next = text.find_first_not_of(" \t\r\n");
    if (next == 0 || next == std::string_view::npos) return std::nullopt;
    text.remove_prefix(next);
  }
  out.method = text;
  return out;
}

std::uint32_t read_rseq(const sip_msg& response) {
  const auto* header = sip_msg_hdr(&response, SIP_HDR_RSEQ);
  std::uint32_t rseq = 0;
  if (!header) return 0;
  const auto text = view(header->val);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rseq);
  return error == std::errc{} && end == text.data() + text.size() ? rseq : 0;
}

}  // namespace

// ---- as callee

bool Session::needs_reliable(const std::string& sdp) const {
  if (!reliable_ || !reliable_->supported) return false;
  // Once one went reliably the order must be kept; and SDP must not get lost.
  return reliable_->required || !sdp.empty() || reliable_->unacked || !reliable_->waiting.empty();
}

void Session::send_reliable(unsigned status, const std::string& sdp) {
  auto& reliable = *reliable_;
  if (reliable.unacked) {
    if (reliable.waiting.size() < kWaitingMax) reliable.waiting.push_back({status, sdp});
    return;
  }
  auto body = sdp;
  // The first reliable response to an INVITE without offer carries ours (RFC 3261 section 13.2.1).
  if (body.empty() && exchange_ == Exchange::none) body = host_.observer().on_remote_offer(leg_, {}).value_or("");
  if (!body.empty()) exchange_ = exchange_ == Exchange::theirs ? Exchange::done : Exchange::ours;
  auto& invite = *server_invite_;
  invite.timer.stop();
  ++reliable.rseq;
  const auto text =
      with_body(fmt::format("{}{}{}Require: 100rel\r\nRSeq: {}\r\n",
                            own_contact(invite.message->tp, invite.message->src), kAllow, kSupported, reliable.rseq),
                "application/sdp", body);
  mbuf* sent = nullptr;
  if (sip_treplyf(&invite.transaction, &sent, host_.sip(), invite.message.get(), true,
                  static_cast<std::uint16_t>(status), reason_of(status), "%b", text.data(), text.size()) != 0) {
    return;
  }
  reliable.unacked = Ref<mbuf>::adopt(sent);
  reliable.sdp_unacked = !body.empty();
  pl value{};
  sip_reply_addr(&invite.destination, invite.message.get(),
                 msg_param_exists(&invite.message->via.params, "rport", &value) == 0);
  reliable.interval = host_.config().t1;
  reliable.elapsed = Duration{0};
  reliable.timer.start(reliable.interval, [this] { resend_reliable(); });
}

void Session::resend_reliable() {
  const auto keep = shared_from_this();
  auto& reliable = *reliable_;
  reliable.elapsed += reliable.interval;
  if (reliable.elapsed >= 64 * host_.config().t1) {  // RFC 3262 section 3: the INVITE is refused with a 5xx
    spdlog::warn("sip leg={} call-id={} no PRACK came", leg_.value(), call_id_);
    reply_invite(504, write_reason({.q850 = 102}));
    end(EndCause::error, 504, false);
    return finish_if_idle();
  }
  reliable.unacked->pos = 0;
  const auto& invite = *server_invite_;
  sip_send(host_.sip(), invite.message->sock, invite.message->tp, &invite.destination, reliable.unacked.get());
  reliable.interval *= 2;
  reliable.timer.start(reliable.interval, [this] { resend_reliable(); });
}

void Session::on_prack(const sip_msg& prack) {
  const auto rack = read_rack(prack);
  if (!rack) return refuse(prack, {400, "Bad RAck"});
  const bool matches = state_ == State::offered && server_invite_ && reliable_ && reliable_->unacked &&
                       rack->rseq == reliable_->rseq && rack->cseq == server_invite_->message->cseq.num &&
                       rack->method == "INVITE";
  if (!matches) return reply(prack, 481);
  answer_prack(prack);
}

void Session::answer_prack(const sip_msg& prack) {
  const auto sdp = sdp_of(prack);
  if (!sdp) return refuse(prack, sdp.error());
  std::string answer;
  bool was_offer = false;
  if (*sdp && exchange_ == Exchange::done) {  // a further offer (RFC 3262 section 5)
    const auto ours = host_.observer().on_remote_offer(leg_, **sdp);
    if (ended_) return reply(prack, 481);
    was_offer = ours.has_value();
    if (!was_offer) return reply(prack, 488);  // the response stays unacknowledged
    answer = *ours;
  }
  const bool had_offer = reliable_->sdp_unacked && exchange_ == Exchange::ours;
  reliable_->timer.stop();
  reliable_->unacked.reset();
  reliable_->sdp_unacked = false;
  reply(prack, 200, with_body({}, "application/sdp", answer));
  if (had_offer) {
    if (!*sdp) {
      spdlog::warn("sip leg={} call-id={} the PRACK has no answer to our offer", leg_.value(), call_id_);
      reply_invite(488, {});
      return end(EndCause::error, 488, false);
    }
    exchange_ = Exchange::done;
    host_.observer().on_remote_answer(leg_, **sdp);
  }
  if (!ended_ && state_ == State::offered && reliable_) go_on_after_prack();
}

void Session::go_on_after_prack() {
  if (const auto sdp = std::exchange(reliable_->accept_after, std::nullopt)) return accept(*sdp);
  if (!reliable_->waiting.empty()) {
    const auto next = reliable_->waiting.front();
    reliable_->waiting.pop_front();
    progress(next.status, next.sdp);
  }
  send_next_offer();
}

// ---- as caller

void Session::take_reliable(Early& early, const sip_msg& response) {
  const auto rseq = read_rseq(response);
  if (rseq == 0) return;
  // A repetition is covered by the PRACK under way; after a gap the missing one is repeated first (section 4).
  if (early.rseq != 0 && rseq != early.rseq + 1) return;
  early.rseq = rseq;
  const auto sdp = sdp_of(response);
  std::string answer;
  if (sdp && *sdp) {
    if (exchange_ == Exchange::none) {  // our INVITE had no offer: this is theirs
      const auto ours = host_.observer().on_remote_offer(leg_, **sdp);
      if (ended_) return;
      answer = ours.value_or("");
      exchange_ = ours ? Exchange::done : Exchange::none;
    } else {
      exchange_ = Exchange::done;
    }
    early.agreed = exchange_ == Exchange::done;
  }
  const auto rack = fmt::format("RAck: {} {} INVITE\r\n", rseq, response.cseq.num);
  send("PRACK", early.dialog, with_body(rack, "application/sdp", answer), [this](int error, const sip_msg* reply) {
    if (error != 0 || !reply || reply->scode < 200) return;
    if (reply->scode >= 300) {
      spdlog::warn("sip leg={} call-id={} PRACK refused status={}", leg_.value(), call_id_, reply->scode);
    }
    if (!ended_) send_next_offer();
  });
}

}  // namespace hotline::voice::signalling
