// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/order_shelf.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hotline::sim {
namespace {

const std::set<WorkOrderId> nothing;

template <class Map, class Key>
const std::set<WorkOrderId>& at_or_nothing(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nothing : found->second;
}

void put(std::set<WorkOrderId>& set, WorkOrderId id, bool in) {
  if (in)
    set.insert(id);
  else
    set.erase(id);
}

}  // namespace

void OrderShelf::check_reads() const {
  if (reads_fail) throw app::StoreError("the simulated store is away");
}

void OrderShelf::index(WorkOrderId id, const Kept& kept, bool in) {
  const app::OrderRow& row = kept.row;
  if (kept.due) {
    if (in)
      due_.insert({*kept.due, id});
    else
      due_.erase({*kept.due, id});
  }
  for (const app::OrderPart& part : kept.parts)
    if (!part.done) put(inbox_[part.department], id, in);
  if (row.closed) return;
  put(open_, id, in);
  if (row.owner) put(owned_[*row.owner], id, in);
  put(in_state_[{row.type, row.state}], id, in);
}

void OrderShelf::apply(const app::OrderWrite& write, std::string* number) {
  Kept& kept = orders_[write.row.id];
  if (write.expected_version != 0) index(write.row.id, kept, false);
  const std::string had = write.expected_version == 0
                              ? write.number_prefix + fmt::format("{:04}", ++counts_[write.number_prefix])
                              : kept.row.number;
  if (number != nullptr && write.expected_version == 0) *number = had;
  kept.row = write.row;
  kept.row.number = had;
  kept.history.insert(kept.history.end(), write.events.begin(), write.events.end());
  kept.parts = write.parts;
  kept.due = write.next_due;
  kept.leased = {};
  index(write.row.id, kept, true);
  all_.insert(write.row.id);
}

app::CommitResult OrderShelf::commit(const app::OrderCommit& commit) {
  check_reads();
  const Fate will = fate(commit);  // others may commit meanwhile
  if (will == Fate::dies_before) throw CoreDied{};
  if (will == Fate::fails) throw app::StoreError("the simulated store did not commit");
  if (!commit.command_id.empty() && commands_.contains(commit.command_id)) return {app::CommitOutcome::repeated, {}};
  for (const app::OrderWrite& write : commit.writes) {
    const auto had = orders_.find(write.row.id);
    if ((had == orders_.end() ? 0 : had->second.row.version) != write.expected_version)
      return {app::CommitOutcome::stale, {}};
  }
  for (const app::OrderWrite& write : commit.writes) {
    if (write.partner_reference.empty()) continue;
    if (!matters_.insert({write.partner, write.partner_reference}).second) return {app::CommitOutcome::taken, {}};
  }
  if (!commit.command_id.empty()) {
    const app::OrderRow& about = commit.writes.front().row;
    commands_[commit.command_id] = {commit.command_id, commit.fingerprint, about.id, about.version, commit.now};
  }
  app::CommitResult result;
  for (const app::OrderWrite& write : commit.writes)
    apply(write, &write == &commit.writes.front() ? &result.number : nullptr);
  committed(commit);
  if (will == Fate::dies_after) throw CoreDied{};
  if (will == Fate::outcome_unknown) throw app::StoreError("the simulated store went away during the commit");
  return result;
}

std::optional<app::OrderCommand> OrderShelf::command(const std::string& id) {
  check_reads();
  const auto found = commands_.find(id);
  return found == commands_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<app::OrderRow> OrderShelf::order(WorkOrderId id) {
  check_reads();
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::nullopt : std::optional(found->second.row);
}

std::vector<workorder::SealedEvent> OrderShelf::history(WorkOrderId id) {
  check_reads();
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::vector<workorder::SealedEvent>{} : found->second.history;
}

const std::set<WorkOrderId>& OrderShelf::candidates(const app::OrderQuery& query) const {
  if (!query.department.empty()) return at_or_nothing(inbox_, query.department);
  const bool open_only = query.due_before || query.closed == false;
  if (query.owner && open_only) return at_or_nothing(owned_, *query.owner);
  if (!query.type.empty() && !query.state.empty() && open_only)
    return at_or_nothing(in_state_, std::pair(query.type, query.state));
  return open_only ? open_ : all_;
}

std::vector<app::OrderRow> OrderShelf::orders(const app::OrderQuery& query) {
  check_reads();
  if (query.customer || query.contact || !query.number.empty() || !query.phone_suffix.empty() || query.to_tell ||
      query.handler || !query.search.empty() || !query.lead.empty() || query.level_least > 0 || query.after)
    throw app::StoreError("the simulated store does not search for this");
  const std::size_t most = std::min<std::uint32_t>(query.limit, 200);
  std::vector<const app::OrderRow*> found;
  const auto& from = candidates(query);
  for (auto it = from.rbegin(); it != from.rend(); ++it) {
    const app::OrderRow& row = orders_.at(*it).row;
    const bool fits = (!query.owner || row.owner == query.owner) && (query.type.empty() || row.type == query.type) &&
                      (query.state.empty() || row.state == query.state) &&
                      (query.partner.empty() || row.partner == query.partner) &&
                      (!query.closed || row.closed == *query.closed) &&
                      (!query.due_before || (!row.closed && row.due_at && *row.due_at < *query.due_before)) &&
                      (query.by_due || !query.before || row.id < *query.before);
    if (!fits) continue;
    found.push_back(&row);
    if (!query.by_due && found.size() == most) break;
  }
  if (query.by_due)
    std::sort(found.begin(), found.end(), [](const app::OrderRow* a, const app::OrderRow* b) {
      const auto key = [](const app::OrderRow& row) {
        return std::tuple(!row.due_at.has_value(), row.due_at.value_or(TimePoint{}), row.id);
      };
      return key(*a) < key(*b);
    });
  std::vector<app::OrderRow> rows;
  for (const app::OrderRow* row : found) {
    if (rows.size() == most) break;
    rows.push_back(*row);
    rows.back().document.clear();
  }
  return rows;
}

std::vector<app::OrderRow> OrderShelf::orders_after(WorkOrderId after, std::uint32_t limit) {
  check_reads();
  std::vector<app::OrderRow> found;
  for (auto it = orders_.upper_bound(after); it != orders_.end() && found.size() < limit; ++it)
    found.push_back(it->second.row);
  return found;
}

std::vector<app::OrderTypeState> OrderShelf::open_places() {
  check_reads();
  std::vector<app::OrderTypeState> found;
  for (const auto& [place, orders] : in_state_)
    if (!orders.empty()) found.push_back({place.first, place.second});
  return found;
}

std::vector<app::OrderDeadline> OrderShelf::claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) {
  check_reads();
  std::vector<app::OrderDeadline> claimed;
  for (auto it = due_.begin(); it != due_.end() && it->first <= now && claimed.size() < limit; ++it) {
    Kept& kept = orders_.at(it->second);
    if (kept.leased > now) continue;
    kept.leased = until;
    claimed.push_back({it->second, it->first});
  }
  return claimed;
}

std::optional<app::OrderDeadline> OrderShelf::deadline(WorkOrderId order) {
  const auto found = orders_.find(order);
  if (found == orders_.end() || !found->second.due) return std::nullopt;
  return app::OrderDeadline{order, *found->second.due};
}

const app::OrderRow* OrderShelf::peek(WorkOrderId id) const {
  const auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second.row;
}

std::optional<TimePoint> OrderShelf::first_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

bool OrderShelf::is_leased(WorkOrderId id, TimePoint now) const {
  const auto found = orders_.find(id);
  return found != orders_.end() && found->second.leased > now;
}

}  // namespace hotline::sim
