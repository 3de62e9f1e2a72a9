// SPDX-License-Identifier: Apache-2.0
// The core's links to nodes, over a real socket, with a store that commits only when a test says so.
#include "adapters/voice/voice_links.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "adapters/live/live_service.hpp"
#include "adapters/store/memory_store.hpp"
#include "voice_link/link_harness.hpp"

namespace hotline::voice_adapter {
namespace {

class VoiceLinksTest : public testing::Test {
 protected:
  VoiceLinksTest() {
    service.start(std::make_shared<call::FlowBook>(), 1'700'000'000);
    links.connect({{"voice1", address}}, service);
    wait([&] { return links.connected("voice1"); });
  }
  ~VoiceLinksTest() override { links.stop(); }

  template <class Done>
  void wait(Done done) {
    const auto limit = std::chrono::steady_clock::now() + voice_link::test::time_limit;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::yield();
    }
  }
  void emit(const std::string& digit) {
    node.thread.loop().post([this, digit] {
      link::FromNode event;
      event.mutable_digit()->set_leg(5);
      event.mutable_digit()->set_digit(digit);
      node.end->emit(std::move(event));
    });
  }

  voice_link::test::TemporaryFolder folder;
  std::string address = folder.file("node.socket");
  voice_link::test::NodeSide node{address};
  store::MemoryStore store{store::MemoryStore::Mode::manual};
  runtime::MonotoneClock clock;
  std::atomic<bool> fenced{false};
  VoiceLinks links{1, [this] { fenced = true; }};
  live::LiveService service{app::LiveConfig{}, store, links, clock};
};

TEST_F(VoiceLinksTest, AnEventThatIsNotUnderstoodAcknowledgesNothingBeforeItsTurn) {
  // Once it was acknowledged on the spot, and with it earlier events whose consequences a crash would have lost.
  const auto inputs = service.counters().inputs;
  emit("1");
  emit("not one digit");
  wait([&] { return service.counters().inputs >= inputs + 2; });
  // Whatever the core said so far is at the node before this command is.
  wait([&] {
    links.send("voice1", CallId{1}, call::HangUpLeg{LegId{77}, call::Cause::normal});
    return node.notes.wait_for_note("command 77 epoch 1");
  });
  EXPECT_EQ(node.counters().outbox_events, 2U);
  wait([&] {
    store.commit();
    return node.counters().outbox_events == 0;
  });
}

TEST_F(VoiceLinksTest, AnAcknowledgementOfAnEarlierBootIsIgnored) {
  // Once a late one took events of the new boot away that nobody had taken up.
  emit("1");
  links.acknowledge("voice1", 76, 1'000);
  wait([&] {
    links.send("voice1", CallId{1}, call::HangUpLeg{LegId{77}, call::Cause::normal});
    return node.notes.wait_for_note("command 77 epoch 1");
  });
  EXPECT_EQ(node.counters().outbox_events, 1U);
  links.acknowledge("voice1", 77, 1);
  wait([&] { return node.counters().outbox_events == 0; });
}

TEST_F(VoiceLinksTest, ACoreWithAHigherEpochFencesThisOne) {
  VoiceLinks newer{2, [] {}};
  store::MemoryStore other_store;
  live::LiveService other(app::LiveConfig{}, other_store, newer, clock);
  other.start(std::make_shared<call::FlowBook>(), 1'700'000'001);
  newer.connect({{"voice1", address}}, other);
  wait([&] { return fenced.load(); });
  EXPECT_FALSE(links.connected("voice1"));
  newer.stop();
}

TEST_F(VoiceLinksTest, LinksStopAlthoughTheServiceTakesNothingAnyMore) {
  // Once the loop waited for ever for a strand that had ended.
  service.stop();
  emit("1");
  links.stop();
  EXPECT_FALSE(links.connected("voice1"));
}

TEST_F(VoiceLinksTest, CommandsForANodeNobodyKnowsAreLeftOut) {
  links.send("voice9", CallId{1}, call::HangUpLeg{LegId{1}, call::Cause::normal});
  links.acknowledge("voice9", 1, 1);
  links.drain("voice9", true);
  EXPECT_FALSE(links.connected("voice9"));
}

}  // namespace
}  // namespace hotline::voice_adapter
