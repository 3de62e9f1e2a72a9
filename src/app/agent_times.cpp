// SPDX-License-Identifier: Apache-2.0
#include "app/agent_times.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace hotline::app {
namespace {

using Share = AgentTimes::Share;

void close(std::optional<TimePoint>& since, Duration& sum, TimePoint at) {
  if (since && at > *since) sum += at - *since;
  since.reset();
}
void open(std::optional<TimePoint>& since, TimePoint at) {
  if (!since) since = at;
}
void close_all(Share& share, TimePoint at) {
  close(share.talking_since, share.talk, at);
  close(share.held_since, share.hold, at);
  close(share.consulting_since, share.consult, at);
}
void talk(Share& share, TimePoint at) {
  close(share.held_since, share.hold, at);
  close(share.consulting_since, share.consult, at);
  open(share.talking_since, at);
}

}  // namespace

const Share* AgentTimes::share(AgentId of) const {
  const auto found = std::find_if(shares.begin(), shares.end(), [&](const Share& s) { return s.agent == of; });
  return found == shares.end() ? nullptr : &*found;
}

Share* AgentTimes::find(std::optional<AgentId> who) {
  const auto found = std::find_if(shares.begin(), shares.end(), [&](const Share& s) { return s.agent == who; });
  return found == shares.end() ? nullptr : &*found;
}

Share* AgentTimes::of(std::optional<AgentId> who) {
  if (Share* known = find(who); known != nullptr || !who) return known;
  shares.emplace_back().agent = *who;
  return &shares.back();
}

void AgentTimes::nobody_consults(TimePoint at) {
  for (Share& share : shares) close(share.consulting_since, share.consult, at);
}

void AgentTimes::add(std::string_view type, std::optional<AgentId> who, TimePoint at) {
  const auto consult_stops = [&] {
    nobody_consults(at);
    if (Share* other = find(consulted)) close(other->talking_since, other->talk, at);
  };
  const auto consult_begins = [&] {
    if (Share* other = find(consulted)) close(other->talking_since, other->talk, at);  // out of a conference
    for (Share* party : {find(agent), find(consulted)}) {
      if (party != nullptr) open(party->consulting_since, at);
    }
  };
  if (type == "dialled") {
    (void)of(who);
  } else if (type == "connected") {
    for (Share& share : shares) close_all(share, at);
    agent = who;
    consulted.reset();
    conference = false;
    if (Share* own = of(who)) talk(*own, at);
  } else if (type == "reconnected" || type == "resumed") {
    if (Share* own = find(who)) talk(*own, at);
  } else if (type == "held" || type == "consult") {
    Share* own = find(who);
    if (own == nullptr) return;
    close(own->talking_since, own->talk, at);
    open(own->held_since, at);
  } else if (type == "consult_connected") {
    consulted = who;
    conference = false;
    (void)of(who);
    consult_begins();
  } else if (type == "consult_resumed") {
    conference = false;
    consult_begins();
  } else if (type == "consult_parked" || type == "consult_lost") {
    if (type == "consult_parked") conference = false;
    consult_stops();
  } else if (type == "conference") {
    conference = true;
    nobody_consults(at);
    if (Share* other = find(consulted)) open(other->talking_since, at);
  } else if (type == "consult_back") {
    if (Share* other = find(consulted); other != nullptr && conference) open(other->talking_since, at);
  } else if (type == "consult_ended") {
    consult_stops();
    consulted.reset();
    conference = false;
  } else if (type == "agent_lost" || type == "agent_left") {
    nobody_consults(at);
    if (Share* own = find(who)) close_all(*own, at);
  } else if (type == "transfer" || type == "back_to_queue" || type == "queued" || type == "ended") {
    for (Share& share : shares) close_all(share, at);
    agent.reset();
    consulted.reset();
    conference = false;
  }
}

std::optional<AgentId> agent_of(const ContactEvent& event) {
  boost::system::error_code wrong;
  const auto data = boost::json::parse(event.data, wrong);
  const auto* object = wrong ? nullptr : data.if_object();
  const auto* value = object == nullptr ? nullptr : object->if_contains("agent");
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto& text = value->get_string();
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id == 0) return std::nullopt;
  return AgentId{id};
}

AgentTimes agent_times_of(const std::vector<ContactEvent>& history) {
  AgentTimes times;
  for (const ContactEvent& event : history) times.add(event.type, agent_of(event), event.at);
  return times;
}

}  // namespace hotline::app
