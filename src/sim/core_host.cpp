// SPDX-License-Identifier: Apache-2.0
#include "sim/core_host.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

constexpr Duration health_every{500};  // as adapters/live
constexpr Duration unhealthy_after{2'000};
constexpr std::size_t groups_a_commit_max = 64;

/// Lines of the log which say that parts of the core saw things differently: they mend it, and it must not happen.
bool is_disagreement(const std::string& line) {
  for (const char* command : {"accept: ", "call_finished: ", "device_lost: ", "refuse: "}) {
    if (line.starts_with(command)) return true;
  }
  if (line.starts_with("watchdog: ")) return true;
  return line.find("cannot be read") != std::string::npos || line.find("settled as lost") != std::string::npos;
}

}  // namespace

CoreHost::CoreHost(Parts parts, app::LiveConfig config, std::shared_ptr<const call::FlowBook> flows, std::uint64_t seed)
    : time_(parts.time),
      trace_(parts.trace),
      store_(parts.store),
      link_(parts.link),
      desks_(parts.desks),
      config_(std::move(config)),
      flows_(std::move(flows)),
      chance_(seed, "store") {
  link_.set_core({
      [this](const app::NodeInfo& info) {
        input("core: node connected", info.boot_id,
              [&](app::Live& live, TimePoint now) { return live.node_connected(info, now); });
      },
      [this] {
        input("core: node disconnected", 0,
              [](app::Live& live, TimePoint now) { return live.node_disconnected(node_name, now); });
      },
      [this](const app::VoiceEvent& event) {
        trace_.add(time_.now(), "core: event", event.report.index(), event.seq);
        input("core: node event", event.seq,
              [&](app::Live& live, TimePoint now) { return live.node_event(node_name, event, now); });
      },
      [this](const app::NodeSnapshot& snapshot) {
        input("core: node snapshot", snapshot.size(),
              [&](app::Live& live, TimePoint now) { return live.node_snapshot(node_name, snapshot, now); });
      },
      [this](const app::NodeStanding& standing) {
        input("core: node standing", standing.mark,
              [&](app::Live& live, TimePoint now) { return live.node_stands(node_name, standing, now); });
      },
  });
}

TimePoint CoreHost::clock() {
  clock_ = std::max(clock_, time_.now() + offset_);
  return clock_;
}

void CoreHost::jump_clock(Duration by) {
  offset_ += by;
  if (live_) plan_tick();
}

void CoreHost::start() {
  if (live_) return;
  ++life_;
  trace_.add(time_.now(), "core: starts", life_);
  healthy_ = true;
  const std::uint64_t epoch = store_.next_epoch();
  // Ids begin with the second of the start, which a clock that was set back may repeat: the real core waits for the
  // next.
  clock_ = std::max(clock_ + Duration{1'000}, time_.now() + offset_);
  live_ = std::make_unique<app::Live>(config_, IdMaker(to_unix_ms(clock_) / 1000, IdMaker::Origin::core));
  decide(live_->start(store_.load(flows_), clock_));
  const app::NodeCursor cursor = live_->cursor(node_name);
  link_.core_starts(epoch, cursor.boot_id, cursor.seq);
  desks_.core_is_back();
}

void CoreHost::crash() {
  if (!live_) return;
  trace_.add(time_.now(), "core: killed", life_);
  link_.core_dies();
  // The commit on its way is durable or not: nobody can tell.
  if (committing_ > 0 && chance_.chance(0.5)) {
    for (std::size_t i = 0; i < committing_; ++i) store_.commit(groups_[committed_ + i].changes);
  }
  live_.reset();
  groups_.clear();
  committed_ = committing_ = 0;
  awaited_.clear();
  tick_is_planned_ = false;
  ++life_;
}

void CoreHost::node_is_dead() {
  input("core: node dead", 0, [](app::Live& live, TimePoint now) { return live.node_dead(node_name, now); });
}

// ---- time

void CoreHost::tick_if_due(TimePoint now) {
  const auto due = live_->next_due();
  if (!due || *due > now) return;
  trace_.add(now, "core: tick");
  decide(live_->tick(now));
  const auto next = live_->next_due();
  if (next && *next <= now) complain("a deadline fires again and again: still due after tick()");
  if (!chance_.chance(0.05)) return;
  const app::LiveEffects again = live_->tick(now);
  if (!again.changes.empty() || !again.outward.empty()) complain("a deadline fired twice");
}

/// The strand wakes when the clock says the next deadline has come.
void CoreHost::plan_tick() {
  const auto due = live_->next_due();
  if (!due) return;
  const TimePoint when = std::max(*due - offset_, time_.now());
  if (tick_is_planned_ && tick_planned_ <= when) return;
  tick_is_planned_ = true;
  tick_planned_ = when;
  time_.at(when, [this, life = life_, when] {
    if (!live_ || life != life_ || !tick_is_planned_ || when != tick_planned_) return;
    tick_is_planned_ = false;
    tick_if_due(clock());
    plan_tick();
  });
}

// ---- commit before effect

void CoreHost::decide(app::LiveEffects effects) {
  ++inputs_;
  for (const app::Change& change : effects.changes) {
    if (const auto* call = std::get_if<app::LiveCall>(&change)) trace_.take(call->state);
    if (const auto* agent = std::get_if<app::LiveAgent>(&change)) trace_.take(agent->state);
  }
  if (after_input && !effects.changes.empty()) after_input(effects, clock_);
  plan_tick();
  groups_.push_back({std::move(effects.changes), std::move(effects.outward)});
  commit_next();
}

void CoreHost::commit_next() {
  if (committing_ > 0 || groups_.size() == committed_) return;
  std::size_t writes = 0;
  while (committed_ + committing_ < groups_.size() && committing_ < groups_a_commit_max)
    writes += groups_[committed_ + committing_++].changes.empty() ? 0 : 1;
  Duration length{0};
  if (writes > 0) {
    length = Duration{static_cast<std::int64_t>(1 + chance_.below(6))};
    if (stalled_until_ > time_.now()) {
      length += stalled_until_ - time_.now();
      watch_health();
    }
  }
  time_.after(length, [this, life = life_, groups = committing_] { committed(life, groups); });
}

void CoreHost::committed(std::uint64_t life, std::size_t groups) {
  if (life != life_) return;
  for (std::size_t i = 0; i < groups; ++i) store_.commit(groups_[committed_ + i].changes);
  committed_ += groups;
  committing_ = 0;
  commit_next();
  // The release is posted back to the strand: a crash may come between.
  time_.after(Duration{static_cast<std::int64_t>(chance_.below(2))}, [this, life] {
    if (life == life_) release();
  });
}

void CoreHost::release() {
  std::vector<app::Outward> outward;
  for (; committed_ > 0; --committed_) {
    for (app::Outward& effect : groups_.front().outward) outward.push_back(std::move(effect));
    groups_.pop_front();
  }
  for (const app::Outward& effect : outward) show(effect);
}

/// As the driver's health check: what is not committed for long stops new calls.
void CoreHost::watch_health() {
  if (!healthy_ || stalled_until_ - time_.now() < unhealthy_after) return;
  healthy_ = false;
  time_.after(unhealthy_after, [this, life = life_] {
    if (life == life_ && live_) live_->set_store_healthy(false);
  });
  time_.at(stalled_until_ + health_every, [this, life = life_] {
    if (life != life_ || !live_) return;
    live_->set_store_healthy(true);
    healthy_ = true;
  });
}

void CoreHost::show(const app::Outward& effect) {
  if (const auto* command = std::get_if<app::ToNode>(&effect)) {
    link_.send(command->call, command->command);
  } else if (const auto* ask = std::get_if<app::AskNode>(&effect)) {
    link_.ask(ask->mark);
  } else if (const auto* ack = std::get_if<app::AcknowledgeNode>(&effect)) {
    link_.acknowledge(ack->boot_id, ack->seq);
  } else if (const auto* answer = std::get_if<app::Answer>(&effect)) {
    auto waiting = awaited_.extract(answer->reply->request);
    if (!waiting) return complain("a reply nobody waits for, or a second one");
    if (waiting.mapped()) waiting.mapped()(*answer->reply);
  } else if (const auto* agent = std::get_if<app::AgentSeen>(&effect)) {
    desks_.agent_shown(agent->agent);
  } else if (const auto* call = std::get_if<app::CallSeen>(&effect)) {
    desks_.call_shown(*call);
  } else if (const auto* question = std::get_if<app::FindCustomer>(&effect)) {
    look_up(*question);
  } else if (const auto* line = std::get_if<app::Logged>(&effect)) {
    if (trace_.is_shown()) trace_.add(time_.now(), "log: " + line->what, line->call.value());
    if (is_disagreement(line->what)) complain("call " + line->call.to_string() + ": " + line->what);
  }
}

/// Every third caller is a customer, every ninth a very important one.
void CoreHost::look_up(const app::FindCustomer& question) {
  if (question.number.empty() || (question.number.back() - '0') % 3 != 0) return;
  app::Customer customer;
  customer.id = CustomerId{1 + static_cast<std::uint64_t>(question.number.back())};
  customer.number = question.number;
  customer.name = "customer";
  customer.vip = question.number.back() == '9';
  time_.after(Duration{static_cast<std::int64_t>(1 + chance_.below(40))}, [this, life = life_, question, customer] {
    if (life != life_) return;
    input("core: customer found", question.call.value(),
          [&](app::Live& live, TimePoint now) { return live.customer_found(question.call, customer, now); });
  });
}

}  // namespace hotline::sim
