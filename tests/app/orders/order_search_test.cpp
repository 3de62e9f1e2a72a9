// SPDX-License-Identifier: Apache-2.0
// Goal: an order is found by what it says now, never by what it said; files are attached once, with their line in the
// history; who accepted and how far it was escalated can be asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "app/demo/organisation.hpp"
#include "app/orders/order_desk.hpp"
#include "app/orders/order_text.hpp"
#include "vault/sha256.hpp"

namespace hotline::app {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

/// Monday, 2026-11-23 08:00 in the city.
constexpr TimePoint monday = from_unix_ms(1'795'392'000'000);

class OrderSearchTest : public testing::Test {
 protected:
  OrderSearchTest() {
    std::string name = "/tmp/hotline_orders_XXXXXX";
    folder_ = mkdtemp(name.data());
    store_ = std::move(*store::open_store("sqlite:" + folder_ + "/hotline.db"));
    store_->orders()->save_organisation(demo::make_organisation(1, {}).organisation);
    desk_.emplace(*store_->orders(), std::move(*orders::load(HOTLINE_SOURCE_DIR "/orders")), vault::sha256_hex,
                  OrderDesk::Config{.start_seconds = 1'795'392'000});
  }
  ~OrderSearchTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] OrderRequest request(std::uint64_t agent, const char* role = "agent") {
    Agent who;
    who.id = AgentId{agent};
    who.role = role;
    const std::string id = "command-" + std::to_string(++commands_);
    return {id, "print of " + id, std::nullopt, desk_->actor_of(who)};
  }
  OrderRecord make() {
    workorder::Opening opening;
    opening.type = "complaint";
    opening.title = "裝機費多收";
    opening.text = "四月扣了兩次";
    opening.owner = AgentId{8001};
    opening.phone = "0590 8811-0001";
    opening.person = "王小明";
    opening.fields = {{"category", "charges"}, {"wish", "退還三百元"}};
    auto made = desk_->create(request(8001), opening, monday);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  OrderRecord act(WorkOrderId id, std::uint64_t agent, workorder::Command command, TimePoint at = monday) {
    if (command.text.empty()) command.text = "done";
    auto done = desk_->act(id, request(agent), std::move(command), std::nullopt, at);
    EXPECT_TRUE(done) << done.error().code << ": " << done.error().message;
    return *done;
  }
  [[nodiscard]] std::size_t found(const std::string& text) { return store_->orders()->orders({.search = text}).size(); }
  [[nodiscard]] bool indexed(WorkOrderId id) { return desk_->is_indexed(*store_->orders()->order(id)); }
  [[nodiscard]] static workorder::Command command(const std::string& action) {
    workorder::Command command;
    command.action = action;
    return command;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::optional<OrderDesk> desk_;
  int commands_ = 0;
};

TEST_F(OrderSearchTest, IsFoundByWhatItSaysNow) {
  const WorkOrderId id = make().order.id;
  for (const char* text : {"装机费", "两次", "王小明", "三百元"}) EXPECT_EQ(found(text), 1u) << text;
  EXPECT_EQ(found("charges"), 0u) << "a code is nothing anybody wrote";
  workorder::Command dispatch = command("dispatch");
  dispatch.lead = "billing";
  act(id, 8001, dispatch);
  act(id, 8236, command("accept"));
  workorder::Command reply = command("reply");
  reply.text = "重複訂購所致";
  reply.evidence = {"document:bill"};
  act(id, 8236, reply);
  EXPECT_EQ(found("重复订购"), 1u);
  workorder::Command back = command("give_back");
  back.text = "說明不清";
  act(id, 8001, back);
  EXPECT_EQ(found("重复订购"), 1u) << "the department's words are still in its part";
  EXPECT_TRUE(indexed(id));
}

TEST_F(OrderSearchTest, IndexesWhatWasWrittenBefore) {
  const WorkOrderId id = make().order.id;
  store_->orders()->index(id, 1, "");  // as if the index had been lost
  EXPECT_FALSE(indexed(id));
  EXPECT_EQ(found("装机费"), 0u);
  store_->orders()->index_all();
  EXPECT_EQ(desk_->index_waiting(100), 1u);
  EXPECT_EQ(desk_->index_waiting(100), 0u);
  EXPECT_TRUE(indexed(id));
  EXPECT_EQ(found("装机费"), 1u);
}

TEST_F(OrderSearchTest, AFileIsAttachedOnceWithItsLine) {
  const WorkOrderId id = make().order.id;
  const OrderRequest asked = request(8001);
  const Attachment file{0, {}, "照片.jpg", "image/jpeg", "ab", "ab/cd", 9, {}, {}};
  const auto first = desk_->attach(id, asked, file, "門口", monday);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(desk_->attach(id, asked, file, "門口", monday));
  const auto kept = store_->orders()->attachments(id);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].by, AgentId{8001});
  EXPECT_EQ(kept[0].at, monday);
  const auto last = read_event(store_->orders()->history(id).back());
  EXPECT_EQ(last->kind, workorder::Action::attach);
  EXPECT_THAT(last->evidence, ElementsAre("attachment:" + std::to_string(kept[0].id)));
  EXPECT_EQ(desk_->attach(id, request(8236), file, "", monday).error().code, "not_found") << "nothing to do with it";
  EXPECT_EQ(store_->orders()->attachments(id).size(), 1u);
}

TEST_F(OrderSearchTest, WhoAcceptedHandlesIt) {
  const WorkOrderId id = make().order.id;
  const auto handled_by = [&](std::uint64_t agent) {
    return store_->orders()->orders({.handler = AgentId{agent}}).size();
  };
  workorder::Command dispatch = command("dispatch");
  dispatch.lead = "billing";
  act(id, 8001, dispatch);
  EXPECT_EQ(handled_by(8236), 0u);
  EXPECT_EQ(act(id, 8236, command("accept")).order.part("billing")->handler, AgentId{8236});
  EXPECT_EQ(handled_by(8236), 1u);
  EXPECT_EQ(handled_by(8237), 0u);
  EXPECT_EQ(desk_->wrong_with(*store_->orders()->order(id)), "") << "and the history says so";
}

TEST_F(OrderSearchTest, HowFarItWasEscalatedStandsInItsRow) {
  const WorkOrderId id = make().order.id;
  EXPECT_THAT(store_->orders()->orders({.level_least = 1}), IsEmpty());
  ASSERT_GT(desk_->tick(monday + hours(3), 10), 0u);
  const auto escalated = store_->orders()->orders({.level_least = 1});
  ASSERT_EQ(escalated.size(), 1u);
  EXPECT_EQ(escalated[0].id, id);
  EXPECT_EQ(escalated[0].level, 1) << "its first response is late: the department head";
  const auto tallies = store_->orders()->tallies(monday + hours(3), monday + hours(4));
  ASSERT_EQ(tallies.size(), 1u);
  EXPECT_EQ(tallies[0], (OrderTally{"", "complaint", 1, 1, 1, 0}));
}

}  // namespace
}  // namespace hotline::app
