// SPDX-License-Identifier: Apache-2.0
// The store's contract for work orders: one commit or nothing of it, leases, searches.
#include <gmock/gmock.h>

#include <thread>

#include "adapters/store/sql.hpp"
#include "adapters/store/store_fixture.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store::test {
namespace {

using app::CommitOutcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StoreOrdersTest : public StoreTest {
 protected:
  app::OrderStore& orders() { return *store().orders(); }

  static app::OrderWrite write(std::uint64_t id, std::int64_t before, std::int64_t after) {
    app::OrderWrite write;
    write.row.id = WorkOrderId{id};
    write.row.type = "complaint";
    write.row.state = "accepted";
    write.row.title = "no answer";
    write.row.created_at = at(static_cast<std::int64_t>(id));
    write.row.changed_at = at(after);
    write.row.version = after;
    write.row.hash = "hash" + std::to_string(after);
    write.row.document = R"({"v":)" + std::to_string(after) + "}";
    write.expected_version = before;
    write.number_prefix = "TS260302";
    for (std::int64_t seq = before + 1; seq <= after; ++seq)
      write.events.push_back(
          {WorkOrderId{id}, seq, at(seq), AgentId{8001}, "note", R"({"text":"好"})", "hash" + std::to_string(seq)});
    return write;
  }
  app::CommitResult commit(std::vector<app::OrderWrite> writes, const std::string& command = "") {
    return orders().commit({command, "print of " + command, at(1), std::move(writes)});
  }
  std::vector<std::uint64_t> ids(const app::OrderQuery& query) {
    std::vector<std::uint64_t> out;
    for (const app::OrderRow& row : orders().orders(query)) out.push_back(row.id.value());
    return out;
  }
};

TEST_P(StoreOrdersTest, KeepsEveryFieldOfAnOrder) {
  app::OrderWrite whole = write(5, 0, 2);
  whole.row.closed = false;
  whole.row.urgent = true;
  whole.row.owner = AgentId{8001};
  whole.row.customer = CustomerId{12};
  whole.row.contact = ContactId{7};
  whole.row.phone = "059088110001";
  whole.row.partner = "12315";
  whole.row.lead = "repair";
  whole.row.closed_at = at(50);
  whole.row.due_at = at(60);
  whole.row.to_tell_since = at(40);
  whole.row.merged_into = WorkOrderId{3};
  const app::CommitResult made = commit({whole, write(6, 0, 1)}, "c-1");
  EXPECT_EQ(made.outcome, CommitOutcome::done);
  EXPECT_EQ(made.number, "TS2603020001");
  if (durable()) reopen();
  app::OrderRow expected = whole.row;
  expected.number = made.number;
  EXPECT_EQ(orders().order(WorkOrderId{5}), expected);
  EXPECT_EQ(orders().order(WorkOrderId{6})->number, "TS2603020002");
  EXPECT_EQ(orders().order(WorkOrderId{6})->due_at, std::nullopt);
  EXPECT_EQ(orders().history(WorkOrderId{5}), whole.events);
  EXPECT_EQ(orders().command("c-1"), (app::OrderCommand{"c-1", "print of c-1", WorkOrderId{5}, 2, at(1)}));
  EXPECT_EQ(orders().command("c-2"), std::nullopt);
  EXPECT_EQ(orders().order(WorkOrderId{99}), std::nullopt);
  EXPECT_THAT(orders().orders_after(WorkOrderId{5}, 10), SizeIs(1));
}

TEST_P(StoreOrdersTest, CommandIdsAreForgottenTheOldestFirst) {
  const auto give = [&](std::uint64_t order, std::int64_t second) {
    const auto id = "c-" + std::to_string(order);
    EXPECT_EQ(orders().commit({id, "print", at(second), {write(order, 0, 1)}}).outcome, CommitOutcome::done);
  };
  give(5, 30);
  give(6, 10);
  give(7, 20);
  give(8, 40);
  EXPECT_EQ(orders().forget_commands(at(10), 10), 0U) << "what is not older stays";
  EXPECT_EQ(orders().forget_commands(at(40), 2), 2U);
  EXPECT_EQ(orders().command("c-6"), std::nullopt);
  EXPECT_EQ(orders().command("c-7"), std::nullopt);
  EXPECT_TRUE(orders().command("c-5"));
  EXPECT_EQ(orders().forget_commands(at(40), 2), 1U);
  EXPECT_TRUE(orders().command("c-8"));
  EXPECT_TRUE(orders().order(WorkOrderId{6})) << "the order itself stays";
}

TEST_P(StoreOrdersTest, ACommitIsMadeOnceAndOnlyOnTheVersionItWasDecidedOn) {
  ASSERT_EQ(commit({write(5, 0, 1)}, "c-1").outcome, CommitOutcome::done);
  EXPECT_EQ(commit({write(5, 1, 2)}, "c-1").outcome, CommitOutcome::repeated);
  EXPECT_EQ(commit({write(5, 0, 1)}, "c-2").outcome, CommitOutcome::stale) << "it is there already";
  EXPECT_EQ(commit({write(5, 2, 3)}, "c-2").outcome, CommitOutcome::stale);
  EXPECT_EQ(orders().command("c-2"), std::nullopt) << "a refused command may be tried again";
  EXPECT_EQ(commit({write(5, 1, 2), write(6, 4, 5)}, "c-2").outcome, CommitOutcome::stale);
  EXPECT_EQ(orders().order(WorkOrderId{5})->version, 1) << "all of a commit or nothing";
  EXPECT_EQ(commit({write(5, 1, 2)}, "c-2").outcome, CommitOutcome::done);
  EXPECT_EQ(orders().order(WorkOrderId{5})->number, "TS2603020001") << "numbers stay";
  EXPECT_THAT(orders().history(WorkOrderId{5}), SizeIs(2));
}

TEST_P(StoreOrdersTest, TextThatCannotBeStoredIsRefusedBeforeAnythingIsWritten) {
  app::OrderWrite bad = write(5, 0, 1);
  bad.row.title = "a\xff";
  EXPECT_THROW((void)commit({bad}), app::BadText);
  EXPECT_EQ(orders().order(WorkOrderId{5}), std::nullopt);
}

TEST_P(StoreOrdersTest, OfManyWhoWriteAtOnceOneWins) {
  ASSERT_EQ(commit({write(5, 0, 1)}).outcome, CommitOutcome::done);
  std::atomic<int> won = 0;
  for (std::int64_t version = 1; version <= 5; ++version) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, version] {
        if (commit({write(5, version, version + 1)}).outcome == CommitOutcome::done) ++won;
      });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(won, 5);
  EXPECT_EQ(orders().order(WorkOrderId{5})->version, 6);
  EXPECT_THAT(orders().history(WorkOrderId{5}), SizeIs(6));
}

TEST_P(StoreOrdersTest, FindsOrders) {
  app::OrderWrite a = write(1, 0, 1), b = write(2, 0, 1), c = write(3, 0, 1), d = write(4, 0, 1);
  a.row.owner = b.row.owner = AgentId{8001};
  a.row.phone = "059088110001";
  a.row.due_at = at(300);
  a.parts = {{"repair", true, false}, {"market", false, true}};
  b.row.to_tell_since = at(5);
  b.row.due_at = at(100);
  b.parts = {{"market", true, false}, {"repair", false, false}};
  b.row.customer = CustomerId{12};
  c.row.type = "fault_report";
  c.row.contact = ContactId{7};
  c.row.partner = "110";
  d.row.closed = true;
  d.row.state = "archived";
  d.row.customer = CustomerId{12};
  for (const auto& one : {a, b, c, d}) ASSERT_EQ(commit({one}).outcome, CommitOutcome::done);
  EXPECT_THAT(ids({}), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(ids({.before = WorkOrderId{3}}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre(4, 3));
  EXPECT_THAT(ids({.closed = false, .by_due = true}), ElementsAre(2, 1, 3)) << "without a deadline last";
  EXPECT_THAT(ids({.due_before = at(200)}), ElementsAre(2));
  EXPECT_THAT(ids({.department = "repair"}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.department = "repair", .by_due = true}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.department = "market"}), ElementsAre(2)) << "whose part is done is left out";
  EXPECT_THAT(ids({.owner = AgentId{8001}, .closed = false}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.owner = AgentId{8001}, .to_tell = true}), ElementsAre(2));
  EXPECT_THAT(ids({.type = "fault_report"}), ElementsAre(3));
  EXPECT_THAT(ids({.type = "complaint", .state = "archived"}), ElementsAre(4));
  EXPECT_THAT(ids({.partner = "110"}), ElementsAre(3));
  EXPECT_THAT(ids({.customer = CustomerId{12}}), ElementsAre(4, 2));
  EXPECT_THAT(ids({.contact = ContactId{7}}), ElementsAre(3));
  EXPECT_THAT(ids({.number = "TS2603020002"}), ElementsAre(2));
  EXPECT_THAT(ids({.phone_suffix = "0001"}), ElementsAre(1));
  EXPECT_THAT(ids({.phone_suffix = "9001"}), IsEmpty());
  EXPECT_THAT(ids({.customer = CustomerId{12}, .closed = true}), ElementsAre(4));
}

TEST_P(StoreOrdersTest, ADeadlineIsOnePersonsUntilItsLeaseEnds) {
  app::OrderWrite a = write(1, 0, 1), b = write(2, 0, 1);
  a.next_due = at(20);
  b.next_due = at(10);
  ASSERT_EQ(commit({a, b}).outcome, CommitOutcome::done);
  EXPECT_THAT(orders().claim_deadlines(at(5), at(35), 10), IsEmpty());
  EXPECT_EQ(orders().deadline(WorkOrderId{1}), (app::OrderDeadline{WorkOrderId{1}, at(20)}));
  EXPECT_THAT(orders().claim_deadlines(at(20), at(50), 1), ElementsAre(app::OrderDeadline{WorkOrderId{2}, at(10)}));
  EXPECT_THAT(orders().claim_deadlines(at(20), at(50), 10), ElementsAre(app::OrderDeadline{WorkOrderId{1}, at(20)}));
  EXPECT_THAT(orders().claim_deadlines(at(21), at(51), 10), IsEmpty());
  EXPECT_THAT(orders().claim_deadlines(at(50), at(80), 10), SizeIs(2)) << "who took them has died";
  app::OrderWrite later = write(1, 1, 2);
  later.next_due = at(60);
  ASSERT_EQ(commit({later}).outcome, CommitOutcome::done);
  EXPECT_THAT(orders().claim_deadlines(at(70), at(100), 10), ElementsAre(app::OrderDeadline{WorkOrderId{1}, at(60)}));
  ASSERT_EQ(commit({write(1, 2, 3)}).outcome, CommitOutcome::done);
  EXPECT_EQ(orders().deadline(WorkOrderId{1}), std::nullopt);
}

TEST_P(StoreOrdersTest, TheOutboxIsReadByThoseItIsFor) {
  app::OrderWrite a = write(1, 0, 1);
  a.outbox = {{0, "partner:110", "tell", WorkOrderId{1}, at(3), R"({"text":"到场"})", 0},
              {0, "department:repair", "dispatch", WorkOrderId{1}, at(3), "{}", 0},
              {0, "agent:8001", "warn", WorkOrderId{1}, at(4), "{}", 0}};
  ASSERT_EQ(commit({a}).outcome, CommitOutcome::done);
  const auto seen = orders().notices({"agent:8001", "department:repair"}, 0, 10);
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].kind, "warn") << "newest first";
  EXPECT_THAT(orders().notices({"agent:8001", "department:repair"}, seen[0].id, 10), SizeIs(1));
  EXPECT_THAT(orders().notices({}, 0, 10), IsEmpty());
}

TEST_P(StoreOrdersTest, KeepsAttachmentsAndTheOrganisation) {
  const app::Attachment attachment{9,        WorkOrderId{1}, "照片.jpg", "image/jpeg", "ab",
                                   "2026/9", 1234,           at(5),      AgentId{1}};
  orders().add_attachment(attachment);
  EXPECT_THAT(orders().attachments(WorkOrderId{1}), ElementsAre(attachment));
  using workorder::Position;
  app::Organisation organisation;
  organisation.departments = {
      {"company", "", {"Company", "公司", "公司"}, "business", true, {{AgentId{2}, Position::general_manager}}},
      {"repair",
       "company",
       {"Repair", "修", "修"},
       "",
       false,
       {{AgentId{9}, Position::head}, {AgentId{3}, Position::member}}}};
  organisation.calendars = {{"business",
                             std::chrono::minutes{480},
                             {{0, {{480, 720}, {840, 1050}}}, {2, {{0, 60}}}},
                             {{20'000, {}}, {20'001, {{540, 660}}}}}};
  orders().save_organisation(organisation);
  if (durable()) reopen();
  EXPECT_EQ(orders().organisation(), organisation);
  organisation.departments.pop_back();
  organisation.calendars.clear();
  orders().save_organisation(organisation);
  EXPECT_EQ(orders().organisation(), organisation) << "as a whole";
}

INSTANTIATE_TEST_SUITE_P(, StoreOrdersTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
