// SPDX-License-Identifier: Apache-2.0
// The store of simulated work orders: memory that commits as the databases do, dies with the core before or after a
// commit, fails, and lets another person's commit come first. Its searches have indexes, since months are read in it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "app/ports/orders.hpp"

namespace hotline::sim {

/// Thrown through the core: it is dead from here on.
struct CoreDied {};

class OrderShelf final : public app::OrderStore {
 public:
  enum class Fate : std::uint8_t {
    commits,
    dies_before,     ///< the core, with nothing committed
    dies_after,      ///< the core: committed, and nobody was told
    fails,           ///< nothing is committed, and that is known
    outcome_unknown  ///< committed, but the answer is an error
  };
  /// Asked before each commit.
  std::function<Fate(const app::OrderCommit&)> fate = [](const app::OrderCommit&) { return Fate::commits; };
  /// Told of each commit that was made.
  std::function<void(const app::OrderCommit&)> committed = [](const app::OrderCommit&) {};
  bool reads_fail = false;

  app::CommitResult commit(const app::OrderCommit& commit) override;
  std::optional<app::OrderCommand> command(const std::string& id) override;
  std::optional<app::OrderRow> order(WorkOrderId id) override;
  std::vector<workorder::SealedEvent> history(WorkOrderId id) override;
  std::vector<app::OrderRow> orders(const app::OrderQuery& query) override;
  std::vector<app::OrderRow> orders_after(WorkOrderId after, std::uint32_t limit) override;
  std::vector<app::OrderDeadline> claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) override;
  std::optional<app::OrderDeadline> deadline(WorkOrderId order) override;
  std::vector<app::OutboxEntry> notices(const std::vector<std::string>&, std::int64_t, std::uint32_t) override {
    return {};
  }
  std::vector<app::OrderTypeState> open_places() override;
  app::Organisation organisation() override { return organisation_; }
  void save_organisation(const app::Organisation& organisation) override { organisation_ = organisation; }

  std::uint32_t forget_commands(TimePoint, std::uint32_t) override { return 0; }  // kept for all of a run
  // Files, full text, dashboards and saved views take no part in the loop: nobody asks for them here.
  void add_attachment(const app::Attachment&) override {}
  std::vector<app::Attachment> attachments(WorkOrderId) override { return {}; }
  std::optional<app::Attachment> attachment(std::uint64_t) override { return std::nullopt; }
  std::vector<app::Attachment> attachments_after(std::uint64_t, std::uint32_t) override { return {}; }
  std::vector<app::OrderTally> tallies(TimePoint, TimePoint) override { return {}; }
  std::vector<WorkOrderId> unindexed(std::uint32_t) override { return {}; }
  void index(WorkOrderId, std::int64_t, const std::string&) override {}
  bool indexed_as(WorkOrderId, const std::string&) override { return true; }
  void index_all() override {}
  std::vector<app::OrderView> views(AgentId) override { return {}; }
  void save_view(AgentId, const app::OrderView&) override {}
  void delete_view(AgentId, const std::string&) override {}

  // For whoever watches: never away.
  [[nodiscard]] const app::OrderRow* peek(WorkOrderId id) const;
  [[nodiscard]] bool has_command(const std::string& id) const { return commands_.contains(id); }
  [[nodiscard]] const std::vector<workorder::SealedEvent>& lines(WorkOrderId id) const {
    return orders_.at(id).history;
  }
  [[nodiscard]] std::optional<TimePoint> first_due() const;
  /// Some core has taken the deadline and not settled it.
  [[nodiscard]] bool is_leased(WorkOrderId id, TimePoint now) const;
  [[nodiscard]] std::size_t size() const { return orders_.size(); }
  [[nodiscard]] const std::set<WorkOrderId>& open() const { return open_; }

 private:
  struct Kept {
    app::OrderRow row;
    std::vector<workorder::SealedEvent> history;
    std::vector<app::OrderPart> parts;
    std::optional<TimePoint> due;
    TimePoint leased{};
  };
  void check_reads() const;
  void index(WorkOrderId id, const Kept& kept, bool in);
  void apply(const app::OrderWrite& write, std::string* number);
  /// The smallest set that holds all a query can find.
  [[nodiscard]] const std::set<WorkOrderId>& candidates(const app::OrderQuery& query) const;

  std::map<WorkOrderId, Kept> orders_;
  std::unordered_map<std::string, app::OrderCommand> commands_;
  std::map<std::string, std::int64_t> counts_;
  std::set<std::pair<std::string, std::string>> matters_;  ///< partner and their reference
  std::set<std::pair<TimePoint, WorkOrderId>> due_;
  std::set<WorkOrderId> all_, open_;
  std::map<std::string, std::set<WorkOrderId>> inbox_;                             ///< by department: part not done
  std::map<AgentId, std::set<WorkOrderId>> owned_;                                 ///< open ones
  std::map<std::pair<std::string, std::string>, std::set<WorkOrderId>> in_state_;  ///< by type and state: open ones
  app::Organisation organisation_;
};

}  // namespace hotline::sim
