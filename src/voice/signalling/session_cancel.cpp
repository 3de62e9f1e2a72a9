// SPDX-License-Identifier: Apache-2.0
// Our CANCEL (RFC 3261 section 9.1), written here because libre's carries no Reason (RFC 3326): a phone whose call was
// taken elsewhere must not show it as missed. Signalling thread.
#include <fmt/format.h>

#include <algorithm>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr Duration kT1{500}, kT2{4'000};  // RFC 3261 section 17.1.2.2

}  // namespace

void Session::note_sent_invite(sip_transp transport, const sa& destination, std::string_view start) {
  const auto line_end = start.find("\r\n");
  const auto via = start.find("Via: ", line_end);
  if (line_end == std::string_view::npos || via == std::string_view::npos) return;
  const auto uri = start.find(' ') + 1;
  cancel_.uri = start.substr(uri, start.find(' ', uri) - uri);
  cancel_.via = start.substr(via, start.find("\r\n", via) - via);
  cancel_.destination = destination;
  cancel_.transport = transport;
}

void Session::cancel_call(const Reason& reason) {
  state_ = State::over;
  if (!invite_request_) return;
  cancel_.wanted = true;
  cancel_.reason = reason;
  if (heard_) send_cancel();  // else with the first provisional response
}

void Session::send_cancel() {
  if (std::exchange(cancel_.sent, true) || cancel_.via.empty() || !invite_request_) return;
  const auto text = fmt::format("CANCEL {} SIP/2.0\r\n{}\r\n{}User-Agent: {}\r\n{}Content-Length: 0\r\n\r\n",
                                cancel_.uri, cancel_.via, first_dialog_->head("CANCEL", invite_cseq_),
                                host_.config().user_agent, write_reason(cancel_.reason));
  cancel_.text = Ref<mbuf>::adopt(mbuf_alloc(text.size()));
  if (!cancel_.text) return;
  mbuf_write_mem(cancel_.text.get(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  cancel_.interval = kT1;
  cancel_.elapsed = Duration{0};
  cancel_.text->pos = 0;
  sip_send(host_.sip(), nullptr, cancel_.transport, &cancel_.destination, cancel_.text.get());
  cancel_.timer.start(cancel_.interval, [this] { resend_cancel(); });
}

void Session::resend_cancel() {
  const auto keep = shared_from_this();
  cancel_.elapsed += cancel_.interval;
  if (!invite_request_) return;
  if (cancel_.elapsed >= 64 * kT1) {  // the INVITE is given up without a final response
    const auto given_up = std::ranges::find_if(pending_, [&](const auto& p) { return &p.request == invite_request_; });
    invite_request_ = nullptr;
    if (given_up != pending_.end()) {
      mem_deref(given_up->request);  // libre clears the pointer and calls nobody any more
      pending_.erase(given_up);
    }
    return finish_if_idle();
  }
  const bool answered = !cancel_.text;  // on_stray_response() has seen the answer to the CANCEL
  if (!answered && cancel_.transport == SIP_TRANSP_UDP) {
    cancel_.text->pos = 0;
    sip_send(host_.sip(), nullptr, cancel_.transport, &cancel_.destination, cancel_.text.get());
  }
  cancel_.interval = std::min(2 * cancel_.interval, kT2);
  cancel_.timer.start(cancel_.interval, [this] { resend_cancel(); });
}

}  // namespace hotline::voice::signalling
