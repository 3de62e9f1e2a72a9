// SPDX-License-Identifier: Apache-2.0
// What an administrator sets of routing and service lines while the hotline runs: the shapes of the API and of the
// store (JSON), their rules, and what the domains make of them. Pure.
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <string>
#include <vector>

#include "app/ports/store.hpp"
#include "base/json/mapper.hpp"
#include "domain/acd/types.hpp"
#include "domain/call/flow.hpp"
#include "domain/service_line/life_cycle.hpp"

namespace hotline::app {

struct RingStepSetting {
  Duration after_ms{};
  std::int64_t relax = 0;            ///< levels lower by this; below 1 they are not asked for
  std::vector<std::string> without;  ///< codes of skills not asked for
  std::vector<std::string> also;     ///< codes of queues whose members may take the call, too
};
BOOST_DESCRIBE_STRUCT(RingStepSetting, (), (after_ms, relax, without, also))

/// Spans as "08:00-12:00". Empty: always open.
struct HoursSetting {
  std::map<std::string, std::vector<std::string>> week;  ///< mon … sun
  std::map<std::string, std::vector<std::string>> days;  ///< "2026-10-01": instead of the week's; none: closed
};
BOOST_DESCRIBE_STRUCT(HoursSetting, (), (week, days))

/// Targets: "queue:CODE", "flow:NAME", "call_back", "hang_up"; empty: no such exit.
struct ExitSettings {
  std::string closed;
  bool empty_at_close = false;
  std::string nobody;
  std::int64_t length_max = 0;
  std::string length;
  Duration predicted_max_ms{};
  std::string predicted;
  Duration wait_max_ms{};
  std::string wait;
  std::map<std::string, std::string> digits;
};
BOOST_DESCRIBE_STRUCT(ExitSettings, (),
                      (closed, empty_at_close, nobody, length_max, length, predicted_max_ms, predicted, wait_max_ms,
                       wait, digits))

struct AnnouncementSettings {
  Duration first_ms{}, every_ms{};
  bool position = true, wait = true;
};
BOOST_DESCRIBE_STRUCT(AnnouncementSettings, (), (first_ms, every_ms, position, wait))

struct CallBackSettings {
  bool on_abandon = false;  ///< callers who gave up are called back, short abandons left out
  bool from_web = false;    ///< may be asked for on the web page
  std::int64_t attempts = 3;
  Duration busy_retry_ms{120'000}, retry_ms{900'000}, keep_ms{14'400'000};
};
BOOST_DESCRIBE_STRUCT(CallBackSettings, (), (on_abandon, from_web, attempts, busy_retry_ms, retry_ms, keep_ms))

/// An expert group (requirement A6): agents ask it while their customer stays on the line, and hand over to it.
struct ExpertSettings {
  bool group = false;
  std::map<std::string, std::int64_t> skills;  ///< code -> least level: members without them are not asked
};
BOOST_DESCRIBE_STRUCT(ExpertSettings, (), (group, skills))

struct QueueRouting {
  bool wrap_up_forced = false;
  std::int64_t weight = 0;
  std::vector<RingStepSetting> ring_plan;
  Duration
      prefer_wait_ms{};  ///< how long a repeat caller waits for who knows their matter; 0: they are like all others
  std::int64_t outbound_reserve = 0;
  Duration handling_ms{180'000};
  HoursSetting hours;
  ExitSettings exits;
  AnnouncementSettings announcements;
  CallBackSettings call_back;
  ExpertSettings experts;
};
BOOST_DESCRIBE_STRUCT(QueueRouting, (),
                      (wrap_up_forced, weight, ring_plan, prefer_wait_ms, outbound_reserve, handling_ms, hours, exits,
                       announcements, call_back, experts))
/// The rules on values, for requests: ranges, spans, dates, forms of targets.
void validate(const QueueRouting& value, jsonmap::Report& report);

struct RoutingRules {
  std::int64_t ageing_per_minute = 1, vip_points = 10, repeat_points = 5;
  Duration repeat_within_ms{3'600'000};
  std::map<std::string, std::int64_t> seats;  ///< team -> most of it signed in at once
  Duration short_abandon_ms{};                ///< 0: as configured
};
BOOST_DESCRIBE_STRUCT(RoutingRules, (),
                      (ageing_per_minute, vip_points, repeat_points, repeat_within_ms, seats, short_abandon_ms))
void validate(const RoutingRules& value, jsonmap::Report& report);

/// How a service line is operated: its life cycle (B2) and its part of the trunks.
struct LineOperation {
  std::string stage = "integrated";
  std::string outsourced_to;  ///< number its calls go to while outsourced
  Duration measured_over_ms{7 * 86'400'000};
  std::int64_t calls_least = 100;
  double service_level_least = 0.8, abandoned_most = 0.05;
  std::int64_t trunks_reserved = 0, trunks_max = 0;
  std::string when_full = "busy";  ///< busy (486), refuse (503), or "flow:NAME": answered, and this flow is heard
};
BOOST_DESCRIBE_STRUCT(LineOperation, (),
                      (stage, outsourced_to, measured_over_ms, calls_least, service_level_least, abandoned_most,
                       trunks_reserved, trunks_max, when_full))
void validate(const LineOperation& value, jsonmap::Report& report);

// ---- stored form; what cannot be read is as if never set (the reason is given back in `problem`)
[[nodiscard]] QueueRouting routing_of(const Queue& queue, std::string* problem = nullptr);
[[nodiscard]] RoutingRules rules_of(const World& world, std::string* problem = nullptr);
[[nodiscard]] LineOperation operation_of(const ServiceLine& line, std::string* problem = nullptr);

/// The first reference (skill, queue, flow) that leads nowhere, as a sentence; "" when all are there. Exits into the
/// queue itself are none.
[[nodiscard]] std::string broken_reference(const Queue& queue, const QueueRouting& routing, const World& world,
                                           const call::FlowBook& flows);

// ---- for the domains
/// Queues of lines that stand alone are open to nobody else's ring plans.
[[nodiscard]] acd::QueueConfig config_of(const Queue& queue, const World& world, std::chrono::minutes utc_offset);
[[nodiscard]] acd::AgentConfig config_of(const Agent& agent);
[[nodiscard]] acd::Rules config_of(const RoutingRules& rules);
[[nodiscard]] service_line::Conditions conditions_of(const LineOperation& operation);

}  // namespace hotline::app
