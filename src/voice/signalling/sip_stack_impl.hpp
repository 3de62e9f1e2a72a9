// SPDX-License-Identifier: Apache-2.0
// The inside of SipStack, shared by sip_stack.cpp (transports, commands) and dispatch.cpp (what comes in).
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "voice/signalling/body.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/libre_loop.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/session.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

/// A host as it stands in a URI: IPv6 in brackets.
inline std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

struct SipStack::Impl final : SessionHost {
  Impl(Config config, SessionObserver& observer, IdMaker& ids, TrunkTable trunks)
      : config_(std::move(config)), observer_(observer), ids_(ids), trunks_(std::move(trunks)) {}

  ~Impl() override {
    by_call_id_.clear();
    by_leg_.clear();
    sip_close(sip_.get(), true);
    sip_.reset();
  }

  Result<void, Problem> open();

  // SessionHost
  ::sip* sip() override { return sip_.get(); }
  const Config& config() const override { return config_; }
  SessionObserver& observer() override { return observer_; }
  std::string contact(sip_transp transport) const override {
    const auto port = transport == SIP_TRANSP_TCP ? sa_port(&tcp_) : sa_port(&udp_);
    return fmt::format("Contact: <sip:hotline@{}:{}{}>\r\n", bracketed(config_.advertised_address), port,
                       sip_transp_param(transport));
  }
  void advertise(mbuf* request) const override;
  void tune_socket(const sip_msg& message) override;
  void defer(std::function<void()> task) override { loop_.post(std::move(task)); }
  void ended(Session& session) override { by_leg_.erase(session.leg()); }
  void finished(Session& session) override {
    const auto range = by_call_id_.equal_range(session.call_id());
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second.get() == &session) {
        by_call_id_.erase(it);
        return;
      }
    }
  }

  // From the wire.
  void on_request(const sip_msg& request);
  void on_response(const sip_msg& response);
  void on_new_call(const sip_msg& invite);
  void on_options(const sip_msg& options);
  void refuse(const sip_msg& request, const Refusal& refusal);
  void refuse_call(const sip_msg& invite, const Refusal& refusal);
  [[nodiscard]] Refusal full() const {
    return {503, reason_of(503), fmt::format("Retry-After: {}\r\n", config_.retry_after_s)};
  }

  // Commands.
  void invite(const OutgoingCall& call);
  Result<std::string, Problem> target_of(const OutgoingCall& call, const Trunk* trunk) const;
  std::shared_ptr<Session> find(LegId leg) const {
    const auto it = by_leg_.find(leg);
    return it == by_leg_.end() ? nullptr : it->second;
  }
  std::shared_ptr<Session> find(const sip_msg& message) const {
    const auto range = by_call_id_.equal_range(clean_text(view(message.callid)));
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second->owns(message)) return it->second;
    }
    return nullptr;
  }
  void keep(const std::shared_ptr<Session>& session) {
    by_leg_.emplace(session->leg(), session);
    by_call_id_.emplace(session->call_id(), session);
  }

  Config config_;
  SessionObserver& observer_;
  IdMaker& ids_;
  TrunkTable trunks_;
  LibreLoop loop_;
  Ref<::sip> sip_;
  Ref<sip_lsnr> requests_, responses_;
  sa udp_{}, tcp_{};
  bool buffer_enlarged_ = false;
  bool draining_ = false;
  std::atomic<std::uint64_t> rejected_{0};
  std::unordered_map<LegId, std::shared_ptr<Session>> by_leg_;                 ///< not ended
  std::unordered_multimap<std::string, std::shared_ptr<Session>> by_call_id_;  ///< also those with transactions left
};

}  // namespace hotline::voice::signalling
