// SPDX-License-Identifier: Apache-2.0
// Goal: the SDP parser reads what peers send, including odd but legal text, and refuses what is over its limits.
#include "voice/sdp/sdp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::voice::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kPhone =
    "v=0\r\no=alice 2890844526 2890844527 IN IP4 host.example.com\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    "m=audio 49170/2 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendonly\r\n"
    "m=video 51372 RTP/AVP 99\r\nc=IN IP6 2001:db8::1\r\na=rtpmap:99 h263-1998/90000\r\n";

TEST(SdpParse, ReadsASessionWithTwoSections) {
  const auto session = parse(kPhone);
  ASSERT_TRUE(session) << session.error().what;
  EXPECT_EQ(session->origin.session_id, "2890844526");
  EXPECT_EQ(session->origin.version, "2890844527");
  EXPECT_EQ(session->connection, (Connection{"192.0.2.10", false}));
  ASSERT_EQ(session->media.size(), 2U);
  EXPECT_EQ(session->media[0].port, 49170);
  EXPECT_THAT(session->media[0].formats, ElementsAre("8", "0", "101"));
  EXPECT_NE(find(session->media[0].attributes, "sendonly"), nullptr);
  EXPECT_EQ(session->media[1].connection, (Connection{"2001:db8::1", true}));
}

TEST(SdpParse, ToleratesLineEndsMissingLinesAndUnknownLines) {
  for (const std::string_view text : {
           "v=0\no=- 1 1 IN IP4 10.0.0.1\nc=IN IP4 10.0.0.1\nm=audio 4000 RTP/AVP 0",         // LF, no s= or t=, no end
           "v=0\ro=- 1 1 IN IP4 10.0.0.1\rs= \rc=IN IP4 10.0.0.1\rm=audio 4000 RTP/AVP 0\r",  // CR
           "v=0\r\ns=x\r\nc=IN IP4 10.0.0.1/127\r\nm=audio  4000  RTP/AVP  0 \r\n\r\n\r\n",   // TTL, spaces, blank end
           "v=0\r\no=- 1 1 in ip4 10.0.0.1\r\ni=hi\r\nx=new\r\nb=AS:64\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP "
           "0\r\n",
       }) {
    const auto session = parse(text);
    ASSERT_TRUE(session) << text << ": " << session.error().what;
    ASSERT_EQ(session->media.size(), 1U) << text;
    EXPECT_EQ(session->media[0].port, 4000);
    EXPECT_EQ(session->connection->address, "10.0.0.1");
  }
}

TEST(SdpParse, RefusesWithTheLineAndTheRule) {
  const auto problem = [](std::string_view text) {
    const auto session = parse(text);
    return session ? std::string("accepted") : session.error().what;
  };
  EXPECT_THAT(problem(""), HasSubstr("empty"));
  EXPECT_THAT(problem("o=- 1 1 IN IP4 1.2.3.4\r\n"), HasSubstr("line 1"));
  EXPECT_THAT(problem("v=1\r\n"), HasSubstr("version"));
  EXPECT_THAT(problem("v=0\r\nv=0\r\n"), HasSubstr("version"));
  EXPECT_THAT(problem("v=0\r\no=- 1 1 IN\r\n"), HasSubstr("o="));
  EXPECT_THAT(problem("v=0\r\nhello\r\n"), HasSubstr("line 2"));
  EXPECT_THAT(problem("v=0\r\nc=IN IP5 1.2.3.4\r\n"), HasSubstr("c="));
  EXPECT_THAT(problem("v=0\r\nm=audio 65536 RTP/AVP 0\r\n"), HasSubstr("m="));
  EXPECT_THAT(problem("v=0\r\nm=audio -1 RTP/AVP 0\r\n"), HasSubstr("m="));
  EXPECT_THAT(problem("v=0\r\nm=audio\r\n"), HasSubstr("m="));
  EXPECT_THAT(problem("v=0\r\na=\r\n"), HasSubstr("attribute"));
  EXPECT_THAT(problem(std::string("v=0\r\ns=a\0b\r\n", 12)), HasSubstr("control"));
  EXPECT_THAT(problem("v=0\r\nc=IN IP4 1.2.3.4\x10\r\n"), HasSubstr("control"));
}

TEST(SdpParse, HoldsItsLimits) {
  std::string sections = "v=0\r\n", attributes = "v=0\r\nm=audio 1 RTP/AVP 0\r\n", formats = "v=0\r\nm=audio 1 RTP/AVP";
  for (std::size_t i = 0; i < kMediaMax; ++i) sections += "m=audio 1 RTP/AVP 0\r\n";
  for (std::size_t i = 0; i < kAttributesMax; ++i) attributes += "a=x\r\n";
  for (std::size_t i = 0; i < kFormatsMax; ++i) formats += " 0";
  EXPECT_TRUE(parse(sections));
  EXPECT_FALSE(parse(sections + "m=audio 1 RTP/AVP 0\r\n"));
  EXPECT_TRUE(parse(attributes));
  EXPECT_FALSE(parse(attributes + "a=x\r\n"));
  EXPECT_TRUE(parse(formats));
  EXPECT_FALSE(parse(formats + " 0"));
  std::string big = "v=0\r\ns=";
  big.resize(kBytesMax, 'x');
  EXPECT_TRUE(parse(big));
  EXPECT_FALSE(parse(big + "x"));
}

TEST(SdpWrite, WhatIsWrittenReadsBackEqual) {
  auto session = *parse(kPhone);
  const auto again = parse(write(session));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, session);
}

TEST(SdpWrite, AValueCannotAddALine) {
  Session session;
  session.name = "evil\r\nm=audio 1 RTP/AVP 0";
  session.attributes.push_back({"x", "y\nm=audio 2 RTP/AVP 0"});
  const auto again = parse(write(session));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->media.empty());
}

TEST(SdpLookup, MediaFirstThenSessionAndGroups) {
  const auto session = parse(
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:LS 9\r\na=group:BUNDLE 0 1\r\na=setup:active\r\n"
      "a=fingerprint:sha-256 AA:BB\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 8\r\nc=IN IP4 "
      "0.0.0.0\r\na=setup:actpass\r\na=mid:0\r\n"
      "a=rtcp-mux\r\na=candidate:1 1 udp 1 127.0.0.1 5000 typ host\r\na=candidate:2 1 tcp 1 127.0.0.1 9 typ host\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n");
  ASSERT_TRUE(session);
  const auto& audio = session->media[0];
  EXPECT_EQ(*find(*session, audio, "setup"), "actpass");
  EXPECT_EQ(*find(*session, audio, "fingerprint"), "sha-256 AA:BB");
  EXPECT_EQ(*find(*session, audio, "rtcp-mux"), "");
  EXPECT_EQ(find(*session, audio, "ice-pwd"), nullptr);
  EXPECT_EQ(find_all(audio.attributes, "candidate").size(), 2U);
  EXPECT_THAT(group(*session, "BUNDLE"), ElementsAre("0", "1"));
  EXPECT_EQ(find_mid(*session, "1"), &session->media[1]);
  EXPECT_EQ(find_mid(*session, "2"), nullptr);
}

}  // namespace
}  // namespace hotline::voice::sdp
