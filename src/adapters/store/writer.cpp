// SPDX-License-Identifier: Apache-2.0
// Group commit. loop() and everything under it runs on the writer's own thread.
#include "adapters/store/writer.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <random>

#include "adapters/store/changes.hpp"
#include "adapters/store/coalesce.hpp"

namespace hotline::store {
namespace {

std::string make_name() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}", device(), device(), device());
}

Problem problem_of(const sql::Error& error) {
  std::string remedy = "see the database's own log; the store tries again until it works, nothing acknowledged is lost";
  if (error.kind == sql::ErrorKind::disk_full)
    remedy = "free room on the database's disk; writing then goes on by itself";
  if (error.kind == sql::ErrorKind::lost_connection)
    remedy = "start the PostgreSQL server or mend the network; writing then goes on by itself";
  return {fmt::format("the store cannot commit: {} ({})", error.what(), to_string(error.kind)), remedy};
}

std::string describe(const app::Batch& batch) {
  std::string out;
  for (const app::Change& change : batch) out += (out.empty() ? "" : ", ") + std::string(name_of(change));
  return out;
}

}  // namespace

Writer::Writer(std::unique_ptr<sql::Connection> connection, Options options)
    : options_(std::move(options)),
      name_(make_name()),
      connection_(std::move(connection)),
      pause_(options_.pause_first) {
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    close_deadline_ = std::chrono::steady_clock::now() + options_.close_timeout;
  }
  wake_.notify_all();
  room_.notify_all();
  busy_.notify_all();
  thread_.join();
}

bool Writer::write(app::Batch&& batch, std::function<void()> committed) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || waiting_.size() + in_commit_ >= options_.queue_max) return false;
    waiting_.push_back({std::move(batch), std::move(committed), {}, {}});
    if (!idle_) return true;
  }
  wake_.notify_one();
  return true;
}

void Writer::push(Item item) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    spdlog::critical("the store's own thread waited for itself: write_and_wait() was called from a committed callback");
    std::abort();
  }
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return closing_ || waiting_.size() + in_commit_ < options_.queue_max; });
  if (closing_) throw app::StoreError("the store is closed");
  waiting_.push_back(std::move(item));
  lock.unlock();
  wake_.notify_one();
}

void Writer::write_and_wait(app::Batch batch) {
  // Shared: the writer's thread may still be inside set_value() when the waiting thread is already gone from here.
  const auto done = std::make_shared<std::promise<void>>();
  push({std::move(batch),
        [done] { done->set_value(); },
        [done](std::exception_ptr why) { done->set_exception(std::move(why)); },
        {}});
  done->get_future().get();
}

void Writer::run(const Job& job) {
  const auto done = std::make_shared<std::promise<void>>();
  push({{},
        [done] { done->set_value(); },
        [done](std::exception_ptr why) { done->set_exception(std::move(why)); },
        job});
  done->get_future().get();
}

void Writer::join(const Job& work) {
  const auto done = std::make_shared<std::promise<void>>();
  push({{},
        [done] { done->set_value(); },
        [done](std::exception_ptr why) { done->set_exception(std::move(why)); },
        {},
        work});
  done->get_future().get();
}

Result<void, Problem> Writer::health() const {
  const std::lock_guard lock(mutex_);
  if (problem_) return fail(*problem_);
  return {};
}

void Writer::set_health(std::optional<Problem> problem) {
  const std::lock_guard lock(mutex_);
  problem_ = std::move(problem);
}

void Writer::loop() {
  for (;;) {
    std::unique_lock lock(mutex_);
    idle_ = true;
    wake_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
    idle_ = false;
    if (waiting_.empty()) return;  // closing, all done
    wait_while_busy(lock);
    std::vector<Item> group = take_group();
    lock.unlock();
    const bool working = group.front().job ? run_job(group.front()) : commit_group(group);
    if (!working) return abandon(std::move(group));
    lock.lock();
    in_commit_ = 0;
    lock.unlock();
    room_.notify_all();
  }
}

/// Under the lock, which it gives up while it waits.
void Writer::wait_while_busy(std::unique_lock<std::mutex>& lock) {
  std::chrono::milliseconds every{0};
  for (const Options::Pace& pace : options_.paces)
    if (last_group_ >= pace.from) every = pace.every;
  if (every.count() > 0) busy_.wait_until(lock, last_commit_ + every, [&] { return closing_; });
  last_commit_ = std::chrono::steady_clock::now();
}

/// Closed while the database refuses to commit. Nobody was told that these are stored, so no promise is broken.
void Writer::abandon(std::vector<Item> group) {
  {
    const std::lock_guard lock(mutex_);
    for (Item& item : waiting_) group.push_back(std::move(item));
    waiting_.clear();
  }
  spdlog::error("the store was closed with {} batches that could not be committed", group.size());
  for (Item& item : group)
    if (item.failed) item.failed(std::make_exception_ptr(app::StoreError("the store was closed before the commit")));
}

/// All that waits up to the limit; a job goes alone. Under the lock.
std::vector<Writer::Item> Writer::take_group() {
  std::vector<Item> group;
  std::size_t changes = 0;
  while (!waiting_.empty() && changes < options_.group_changes_max) {
    if (waiting_.front().job && !group.empty()) break;
    changes += waiting_.front().batch.size() + 1;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (group.back().job) break;
  }
  in_commit_ = last_group_ = group.size();
  return group;
}

bool Writer::commit_group(std::vector<Item>& group) {
  try {
    std::vector<const app::Batch*> batches;
    for (const Item& item : group) batches.push_back(&item.batch);
    const auto changes = coalesce(batches);
    const auto work = [&](sql::Connection& connection) {
      for (const app::Change* change : changes) apply(connection, *change);
      for (const Item& item : group)
        if (item.joined) item.joined(connection);
    };
    if (!attempt(work, true)) return false;
  } catch (const sql::Error& error) {
    return commit_one_by_one(group, error);
  }
  for (Item& item : group)
    if (item.committed) item.committed();
  return true;
}

/// One of the group is refused: those before it are committed, so that what their senders wait for is not lost with it.
bool Writer::commit_one_by_one(std::vector<Item>& group, const sql::Error& group_error) {
  while (!group.empty()) {
    Item& item = group.front();
    try {
      const auto work = [&](sql::Connection& connection) {
        for (const app::Change& change : item.batch) apply(connection, change);
        if (item.joined) item.joined(connection);
      };
      if (!attempt(work, true)) return false;
    } catch (const sql::Error& error) {
      spdlog::critical("the store refuses a batch ({}): {} [{}]: a bug; stopping to recover from the store",
                       to_string(error.kind), error.what(), describe(item.batch));
      spdlog::default_logger()->flush();
      std::abort();
    }
    if (item.committed) item.committed();
    group.erase(group.begin());
  }
  spdlog::warn("a group commit was refused ({}), its batches one by one were not", group_error.what());
  return true;
}

bool Writer::run_job(Item& item) {
  try {
    if (!attempt(item.job, false)) return false;
    item.committed();
  } catch (const sql::Error& error) {
    const bool text = error.kind == sql::ErrorKind::bad_text;
    item.failed(text ? std::make_exception_ptr(app::BadText(error.what()))
                     : std::make_exception_ptr(app::StoreError(error.what())));
  }
  return true;
}

/// Until it is committed; false when closed before. Throws what waiting cannot heal.
bool Writer::attempt(const std::function<void(sql::Connection&)>& work, bool marked) {
  ++seq_;
  for (;;) {
    try {
      if (!connection_ || !connection_->usable()) {
        connection_.reset();
        connection_ = sql::open(options_.url, sql::Access::write);
      }
      commit_once(work, marked);
      if (pause_ != options_.pause_first) spdlog::info("the store commits again");
      pause_ = options_.pause_first;
      set_health(std::nullopt);
      return true;
    } catch (const sql::Error& error) {
      if (!error.transient()) throw;
      if (!wait_to_retry(error)) return false;
    }
  }
}

/// One transaction. Returns when it was done, now or, as its marker shows, by an earlier attempt after all.
void Writer::commit_once(const std::function<void(sql::Connection&)>& work, bool marked) {
  sql::Transaction transaction(*connection_);
  try {
    if (marked && connection_->dialect() == sql::Dialect::postgres) {
      // First of all, and waiting for the end of any earlier attempt that is still on its way at the server: of two
      // transactions with one number only one can be done.
      connection_->tell("INSERT INTO commit_marker (writer, seq) VALUES ($1, $2)", name_, seq_);
      connection_->tell("DELETE FROM commit_marker WHERE writer = $1 AND seq < $2", name_, seq_ - 1);
    }
    work(*connection_);
    transaction.commit();
  } catch (const sql::Error& error) {
    if (error.kind != sql::ErrorKind::unique || error.constraint != "commit_marker_pkey") throw;
  }
}

bool Writer::wait_to_retry(const sql::Error& error) {
  if (pause_ == options_.pause_first) spdlog::error("{}", problem_of(error).what);
  std::unique_lock lock(mutex_);
  problem_ = problem_of(error);
  if (closing_ && std::chrono::steady_clock::now() >= close_deadline_) return false;
  // Waking early for new work would be a busy loop; closing alone shortens the pause.
  wake_.wait_for(lock, pause_, [&] { return closing_ && std::chrono::steady_clock::now() >= close_deadline_; });
  pause_ = std::min(pause_ * 2, options_.pause_max);
  return true;
}

}  // namespace hotline::store
