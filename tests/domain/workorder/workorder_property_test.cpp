// SPDX-License-Identifier: Apache-2.0
// Every shipped type under random commands of everybody, beside a shadow that sees only the history: no order leaves
// the loop without the customer told and asked, no clock counts outside its calendar, each escalation comes once and
// none is left out, the history folds to the state, and its chain shows any change.
#include <deque>
#include <set>

#include "app/orders/order_text.hpp"
#include "domain/workorder/chain.hpp"
#include "domain/workorder/workorder_fixture.hpp"
#include "vault/sha256.hpp"

namespace hotline::workorder::test {
namespace {

struct Move {
  int who, what, how, minutes;
};
void showValue(const Move& move, std::ostream& out) {
  out << move.who << '/' << move.what << '/' << move.how << '+' << move.minutes << 'm';
}
rc::Gen<std::vector<Move>> moves() {
  return rc::gen::resize(
      60, rc::gen::container<std::vector<Move>>(rc::gen::construct<Move>(
              rc::gen::inRange(0, 13), rc::gen::inRange(0, 1'000), rc::gen::inRange(0, 1'000),
              rc::gen::weightedOneOf<int>(
                  {{3, rc::gen::inRange(0, 90)}, {2, rc::gen::inRange(0, 1'500)}, {1, rc::gen::inRange(0, 12'000)}}))));
}

/// Everything a command may need, chosen by `how`.
Command command_for(const World& world, const Type& type, const Order& order, std::uint64_t by,
                    const std::string& action, int how) {
  static const char* departments[] = {"repair", "market", "network"};
  Command command;
  command.by = world.actor(by);
  command.action = action;
  command.text = how % 17 == 0 ? "" : "done";
  if (how % 13 != 0) command.evidence = {"contact:12", "document:letter"};
  command.lead = departments[how % 3];
  command.channel = "phone";
  command.answer = how % 5 == 0 ? Answer::unsatisfied : how % 5 == 1 ? Answer::unreached : Answer::satisfied;
  command.passed = how % 4 != 0;
  command.agent = AgentId{static_cast<std::uint64_t>(1 + how % 4)};
  command.condition = kClosingConditions[how % 5];
  command.duration = hours{1 + how % 10};
  if (!type.clocks.empty()) command.clock = type.clocks[static_cast<std::size_t>(how) % type.clocks.size()].code;
  if (how % 6 == 0)
    command.target = MergeTarget{WorkOrderId{9}, order.type, false, false, how % 12 == 0 ? "fixed" : ""};
  if (action == "co_reply" || action == "release" || action == "add_co_handler")
    command.departments = {departments[how / 3 % 3]};
  else if (action == "dispatch" && how % 2 == 0)
    command.departments = {departments[(how + 1) % 3]};
  if (action == "set_fields" && !type.fields.empty()) {
    const Field& field = type.fields[static_cast<std::size_t>(how) % type.fields.size()];
    command.fields[field.code] = some_value(field);
    if (field.kind == FieldKind::choice) command.fields[field.code] = field.choices.back().code;
  }
  return command;
}

/// Sees only events.
class Shadow {
 public:
  explicit Shadow(const World& world, const Type& type) : world_(world), type_(type) {}

  void see(const Order& before, const Event& event, const Order& after) {
    RC_ASSERT(event.seq == ++seq_);
    RC_ASSERT(event.at >= last_);
    count(before, event.at);
    last_ = event.at;
    telling(event);
    leaves(event, before);
    if (event.closed && !closed_) {
      if (event.kind == Action::ask && event.answer == Answer::unsatisfied) RC_ASSERT(leave_);
      RC_ASSERT(result_);
      RC_ASSERT(told_);
      RC_ASSERT(asked_);
    }
    closed_ = event.closed;
    clocks(event, after);
  }

 private:
  void telling(const Event& event) {
    const bool again = (event.kind == Action::ask && event.answer == Answer::unsatisfied && !leave_) ||
                       (event.kind == Action::inspect && !event.passed) || event.kind == Action::reopen ||
                       event.kind == Action::give_back || event.kind == Action::split;
    if (again) result_ = told_ = asked_ = false;
    const bool result = event.kind == Action::reply || event.kind == Action::solve ||
                        (event.kind == Action::merge && !event.state.empty() && !event.text.empty());
    if (result) {
      leave_ = false;
      asked_leave_ = {};
      result_ = true;
      told_ = asked_ = false;
    }
    if (event.kind == Action::tell) {
      RC_ASSERT(result_);
      told_ = true;
      asked_ = false;
      attempts_ = 0;
    }
    if (event.kind != Action::ask || again) return;
    RC_ASSERT(told_);
    ++attempts_;
    asked_ = event.answer != Answer::unreached || attempts_ >= type_.asks_least;
  }

  /// Who stays unsatisfied ends an order only with leave, asked for by one person and approved by another.
  void leaves(const Event& event, const Order& before) {
    if (event.kind == Action::ask_closing) {
      RC_ASSERT(before.unsatisfied >= type_.unsatisfied_least);
      RC_ASSERT(!event.evidence.empty());
      asked_leave_ = event.by;
    }
    if (event.kind == Action::approve_closing) {
      RC_ASSERT(asked_leave_);
      RC_ASSERT(asked_leave_ != event.by);
      leave_ = true;
    }
    if (event.kind == Action::refuse_closing || !result_) {
      asked_leave_ = {};
      leave_ = false;
    }
  }

  /// Adds the open minutes since the last event to every clock that ran: one minute after the other.
  void count(const Order& before, TimePoint to) {
    for (const ClockState& clock : before.clocks) {
      if (clock.phase != ClockPhase::running) continue;
      const Calendar& calendar = world_.calendars.of(clock.calendar);
      for (TimePoint at = last_; at < to; at += minutes{1})
        if (is_open(calendar, at)) counted_[clock.clock] += minutes{1};
    }
  }

  void clocks(const Event& event, const Order& after) {
    for (const ClockState& clock : event.clocks) {
      if (clock.round != rounds_[clock.clock]) counted_[clock.clock] = Duration{};
      rounds_[clock.clock] = clock.round;
    }
    for (const ClockState& clock : after.clocks) {
      const Context context = world_.context(type_);
      RC_ASSERT(spent_by(context, clock, event.at) == counted_[clock.clock]);
      if (clock.phase == ClockPhase::running && type_.clock(clock.clock)->pauses) RC_ASSERT(!after.waiting_since);
      if (clock.phase == ClockPhase::running) RC_ASSERT(!after.closed);
    }
    if (event.kind != Action::warn && event.kind != Action::escalate) return;
    const Clock& clock = *type_.clock(event.clock);
    const ClockState& state = *after.clock(event.clock);
    const auto index = static_cast<std::size_t>(event.number - 1);
    const bool warning = event.kind == Action::warn;
    // Once each: of a round's escalations, and of the warnings of each limit.
    RC_ASSERT(
        given_.insert({event.clock, state.round, warning ? state.limit : Duration{}, warning, event.number}).second);
    const Duration due =
        warning ? state.limit - clock.warn_before.at(index) : state.limit + clock.escalations.at(index).after;
    RC_ASSERT(counted_[event.clock] >= due);
    if (!warning) RC_ASSERT(event.level == to_string(clock.escalations.at(index).to));
    if (!warning && index > 0)
      RC_ASSERT(given_.contains({event.clock, state.round, Duration{}, false, event.number - 1}));
  }

 public:
  /// After a tick at `now` nothing that is due is left unsaid.
  void nothing_left(const Order& order, TimePoint now) {
    for (const ClockState& state : order.clocks) {
      if (state.phase != ClockPhase::running) continue;
      const Clock& clock = *type_.clock(state.clock);
      const Duration spent = spent_by(world_.context(type_), state, now);
      for (std::size_t i = 0; i < clock.escalations.size(); ++i)
        if (spent >= state.limit + clock.escalations[i].after)
          RC_ASSERT(given_.contains({state.clock, state.round, Duration{}, false, static_cast<std::int64_t>(i + 1)}));
    }
    if (const auto due = next_due(world_.context(type_), order)) RC_ASSERT(*due > now);
  }

 private:
  const World& world_;
  const Type& type_;
  std::int64_t seq_ = 0, attempts_ = 0;
  TimePoint last_ = monday;
  bool result_ = false, told_ = false, asked_ = false, closed_ = false, leave_ = false;
  AgentId asked_leave_;
  std::map<std::string, Duration> counted_;
  std::map<std::string, std::int64_t> rounds_;
  std::set<std::tuple<std::string, std::int64_t, Duration, bool, std::int64_t>> given_;
};

/// What matters to the engine of where an order stands.
auto situation(const Order& order) {
  return std::tuple(order.state, order.lead.empty(), order.result_at.has_value(), order.told_at.has_value(),
                    order.asked_at.has_value(), static_cast<bool>(order.merged_into));
}

/// What is needed before any step: the customer's silence ends, the co-handlers are released, the conditions recorded.
void clear_the_way(Story& story, TimePoint now) {
  story.take(tick(story.world.context(story.type), story.order, now));
  if (story.order.waiting_since) (void)story.act(3, "resume", now);
  if (!story.order.owner) (void)story.act(1, "take_over", now);
  for (const Part& part : std::vector<Part>(story.order.parts))
    if (!part.lead) (void)story.act(3, "release", now, [&](Command& c) { c.departments = {part.department}; });
  for (const std::string& condition : story.type.closing)
    if (!story.order.condition(condition))
      (void)story.act(3, "record_condition", now, [&](Command& c) { c.condition = condition; });
}

/// Walks everywhere from `story` by what people may really do. Returns the states seen.
std::set<std::string> explore(const Story& from, TimePoint now, bool stop_at_end) {
  std::set<std::string> seen_states;
  std::set<decltype(situation(from.order))> seen;
  std::deque<Story> open{from};
  while (!open.empty()) {
    Story story = std::move(open.front());
    open.pop_front();
    now += hours{2};
    if (!seen.insert(situation(story.order)).second) continue;
    seen_states.insert(story.order.state);
    if (stop_at_end && story.order.closed) return seen_states;
    clear_the_way(story, now);
    if (story.order.merged_into && !story.order.result_at) {
      Order main;
      main.id = story.order.merged_into;
      main.result = "fixed";
      Story followed = story;
      followed.take({follow(story.world.context(story.type), story.order, main, now)});
      open.push_back(std::move(followed));
    }
    for (const std::uint64_t by : World::people())
      for (const std::string& action :
           open_actions(story.world.context(story.type), story.order, story.world.actor(by))) {
        if (story.type.step(action) == nullptr) continue;
        for (const bool good : {true, false}) {
          Story next = story;
          const std::string refused = next.act(by, action, now, [&](Command& c) {
            c.passed = good;
            c.answer = good ? Answer::satisfied : Answer::unsatisfied;
            if (c.lead == story.order.lead) c.lead = "market";
            c.target = MergeTarget{WorkOrderId{9}, story.type.code, false, false, ""};
          });
          if (refused.empty() && !seen.contains(situation(next.order))) open.push_back(std::move(next));
        }
      }
  }
  return seen_states;
}

void random_life(const Type& type, const std::vector<Move>& moves) {
  const World world;
  Story story{world, type};
  TimePoint now = monday;
  RC_ASSERT(story.create(now));
  Shadow shadow(world, type);
  Order seen;
  const auto watch = [&] {
    for (auto i = static_cast<std::size_t>(seen.version); i < story.history.size(); ++i) {
      const Order before = seen;
      apply(seen, story.history[i]);
      shadow.see(before, story.history[i], seen);
    }
    RC_ASSERT(seen == story.order);
  };
  watch();
  for (const Move& move : moves) {
    now += minutes{move.minutes};
    const std::uint64_t by = World::people()[static_cast<std::size_t>(move.who) % World::people().size()];
    if (move.what % 7 == 0) {
      story.take(tick(world.context(type), story.order, now));
      watch();
      shadow.nothing_left(story.order, now);
      continue;
    }
    std::string action;
    const auto open = open_actions(world.context(type), story.order, world.actor(by));
    if (move.what % 11 != 0 && !open.empty())
      action = open[static_cast<std::size_t>(move.what) % open.size()];
    else  // anything, allowed or not
      action = type.steps[static_cast<std::size_t>(move.what) % type.steps.size()].code;
    if (story.order.merged_into && !story.order.result_at && move.how % 3 == 0) {
      Order main;
      main.id = story.order.merged_into;
      main.result = "fixed";
      story.take({follow(world.context(type), story.order, main, now)});
      watch();
    }
    const Order untouched = story.order;
    const std::string refused = story.act(command_for(world, type, story.order, by, action, move.how), now);
    if (!refused.empty()) RC_ASSERT(story.order == untouched);
    watch();
  }
  RC_ASSERT(replay(story.history) == story.order);

  // As it is stored: every line and the state come back, and the chain shows any change.
  std::vector<SealedEvent> sealed;
  std::string hash;
  for (const Event& event : story.history) {
    sealed.push_back(app::seal(story.order.id, event));
    hash = sealed.back().hash = link_hash(vault::sha256_hex, hash, sealed.back());
  }
  const auto read = app::read_history(sealed);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == story.history);
  const auto state = app::read_order(app::write_order(story.order));
  RC_ASSERT(state.has_value());
  RC_ASSERT(*state == story.order);
  RC_ASSERT(!broken_at(vault::sha256_hex, sealed, hash));
  const auto at = *rc::gen::inRange<std::size_t>(0, sealed.size());
  auto changed = sealed;
  changed[at].data.back() = ' ';
  RC_ASSERT(broken_at(vault::sha256_hex, changed, hash) == static_cast<std::int64_t>(at + 1));
  auto shorter = sealed;
  shorter.pop_back();
  RC_ASSERT(broken_at(vault::sha256_hex, shorter, hash).has_value());

  RC_ASSERT(explore(story, now, true).contains([&] {
    for (const State& s : type.states)
      if (s.end) return s.code;
    return std::string();
  }()));
}

class EveryType : public testing::TestWithParam<std::string> {};

TEST_P(EveryType, KeepsItsPromisesUnderRandomCommands) {
  const Type& type = shipped().at(GetParam());
  EXPECT_TRUE(rc::check(GetParam(), [&] { random_life(type, *moves()); }));
}

TEST_P(EveryType, ReachesEachOfItsStates) {
  const World world;
  Story story{world, shipped().at(GetParam())};
  ASSERT_TRUE(story.create(monday));
  const auto seen = explore(story, monday, false);
  for (const State& state : story.type.states) EXPECT_TRUE(seen.contains(state.code)) << state.code;
}

INSTANTIATE_TEST_SUITE_P(, EveryType,
                         testing::Values("complaint", "enquiry_follow_up", "product_order", "fault_report",
                                         "supervision_order", "joint_response_110", "consumer_line_12315",
                                         "regulator_appeal", "media_matter", "sample_call_back", "business_request",
                                         "knowledge_correction"),
                         [](const auto& type) { return type.param; });

TEST(ShippedTypes, AreTheTwelve) {
  EXPECT_EQ(shipped().size(), 12U);
}

}  // namespace
}  // namespace hotline::workorder::test
