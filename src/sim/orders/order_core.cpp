// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/order_core.hpp"

namespace hotline::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// As adapters/live's order clock looks at deadlines, and how many at once.
constexpr Duration clock_every{1'000};
constexpr std::uint32_t deadlines_at_once = 100;

}  // namespace

OrderCore::OrderCore(Parts parts, const OrderFaults& faults)
    : p_(parts), faults_(faults), chance_(parts.script.seed, "order core") {
  p_.shelf.fate = [this](const app::OrderCommit& commit) { return fate(commit); };
  p_.shelf.save_organisation(p_.script.organisation);
  plan_faults();
}

void OrderCore::start() {
  if (runs()) return;
  p_.shelf.reads_fail = false;
  desk_.emplace(p_.shelf, p_.script.types, p_.script.sha256,
                app::OrderDesk::Config{.start_seconds = to_unix_ms(p_.time.now()) / 1000});
  p_.trace.add(p_.time.now(), "core: starts");
  clock();
}

void OrderCore::die() {
  ++figures_.deaths;
  dies_next_ = false;
  p_.trace.add(p_.time.now(), "core: dies");
  desk_.reset();
  wakes_.reset();
  ++wake_ticket_;
  p_.time.after(chance_.between(seconds{2}, minutes{3}), [this] { start(); });
}

void OrderCore::stop_faults() {
  faults_ = {};
  dies_next_ = false;
  p_.shelf.reads_fail = false;
}

void OrderCore::plan_faults() {
  if (!faults_.core) return;
  p_.time.after(chance_.exponential(p_.script.core_dies_every), [this] {
    dies_next_ = faults_.core;
    plan_faults();
  });
}

OrderShelf::Fate OrderCore::fate(const app::OrderCommit& commit) {
  using Fate = OrderShelf::Fate;
  if (dies_next_) {
    dies_next_ = false;
    return chance_.chance(0.5) ? Fate::dies_before : Fate::dies_after;
  }
  if (faults_.store && chance_.chance(p_.script.store_fails)) {
    ++figures_.store_failures;
    return chance_.chance(0.5) ? Fate::fails : Fate::outcome_unknown;
  }
  if (faults_.races && !in_race_ && commit.writes.front().expected_version != 0 && chance_.chance(p_.script.race)) {
    ++figures_.races;
    in_race_ = true;
    race(commit.writes.front().row.id);
    in_race_ = false;
  }
  return Fate::commits;
}

template <class Ask>
Reply OrderCore::guarded(const std::string& command_id, const Ask& ask) {
  if (!runs()) return {};
  const bool nested = in_race_;  // the other's commit stands between: if it dies, the first one notices as well
  try {
    const Result<app::OrderRecord, app::OrderRefusal> result = ask();
    if (!nested) wake(p_.shelf.first_due().value_or(TimePoint::max()));
    if (!result) {
      (result.error().code == "stale" ? figures_.stale : figures_.refused) += 1;
      ++refusals_[result.error().code];
      if (p_.trace.is_shown())
        p_.trace.add(p_.time.now(), "refused: " + result.error().code + " " + result.error().message);
      return {Reply::Kind::refused, {}, result.error().code};
    }
    p_.checks.acknowledged(command_id, result->order.id, result->row.version);
    return {Reply::Kind::done, *result, {}};
  } catch (const CoreDied&) {
    if (nested) throw;
    in_race_ = false;
    die();
  } catch (const app::StoreError&) {
    wake(p_.shelf.first_due().value_or(TimePoint::max()));
  }
  return {};
}

Reply OrderCore::create(const app::OrderRequest& request, const workorder::Opening& opening) {
  return guarded(request.command_id, [&] { return desk_->create(request, opening, p_.time.now()); });
}

Reply OrderCore::act(WorkOrderId id, const app::OrderRequest& request, const workorder::Command& command,
                     std::optional<WorkOrderId> target) {
  return guarded(request.command_id, [&] { return desk_->act(id, request, command, target, p_.time.now()); });
}

std::optional<app::OrderRecord> OrderCore::find(WorkOrderId id) {
  if (!runs()) return std::nullopt;
  return desk_->find(id);
}

std::vector<app::OrderRow> OrderCore::orders(const app::OrderQuery& query) {
  return runs() ? p_.shelf.orders(query) : std::vector<app::OrderRow>{};
}

void OrderCore::wake(TimePoint at) {
  if (at == TimePoint::max() || !runs()) return;
  // On whole seconds, as the clock that looks once a second.
  at = std::max<TimePoint>(std::chrono::ceil<seconds>(at), std::chrono::floor<seconds>(p_.time.now()) + clock_every);
  if (wakes_ && *wakes_ <= at) return;
  wakes_ = at;
  p_.time.at(at, [this, ticket = ++wake_ticket_] {
    if (ticket == wake_ticket_) clock();
  });
}

void OrderCore::clock() {
  wakes_.reset();
  if (!runs()) return;
  try {
    while (desk_->tick(p_.time.now(), deadlines_at_once) == deadlines_at_once) {
    }
    p_.checks.ticked(p_.time.now());
  } catch (const CoreDied&) {
    return die();
  } catch (const app::StoreError&) {  // its leases come round again
  }
  wake(p_.shelf.first_due().value_or(TimePoint::max()));
}

}  // namespace hotline::sim
