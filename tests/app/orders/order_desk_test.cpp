// SPDX-License-Identifier: Apache-2.0
// The use cases of work orders over the stores: commands once, versions, deadlines once, merges, the histories' check.
#include "app/orders/order_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "adapters/orders/order_files.hpp"
#include "adapters/store/memory_store.hpp"
#include "adapters/store/store.hpp"
#include "app/demo/organisation.hpp"
#include "support/postgres.hpp"
#include "vault/sha256.hpp"

namespace hotline::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::IsEmpty;

/// Monday, 2026-11-23 08:00 in the city.
constexpr TimePoint monday = from_unix_ms(1'795'392'000'000);

class OrderDeskTest : public testing::TestWithParam<std::string> {
 protected:
  OrderDeskTest() {
    if (GetParam() == "Memory") {
      store_ = std::make_unique<store::MemoryStore>();
    } else if (GetParam() == "Sqlite") {
      std::string name = "/tmp/hotline_orders_XXXXXX";
      folder_ = mkdtemp(name.data());
      store_ = std::move(*store::open_store("sqlite:" + folder_ + "/hotline.db"));
    } else {
      store_ = std::move(*store::open_store(hotline::test::shared_postgres().make_database()));
    }
    store_->orders()->save_organisation(demo::make_organisation(1, {}).organisation);
    desk_.emplace(*store_->orders(), std::move(*orders::load(HOTLINE_SOURCE_DIR "/orders")), vault::sha256_hex,
                  OrderDesk::Config{.start_seconds = 1'795'392'000});
  }
  ~OrderDeskTest() override {
    store_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] workorder::Actor actor(std::uint64_t id, const char* role = "agent", const char* team = "call") {
    Agent agent;
    agent.id = AgentId{id};
    agent.role = role;
    agent.team = team;
    return desk_->actor_of(agent);
  }
  [[nodiscard]] OrderRequest request(workorder::Actor by, const std::string& command_id = "") {
    const std::string id = command_id.empty() ? "command-" + std::to_string(++commands_) : command_id;
    return {id, "print of " + id, std::nullopt, std::move(by)};
  }
  [[nodiscard]] static workorder::Opening opening() {
    workorder::Opening out;
    out.type = "complaint";
    out.title = "Charged twice";
    out.owner = AgentId{8001};
    out.phone = "0590 8811-0001";
    out.fields = {{"category", "charges"}};
    return out;
  }
  OrderRecord make() {
    auto made = desk_->create(request(actor(8001)), opening(), monday);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  [[nodiscard]] static workorder::Command command(const std::string& action) {
    workorder::Command command;
    command.action = action;
    command.text = "done";
    command.evidence = {"document:letter"};
    command.lead = "billing";
    command.channel = "phone";
    command.answer = workorder::Answer::satisfied;
    return command;
  }
  Result<OrderRecord, OrderRefusal> act(WorkOrderId id, std::uint64_t by, const std::string& action, TimePoint now) {
    return desk_->act(id, request(actor(by, by >= 8900 ? "supervisor" : "agent")), command(action), {}, now);
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::optional<OrderDesk> desk_;
  int commands_ = 0;
};

TEST_P(OrderDeskTest, NumbersOrdersByTypeAndDay) {
  EXPECT_EQ(make().row.number, "TS2611230001");
  EXPECT_EQ(make().row.number, "TS2611230002");
  auto fault = opening();
  fault.type = "fault_report";
  fault.fields = {{"number", "059088110001"}, {"symptom", "noise"}, {"area", "urban"}};
  EXPECT_EQ(desk_->create(request(actor(8001)), fault, monday + hours{24})->row.number, "GZ2611240001");
}

TEST_P(OrderDeskTest, DoesACommandOnce) {
  const auto first = desk_->create(request(actor(8001), "the-same-id"), opening(), monday);
  const auto again = desk_->create(request(actor(8001), "the-same-id"), opening(), monday + minutes{1});
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->row.id, again->row.id);
  auto other = request(actor(8001), "the-same-id");
  other.fingerprint = "of something else";
  EXPECT_EQ(desk_->create(other, opening(), monday).error().code, "command_reused");
  const auto note = request(actor(8001), "a-note-once");
  ASSERT_TRUE(desk_->act(first->row.id, note, command("note"), {}, monday));
  const auto repeated = desk_->act(first->row.id, note, command("note"), {}, monday);
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->row.version, 2);
}

TEST_P(OrderDeskTest, RefusesWhatWasDecidedOnAnOldVersion) {
  const WorkOrderId id = make().row.id;
  auto old = request(actor(8001));
  old.version = 1;
  ASSERT_TRUE(act(id, 8001, "note", monday + minutes{1}));
  EXPECT_EQ(desk_->act(id, old, command("dispatch"), {}, monday + minutes{2}).error().code, "stale");
  old.version = 2;
  EXPECT_TRUE(desk_->act(id, old, command("dispatch"), {}, monday + minutes{2})) << "a refused id may be used again";
  EXPECT_EQ(act(WorkOrderId{1}, 8001, "note", monday).error().code, "not_found");
  EXPECT_EQ(act(id, 8206, "note", monday).error().code, "not_found") << "none of the switch's business";
  EXPECT_EQ(act(id, 8234, "dispatch", monday).error().code, "forbidden");
}

TEST_P(OrderDeskTest, ManyAtOnceLoseNoUpdate) {
  const WorkOrderId id = make().row.id;
  constexpr int people = 8, notes = 5;
  std::atomic<int> done = 0, stale = 0;
  std::vector<std::thread> threads;
  for (int p = 0; p < people; ++p)
    threads.emplace_back([&, p] {
      for (int n = 0; n < notes; ++n) {
        const std::string command_id = "note-" + std::to_string(p) + "-" + std::to_string(n);
        const auto result = desk_->act(id, request(actor(8001), command_id), command("note"), {}, monday);
        result ? ++done : ++stale;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done + stale, people * notes);
  EXPECT_GE(done, people * notes / 2) << "each is decided anew a few times";
  EXPECT_EQ(desk_->find(id)->row.version, 1 + done);
  EXPECT_EQ(desk_->wrong_with(*store_->orders()->order(id)), "");
}

TEST_P(OrderDeskTest, GivesEachDeadlineOnceThoughManyLook) {
  std::vector<WorkOrderId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(make().row.id);
  // First response of a complaint: two hours, warned half an hour before.
  TimePoint now = monday;
  for (int hour = 0; hour < 4; ++hour) {
    now += hours{1};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        while (desk_->tick(now, 2) != 0) {
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
  for (const WorkOrderId id : ids) {
    int warned = 0, escalated = 0;
    for (const workorder::SealedEvent& line : store_->orders()->history(id)) {
      warned += line.kind == "warn" ? 1 : 0;
      escalated += line.kind == "escalate" ? 1 : 0;
    }
    EXPECT_EQ(warned, 0) << "at two hours the limit itself had come";
    EXPECT_EQ(escalated, 1);
  }
  const auto notices = store_->orders()->notices({"supervisors"}, 0, 200);
  EXPECT_EQ(notices.size(), ids.size()) << "the hotline's own delay goes to its supervisors";
}

TEST_P(OrderDeskTest, ADeadOnesLeaseIsTakenUp) {
  const WorkOrderId id = make().row.id;
  ASSERT_EQ(store_->orders()->claim_deadlines(monday + hours{2}, monday + hours{2} + minutes{1}, 10).size(), 1U)
      << "by one that dies now";
  EXPECT_EQ(desk_->tick(monday + hours{2}, 10), 0U);
  EXPECT_EQ(desk_->tick(monday + hours{2} + minutes{1}, 10), 1U);
  EXPECT_EQ(desk_->find(id)->order.clock("first_response")->escalated, 1);
}

TEST_P(OrderDeskTest, IsInTheInboxOfWhoHasAPartInIt) {
  const WorkOrderId id = make().row.id;
  ASSERT_TRUE(act(id, 8001, "dispatch", monday + minutes{5}));
  const auto inbox = [&](const char* department) {
    std::vector<WorkOrderId> out;
    for (const OrderRow& row : store_->orders()->orders({.department = department, .by_due = true}))
      out.push_back(row.id);
    return out;
  };
  EXPECT_THAT(inbox("billing"), Contains(id));
  EXPECT_THAT(inbox("switch"), IsEmpty());
  EXPECT_EQ(store_->orders()->notices({"department:billing"}, 0, 10).size(), 1U);
  ASSERT_TRUE(act(id, 8236, "accept", monday + minutes{6}));
  ASSERT_TRUE(act(id, 8236, "reply", monday + minutes{7}));
  EXPECT_THAT(inbox("billing"), IsEmpty()) << "its part is done";
  EXPECT_EQ(store_->orders()->orders({.owner = AgentId{8001}, .to_tell = true}).size(), 1U);
  ASSERT_TRUE(act(id, 8001, "tell", monday + minutes{8}));
  EXPECT_THAT(store_->orders()->orders({.owner = AgentId{8001}, .to_tell = true}), IsEmpty());
}

TEST_P(OrderDeskTest, ARepeatGetsTheMainOrdersResult) {
  const WorkOrderId main = make().row.id, repeat = make().row.id;
  auto merge = command("merge");
  EXPECT_EQ(desk_->act(repeat, request(actor(8001)), merge, repeat, monday).error().code, "bad_value");
  ASSERT_TRUE(desk_->act(repeat, request(actor(8001)), merge, main, monday));
  EXPECT_EQ(desk_->find(main)->order.merged, std::vector{repeat});
  EXPECT_EQ(desk_->find(repeat)->row.merged_into, main);
  auto solve = command("solve");
  solve.text = "The second charge was taken back.";
  ASSERT_TRUE(desk_->act(main, request(actor(8001)), solve, {}, monday + minutes{5}));
  const auto told = desk_->find(repeat);
  EXPECT_EQ(told->order.result, solve.text);
  EXPECT_TRUE(told->row.to_tell_since) << "its own customer is told by itself";
  for (const WorkOrderId id : {main, repeat}) EXPECT_EQ(desk_->wrong_with(*store_->orders()->order(id)), "");
}

TEST_P(OrderDeskTest, AnOrderThatGoesOnWhileItIsCheckedIsNotTakenForChanged) {
  const OrderRecord made = make();
  const OrderRow read_before = *store_->orders()->order(made.row.id);
  ASSERT_TRUE(act(made.row.id, 8001, "note", monday + minutes{1}));
  EXPECT_EQ(desk_->wrong_with(read_before), "");
}

TEST_P(OrderDeskTest, SeesAHistoryThatWasChanged) {
  if (GetParam() != "Memory") GTEST_SKIP() << "rows are changed by hand in memory alone";
  const OrderRecord made = make();
  OrderRow row = *store_->orders()->order(made.row.id);
  EXPECT_EQ(desk_->wrong_with(row), "");
  row.hash = std::string(64, '0');
  EXPECT_NE(desk_->wrong_with(row), "");
  row = *store_->orders()->order(made.row.id);
  row.document.replace(row.document.find("Charged"), 7, "Changed");
  EXPECT_EQ(desk_->wrong_with(row), "its state is not what its history says");
}

TEST_P(OrderDeskTest, TakesOtherTypesWhileOrdersAreOpenUnlessOneWouldBeStranded) {
  const OrderRecord made = make();
  const workorder::TypeBook former = desk_->types();
  workorder::TypeBook less = former;
  less.erase(made.row.type);
  EXPECT_THAT(desk_->use_types(less).error(), testing::HasSubstr(made.row.type));
  less = former;
  std::erase_if(less.at(made.row.type).states, [&](const auto& state) { return state.code == made.row.state; });
  EXPECT_THAT(desk_->use_types(less).error(), testing::HasSubstr(made.row.state));
  EXPECT_EQ(desk_->types(), former) << "everything stays as it is";
  const workorder::TypeBook& seen = desk_->types();
  workorder::TypeBook more = former;
  more.at(made.row.type).reopen_days = 5;
  more.erase("knowledge_correction");  // nobody has one of these
  ASSERT_TRUE(desk_->use_types(more));
  EXPECT_EQ(desk_->types(), more);
  EXPECT_EQ(seen, former) << "whoever reads the former book goes on reading it";
}

INSTANTIATE_TEST_SUITE_P(, OrderDeskTest, testing::Values("Memory", "Sqlite", "Postgres"),
                         [](const auto& store) { return store.param; });

TEST(DemoOrganisation, EveryDepartmentCanBeEscalated) {
  const auto demo = demo::make_organisation(1, {});
  EXPECT_EQ(demo.staff.front().number, "8201");
  EXPECT_EQ(demo.staff.back().number, "8242");
  EXPECT_THAT(workorder::wrong_with(demo.organisation.departments), IsEmpty());
  const workorder::Departments departments(demo.organisation.departments);
  const workorder::Calendars calendars(demo.organisation.calendars);
  EXPECT_FALSE(departments.general_managers().empty());
  for (const auto& [code, department] : departments.all()) {
    EXPECT_TRUE(calendars.has(departments.calendar_of(code))) << code;
    if (department.parent.empty()) continue;
    EXPECT_FALSE(departments.holders(code, workorder::Position::head).empty()) << code;
    EXPECT_FALSE(departments.holders(code, workorder::Position::service_supervisor).empty()) << code;
  }
  for (const workorder::Calendar& calendar : demo.organisation.calendars)
    EXPECT_EQ(workorder::wrong_with(calendar), "") << calendar.code;
}

}  // namespace
}  // namespace hotline::app
