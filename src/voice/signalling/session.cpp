// SPDX-License-Identifier: Apache-2.0
// What both directions of a call share: sending requests, replying, the end. Signalling thread.
#include "voice/signalling/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstring>

namespace hotline::voice::signalling {
namespace {

/// Requests that create or refresh a target, RFC 3261 table 2 and the RFCs of the later methods.
bool has_contact(std::string_view method) {
  return method == "INVITE" || method == "UPDATE" || method == "NOTIFY" || method == "REFER";
}

Ref<mbuf> to_buffer(std::string_view text) {
  auto out = Ref<mbuf>::adopt(mbuf_alloc(text.size() + 1));
  if (!out) return out;
  mbuf_write_mem(out.get(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  out->pos = 0;
  return out;
}

struct NextHop {
  std::string text;
  uri parsed{};
};

bool read_hop(NextHop& hop) {
  const auto text = to_pl(hop.text);
  return uri_decode(&hop.parsed, &text) == 0;
}

}  // namespace

Session::Session(SessionHost& host, LegId leg, Trunk* trunk) : host_(host), leg_(leg), trunk_(trunk) {}

Session::~Session() {
  // A request still running goes on without us inside libre, which clears the pointer it was given.
  for (auto& pending : pending_) mem_deref(pending.request);
  if (!ended_ && trunk_) trunk_->release(channel_);
}

bool Session::owns(const sip_msg& message) const {
  if (dialog_ && dialog_->owns(message)) return true;
  // Forks have our tag and another one of the far end.
  return first_dialog_ && first_dialog_->owns_half(message);
}

Session::DialogPtr Session::dialog_of(const sip_msg& request) const {
  if (dialog_ && dialog_->owns(request)) return dialog_;
  for (const auto& early : early_) {
    if (early.dialog->owns(request)) return early.dialog;
  }
  return nullptr;
}

std::string Session::with_body(std::string headers, std::string_view type, std::string_view body) {
  if (body.empty()) return headers + "Content-Length: 0\r\n\r\n";
  return fmt::format("{}Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}", headers, type, body.size(), body);
}

bool Session::send_authorized(const Pending& refused, const sip_msg& challenge) {
  if (refused.authorize) return false;  // our credentials are not the right ones
  auto authorize = host_.answer_challenge(*this, challenge);
  if (!authorize) return false;
  const bool initial = invite_request_ == &refused.request;
  if (!send(refused.method, refused.dialog, refused.text, refused.on_response, std::move(authorize))) return false;
  if (initial) invite_request_ = &pending_.back().request;
  return true;
}

bool Session::send(const std::string& method, const DialogPtr& dialog, const std::string& headers_and_body,
                   ResponseHandler handler, Authorize authorize) {
  auto& pending = pending_.emplace_back();
  pending.session = this;
  pending.method = method;
  pending.text = headers_and_body;
  pending.dialog = dialog;
  pending.authorize = std::move(authorize);
  pending.on_response = std::move(handler);

  const auto before_sending = [](sip_transp transport, const sa*, const sa* destination, mbuf* request, void* arg) {
    const auto& self = *static_cast<Pending*>(arg);
    auto& session = *self.session;
    session.host_.advertise(request, *destination);
    const std::string start(reinterpret_cast<const char*>(request->buf), request->end);
    if (self.dialog == session.first_dialog_ && self.method == "INVITE") {
      session.note_sent_invite(transport, *destination, start);
    }
    std::string headers;
    if (self.authorize) {  // "INVITE sip:... SIP/2.0\r\n" is what libre has written first
      const auto begin = start.find(' ') + 1;
      headers = self.authorize(self.method, std::string_view(start).substr(begin, start.find(' ', begin) - begin));
    }
    if (has_contact(self.method)) headers += session.own_contact(transport, *destination);
    return headers.empty() ? 0 : mbuf_write_str(request, headers.c_str());
  };
  const auto on_response = [](int error, const sip_msg* response, void* arg) {
    auto* self = static_cast<Pending*>(arg);
    const auto keep = self->session->shared_from_this();
    const auto handle = self->on_response;
    if (response) keep->host_.tune_socket(*response);
    const bool challenged = error == 0 && response && (response->scode == 401 || response->scode == 407);
    const bool wanted = !keep->ended_ || self->method == "BYE";
    if (challenged && wanted && keep->send_authorized(*self, *response)) {
      keep->pending_.remove_if([self](const Pending& p) { return &p == self; });
      return;
    }
    if (error != 0 || !response || response->scode >= 200) {
      keep->pending_.remove_if([self](const Pending& p) { return &p == self; });
    }
    if (handle) handle(error, response);
    keep->finish_if_idle();
  };
  const auto cseq = dialog->next_cseq();
  if (dialog == first_dialog_ && method == "INVITE") invite_cseq_ = cseq;
  NextHop hop{dialog->next_hop()};
  const auto text =
      to_buffer(dialog->head(method, cseq) + "User-Agent: " + host_.config().user_agent + "\r\n" + headers_and_body);
  const auto& target = dialog->request_uri();
  int error = read_hop(hop) && text ? 0 : EINVAL;
  if (error == 0) {
    error = sip_request(&pending.request, host_.sip(), true, method.data(), static_cast<int>(method.size()),
                        target.data(), static_cast<int>(target.size()), &hop.parsed, text.get(), leg_.value(),
                        before_sending, on_response, &pending);
  }
  if (error != 0) {
    spdlog::warn("sip leg={} call-id={} {} cannot be sent: {}", leg_.value(), call_id_, method, strerror(error));
    pending_.remove_if([&](const Pending& p) { return &p == &pending; });
    return false;
  }
  return true;
}

void Session::send_ack(const DialogPtr& dialog, std::uint32_t cseq, const std::string& sdp) {
  const auto before_sending = [](sip_transp, const sa*, const sa* to, mbuf* request, void* arg) {
    static_cast<SessionHost*>(arg)->advertise(request, *to);
    return 0;
  };
  NextHop hop{dialog->next_hop()};
  const auto text = to_buffer(dialog->head("ACK", cseq) + with_body({}, "application/sdp", sdp));
  const auto& target = dialog->request_uri();
  const int error = !read_hop(hop) || !text ? EINVAL
                                            : sip_request(nullptr, host_.sip(), false, "ACK", 3, target.data(),
                                                          static_cast<int>(target.size()), &hop.parsed, text.get(),
                                                          leg_.value(), before_sending, nullptr, &host_);
  if (error != 0) spdlog::warn("sip leg={} call-id={} ACK cannot be sent: {}", leg_.value(), call_id_, strerror(error));
}

void Session::send_bye(const DialogPtr& dialog, const Reason& reason) {
  // Whatever the answer is, or if there is none: the dialog is over (RFC 3261 section 15.1.1).
  send("BYE", dialog, with_body(write_reason(reason), "", ""), {});
}

Reason Session::reason_of_end(EndCause cause, unsigned status) {
  switch (cause) {
    case EndCause::normal:
      return {.q850 = 16};
    case EndCause::capacity:
    case EndCause::shutdown:
      return {.q850 = 41};
    case EndCause::cancelled:
    case EndCause::no_answer:
    case EndCause::elsewhere:
      return {};
    default:
      return {.q850 = q850_of(status == 0 ? status_of(cause) : status)};
  }
}

void Session::end_with_bye(EndCause cause, unsigned status, const Reason& reason) {
  state_ = State::over;
  server_invite_.reset();
  if (!std::exchange(bye_sent_, true)) send_bye(dialog_, reason);
  end(cause, status, false);
}

void Session::reply(const sip_msg& request, unsigned status, const std::string& headers_and_body) {
  const auto text = headers_and_body.empty() ? with_body({}, "", "") : headers_and_body;
  sip_treplyf(nullptr, nullptr, host_.sip(), &request, true, static_cast<std::uint16_t>(status), reason_of(status),
              "%b", text.data(), text.size());
}

void Session::refuse(const sip_msg& request, const Refusal& refusal) {
  reply(request, refusal.status, with_body(refusal.headers, "", ""));
}

void Session::note_abilities(const sip_msg& message) {
  if (!sip_msg_hdr(&message, SIP_HDR_ALLOW)) return;
  far_updates_ = lists(message, SIP_HDR_ALLOW, "UPDATE");
  far_takes_info_ = lists(message, SIP_HDR_ALLOW, "INFO");
}

void Session::report_reason(const Reason& reason) {
  if (!ended_ && (reason.q850 != 0 || reason.sip != 0)) host_.observer().on_reason(leg_, describe(reason));
}

void Session::hangup(EndCause cause) {
  switch (state_) {
    case State::offered: {
      const auto status = status_of(cause);
      reply_invite(status, write_reason(reason_of_end(cause, status)));
      end(cause, status, false);
      break;
    }
    case State::calling:
      // Whoever rings on is told whether another one has taken the call (RFC 3326): a missed call or not.
      cancel_call(cause == EndCause::elsewhere ? Reason{.sip = 200, .text = "Call completed elsewhere"} : Reason{});
      end(cause, 0, false);
      break;
    case State::accepted:  // no BYE before the ACK (RFC 3261 section 15): on_ack() or the time limit sends it
      end(cause, 0, false);
      break;
    case State::confirmed:
      end_with_bye(cause, 0, reason_of_end(cause, 0));
      break;
    case State::idle:
    case State::over:
      break;
  }
  finish_if_idle();
}

void Session::stop_timers() {
  for (auto* timer : {&ring_timer_, &silence_timer_, &glare_timer_, &transfer_timer_, &refer_timer_, &refresh_timer_,
                      &expiry_timer_}) {
    timer->stop();
  }
}

void Session::end(EndCause cause, unsigned status, bool by_remote) {
  if (ended_) return;
  ended_ = true;
  stop_timers();
  reliable_.reset();
  offers_.clear();
  if (trunk_) trunk_->release(channel_);
  spdlog::info("sip leg={} call-id={} ended cause={} status={} by={}", leg_.value(), call_id_, static_cast<int>(cause),
               status, by_remote ? "remote" : "local");
  host_.ended(*this);
  if (attempt_failed_ && host_.try_elsewhere(*this, status)) return;
  // Never from inside a command for the same leg.
  host_.defer([&observer = host_.observer(), leg = leg_, cause, status, by_remote] {
    observer.on_ended(leg, cause, status, by_remote);
  });
}

void Session::finish_if_idle() {
  if (!ended_ || !pending_.empty() || server_invite_ || linger_timer_.running()) return;
  host_.finished(*this);
}

void Session::on_request(const sip_msg& request) {
  const auto method = view(request.met);
  const auto keep = shared_from_this();
  if (method == "ACK") return on_ack(request);
  const auto dialog = dialog_of(request);
  if (!dialog) return reply(request, 481);
  if (!dialog->take_sequence(request)) return reply(request, 500);  // RFC 3261 section 12.2.2
  note_abilities(request);
  if (method == "BYE") return on_bye(request);
  if (method == "OPTIONS") return on_options(request);
  if (state_ == State::over || ended_) return reply(request, 481);
  if (method == "INVITE") return on_reinvite(request);
  if (method == "UPDATE") return on_update(request, dialog);
  if (method == "PRACK") return on_prack(request);
  if (method == "INFO") return on_info(request);
  if (method == "REFER") return on_refer(request);
  if (method == "NOTIFY") return on_notify(request);
  if (method == "SUBSCRIBE") return on_subscribe(request);
  reply(request, 405, with_body(kAllow, "", ""));
}

}  // namespace hotline::voice::signalling
