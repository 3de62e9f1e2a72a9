// SPDX-License-Identifier: Apache-2.0
// The other requests inside a dialog: BYE, INFO, OPTIONS. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/body.hpp"
#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {

void Session::on_bye(const sip_msg& bye) {
  reply(bye, 200);
  if (state_ == State::calling) return;  // nobody may end our call before it is answered (RFC 3261 section 15)
  report_reason(read_reason(bye));
  if (state_ == State::offered) {
    reply_invite(487, {});
    end(EndCause::cancelled, 487, true);
  } else {
    server_invite_.reset();
    bye_sent_ = true;  // the far end has ended the dialog: no BYE of ours
    end(EndCause::normal, 0, true);
  }
  state_ = State::over;
  finish_if_idle();
}

void Session::on_info(const sip_msg& info) {
  const auto body = body_of(info);
  if (body.empty()) return reply(info, 200);  // RFC 2976: a keep-alive of old gateways
  std::optional<InfoDigit> digit;
  if (msg_ctype_cmp(&info.ctyp, "application", "dtmf-relay")) {
    digit = read_dtmf_relay(body);
  } else if (msg_ctype_cmp(&info.ctyp, "application", "dtmf")) {
    digit = read_dtmf(body);
  } else {
    return refuse(info, {415, "Unsupported Media Type", "Accept: application/dtmf-relay, application/dtmf\r\n"});
  }
  if (!digit) return refuse(info, {400, "No Digit In Body"});
  reply(info, 200);
  host_.observer().on_info_digit(leg_, digit->digit, digit->length);
}

void Session::send_info_digit(char digit, Duration length) {
  if (ended_ || state_ != State::confirmed) return;
  send("INFO", dialog_, with_body({}, "application/dtmf-relay", write_dtmf_relay({digit, length})), {});
}

void Session::on_options(const sip_msg& options) {
  reply(options, 200,
        with_body(own_contact(options.tp, options.src) + kAllow + kSupported + "Accept: application/sdp\r\n", "", ""));
}

}  // namespace hotline::voice::signalling
