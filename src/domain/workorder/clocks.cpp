// SPDX-License-Identifier: Apache-2.0
// Deadlines: when a clock runs, what it has counted, and what has come due.
#include <algorithm>

#include "base/planted.hpp"
#include "domain/workorder/engine.hpp"

namespace hotline::workorder {
namespace {

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool runs_in(const Clock& clock, const Order& order) {
  return !order.state.empty() && !order.closed && (clock.runs_in.empty() || contains(clock.runs_in, order.state));
}

Duration limit_of(const Clock& clock, const Order& order) {
  if (clock.limit_field.empty()) return clock.limit;
  const auto value = order.fields.find(clock.limit_field);
  if (value == order.fields.end()) return clock.limit;
  const auto found = clock.limits.find(value->second);
  return found == clock.limits.end() ? clock.limit : found->second;
}

std::string calendar_of(const Context& context, const Clock& clock, const Order& order) {
  if (clock.calendar != Clock::kDepartment) return clock.calendar;
  return order.lead.empty() ? std::string(kRoundTheClock) : context.departments.calendar_of(order.lead);
}

void begin_anew(ClockState& state) {
  state.phase = ClockPhase::idle;
  state.spent = state.granted = Duration{};
  state.warned = state.escalated = 0;
  ++state.round;
}

/// The loop was entered again.
bool is_reopening(const Order& before, const Order& after) {
  return after.reopened != before.reopened;
}

ClockState next_state(const Context& context, const Clock& clock, const Order& before, const Order& after,
                      const Event& event) {
  const ClockState* had = before.clock(clock.code);
  ClockState state = had != nullptr ? *had : ClockState{};
  state.clock = clock.code;
  const bool was_in = before.version > 0 && runs_in(clock, before), is_in = runs_in(clock, after);
  if (state.phase == ClockPhase::running) {
    const Duration counted = open_between(context.calendars.of(state.calendar), state.since, event.at);
    const bool waits = after.waiting_since && clock.pauses;
    const bool goes_on = is_in && !waits && !contains(clock.ends_with, event.kind);
    const bool same_calendar = state.calendar == calendar_of(context, clock, after);
    if (!goes_on || !same_calendar || is_reopening(before, after) || (clock.each_entry && !was_in)) {
      state.spent += counted;
      state.since = event.at;
      state.phase = ClockPhase::paused;
    }
  }
  if (is_reopening(before, after) || (clock.each_entry && is_in && !was_in && had != nullptr)) begin_anew(state);
  if (event.kind == Action::approve_extension && before.extension && before.extension->clock == clock.code) {
    state.granted += before.extension->by;
    state.warned = 0;  // there is a new limit to warn of
  }
  state.limit = limit_of(clock, after) + state.granted;
  if (contains(clock.ends_with, event.kind) && !is_reopening(before, after) && state.phase != ClockPhase::idle)
    state.phase = ClockPhase::done;
  if (state.phase == ClockPhase::done) return state;
  const bool stands = !is_in || (after.waiting_since && clock.pauses);
  if (stands) {
    if (state.phase == ClockPhase::running) state.phase = ClockPhase::paused;
    if (after.closed && state.phase != ClockPhase::idle) state.phase = ClockPhase::done;
    return state;
  }
  if (state.phase == ClockPhase::running) return state;
  state.phase = ClockPhase::running;
  state.since = event.at;
  state.calendar = calendar_of(context, clock, after);
  return state;
}

Event line(const Order& order, Action kind, TimePoint now) {
  Event event;
  event.seq = order.version + 1;
  event.at = now;
  event.kind = kind;
  event.closed = order.closed;
  return event;
}

/// The next thing the clock has to say: a warning while the limit is ahead, else an escalation. `spent` at which it is
/// due; nullopt: it has said everything.
struct Threshold {
  bool warning = false;
  std::int64_t number = 0;  ///< from 1
  Duration spent{};
};
std::optional<Threshold> next_threshold(const Clock& clock, const ClockState& state) {
  const auto warned = static_cast<std::size_t>(state.warned), escalated = static_cast<std::size_t>(state.escalated);
  if (escalated == 0 && warned < clock.warn_before.size())
    return Threshold{true, state.warned + 1, std::max(Duration{}, state.limit - clock.warn_before[warned])};
  if (escalated < clock.escalations.size())
    return Threshold{false, state.escalated + 1, state.limit + clock.escalations[escalated].after};
  return std::nullopt;
}

std::optional<Event> due_of(const Context& context, const Order& order, const Clock& clock, const ClockState& state,
                            TimePoint now) {
  if (state.phase != ClockPhase::running) return std::nullopt;
  ClockState after = state;
  const Duration spent = spent_by(context, state, now);
  auto due = next_threshold(clock, after);
  // Nothing warns of a limit whose escalation is due: that says it.
  const bool overtaken = !clock.escalations.empty() && spent >= after.limit + clock.escalations.front().after;
  while (due && due->warning && overtaken) {
    after.warned = due->number;
    due = next_threshold(clock, after);
  }
  if (!due || spent < due->spent) return std::nullopt;
  Event event = line(order, due->warning ? Action::warn : Action::escalate, now);
  event.clock = clock.code;
  event.number = due->number;
  (due->warning ? after.warned : after.escalated) = due->number;
  if (!due->warning) event.level = to_string(clock.escalations[static_cast<std::size_t>(due->number - 1)].to);
  event.clocks.push_back(after);
  return event;
}

}  // namespace

void settle_clocks(const Context& context, const Order& before, Event& event) {
  Order after = before;
  apply(after, event);
  for (const Clock& clock : context.type.clocks) {
    ClockState state = next_state(context, clock, before, after, event);
    const ClockState* had = before.clock(clock.code);
    if (had == nullptr ? state.phase != ClockPhase::idle : *had != state) event.clocks.push_back(std::move(state));
  }
}

Duration spent_by(const Context& context, const ClockState& clock, TimePoint now) {
  if (clock.phase != ClockPhase::running) return clock.spent;
  return clock.spent + open_between(context.calendars.of(clock.calendar), clock.since, now);
}

std::optional<TimePoint> limit_at(const Context& context, const ClockState& clock) {
  if (clock.phase != ClockPhase::running) return std::nullopt;
  return after_open(context.calendars.of(clock.calendar), clock.since, clock.limit - clock.spent);
}

std::optional<TimePoint> limit_at(const Context& context, const Order& order) {
  std::optional<TimePoint> first;
  for (const ClockState& clock : order.clocks) first = earlier(first, limit_at(context, clock));
  return first;
}

std::vector<Event> tick(const Context& context, const Order& order, TimePoint now) {
  std::vector<Event> events;
  Order at = order;
  const auto happen = [&](Event event) {
    apply(at, event);
    events.push_back(std::move(event));
  };
  if (at.waiting_until && *at.waiting_until <= now) {
    // At its own time: a core that was away must not lengthen the pause.
    Event event = line(at, Action::resume, std::max(*at.waiting_until, at.changed_at));
    settle_clocks(context, at, event);
    happen(std::move(event));
  }
  for (const Clock& clock : context.type.clocks) {
    while (const ClockState* state = at.clock(clock.code)) {
      auto event = due_of(context, at, clock, *state, now);
      if (!event) break;
      happen(*event);
      if (is_planted(PlantedBug::escalated_again) && event->kind == Action::escalate) {
        ++event->seq;
        happen(*std::move(event));
      }
    }
  }
  return events;
}

std::optional<TimePoint> next_due(const Context& context, const Order& order) {
  std::optional<TimePoint> first = order.waiting_until;
  for (const Clock& clock : context.type.clocks) {
    const ClockState* state = order.clock(clock.code);
    if (state == nullptr || state->phase != ClockPhase::running) continue;
    const auto due = next_threshold(clock, *state);
    if (due)
      first =
          earlier(first, after_open(context.calendars.of(state->calendar), state->since, due->spent - state->spent));
  }
  return first;
}

}  // namespace hotline::workorder
