// SPDX-License-Identifier: Apache-2.0
// Session timers (RFC 4028): whoever refreshes does so at half time, by UPDATE when the far end knows it, else by
// re-INVITE; a session nobody refreshes is ended. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {

SessionTimerPolicy Session::timer_policy() const {
  return {host_.config().session_expires_s, host_.config().session_expires_min_s};
}

std::string Session::timer_request_headers() const {
  if (session_timer_.interval == 0) return {};
  return write_session_timer(session_timer_.interval, std::max(host_.config().session_expires_min_s, invite_min_),
                             session_timer_.we_refresh ? Refresher::uac : Refresher::uas);
}

void Session::start_session_timer(const SessionTimer& timer) {
  session_timer_ = timer;
  refresh_timer_.stop();
  expiry_timer_.stop();
  if (timer.interval == 0 || ended_) return;
  if (timer.we_refresh) refresh_timer_.start(timer.refresh_after(), [this] { refresh(); });
  expiry_timer_.start(timer.end_after(), [this] { expire(); });
}

void Session::refresh() {
  const auto keep = shared_from_this();
  if (ended_ || state_ != State::confirmed || refresh_running_) return;
  if (reinvite_running_ || update_running_ || server_invite_) return;  // that one refreshes
  if (far_updates_) {
    refresh_running_ =
        send("UPDATE", dialog_, with_body(std::string(kAllow) + kSupported + timer_request_headers(), "", ""),
             [this](int error, const sip_msg* response) { on_refresh_response(error, response); });
    return;
  }
  // An empty offer asks for what holds now, once more (section 7.4).
  if (const auto offer = host_.observer().on_remote_offer(leg_, {}); offer && !ended_) reinvite(*offer);
}

void Session::on_refresh_response(int error, const sip_msg* response) {
  if (error == 0 && response && response->scode < 200) return;
  refresh_running_ = false;
  if (ended_) return;
  const unsigned status = error == 0 && response ? response->scode : 408;
  if (status < 300) {
    dialog_->update_target(*response);
    start_session_timer(agreed_session_timer(read_session_timer(*response)));
  } else if (status == 422) {
    invite_min_ = std::max(invite_min_, read_session_timer(*response).min);
    if (invite_min_ > session_timer_.interval) {
      session_timer_.interval = invite_min_;
      refresh();
    }
  } else if (status == 408 || status == 481) {
    expire();
  }
  // Anything else leaves the session to its end, or to the far end's own refresh.
  if (!ended_) send_next_offer();
}

void Session::expire() {
  const auto keep = shared_from_this();
  if (ended_) return;
  spdlog::warn("sip leg={} call-id={} the session was not refreshed within {} s", leg_.value(), call_id_,
               session_timer_.interval);
  end_with_bye(EndCause::error, 408, {.q850 = 102, .sip = 408, .text = "Session timer expired"});
  finish_if_idle();
}

}  // namespace hotline::voice::signalling
