// SPDX-License-Identifier: Apache-2.0
// Transfers: REFER with its NOTIFYs (RFC 3515, RFC 4488), asked for by the far end and by us, and how a dialog gives
// its leg to another one (Replaces, RFC 3891). Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/body.hpp"
#include "voice/signalling/session.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr Duration kTransferLimit{60'000};  // the subscription's life told in NOTIFY
constexpr const char* kActive = "active;expires=60";

bool is_refer_event(const sip_msg& message) {
  const auto event = header_of(message, SIP_HDR_EVENT);
  return equal_name(std::string_view(event).substr(0, event.find_first_of("; \t")), "refer");
}

Refusal bad_event() {
  return {489, reason_of(489), "Allow-Events: refer\r\n"};
}

}  // namespace

// ---- asked for by the far end

void Session::on_refer(const sip_msg& refer) {
  const auto target = read_refer_to(refer);
  if (state_ != State::confirmed || !target) return refuse(refer, {400, "One Refer-To Is Needed"});
  if (target->method != "INVITE") return refuse(refer, {403, "Refer-To Only For INVITE"});
  if (target->broken_replaces) return refuse(refer, {400, "Bad Replaces In Refer-To"});
  if (target->user.empty() && !target->replaces) return refuse(refer, {404, "Refer-To Without User"});
  if (transfer_open_) return reply(refer, 491);
  const bool quiet = header_of(refer, SIP_HDR_REFER_SUB) == "false";  // RFC 4488: no NOTIFY wanted
  reply(refer, 202, with_body(own_contact(refer.tp, refer.src) + (quiet ? "Refer-Sub: false\r\n" : ""), "", ""));
  if (!quiet) {
    transfer_open_ = true;
    transfer_named_ = transfer_id_ != 0;
    transfer_id_ = refer.cseq.num;
    notify_transfer(100, kActive);
    transfer_timer_.start(kTransferLimit, [this] {
      const auto keep = shared_from_this();
      transfer_result(503);
    });
  }
  TransferRequest request{.leg = leg_, .target_user = target->user, .referred_by = referrer_of(refer)};
  if (target->replaces) {
    const auto other = host_.find_dialog(target->replaces->dialog);
    if (!other || other.get() == this || other->has_ended()) {
      spdlog::info("sip leg={} call-id={} transfer to a dialog that is not here", leg_.value(), call_id_);
      return transfer_result(481);
    }
    request.replaces_leg = other->leg();
  }
  spdlog::info("sip leg={} call-id={} transfer asked for, replaces leg={}", leg_.value(), call_id_,
               request.replaces_leg.value());
  host_.observer().on_transfer_requested(request);
}

void Session::transfer_result(unsigned status) {
  if (!transfer_open_ || ended_) return;
  const bool final = status >= 200;
  transfer_status_ = status;
  if (final) {
    transfer_open_ = false;
    transfer_timer_.stop();
  }
  notify_transfer(status, final ? "terminated;reason=noresource" : kActive);
}

void Session::notify_transfer(unsigned status, const std::string& subscription_state) {
  const auto headers =
      fmt::format("Event: refer{}\r\nSubscription-State: {}\r\n",
                  transfer_named_ ? fmt::format(";id={}", transfer_id_) : std::string{}, subscription_state);
  const auto fragment = fmt::format("SIP/2.0 {} {}\r\n", status, reason_of(status));
  send("NOTIFY", dialog_, with_body(headers, "message/sipfrag;version=2.0", fragment), {});
}

void Session::on_subscribe(const sip_msg& subscribe) {
  if (!is_refer_event(subscribe)) return refuse(subscribe, bad_event());
  if (!transfer_open_) return reply(subscribe, 481);
  const bool ends = pl_isset(&subscribe.expires) && pl_u32(&subscribe.expires) == 0;
  reply(subscribe, 200,
        with_body(own_contact(subscribe.tp, subscribe.src) + (ends ? "Expires: 0\r\n" : "Expires: 60\r\n"), "", ""));
  if (ends) {
    transfer_open_ = false;
    transfer_timer_.stop();
  }
  notify_transfer(transfer_status_, ends ? "terminated;reason=timeout" : kActive);
}

// ---- asked for by us

void Session::refer(const std::string& target, LegId replaces_leg) {
  if (ended_ || state_ != State::confirmed) return;
  if (refer_running_)
    return host_.defer([&observer = host_.observer(), leg = leg_] { observer.on_refer_progress(leg, 491); });
  std::string to;
  if (replaces_leg.value() != 0) {
    const auto other = host_.find_leg(replaces_leg);
    if (!other || other.get() == this || !other->dialog_) return end_our_refer(481);
    to = fmt::format("<{}?Replaces={}>", other->dialog_->target(), write_replaces(other->dialog_->id()));
  } else {
    const bool is_uri = target.starts_with("sip:") || target.starts_with("tel:");
    if (target.find_first_of("<>\"\r\n ") != std::string::npos) return end_our_refer(400);
    to = fmt::format("<{}>", is_uri ? target : host_.uri_of_number(trunk_, target));
  }
  const auto headers = fmt::format("{}Refer-To: {}\r\nReferred-By: {}\r\n", kSupported, to, host_.own_address());
  refer_running_ = send("REFER", dialog_, with_body(headers, "", ""), [this](int error, const sip_msg* response) {
    if (error == 0 && response && response->scode < 200) return;
    const unsigned status = error == 0 && response ? response->scode : 408;
    const bool quiet = response && header_of(*response, SIP_HDR_REFER_SUB) == "false";
    if (status >= 300 || quiet) return end_our_refer(status);
  });
  if (!refer_running_) return end_our_refer(503);
  refer_timer_.start(kTransferLimit, [this] {
    const auto keep = shared_from_this();
    end_our_refer(408);
  });
}

void Session::end_our_refer(unsigned status) {
  refer_running_ = false;
  refer_timer_.stop();
  if (ended_) return;
  spdlog::info("sip leg={} call-id={} our transfer ended status={}", leg_.value(), call_id_, status);
  host_.defer([&observer = host_.observer(), leg = leg_, status] { observer.on_refer_progress(leg, status); });
}

void Session::on_notify(const sip_msg& notify) {
  if (!is_refer_event(notify)) return refuse(notify, bad_event());
  if (!refer_running_) return reply(notify, 481);
  const auto state = header_of(notify, SIP_HDR_SUBSCRIPTION_STATE);
  const auto status = status_of_fragment(body_of(notify));
  if (state.empty() || (status == 0 && !body_of(notify).empty())) return refuse(notify, {400, "Bad NOTIFY"});
  reply(notify, 200);
  if (state.starts_with("terminated") || status >= 200) return end_our_refer(status < 200 ? 408 : status);
  if (status != 0) host_.observer().on_refer_progress(leg_, status);
}

// ---- Replaces

bool Session::has_dialog(const Dialog::Id& dialog) const {
  if (dialog_ && dialog_->id() == dialog) return true;
  for (const auto& early : early_) {
    if (early.dialog->id() == dialog) return true;
  }
  return false;
}

unsigned Session::refuse_replacement(const Replaces& replaces) const {
  // RFC 3891 section 3, in its order.
  if (ended_ || state_ == State::over) return 603;
  if (state_ == State::offered) return 481;  // an early dialog we did not begin
  if (replaces.early_only && state_ != State::calling) return 486;
  return 0;
}

void Session::refuse_unseen(unsigned status) {
  reply_invite(status, {});
  ended_ = true;
}

void Session::yield_leg(const Trunk* trunk) {
  if (ended_) return;
  ended_ = true;
  stop_timers();
  offers_.clear();
  if (trunk_ && trunk_ != trunk) trunk_->release(channel_);
  spdlog::info("sip leg={} call-id={} another dialog takes over the leg", leg_.value(), call_id_);
  host_.ended(*this);
  if (state_ == State::calling) {
    cancel_call({.sip = 200, .text = "Call completed elsewhere"});
  } else if (state_ == State::confirmed) {
    state_ = State::over;
    server_invite_.reset();
    if (!std::exchange(bye_sent_, true)) send_bye(dialog_, {.sip = 200, .text = "Replaced"});
  }
  // An answer without ACK: on_ack() or its time limit sends the BYE.
  finish_if_idle();
}

}  // namespace hotline::voice::signalling
