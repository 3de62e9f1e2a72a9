// SPDX-License-Identifier: Apache-2.0
// Goal: trunk groups between us and a foreign SIP implementation (SIPp): fail-over and probes, a carrier's registrar,
// digest of a carrier that calls, limits by direction, IPv6, large requests over TCP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"
#include "sipp.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Config with_trunk(TrunkConfig trunk) {
  auto config = Node::config();
  config.trunks = {std::move(trunk)};
  return config;
}

std::string free_address() {
  return "127.0.0.1:" + std::to_string(Sipp::free_port());
}

/// SIPp's options to be called at "host:port".
std::vector<std::string> listen(const std::string& address, const std::string& transport = "u1") {
  return {"-p", address.substr(address.rfind(':') + 1), "-t", transport};
}

LegId call_by_trunk(Node& node, std::uint64_t id = 4711) {
  const LegId leg{id};
  node.run([&](SipStack& stack) {
    stack.invite({.leg = leg,
                  .uri = "0912345678",
                  .trunk = "pstn",
                  .from_user = "1000",
                  .from_display = "",
                  .offer = sdp(),
                  .ring_timeout = Duration{8'000}});
  });
  return leg;
}

template <class Condition>
void until(const char* what, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(SippTrunk, AFullGatewayAndASilentOneArePassedOver) {
  const auto full = free_address(), good = free_address();
  RawPeer silent("127.0.0.1:9");
  Node node(with_trunk({.name = "pstn",
                        .gateways = {{.address = full, .priority = 1},
                                     {.address = silent.address(), .priority = 2},
                                     {.address = good, .priority = 3}},
                        .ping = Duration{0},
                        .fail_over_after = Duration{2'000}}));  // SIPp starts within this time
  Sipp unavailable("uas_unavailable", node.udp(), listen(full));
  Sipp answers("uas_answer", node.udp(), listen(good));
  const auto leg = call_by_trunk(node);
  EXPECT_EQ(node.wait("answered").leg, leg);
  EXPECT_THAT(silent.receive(), StartsWith("INVITE sip:0912345678@"));
  const auto use = node.trunk_use().front();
  EXPECT_EQ(use.gateways.at(0).failures, 1U);
  EXPECT_EQ(use.gateways.at(1).failures, 1U);
  EXPECT_EQ(use.gateways.at(2).calls, 1U);
  EXPECT_EQ(use.out, 1U) << "one channel, however many gateways were asked";
  EXPECT_EQ(unavailable.wait(), 0);
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(answers.wait(), 0);
}

TEST(SippTrunk, AGatewayThatIsBackIsFoundByProbesAndGetsCallsAgain) {
  const auto first = free_address(), second = free_address();
  Node node(with_trunk({.name = "pstn",
                        .gateways = {{.address = first, .priority = 1}, {.address = second, .priority = 2}},
                        .ping = Duration{100},
                        .down_after = 2,
                        .fail_over_after = Duration{100}}));
  const auto up = [&](std::size_t index) { return node.trunk_use().front().gateways.at(index).up; };
  until("both are down", [&] { return !up(0) && !up(1); });
  {
    Sipp back("uas_options", node.udp(), {"-p", first.substr(first.rfind(':') + 1), "-m", "1000"});
    until("the first answers again", [&] { return up(0); });
    EXPECT_FALSE(up(1));
  }
  until("it is gone again", [&] { return !up(0); });
}

TEST(SippTrunk, RegistersWithACarrierByDigestAndAgainWhenTheNonceIsOld) {
  const auto carrier = free_address();
  Sipp registrar("uas_registrar", "127.0.0.1:9", listen(carrier));
  Node node(with_trunk({.name = "pstn",
                        .gateways = {{.address = carrier}},
                        .ping = Duration{0},
                        .fail_over_after = Duration{1'000},
                        .user = "88600",
                        .password = "secret",
                        .registers = true,
                        .register_expires = Duration{3'600'000}}));
  until("registered", [&] { return node.trunk_use().front().registration == "registered"; });
  EXPECT_EQ(registrar.wait(), 0);
}

TEST(SippTrunk, ACarrierThatCallsProvesItselfByDigest) {
  auto config = with_trunk({.name = "pstn",
                            .peers = {"127.0.0.1"},
                            .ping = Duration{0},
                            .inbound_user = "carrier",
                            .inbound_password = "secret"});
  config.registrar.sha256 = false;  // SIPp 3.6 ends at a challenge it does not know
  Node node(config);
  Sipp carrier("uac_auth", node.udp());
  EXPECT_EQ(carrier.wait(), 0);
  EXPECT_EQ(node.wait("incoming").call.trunk, "pstn");
  EXPECT_EQ(node.count("incoming"), 0U) << "the call that proved nothing was never one";
  EXPECT_TRUE(node.wait("ended").by_remote);
}

TEST(SippTrunk, ItsChannelsAreCountedByDirection) {
  const auto gateway = free_address();
  Node node(with_trunk({.name = "pstn",
                        .peers = {"127.0.0.1"},
                        .channels_max = 10,
                        .channels_in_max = 1,
                        .channels_out_max = 1,
                        .gateways = {{.address = gateway}},
                        .ping = Duration{0},
                        .fail_over_after = Duration{3'000}}));
  Node caller;
  caller.call("sip:1000@" + node.udp());
  node.wait("answered");
  Sipp second("uac_full", node.udp());
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(node.trunk_use().front().refused, 1U);
  Sipp callee("uas_answer", node.udp(), listen(gateway));
  const auto leg = call_by_trunk(node);
  EXPECT_EQ(node.wait("answered").leg, leg) << "the other direction has its own";
  call_by_trunk(node, 4712);
  EXPECT_EQ(node.wait("ended").cause, EndCause::capacity);
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(callee.wait(), 0);
}

TEST(SippTrunk, CallsBothWaysOverIpv6) {
  auto config = with_trunk({.name = "pstn", .peers = {"::1"}, .ping = Duration{0}});
  config.bind_address = "::1";
  Node node(config);
  ASSERT_FALSE(node.problem()) << node.problem()->what;
  Sipp caller("uac_call", node.udp(), {"-i", "::1"});
  EXPECT_EQ(caller.wait(), 0);
  EXPECT_THAT(node.wait("incoming").call.source, StartsWith("[::1]:"));
  node.wait("answered");
  node.wait("ended");
  const auto gateway = "[::1]:" + std::to_string(Sipp::free_port());
  Node out([&] {
    auto other = with_trunk({.name = "pstn", .gateways = {{.address = gateway}}, .ping = Duration{0}});
    other.more_addresses = {"::1"};
    return other;
  }());
  EXPECT_EQ(
      [&] {
        int family = 0;
        out.run([&](SipStack& stack) { family = stack.family_of("0912345678", "pstn"); });
        return family;
      }(),
      AF_INET6);
  auto options = listen(gateway);
  options.insert(options.end(), {"-i", "::1"});
  Sipp callee("uas_answer", "[::1]:9", options);  // where it would call: of its own family
  const auto leg = call_by_trunk(out);
  EXPECT_EQ(out.wait("answered").leg, leg);
  out.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(callee.wait(), 0);
}

TEST(SippTrunk, ALargeInviteComesOverTcp) {
  const auto gateway = free_address();
  Node node(with_trunk({.name = "pstn", .gateways = {{.address = gateway}}, .ping = Duration{0}}));
  Sipp callee("uas_answer", node.udp(), listen(gateway, "t1"));
  until("SIPp listens", [&] {
    const auto to = read_host_port(gateway).value();
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(to.port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool open = ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    ::close(fd);
    return open;
  });
  auto offer = sdp();
  for (int i = 0; i < 40; ++i) offer += fmt::format("a=x-filler:{:030}\r\n", i);
  const LegId leg{4711};
  node.run([&](SipStack& stack) {
    stack.invite({.leg = leg,
                  .uri = "0912345678",
                  .trunk = "pstn",
                  .from_user = "1000",
                  .from_display = "",
                  .offer = std::move(offer),
                  .ring_timeout = Duration{8'000}});
  });
  EXPECT_EQ(node.wait("answered").leg, leg) << "SIPp heard it: it listens to TCP alone";
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(callee.wait(), 0);
}

}  // namespace
}  // namespace hotline::voice::signalling
