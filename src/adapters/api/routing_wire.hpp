// SPDX-License-Identifier: Apache-2.0
// Bodies of the routing configuration and of call-backs, named as in openapi.yaml.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/api/wire.hpp"
#include "app/routing.hpp"

namespace hotline::api {

struct QueueSettingsBody {
  std::string code;
  app::NamesView name;
  std::optional<std::string> service_line;
  Duration offer_timeout_ms{20'000}, wrap_up_ms{60'000};
  std::int64_t waiting_max = 1000;
  app::QueueRouting routing;
};
BOOST_DESCRIBE_STRUCT(QueueSettingsBody, (),
                      (code, name, service_line, offer_timeout_ms, wrap_up_ms, waiting_max, routing))
void validate(const QueueSettingsBody& value, jsonmap::Report& report);

struct ConfiguredQueueBody {
  QueueId id;
  QueueSettingsBody settings;
};
BOOST_DESCRIBE_STRUCT(ConfiguredQueueBody, (), (id, settings))

struct SkillBody {
  std::string code;
  app::NamesView name;
};
BOOST_DESCRIBE_STRUCT(SkillBody, (), (code, name))

struct RoutingBody {
  app::RoutingRules rules;
  std::vector<ConfiguredQueueBody> queues;
  std::vector<SkillBody> skills;
};
BOOST_DESCRIBE_STRUCT(RoutingBody, (), (rules, queues, skills))
[[nodiscard]] RoutingBody routing_body_of(const app::World& world);

struct AgentSkillsBody {
  std::vector<std::string> queues;
  std::map<std::string, std::int64_t> skills;
};
BOOST_DESCRIBE_STRUCT(AgentSkillsBody, (), (queues, skills))
void validate(const AgentSkillsBody& value, jsonmap::Report& report);

struct SetLineOperationBody {
  app::LineOperation operation;
  bool despite_conditions = false;
};
BOOST_DESCRIBE_STRUCT(SetLineOperationBody, (), (operation, despite_conditions))

struct MeasuredBody {
  std::int64_t offered = 0, answered = 0, answered_in_threshold = 0, abandoned = 0;
  double service_level = 0, abandoned_share = 0;
};
BOOST_DESCRIBE_STRUCT(MeasuredBody, (),
                      (offered, answered, answered_in_threshold, abandoned, service_level, abandoned_share))
struct LineOperationBody {
  app::LineOperation operation;
  MeasuredBody measured;
  std::vector<std::string> obstacles;
};
BOOST_DESCRIBE_STRUCT(LineOperationBody, (), (operation, measured, obstacles))

/// What a customer is told who asked to be called back: the same whether they had asked before or not.
struct AskedCallBackBody {
  std::string number;
  std::optional<std::uint32_t> position;
  std::optional<Duration> wait_ms;  ///< to be expected; none: nobody is there at the moment
  TimePoint expires_ms{};
};
BOOST_DESCRIBE_STRUCT(AskedCallBackBody, (), (number, position, wait_ms, expires_ms))

/// A call-back that is over.
struct DoneCallBackBody {
  CallId id;
  std::string number, queue, how, outcome;  ///< outcome: reached, or why it came to nothing
  TimePoint asked_ms{}, ended_ms{};
  std::optional<std::string> agent_name;
  std::vector<app::CallBackTryView> tries;
};
BOOST_DESCRIBE_STRUCT(DoneCallBackBody, (), (id, number, queue, how, outcome, asked_ms, ended_ms, agent_name, tries))
/// From a contact that was a call-back, and its history.
[[nodiscard]] DoneCallBackBody done_call_back(const app::Contact& contact,
                                              const std::vector<app::ContactEvent>& history);

struct CallBackBody {
  std::string number, queue;
};
BOOST_DESCRIBE_STRUCT(CallBackBody, (), (number, queue))
void validate(const CallBackBody& value, jsonmap::Report& report);

[[nodiscard]] app::Names names_of(const app::NamesView& view);

/// How often an hour one address, or for one number, may be asked to be called back. Any thread; bounded.
class CallBackGate {
 public:
  explicit CallBackGate(std::size_t most) : most_(most) {}
  [[nodiscard]] bool admits(const std::string& address, TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (asked_.size() > 10'000) asked_.clear();
    std::deque<TimePoint>& times = asked_[address];
    while (!times.empty() && times.front() + Duration{3'600'000} <= now) times.pop_front();
    if (times.size() >= most_) return false;
    times.push_back(now);
    return true;
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, std::deque<TimePoint>> asked_;
};

}  // namespace hotline::api
