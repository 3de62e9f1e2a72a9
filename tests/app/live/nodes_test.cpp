// SPDX-License-Identifier: Apache-2.0
// Several voice nodes: which one a call of ours is made on, what the loss of one leaves alone, what becomes of the
// phones that were registered there, and trunks that several of them have. The node's commands are read as effects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/live.hpp"
#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

/// A Live and nothing around it: effects are gathered, nodes are what the test says of them.
class Nodes : public testing::Test {
 protected:
  Nodes() : live(LiveConfig{}, IdMaker(1'700'000'000, IdMaker::Origin::core)) {
    LiveStart start;
    start.world = sim_world();
    for (Agent& agent : start.world.agents) {
      if (agent.device != "sip") continue;
      agent.sip_contact.clear();
      agent.sip_account = {"hotline", "md5", "sha256"};
    }
    start.flows = sim_flows();
    take(live.start(std::move(start), now));
  }
  void take(LiveEffects effects) {
    for (Outward& effect : effects.outward) outward.push_back(std::move(effect));
  }
  void connect(const std::string& name, std::uint64_t boot, std::map<std::string, std::string> phones = {}) {
    NodeInfo info;
    info.name = name;
    info.boot_id = boot;
    info.calls_max = 100;
    take(live.node_connected(info, now));
    NodeSnapshot snapshot;
    snapshot.phones = std::move(phones);
    take(live.node_snapshot(name, snapshot, now));
  }
  void event(const std::string& name, VoiceReport report) {
    take(live.node_event(name, VoiceEvent{++seq[name], now, std::move(report)}, now));
  }
  /// A caller on this node who has been answered and waits in the queue.
  LegId caller(const std::string& name) {
    const LegId leg{next_leg++};
    IncomingLeg incoming;
    incoming.leg = leg;
    incoming.trunk = "pstn";
    incoming.from_user = "5550100";
    incoming.to_user = "112";
    event(name, incoming);
    event(name, LegAnswered{leg, "PCMA"});
    return leg;
  }
  void ready(std::uint64_t agent) { take(live.set_agent_state(1, SetState{AgentId{agent}, "ready", "", "", ""}, now)); }
  [[nodiscard]] std::string state(std::uint64_t agent) const { return live.agent_status(AgentId{agent}).state; }
  /// The last call to a phone: node and URI.
  [[nodiscard]] std::pair<std::string, std::string> rung() const {
    for (auto it = outward.rbegin(); it != outward.rend(); ++it) {
      const auto* to = std::get_if<ToNode>(&*it);
      const auto* call = to != nullptr ? std::get_if<call::OriginateSip>(&to->command) : nullptr;
      if (call != nullptr) return {to->node, call->uri};
    }
    return {};
  }
  /// The node of a call an agent makes.
  std::string dialled_on(std::uint64_t agent) {
    outward.clear();
    take(live.dial(1, Dial{AgentId{agent}, "5550199", ""}, now));
    for (const Outward& effect : outward)
      if (const auto* to = std::get_if<ToNode>(&effect)) return to->node;
    return {};
  }
  static TrunkStatus trunk(const std::string& name, std::int64_t in, std::int64_t max) {
    TrunkStatus status{name, in, max};
    status.in = in;
    status.refused = 2;
    return status;
  }

  TimePoint now = from_unix_ms(1'700'000'000'000);
  Live live;
  std::vector<Outward> outward;
  std::map<std::string, std::uint64_t> seq;
  std::uint64_t next_leg = 1'000;
};

TEST_F(Nodes, ACallOfOursIsMadeWhereThePhoneIsElseOnTheLeastUsedNodeThatTakesCalls) {
  connect("a", 1, {{"8004", "sip:8004@192.0.2.4:5060"}});
  connect("b", 2, {{"8005", "sip:8005@192.0.2.5:5060"}});
  ready(4);
  ready(5);
  EXPECT_EQ(dialled_on(4), "a");
  EXPECT_EQ(dialled_on(5), "b");
  caller("a");
  NodeLoad drains{.draining = true};
  live.node_reported("b", {}, drains);
  const auto web = [&] {
    outward.clear();
    take(live.web_call(2, WebCall{"112", "en", "v=0", "a customer"}, now));
    for (const Outward& effect : outward)
      if (const auto* to = std::get_if<ToNode>(&effect)) return to->node;
    return std::string("refused");
  };
  EXPECT_EQ(web(), "a") << "b takes no new calls, though it has fewer";
  live.node_reported("b", {}, {});
  EXPECT_EQ(web(), "b");
  live.node_reported("a", {}, drains);
  live.node_reported("b", {}, NodeLoad{.shedding = true});
  EXPECT_EQ(web(), "b") << "overloaded is better than none";
  live.node_reported("b", {}, drains);
  EXPECT_EQ(web(), "refused");
}

TEST_F(Nodes, ThePhoneOfAnotherNodeIsCalledFromTheCallersNode) {
  connect("a", 1);
  connect("b", 2, {{"8004", "sip:8004@192.0.2.4:5060"}});
  ready(4);
  caller("a");
  EXPECT_EQ(rung(), std::pair(std::string("a"), std::string("sip:8004@192.0.2.4:5060")));
}

TEST_F(Nodes, ALegWhoseIdAnotherNodeHasUsedIsRefusedAndHarmsNobody) {
  // Once two nodes that were started in the same second made the same ids, and their calls got mixed up.
  connect("a", 1);
  connect("b", 2);
  const LegId leg = caller("a");
  outward.clear();
  IncomingLeg twin;
  twin.leg = leg;
  twin.to_user = "112";
  event("b", twin);
  EXPECT_EQ(live.live_calls(), 1U);
  bool refused = false;
  for (const Outward& effect : outward) {
    const auto* to = std::get_if<ToNode>(&effect);
    if (to != nullptr && std::holds_alternative<call::RejectLeg>(to->command)) refused = to->node == "b";
  }
  EXPECT_TRUE(refused);
}

TEST_F(Nodes, TheLossOfOneNodeEndsItsCallsFreesItsAgentsAndTouchesNoOther) {
  connect("a", 1);
  connect("b", 2);
  ready(1);
  ready(2);
  caller("a");
  const LegId other = caller("b");
  ASSERT_EQ(state(1), "offered");
  ASSERT_EQ(state(2), "offered");
  outward.clear();
  take(live.node_dead("a", now));
  EXPECT_EQ(state(1), "ready");
  EXPECT_EQ(state(2), "offered");
  EXPECT_EQ(live.live_calls(), 1U);
  for (const Outward& effect : outward) {
    const auto* to = std::get_if<ToNode>(&effect);
    EXPECT_FALSE(to != nullptr && to->node == "b") << "nothing was said to the other node";
  }
  event("b", LegEnded{other});
  EXPECT_EQ(live.live_calls(), 0U);
  EXPECT_THAT(live.violations(now), testing::IsEmpty());
}

TEST_F(Nodes, APhoneWhoseNodeIsLostIsCalledFromTheOtherAtItsLastAddress) {
  connect("a", 1);
  connect("b", 2,
          {{"8004", "sip:8004@192.0.2.4:5060"},
           {"8005", "sip:8005@192.0.2.5:40001;transport=tcp"},
           {"8006", "sip:8006@10.0.0.6:5060;transport=tcp?Route=%3Csip%3A192.0.2.1%3Blr%3E"}});
  for (const std::uint64_t agent : {4, 5, 6}) ready(agent);
  take(live.node_dead("b", now));
  EXPECT_EQ(state(4), "ready");
  EXPECT_EQ(state(5), "unavailable") << "its connection died with the node";
  EXPECT_EQ(state(6), "ready") << "behind a proxy, which is there";
  caller("a");
  EXPECT_EQ(rung(), std::pair(std::string("a"), std::string("sip:8004@192.0.2.4:5060")));
}

TEST_F(Nodes, AKeptPhoneThatDoesNotAnswerOrDoesNotComeBackIsGone) {
  connect("a", 1);
  connect("b", 2, {{"8004", "sip:8004@192.0.2.4:5060"}, {"8005", "sip:8005@192.0.2.5:5060"}});
  ready(4);
  ready(5);
  take(live.node_dead("b", now));
  caller("a");
  ASSERT_EQ(state(4), "offered");
  LegId leg;
  for (const Outward& effect : outward)
    if (const auto* to = std::get_if<ToNode>(&effect))
      if (const auto* call = std::get_if<call::OriginateSip>(&to->command)) leg = call->leg;
  event("a", LegEnded{.leg = leg, .cause = call::Cause::unreachable});
  EXPECT_EQ(state(4), "unavailable");
  EXPECT_EQ(live.agent_status(AgentId{4}).reason, "device_failed");
  take(live.set_agent_state(7, SetState{AgentId{4}, "ready", "", "", ""}, now));
  EXPECT_EQ(state(4), "unavailable") << "it has to register first";
  ASSERT_EQ(state(5), "offered");
  take(live.agent_rejects(8, AgentId{5}, *live.agent_status(AgentId{5}).call_id, now));
  now += seconds{700};
  take(live.tick(now));
  EXPECT_FALSE(*live.agent_status(AgentId{5}).phone_registered);
  take(live.set_agent_state(9, SetState{AgentId{5}, "ready", "", "", ""}, now));
  EXPECT_EQ(state(5), "unavailable");
  event("a", PhoneChanged{"8005", true, "sip:8005@192.0.2.5:5060"});
  take(live.set_agent_state(10, SetState{AgentId{5}, "ready", "", "", ""}, now));
  EXPECT_EQ(state(5), "offered") << "the caller still waits";
}

TEST_F(Nodes, TheWallboardHasATrunkOnceWithItsPartOfEachConnectedNode) {
  connect("a", 1);
  connect("b", 2);
  live.node_reported("a", {trunk("pstn", 3, 30), trunk("old", 1, 10)}, {});
  live.node_reported("b", {trunk("pstn", 4, 20)}, NodeLoad{.draining = true});
  caller("b");
  const Wallboard board = live.wallboard(now);
  ASSERT_EQ(board.trunks.size(), 2U);
  const TrunkView& pstn = board.trunks[0];
  EXPECT_EQ(pstn.name, "pstn");
  EXPECT_EQ(pstn.in_use, 7);
  EXPECT_EQ(pstn.channels_max, 50);
  EXPECT_EQ(pstn.refused, 4);
  ASSERT_EQ(pstn.nodes.size(), 2U);
  EXPECT_EQ(pstn.nodes[1].node, "b");
  EXPECT_EQ(pstn.nodes[1].in_use, 4);
  ASSERT_EQ(board.voice_nodes.size(), 2U);
  EXPECT_FALSE(board.voice_nodes[0].draining);
  EXPECT_TRUE(board.voice_nodes[1].draining);
  EXPECT_EQ(board.voice_nodes[1].calls, 1);
  take(live.node_disconnected("a", now));
  EXPECT_EQ(live.wallboard(now).trunks[0].in_use, 4) << "what a node that is away said last is not so any more";
}

}  // namespace
}  // namespace hotline::app
