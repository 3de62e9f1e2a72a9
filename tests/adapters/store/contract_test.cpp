// SPDX-License-Identifier: Apache-2.0
// What every implementation of the store's port promises: writing. Reading is in contract_reads_test.cpp.
#include <gmock/gmock.h>

#include <atomic>
#include <limits>

#include "adapters/store/store_fixture.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Goal: every field of every record comes back as it was written, unset ones included.
TEST_P(StoreTest, KeepsEveryFieldOfEveryRecord) {
  app::Contact contact = make_contact(7, 0);
  contact.channel = "web";
  contact.direction = "outbound";
  contact.from = "1000";
  contact.to = "059988001234";
  contact.service_line = "112";
  contact.queue = "fault";
  contact.language = "zh_hant";
  contact.agent = AgentId{8001};
  contact.customer = CustomerId{12};
  contact.ended_at = at(300);
  contact.end_cause = "客戶掛機";
  contact.outcome = "answered";
  contact.wait = 1500ms;
  contact.talk = 290s;
  contact.hold = 1ms;
  contact.consult = 2s;
  contact.reason_code = "fault.no_tone";
  contact.result_code = "solved";
  contact.owner = AgentId{8002};
  contact.call_back = "digit";
  contact.note = "line one\nline two\t'quoted' \"and\" \\ 100% 𠮷";
  app::Leg leg{LegId{70}, ContactId{7}, "agent", "browser", "voice-1", "8001", AgentId{8001},
               at(1),     at(2),        at(299), "normal",  15000,     14999,  1,
               7,         "opus",       25,      31,        412,       50,     9};
  app::Leg bare_leg;
  bare_leg.id = LegId{71};
  bare_leg.contact = ContactId{7};
  bare_leg.started_at = at(5);
  app::Recording recording{RecordingId{9}, ContactId{7}, LegId{70}, "voice-1", "2026/03/02/9.wav", at(1),
                           at(299),        2'392'000,    9'568'044, "damaged", "header repaired"};
  const app::ContactPart owner{ContactId{7}, AgentId{8002}, 1, at(0), 20s, 7s, 2s, "", "", ""};
  const app::ContactPart expert{ContactId{7}, AgentId{8001}, 2, at(0), 270s, 0s, 2s, "fault.no_tone", "", "端口"};
  const app::ContactEvent event{ContactId{7}, 1, at(0), "started", R"({"from":"話機"})"};
  const app::Session session{"ab12", AgentId{8001}, "csrf", at(0), at(1), at(3600)};
  const app::LiveCall live_call{CallId{7}, "voice-1", R"({"v":1})"};
  const app::LiveAgent live_agent{AgentId{8001}, R"({"state":"busy"})"};
  const app::NodeCursor cursor{"voice-1", std::numeric_limits<std::uint64_t>::max(), 41};
  const app::AuditEntry audit{at(9), AgentId{8901}, "recording.play", "9", "127.0.0.1", "{}"};
  store().write_and_wait({contact, leg, bare_leg, recording, expert, owner, event, session, live_call, live_agent,
                          cursor, app::AddAudit{audit},
                          app::AddAudit{{at(10), std::nullopt, "session.failed", "x", "::1", "{}"}}});
  if (durable()) reopen();

  EXPECT_EQ(store().contact(ContactId{7}), contact);
  EXPECT_THAT(store().legs(ContactId{7}), ElementsAre(leg, bare_leg));
  EXPECT_THAT(store().recordings(ContactId{7}), ElementsAre(recording));
  EXPECT_EQ(store().recording(RecordingId{9}), recording);
  EXPECT_THAT(store().events(ContactId{7}), ElementsAre(event));
  EXPECT_THAT(store().parts(ContactId{7}), ElementsAre(owner, expert));
  EXPECT_EQ(store().session("ab12"), session);
  const app::LiveState live = store().load_live();
  EXPECT_THAT(live.calls, ElementsAre(live_call));
  EXPECT_THAT(live.agents, ElementsAre(live_agent));
  EXPECT_THAT(live.cursors, ElementsAre(cursor));
  EXPECT_THAT(store().audit("recording.play", 10), ElementsAre(audit));
  EXPECT_EQ(store().audit("", 10).size(), 2U);
}

// Goal: callbacks come in the order of write(), each after its batch can be read by others.
TEST_P(StoreTest, CommitsInOrderAndCallsBackWhenReadable) {
  constexpr int batches = 500;
  std::vector<int> order;
  std::atomic<int> unreadable = 0;
  std::promise<void> all;
  for (int i = 0; i < batches; ++i) {
    ASSERT_TRUE(store().write({make_contact(static_cast<std::uint64_t>(i + 1), i)}, [&, i] {
      order.push_back(i);  // one thread calls all of them
      if (i % 100 == 0 && !store().contact(ContactId{static_cast<std::uint64_t>(i + 1)})) ++unreadable;
      if (i + 1 == batches) all.set_value();
    }));
  }
  auto done = all.get_future();
  ASSERT_TRUE(comes(done));
  ASSERT_EQ(order.size(), static_cast<std::size_t>(batches));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(unreadable, 0);
}

// Goal: within and over batches the last write of a row wins.
TEST_P(StoreTest, AppliesChangesInTheOrderGiven) {
  auto first = write(store(), {app::LiveCall{CallId{1}, "n", "a"}, app::LiveCall{CallId{1}, "n", "b"}});
  auto second = write(store(), {app::DropLiveCall{CallId{1}}, app::LiveCall{CallId{1}, "m", "c"}});
  ASSERT_TRUE(comes(second));
  EXPECT_THAT(store().load_live().calls, ElementsAre(app::LiveCall{CallId{1}, "m", "c"}));
  store().write_and_wait({app::DropLiveCall{CallId{1}}, app::DropLiveCall{CallId{2}}});
  EXPECT_THAT(store().load_live().calls, IsEmpty());
}

// Goal: what an agent wrote in the wrap-up survives every later write of the contact.
TEST_P(StoreTest, WrapUpIsNotOverwrittenByTheContact) {
  app::Contact contact = make_contact(1, 0);
  contact.note = "came with the first row";
  store().write_and_wait({contact});
  EXPECT_EQ(store().contact(ContactId{1})->note, "came with the first row");
  store().write_and_wait({app::PutWrapUp{ContactId{1}, "fault", "solved", "電話沒有撥號音"}});
  contact.outcome = "answered";
  contact.note = "old";
  store().write_and_wait({contact});
  const auto stored = store().contact(ContactId{1});
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->outcome, "answered");
  EXPECT_EQ(stored->reason_code, "fault");
  EXPECT_EQ(stored->result_code, "solved");
  EXPECT_EQ(stored->note, "電話沒有撥號音");
  store().write_and_wait({app::PutWrapUp{ContactId{99}, "x", "y", "z"}});
  EXPECT_FALSE(store().contact(ContactId{99})) << "a wrap-up makes no contact";
}

// Goal: an event sent twice (after a restart) is one row, the first.
TEST_P(StoreTest, TheSameEventTwiceIsOne) {
  app::ContactEvent again = make_event(1, 1);
  again.type = "other";
  store().write_and_wait({make_event(1, 2), make_event(1, 1), again, make_event(2, 1)});
  store().write_and_wait({make_event(1, 2)});
  EXPECT_THAT(store().events(ContactId{1}), ElementsAre(make_event(1, 1), make_event(1, 2)));
}

// Goal: text no database can keep is refused at write(), nothing of the batch is taken, and the store goes on.
TEST_P(StoreTest, RefusesTextThatCannotBeStored) {
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\xFF"), std::string("\xC0\x80"), std::string("\xED\xA0\x80")}) {
    app::Contact contact = make_contact(2, 0);
    contact.from = bad;
    EXPECT_THROW((void)store().write({make_contact(1, 0), contact}, [] { ADD_FAILURE() << "committed"; }),
                 app::BadText);
    EXPECT_THROW(store().write_and_wait({contact}), app::BadText);
    EXPECT_THROW((void)store().find_customers("x" + bad, 10), app::BadText);
    EXPECT_THROW((void)store().agent_by_username(bad), app::BadText);
    contact.from = app::to_storable(bad);
    store().write_and_wait({contact});
  }
  EXPECT_FALSE(store().contact(ContactId{1}));
  EXPECT_TRUE(store().contact(ContactId{2}));
  EXPECT_TRUE(store().health());
}

// Goal: epochs rise strictly, also over restarts and when asked from two threads.
TEST_P(StoreTest, EpochsRiseStrictly) {
  EXPECT_EQ(store().next_epoch(), 1U);
  EXPECT_EQ(store().next_epoch(), 2U);
  if (durable()) reopen();
  auto one = std::async(std::launch::async, [&] { return store().next_epoch(); });
  auto two = std::async(std::launch::async, [&] { return store().next_epoch(); });
  EXPECT_THAT((std::vector{one.get(), two.get()}), testing::UnorderedElementsAre(3U, 4U));
}

TEST_P(StoreTest, SessionsExpireAndEnd) {
  const auto session = [](std::string token, std::int64_t expires) {
    return app::Session{std::move(token), AgentId{1}, "c", at(0), at(0), at(expires)};
  };
  store().write_and_wait({session("a", 10), session("b", 20), session("c", 30)});
  store().write_and_wait({session("a", 40), app::DropSession{"c"}, app::DropExpiredSessions{at(20)}});
  EXPECT_EQ(store().session("a"), session("a", 40));
  EXPECT_FALSE(store().session("b"));
  EXPECT_FALSE(store().session("c"));
}

// Goal: sixteen threads write and wait at once; all is stored (and commits are shared, or this would take long).
TEST_P(StoreTest, ManyThreadsWriteAndWait) {
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t <= 16; ++t)
    threads.emplace_back([&, t] {
      for (std::int64_t i = 1; i <= 20; ++i) store().write_and_wait({make_event(t, i)});
    });
  for (std::thread& thread : threads) thread.join();
  for (std::uint64_t t = 1; t <= 16; ++t) EXPECT_EQ(store().events(ContactId{t}).size(), 20U);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(, StoreTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace hotline::store::test
