// SPDX-License-Identifier: Apache-2.0
// The bulk load leaves what the product's own commits would have left, whole and indexed, and goes on where it was
// broken off.
#include "adapters/store/bulk.hpp"

#include <gtest/gtest.h>

#include <set>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

app::OrderCommit order(std::uint64_t id) {
  app::OrderCommit commit{"command-" + std::to_string(id), "print", at(1), {}};
  app::OrderWrite& write = commit.writes.emplace_back();
  write.row.id = WorkOrderId{id};
  write.row.type = "complaint";
  write.row.state = "handling";
  write.row.title = "tab\there, line\nthere, \\back\\ and 好";
  write.row.owner = AgentId{8001};
  write.row.phone = "059088110001";
  write.row.lead = "billing";
  write.row.created_at = write.row.changed_at = at(static_cast<std::int64_t>(id));
  write.row.due_at = at(9'000);
  write.row.version = 2;
  write.row.hash = "hash2";
  write.row.document = R"({"text":"a\\b\n\"c\""})";
  write.number_prefix = "TS260302";
  for (std::int64_t seq = 1; seq <= 2; ++seq)
    write.events.push_back(
        {write.row.id, seq, at(seq), AgentId{8001}, "note", R"({"text":"x\ty"})", "hash" + std::to_string(seq)});
  write.parts = {{"billing", true, false}};
  write.next_due = at(8'000);
  write.outbox.push_back({0, "department:billing", "dispatch", write.row.id, at(2), "{}", 0});
  return commit;
}

class BulkLoadTest : public testing::TestWithParam<Kind> {
 protected:
  TemporaryFolder folder_;
  std::string url_ = fresh_url(GetParam(), folder_);

  /// Names of the indexes that are there.
  std::set<std::string> indexes() {
    const auto connection = sql::open(url_, sql::Access::read);
    const auto rows =
        connection->dialect() == sql::Dialect::sqlite
            ? connection->ask("SELECT name FROM sqlite_master WHERE type = 'index'")
            : connection->ask("SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public'");
    std::set<std::string> names;
    while (rows->next()) names.emplace(rows->text(0));
    return names;
  }
};

TEST_P(BulkLoadTest, LeavesWhatCommitsWouldHaveLeft) {
  const TemporaryFolder other_folder;
  const auto plain = open_or_throw(fresh_url(GetParam(), other_folder));
  (void)open_or_throw(url_);  // the schema
  const std::set<std::string> before = indexes();
  {
    BulkLoad bulk(url_);
    bulk.add(order(1));
    bulk.flush();
  }  // broken off
  EXPECT_LT(indexes().size(), before.size());
  {
    BulkLoad bulk(url_);
    EXPECT_EQ(bulk.highest("work_order", "id"), 1U);
    bulk.add(order(2));
    bulk.add(app::OrderCommand{"command-2b", "print", WorkOrderId{2}, 2, at(2)});
    bulk.add(app::Change{make_contact(7, 100)});
    bulk.add(std::vector{make_customer(5, "陈伟", {"059188110005"})});
    bulk.flush();
    EXPECT_EQ(bulk.count("work_order"), 2U);
    bulk.finish();
  }
  EXPECT_EQ(indexes(), before);
  const auto loaded = open_or_throw(url_);
  for (const std::uint64_t id : {1U, 2U}) {
    app::OrderCommit same = order(id);
    ASSERT_EQ(plain->orders()->commit(same).outcome, app::CommitOutcome::done);
    EXPECT_EQ(loaded->orders()->order(WorkOrderId{id}), plain->orders()->order(WorkOrderId{id}));
    EXPECT_EQ(loaded->orders()->history(WorkOrderId{id}), plain->orders()->history(WorkOrderId{id}));
    EXPECT_EQ(loaded->orders()->deadline(WorkOrderId{id}), plain->orders()->deadline(WorkOrderId{id}));
    EXPECT_EQ(loaded->orders()->command(same.command_id), plain->orders()->command(same.command_id));
  }
  EXPECT_TRUE(loaded->orders()->command("command-2b"));
  EXPECT_EQ(loaded->orders()->orders({.department = "billing"}), plain->orders()->orders({.department = "billing"}));
  EXPECT_EQ(loaded->orders()->orders({.phone_suffix = "0001"}).size(), 2U);
  EXPECT_EQ(loaded->orders()->notices({"department:billing"}, 0, 10),
            plain->orders()->notices({"department:billing"}, 0, 10));
  EXPECT_EQ(loaded->contact(ContactId{7}), make_contact(7, 100));
  EXPECT_EQ(loaded->customer(CustomerId{5})->name, "陈伟");
  // Numbers go on behind those that were loaded, and the ids of the outbox too.
  EXPECT_EQ(loaded->orders()->commit(order(3)).number, "TS2603020003");
  EXPECT_EQ(loaded->orders()->notices({"department:billing"}, 0, 10).size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(, BulkLoadTest, testing::Values(Kind::sqlite, Kind::postgres), [](const auto& kind) {
  return kind.param == Kind::sqlite ? std::string("Sqlite") : std::string("Postgres");
});

}  // namespace
}  // namespace hotline::store::test
