// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/store/memory_orders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/store/digits.hpp"
#include "adapters/store/order_sql.hpp"

namespace hotline::store {
namespace {

template <class List>
void cut(List& list, std::uint32_t limit) {
  if (list.size() > limit) list.resize(limit);
}

}  // namespace

app::CommitResult MemoryOrders::commit(const app::OrderCommit& commit) {
  check_text(commit);
  const std::lock_guard lock(mutex_);
  if (!commit.command_id.empty() && commands_.contains(commit.command_id)) return {app::CommitOutcome::repeated, {}};
  for (const app::OrderWrite& write : commit.writes) {
    const auto had = orders_.find(write.row.id);
    if ((had == orders_.end() ? 0 : had->second.row.version) != write.expected_version)
      return {app::CommitOutcome::stale, {}};
  }
  for (const app::OrderWrite& write : commit.writes)
    if (matters_.contains({write.partner, write.partner_reference})) return {app::CommitOutcome::taken, {}};
  app::CommitResult result;
  if (!commit.command_id.empty()) {
    const app::OrderRow& about = commit.writes.front().row;
    commands_[commit.command_id] = {commit.command_id, commit.fingerprint, about.id, about.version, commit.now};
  }
  for (const app::OrderWrite& write : commit.writes) {
    if (!write.partner_reference.empty()) matters_[{write.partner, write.partner_reference}] = write.row.id;
    Kept& kept = orders_[write.row.id];
    const std::string number = write.expected_version == 0
                                   ? write.number_prefix + fmt::format("{:04}", ++counts_[write.number_prefix])
                                   : kept.row.number;
    const std::string type = write.expected_version == 0 ? write.row.type : kept.row.type;
    const TimePoint created = write.expected_version == 0 ? write.row.created_at : kept.row.created_at;
    kept.row = write.row;
    kept.row.number = number;
    kept.row.type = type;
    kept.row.created_at = created;
    if (write.expected_version == 0 && &write == &commit.writes.front()) result.number = number;
    kept.history.insert(kept.history.end(), write.events.begin(), write.events.end());
    kept.parts = write.parts;
    if (write.search) kept.indexed = search::index_text(*write.search);
    for (const app::Attachment& attachment : write.attachments) attachments_[attachment.id] = attachment;
    if (write.next_due)
      deadlines_[write.row.id] = {*write.next_due, {}};
    else
      deadlines_.erase(write.row.id);
    for (app::OutboxEntry entry : write.outbox) {
      entry.id = static_cast<std::int64_t>(outbox_.size()) + 1;
      outbox_[entry.id] = entry;
    }
  }
  return result;
}

std::optional<app::OrderCommand> MemoryOrders::command(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = commands_.find(id);
  return found == commands_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t MemoryOrders::forget_commands(TimePoint before, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<TimePoint, std::string>> old;
  for (const auto& [id, command] : commands_)
    if (command.at < before) old.emplace_back(command.at, id);
  std::sort(old.begin(), old.end());
  if (old.size() > limit) old.resize(limit);
  for (const auto& [at, id] : old) commands_.erase(id);
  return static_cast<std::uint32_t>(old.size());
}

std::optional<app::OrderRow> MemoryOrders::order(WorkOrderId id) {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::nullopt : std::optional(found->second.row);
}

std::vector<workorder::SealedEvent> MemoryOrders::history(WorkOrderId id) {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::vector<workorder::SealedEvent>{} : found->second.history;
}

bool MemoryOrders::fits(const Kept& kept, const app::OrderQuery& query) const {
  const app::OrderRow& row = kept.row;
  const std::string suffix = reversed_digits(query.phone_suffix);
  const bool in_department = (query.department.empty() && !query.handler) ||
                             std::any_of(kept.parts.begin(), kept.parts.end(), [&](const app::OrderPart& part) {
                               return (query.department.empty() || part.department == query.department) &&
                                      (!query.handler || part.handler == query.handler) && !part.done;
                             });
  return in_department && (query.lead.empty() || row.lead == (query.lead == "-" ? "" : query.lead)) &&
         row.level >= query.level_least &&
         (query.search.empty() || has_what_was_asked(kept, search::asked_for(query.search))) &&
         (!query.owner || row.owner == query.owner) && (query.type.empty() || row.type == query.type) &&
         (query.state.empty() || row.state == query.state) && (query.partner.empty() || row.partner == query.partner) &&
         (!query.customer || row.customer == query.customer) && (!query.contact || row.contact == query.contact) &&
         (query.number.empty() || row.number == query.number) &&
         (suffix.empty() || reversed_digits(row.phone).starts_with(suffix)) &&
         (!query.closed || row.closed == *query.closed) && (!query.to_tell || row.to_tell_since) &&
         (!query.due_before || (!row.closed && row.due_at && *row.due_at < *query.due_before)) &&
         (query.by_due || !query.before || row.id < *query.before);
}

bool MemoryOrders::has_what_was_asked(const Kept& kept, const search::Asked& asked) {
  if (!asked.number_from.empty()) return kept.row.number >= asked.number_from && kept.row.number < asked.number_end;
  return (asked.text && kept.indexed && search::matches(*kept.indexed, *asked.text)) ||
         (!asked.digits.empty() && reversed_digits(kept.row.phone).starts_with(reversed_digits(asked.digits)));
}

std::vector<app::OrderRow> MemoryOrders::orders(const app::OrderQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<app::OrderRow> found;
  for (const auto& [id, kept] : orders_) {
    if (!fits(kept, query)) continue;
    found.push_back(kept.row);
    found.back().document.clear();
  }
  std::reverse(found.begin(), found.end());
  const bool narrow =
      query.owner || query.customer || query.contact || query.handler || !query.department.empty() || query.to_tell;
  if (query.by_due && (query.search.empty() || narrow)) {
    const auto key = [](const std::optional<TimePoint>& due, WorkOrderId id) {
      return std::tuple(!due.has_value(), due.value_or(TimePoint{}), id);
    };
    if (query.after)
      std::erase_if(found, [&](const app::OrderRow& row) {
        return key(row.due_at, row.id) <= key(query.after->due, query.after->id);
      });
    std::sort(found.begin(), found.end(), [&](const app::OrderRow& a, const app::OrderRow& b) {
      return key(a.due_at, a.id) < key(b.due_at, b.id);
    });
  }
  cut(found, std::min<std::uint32_t>(query.limit, 200));
  return found;
}

std::vector<app::OrderRow> MemoryOrders::orders_after(WorkOrderId after, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::OrderRow> found;
  for (auto it = orders_.upper_bound(after); it != orders_.end() && found.size() < limit; ++it)
    found.push_back(it->second.row);
  return found;
}

std::vector<app::OrderTypeState> MemoryOrders::open_places() {
  const std::lock_guard lock(mutex_);
  std::set<std::pair<std::string, std::string>> places;
  for (const auto& [id, kept] : orders_)
    if (!kept.row.closed) places.emplace(kept.row.type, kept.row.state);
  std::vector<app::OrderTypeState> found;
  for (const auto& [type, state] : places) found.push_back({type, state});
  return found;
}

std::vector<app::OrderDeadline> MemoryOrders::claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::OrderDeadline> due;
  for (const auto& [id, one] : deadlines_)
    if (one.due <= now && one.leased <= now) due.push_back({id, one.due});
  std::sort(due.begin(), due.end(),
            [](const auto& a, const auto& b) { return std::pair(a.due, a.order) < std::pair(b.due, b.order); });
  cut(due, limit);
  for (const app::OrderDeadline& one : due) deadlines_[one.order].leased = until;
  return due;
}

std::optional<app::OrderDeadline> MemoryOrders::deadline(WorkOrderId order) {
  const std::lock_guard lock(mutex_);
  const auto found = deadlines_.find(order);
  if (found == deadlines_.end()) return std::nullopt;
  return app::OrderDeadline{order, found->second.due};
}

std::vector<app::OutboxEntry> MemoryOrders::notices(const std::vector<std::string>& to, std::int64_t before,
                                                    std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::OutboxEntry> found;
  for (auto it = outbox_.rbegin(); it != outbox_.rend() && found.size() < std::min<std::uint32_t>(limit, 200); ++it) {
    if (before > 0 && it->first >= before) continue;
    if (std::find(to.begin(), to.end(), it->second.to) != to.end()) found.push_back(it->second);
  }
  return found;
}

void MemoryOrders::add_attachment(const app::Attachment& attachment) {
  const std::lock_guard lock(mutex_);
  attachments_[attachment.id] = attachment;
}

std::vector<app::Attachment> MemoryOrders::attachments(WorkOrderId order) {
  const std::lock_guard lock(mutex_);
  std::vector<app::Attachment> found;
  for (const auto& [id, attachment] : attachments_)
    if (attachment.order == order) found.push_back(attachment);
  return found;
}

std::optional<app::Attachment> MemoryOrders::attachment(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = attachments_.find(id);
  return found == attachments_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<app::Attachment> MemoryOrders::attachments_after(std::uint64_t after, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::Attachment> found;
  for (auto it = attachments_.upper_bound(after); it != attachments_.end() && found.size() < limit; ++it)
    found.push_back(it->second);
  return found;
}

std::vector<app::OrderTally> MemoryOrders::tallies(TimePoint now, TimePoint soon) {
  const std::lock_guard lock(mutex_);
  std::map<std::tuple<std::string, std::string, std::int64_t>, app::OrderTally> counted;
  for (const auto& [id, kept] : orders_) {
    const app::OrderRow& row = kept.row;
    if (row.closed) continue;
    app::OrderTally& tally = counted[{row.lead, row.type, row.level}];
    tally.lead = row.lead;
    tally.type = row.type;
    tally.level = row.level;
    ++tally.open;
    if (!row.due_at) continue;
    if (*row.due_at < now)
      ++tally.overdue;
    else if (*row.due_at < soon)
      ++tally.at_risk;
  }
  std::vector<app::OrderTally> out;
  for (auto& [key, tally] : counted) out.push_back(std::move(tally));
  return out;
}

std::vector<WorkOrderId> MemoryOrders::unindexed(std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<WorkOrderId> found(to_index_.begin(), to_index_.end());
  cut(found, limit);
  return found;
}

void MemoryOrders::index(WorkOrderId order, std::int64_t version, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(order);
  if (found != orders_.end() && found->second.row.version != version) return;
  if (found != orders_.end()) found->second.indexed = search::index_text(text);
  to_index_.erase(order);
}

bool MemoryOrders::indexed_as(WorkOrderId order, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(order);
  return found != orders_.end() && found->second.indexed &&
         found->second.indexed->tsvector == search::index_text(text).tsvector;
}

void MemoryOrders::index_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, kept] : orders_) to_index_.insert(id);
}

std::vector<app::OrderView> MemoryOrders::views(AgentId agent) {
  const std::lock_guard lock(mutex_);
  std::vector<app::OrderView> found;
  for (const auto& [key, view] : views_)
    if (key.first == agent) found.push_back(view);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.id) < std::tie(b.name, b.id); });
  return found;
}

void MemoryOrders::save_view(AgentId agent, const app::OrderView& view) {
  const std::lock_guard lock(mutex_);
  views_[{agent, view.id}] = view;
}

void MemoryOrders::delete_view(AgentId agent, const std::string& id) {
  const std::lock_guard lock(mutex_);
  views_.erase({agent, id});
}

app::Organisation MemoryOrders::organisation() {
  const std::lock_guard lock(mutex_);
  return organisation_;
}

void MemoryOrders::save_organisation(const app::Organisation& organisation) {
  const std::lock_guard lock(mutex_);
  organisation_ = organisation;
  const auto by_code = [](const auto& a, const auto& b) { return a.code < b.code; };
  std::sort(organisation_.departments.begin(), organisation_.departments.end(), by_code);
  std::sort(organisation_.calendars.begin(), organisation_.calendars.end(), by_code);
}

}  // namespace hotline::store
