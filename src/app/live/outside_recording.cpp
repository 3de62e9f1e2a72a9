// SPDX-License-Identifier: Apache-2.0
#include "app/live/outside_recording.hpp"

namespace hotline::app {
namespace {

// Participants' ids: a number of its own for each kind, above the 56 bits that tell agents, and legs of one call,
// apart; who made a leg's id (ADR 7) is left out.
constexpr std::uint64_t customer_id = 1;
constexpr std::uint64_t service_id = 2;
constexpr std::uint64_t agent_kind = std::uint64_t{1} << 58;
constexpr std::uint64_t external_kind = std::uint64_t{2} << 58;
constexpr std::uint64_t told_apart = (std::uint64_t{1} << 56) - 1;

}  // namespace

bool OutsideRules::wants(const call::Call& call) const {
  if (!enabled || call.stage == call::Stage::ended || !call.customer_answered || !call.recording) return false;
  if (service_lines.empty() && trunks.empty()) return true;
  return service_lines.contains(call.service_line) || (call.trunk && trunks.contains(*call.trunk));
}

call::RecordOutside outside_recording_of(const call::Call& call, const std::function<std::string(AgentId)>& name_of) {
  call::RecordOutside out;
  out.leg = call.customer_leg;
  out.recording = call.recording;
  out.service_line = call.service_line;
  out.direction = call.direction;
  const bool outbound = call.direction == "outbound";
  out.participants.push_back(
      {customer_id, "customer", outbound ? call.to : call.from, outbound ? "" : call.from_display, {}, true});

  const call::Sound sound = call::sound_of(call);
  const bool joined = sound.joins(call.customer_leg);
  const auto heard = [&](LegId leg) { return joined && sound.joins(leg); };
  bool anyone = false;
  const auto add_agent = [&](const call::AgentPart& part) {
    if (!part.answered) return;
    const bool talks = heard(part.leg);
    anyone = anyone || talks;
    out.participants.push_back(
        {agent_kind | (part.agent.value() & told_apart), "agent", part.number, name_of(part.agent), part.agent, talks});
  };
  const auto add_external = [&](const call::ExternalPart& part) {
    if (!part.answered) return;
    const bool talks = heard(part.leg);
    anyone = anyone || talks;
    out.participants.push_back(
        {external_kind | (part.leg.value() & told_apart), "external", part.number, "", {}, talks});
  };
  if (call.agent) add_agent(*call.agent);
  if (call.external) add_external(*call.external);
  if (call.consult && call.consult->agent) add_agent(*call.consult->agent);
  for (const call::Supervision& supervision : call.supervisions)  // the others are in no recording
    if (supervision.mode == call::SuperviseMode::barge) add_agent(supervision.who);
  if (call.consult && call.consult->external) add_external(*call.consult->external);
  // Announcements and music come from us whenever nobody else is heard.
  const std::string own = outbound ? call.from : call.to;
  out.participants.insert(
      out.participants.begin() + 1,
      {service_id, "service", own, call.service_line.empty() ? "" : "service line " + call.service_line, {}, !anyone});
  return out;
}

}  // namespace hotline::app
