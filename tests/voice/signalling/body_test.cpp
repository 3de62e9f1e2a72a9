// SPDX-License-Identifier: Apache-2.0
// Goal: bodies and names from the wire are read within their limits, and trunks are found by the most exact peer.
#include "voice/signalling/body.hpp"

#include <gtest/gtest.h>

#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {
namespace {

TEST(SipBody, ReadsDigits) {
  EXPECT_EQ(read_dtmf_relay("Signal=5\r\nDuration=160\r\n"), (InfoDigit{'5', Duration{160}}));
  EXPECT_EQ(read_dtmf_relay("signal = * \nduration=1\n"), (InfoDigit{'*', Duration{40}}));
  EXPECT_EQ(read_dtmf_relay("Signal=d\r\nDuration=99999"), (InfoDigit{'D', Duration{5'000}}));
  EXPECT_EQ(read_dtmf_relay("Signal=16"), std::nullopt);
  EXPECT_EQ(read_dtmf_relay("Duration=160"), std::nullopt);
  EXPECT_EQ(read_dtmf(" 7\r\n"), (InfoDigit{'7', Duration{250}}));
  EXPECT_EQ(read_dtmf("10"), (InfoDigit{'*', Duration{250}}));
  EXPECT_EQ(read_dtmf("Signal=3"), (InfoDigit{'3', Duration{250}}));
  EXPECT_EQ(read_dtmf(""), std::nullopt);
  EXPECT_EQ(read_dtmf_relay(write_dtmf_relay({'#', Duration{90}})), (InfoDigit{'#', Duration{90}}));
}

TEST(SipBody, FindsSdpInMultipart) {
  const std::string body = "preamble\r\n--x\r\nContent-Type: application/SDP\r\n\r\nv=0\r\n\r\n--x--\r\n";
  EXPECT_EQ(sdp_of_multipart(";boundary=x", body), "v=0\r\n");
  EXPECT_EQ(sdp_of_multipart(";Boundary=\"x\";charset=y", body), "v=0\r\n");
  EXPECT_EQ(sdp_of_multipart(";boundary=y", body), std::nullopt);
  EXPECT_EQ(sdp_of_multipart("", body), std::nullopt);
  EXPECT_EQ(sdp_of_multipart(";boundary=x", "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"), "v=0\r\n")
      << "cut off";
  EXPECT_EQ(sdp_of_multipart(";boundary=x", "--x\r\nno end of head"), std::nullopt);
}

TEST(SipBody, CleansText) {
  EXPECT_EQ(clean_text("張三 a\r\nb"), "張三 ab");
  EXPECT_EQ(clean_text("\xc0\xaf\xed\xa0\x80"), "?????") << "overlong form and surrogate";
  EXPECT_EQ(clean_text("\xe5\xbc"), "??") << "cut off";
  EXPECT_EQ(clean_text("張三", 4), "張") << "never half a character";
}

TEST(SipTrunks, ReadsAddresses) {
  EXPECT_EQ(read_host_port("10.0.0.1")->port, 0);
  EXPECT_EQ(read_host_port("10.0.0.1:5070")->port, 5070);
  EXPECT_EQ(read_host_port("[::1]:5070")->host, "::1");
  EXPECT_EQ(read_host_port("::1")->host, "::1");
  for (const auto* bad : {"", ":5060", "a:", "a:0", "a:65536", "a:5x", "[::1", "[::1]5060"}) {
    EXPECT_FALSE(read_host_port(bad)) << bad;
  }
}

TEST(SipTrunks, TheMostExactPeerCounts) {
  Config config;
  config.trunks = {{.name = "any", .peers = {"*"}},
                   {.name = "host", .peers = {"127.0.0.1"}},
                   {.name = "port", .peers = {"127.0.0.1:5070"}}};
  config.agent_contacts = {"127.0.0.9", "sip:agent@127.0.0.8:5062;transport=tcp"};
  auto table = TrunkTable::make(config);
  ASSERT_TRUE(table) << table.error().what;
  EXPECT_EQ(table->find_source("127.0.0.1", 5070, true)->name(), "port");
  EXPECT_EQ(table->find_source("127.0.0.1", 5071, true)->name(), "host");
  EXPECT_EQ(table->find_source("127.0.0.1", 40000, false)->name(), "port") << "TCP ports are the sender's choice";
  EXPECT_EQ(table->find_source("127.0.0.2", 5070, true)->name(), "any");
  EXPECT_TRUE(table->is_agent("127.0.0.9"));
  EXPECT_TRUE(table->is_agent("127.0.0.8"));
  EXPECT_FALSE(table->is_agent("127.0.0.1"));
}

}  // namespace
}  // namespace hotline::voice::signalling
