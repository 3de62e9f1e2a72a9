// SPDX-License-Identifier: Apache-2.0
// Bindings of registered phones: adding, refreshing, removing, running out, and who is told.
#include "voice/signalling/registrar.hpp"

#include <gtest/gtest.h>

namespace hotline::voice::signalling {
namespace {

class RegistrarTest : public testing::Test {
 protected:
  RegistrarTest() {
    registrar_.set_accounts({{"8001", "m", "s"}, {"8002", "m", "s"}});
    registrar_.on_change([this](const std::string& user) { told_.push_back(user); });
  }
  RegisterWish wish(const std::string& contact, std::int64_t seconds, std::uint32_t cseq = 1,
                    const std::string& source = "192.0.2.1:5060") {
    return {.contacts = {{.uri = contact, .instance = {}, .expires = {}}},
            .expires = Duration{seconds * 1'000},
            .flow = {source, "udp"},
            .agent = "phone",
            .call_id = "c",
            .cseq = cseq};
  }

  Registrar registrar_{{.expires_min = Duration{60'000}, .expires_max = Duration{3'600'000}, .bindings_max = 2}};
  std::vector<std::string> told_;
};

using enum Registrar::Outcome;

TEST_F(RegistrarTest, APhoneIsReachedAtTheSourceItRegisteredFrom) {
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@10.0.0.7:5062;ob;transport=udp", 300, 1, "192.0.2.1:40000"),
                              Duration{0}),
            done);
  const auto list = registrar_.bindings("8001");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].uri, "sip:8001@192.0.2.1:40000;ob");
  EXPECT_EQ(registrar_.state("8001").contact, list[0].uri);
  EXPECT_EQ(registrar_.user_at({"192.0.2.1:40000", "udp"}), "8001");
  EXPECT_EQ(registrar_.user_at({"192.0.2.1:40000", "tcp"}), "");
  EXPECT_EQ(reachable_uri("sip:a@b;transport=TLS?x=y", {"[2001:db8::1]:5061", "tls"}),
            "sip:a@[2001:db8::1]:5061;transport=tls");
  EXPECT_EQ(reachable_uri("sip:10.0.0.1", {"192.0.2.1:5060", "tcp"}), "sip:192.0.2.1:5060;transport=tcp");
}

TEST_F(RegistrarTest, APhoneBehindAProxyIsReachedByWayOfItAndIsNobodysFlow) {
  auto behind = wish("sip:8001@10.0.0.7:5062;transport=tcp?x=y", 300, 1, "192.0.2.1:5060");
  behind.path = "sip:192.0.2.1:5060;received=sip:198.51.100.7:40000";
  ASSERT_EQ(registrar_.update("8001", behind, Duration{0}), done);
  const auto list = registrar_.bindings("8001");
  ASSERT_EQ(list.size(), 1U);
  const auto way = split_route(list[0].uri);
  EXPECT_EQ(way.uri, "sip:8001@10.0.0.7:5062;transport=tcp");
  EXPECT_EQ(way.route, behind.path);
  EXPECT_EQ(list[0].uri.find_first_of("<> ", 0), std::string::npos);
  EXPECT_EQ(registrar_.user_at({"192.0.2.1:5060", "udp"}), "")
      << "whoever else comes through the proxy is not this phone";
  registrar_.lose({"192.0.2.1:5060", "udp"});
  EXPECT_EQ(registrar_.bindings("8001").size(), 1U) << "the proxy's connection is not the phone's";
}

TEST_F(RegistrarTest, AUriWithoutAUsableRouteIsItself) {
  EXPECT_EQ(split_route("sip:a@b;ob").uri, "sip:a@b;ob");
  EXPECT_EQ(split_route("sip:a@b?Route=x").uri, "sip:a@b");
  EXPECT_EQ(split_route("sip:a@b?Route=x").route, "");
  EXPECT_EQ(split_route("sip:a@b?Route=%3Csip%3Ap%3").route, "");
  EXPECT_EQ(split_route(uri_by_way_of("sip:a@b", "sip:p")).route, "sip:p");
}

TEST_F(RegistrarTest, SeveralBindingsTheLatestFirstUpToTheLimit) {
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 300), Duration{0}), done);
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@b", 300, 2), Duration{0}), done);
  EXPECT_EQ(registrar_.update("8001", wish("sip:8001@c", 300, 3), Duration{0}), too_many);
  EXPECT_EQ(registrar_.bindings("8001").front().contact, "sip:8001@b");
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 300, 4), Duration{0}), done) << "a refresh";
  EXPECT_EQ(registrar_.bindings("8001").front().contact, "sip:8001@a");
  EXPECT_EQ(registrar_.bindings("8001").size(), 2U);
}

TEST_F(RegistrarTest, AnInstanceReplacesItsFormerContact) {
  auto first = wish("sip:8001@a:1", 300);
  first.contacts[0].instance = "<urn:uuid:1>;1";
  auto second = wish("sip:8001@a:2", 300, 2);
  second.contacts[0].instance = "<urn:uuid:1>;1";
  ASSERT_EQ(registrar_.update("8001", first, Duration{0}), done);
  ASSERT_EQ(registrar_.update("8001", second, Duration{0}), done);
  ASSERT_EQ(registrar_.bindings("8001").size(), 1U);
  EXPECT_EQ(registrar_.bindings("8001")[0].contact, "sip:8001@a:2");
}

TEST_F(RegistrarTest, BindingsRunOutAndLimitsHold) {
  EXPECT_EQ(registrar_.update("8001", wish("sip:8001@a", 59), Duration{0}), too_brief);
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 90'000), Duration{0}), done);
  EXPECT_EQ(registrar_.bindings("8001")[0].expires_at, Duration{3'600'000}) << "held to the longest allowed";
  told_.clear();
  registrar_.expire(Duration{3'599'999});
  EXPECT_TRUE(told_.empty());
  registrar_.expire(Duration{3'600'000});
  EXPECT_EQ(told_, std::vector<std::string>{"8001"});
  EXPECT_FALSE(registrar_.state("8001").registered);
}

TEST_F(RegistrarTest, StarRemovesAllAndOnlyWithExpiresZero) {
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 300), Duration{0}), done);
  RegisterWish star{
      .contacts = {}, .all = true, .expires = Duration{300'000}, .flow = {}, .agent = {}, .call_id = "c", .cseq = 2};
  EXPECT_EQ(registrar_.update("8001", star, Duration{0}), bad);
  star.expires = Duration{0};
  EXPECT_EQ(registrar_.update("8001", star, Duration{0}), done);
  EXPECT_TRUE(registrar_.phones().empty());
}

TEST_F(RegistrarTest, AnOldRequestThatComesLateChangesNothing) {
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 300, 7), Duration{0}), done);
  EXPECT_EQ(registrar_.update("8001", wish("sip:8001@a", 0, 6), Duration{0}), out_of_order);
  EXPECT_EQ(registrar_.bindings("8001").size(), 1U);
  EXPECT_EQ(registrar_.update("8001", wish("sip:8001@a", 0, 8), Duration{0}), done);
  EXPECT_TRUE(registrar_.bindings("8001").empty());
}

TEST_F(RegistrarTest, ALostConnectionAndTwoMissedPingsRemoveABinding) {
  auto over_tcp = wish("sip:8001@a", 300);
  over_tcp.flow = {"192.0.2.1:40000", "tcp"};
  ASSERT_EQ(registrar_.update("8001", over_tcp, Duration{0}), done);
  registrar_.lose({"192.0.2.1:40000", "udp"});
  EXPECT_EQ(registrar_.bindings("8001").size(), 1U);
  registrar_.lose({"192.0.2.1:40000", "tcp"});
  EXPECT_TRUE(registrar_.bindings("8001").empty());

  ASSERT_EQ(registrar_.update("8002", wish("sip:8002@b", 300), Duration{0}), done);
  const auto interval = registrar_.config().ping;
  EXPECT_TRUE(registrar_.due_pings(interval - Duration{1}).empty());
  const auto due = registrar_.due_pings(interval);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_TRUE(registrar_.due_pings(interval).empty()) << "once";
  registrar_.ping_result("8002", due[0].second.uri, false);
  registrar_.ping_result("8002", due[0].second.uri, true);
  registrar_.ping_result("8002", due[0].second.uri, false);
  EXPECT_EQ(registrar_.bindings("8002").size(), 1U);
  registrar_.ping_result("8002", due[0].second.uri, false);
  EXPECT_TRUE(registrar_.bindings("8002").empty());
}

TEST_F(RegistrarTest, AccountsThatChangeLoseTheirPhonesAndOthersKeepThem) {
  ASSERT_EQ(registrar_.update("8001", wish("sip:8001@a", 300), Duration{0}), done);
  ASSERT_EQ(registrar_.update("8002", wish("sip:8002@b", 300), Duration{0}), done);
  told_.clear();
  registrar_.set_accounts({{"8001", "m", "s"}, {"8002", "other", "s"}});
  EXPECT_EQ(told_, std::vector<std::string>{"8002"});
  EXPECT_EQ(registrar_.bindings("8001").size(), 1U);
  registrar_.set_accounts({});
  EXPECT_EQ(told_, (std::vector<std::string>{"8002", "8001"}));
  EXPECT_EQ(registrar_.update("8001", wish("sip:8001@a", 300, 2), Duration{0}), bad) << "no such account any more";
}

}  // namespace
}  // namespace hotline::voice::signalling
