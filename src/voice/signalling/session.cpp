// SPDX-License-Identifier: Apache-2.0
// What both directions of a call share: sending requests, replying, the end. Signalling thread.
#include "voice/signalling/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstring>

namespace hotline::voice::signalling {

Session::Session(SessionHost& host, LegId leg, Trunk* trunk) : host_(host), leg_(leg), trunk_(trunk) {}

Session::~Session() {
  // A request still running goes on without us inside libre, which clears the pointer it was given.
  for (auto& pending : pending_) mem_deref(pending.request);
  if (!ended_ && trunk_) trunk_->release(outgoing_ ? Direction::out : Direction::in);
}

bool Session::owns(const sip_msg& message) const {
  if (dialog_ && sip_dialog_cmp(dialog_.get(), &message)) return true;
  // Forks have our tag and another one of the far end.
  return first_dialog_ && sip_dialog_cmp_half(first_dialog_.get(), &message);
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
  const auto cseq = sip_dialog_lseq(refused.dialog.get());
  if (!send(refused.method, refused.dialog.get(), refused.text, refused.on_response, std::move(authorize)))
    return false;
  if (initial) {
    invite_request_ = &pending_.back().request;
    invite_cseq_ = cseq;
  }
  return true;
}

bool Session::send(const std::string& method, sip_dialog* dialog, const std::string& headers_and_body,
                   ResponseHandler handler, Authorize authorize) {
  auto& pending = pending_.emplace_back();
  pending.session = this;
  pending.with_contact = method == "INVITE" || method == "UPDATE" || method == "NOTIFY";
  pending.method = method;
  pending.text = headers_and_body;
  pending.dialog = Ref<sip_dialog>::share(dialog);
  pending.authorize = std::move(authorize);
  pending.on_response = std::move(handler);

  const auto before_sending = [](sip_transp transport, const sa*, const sa* to, mbuf* request, void* arg) {
    const auto& self = *static_cast<Pending*>(arg);
    self.session->host_.advertise(request, *to);
    if (self.authorize) {  // "INVITE sip:… SIP/2.0\r\n" is what libre has written first
      const std::string_view line{reinterpret_cast<const char*>(request->buf), request->end};
      const auto begin = line.find(' ') + 1;
      mbuf_write_str(request, self.authorize(self.method, line.substr(begin, line.find(' ', begin) - begin)).c_str());
    }
    return self.with_contact ? mbuf_write_str(request, self.session->host_.contact(transport, *to).c_str()) : 0;
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
  const int error =
      sip_drequestf(&pending.request, host_.sip(), true, method.c_str(), dialog, 0, nullptr, before_sending,
                    on_response, &pending, "%b", headers_and_body.data(), headers_and_body.size());
  if (error != 0) {
    spdlog::warn("sip leg={} call-id={} {} cannot be sent: {}", leg_.value(), call_id_, method, strerror(error));
    pending_.pop_back();
    return false;
  }
  return true;
}

void Session::send_ack(sip_dialog* dialog, std::uint32_t cseq, const std::string& sdp) {
  const auto before_sending = [](sip_transp, const sa*, const sa* to, mbuf* request, void* arg) {
    static_cast<SessionHost*>(arg)->advertise(request, *to);
    return 0;
  };
  const auto text = with_body({}, "application/sdp", sdp);
  const int error = sip_drequestf(nullptr, host_.sip(), false, "ACK", dialog, cseq, nullptr, before_sending, nullptr,
                                  &host_, "%b", text.data(), text.size());
  if (error != 0) spdlog::warn("sip leg={} call-id={} ACK cannot be sent: {}", leg_.value(), call_id_, strerror(error));
}

void Session::send_bye(sip_dialog* dialog) {
  // Whatever the answer is, or if there is none: the dialog is over (RFC 3261 section 15.1.1).
  send("BYE", dialog, with_body({}, "", ""), {});
}

void Session::reply(const sip_msg& request, unsigned status, const std::string& headers_and_body) {
  const auto text = headers_and_body.empty() ? with_body({}, "", "") : headers_and_body;
  sip_treplyf(nullptr, nullptr, host_.sip(), &request, true, static_cast<std::uint16_t>(status), reason_of(status),
              "%b", text.data(), text.size());
}

void Session::refuse(const sip_msg& request, const Refusal& refusal) {
  reply(request, refusal.status, with_body(refusal.headers, "", ""));
}

void Session::update_target(const sip_msg& message) {
  if (has_usable_target(message)) sip_dialog_update(dialog_.get(), &message);
}

void Session::hangup(EndCause cause) {
  switch (state_) {
    case State::offered: {
      const auto status = status_of(cause);
      reply_invite(status, {});
      end(cause, status, false);
      break;
    }
    case State::calling:
      cancel_call();
      end(cause, 0, false);
      break;
    case State::accepted:  // no BYE before the ACK (RFC 3261 section 15): on_ack() or the time limit sends it
      end(cause, 0, false);
      break;
    case State::confirmed:
      server_invite_.reset();  // an answered re-INVITE without ACK
      bye_sent_ = true;
      send_bye(dialog_.get());
      end(cause, 0, false);
      break;
    case State::idle:
    case State::over:
      break;
  }
  finish_if_idle();
}

void Session::end(EndCause cause, unsigned status, bool by_remote) {
  if (ended_) return;
  ended_ = true;
  ring_timer_.stop();
  silence_timer_.stop();
  glare_timer_.stop();
  transfer_timer_.stop();
  offers_.clear();
  if (trunk_) trunk_->release(outgoing_ ? Direction::out : Direction::in);
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
  if (method == "ACK") return on_ack(request);
  if (!dialog_ || !sip_dialog_cmp(dialog_.get(), &request)) return reply(request, 481);
  if (!sip_dialog_rseq_valid(dialog_.get(), &request)) return reply(request, 500);  // RFC 3261 section 12.2.2
  if (method == "BYE") return on_bye(request);
  if (method == "OPTIONS") return on_options(request);
  if (state_ == State::over || ended_) return reply(request, 481);
  if (method == "INVITE") return on_reinvite(request);
  if (method == "UPDATE") return on_update(request);
  if (method == "INFO") return on_info(request);
  if (method == "REFER") return on_refer(request);
  reply(request, 405, with_body(kAllow, "", ""));
}

}  // namespace hotline::voice::signalling
