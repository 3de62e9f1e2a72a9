// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/routing_wire.hpp"

namespace hotline::api {
namespace {

bool within(Duration value, Duration low, Duration high) {
  return value >= low && value <= high;
}

}  // namespace

void validate(const QueueSettingsBody& value, jsonmap::Report& report) {
  constexpr Duration day{86'400'000};
  report.require(within(value.offer_timeout_ms, Duration{1'000}, Duration{600'000}), "offer_timeout_ms",
                 "1000 to 600000");
  report.require(within(value.wrap_up_ms, Duration{}, day), "wrap_up_ms", "0 to 86400000");
  report.require(value.waiting_max >= 0 && value.waiting_max <= 1'000'000, "waiting_max", "0 to 1000000");
}

void validate(const AgentSkillsBody& value, jsonmap::Report& report) {
  report.require(value.queues.size() <= 100, "queues", "at most 100 codes");
  report.require(value.skills.size() <= 100, "skills", "at most 100 codes, each with a level of 1 to 9");
}

void validate(const CallBackBody& value, jsonmap::Report& report) {
  report.require(!value.number.empty() && value.number.size() <= 32, "number", "1 to 32 characters");
  report.require(!value.queue.empty() && value.queue.size() <= 32, "queue", "a queue's code");
}

DoneCallBackBody done_call_back(const app::Contact& contact, const std::vector<app::ContactEvent>& history) {
  DoneCallBackBody body;
  body.id = CallId{contact.id.value()};
  body.number = contact.to;
  body.how = contact.call_back;
  body.asked_ms = contact.started_at;
  body.ended_ms = contact.ended_at.value_or(contact.started_at);
  body.outcome = contact.outcome == "answered" ? "reached" : contact.end_cause;
  for (const app::ContactEvent& event : history) {
    const auto data = body_of(event).data;
    const auto text = [&](const char* name) {
      const auto* value = data.as_object().if_contains(name);
      return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    if (event.type == "call_back") body.queue = text("queue");
    if (event.type == "call_back_not_reached") body.tries.push_back({event.at, text("cause")});
    if (event.type == "call_back_cancelled") body.outcome = "cancelled_" + text("why");
    if (event.type == "call_back_expired") body.outcome = "expired";
  }
  return body;
}

app::Names names_of(const app::NamesView& view) {
  const auto in = [&](const char* language) {
    const auto found = view.find(language);
    return found == view.end() ? std::string() : found->second;
  };
  return {in("en"), in("zh-Hans"), in("zh-Hant")};
}

RoutingBody routing_body_of(const app::World& world) {
  RoutingBody body;
  body.rules = app::rules_of(world);
  for (const app::Queue& queue : world.queues) {
    ConfiguredQueueBody& out = body.queues.emplace_back();
    out.id = queue.id;
    out.settings.code = queue.code;
    out.settings.name = app::view_of(queue.name);
    out.settings.service_line = unless_empty(queue.service_line);
    out.settings.offer_timeout_ms = queue.offer_timeout;
    out.settings.wrap_up_ms = queue.wrap_up;
    out.settings.waiting_max = queue.waiting_max;
    out.settings.routing = app::routing_of(queue);
  }
  for (const app::Skill& skill : world.skills) body.skills.push_back({skill.code, app::view_of(skill.name)});
  return body;
}

}  // namespace hotline::api
