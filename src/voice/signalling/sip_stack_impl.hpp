// SPDX-License-Identifier: Apache-2.0
// The inside of SipStack, shared by sip_stack.cpp (transports, commands) and dispatch.cpp (what comes in).
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "voice/signalling/body.hpp"
#include "voice/signalling/connections.hpp"
#include "voice/signalling/decode.hpp"
#include "voice/signalling/defence.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/libre_loop.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/probes.hpp"
#include "voice/signalling/registrar.hpp"
#include "voice/signalling/session.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/signalling/timer.hpp"
#include "voice/signalling/tls.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

/// The flow (RFC 5626) a message came by.
[[nodiscard]] Flow flow_of(const sip_msg& message);

/// A host as it stands in a URI: IPv6 in brackets.
inline std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

struct SipStack::Impl final : SessionHost {
  /// One address we are bound to, with the real ports of its transports.
  struct Local {
    std::string host, advertised;
    sa udp{}, tcp{}, tls{};
  };
  /// One way a call may be sent.
  struct Attempt {
    std::string uri;
    std::string route{};
    std::size_t gateway = SIZE_MAX;  ///< of the trunk, or none
    Duration silence_max{0};
  };
  /// A call that has not rung yet, and the ways that are left.
  struct Attempts {
    OutgoingCall call;
    Trunk* trunk = nullptr;
    bool phone = false;  ///< to registered phones
    std::deque<Attempt> left{};
    std::size_t gateway = SIZE_MAX;  ///< of the attempt under way
  };

  Impl(Config config, SessionObserver& observer, IdMaker& ids, TrunkTable trunks);

  ~Impl() override {
    timer_.stop();
    attempts_.clear();
    pings_.clear();
    probes_.clear();
    registrations_.clear();
    by_call_id_.clear();
    by_leg_.clear();
    sip_close(sip_.get(), true);
    sip_.reset();
  }

  Result<void, Problem> open();
  Result<void, Problem> open_local(const std::string& address, int advertised_family);

  // SessionHost
  ::sip* sip() override { return sip_.get(); }
  const Config& config() const override { return config_; }
  SessionObserver& observer() override { return observer_; }
  std::string contact(sip_transp transport, const sa& peer) const override;
  void advertise(mbuf* request, const sa& peer) const override;
  void tune_socket(const sip_msg& message) override;
  void defer(std::function<void()> task) override { loop_.post(std::move(task)); }
  std::string uri_of_number(const Trunk* trunk, const std::string& number) const override {
    if (trunk && trunk->gateways().size() > 0) return gateway_uri(trunk->gateways().at(0), trunk->called_out(number));
    return fmt::format("sip:{}@{}", escape_user(number), bracketed(config_.advertised_address));
  }
  std::string own_address() const override {
    return fmt::format("<sip:hotline@{}>", bracketed(config_.advertised_address));
  }
  std::shared_ptr<Session> find_dialog(const Dialog::Id& dialog) override {
    const auto range = by_call_id_.equal_range(clean_text(dialog.call_id));
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second->has_dialog(dialog)) return it->second;
    }
    return nullptr;
  }
  std::shared_ptr<Session> find_leg(LegId leg) override { return find(leg); }
  void ended(Session& session) override {
    trace_.ended(session.leg(), session.call_id(), now());
    by_leg_.erase(session.leg());
    if (!session.attempt_failed()) attempts_.erase(session.leg());
  }
  bool try_elsewhere(Session& session, unsigned status) override;
  Authorize answer_challenge(const Session& session, const sip_msg& challenge) override;
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
  void on_replacing_call(const sip_msg& invite, const Replaces& replaces, Trunk* trunk,
                         const std::optional<std::string>& offer);
  [[nodiscard]] bool is_our_own(const sip_msg& invite) const;
  void on_options(const sip_msg& options);
  void on_malformed(const sip_msg& request, const Malformed& malformed);
  [[nodiscard]] bool is_known(const sip_msg& request);  ///< a trunk's or an agent's

  // strangers.cpp
  /// False: a stranger who gets no answer this time.
  [[nodiscard]] bool hears(const sip_msg& request);
  void wrong_credentials(const sip_msg& request, std::string_view what);

  void refuse(const sip_msg& request, const Refusal& refusal);
  void refuse_call(const sip_msg& invite, const Refusal& refusal);
  [[nodiscard]] Refusal full() const {
    return {503, reason_of(503), fmt::format("Retry-After: {}\r\n", config_.retry_after_s)};
  }

  // phones.cpp: the registrar, and who must prove themselves before they call
  void on_register(const sip_msg& request);
  /// The INVITE is of a phone with an account here: registered from this source, or of nobody else we know.
  [[nodiscard]] bool is_phone(const sip_msg& invite, const Trunk* trunk) const;
  /// True when the caller may go on; else the challenge or the refusal has been sent.
  [[nodiscard]] bool may_call(const sip_msg& invite, bool phone, const Trunk* trunk);
  void challenge(const sip_msg& request, const std::string& realm, bool stale, bool md5_known);
  void tell_phone(const std::string& user);
  void ping_phones(Duration now);

  void tick();
  void tell_traces();
  [[nodiscard]] Duration now() const;  ///< monotone
  [[nodiscard]] const Local& local_for(const sa& peer) const;

  // Commands (calls_out.cpp).
  void invite(const OutgoingCall& call);
  [[nodiscard]] int family_of(const std::string& target, const std::string& trunk);
  [[nodiscard]] Result<std::deque<Attempt>, Problem> ways_of(const OutgoingCall& call, Trunk* trunk) const;
  /// Sends the next way's INVITE that can be sent; false when none is left.
  [[nodiscard]] bool start_next(Attempts& attempts);
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
    trace_.pin(session->call_id());
  }

  Config config_;
  SessionObserver& observer_;
  IdMaker& ids_;
  TrunkTable trunks_;
  LibreLoop loop_;
  SipTrace trace_;
  Ref<::sip> sip_;
  Ref<sip_lsnr> requests_, responses_;
  std::unique_ptr<SipTls> tls_;
  std::vector<Local> locals_;
  Registrar registrar_;
  Nonces nonces_;
  Defence defence_;
  Challenged challenged_;
  Connections connections_;
  Timer timer_;
  std::vector<std::unique_ptr<GatewayProbes>> probes_;
  std::vector<std::unique_ptr<CarrierRegistration>> registrations_;
  std::map<std::string, std::unique_ptr<LoneRequest>> pings_;  ///< by user and URI
  std::map<std::string, PhoneState> told_;                     ///< what the observer knows of phones
  std::unordered_map<LegId, Attempts> attempts_;
  unsigned buffers_enlarged_ = 0;
  bool draining_ = false;
  bool shedding_ = false;
  std::atomic<std::uint64_t> rejected_{0};
  std::unordered_map<LegId, std::shared_ptr<Session>> by_leg_;                 ///< not ended
  std::unordered_multimap<std::string, std::shared_ptr<Session>> by_call_id_;  ///< also those with transactions left
};

}  // namespace hotline::voice::signalling
