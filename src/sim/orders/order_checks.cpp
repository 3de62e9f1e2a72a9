// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/order_checks.hpp"

#include <algorithm>

#include "app/orders/order_text.hpp"

namespace hotline::sim {
namespace {

using workorder::Action;
using workorder::ClockPhase;
using workorder::ClockState;
using workorder::Event;
using workorder::Order;
using workorder::PartState;

/// Working calendars are asked from before the month until long after it.
constexpr std::chrono::days before_month{1}, after_month{400};

}  // namespace

OrderChecks::OrderChecks(const OrderScript& script, const OrderShelf& shelf)
    : script_(script),
      shelf_(shelf),
      departments_(script.organisation.departments),
      calendars_(script.organisation.calendars) {
  const auto add = [&](const std::string& code) {
    open_times_.emplace(code, OpenTime(calendars_.of(code), script.begins - before_month, script.days + after_month));
  };
  add(workorder::kRoundTheClock);
  for (const auto& [code, calendar] : calendars_.all()) add(code);
}

void OrderChecks::complain(WorkOrderId order, const std::string& what) {
  if (!broken_) broken_ = "order " + order.to_string() + ": " + what;
}

const Order* OrderChecks::order(WorkOrderId id) const {
  const auto found = shadows_.find(id);
  return found == shadows_.end() ? nullptr : &found->second.order;
}

const OpenTime& OrderChecks::open_time(const std::string& calendar) const {
  const auto found = open_times_.find(calendar);
  return found == open_times_.end() ? open_times_.at(workorder::kRoundTheClock) : found->second;
}

const workorder::Type& OrderChecks::type_of(const Order& order) const {
  return script_.types.at(order.type);
}

void OrderChecks::committed(const app::OrderCommit& commit) {
  ++figures_.commits;
  for (const app::OrderWrite& write : commit.writes) see(write, commit.now);
  for (const app::OrderWrite& write : commit.writes) {
    const Shadow& shadow = shadows_.at(write.row.id);
    can_go_on(shadow);
    repeats_have_results(shadow);
  }
}

void OrderChecks::see(const app::OrderWrite& write, TimePoint now) {
  const bool is_new = !shadows_.contains(write.row.id);
  Shadow& shadow = shadows_[write.row.id];
  if (is_new) {
    ++figures_.orders;
    const app::OrderRow* kept = shelf_.peek(write.row.id);
    if (kept != nullptr && !numbers_.insert(kept->number).second) complain(write.row.id, "its number was given before");
  }
  for (const workorder::SealedEvent& line : write.events) fold(shadow, line);
  stored(shadow, write);
  parts(shadow, write);
  deadline(shadow, write, now);
  told(write);
}

void OrderChecks::fold(Shadow& shadow, const workorder::SealedEvent& line) {
  ++figures_.lines;
  if (line.seq != shadow.order.version + 1) complain(line.order, "a line of its history is missing, or there twice");
  if (workorder::link_hash(script_.sha256, shadow.hash, line) != line.hash)
    complain(line.order, "line " + std::to_string(line.seq) + " does not follow from the hash before it");
  shadow.hash = line.hash;
  const auto event = app::read_event(line);
  if (!event) return complain(line.order, "its history cannot be read: " + event.error());
  if (event->at < shadow.order.changed_at) complain(line.order, "its history goes back in time");
  const Order before = shadow.order;
  apply(shadow.order, *event);
  telling(shadow, *event);
  clocks(shadow, before, *event);
  count(*event);
}

void OrderChecks::telling(Shadow& shadow, const Event& event) {
  const WorkOrderId id = shadow.order.id;
  const bool again = (event.kind == Action::ask && event.answer == workorder::Answer::unsatisfied) ||
                     (event.kind == Action::inspect && !event.passed) || event.kind == Action::reopen ||
                     event.kind == Action::give_back || event.kind == Action::split;
  if (again) shadow.result = shadow.told = shadow.asked = false;
  const bool result = event.kind == Action::reply || event.kind == Action::solve ||
                      (event.kind == Action::merge && !event.state.empty() && !event.text.empty());
  if (result) {
    shadow.result = true;
    shadow.told = shadow.asked = false;
  }
  if (event.kind == Action::tell) {
    if (!shadow.result) complain(id, "the customer was told a result that is none");
    shadow.told = true;
    shadow.asked = false;
    shadow.attempts = 0;
  }
  if (event.kind == Action::ask && !again) {
    if (!shadow.told) complain(id, "the customer was asked before being told");
    ++shadow.attempts;
    shadow.asked = event.answer != workorder::Answer::unreached || shadow.attempts >= type_of(shadow.order).asks_least;
  }
  figures_.closed += event.closed && !shadow.closed ? 1 : 0;
  if (event.closed && !shadow.closed && !(shadow.result && shadow.told && shadow.asked))
    complain(id, "left the loop without the customer told and asked");
  shadow.closed = event.closed;
}

void OrderChecks::clocks(Shadow& shadow, const Order& before, const Event& event) {
  for (const ClockState& clock : before.clocks)
    if (clock.phase == ClockPhase::running)
      shadow.counted[clock.clock] += open_time(clock.calendar).between(before.changed_at, event.at);
  for (const ClockState& clock : event.clocks) {
    if (clock.round != shadow.rounds[clock.clock]) shadow.counted[clock.clock] = Duration{};
    shadow.rounds[clock.clock] = clock.round;
  }
  const workorder::Type& type = type_of(shadow.order);
  const workorder::Context context{type, departments_, calendars_};
  for (const ClockState& clock : shadow.order.clocks) {
    if (workorder::spent_by(context, clock, event.at) != shadow.counted[clock.clock])
      complain(shadow.order.id, "clock " + clock.clock + " has counted " +
                                    std::to_string(workorder::spent_by(context, clock, event.at).count()) +
                                    " ms, its calendar was open for " +
                                    std::to_string(shadow.counted[clock.clock].count()));
    if (clock.phase != ClockPhase::running) continue;
    if (shadow.order.closed) complain(shadow.order.id, "clock " + clock.clock + " runs after the end");
    if (shadow.order.waiting_since && type.clock(clock.clock)->pauses)
      complain(shadow.order.id, "clock " + clock.clock + " runs while the order waits for the customer");
  }
  if (event.kind == Action::warn || event.kind == Action::escalate) given(shadow, event);
}

void OrderChecks::given(Shadow& shadow, const Event& event) {
  const workorder::Clock* clock = type_of(shadow.order).clock(event.clock);
  const ClockState* state = shadow.order.clock(event.clock);
  if (clock == nullptr || state == nullptr) return complain(shadow.order.id, "a clock nobody knows has spoken");
  const bool warning = event.kind == Action::warn;
  const auto index = static_cast<std::size_t>(event.number - 1);
  const std::string name = (warning ? "warning " : "escalation ") + std::to_string(event.number) + " of " + event.clock;
  if (!shadow.given.insert({event.clock, state->round, warning ? state->limit : Duration{}, warning, event.number})
           .second)
    complain(shadow.order.id, name + " was given twice");
  if (index >= (warning ? clock->warn_before.size() : clock->escalations.size()))
    return complain(shadow.order.id, name + " does not exist");
  const Duration due =
      warning ? state->limit - clock->warn_before[index] : state->limit + clock->escalations[index].after;
  if (shadow.counted[event.clock] < due) complain(shadow.order.id, name + " came early");
  if (!warning && index > 0 && !shadow.given.contains({event.clock, state->round, Duration{}, false, event.number - 1}))
    complain(shadow.order.id, name + " came before the one before it");
}

void OrderChecks::stored(const Shadow& shadow, const app::OrderWrite& write) {
  const app::OrderRow& row = write.row;
  const auto order = app::read_order(row.document);
  if (!order) return complain(row.id, "its state cannot be read: " + order.error());
  if (*order != shadow.order) complain(row.id, "its state is not what its history says");
  if (row.hash != shadow.hash) complain(row.id, "its hash is not that of its last line");
  if (row.version != shadow.order.version || row.state != shadow.order.state || row.closed != shadow.order.closed ||
      row.lead != shadow.order.lead || row.owner.value_or(AgentId{}) != shadow.order.owner ||
      row.closed_at != shadow.order.closed_at)
    complain(row.id, "its row is found by what it is not");
  if (row.to_tell_since.has_value() != shadow.order.is_to_be_told())
    complain(row.id, "the owner's list of what is to be told is wrong about it");
}

void OrderChecks::parts(const Shadow& shadow, const app::OrderWrite& write) {
  std::set<std::string> open, shown;
  if (!shadow.order.closed)
    for (const workorder::Part& part : shadow.order.parts)
      if (part.state == PartState::asked || part.state == PartState::accepted) open.insert(part.department);
  for (const app::OrderPart& part : write.parts)
    if (!part.done) shown.insert(part.department);
  if (open != shown) complain(write.row.id, "a department's inbox does not have what is its to do, or more");
}

/// The first warning, escalation or end of waiting that has not been given, by our own measure.
std::optional<TimePoint> OrderChecks::due_of(const Shadow& shadow) const {
  std::optional<TimePoint> due = shadow.order.waiting_until;
  if (shadow.order.closed) return std::nullopt;
  for (const ClockState& state : shadow.order.clocks) {
    if (state.phase != ClockPhase::running) continue;
    const workorder::Clock& clock = *type_of(shadow.order).clock(state.clock);
    const Duration spent = shadow.counted.at(state.clock);
    const auto is_given = [&](bool warning, std::size_t index) {
      return shadow.given.contains({state.clock, state.round, warning ? state.limit : Duration{}, warning,
                                    static_cast<std::int64_t>(index + 1)});
    };
    std::optional<Duration> first;
    for (std::size_t i = 0; i < clock.escalations.size() && !first; ++i)
      if (!is_given(false, i)) first = state.limit + clock.escalations[i].after;
    if (state.escalated == 0)  // nobody warns of what is past
      for (std::size_t i = 0; i < clock.warn_before.size(); ++i) {
        const Duration at = std::max(Duration{}, state.limit - clock.warn_before[i]);
        if (static_cast<std::int64_t>(i) >= state.warned && !is_given(true, i) && (!first || at < *first)) first = at;
      }
    if (first) due = earlier(due, open_time(state.calendar).after(shadow.order.changed_at, *first - spent));
  }
  return due;
}

void OrderChecks::deadline(Shadow& shadow, const app::OrderWrite& write, TimePoint now) {
  if (shadow.due) due_.erase({*shadow.due, write.row.id});
  shadow.due = due_of(shadow);
  if (shadow.due) due_.insert({*shadow.due, write.row.id});
  const bool both_past = write.next_due && shadow.due && *write.next_due <= now && *shadow.due <= now;
  if (write.next_due != shadow.due && !both_past)  // a field that decides a limit may put it into the past
    complain(write.row.id, "its deadline is not when time has something to say");
}

/// Whoever an escalation goes to is told of it, once.
void OrderChecks::told(const app::OrderWrite& write) {
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  bool anybody = false;
  for (const app::OutboxEntry& entry : write.outbox) {
    ++figures_.notices;
    anybody = anybody || entry.kind == "escalate";
    if (!seen.insert({entry.to, entry.kind, entry.body}).second) complain(write.row.id, "somebody is told twice");
  }
  const bool escalated = std::any_of(write.events.begin(), write.events.end(),
                                     [](const workorder::SealedEvent& line) { return line.kind == "escalate"; });
  if (escalated && !anybody) complain(write.row.id, "an escalation went to nobody");
}

/// The step is taken, or refused only for what whoever takes it can see to at once.
bool OrderChecks::leads_on(const workorder::Context& context, const Order& order, const workorder::Actor& by,
                           const std::string& action) {
  using enum workorder::Why;
  workorder::Command command;
  command.by = by;
  command.action = action;
  command.text = "done";
  command.evidence = {"document:letter"};
  command.channel = "phone";
  command.answer = workorder::Answer::satisfied;
  command.lead = order.lead == "billing" ? "market" : "billing";
  const auto decided = workorder::decide(context, order, command, order.changed_at + std::chrono::hours{2});
  if (decided) return true;
  const workorder::Why why = decided.error().why;
  return why == missing || why == conditions_open || why == co_handlers_open || why == unknown_department;
}

/// Somebody of the company can take a step from here.
void OrderChecks::can_go_on(const Shadow& shadow) {
  const Order& order = shadow.order;
  if (order.closed) return;
  if (order.waiting_since) {
    if (!order.waiting_until) complain(order.id, "waits for the customer without an end");
    return;
  }
  if (order.merged_into && !order.result_at) {
    const Order* main = this->order(order.merged_into);
    if (main == nullptr || std::find(main->merged.begin(), main->merged.end(), order.id) == main->merged.end())
      complain(order.id, "waits for the result of an order that does not know it");
    return;
  }
  if (!ways_out_
           .insert({order.type, order.state, order.lead, static_cast<bool>(order.owner), order.result_at.has_value(),
                    order.told_at.has_value(), order.asked_at.has_value()})
           .second)
    return;
  const workorder::Context context{type_of(order), departments_, calendars_};
  const auto steps = [&](const workorder::Actor& actor) {
    const auto open = workorder::open_actions(context, order, actor);
    return std::any_of(open.begin(), open.end(), [&](const std::string& action) {
      const workorder::Step* step = context.type.step(action);
      return step != nullptr && step->verb != Action::merge && leads_on(context, order, actor, action);
    });
  };
  workorder::Actor owner, supervisor, quality;
  owner.id = order.owner;
  owner.hotline = supervisor.hotline = quality.hotline = true;
  supervisor.supervisor = quality.quality = true;
  bool somebody = (order.owner && steps(owner)) || steps(supervisor) || steps(quality);
  for (const auto& [code, department] : departments_.all())
    for (const workorder::Member& member : department.members) {
      if (somebody) return;
      workorder::Actor actor;
      actor.id = member.agent;
      actor.places = departments_.places_of(member.agent);
      somebody = steps(actor);
    }
  if (!somebody) complain(order.id, "is stuck in \"" + order.state + "\": nobody can take a step");
}

void OrderChecks::repeats_have_results(const Shadow& shadow) {
  if (!shadow.order.result_at) return;
  for (const WorkOrderId id : shadow.order.merged) {
    const Order* repeat = order(id);
    if (repeat == nullptr || repeat->closed || repeat->merged_into != shadow.order.id || repeat->asked_at) continue;
    if (!repeat->result_at || *repeat->result_at < *shadow.order.result_at)
      complain(id, "was merged into an order that has its result, and has it not");
  }
}

void OrderChecks::count(const Event& event) {
  Figures& f = figures_;
  f.warnings += event.kind == Action::warn ? 1 : 0;
  f.escalations += event.kind == Action::escalate ? 1 : 0;
  f.reopened +=
      event.kind == Action::reopen || (event.kind == Action::ask && event.answer == workorder::Answer::unsatisfied) ? 1
                                                                                                                    : 0;
  f.merged += event.kind == Action::merge && !event.state.empty() ? 1 : 0;
  f.extensions += event.kind == Action::approve_extension ? 1 : 0;
  f.co_handled += event.kind == Action::co_reply ? 1 : 0;
  f.returned += event.kind == Action::give_back ? 1 : 0;
  f.arbitrated += event.kind == Action::arbitrate ? 1 : 0;
  f.waits += event.kind == Action::wait ? 1 : 0;
}

void OrderChecks::acknowledged(const std::string& command_id, WorkOrderId order, std::int64_t version) {
  const app::OrderRow* row = shelf_.peek(order);
  if (row == nullptr || row->version < version || !shelf_.has_command(command_id))
    complain(order, "somebody was told it is done, and it is not stored");
}

void OrderChecks::ticked(TimePoint now) {
  for (const auto& [due, id] : due_) {
    if (due > now) return;
    if (!shelf_.is_leased(id, now)) return complain(id, "what was due has not been said");
  }
}

void OrderChecks::at_the_end(TimePoint now) {
  for (const auto& [id, shadow] : shadows_) {
    const auto& lines = shelf_.lines(id);
    if (workorder::broken_at(script_.sha256, lines, shelf_.peek(id)->hash)) complain(id, "its history was changed");
    const auto events = app::read_history(lines);
    if (!events || workorder::replay(*events) != shadow.order) complain(id, "its whole history gives another state");
  }
  for (const WorkOrderId id : shelf_.open()) {
    const Order& order = shadows_.at(id).order;
    complain(id, "is stuck: \"" + order.type + "\" in \"" + order.state + "\" since " +
                     std::to_string(std::chrono::duration_cast<std::chrono::hours>(now - order.changed_at).count()) +
                     " h, lead \"" + order.lead + "\"");
  }
}

}  // namespace hotline::sim
