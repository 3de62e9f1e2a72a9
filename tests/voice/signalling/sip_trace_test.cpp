// SPDX-License-Identifier: Apache-2.0
// What a trace keeps, what it masks, and that nobody can make it grow.
#include "voice/signalling/sip_trace.hpp"

#include <gtest/gtest.h>

namespace hotline::voice::signalling {
namespace {

TracedMessage message(const std::string& start, const std::string& call_id, const std::string& rest = "") {
  TracedMessage out;
  out.transport = "udp";
  out.text = start + "\r\nCall-ID: " + call_id + "\r\n" + rest + "\r\n";
  return out;
}
TracedMessage invite(const std::string& call_id) {
  return message("INVITE sip:1000@192.0.2.1 SIP/2.0", call_id);
}

TEST(SipTrace, ACallsMessagesAreGivenALittleAfterItsEnd) {
  SipTrace trace;
  trace.passed(invite("a"));
  trace.pin("a");
  trace.passed(message("SIP/2.0 200 OK", "a"));
  trace.ended(LegId{7}, "a", Duration{1'000});
  trace.passed(message("SIP/2.0 200 OK", "a", "CSeq: 2 BYE\r\n"));
  EXPECT_TRUE(trace.due(Duration{2'999}).empty());
  const auto due = trace.due(Duration{3'000});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].leg, LegId{7});
  ASSERT_EQ(due[0].messages.size(), 3U);
  EXPECT_LT(due[0].messages[0].seq, due[0].messages[1].seq);
  EXPECT_EQ(trace.bytes(), 0U);
}

TEST(SipTrace, OnlyAnInviteBeginsOne) {
  SipTrace trace;
  trace.passed(message("REGISTER sip:192.0.2.1 SIP/2.0", "a"));
  trace.passed(message("INVITE sip:1000@192.0.2.1 SIP/2.0", ""));
  TracedMessage garbage;
  garbage.text = std::string("\0\xFF: :\n\n", 7);
  trace.passed(garbage);
  EXPECT_EQ(trace.bytes(), 0U);
}

TEST(SipTrace, TheShortNameOfTheCallIdIsReadToo) {
  SipTrace trace;
  TracedMessage short_form;
  short_form.text = "INVITE sip:1000@192.0.2.1 SIP/2.0\r\ni:a\r\n\r\n";
  trace.passed(short_form);
  trace.ended(LegId{7}, "a", Duration{0});
  EXPECT_EQ(trace.due(Duration{5'000}).size(), 1U);
}

TEST(SipTrace, TheFirstMessagesOfALongCallAreKept) {
  SipTrace trace(TraceConfig{.messages_max = 3});
  trace.passed(invite("a"));
  for (int i = 0; i < 5; ++i) trace.passed(message("OPTIONS sip:x SIP/2.0", "a"));
  trace.ended(LegId{7}, "a", Duration{0});
  const auto due = trace.due(Duration{5'000});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].messages.size(), 3U);
  EXPECT_EQ(due[0].left_out, 3U);
}

TEST(SipTrace, StrangersCannotPushOutACallNorFillTheMemory) {
  SipTrace trace(TraceConfig{.total_bytes_max = 10'000});
  trace.passed(invite("ours"));
  trace.pin("ours");
  for (int i = 0; i < 5'000; ++i) trace.passed(invite("stranger" + std::to_string(i)));
  EXPECT_LE(trace.bytes(), 10'000U);
  trace.ended(LegId{7}, "ours", Duration{0});
  EXPECT_EQ(trace.due(Duration{5'000}).size(), 1U);
}

TEST(SipTrace, SwitchedOffItKeepsNothing) {
  SipTrace trace(TraceConfig{.enabled = false});
  trace.passed(invite("a"));
  EXPECT_EQ(trace.bytes(), 0U);
}

std::string masked(std::string text) {
  const std::size_t size = text.size();
  mask_secrets(text);
  EXPECT_EQ(text.size(), size) << "Content-Length must go on to be right";
  return text;
}

TEST(SipTrace, CredentialsAreMaskedWhereverTheyStand) {
  const std::string out = masked(
      "REGISTER sip:x SIP/2.0\r\nauthorization : Digest username=\"8001\",\r\n response=\"c0ffee\"\r\n"
      "Proxy-Authorization: Digest response=\"dead\"\r\nFrom: <sip:8001@x>\r\n\r\n");
  for (const char* secret : {"c0ffee", "dead", "username"}) EXPECT_EQ(out.find(secret), std::string::npos) << secret;
  EXPECT_NE(out.find("From: <sip:8001@x>"), std::string::npos);
}

TEST(SipTrace, MediaKeysAndDigitsAreMasked) {
  EXPECT_EQ(masked("INVITE sip:x SIP/2.0\r\n\r\nm=audio 4000 RTP/SAVP 8\r\n"
                   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGw\r\nk=clear:abc\r\n"),
            "INVITE sip:x SIP/2.0\r\n\r\nm=audio 4000 RTP/SAVP 8\r\n"
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***************\r\nk=*********\r\n");
  EXPECT_EQ(masked("INFO sip:x SIP/2.0\r\n\r\nSignal=5\r\nDuration=160\r\n"),
            "INFO sip:x SIP/2.0\r\n\r\nSignal=*\r\nDuration=160\r\n");
  EXPECT_EQ(masked("INFO sip:x SIP/2.0\r\n\r\n5"), "INFO sip:x SIP/2.0\r\n\r\n*");
}

}  // namespace
}  // namespace hotline::voice::signalling
