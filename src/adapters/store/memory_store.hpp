// SPDX-License-Identifier: Apache-2.0
// The store's port in memory: for tests of use cases and for the simulator. Passes the same contract tests as the
// databases. Thread-safe. In manual mode there is no thread and nothing is committed until commit() is called, so that
// a simulation chooses when; failures can be switched on and off.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "adapters/store/memory_orders.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

class MemoryStore final : public app::Store {
 public:
  enum class Mode : std::uint8_t {
    threaded,  ///< a thread commits what waits, as the databases' writer does
    manual,    ///< commit() does; write_and_wait() commits all that waits itself
  };
  explicit MemoryStore(Mode mode = Mode::threaded, std::size_t queue_max = 20'000);
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;
  ~MemoryStore() override;

  /// Applies up to `batches_max` waiting batches and calls their callbacks, on this thread; returns how many. None
  /// while failing.
  std::size_t commit(std::size_t batches_max = SIZE_MAX);
  [[nodiscard]] std::size_t waiting() const;
  /// Commits fail with `problem` until it is set to nullopt.
  void set_problem(std::optional<Problem> problem);

  app::OrderStore* orders() override { return &orders_of_work_; }
  bool write(app::Batch&& batch, std::function<void()> committed) override;
  void write_and_wait(app::Batch batch) override;
  [[nodiscard]] Result<void, Problem> health() const override;
  std::uint64_t next_epoch() override;
  app::World load_world() override;
  app::LiveState load_live() override;
  void save_world(const app::World& world) override;
  void save_customers(const std::vector<app::Customer>& customers) override;
  std::int64_t count_customers() override;
  std::optional<app::Contact> contact(ContactId id) override;
  std::vector<app::Contact> contacts(const app::ContactQuery& query) override;
  std::vector<app::SipMessage> sip_messages(ContactId id) override;
  std::vector<app::ContactEvent> events(ContactId id) override;
  std::vector<app::Leg> legs(ContactId id) override;
  std::vector<app::ContactPart> parts(ContactId id) override;
  std::vector<app::Recording> recordings(ContactId id) override;
  std::optional<app::Recording> recording(RecordingId id) override;
  std::vector<app::Recording> running_recordings(const std::string& node) override;
  std::vector<app::Recording> recording_work(const app::RecordingWork& work) override;
  std::vector<app::RecordingAge> recording_ages(const app::RecordingAgeQuery& query) override;
  std::vector<app::RecordingBacklog> recording_backlog() override;
  std::vector<app::Recording> troubled_recordings(RecordingId before, std::uint32_t limit) override;
  std::vector<app::Recording> recordings_of_node(const std::string& node, RecordingId after,
                                                 std::uint32_t limit) override;
  std::vector<app::QueueDay> queue_days(TimePoint from, Duration service_level_threshold,
                                        Duration short_abandon) override;
  app::LineFigures line_figures(const std::string& service_line, TimePoint from,
                                Duration service_level_threshold) override;
  std::vector<app::StoredDifference> differences(TimePoint from, std::uint32_t limit) override;
  std::vector<app::LedgerDay> ledger_days(std::uint32_t limit) override;
  std::vector<app::LedgerGap> ledger_gaps(const std::string& day, std::uint32_t limit) override;
  std::vector<app::Contact> open_contacts() override;
  std::optional<app::Customer> customer(CustomerId id) override;
  std::optional<app::Customer> customer_by_phone(const std::string& digits) override;
  std::vector<app::Customer> find_customers(const std::string& text, std::uint32_t limit) override;
  std::optional<app::Agent> agent_by_username(const std::string& username) override;
  std::optional<app::Agent> agent(AgentId id) override;
  std::optional<app::Session> session(const std::string& token_hash) override;
  std::vector<app::AuditEntry> audit(const std::string& action, std::uint32_t limit) override;

 private:
  struct Waiting {
    app::Batch batch;
    std::function<void()> committed;
  };
  struct Apply;  ///< a change onto the tables
  struct Retry {
    int tries = 0;
    TimePoint next_at{};
  };
  void put(const app::PutRecordingEnd& change);
  void put(const app::PutRecordingArchived& change);
  void put(const app::PutRecordingFileGone& change);
  void put(const app::PutRecordingTrouble& change);
  void put(const app::SetRecordingHold& change);
  void put(const app::AskRecordingDeletion& change);

  void loop();
  [[nodiscard]] std::size_t held() const { return waiting_.size() + in_commit_; }

  const Mode mode_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;  ///< of everything below
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::size_t in_commit_ = 0;
  bool closing_ = false;
  std::optional<Problem> problem_;

  std::uint64_t epoch_ = 0;
  std::map<ServiceLineId, app::ServiceLine> service_lines_;
  std::map<QueueId, app::Queue> queues_;
  std::map<SkillId, app::Skill> skills_;
  std::map<std::tuple<std::string, std::string, std::string>, app::Reason> reasons_;  ///< kind, service line, code
  std::map<AgentId, app::Agent> agents_;
  std::string routing_rules_, wallboard_settings_;
  std::vector<app::StoredDifference> differences_;
  std::map<std::string, app::PutLedgerDay> ledger_days_;
  std::map<CustomerId, app::Customer> customers_;
  std::map<ContactId, app::Contact> contacts_;
  std::map<LegId, app::Leg> legs_;
  std::map<std::pair<ContactId, std::int64_t>, app::ContactEvent> events_;
  std::map<std::pair<ContactId, AgentId>, app::ContactPart> parts_;
  std::map<RecordingId, app::Recording> recordings_;
  std::map<RecordingId, Retry> retries_;
  std::map<std::string, app::Session> sessions_;
  std::vector<app::AuditEntry> audit_;
  std::vector<app::SipMessage> sip_messages_;
  std::map<CallId, app::LiveCall> live_calls_;
  std::map<AgentId, app::LiveAgent> live_agents_;
  std::map<std::string, app::NodeCursor> cursors_;
  MemoryOrders orders_of_work_;
  std::thread thread_;
};

}  // namespace hotline::store
