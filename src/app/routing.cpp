// SPDX-License-Identifier: Apache-2.0
#include "app/routing.hpp"

#include <algorithm>
#include <array>

#include "base/local_time.hpp"

namespace hotline::app {
namespace {

constexpr std::array<const char*, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/// One that ends after it begins.
std::optional<std::pair<int, int>> span_of(std::string_view text) {
  const auto span = span_from(text);
  return span && span->first < span->second ? span : std::nullopt;
}

/// Of the years 1970 to 2200.
std::optional<std::int64_t> day_of(std::string_view text) {
  return text >= "1970" && text < "2201" ? day_from(text) : std::nullopt;
}

std::optional<int> weekday_of(const std::string& name) {
  const auto found = std::find(weekdays.begin(), weekdays.end(), name);
  if (found == weekdays.end()) return std::nullopt;
  return static_cast<int>(found - weekdays.begin());
}

std::optional<std::string> rest_of(const std::string& text, std::string_view kind) {
  if (!text.starts_with(kind) || text.size() == kind.size()) return std::nullopt;
  return text.substr(kind.size());
}

bool is_target(const std::string& text) {
  if (text.size() > 128) return false;
  return text.empty() || text == "call_back" || text == "hang_up" || rest_of(text, "queue:") || rest_of(text, "flow:");
}

std::vector<std::string> targets_of(const ExitSettings& exits) {
  std::vector<std::string> all{exits.closed, exits.nobody, exits.length, exits.predicted, exits.wait};
  for (const auto& [digit, target] : exits.digits) all.push_back(target);
  return all;
}

bool all_spans(const std::vector<std::string>& spans) {
  return std::all_of(spans.begin(), spans.end(), [](const std::string& s) { return span_of(s).has_value(); });
}

constexpr Duration day_length{86'400'000};
bool within(Duration value, Duration low, Duration high) {
  return value >= low && value <= high;
}
bool within(std::int64_t value, std::int64_t low, std::int64_t high) {
  return value >= low && value <= high;
}

acd::DaySpans spans_of(const std::vector<std::string>& texts) {
  acd::DaySpans spans;
  for (const std::string& text : texts) {
    if (const auto span = span_of(text)) spans.push_back(*span);
  }
  return spans;
}

acd::OpenHours hours_of(const HoursSetting& setting, std::chrono::minutes utc_offset) {
  acd::OpenHours hours;
  hours.utc_offset = utc_offset;
  for (const auto& [name, spans] : setting.week) {
    if (const auto weekday = weekday_of(name)) hours.week[*weekday] = spans_of(spans);
  }
  for (const auto& [date, spans] : setting.days) {
    if (const auto day = day_of(date)) hours.days[*day] = spans_of(spans);
  }
  return hours;
}

const Queue* find_queue(const World& world, const std::string& code) {
  const auto found =
      std::find_if(world.queues.begin(), world.queues.end(), [&](const Queue& q) { return q.code == code; });
  return found == world.queues.end() ? nullptr : &*found;
}
const Skill* find_skill(const World& world, const std::string& code) {
  const auto found =
      std::find_if(world.skills.begin(), world.skills.end(), [&](const Skill& s) { return s.code == code; });
  return found == world.skills.end() ? nullptr : &*found;
}

/// Whether this queue's calls and agents may meet those of other lines.
bool shares(const Queue& queue, const World& world) {
  for (const ServiceLine& line : world.service_lines) {
    if (line.code != queue.service_line) continue;
    return service_line::is_joined(
        service_line::stage_from(operation_of(line).stage).value_or(service_line::Stage::integrated));
  }
  return true;
}

}  // namespace

// ---- rules on values

void validate(const QueueRouting& value, jsonmap::Report& report) {
  report.require(within(value.weight, -1000, 1000), "weight", "-1000 to 1000 points");
  report.require(within(value.prefer_wait_ms, Duration{}, Duration{600'000}), "prefer_wait_ms", "0 to 600000");
  report.require(within(value.outbound_reserve, 0, 100'000), "outbound_reserve", "0 to 100000");
  report.require(within(value.handling_ms, Duration{1'000}, day_length), "handling_ms", "1000 to 86400000");
  bool plan = value.ring_plan.size() <= 20;
  for (const RingStepSetting& step : value.ring_plan) {
    plan = plan && within(step.after_ms, Duration{}, day_length) && within(step.relax, 0, 9) &&
           step.without.size() <= 50 && step.also.size() <= 20;
  }
  report.require(plan, "ring_plan", "at most 20 steps: after_ms 0 to a day, relax 0 to 9, at most 20 queues in also");
  const auto week = [](const auto& day) { return weekday_of(day.first) && all_spans(day.second); };
  const auto days = [](const auto& day) { return day_of(day.first) && all_spans(day.second); };
  report.require(std::all_of(value.hours.week.begin(), value.hours.week.end(), week) &&
                     std::all_of(value.hours.days.begin(), value.hours.days.end(), days) &&
                     value.hours.days.size() <= 1000,
                 "hours", "week: mon to sun, days: YYYY-MM-DD, each with spans like \"08:00-12:00\"");
  const ExitSettings& exits = value.exits;
  const auto targets = targets_of(exits);
  const bool digits = std::all_of(exits.digits.begin(), exits.digits.end(), [](const auto& digit) {
    return digit.first.size() == 1 && std::string_view("0123456789*#").find(digit.first[0]) != std::string_view::npos;
  });
  report.require(
      std::all_of(targets.begin(), targets.end(), is_target) && digits && within(exits.length_max, 0, 1'000'000) &&
          within(exits.predicted_max_ms, Duration{}, day_length) && within(exits.wait_max_ms, Duration{}, day_length),
      "exits", "targets queue:CODE, flow:NAME, call_back or hang_up; digits 0-9, * and #; times up to a day");
  report.require(within(value.announcements.first_ms, Duration{}, day_length) &&
                     within(value.announcements.every_ms, Duration{}, day_length) &&
                     (value.announcements.every_ms == Duration{} || value.announcements.every_ms >= Duration{10'000}),
                 "announcements", "times up to a day, every_ms 0 or at least 10000");
  const CallBackSettings& back = value.call_back;
  report.require(within(back.attempts, 1, 10) && within(back.busy_retry_ms, Duration{10'000}, day_length) &&
                     within(back.retry_ms, Duration{10'000}, day_length) &&
                     within(back.keep_ms, Duration{60'000}, 7 * day_length),
                 "call_back", "1 to 10 attempts, retries after 10 s to a day, kept for 1 minute to 7 days");
  report.require(
      value.experts.skills.size() <= 50 && std::all_of(value.experts.skills.begin(), value.experts.skills.end(),
                                                       [](const auto& s) { return within(s.second, 1, 9); }),
      "experts", "at most 50 skills, each with a level of 1 to 9");
}

void validate(const RoutingRules& value, jsonmap::Report& report) {
  report.require(within(value.ageing_per_minute, 0, 1000), "ageing_per_minute", "0 to 1000 points");
  report.require(within(value.vip_points, 0, 10'000), "vip_points", "0 to 10000 points");
  report.require(within(value.repeat_points, 0, 10'000), "repeat_points", "0 to 10000 points");
  report.require(within(value.repeat_within_ms, Duration{}, day_length), "repeat_within_ms", "0 to 86400000");
  report.require(within(value.short_abandon_ms, Duration{}, Duration{600'000}), "short_abandon_ms", "0 to 600000");
  report.require(
      value.seats.size() <= 1000 && std::all_of(value.seats.begin(), value.seats.end(),
                                                [](const auto& s) { return within(s.second, 0, 1'000'000); }),
      "seats", "at most 1000 teams, each with 0 to 1000000 seats");
}

void validate(const LineOperation& value, jsonmap::Report& report) {
  const auto stage = service_line::stage_from(value.stage);
  report.require(stage.has_value(), "stage", "standalone, trial, integrated, outsourced or retired");
  const bool number = !value.outsourced_to.empty() && value.outsourced_to.size() <= 32 &&
                      value.outsourced_to.find_first_not_of("0123456789*#+") == std::string::npos;
  report.require(number || (value.outsourced_to.empty() && stage != service_line::Stage::outsourced), "outsourced_to",
                 "the number its calls go to while it is outsourced");
  report.require(within(value.measured_over_ms, Duration{60'000}, 366 * day_length), "measured_over_ms",
                 "a minute to a year");
  report.require(within(value.calls_least, 0, 1'000'000'000), "calls_least", "0 to 1000000000");
  report.require(value.service_level_least >= 0 && value.service_level_least <= 1, "service_level_least", "0 to 1");
  report.require(value.abandoned_most >= 0 && value.abandoned_most <= 1, "abandoned_most", "0 to 1");
  report.require(within(value.trunks_reserved, 0, 100'000), "trunks_reserved", "0 to 100000");
  report.require(within(value.trunks_max, 0, 100'000), "trunks_max", "0 to 100000; 0: no limit");
  report.require(value.when_full == "busy" || value.when_full == "refuse" || rest_of(value.when_full, "flow:"),
                 "when_full", "busy, refuse or flow:NAME");
}

// ---- stored form

namespace {

template <class T>
T stored(const std::string& text, std::string* problem) {
  if (text.empty()) return T{};
  auto value = jsonmap::read<T>(text, {.none_ids = true, .missing_ok = true});
  if (value) return std::move(*value);
  if (problem != nullptr) *problem = jsonmap::to_string(value.error());
  return T{};
}

}  // namespace

QueueRouting routing_of(const Queue& queue, std::string* problem) {
  return stored<QueueRouting>(queue.routing, problem);
}
RoutingRules rules_of(const World& world, std::string* problem) {
  return stored<RoutingRules>(world.routing_rules, problem);
}
LineOperation operation_of(const ServiceLine& line, std::string* problem) {
  return stored<LineOperation>(line.operation, problem);
}

std::string broken_reference(const Queue& queue, const QueueRouting& routing, const World& world,
                             const call::FlowBook& flows) {
  for (const RingStepSetting& step : routing.ring_plan) {
    for (const std::string& skill : step.without) {
      if (find_skill(world, skill) == nullptr) return "ring_plan: no skill has the code " + skill + ".";
    }
    for (const std::string& also : step.also) {
      if (find_queue(world, also) == nullptr) return "ring_plan: no queue has the code " + also + ".";
    }
  }
  for (const auto& [skill, level] : routing.experts.skills) {
    if (find_skill(world, skill) == nullptr) return "experts: no skill has the code " + skill + ".";
  }
  for (const std::string& target : targets_of(routing.exits)) {
    const auto code = rest_of(target, "queue:");
    if (code && (*code == queue.code || find_queue(world, *code) == nullptr))
      return "exits: " + *code + " is not another queue's code.";
    if (const auto flow = rest_of(target, "flow:")) {
      const auto name = flow->find(':') == std::string::npos ? *flow + ":" : *flow;
      if (call::find_node(flows, "", name).node == nullptr) return "exits: there is no flow " + *flow + ".";
    }
  }
  return "";
}

// ---- for the domains

acd::QueueConfig config_of(const Queue& queue, const World& world, std::chrono::minutes utc_offset) {
  const QueueRouting routing = routing_of(queue);
  acd::QueueConfig config;
  config.id = queue.id;
  config.code = queue.code;
  config.offer_timeout = queue.offer_timeout;
  config.wrap_up = queue.wrap_up;
  config.waiting_max = static_cast<std::uint32_t>(queue.waiting_max);
  config.wrap_up_forced = routing.wrap_up_forced;
  config.weight = static_cast<int>(routing.weight);
  config.prefer_wait = routing.prefer_wait_ms;
  config.outbound_reserve = static_cast<std::uint32_t>(routing.outbound_reserve);
  config.handling = routing.handling_ms;
  config.hours = hours_of(routing.hours, utc_offset);
  const bool sharing = shares(queue, world);
  for (const RingStepSetting& setting : routing.ring_plan) {
    acd::RingStep step;
    step.after = setting.after_ms;
    step.relax = static_cast<int>(setting.relax);
    for (const std::string& code : setting.without) {
      if (const Skill* skill = find_skill(world, code)) step.without.push_back(skill->id);
    }
    for (const std::string& code : setting.also) {
      const Queue* also = find_queue(world, code);
      if (also == nullptr) continue;
      if (also->service_line == queue.service_line || (sharing && shares(*also, world))) step.also.push_back(also->id);
    }
    config.ring_plan.push_back(std::move(step));
  }
  const ExitSettings& exits = routing.exits;
  config.exits.closed = exits.closed;
  config.exits.empty_at_close = exits.empty_at_close;
  config.exits.nobody = exits.nobody;
  config.exits.length_max = static_cast<std::uint32_t>(exits.length_max);
  config.exits.length = exits.length;
  config.exits.predicted_max = exits.predicted_max_ms;
  config.exits.predicted = exits.predicted;
  config.exits.wait_max = exits.wait_max_ms;
  config.exits.wait = exits.wait;
  for (const auto& [digit, target] : exits.digits) {
    if (digit.size() == 1) config.exits.digits[digit[0]] = target;
  }
  const AnnouncementSettings& announcements = routing.announcements;
  config.announce = {announcements.first_ms, announcements.every_ms, announcements.position, announcements.wait};
  return config;
}

acd::AgentConfig config_of(const Agent& agent) {
  acd::AgentConfig config;
  config.id = agent.id;
  config.queues = agent.queues;
  config.skills = {agent.skills.begin(), agent.skills.end()};
  config.seat_group = agent.team;
  return config;
}

acd::Rules config_of(const RoutingRules& rules) {
  acd::Rules config;
  config.ageing_per_minute = static_cast<int>(rules.ageing_per_minute);
  config.vip_points = static_cast<int>(rules.vip_points);
  config.repeat_points = static_cast<int>(rules.repeat_points);
  for (const auto& [team, seats] : rules.seats) config.seats[team] = static_cast<std::uint32_t>(seats);
  return config;
}

service_line::Conditions conditions_of(const LineOperation& operation) {
  return {operation.measured_over_ms, operation.calls_least, operation.service_level_least, operation.abandoned_most};
}

}  // namespace hotline::app
