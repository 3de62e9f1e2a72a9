// SPDX-License-Identifier: Apache-2.0
// The other requests inside a dialog: BYE, INFO, OPTIONS, REFER with its NOTIFYs. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/body.hpp"
#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr Duration kTransferLimit{60'000};  // the subscription's life told in NOTIFY

}  // namespace

void Session::on_bye(const sip_msg& bye) {
  reply(bye, 200);
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
  send("INFO", dialog_.get(), with_body({}, "application/dtmf-relay", write_dtmf_relay({digit, length})), {});
}

void Session::on_options(const sip_msg& options) {
  reply(options, 200,
        with_body(host_.contact(options.tp, options.src) + kAllow + "Accept: application/sdp\r\n", "", ""));
}

void Session::on_refer(const sip_msg& refer) {
  sip_addr target{};
  const auto* header = sip_msg_hdr(&refer, SIP_HDR_REFER_TO);
  if (state_ != State::confirmed || !header || sip_msg_hdr_count(&refer, SIP_HDR_REFER_TO) != 1 ||
      sip_addr_decode(&target, &header->val) != 0) {
    return refuse(refer, {400, "One Refer-To Is Needed"});
  }
  const auto user = user_of(target.uri);
  if (user.empty()) return refuse(refer, {404, "Refer-To Without User"});
  if (transfer_open_) return reply(refer, 491);
  const bool quiet = header_of(refer, SIP_HDR_REFER_SUB) == "false";  // RFC 4488: no NOTIFY wanted
  reply(refer, 202, with_body(host_.contact(refer.tp, refer.src) + (quiet ? "Refer-Sub: false\r\n" : ""), "", ""));
  if (!quiet) {
    transfer_open_ = true;
    notify_transfer(100, "active;expires=60");
    transfer_timer_.start(kTransferLimit, [this] {
      const auto keep = shared_from_this();
      transfer_result(503);
    });
  }
  spdlog::info("sip leg={} call-id={} transfer asked for", leg_.value(), call_id_);
  const auto keep = shared_from_this();
  host_.observer().on_transfer_requested(leg_, user);
}

void Session::transfer_result(unsigned status) {
  if (!transfer_open_ || ended_) return;
  const bool final = status >= 200;
  if (final) {
    transfer_open_ = false;
    transfer_timer_.stop();
  }
  notify_transfer(status, final ? "terminated;reason=noresource" : "active;expires=60");
}

void Session::notify_transfer(unsigned status, const char* subscription_state) {
  const auto headers = fmt::format("Event: refer\r\nSubscription-State: {}\r\n", subscription_state);
  const auto fragment = fmt::format("SIP/2.0 {} {}\r\n", status, reason_of(status));
  send("NOTIFY", dialog_.get(), with_body(headers, "message/sipfrag;version=2.0", fragment), {});
}

}  // namespace hotline::voice::signalling
