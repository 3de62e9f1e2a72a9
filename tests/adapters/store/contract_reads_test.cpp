// SPDX-License-Identifier: Apache-2.0
// What every implementation of the store's port promises: reading, and the world.
#include <gmock/gmock.h>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreReadsTest : public StoreTest {
 protected:
  [[nodiscard]] std::vector<std::uint64_t> ids(const app::ContactQuery& query) {
    std::vector<std::uint64_t> out;
    for (const app::Contact& contact : store().contacts(query)) out.push_back(contact.id.value());
    return out;
  }
  [[nodiscard]] std::vector<std::uint64_t> found(const std::string& text, std::uint32_t limit = 50) {
    std::vector<std::uint64_t> out;
    for (const app::Customer& customer : store().find_customers(text, limit)) out.push_back(customer.id.value());
    return out;
  }
};

TEST_P(StoreReadsTest, FiltersContacts) {
  app::Contact a = make_contact(1, 10), b = make_contact(2, 20), c = make_contact(3, 30);
  a.agent = AgentId{8002};  // who talked last; 8001 had handed over
  b.agent = AgentId{8002};
  b.customer = CustomerId{5};
  b.outcome = "answered";
  c.direction = "outbound";
  c.from = "1000";
  c.to = "0599-8765-4321";
  c.call_back = "web";
  const auto part = [](const app::Contact& contact, std::uint64_t agent, std::int64_t position) {
    return app::ContactPart{contact.id, AgentId{agent}, position, contact.started_at, {}, {}, {}, "", "", ""};
  };
  store().write_and_wait({c, a, b, part(a, 8001, 1), part(a, 8002, 2), part(b, 8002, 1)});
  EXPECT_THAT(ids({}), ElementsAre(3, 2, 1)) << "newest first";
  EXPECT_THAT(ids({.agent = AgentId{8001}}), ElementsAre(1));
  EXPECT_THAT(ids({.agent = AgentId{8002}}), ElementsAre(2, 1)) << "whoever has a part in it";
  EXPECT_THAT(ids({.agent = AgentId{8002}, .before = ContactId{2}}), ElementsAre(1));
  EXPECT_THAT(ids({.agent = AgentId{8002}, .limit = 1}), ElementsAre(2));
  EXPECT_THAT(ids({.call_backs = true}), ElementsAre(3));
  EXPECT_THAT(ids({.customer = CustomerId{5}}), ElementsAre(2));
  EXPECT_THAT(ids({.agent = AgentId{8001}, .customer = CustomerId{5}}), IsEmpty());
  EXPECT_THAT(ids({.phone_suffix = "1234"}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.phone_suffix = "87654321"}), ElementsAre(3)) << "an outbound contact's customer is the one called";
  EXPECT_THAT(ids({.phone_suffix = "1000"}), IsEmpty());
  EXPECT_THAT(ids({.from = at(20)}), ElementsAre(3, 2));
  EXPECT_THAT(ids({.from = at(10), .to = at(20)}), ElementsAre(1)) << "from is in, to is not";
  EXPECT_THAT(ids({.agent = AgentId{8002}, .phone_suffix = "234", .from = at(0), .to = at(99)}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.agent = AgentId{~0ULL}}), IsEmpty());
  EXPECT_FALSE(store().contact(ContactId{~0ULL})) << "an id that no row can have is no error";
  const auto open = store().open_contacts();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].id, ContactId{1});
  EXPECT_EQ(open[1].id, ContactId{3});
}

// Goal: paging by `before` visits every contact once, those of the same moment included, and never gives more than 200.
TEST_P(StoreReadsTest, PagesContacts) {
  app::Batch batch;
  for (std::uint64_t id = 1; id <= 450; ++id) batch.push_back(make_contact(id, static_cast<std::int64_t>(id / 7)));
  store().write_and_wait(batch);
  EXPECT_EQ(store().contacts({.limit = 100'000}).size(), 200U);
  EXPECT_THAT(ids({.limit = 0}), IsEmpty());
  std::vector<std::uint64_t> seen;
  app::ContactQuery query{.limit = 100};
  for (auto page = ids(query); !page.empty(); page = ids(query)) {
    seen.insert(seen.end(), page.begin(), page.end());
    query.before = ContactId{page.back()};
  }
  ASSERT_EQ(seen.size(), 450U);
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], 450 - i);
  EXPECT_THAT(ids({.before = ContactId{9999}}), IsEmpty()) << "an unknown contact has none older";
}

TEST_P(StoreReadsTest, CountsTheDayOfEachQueue) {
  const auto ended = [](std::uint64_t id, std::int64_t started, const char* queue, const char* outcome, Duration wait) {
    app::Contact contact = make_contact(id, started);
    contact.queue = queue;
    contact.outcome = outcome;
    contact.wait = wait;
    return contact;
  };
  store().write_and_wait({ended(1, -1, "general", "answered", 1s), ended(2, 0, "general", "answered", 20s),
                          ended(3, 1, "general", "answered", 20'001ms), ended(4, 2, "general", "abandoned", 5s),
                          ended(5, 3, "general", "abandoned", 4'999ms), ended(6, 4, "general", "short_abandoned", 30s),
                          ended(7, 5, "general", "lost", 1s), ended(8, 6, "general", "live", 1s),
                          ended(9, 7, "", "self_service", 0s), ended(10, 8, "fault", "answered", 3s)});
  app::Contact called = ended(11, 9, "general", "answered", 1s);
  called.direction = "outbound";  // and transferred to the queue
  store().write_and_wait({called});
  const auto days = store().queue_days(at(0), 20s, 5s);
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0].queue, "");
  EXPECT_EQ(days[0].offered, 0);
  EXPECT_EQ(days[0].self_service, 1);
  EXPECT_EQ(days[1].queue, "fault");
  EXPECT_EQ(days[1].answer_time, 3s);
  const app::QueueDay& general = days[2];
  EXPECT_EQ(general.offered, 6);
  EXPECT_EQ(general.answered, 2);
  EXPECT_EQ(general.answered_in_time, 1);
  EXPECT_EQ(general.abandoned, 1);
  EXPECT_EQ(general.short_abandoned, 2);
  EXPECT_EQ(general.abandoned_in_time, 1);
  EXPECT_EQ(general.lost, 1);
  EXPECT_EQ(general.answer_time, 40'001ms);
}

TEST_P(StoreReadsTest, FindsRunningRecordingsOfANode) {
  const auto recording = [](std::uint64_t id, const char* node, const char* state) {
    return app::Recording{RecordingId{id},
                          ContactId{1},
                          LegId{1},
                          node,
                          "",
                          at(static_cast<std::int64_t>(id)),
                          std::nullopt,
                          0,
                          0,
                          state,
                          ""};
  };
  store().write_and_wait({recording(2, "a", "running"), recording(1, "a", "running"), recording(3, "a", "whole"),
                          recording(4, "b", "running")});
  EXPECT_THAT(store().running_recordings("a"), ElementsAre(recording(1, "a", "running"), recording(2, "a", "running")));
  EXPECT_THAT(store().running_recordings("c"), IsEmpty());
}

TEST_P(StoreReadsTest, AuditIsNewestFirst) {
  app::Batch batch;
  for (int i = 0; i < 5; ++i)
    batch.push_back(app::AddAudit{{at(i), std::nullopt, i % 2 == 0 ? "even" : "odd", std::to_string(i), "", "{}"}});
  store().write_and_wait(batch);
  const auto even = store().audit("even", 2);
  ASSERT_EQ(even.size(), 2U);
  EXPECT_EQ(even[0].object, "4");
  EXPECT_EQ(even[1].object, "2");
}

TEST_P(StoreReadsTest, LooksUpCustomersByPhone) {
  app::Customer two_numbers = make_customer(1, "林志明", {"059988001234", "13800001111"});
  two_numbers.vip = true;
  two_numbers.kind = "business";
  two_numbers.language = "zh_hans";
  two_numbers.address = "濱海區港口路 12 號";
  two_numbers.district = "濱海區";
  app::Customer former = make_customer(4, "吳秀英", {"059966667777"});
  former.phones[0].status = "removed";
  store().save_customers({two_numbers, make_customer(2, "陳美玲", {"059188009999"}),
                          make_customer(3, "黃建國", {"059288009999"}), former,
                          make_customer(5, "趙國強", {"059966667777"})});
  EXPECT_EQ(store().count_customers(), 5);
  EXPECT_EQ(store().customer(CustomerId{1}), two_numbers);
  EXPECT_EQ(store().customer_by_phone("13800001111"), two_numbers);
  EXPECT_EQ(store().customer_by_phone("+86 599 8800 1234"), two_numbers) << "the last eight digits are alone";
  EXPECT_EQ(store().customer_by_phone("88001234"), two_numbers);
  EXPECT_FALSE(store().customer_by_phone("8001234")) << "seven digits say too little";
  EXPECT_FALSE(store().customer_by_phone("88009999")) << "two customers end so";
  EXPECT_EQ(store().customer_by_phone("059288009999")->id, CustomerId{3}) << "exact";
  EXPECT_EQ(store().customer_by_phone("059966667777")->id, CustomerId{5}) << "who has the number now";
  EXPECT_FALSE(store().customer_by_phone(""));
  EXPECT_FALSE(store().customer_by_phone("anonymous"));
}

TEST_P(StoreReadsTest, FindsCustomersByNameAndNumberEnd) {
  store().save_customers({make_customer(1, "林志明", {"059988001234"}), make_customer(2, "林小明", {"059988005678"}),
                          make_customer(3, "100% Coffee_House \\ Co", {"059977001234", "059977001111"}),
                          make_customer(4, "王敏", {}), make_customer(5, "王敏华", {})});
  EXPECT_THAT(found("王敏"), ElementsAre(4)) << "a whole name is meant as one";
  EXPECT_THAT(found("敏"), ElementsAre(4, 5));
  EXPECT_THAT(found("林"), ElementsAre(1, 2));
  EXPECT_THAT(found("志明"), ElementsAre(1));
  EXPECT_THAT(found(" 明 "), ElementsAre(1, 2));
  EXPECT_THAT(found("COFFEE"), ElementsAre(3));
  EXPECT_THAT(found("%"), ElementsAre(3)) << "a wildcard stands for itself";
  EXPECT_THAT(found("_"), ElementsAre(3));
  EXPECT_THAT(found("\\ c"), ElementsAre(3));
  EXPECT_THAT(found("1234"), ElementsAre(1, 3));
  EXPECT_THAT(found("77001"), IsEmpty()) << "the end of a number, not its middle";
  EXPECT_THAT(found("C2"), ElementsAre(2)) << "a customer number";
  EXPECT_THAT(found("林", 1), ElementsAre(1));
  EXPECT_THAT(found(""), IsEmpty());
  EXPECT_THAT(found("   "), IsEmpty());
}

TEST_P(StoreReadsTest, CustomersAreReplacedById) {
  store().save_customers({make_customer(1, "林志明", {"059988001234", "059988001235"})});
  const app::Customer moved = make_customer(1, "林志明", {"059988009999"});
  store().save_customers({moved});
  EXPECT_EQ(store().customer(CustomerId{1}), moved);
  EXPECT_FALSE(store().customer_by_phone("059988001235"));
  app::Customer clash = make_customer(2, "別人", {});
  clash.number = moved.number;
  EXPECT_THROW(store().save_customers({make_customer(3, "新客戶", {}), clash}), app::StoreError);
  EXPECT_EQ(store().count_customers(), 1) << "a refused import changes nothing";
}

app::World small_world() {
  app::World world;
  world.service_lines = {{ServiceLineId{1}, "1000", {"Hotline", "热线", "熱線"}, {"1000", "059988881000"}, "entry"},
                         {ServiceLineId{2}, "112", {"Faults", "障碍", "障礙"}, {}, "fault"}};
  world.queues = {{QueueId{1}, "general", {"General", "综合", "綜合"}, "1000", 20s, 60s, 300},
                  {QueueId{2}, "fault", {"Faults", "障碍", "障礙"}, "112", 15s, 0s, 50}};
  world.skills = {{SkillId{1}, "mandarin", {"Mandarin", "普通话", "普通話"}},
                  {SkillId{2}, "english", {"English", "英语", "英語"}}};
  world.reasons = {{"contact", "no_tone", {"No tone", "无音", "無音"}, "112", 1},
                   {"pause", "rest", {"Rest", "休息", "休息"}, "", 1},
                   {"pause", "meal", {"Meal", "用餐", "用餐"}, "", 2}};
  world.agents = {{AgentId{8001},
                   "8001",
                   "8001",
                   "$argon2id$x",
                   "林志明",
                   "call",
                   "agent",
                   "browser",
                   "",
                   true,
                   {QueueId{2}, QueueId{1}},
                   {{SkillId{2}, 9}, {SkillId{1}, 3}}},
                  {AgentId{8901},
                   "8901",
                   "sup",
                   "$argon2id$y",
                   "黃秀英",
                   "call",
                   "supervisor",
                   "sip",
                   "sip:8901@127.0.0.1:5070",
                   false,
                   {},
                   {}}};
  return world;
}

void expect_equal(const app::World& a, const app::World& b) {
  EXPECT_EQ(a.service_lines, b.service_lines);
  EXPECT_EQ(a.queues, b.queues);
  EXPECT_EQ(a.skills, b.skills);
  EXPECT_EQ(a.reasons, b.reasons);
  EXPECT_EQ(a.agents, b.agents);
}

TEST_P(StoreReadsTest, KeepsTheWorld) {
  app::World world = small_world();
  store().save_world(world);
  expect_equal(store().load_world(), world);
  EXPECT_EQ(store().agent(AgentId{8001}), world.agents[0]);
  EXPECT_EQ(store().agent_by_username("sup"), world.agents[1]);
  EXPECT_FALSE(store().agent_by_username("nobody"));
  EXPECT_FALSE(store().agent(AgentId{1}));

  world.agents[0].queues = {QueueId{1}};
  world.agents[0].skills.clear();
  world.service_lines[0].numbers = {"1000"};
  world.queues[1].waiting_max = 7;
  world.reasons[0].name.en = "No dial tone";
  store().save_world(world);  // again: upserted
  store().write_and_wait({app::SetAgentDevice{AgentId{8001}, "sip", "sip:8001@127.0.0.1:5080"}});
  world.agents[0].device = "sip";
  world.agents[0].sip_contact = "sip:8001@127.0.0.1:5080";
  if (durable()) reopen();
  expect_equal(store().load_world(), world);
}

TEST_P(StoreReadsTest, AContradictoryWorldChangesNothing) {
  store().save_world(small_world());
  app::World clash = small_world();
  clash.queues[0].waiting_max = 1;
  clash.agents[1].username = clash.agents[0].username;
  EXPECT_THROW(store().save_world(clash), app::StoreError);
  clash = small_world();
  clash.agents[0].queues = {QueueId{77}};
  EXPECT_THROW(store().save_world(clash), app::StoreError);
  expect_equal(store().load_world(), small_world());
  store().write_and_wait({make_contact(1, 0)});
  EXPECT_TRUE(store().contact(ContactId{1})) << "the writer goes on";
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(, StoreReadsTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace hotline::store::test
