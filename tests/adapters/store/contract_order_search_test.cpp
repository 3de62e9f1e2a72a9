// SPDX-License-Identifier: Apache-2.0
// The store's contract for finding work orders by what was typed: numbers, ends of telephone numbers, words in either
// script; pages; that the index changes with the order and never without it; views, tallies, attachments by id.
#include <gmock/gmock.h>

#include "adapters/store/store_fixture.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store::test {
namespace {

using app::CommitOutcome;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreOrderSearchTest : public StoreTest {
 protected:
  app::OrderStore& orders() { return *store().orders(); }

  static app::OrderWrite write(std::uint64_t id, std::int64_t version, const std::optional<std::string>& text) {
    app::OrderWrite write;
    write.row.id = WorkOrderId{id};
    write.row.type = "complaint";
    write.row.state = "accepted";
    write.row.title = "title";
    write.row.created_at = write.row.changed_at = at(static_cast<std::int64_t>(id));
    write.row.version = version;
    write.row.document = "{}";
    write.expected_version = version - 1;
    write.number_prefix = "TS260302";
    write.search = text;
    return write;
  }
  CommitOutcome commit(app::OrderWrite write) { return orders().commit({"", "", at(1), {std::move(write)}}).outcome; }
  std::vector<std::uint64_t> ids(const app::OrderQuery& query) {
    std::vector<std::uint64_t> out;
    for (const app::OrderRow& row : orders().orders(query)) out.push_back(row.id.value());
    return out;
  }
  std::vector<std::uint64_t> found(const std::string& text) { return ids({.search = text}); }
};

TEST_P(StoreOrderSearchTest, FindsNumbersTelephonesAndWords) {
  app::OrderWrite first = write(1, 1, "客戶投訴裝機費多收\n王小明"),
                  second = write(2, 1, "ADSL 掉线 since Monday\n李芳 8811");
  first.row.phone = "059088110001";
  second.row.phone = "059077120002";
  ASSERT_EQ(commit(first), CommitOutcome::done);
  ASSERT_EQ(commit(second), CommitOutcome::done);
  ASSERT_EQ(commit(write(3, 1, "装机费退款")), CommitOutcome::done);
  EXPECT_THAT(found("装机费"), ElementsAre(3, 1)) << "newest first, in either script";
  EXPECT_THAT(found("裝機費 王小明"), ElementsAre(1));
  EXPECT_THAT(found("费"), ElementsAre(3, 1));
  EXPECT_THAT(found("adsl"), ElementsAre(2));
  EXPECT_THAT(found("王小明 李芳"), IsEmpty());
  EXPECT_THAT(found("TS2603020002"), ElementsAre(2));
  EXPECT_THAT(found("ts26030200"), ElementsAre(3, 2, 1));
  EXPECT_THAT(found("0001"), ElementsAre(1)) << "the end of a telephone number";
  EXPECT_THAT(found("8811"), ElementsAre(2)) << "written in the text, not the end of a number";
  EXPECT_THAT(found("0590-8811-0001"), ElementsAre(1));
  for (const char* none : {"不存在", "?", "\"", "'", "TS260401", "NOT adsl OR"})
    EXPECT_THAT(found(none), IsEmpty()) << none;
}

TEST_P(StoreOrderSearchTest, GoesWithEveryOtherCondition) {
  for (std::uint64_t id = 1; id <= 6; ++id) {
    app::OrderWrite one = write(id, 1, "寬頻故障");
    one.row.type = id % 2 == 0 ? "fault_report" : "complaint";
    one.row.closed = id == 2;
    one.row.owner = AgentId{id < 4 ? 8001U : 8002U};
    one.row.due_at = at(static_cast<std::int64_t>(1000 - id));
    one.row.lead = id == 5 ? "repair" : "";
    one.row.level = id == 6 ? 2 : 0;
    if (id > 3) one.parts = {{"repair", true, false, id == 4 ? std::optional(AgentId{8208}) : std::nullopt}};
    ASSERT_EQ(commit(one), CommitOutcome::done);
  }
  const auto search = [&](app::OrderQuery query) {
    query.search = "宽频";
    return ids(query);
  };
  EXPECT_THAT(search({.type = "fault_report"}), ElementsAre(6, 4, 2));
  EXPECT_THAT(search({.type = "fault_report", .closed = false}), ElementsAre(6, 4));
  EXPECT_THAT(search({.owner = AgentId{8001}}), ElementsAre(3, 2, 1));
  EXPECT_THAT(search({.department = "repair"}), ElementsAre(6, 5, 4));
  EXPECT_THAT(search({.department = "repair", .by_due = true}), ElementsAre(6, 5, 4)) << "by deadline";
  EXPECT_THAT(search({.before = WorkOrderId{4}}), ElementsAre(3, 2, 1));
  EXPECT_THAT(search({.limit = 2}), ElementsAre(6, 5));
  EXPECT_THAT(search({.limit = 2, .handler = AgentId{8208}}), ElementsAre(4));
  EXPECT_THAT(ids({.handler = AgentId{8208}}), ElementsAre(4));
  EXPECT_THAT(ids({.lead = "repair"}), ElementsAre(5));
  EXPECT_THAT(ids({.limit = 9, .lead = "-", .level_least = 1}), ElementsAre(6));
  EXPECT_THAT(search({.level_least = 2}), ElementsAre(6));
}

TEST_P(StoreOrderSearchTest, TheIndexChangesWithTheOrderOrNotAtAll) {
  ASSERT_EQ(commit(write(1, 1, "裝機")), CommitOutcome::done);
  ASSERT_EQ(commit(write(1, 2, std::nullopt)), CommitOutcome::done);
  EXPECT_THAT(found("裝機"), ElementsAre(1)) << "no new text: the old one stays";
  EXPECT_EQ(commit(write(1, 2, "移機")), CommitOutcome::stale);
  EXPECT_THAT(found("移機"), IsEmpty());
  ASSERT_EQ(commit(write(1, 3, "移機")), CommitOutcome::done);
  EXPECT_THAT(found("移機"), ElementsAre(1));
  EXPECT_THAT(found("裝機"), IsEmpty());
  EXPECT_TRUE(orders().indexed_as(WorkOrderId{1}, "移機"));
  EXPECT_FALSE(orders().indexed_as(WorkOrderId{1}, "裝機"));
  EXPECT_FALSE(orders().indexed_as(WorkOrderId{2}, "裝機"));
}

TEST_P(StoreOrderSearchTest, AllOrdersCanBeIndexedAnew) {
  for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_EQ(commit(write(id, 1, std::nullopt)), CommitOutcome::done);
  EXPECT_THAT(orders().unindexed(10), IsEmpty());
  orders().index_all();
  orders().index_all();
  EXPECT_THAT(orders().unindexed(2), ElementsAre(WorkOrderId{1}, WorkOrderId{2}));
  orders().index(WorkOrderId{1}, 1, "裝機");
  orders().index(WorkOrderId{2}, 7, "裝機");  // another version: read again
  orders().index(WorkOrderId{99}, 0, "");     // gone
  EXPECT_THAT(orders().unindexed(10), ElementsAre(WorkOrderId{2}, WorkOrderId{3}));
  EXPECT_THAT(found("裝機"), ElementsAre(1));
}

TEST_P(StoreOrderSearchTest, PagesByDeadlineLeaveOutNothing) {
  for (std::uint64_t id = 1; id <= 9; ++id) {
    app::OrderWrite one = write(id, 1, std::nullopt);
    if (id < 8) one.row.due_at = at(static_cast<std::int64_t>(id % 3));  // several at one moment, and two without
    one.parts = {{"repair", true, false, std::nullopt}};
    ASSERT_EQ(commit(one), CommitOutcome::done);
  }
  for (const std::string department : {"", "repair"}) {
    std::vector<std::uint64_t> all;
    app::OrderQuery query{.department = department, .by_due = true, .limit = 2};
    for (;;) {
      const auto page = orders().orders(query);
      if (page.empty()) break;
      for (const app::OrderRow& row : page) all.push_back(row.id.value());
      query.after = app::OrderPlace{page.back().due_at, page.back().id};
    }
    EXPECT_THAT(all, ElementsAre(3, 6, 1, 4, 7, 2, 5, 8, 9)) << department;
  }
}

TEST_P(StoreOrderSearchTest, CountsWhatIsOpenOverdueAndAtRisk) {
  const auto add = [&](std::uint64_t id, const char* lead, std::int64_t due, std::int64_t level, bool closed = false) {
    app::OrderWrite one = write(id, 1, std::nullopt);
    one.row.lead = lead;
    one.row.due_at = at(due);
    one.row.level = level;
    one.row.closed = closed;
    ASSERT_EQ(commit(one), CommitOutcome::done);
  };
  add(1, "repair", 50, 0);
  add(2, "repair", 150, 0);
  add(3, "repair", 950, 0);
  add(4, "repair", 10, 2);
  add(5, "", 120, 0);
  add(6, "", 20, 0, true);
  EXPECT_THAT(orders().tallies(at(100), at(200)), ElementsAre(app::OrderTally{"", "complaint", 0, 1, 0, 1},
                                                              app::OrderTally{"repair", "complaint", 0, 3, 1, 1},
                                                              app::OrderTally{"repair", "complaint", 2, 1, 1, 0}));
}

TEST_P(StoreOrderSearchTest, KeepsViewsOfEachPerson) {
  orders().save_view(AgentId{1}, {"b", "晚班", R"({"type":"complaint"})"});
  orders().save_view(AgentId{1}, {"a", "Overdue", "{}"});
  orders().save_view(AgentId{2}, {"a", "mine", "{}"});
  orders().save_view(AgentId{1}, {"b", "夜班", "{}"});
  EXPECT_THAT(orders().views(AgentId{1}),
              ElementsAre(app::OrderView{"a", "Overdue", "{}"}, app::OrderView{"b", "夜班", "{}"}));
  orders().delete_view(AgentId{1}, "a");
  EXPECT_THAT(orders().views(AgentId{1}), ElementsAre(app::OrderView{"b", "夜班", "{}"}));
  EXPECT_THAT(orders().views(AgentId{2}), ElementsAre(app::OrderView{"a", "mine", "{}"}));
}

TEST_P(StoreOrderSearchTest, AttachmentsComeWithTheirOrder) {
  app::OrderWrite one = write(1, 1, std::nullopt);
  one.attachments = {{7, WorkOrderId{1}, "照片.jpg", "image/jpeg", "ab", "ab/cd", 9, at(1), AgentId{8001}}};
  ASSERT_EQ(commit(one), CommitOutcome::done);
  app::OrderWrite stale = write(1, 1, std::nullopt);
  stale.attachments = {{8, WorkOrderId{1}, "x", "image/png", "cd", "cd/ef", 9, at(1), AgentId{8001}}};
  EXPECT_EQ(commit(stale), CommitOutcome::stale);
  EXPECT_EQ(orders().attachment(7), one.attachments.front());
  EXPECT_EQ(orders().attachment(8), std::nullopt);
  EXPECT_THAT(orders().attachments(WorkOrderId{1}), ElementsAre(one.attachments.front()));
  EXPECT_THAT(orders().attachments_after(0, 10), ElementsAre(one.attachments.front()));
  EXPECT_THAT(orders().attachments_after(7, 10), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(, StoreOrderSearchTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
