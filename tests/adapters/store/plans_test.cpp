// SPDX-License-Identifier: Apache-2.0
// The searches that run while a caller waits go through an index: SQLite's own plan of the very statements that are
// sent.
#include <gmock/gmock.h>

#include "adapters/store/contacts.hpp"
#include "adapters/store/ledger.hpp"
#include "adapters/store/migrations.hpp"
#include "adapters/store/order_sql.hpp"
#include "adapters/store/outside_sql.hpp"
#include "adapters/store/store_fixture.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "adapters/store/world.hpp"

namespace hotline::store::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Asks SQLite for the plan of each query before it runs.
class Explaining final : public sql::Connection {
 public:
  explicit Explaining(sql::Connection& real) : real_(real) {}
  [[nodiscard]] std::string take_plan() { return std::exchange(plan_, {}); }

  sql::Dialect dialect() const override { return real_.dialect(); }
  void run_script(const std::string& script) override { real_.run_script(script); }
  std::unique_ptr<sql::Rows> query(std::string_view sql, std::span<const sql::Value> values) override {
    const auto rows = real_.query("EXPLAIN QUERY PLAN " + std::string(sql), values);
    while (rows->next()) plan_ += std::string(rows->text(3)) + "\n";
    return real_.query(sql, values);
  }
  void execute(std::string_view sql, std::span<const sql::Value> values) override { real_.execute(sql, values); }
  void finish() override { real_.finish(); }
  void begin() override { real_.begin(); }
  void commit() override { real_.commit(); }
  void rollback() noexcept override { real_.rollback(); }
  bool usable() const override { return real_.usable(); }

 private:
  sql::Connection& real_;
  std::string plan_;
};

TEST(StorePlans, PagesOfOrdersReadNoMoreThanTheyNeed) {
  const TemporaryFolder folder;
  const auto connection = sql::open("sqlite:" + folder.path() + "/hotline.db", sql::Access::write);
  ASSERT_TRUE(migrate(*connection, migrations()));
  connection->run_script(  // a page is read only when something was counted
      "INSERT INTO work_order (id, number, type, state, title, closed, urgent, owner_id, customer_id, phone,"
      " phone_reversed, partner, lead, created_ms, changed_ms, due_ms, version, hash, document)"
      " VALUES (1,'X1','complaint','handling','t',0,1,9,7,'','','','',5,6,7,1,'h','{\"waiting_since\":1}');"
      "INSERT INTO work_order_part (order_id, department, lead, done, due_ms) VALUES (1,'billing',1,0,7);");
  Explaining explaining(*connection);
  const auto plan = [&](auto change) {
    app::TmfOrderQuery query;
    query.types = {"complaint", "fault_report"};
    change(query);
    EXPECT_EQ(order_page(explaining, query).total, 1u);
    return explaining.take_plan();
  };
  using Q = app::TmfOrderQuery;
  const auto sorts = HasSubstr("USE TEMP B-TREE FOR ORDER BY");
  const std::string all = plan([](Q&) {});
  EXPECT_THAT(all, HasSubstr("SCAN o USING INDEX work_order_created"));
  EXPECT_THAT(all, Not(sorts));
  EXPECT_THAT(plan([](Q& q) { q.urgent = true; }), Not(sorts));
  const std::string changed = plan([](Q& q) { q.changed.from = TimePoint{}; });
  EXPECT_THAT(changed, HasSubstr("work_order_changed (changed_ms>?)"));
  EXPECT_THAT(changed, Not(sorts));
  EXPECT_THAT(plan([](Q& q) { q.created.from = TimePoint{}; }), HasSubstr("work_order_created (created_ms>?)"));
  EXPECT_THAT(
      plan([](Q& q) {
        q.cases = std::vector<Q::Case>{{"complaint", "handling", true, {}}, {"fault_report", "repairing", true, {}}};
      }),
      HasSubstr("work_order_type (type=? AND state=?)"));
  EXPECT_THAT(plan([](Q& q) { q.customer = CustomerId{7}; }), HasSubstr("work_order_customer (customer_id=?)"));
  EXPECT_THAT(plan([](Q& q) { q.owner = AgentId{9}; }), HasSubstr("work_order_owner (owner_id=?)"));
  // The parts are those of open orders alone: few, and read as a whole.
  EXPECT_THAT(plan([](Q& q) { q.department = "billing"; }), HasSubstr("SEARCH o USING INTEGER PRIMARY KEY"));
  EXPECT_THAT(plan([](Q& q) { q.visible = Q::Visible{{"billing"}, AgentId{9}}; }), Not(HasSubstr("SCAN o")));
}

TEST(StorePlans, SearchesUseAnIndex) {
  const TemporaryFolder folder;
  const auto connection = sql::open("sqlite:" + folder.path() + "/hotline.db", sql::Access::write);
  ASSERT_TRUE(migrate(*connection, migrations()));
  Explaining explaining(*connection);

  (void)customer_by_phone(explaining, "059088110001");
  const std::string by_phone = explaining.take_plan();
  EXPECT_THAT(by_phone, HasSubstr("customer_phone_reversed (number_reversed=?)"));
  EXPECT_THAT(by_phone, HasSubstr("customer_phone_reversed (number_reversed>? AND number_reversed<?)"));
  EXPECT_THAT(by_phone, Not(HasSubstr("SCAN")));

  (void)find_customers(explaining, "0001", 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("customer_phone_reversed (number_reversed>? AND number_reversed<?)"));

  (void)find_customers(explaining, "陈伟", 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("customer_name (name_folded=?)"));

  (void)contacts(explaining, {.phone_suffix = "0001"});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("contact_phone (phone_reversed>? AND phone_reversed<?)"));

  (void)contacts(explaining, {.agent = AgentId{8001}, .from = at(0), .to = at(86'400)});
  const std::string own_day = explaining.take_plan();
  EXPECT_THAT(own_day, HasSubstr("contact_part_agent (agent_id=? AND started_at>? AND started_at<?)"));
  EXPECT_THAT(own_day, Not(HasSubstr("B-TREE"))) << "the index gives the order, too";

  (void)contacts(explaining, {.customer = CustomerId{7}, .before = ContactId{9}});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("contact_customer (customer_id=? AND started_at<?)"));

  (void)contacts(explaining, {});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("contact_started"));
  (void)open_contacts(explaining);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("contact_live"));
  (void)running_recordings(explaining, "voice-1");
  EXPECT_THAT(explaining.take_plan(), HasSubstr("recording_running (node=?)"));

  using Work = app::RecordingWork::Kind;
  (void)recording_work(explaining, {Work::archive, "voice-1", at(0), 10});
  const std::string to_archive = explaining.take_plan();
  EXPECT_THAT(to_archive, HasSubstr("recording_to_archive (node=? AND next_try_at<?)"));
  EXPECT_THAT(to_archive, Not(HasSubstr("B-TREE")));
  (void)recording_work(explaining, {Work::clear, "voice-1", at(0), 10});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("recording_to_clear (node=? AND next_try_at<?)"));
  (void)recording_work(explaining, {Work::remove, "voice-1", at(0), 10});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("recording_to_delete (node=? AND next_try_at<?)"));
  (void)recording_ages(explaining, {at(0), RecordingId{1}, at(9), 10});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("recording_kept (started_at>? AND started_at<?)"));
  (void)troubled_recordings(explaining, {}, 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("recording_trouble"));
  (void)recordings_of_node(explaining, "voice-1", {}, 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("INTEGER PRIMARY KEY (rowid>?)"));
  (void)recording_backlog(explaining);
  const std::string backlog = explaining.take_plan();
  for (const char* index : {"recording_to_archive", "recording_to_clear", "recording_to_delete"})
    EXPECT_THAT(backlog, HasSubstr(index));
}

TEST(StorePlans, WorkOrdersAreFoundByAnIndex) {
  const TemporaryFolder folder;
  const auto connection = sql::open("sqlite:" + folder.path() + "/hotline.db", sql::Access::write);
  ASSERT_TRUE(migrate(*connection, migrations()));
  Explaining explaining(*connection);
  const auto plan = [&](const app::OrderQuery& query) {
    (void)orders(explaining, query);
    return explaining.take_plan();
  };
  const std::string inbox = plan({.department = "repair", .by_due = true});
  EXPECT_THAT(inbox, HasSubstr("work_order_part_inbox (department=?)"));
  EXPECT_THAT(inbox, Not(HasSubstr("B-TREE"))) << "the index gives the order, too";
  const std::string newest = plan({.department = "repair"});
  EXPECT_THAT(newest, HasSubstr("work_order_part_newest (department=?)"));
  EXPECT_THAT(newest, Not(HasSubstr("B-TREE")));
  EXPECT_THAT(plan({.owner = AgentId{1}, .closed = false}), HasSubstr("work_order_owner (owner_id=?)"));
  EXPECT_THAT(plan({.owner = AgentId{1}, .to_tell = true}), HasSubstr("work_order_to_tell (owner_id=?"));
  EXPECT_THAT(plan({.customer = CustomerId{1}}), HasSubstr("work_order_customer (customer_id=?)"));
  EXPECT_THAT(plan({.phone_suffix = "0001"}), HasSubstr("work_order_phone (phone_reversed>? AND phone_reversed<?)"));
  EXPECT_THAT(plan({.partner = "110"}), HasSubstr("work_order_partner (partner=?)"));
  EXPECT_THAT(plan({.number = "TS2603020001"}), HasSubstr("(number=?)"));
  EXPECT_THAT(plan({.type = "complaint", .state = "handling"}), HasSubstr("work_order_type (type=? AND state=?)"));
  EXPECT_THAT(plan({.due_before = at(5), .by_due = true}), HasSubstr("work_order_open (due_ms<?)"));
  EXPECT_THAT(plan({}), Not(HasSubstr("B-TREE")));
  const std::string by_text = plan({.search = "裝機"});
  EXPECT_THAT(by_text, HasSubstr("SCAN work_order_search VIRTUAL TABLE INDEX"));
  EXPECT_THAT(by_text, HasSubstr("SEARCH o USING INTEGER PRIMARY KEY"));
  EXPECT_THAT(by_text, Not(HasSubstr("B-TREE"))) << "the index gives the newest first";
  EXPECT_THAT(plan({.owner = AgentId{1}, .closed = false, .search = "裝機"}),
              HasSubstr("work_order_owner (owner_id=?)"));
  EXPECT_THAT(plan({.search = "TS260302"}), HasSubstr("(number>? AND number<?)"));
  EXPECT_THAT(plan({.search = "0001"}), HasSubstr("work_order_phone (phone_reversed>? AND phone_reversed<?)"));
  const std::string page =
      plan({.department = "repair", .by_due = true, .after = app::OrderPlace{at(5), WorkOrderId{7}}});
  EXPECT_THAT(page, HasSubstr("work_order_part_inbox (department=? AND due_ms>?)"));
  EXPECT_THAT(page, Not(HasSubstr("B-TREE")));
  EXPECT_THAT(plan({.by_due = true, .handler = AgentId{1}}), HasSubstr("work_order_part_handler (handler_id=?)"));
  (void)order_tallies(explaining, at(0), at(9));
  EXPECT_THAT(explaining.take_plan(), HasSubstr("COVERING INDEX work_order_standing"));
  (void)any_deadline_due(explaining, at(0));
  EXPECT_THAT(explaining.take_plan(), HasSubstr("work_order_deadline_due (due_ms<?)"));
  (void)any_outbox_due(explaining, at(0));
  EXPECT_THAT(explaining.take_plan(), HasSubstr("outbox_waiting (next_try_ms<?)"));
  (void)any_delivery_due(explaining, "mail", at(0));
  EXPECT_THAT(explaining.take_plan(), HasSubstr("delivery_waiting (channel=? AND next_try_ms<?)"));
  (void)deliveries_of(explaining, WorkOrderId{1});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("delivery_order (order_id=?)"));
  (void)deliveries_to(explaining, "partner:110", "", 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("delivery_recipient (recipient=?)"));
  (void)entries_to(explaining, "partner:110", 0, 10);
  EXPECT_THAT(explaining.take_plan(), HasSubstr("outbox_recipient (recipient=? AND id>?)"));
  (void)entries_of_matter(explaining, WorkOrderId{1});
  EXPECT_THAT(explaining.take_plan(), HasSubstr("outbox_partner (order_id=?)"));
}

}  // namespace
}  // namespace hotline::store::test
