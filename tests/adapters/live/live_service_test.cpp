// SPDX-License-Identifier: Apache-2.0
// The driver of the live operation: what leaves, when, in which order, and what happens at the end. The store commits
// only when a test says so.
#include "adapters/live/live_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/store/memory_store.hpp"
#include "app/live/sim_world.hpp"

namespace hotline::live {
namespace {

using app::Live;
using app::LiveEffects;
using app::Reply;
using app::RequestId;
using testing::ElementsAre;
using testing::IsEmpty;

/// Writes down what leaves for the nodes.
class Voice final : public app::VoicePort {
 public:
  void send(const std::string&, CallId, const call::VoiceCommand& command) override {
    const std::lock_guard lock(mutex_);
    said_.push_back(std::holds_alternative<call::AnswerLeg>(command) ? "answer"
                    : std::holds_alternative<call::StartRecording>(command)
                        ? "record"
                        : "command " + std::to_string(command.index()));
  }
  void acknowledge(const std::string&, std::uint64_t boot_id, std::uint64_t seq) override {
    const std::lock_guard lock(mutex_);
    said_.push_back("ack " + std::to_string(boot_id) + "/" + std::to_string(seq));
  }
  void drain(const std::string&, bool) override {
    const std::lock_guard lock(mutex_);
    said_.emplace_back("drain");
  }
  [[nodiscard]] std::vector<std::string> said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> said_;
};

class Watcher final : public Listener {
 public:
  void on_agent(const app::AgentStatus& agent) override { note("agent " + agent.id.to_string() + " " + agent.state); }
  void on_call(const app::CallView& call, const std::vector<AgentId>&) override {
    note("call " + call.state + (call.customer ? " of " + call.customer->name : ""));
  }
  void on_sdp(CallId, std::optional<AgentId>, const std::string&) override {}
  void on_caller(CallId, const std::string& state, const std::optional<std::string>&) override {
    note("caller " + state);
  }
  void on_wallboard(const app::Wallboard&) override {}
  [[nodiscard]] bool has(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return std::find(notes_.begin(), notes_.end(), what) != notes_.end();
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

class LiveServiceTest : public testing::Test {
 protected:
  explicit LiveServiceTest(std::size_t queue_max = 20'000) : store(store::MemoryStore::Mode::manual, queue_max) {
    store.save_world(app::sim_world());
    open();
  }
  void open() {
    service = std::make_unique<LiveService>(app::LiveConfig{}, store, voice, clock);
    service->add_listener(&watcher);
    service->start(app::sim_flows(), 1'700'000'000 + ++starts_);
    app::NodeInfo info;
    info.name = "voice1";
    info.boot_id = 9;
    ASSERT_TRUE(service->post([info](Live& live, TimePoint now) { return live.node_connected(info, now); }));
    ASSERT_TRUE(service->post([](Live& live, TimePoint now) { return live.node_snapshot("voice1", {}, now); }));
    settle();
  }
  /// Every task posted so far has run.
  void barrier() {
    service->run_and_wait([](Live&, TimePoint) {});
  }
  /// Everything is committed and released.
  void settle() {
    do {
      store.commit();
      barrier();
    } while (store.waiting() > 0);
    barrier();
  }
  template <class Done>
  void settle_until(Done done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      settle();
      std::this_thread::yield();
    }
  }
  void call_comes_in(std::uint64_t seq, const std::string& from = "") {
    const app::VoiceEvent event{seq, clock.now(),
                                app::IncomingLeg{LegId{seq}, "trunk", from, "", "112", "id", "192.0.2.1"}};
    ASSERT_TRUE(service->post([event](Live& live, TimePoint now) { return live.node_event("voice1", event, now); }));
  }
  void ask(std::uint64_t agent, const std::string& state) {
    service->request(
        [agent, state](Live& live, RequestId id, TimePoint now) {
          return live.set_agent_state(
              id, app::SetState{AgentId{agent}, state, state == "paused" ? "lunch" : "", "", ""}, now);
        },
        [this, number = ++asked_](const Reply& reply) {
          const std::lock_guard lock(mutex);
          replies.push_back(std::to_string(number) + (reply.refused ? " " + reply.refused->code : ""));
        });
  }
  [[nodiscard]] std::vector<std::string> answered() {
    const std::lock_guard lock(mutex);
    return replies;
  }

  store::MemoryStore store;
  Voice voice;
  Watcher watcher;
  runtime::MonotoneClock clock;
  std::mutex mutex;
  std::vector<std::string> replies;
  std::unique_ptr<LiveService> service;

 private:
  int asked_ = 0;
  int starts_ = 0;
};

/// The store takes four batches at a time.
class SmallQueueTest : public LiveServiceTest {
 protected:
  SmallQueueTest() : LiveServiceTest(4) {}
};

TEST_F(LiveServiceTest, NothingLeavesBeforeItIsDurable) {
  call_comes_in(1);
  ask(1, "ready");
  barrier();
  EXPECT_GT(store.waiting(), 0U);
  EXPECT_THAT(voice.said(), IsEmpty());
  EXPECT_THAT(answered(), IsEmpty());
  EXPECT_FALSE(watcher.has("agent 1 ready"));
  EXPECT_FALSE(watcher.has("call ivr"));
  settle();
  EXPECT_THAT(voice.said(), ElementsAre("record", "answer", "ack 9/1"));
  EXPECT_THAT(answered(), ElementsAre("1"));
  EXPECT_TRUE(watcher.has("agent 1 ready"));
  EXPECT_TRUE(watcher.has("call ivr"));
}

TEST_F(LiveServiceTest, WhatIsCommittedLeavesAlthoughLaterThingsAreNot) {
  call_comes_in(1);
  call_comes_in(2);
  barrier();
  store.commit(1);
  barrier();
  EXPECT_THAT(voice.said(), ElementsAre("record", "answer", "ack 9/1"));
}

TEST_F(LiveServiceTest, WhatNeedsNoCommitStillWaitsItsTurn) {
  ask(1, "ready");
  ask(77, "ready");  // refused, so nothing to store
  barrier();
  EXPECT_THAT(answered(), IsEmpty());
  settle();
  EXPECT_THAT(answered(), ElementsAre("1", "2 not_found"));
}

TEST_F(LiveServiceTest, RepliesComeInTheOrderOfTheRequests) {
  std::vector<std::string> expected;
  for (int i = 1; i <= 60; ++i) {
    ask(1 + static_cast<std::uint64_t>(i % 6), i % 3 == 0 ? "paused" : "ready");
    expected.push_back(std::to_string(i));
    if (i % 7 == 0) store.commit(3);
  }
  settle();
  EXPECT_EQ(answered(), expected);
}

TEST_F(SmallQueueTest, AFullStoreQueueHoldsAndGoesOnInOrder) {
  std::vector<std::string> expected;
  for (int i = 1; i <= 40; ++i) {
    ask(1, i % 2 == 0 ? "ready" : "paused");
    expected.push_back(std::to_string(i));
  }
  barrier();
  EXPECT_EQ(store.waiting(), 4U);
  EXPECT_THAT(answered(), IsEmpty());
  while (answered().size() < expected.size()) {
    ASSERT_GT(store.commit(3), 0U) << "stuck after " << answered().size();
    barrier();
  }
  EXPECT_EQ(answered(), expected);
}

TEST_F(LiveServiceTest, AStoreThatFailsDelaysAndDoesNotLose) {
  store.set_problem(Problem{"disk full", "make room"});
  ask(1, "ready");
  barrier();
  EXPECT_EQ(store.commit(), 0U);
  barrier();
  EXPECT_THAT(answered(), IsEmpty());
  store.set_problem(std::nullopt);
  settle();
  EXPECT_THAT(answered(), ElementsAre("1"));
}

TEST_F(LiveServiceTest, NewCallsAreRefusedWhileTheStoreFails) {
  store.set_problem(Problem{"disk full", "make room"});
  service->run_and_wait([](Live& live, TimePoint) { live.set_store_healthy(false); });
  call_comes_in(1);
  barrier();
  store.set_problem(std::nullopt);
  settle();
  EXPECT_THAT(voice.said(), testing::Not(testing::Contains("answer")));
  service->run_and_wait([](Live& live, TimePoint) { EXPECT_EQ(live.live_calls(), 0U); });
}

TEST_F(LiveServiceTest, NewCallsAreTakenFromTheFirstCommitOn) {
  store.set_problem(Problem{"disk full", "make room"});
  settle_until([&] { return !service->store_healthy(); });  // at the next look, on a real clock
  ask(1, "ready");
  barrier();
  store.set_problem(std::nullopt);
  EXPECT_FALSE(service->store_healthy()) << "nothing is committed yet";
  settle();
  EXPECT_TRUE(service->store_healthy());
  call_comes_in(1);
  settle();
  EXPECT_THAT(voice.said(), testing::Contains("answer"));
}

TEST_F(LiveServiceTest, SeveralInputsAtOnceKeepTheirOrderAndAreNotLostWhenRefused) {
  const auto before = service->counters().inputs;
  std::vector<int> ran;
  std::vector<LiveService::Input> inputs;
  for (int i = 1; i <= 3; ++i)
    inputs.emplace_back([&ran, i](Live&, TimePoint) {
      ran.push_back(i);
      return app::LiveEffects{};
    });
  EXPECT_TRUE(service->post(inputs));
  EXPECT_TRUE(inputs.empty());
  barrier();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
  EXPECT_EQ(service->counters().inputs, before + 3);
  service->stop();
  inputs.resize(2);
  EXPECT_FALSE(service->post(inputs));
  EXPECT_EQ(inputs.size(), 2U);
}

TEST_F(LiveServiceTest, StoppingAnswersWhoStillWaitsExactlyOnce) {
  ask(1, "ready");
  barrier();
  service->stop();
  EXPECT_THAT(answered(), ElementsAre("1 unavailable"));
  EXPECT_TRUE(service->stopped());
  ask(1, "paused");
  EXPECT_THAT(answered(), ElementsAre("1 unavailable", "2 unavailable"));
  EXPECT_FALSE(service->post([](Live&, TimePoint) { return LiveEffects{}; }));
}

TEST_F(LiveServiceTest, TheStoreMayCommitAfterTheServiceIsGone) {
  // Once the store's thread called into the service that was no more.
  call_comes_in(1);
  ask(1, "ready");
  barrier();
  service.reset();
  EXPECT_GT(store.commit(), 0U);
  EXPECT_THAT(voice.said(), IsEmpty());
  EXPECT_THAT(answered(), ElementsAre("1 unavailable"));
}

TEST_F(LiveServiceTest, ANewServiceGoesOnWithTheCallsOfTheOldOne) {
  call_comes_in(1);
  settle();
  service.reset();
  service = std::make_unique<LiveService>(app::LiveConfig{}, store, voice, clock);
  service->start(app::sim_flows(), 1'700'000'100);
  service->run_and_wait([](Live& live, TimePoint) {
    EXPECT_EQ(live.live_calls(), 1U);
    EXPECT_EQ(live.cursor("voice1").seq, 1U);
    EXPECT_EQ(live.cursor("voice1").boot_id, 9U);
  });
}

TEST_F(LiveServiceTest, TheCallersRecordIsFoundAndShown) {
  app::Customer customer;
  customer.id = CustomerId{5};
  customer.number = "C5";
  customer.name = "Kim";
  customer.phones = {{"5550123", "fixed_line", "", "active"}};
  store.save_customers({customer});
  call_comes_in(1, "5550123");
  settle_until([&] { return watcher.has("call ivr of Kim"); });
}

TEST_F(LiveServiceTest, ViewsShowWhatIsCommitted) {
  ask(1, "ready");
  barrier();
  EXPECT_EQ(service->views()->agents.at(AgentId{1})->state, "signed_out");
  settle_until([&] { return service->views()->agents.at(AgentId{1})->state == "ready"; });
}

}  // namespace
}  // namespace hotline::live
