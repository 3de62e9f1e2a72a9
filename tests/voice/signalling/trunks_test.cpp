// SPDX-License-Identifier: Apache-2.0
// Trunks on the wire, between stacks of our own and a raw peer: fail-over, digest both ways, registration, TLS with a
// new certificate, IPv6, large requests over TCP, limits of connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "node.hpp"
#include "raw_peer.hpp"
#include "voice/signalling/digest.hpp"

namespace hotline::voice::signalling {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Config with_trunk(TrunkConfig trunk) {
  auto config = Node::config();
  config.trunks = {std::move(trunk)};
  return config;
}

LegId call_by_trunk(Node& node, const std::string& number = "0912345678") {
  const LegId leg{4711};
  node.run([&](SipStack& stack) {
    stack.invite({.leg = leg, .uri = number, .trunk = "pstn", .from_user = "1000", .from_display = "", .offer = sdp()});
  });
  return leg;
}

TrunkUse use_of(Node& node) {
  return node.trunk_use().front();
}

TEST(TrunkFailOver, ASilentGatewayIsPassedOverWithinTheTimeSet) {
  RawPeer silent("127.0.0.1:9");
  Node carrier;
  Node node(
      with_trunk({.name = "pstn",
                  .gateways = {{.address = silent.address(), .priority = 1}, {.address = carrier.udp(), .priority = 2}},
                  .ping = Duration{0},
                  .fail_over_after = Duration{300},
                  .rules = {{.prefix = "0", .strip = 1, .add = "+886"}}}));
  const auto leg = call_by_trunk(node);
  EXPECT_EQ(carrier.wait("incoming").call.to_user, "+886912345678");
  EXPECT_EQ(node.wait("answered").leg, leg);
  EXPECT_EQ(node.count("ended"), 0U) << "the leg is the same one";
  const auto use = use_of(node);
  EXPECT_EQ(use.out, 1U);
  EXPECT_EQ(use.gateways.at(0).failures, 1U);
  EXPECT_EQ(use.gateways.at(1).calls, 1U);
  EXPECT_THAT(silent.receive(), StartsWith("INVITE sip:+886912345678@"));
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(carrier.wait("ended").cause, EndCause::normal);
  EXPECT_EQ(use_of(node).in_use, 0U);
}

TEST(TrunkFailOver, A503GoesToTheNextAndABusyOneDoesNot) {
  Node full(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.reject(call.leg, 503); });
  Node busy(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.reject(call.leg, 486); });
  Node never;
  Node node(with_trunk({.name = "pstn",
                        .gateways = {{.address = full.udp(), .priority = 1},
                                     {.address = busy.udp(), .priority = 2},
                                     {.address = never.udp(), .priority = 3}},
                        .ping = Duration{0}}));
  call_by_trunk(node);
  const auto end = node.wait("ended");
  EXPECT_EQ(end.status, 486U);
  EXPECT_EQ(end.cause, EndCause::busy);
  EXPECT_EQ(full.count("incoming"), 1U);
  EXPECT_EQ(never.count("incoming"), 0U);
  EXPECT_EQ(use_of(node).in_use, 0U);
}

TEST(TrunkFailOver, WhenNoneIsLeftTheLastFailureIsTold) {
  Node full(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.reject(call.leg, 503); });
  Node node(with_trunk({.name = "pstn", .gateways = {{.address = full.udp()}}, .ping = Duration{0}}));
  call_by_trunk(node);
  EXPECT_EQ(node.wait("ended").cause, EndCause::capacity);
}

TEST(TrunkProbes, AGatewayThatAnswersNoMoreIsDownAndUpAgain) {
  RawPeer gateway("127.0.0.1:9");
  Node node(with_trunk({.name = "pstn",
                        .gateways = {{.address = gateway.address()}},
                        .ping = Duration{50},
                        .down_after = 2,
                        .fail_over_after = Duration{100}}));
  gateway.aim(node.udp());
  const auto until_up = [&](bool up) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (use_of(node).gateways.at(0).up != up) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      const auto request = gateway.receive();
      ASSERT_THAT(request, StartsWith("OPTIONS sip:"));
      if (up) gateway.send(gateway.response(request, "200 OK", "t"));
    }
  };
  until_up(false);
  until_up(true);
}

TEST(TrunkDigest, ACarriersChallengeIsAnsweredAndAWrongPasswordIsNot) {
  for (const bool right : {true, false}) {
    Node carrier(with_trunk({.name = "us",
                             .peers = {"127.0.0.1"},
                             .ping = Duration{0},
                             .inbound_user = "hotline",
                             .inbound_password = "secret"}));
    Node node(with_trunk({.name = "pstn",
                          .gateways = {{.address = carrier.udp()}},
                          .ping = Duration{0},
                          .user = "hotline",
                          .password = right ? "secret" : "wrong"}));
    const auto leg = call_by_trunk(node);
    if (!right) {
      EXPECT_EQ(node.wait("ended").status, 403U);
      EXPECT_EQ(carrier.count("incoming"), 0U);
      continue;
    }
    EXPECT_EQ(node.wait("answered").leg, leg);
    node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
    carrier.wait("ended");
  }
}

TEST(TrunkRegistration, OursIsKeptWithACarrierAndAsksForTheLeastItGrants) {
  auto config = Node::config();
  config.trunks.clear();
  config.registrar.realm = "carrier.example";
  config.registrar.expires_min = Duration{120'000};
  Node carrier(std::move(config));
  const auto ha1 = digest_ha1(DigestAlgorithm::sha256, "88600", "carrier.example", "secret");
  carrier.run([&](SipStack& stack) { stack.set_accounts({{"88600", "", ha1}}); });
  Node node(
      with_trunk({.name = "pstn",
                  .gateways = {{.address = "127.0.0.1:9", .priority = 1}, {.address = carrier.udp(), .priority = 2}},
                  .ping = Duration{0},
                  .fail_over_after = Duration{500},
                  .user = "88600",
                  .password = "secret",
                  .registers = true,
                  .register_expires = Duration{60'000}}));
  const auto phone = carrier.wait("phone");
  EXPECT_THAT(phone.text, StartsWith("88600 sip:88600@" + node.udp()));
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (use_of(node).registration != "registered") ASSERT_LT(std::chrono::steady_clock::now(), end);
}

class TlsFiles {
 public:
  TlsFiles() : folder_(std::filesystem::temp_directory_path() / ("hotline-tls-" + random_hex(6))) {
    std::filesystem::create_directory(folder_);
    make("a");
  }
  ~TlsFiles() { std::filesystem::remove_all(folder_); }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  /// A certificate for 127.0.0.1 that is its own authority.
  void make(const std::string& name) const {
    const auto command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=gateway "
        "-addext subjectAltName=IP:127.0.0.1 -keyout {0}/{1}.key -out {0}/{1}.pem 2>/dev/null",
        folder_.string(), name);
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] TlsConfig config(const std::string& trusted = "a.pem") const {
    return {.port = 0, .certificate = path("a.pem"), .key = path("a.key"), .ca = path(trusted)};
  }

 private:
  std::filesystem::path folder_;
};

TEST(SipOverTls, CallsGoOverItAndANewCertificateIsTakenWhileTheyRun) {
  const TlsFiles files;
  auto config = Node::config();
  config.tls = files.config();
  Node carrier(config);
  ASSERT_FALSE(carrier.problem()) << carrier.problem()->what;
  std::string secure;
  carrier.run([&](SipStack& stack) { secure = stack.tls_address(); });
  const auto caller = [&](const std::string& trusted) {
    auto own = with_trunk({.name = "pstn",
                           .gateways = {{.address = secure, .transport = "tls"}},
                           .ping = Duration{0},
                           .fail_over_after = Duration{3'000}});
    own.tls = files.config(trusted);
    return own;
  };
  Node node(caller("a.pem"));
  ASSERT_FALSE(node.problem()) << node.problem()->what;
  const auto first = call_by_trunk(node);
  EXPECT_EQ(node.wait("answered").leg, first);

  files.make("b");
  std::filesystem::copy_file(files.path("b.pem"), files.path("a.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  carrier.run([&](SipStack& stack) {
    EXPECT_THAT(stack.reload_certificate().error().what, HasSubstr("key"))
        << "a certificate without its key changes nothing";
  });
  std::filesystem::copy_file(files.path("b.key"), files.path("a.key"),
                             std::filesystem::copy_options::overwrite_existing);
  carrier.run([&](SipStack& stack) { EXPECT_TRUE(stack.reload_certificate()); });
  Node later(caller("b.pem"));  // trusts the new one alone
  call_by_trunk(later);
  later.wait("answered");
  node.run([&](SipStack& stack) { stack.hangup(first, EndCause::normal); });
  EXPECT_EQ(carrier.wait("ended").cause, EndCause::normal) << "the call over the old certificate went on";
}

TEST(SipOverTls, AGatewayWhoseCertificateIsNotTrustedGetsNoCall) {
  const TlsFiles files;
  auto config = Node::config();
  config.tls = files.config();
  Node carrier(config);
  std::string secure;
  carrier.run([&](SipStack& stack) { secure = stack.tls_address(); });
  files.make("other");
  for (const bool verify : {true, false}) {
    auto own = with_trunk({.name = "pstn",
                           .gateways = {{.address = secure, .transport = "tls"}},
                           .ping = Duration{0},
                           .fail_over_after = Duration{3'000}});
    own.tls = files.config("other.pem");
    own.tls->verify = verify;
    Node node(own);
    call_by_trunk(node);
    if (verify) {
      EXPECT_EQ(node.wait("ended").cause, EndCause::unreachable);
      EXPECT_EQ(carrier.count("incoming"), 0U);
    } else {
      node.wait("answered");
    }
  }
}

TEST(SipTransports, BothAddressFamiliesAtOnce) {
  auto config = Node::config();
  config.more_addresses = {"::1"};
  Node both(config);
  ASSERT_FALSE(both.problem()) << both.problem()->what;
  auto six = Node::config();
  six.bind_address = "::1";
  Node node(six);
  const auto leg = both.call("sip:1000@" + node.udp());
  EXPECT_THAT(node.wait("incoming").call.source, StartsWith("[::1]:"));
  EXPECT_EQ(both.wait("answered").leg, leg);
  node.wait("answered");
  both.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(node.wait("ended").cause, EndCause::normal) << "our Contact was of the family of the peer";
  Node four;
  both.call("sip:1000@" + four.udp());
  four.wait("answered");
}

std::string large_offer() {
  auto offer = sdp();
  for (int i = 0; i < 40; ++i) offer += fmt::format("a=x-filler:{:030}\r\n", i);
  return offer;
}

TEST(SipTransports, ALargeRequestGoesOverTcp) {
  Node probe;  // a port that is free for both
  const auto port = read_host_port(probe.udp())->port;
  auto config = Node::config();
  config.bind_address = "127.0.0.2";
  config.udp_port = config.tcp_port = port;
  Node callee(config);
  ASSERT_FALSE(callee.problem()) << callee.problem()->what;
  Node node;
  node.call("sip:1000@" + callee.udp(), large_offer());
  EXPECT_NE(callee.wait("incoming").call.source, node.udp()) << "by UDP it would have come from there";
  node.wait("answered");
}

TEST(SipTransports, WhereTcpIsRefusedItGoesOverUdpAllTheSame) {
  RawPeer peer("127.0.0.1:9");
  Node node;
  peer.aim(node.udp());
  node.call(peer.uri(), large_offer());
  const auto invite = peer.receive();
  EXPECT_THAT(invite, StartsWith("INVITE sip:raw@"));
  EXPECT_THAT(invite, HasSubstr("SIP/2.0/UDP"));
  peer.send(peer.response(invite, "486 Busy Here", "t"));
  EXPECT_EQ(node.wait("ended").cause, EndCause::busy);
}

class TcpClient {
 public:
  explicit TcpClient(const std::string& target) {
    const auto to = read_host_port(target).value();
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(to.port);
    inet_pton(AF_INET, to.host.c_str(), &there.sin_addr);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
  }
  ~TcpClient() { ::close(fd_); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  /// True when the far end has closed it within the limit.
  [[nodiscard]] bool closed() const {
    pollfd wait{fd_, POLLIN, 0};
    char byte = 0;
    return ::poll(&wait, 1, static_cast<int>(kLimit.count() * 1'000)) == 1 && ::recv(fd_, &byte, 1, 0) <= 0;
  }
  /// True when a double CRLF is answered by one (RFC 5626 section 3.5.1).
  [[nodiscard]] bool answers_ping() const {
    char out[2] = "";
    return ::send(fd_, "\r\n\r\n", 4, MSG_NOSIGNAL) == 4 && ::recv(fd_, out, 2, MSG_WAITALL) == 2 && out[0] == '\r';
  }

 private:
  int fd_ = -1;
};

TEST(SipConnections, ASourceHasOnlySoManyAndIdleOnesAreClosed) {
  auto config = Node::config();
  config.connections_per_source_max = 2;
  config.connection_idle = Duration{400};
  Node node(config);
  const TcpClient first(node.tcp());
  EXPECT_TRUE(first.answers_ping());
  {
    const TcpClient second(node.tcp());
    EXPECT_TRUE(second.answers_ping());
    const TcpClient third(node.tcp());
    EXPECT_TRUE(third.closed());
  }
  EXPECT_TRUE(first.closed()) << "idle";
  const auto end = std::chrono::steady_clock::now() + kLimit;
  for (bool free = false; !free;) {  // those that are gone count no more
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    const TcpClient next(node.tcp());
    free = next.answers_ping();
  }
}

}  // namespace
}  // namespace hotline::voice::signalling
