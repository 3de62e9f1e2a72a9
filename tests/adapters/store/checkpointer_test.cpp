// SPDX-License-Identifier: Apache-2.0
// A long write-ahead log goes back into the database beside the writer, whoever reads meanwhile, and begins anew.
#include "adapters/store/checkpointer.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "adapters/store/sql.hpp"
#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using namespace std::chrono_literals;

class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() { writer_->run_script("CREATE TABLE kept (id INTEGER PRIMARY KEY, what TEXT NOT NULL)"); }

  /// A hundred commits of 64 pages each: more than the log may have.
  void fill() {
    for (int i = 0; i < 100; ++i)
      writer_->tell("INSERT INTO kept (what) VALUES ($1)", std::string(64 * 4'096, 'x'));
  }
  /// Pages of the log after one more commit, which notices what was copied back.
  std::int64_t log_pages() {
    writer_->tell("INSERT INTO kept (what) VALUES ('small')");
    const auto rows = reader_->ask("PRAGMA wal_checkpoint(PASSIVE)");
    return rows->next() ? rows->integer(1) : -1;
  }
  std::int64_t rows_seen() {
    const auto rows = reader_->ask("SELECT count(*) FROM kept WHERE what <> 'small'");
    return rows->next() ? rows->integer(0) : -1;
  }
  template <class Done>
  static bool comes(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(2ms);
    }
    return true;
  }

  const TemporaryFolder folder_;
  const std::string url_ = "sqlite:" + folder_.path() + "/hotline.db";
  const std::unique_ptr<sql::Connection> writer_ = sql::open(url_, sql::Access::write);
  const std::unique_ptr<sql::Connection> reader_ = sql::open(url_, sql::Access::read);
};

TEST_F(CheckpointerTest, ALongLogBeginsAnewAndLosesNothing) {
  for (int round = 1; round <= 3; ++round) {
    fill();
    EXPECT_TRUE(comes([&] { return log_pages() < 1'000; }));
    EXPECT_EQ(rows_seen(), 100 * round);
  }
}

TEST_F(CheckpointerTest, AReaderInTheLogHoldsItUpAndNobodyElse) {
  fill();
  reader_->run_script("BEGIN");
  EXPECT_EQ(rows_seen(), 100);
  fill();  // the writer goes on
  EXPECT_EQ(rows_seen(), 100) << "what was read stays as it was";
  reader_->run_script("COMMIT");
  EXPECT_EQ(rows_seen(), 200);
  EXPECT_TRUE(comes([&] { return log_pages() < 1'000; })) << "and once the reader has gone, the log begins anew";
}

}  // namespace
}  // namespace hotline::store::test
