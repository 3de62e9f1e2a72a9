// SPDX-License-Identifier: Apache-2.0
// Goal: bodies and names from the wire are read within their limits, and trunks are found by the most exact peer.
#include "voice/signalling/body.hpp"
#include "voice/signalling/multipart.hpp"

#include <gtest/gtest.h>

#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {
namespace {

using namespace std::string_literals;

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

TEST(SipBody, ReadsWhatCarriersPutBesideSdp) {
  const std::string body =
      "--b\r\nContent-Type: application/ISUP;version=itu-t92+\r\n"
      "Content-Disposition: signal;handling=optional\r\n\r\n\x01\x00--b in it\r\n"
      "--b\r\nContent-Type: multipart/alternative;\r\n boundary=\"in ner\"\r\n\r\n"
      "--in ner\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
      "--in ner\r\nc: application/sdp\r\nContent-Disposition: session; Handling = required\r\n\r\nv=0\r\n\r\n--in "
      "ner--\r\n"
      "--b--\r\nepilogue"s;  // with its zero byte
  const auto parts = read_multipart("boundary=b", body);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].type, "application/isup");
  EXPECT_TRUE(parts[0].optional);
  EXPECT_EQ(parts[1].content, "hello");
  EXPECT_FALSE(parts[1].required || parts[1].optional);
  EXPECT_EQ(parts[2].content, "v=0\r\n");
  EXPECT_TRUE(parts[2].required);
}

TEST(SipBody, MultipartHasLimits) {
  std::string many, deep = "v=0\r\n";
  for (int i = 0; i < 1'000; ++i) many += "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
  EXPECT_EQ(read_multipart("boundary=b", many + "--b--").size(), 32U);
  for (int i = 0; i < 10; ++i)
    deep = "--d" + std::to_string(i) + "\r\nContent-Type: multipart/mixed;boundary=d" + std::to_string(i - 1) +
           "\r\n\r\n" + deep + "\r\n--d" + std::to_string(i) + "--";
  EXPECT_TRUE(read_multipart("boundary=d9", deep).empty());
  EXPECT_TRUE(read_multipart("boundary=" + std::string(71, 'b'), "--" + std::string(71, 'b') + "\r\n\r\nx").empty());
}

TEST(SipBody, WritesMultipartThatItReads) {
  const auto body =
      write_multipart("b", {{"application/sdp", "", "v=0\r\n"}, {"text/xml", "recording-session", "<x/>"}});
  const auto parts = read_multipart("boundary=b", body);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].content, "v=0\r\n");
  EXPECT_EQ(parts[1].type, "text/xml");
  EXPECT_EQ(parts[1].content, "<x/>");
  EXPECT_NE(body.find("Content-Disposition: recording-session\r\n"), std::string::npos);
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
