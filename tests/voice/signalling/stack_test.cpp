// SPDX-License-Identifier: Apache-2.0
// Goal: two of our stacks on loopback make, hold, change and end calls, and admission holds its limits exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"
#include "voice/signalling/timer_heap.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;

std::string uri(const std::string& address, const std::string& parameters = "") {
  return "sip:1000@" + address + parameters;
}

TEST(SipStack, LibreCallsOurTimers) {
  EXPECT_TRUE(use_timer_heap());
}

TEST(SipStack, PortInUseIsNamed) {
  Node first;
  auto config = Node::config();
  config.udp_port = read_host_port(first.udp())->port;
  Node second(config);
  ASSERT_TRUE(second.problem());
  EXPECT_THAT(second.problem()->what, HasSubstr(first.udp()));
  EXPECT_THAT(second.problem()->what, HasSubstr("in use"));
}

TEST(SipStack, WrongConfigurationIsNamed) {
  auto config = Node::config();
  config.bind_address = "0.0.0.0";
  EXPECT_THAT(Node(config).problem().value_or(Problem{}).what, HasSubstr("0.0.0.0"));
  config = Node::config();
  config.trunks = {{.name = "north", .peers = {"127.0.0.1:99999"}}};
  EXPECT_THAT(Node(config).problem().value_or(Problem{}).what, HasSubstr("north"));
  config.trunks = {{.name = "north", .peers = {"127.0.0.1"}, .transport = "sctp"}};
  EXPECT_THAT(Node(config).problem().value_or(Problem{}).what, HasSubstr("sctp"));
}

class Calls : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] std::string target(const Node& node) const {
    return GetParam() ? uri(node.tcp(), ";transport=tcp") : uri(node.udp());
  }
};

TEST_P(Calls, RingAnswerHoldResumeDigitsEnd) {
  Node caller, callee;
  const auto leg = caller.call(target(callee));
  const auto incoming = callee.wait("incoming");
  EXPECT_EQ(incoming.call.trunk, "any");
  EXPECT_EQ(incoming.call.from_user, "1000");
  EXPECT_EQ(incoming.call.from_display, "Hotline \"A\"");
  EXPECT_EQ(incoming.call.to_user, "1000");
  EXPECT_EQ(incoming.call.offer, sdp());
  caller.wait("ringing");
  EXPECT_EQ(caller.wait("answered").text, sdp());
  EXPECT_EQ(callee.wait("answered").text, "");

  callee.on_offer([](const std::string& offer) { return offer == sdp("sendonly") ? sdp("recvonly") : sdp(); });
  caller.run([&](SipStack& stack) {
    stack.reinvite(leg, sdp("sendonly"));
    stack.reinvite(leg, sdp());  // queued behind the first
  });
  EXPECT_EQ(callee.wait("offer").text, sdp("sendonly"));
  EXPECT_EQ(caller.wait("answer").text, sdp("recvonly"));
  EXPECT_EQ(callee.wait("offer").text, sdp());
  EXPECT_EQ(caller.wait("answer").text, sdp());

  callee.run([&](SipStack& stack) { stack.send_info_digit(incoming.leg, '#', Duration{120}); });
  EXPECT_EQ(caller.wait("digit").text, "#:120");

  caller.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  const auto ended = callee.wait("ended");
  EXPECT_EQ(ended.cause, EndCause::normal);
  EXPECT_TRUE(ended.by_remote);
  EXPECT_FALSE(caller.wait("ended").by_remote);
  EXPECT_EQ(callee.trunk_use().at(0).in_use, 0U);
}

TEST_P(Calls, TheCalledSideMayHangUpAndRefuseOffers) {
  Node caller, callee;
  const auto leg = caller.call(target(callee));
  caller.wait("answered");
  callee.on_offer([](const std::string&) { return std::nullopt; });
  caller.run([&](SipStack& stack) { stack.reinvite(leg, sdp("inactive")); });
  EXPECT_EQ(caller.wait("answer").text, "") << "refused with 488, the call goes on";
  const auto incoming = callee.wait("incoming");
  callee.run([&](SipStack& stack) { stack.hangup(incoming.leg, EndCause::normal); });
  EXPECT_TRUE(caller.wait("ended").by_remote);
  EXPECT_EQ(caller.count("ended"), 0U);
}

TEST_P(Calls, DelayedOfferIsAnsweredInTheAck) {
  Node caller, callee;
  caller.on_offer([](const std::string&) { return sdp("recvonly"); });
  caller.call(target(callee), "");
  EXPECT_EQ(callee.wait("incoming").call.offer, std::nullopt);
  EXPECT_EQ(caller.wait("offer").text, sdp());
  EXPECT_EQ(caller.wait("answered").text, sdp());
  EXPECT_EQ(callee.wait("answered").text, sdp("recvonly"));
}

TEST_P(Calls, RefusalsBecomeCauses) {
  const struct {
    unsigned status;
    EndCause cause;
  } cases[] = {{486, EndCause::busy},        {603, EndCause::rejected}, {480, EndCause::no_answer},
               {404, EndCause::unreachable}, {503, EndCause::capacity}, {500, EndCause::error},
               {302, EndCause::rejected}};
  for (const auto& c : cases) {
    Node caller,
        callee(Node::config(), [&](SipStack&stack, const IncomingCall&call) { stack.reject(call.leg, c.status); });
    caller.call(target(callee));
    const auto ended = caller.wait("ended");
    EXPECT_EQ(ended.cause, c.cause) << c.status;
    EXPECT_EQ(ended.status, c.status);
    EXPECT_TRUE(ended.by_remote);
    EXPECT_EQ(callee.wait("ended").status, c.status);
  }
}

TEST_P(Calls, NoAnswerIsCancelled) {
  Node caller, callee(Node::config(), [](SipStack&stack, const IncomingCall&call) { stack.progress(call.leg, 180); });
  caller.call(target(callee), sdp(), Duration{100});
  EXPECT_EQ(caller.wait("ended").cause, EndCause::no_answer);
  const auto ended = callee.wait("ended");
  EXPECT_EQ(ended.cause, EndCause::cancelled);
  EXPECT_TRUE(ended.by_remote);
  EXPECT_EQ(callee.trunk_use().at(0).in_use, 0U);
}

TEST_P(Calls, ManyAtOnceAreAllAnsweredAndEnded) {
  constexpr int kCalls = 200;
  Node caller, callee;
  for (int i = 0; i < kCalls; ++i) caller.call(target(callee));
  for (int i = 0; i < kCalls; ++i) {
    const auto leg = caller.wait("answered").leg;
    caller.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  }
  for (int i = 0; i < kCalls; ++i) ASSERT_EQ(callee.wait("ended").kind, "ended");
  for (int i = 0; i < kCalls; ++i) ASSERT_EQ(caller.wait("ended").kind, "ended");
  EXPECT_EQ(callee.trunk_use().at(0).in_use, 0U);
  EXPECT_EQ(callee.count("ended"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Transport, Calls, ::testing::Values(false, true),
                         [](const auto& parameter) { return parameter.param ? "Tcp" : "Udp"; });

TEST(SipGlare, CrossingOffersAreBothRefusedAndBothRetried) {
  Node caller, callee;
  const auto leg = caller.call(uri(callee.udp()));
  caller.wait("answered");
  callee.wait("answered");
  const auto incoming = callee.wait("incoming");
  // The callee's thread is held while the caller's offer travels, so that neither can know of the other's.
  callee.run([&](SipStack& stack) {
    caller.run([&](SipStack& other) { other.reinvite(leg, sdp("sendonly")); });
    stack.reinvite(incoming.leg, sdp("inactive"));
  });
  EXPECT_EQ(caller.count("offer") + callee.count("offer"), 0U);
  // RFC 3261 section 14.1: the maker of the Call-ID waits at least 2.1 s, the other one at most 2 s.
  EXPECT_EQ(caller.wait("offer").text, sdp("inactive"));
  EXPECT_EQ(callee.count("offer"), 0U);
  EXPECT_EQ(callee.wait("answer").text, sdp());
  EXPECT_EQ(callee.wait("offer").text, sdp("sendonly"));
  EXPECT_EQ(caller.wait("answer").text, sdp());
}

TEST(SipAdmission, ATrunkIsFullAtItsLimitAndFreeAgainAfterwards) {
  auto config = Node::config();
  config.trunks[0].channels_max = 2;
  config.retry_after_s = 7;
  Node caller, callee(config, [](SipStack&, const IncomingCall&) {});
  const auto first = caller.call(uri(callee.udp()));
  caller.call(uri(callee.udp()));
  callee.wait("incoming");
  callee.wait("incoming");
  EXPECT_EQ(callee.trunk_use().at(0).in_use, 2U);

  RawPeer peer(callee.udp());
  peer.send(peer.request("INVITE", "third", 1, "", sdp()));
  const auto refused = peer.expect("SIP/2.0 503");
  EXPECT_EQ(RawPeer::header(refused, "Retry-After"), "7");
  EXPECT_EQ(callee.rejected(), 1U);

  caller.run([&](SipStack& stack) { stack.hangup(first, EndCause::cancelled); });
  callee.wait("ended");
  EXPECT_EQ(callee.trunk_use().at(0).in_use, 1U);
  peer.send(peer.request("INVITE", "fourth", 1, "", sdp()));
  EXPECT_EQ(callee.wait("incoming").call.sip_call_id, "fourth");
}

TEST(SipAdmission, SessionsMaxAndDrainingRefuseNewCallsOnly) {
  auto config = Node::config();
  config.sessions_max = 1;
  Node callee(config, [](SipStack&, const IncomingCall&) {});
  RawPeer peer(callee.udp());
  peer.send(peer.request("INVITE", "one", 1, "", sdp()));
  const auto leg = callee.wait("incoming").leg;
  peer.send(peer.request("INVITE", "two", 1, "", sdp()));
  peer.expect("SIP/2.0 503");
  callee.run([&](SipStack& stack) {
    stack.reject(leg, 486);
    stack.set_draining(true);
  });
  peer.expect("SIP/2.0 486");
  peer.send(peer.request("INVITE", "three", 1, "", sdp()));
  peer.expect("SIP/2.0 503");
  peer.send(peer.request("OPTIONS", "probe", 1));
  peer.expect("SIP/2.0 503");
  callee.run([&](SipStack& stack) { stack.set_draining(false); });
  peer.send(peer.request("OPTIONS", "probe", 2));
  peer.expect("SIP/2.0 200");
}

TEST(SipAdmission, TrunksAreKnownByAddressAndStrangersGet403) {
  auto config = Node::config();
  RawPeer known("127.0.0.1:9"), stranger("127.0.0.1:9");
  config.trunks = {{.name = "far", .peers = {"192.0.2.1"}}, {.name = "near", .peers = {known.address()}}};
  Node node(config, [](SipStack&, const IncomingCall&) {});
  known.aim(node.udp());
  stranger.aim(node.udp());
  stranger.send(stranger.request("INVITE", "unknown", 1, "", sdp()));
  stranger.expect("SIP/2.0 403");
  stranger.send(stranger.request("OPTIONS", "unknown-options", 1));
  stranger.expect("SIP/2.0 403");
  known.send(known.request("INVITE", "known", 1, "", sdp()));
  EXPECT_EQ(node.wait("incoming").call.trunk, "near");
  EXPECT_EQ(node.rejected(), 1U);
}

TEST(SipAdmission, OutgoingCallsTakeTrunkChannelsAndFailClearly) {
  Node callee;
  auto config = Node::config();
  config.trunks = {{.name = "out", .peers = {callee.udp()}, .channels_max = 1}};
  Node caller(config);
  const auto dial = [&](std::uint64_t leg, const std::string& to, const std::string& trunk) {
    caller.run([&](SipStack& stack) {
      stack.invite({.leg = LegId{leg}, .uri = to, .trunk = trunk, .from_user = "", .from_display = "", .offer = sdp()});
    });
  };
  dial(1, "0755#12", "out");
  const auto incoming = callee.wait("incoming");
  EXPECT_EQ(incoming.call.to_user, "0755#12");
  EXPECT_EQ(incoming.call.from_user, "") << "withheld";
  caller.wait("answered");
  EXPECT_EQ(caller.trunk_use().at(0).in_use, 1U);
  dial(2, "112", "out");
  EXPECT_EQ(caller.wait("ended").cause, EndCause::capacity);
  dial(3, "112", "nowhere");
  EXPECT_EQ(caller.wait("ended").cause, EndCause::error);
  dial(4, "sip:a b@127.0.0.1", "");
  EXPECT_EQ(caller.wait("ended").cause, EndCause::unreachable);
  dial(5, "112", "");
  EXPECT_EQ(caller.wait("ended").cause, EndCause::unreachable);
  EXPECT_EQ(caller.trunk_use().at(0).in_use, 1U);
}

TEST(SipAdmission, FixedAgentsMayCallWithoutATrunk) {
  auto config = Node::config();
  config.trunks.clear();
  config.agent_contacts = {"127.0.0.1"};
  Node caller, callee(config);
  caller.call(uri(callee.udp()));
  EXPECT_EQ(callee.wait("incoming").call.trunk, "");
  caller.wait("answered");
}

TEST(SipStack, TheAdvertisedAddressIsInViaAndContact) {
  auto config = Node::config();
  config.advertised_address = "192.0.2.7";
  Node node(config);
  RawPeer peer(node.udp());
  node.call(peer.uri());
  const auto invite = peer.expect("INVITE ");
  const auto port = std::to_string(read_host_port(node.udp())->port);
  EXPECT_THAT(RawPeer::header(invite, "Via"), HasSubstr("UDP 192.0.2.7:" + port + ";"));
  EXPECT_EQ(RawPeer::header(invite, "Contact"), "<sip:hotline@192.0.2.7:" + port + ">");
}

TEST(SipStack, CallsOverIpv6) {
  auto config = Node::config();
  config.bind_address = "::1";
  Node caller(config), callee(config);
  if (caller.problem()) GTEST_SKIP() << "no IPv6 here: " << caller.problem()->what;
  const auto leg = caller.call(uri(callee.udp()));
  caller.wait("answered");
  callee.wait("answered");
  caller.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_TRUE(callee.wait("ended").by_remote);
}

TEST(SipStack, PostedTasksFromManyThreadsAllRunInOrder) {
  constexpr int kThreads = 4, kTasks = 20'000;
  Node node;
  std::vector<int> last(kThreads, -1);
  int ran = 0, disordered = 0;
  std::vector<std::thread> threads;
  SipStack* stack = nullptr;
  node.run([&](SipStack& s) { stack = &s; });
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        stack->post([&, t, i] {
          disordered += last[static_cast<std::size_t>(t)] != i - 1;
          last[static_cast<std::size_t>(t)] = i;
          ++ran;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  node.run([](SipStack&) {});
  EXPECT_EQ(ran, kThreads * kTasks);
  EXPECT_EQ(disordered, 0);
}

TEST(SipStack, WatchesDescriptorsAndRunsTimersInOrder) {
  Node node;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  std::promise<std::string> order;
  std::string text;
  node.run([&](SipStack& stack) {
    stack.watch(pipe_ends[0], false, [&](bool readable, bool) {
      char c = 0;
      if (readable && ::read(pipe_ends[0], &c, 1) == 1) text += c;
      stack.unwatch(pipe_ends[0]);
      stack.after(Duration{30}, [&] { order.set_value(text + "3"); });
      stack.after(Duration{10}, [&] { text += "1"; });
      stack.after(Duration{20}, [&] { text += "2"; });
    });
  });
  ASSERT_EQ(::write(pipe_ends[1], "p", 1), 1);
  EXPECT_EQ(order.get_future().get(), "p123");
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace hotline::voice::signalling
