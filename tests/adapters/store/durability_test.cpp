// SPDX-License-Identifier: Apache-2.0
// What was acknowledged is there, and only whole: after kill -9 of the program, a full disk, a lost server, a lost
// answer.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>

#include "adapters/store/store.hpp"
#include "adapters/store/store_fixture.hpp"
#include "adapters/store/writer.hpp"
#include "support/postgres.hpp"

namespace hotline::store::test {
namespace {

using namespace std::chrono_literals;

/// The program store_child, its acknowledgements read from a pipe.
class Child {
 public:
  Child(const std::string& url, std::uint64_t first, const char* mode) {
    int out[2], err[2];
    if (pipe(out) != 0 || pipe(err) != 0) throw std::runtime_error("pipe failed");
    const std::string number = std::to_string(first);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      for (int fd : {out[0], out[1], err[0], err[1]}) close(fd);
      execl(STORE_CHILD, STORE_CHILD, url.c_str(), number.c_str(), mode, nullptr);
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    acknowledgements_ = out[0];
    errors_ = err[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill_now();
    close(acknowledgements_);
    close(errors_);
  }
  /// The next acknowledged id, nullopt when the child is gone and all were read.
  std::optional<std::uint64_t> next() {
    std::uint64_t id = 0;
    if (read(acknowledgements_, &id, sizeof id) != sizeof id) return std::nullopt;
    return id;
  }
  void kill_now() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  std::string errors() {
    std::string out(65536, '\0');
    const auto got = read(errors_, out.data(), out.size());
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }

 private:
  pid_t pid_ = -1;
  int acknowledgements_ = -1, errors_ = -1;
};

/// Every acknowledged id from first on is there and whole; what is beyond the last is whole or not at all.
void expect_whole(app::Store& store, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t id = first; id <= last + 500; ++id) {
    const bool there = store.contact(ContactId{id}).has_value();
    ASSERT_TRUE(there || id > last) << id << " was acknowledged and is gone";
    ASSERT_EQ(store.events(ContactId{id}).size(), there ? 2U : 0U) << "half a batch: " << id;
  }
}

void kill_rounds(const std::string& url, int rounds) {
  std::uint64_t first = 1;
  for (int round = 1; round <= rounds; ++round) {
    Child child(url, first, "stream");
    std::uint64_t last = 0;
    for (int i = 0; i < round * 13 % 200 + 3; ++i) {
      const auto id = child.next();
      ASSERT_TRUE(id) << child.errors();
      last = *id;
    }
    child.kill_now();
    while (const auto id = child.next()) last = *id;  // acknowledged before it died
    ASSERT_GE(last, first);
    const auto store = open_or_throw(url);
    expect_whole(*store, first, last);
    first = last + 1000;
  }
}

TEST(StoreDurability, SqliteKeepsWhatItAcknowledgedWhenKilled) {
  const TemporaryFolder folder;
  kill_rounds(fresh_url(Kind::sqlite, folder), 20);
}

TEST(StoreDurability, PostgresKeepsWhatItAcknowledgedWhenTheClientIsKilled) {
  const TemporaryFolder folder;
  kill_rounds(fresh_url(Kind::postgres, folder), 5);
}

class StoreDurabilityOf : public testing::TestWithParam<Kind> {};

// Goal: a batch no database can keep stops the process, after those before it were kept and acknowledged.
TEST_P(StoreDurabilityOf, ABatchThatIsABugStopsTheProcessAndHarmsNoOther) {
  const TemporaryFolder folder;
  const std::string url = fresh_url(GetParam(), folder);
  Child child(url, 1, "bad");
  std::vector<std::uint64_t> acknowledged;
  while (const auto id = child.next()) acknowledged.push_back(*id);
  const int status = child.wait();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  EXPECT_THAT(child.errors(), testing::HasSubstr("refuses a batch"));
  EXPECT_THAT(acknowledged, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  const auto store = open_or_throw(url);
  EXPECT_TRUE(store->contact(ContactId{10}));
}

// Goal: what was handed over before the store closes is committed and called back.
TEST_P(StoreDurabilityOf, ClosingCommitsWhatWaits) {
  const TemporaryFolder folder;
  const std::string url = fresh_url(GetParam(), folder);
  auto store = open_or_throw(url);
  std::atomic<int> called = 0;
  for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_TRUE(store->write({make_event(i, 1)}, [&] { ++called; }));
  store.reset();
  EXPECT_EQ(called, 1000);
  store = open_or_throw(url);
  EXPECT_EQ(store->events(ContactId{1000}).size(), 1U);
}

// Goal: a full queue refuses and takes nothing, and takes again when there is room.
TEST_P(StoreDurabilityOf, AFullQueueRefuses) {
  const TemporaryFolder folder;
  auto store = *open_store(fresh_url(GetParam(), folder), {.queue_max = 3});
  std::promise<void> entered, go_on;
  auto blocked = go_on.get_future();
  ASSERT_TRUE(store->write({make_event(1, 1)}, [&] {
    entered.set_value();
    blocked.wait();  // holds the writer, so that the rest must wait
  }));
  auto inside = entered.get_future();
  ASSERT_TRUE(comes(inside));
  ASSERT_TRUE(store->write({make_event(2, 1)}, nullptr));
  ASSERT_TRUE(store->write({make_event(3, 1)}, nullptr));
  EXPECT_FALSE(store->write({make_event(4, 1)}, [] { ADD_FAILURE() << "was not taken"; }));
  auto waiting = std::async(std::launch::async, [&] { store->write_and_wait({make_event(5, 1)}); });
  go_on.set_value();
  ASSERT_TRUE(comes(waiting)) << "who can wait, waits for room";
  EXPECT_EQ(store->events(ContactId{3}).size(), 1U);
  EXPECT_EQ(store->events(ContactId{5}).size(), 1U);
  EXPECT_TRUE(store->events(ContactId{4}).empty());
}

INSTANTIATE_TEST_SUITE_P(, StoreDurabilityOf, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& kind) { return kind.param == Kind::sqlite ? "Sqlite" : "Postgres"; });

/// Waits until `done` says so; false after 20 s.
template <class Done>
bool wait_until(Done done) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// A small file system in memory, so that it can be full.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path)
      : path_(path), mounted_(mount("tmpfs", path.c_str(), "tmpfs", 0, "size=6m") == 0) {}
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_;
};

/// A batch that must not be applied twice without being seen: the audit has no key of the caller's.
app::Batch countable(std::uint64_t id, std::size_t padding = 0) {
  app::ContactEvent event = make_event(id, 1);
  event.data = "\"" + std::string(padding, 'x') + "\"";
  return {event, app::AddAudit{{at(0), std::nullopt, "count" + std::to_string(id), "", "", "{}"}}};
}

void expect_each_once(app::Store& store, std::uint64_t count) {
  for (std::uint64_t id = 1; id <= count; ++id) {
    ASSERT_EQ(store.audit("count" + std::to_string(id), 10).size(), 1U) << id;
    ASSERT_EQ(store.events(ContactId{id}).size(), 1U) << id;
  }
}

// Goal: a full disk shows in health(), acknowledges nothing, and when there is room again everything is stored once, in
// order.
TEST(StoreDurability, SqliteOutlivesAFullDisk) {
  const TemporaryFolder folder;
  const SmallDisk disk(folder.path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small disk needs root";
  auto store = open_or_throw("sqlite:" + folder.path() + "/hotline.db");
  const std::string ballast = folder.path() + "/ballast";
  {
    std::ofstream file(ballast);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  std::filesystem::resize_file(ballast, std::filesystem::file_size(ballast) - 300'000);
  constexpr std::uint64_t count = 300;
  std::vector<std::uint64_t> order;
  std::atomic<std::size_t> done = 0;
  for (std::uint64_t id = 1; id <= count; ++id)
    ASSERT_TRUE(store->write(countable(id, 4000), [&, id] {
      order.push_back(id);
      ++done;
    }));
  ASSERT_TRUE(wait_until([&] { return !store->health(); }));
  EXPECT_THAT(store->health().error().remedy, testing::HasSubstr("free room"));
  EXPECT_LT(done, count);
  std::filesystem::remove(ballast);
  ASSERT_TRUE(wait_until([&] { return done == count; }));
  EXPECT_TRUE(store->health());
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  expect_each_once(*store, count);
}

/// The tests that end the server share one of their own: making a cluster takes seconds.
class StoreWithMortalServer : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<hotline::test::PrivatePostgres>(); }
  static void TearDownTestSuite() { server_.reset(); }
  static inline std::unique_ptr<hotline::test::PrivatePostgres> server_;
};

// Goal: while the server is away or crashes under load nothing acknowledged is lost, nothing is stored twice.
TEST_F(StoreWithMortalServer, MayCrashAndComeBack) {
  auto& server = *server_;
  auto store = open_or_throw(server.make_database());
  std::atomic<std::uint64_t> done = 0;
  std::uint64_t written = 0;
  const auto write_some = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(store->write(countable(++written), [&] { ++done; }));
  };
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t before = done;
    write_some(400);
    ASSERT_TRUE(wait_until([&] { return done > before; }));  // in the middle of the stream
    if (round % 2 == 0)
      server.crash();
    else
      server.stop();
    write_some(100);
    ASSERT_TRUE(wait_until([&] { return !store->health(); }));
    EXPECT_THAT(store->health().error().remedy, testing::HasSubstr("PostgreSQL"));
    server.start();
    ASSERT_TRUE(wait_until([&] { return done == written; })) << done << " of " << written;
    EXPECT_TRUE(store->health());
  }
  expect_each_once(*store, written);
}

/// Commits at the server, but its answer to the n-th COMMIT never arrives.
class AnswerLost final : public sql::Connection {
 public:
  AnswerLost(std::unique_ptr<sql::Connection> real, int after) : real_(std::move(real)), left_(after) {}
  sql::Dialect dialect() const override { return real_->dialect(); }
  void run_script(const std::string& script) override { real_->run_script(script); }
  std::unique_ptr<sql::Rows> query(std::string_view sql, std::span<const sql::Value> values) override {
    return real_->query(sql, values);
  }
  void execute(std::string_view sql, std::span<const sql::Value> values) override { real_->execute(sql, values); }
  void finish() override { real_->finish(); }
  void begin() override { real_->begin(); }
  void commit() override {
    real_->commit();
    if (--left_ > 0) return;
    lost_ = true;
    throw sql::Error(sql::ErrorKind::lost_connection, "the answer was lost");
  }
  void rollback() noexcept override {}
  bool usable() const override { return !lost_; }

 private:
  std::unique_ptr<sql::Connection> real_;
  int left_;
  bool lost_ = false;
};

// Goal: a COMMIT that was done though its answer was lost is found done, not done again.
TEST(StoreDurability, PostgresFindsOutWhetherALostCommitWasDone) {
  const TemporaryFolder folder;
  const std::string url = fresh_url(Kind::postgres, folder);
  auto store = open_or_throw(url);
  {
    Writer writer(std::make_unique<AnswerLost>(sql::open(url, sql::Access::write), 2), {.url = url});
    for (std::uint64_t id = 1; id <= 3; ++id) writer.write_and_wait(countable(id));
  }
  expect_each_once(*store, 3);
}

// Goal: closing while nothing can be committed ends in time and tells those who wait.
TEST_F(StoreWithMortalServer, GoneForGoodLetsTheStoreCloseInTime) {
  auto& server = *server_;
  auto store = *open_store(server.make_database(), {.close_timeout = 200ms});
  server.stop();
  auto waiting = std::async(std::launch::async, [&] { store->write_and_wait({make_event(1, 1)}); });
  ASSERT_TRUE(wait_until([&] { return !store->health(); }));
  ASSERT_TRUE(store->write({make_event(2, 1)}, [] { ADD_FAILURE() << "not committed"; }));
  EXPECT_THROW((void)store->contact(ContactId{1}), app::StoreError);
  app::Store* closing = store.release();  // `waiting` still calls it: the pointer must stay as it is until the end
  delete closing;
  EXPECT_THROW(waiting.get(), app::StoreError);
  server.start();
}

}  // namespace
}  // namespace hotline::store::test
