// SPDX-License-Identifier: Apache-2.0
// The port for work orders in memory: for tests of use cases. Passes the same contract tests as the databases.
// Thread-safe; a commit is done when it returns.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "adapters/search/asked.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store {

class MemoryOrders final : public app::OrderStore {
 public:
  app::CommitResult commit(const app::OrderCommit& commit) override;
  std::optional<app::OrderCommand> command(const std::string& id) override;
  std::uint32_t forget_commands(TimePoint before, std::uint32_t limit) override;
  std::optional<app::OrderRow> order(WorkOrderId id) override;
  std::vector<workorder::SealedEvent> history(WorkOrderId id) override;
  std::vector<app::OrderRow> orders(const app::OrderQuery& query) override;
  std::vector<app::OrderRow> orders_after(WorkOrderId after, std::uint32_t limit) override;
  std::vector<app::OrderDeadline> claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) override;
  std::vector<app::OrderTypeState> open_places() override;
  std::optional<app::OrderDeadline> deadline(WorkOrderId order) override;
  std::vector<app::OutboxEntry> notices(const std::vector<std::string>& to, std::int64_t before,
                                        std::uint32_t limit) override;
  void add_attachment(const app::Attachment& attachment) override;
  std::vector<app::Attachment> attachments(WorkOrderId order) override;
  std::optional<app::Attachment> attachment(std::uint64_t id) override;
  std::vector<app::Attachment> attachments_after(std::uint64_t after, std::uint32_t limit) override;
  std::vector<app::OrderTally> tallies(TimePoint now, TimePoint soon) override;
  std::vector<WorkOrderId> unindexed(std::uint32_t limit) override;
  void index(WorkOrderId order, std::int64_t version, const std::string& text) override;
  bool indexed_as(WorkOrderId order, const std::string& text) override;
  void index_all() override;
  std::vector<app::OrderView> views(AgentId agent) override;
  void save_view(AgentId agent, const app::OrderView& view) override;
  void delete_view(AgentId agent, const std::string& id) override;
  app::Organisation organisation() override;
  void save_organisation(const app::Organisation& organisation) override;

 private:
  struct Kept {
    app::OrderRow row;
    std::vector<workorder::SealedEvent> history;
    std::vector<app::OrderPart> parts;
    std::optional<search::Indexed> indexed;
  };
  struct Due {
    TimePoint due{}, leased{};
  };
  [[nodiscard]] bool fits(const Kept& kept, const app::OrderQuery& query) const;
  [[nodiscard]] static bool has_what_was_asked(const Kept& kept, const search::Asked& asked);

  std::mutex mutex_;  ///< of everything below
  std::map<WorkOrderId, Kept> orders_;
  std::map<WorkOrderId, Due> deadlines_;
  std::map<std::string, app::OrderCommand> commands_;
  std::map<std::string, std::int64_t> counts_;
  std::map<std::int64_t, app::OutboxEntry> outbox_;
  std::map<std::pair<std::string, std::string>, WorkOrderId> matters_;
  std::map<std::uint64_t, app::Attachment> attachments_;
  std::set<WorkOrderId> to_index_;
  std::map<std::pair<AgentId, std::string>, app::OrderView> views_;
  app::Organisation organisation_;
};

}  // namespace hotline::store
