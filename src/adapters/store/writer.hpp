// SPDX-License-Identifier: Apache-2.0
// The one writer: its own thread and connection, a bounded queue, group commit.
//
// The thread takes all that waits, applies it in one transaction in order, commits, then calls the callbacks in order.
// While commits fail for a reason that can pass (no room, server away) it tries the same group again with growing
// pauses, and healthy() says so; on PostgreSQL each transaction carries its number (table commit_marker), so that a
// COMMIT whose answer was lost is found done instead of being done twice. A batch the database refuses is a bug: the
// others of its group are committed, then the process stops with the whole error in the log, and recovers from the
// store.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

class Writer {
 public:
  struct Options {
    std::string url;
    std::size_t queue_max = 20'000;         ///< batches waiting or being committed
    std::size_t group_changes_max = 5'000;  ///< changes in one transaction, about
    /// While several batches come for each commit: how long after one has begun the next begins, by how many it took
    /// along. Fewer commits of more batches cost less: a page that many of them change is written once. A batch on a
    /// quiet line never waits, and none longer than the last of these.
    struct Pace {
      std::size_t from;  ///< batches in the last commit
      std::chrono::milliseconds every;
    };
    std::array<Pace, 4> paces{Pace{4, std::chrono::milliseconds{4}}, Pace{8, std::chrono::milliseconds{10}},
                              Pace{24, std::chrono::milliseconds{20}}, Pace{48, std::chrono::milliseconds{40}}};
    Duration pause_first{20}, pause_max{2'000};
    Duration close_timeout{10'000};  ///< how long the destructor goes on trying while commits fail
  };
  /// Work in a transaction of its own, in order with the batches; may run twice when a COMMIT's answer was lost.
  using Job = std::function<void(sql::Connection&)>;

  Writer(std::unique_ptr<sql::Connection> connection, Options options);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Commits what waits; gives up after close_timeout when it cannot.
  ~Writer();

  /// Any thread. False when the queue is full: `batch` is then as it was.
  bool write(app::Batch&& batch, std::function<void()> committed);
  /// Any thread but the writer's. Waits for room and for the commit. Throws StoreError when closed before it.
  void write_and_wait(app::Batch batch);
  /// As write_and_wait; an error which is not transient is thrown here and nothing is changed.
  void run(const Job& job);
  /// As write_and_wait, of work instead of a batch: shares its group's transaction. May run more than once, the last
  /// time counts. What can be refused is the work's own to find out; an error which is not transient is a bug.
  void join(const Job& work);
  [[nodiscard]] Result<void, Problem> health() const;

 private:
  struct Item {
    app::Batch batch;
    std::function<void()> committed;
    std::function<void(std::exception_ptr)> failed;  ///< not committed: closed before, or the job's error; may be empty
    Job job;                                         ///< instead of a batch
    Job joined{};                                    ///< besides the batch, in the group's transaction
  };

  void push(Item item);
  void loop();
  void wait_while_busy(std::unique_lock<std::mutex>& lock);
  std::vector<Item> take_group();
  bool commit_group(std::vector<Item>& group);
  bool commit_one_by_one(std::vector<Item>& group, const sql::Error& group_error);
  void abandon(std::vector<Item> group);
  bool run_job(Item& item);
  bool attempt(const std::function<void(sql::Connection&)>& work, bool marked);
  void commit_once(const std::function<void(sql::Connection&)>& work, bool marked);
  bool wait_to_retry(const sql::Error& error);
  void set_health(std::optional<Problem> problem);

  const Options options_;
  const std::string name_;                       ///< of this writer's markers, unique over restarts
  std::unique_ptr<sql::Connection> connection_;  ///< the writer thread's alone
  std::int64_t seq_ = 0;                         ///< number of the transaction under way
  Duration pause_{};

  mutable std::mutex mutex_;
  std::condition_variable wake_, room_, busy_;
  bool idle_ = false;  ///< the thread waits for work: only then is it worth waking
  std::deque<Item> waiting_;
  std::size_t in_commit_ = 0;
  std::chrono::steady_clock::time_point last_commit_{};
  std::size_t last_group_ = 0;
  bool closing_ = false;
  std::chrono::steady_clock::time_point close_deadline_{};
  std::optional<Problem> problem_;
  std::thread thread_;
};

}  // namespace hotline::store
