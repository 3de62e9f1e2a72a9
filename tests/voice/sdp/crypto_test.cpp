// SPDX-License-Identifier: Apache-2.0
// Goal: SDES keys (RFC 4568) and codecs beyond G.711 are offered, answered and read as the policy says.
#include "voice/sdp/crypto.hpp"

#include <gmock/gmock.h>

#include "voice/sdp/negotiate.hpp"

namespace hotline::voice::sdp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Local local(SrtpPolicy policy, std::uint8_t seed = 1) {
  Local out{.address = "192.0.2.1", .port = 20000, .rtcp_mux = true, .srtp = policy};
  for (auto& key : out.srtp_keys) key.fill(seed++);
  return out;
}
Session described(const std::string& protocol, const std::string& rest) {
  return parse("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 " + protocol +
               " " + rest)
      .value();
}
const std::string line_80 =
    "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32\r\n";
const std::string line_32 =
    "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20\r\n";

TEST(Crypto, ReadsTheLinesOfTheRfcAndWritesWhatItReads) {
  const auto line = read_crypto("2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->tag, 2U);
  EXPECT_EQ(line->suite, CryptoSuite::aes_cm_128_hmac_sha1_32);
  EXPECT_EQ(line->key[0], '7');  // the RFC's key is text: 70xwPH5@/,L:S1wY"~='EpgT%(i_Vc
  EXPECT_EQ(line->key[29], 'c');
  EXPECT_EQ(read_crypto(write_crypto(*line))->key, line->key);
  CryptoLine gcm{3, CryptoSuite::aead_aes_128_gcm, {}};
  gcm.key.fill(0xA5);
  const auto again = read_crypto(write_crypto(gcm));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key[27], 0xA5);
  EXPECT_EQ(again->key[28], 0) << "28 bytes of key and salt";
}

TEST(Crypto, WhatWeDoNotHaveIsNoLine) {
  for (const auto* value :
       {"", "1", "1 AES_CM_128_HMAC_SHA1_80", "1 AES_CM_128_HMAC_SHA1_80 inline:",
        "x AES_CM_128_HMAC_SHA1_80 inline:AAAA", "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
        "1 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
        "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4",
        "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj UNENCRYPTED_SRTP",
        "1 AES_CM_128_HMAC_SHA1_80 inline:!!!!"})
    EXPECT_FALSE(read_crypto(value)) << value;
}

TEST(Sdes, EachPolicyAnswersAsItShould) {
  const auto plain = described("RTP/AVP", "8\r\n"), best_effort = described("RTP/AVP", "8\r\n" + line_32),
             secure = described("RTP/SAVP", "8\r\n" + line_32), keyless = described("RTP/SAVP", "8\r\n");
  EXPECT_TRUE(make_answer(plain, local(SrtpPolicy::off)));
  EXPECT_FALSE(make_answer(best_effort, local(SrtpPolicy::off))->agreed.keys);
  EXPECT_FALSE(make_answer(secure, local(SrtpPolicy::off)));
  EXPECT_FALSE(make_answer(plain, local(SrtpPolicy::offered))->agreed.keys);
  EXPECT_TRUE(make_answer(best_effort, local(SrtpPolicy::offered))->agreed.keys);
  EXPECT_FALSE(make_answer(keyless, local(SrtpPolicy::offered)));
  EXPECT_FALSE(make_answer(plain, local(SrtpPolicy::required)));
  const auto answer = make_answer(secure, local(SrtpPolicy::required));
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->agreed.keys);
  EXPECT_EQ(answer->agreed.keys->suite, CryptoSuite::aes_cm_128_hmac_sha1_32);
  EXPECT_EQ(answer->agreed.keys->theirs[0], '7');
  const auto text = write(answer->session);
  EXPECT_THAT(text, HasSubstr("RTP/SAVP 8"));
  EXPECT_THAT(text, HasSubstr("a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"));
  EXPECT_THAT(text, Not(HasSubstr("NzB4d1BINUAvLEw6"))) << "our own key, not theirs";
}

TEST(Sdes, AnOfferAndItsAnswerAgreeOnKeysOfBothSides) {
  for (const auto policy : {SrtpPolicy::offered, SrtpPolicy::required}) {
    const auto us = local(policy, 1), them = local(SrtpPolicy::offered, 100);
    const auto offer = make_offer(us);
    EXPECT_EQ(offer.media[0].protocol, policy == SrtpPolicy::required ? "RTP/SAVP" : "RTP/AVP");
    const auto answer = make_answer(offer, them);
    ASSERT_TRUE(answer);
    const auto agreed = read_answer(parse(write(answer->session)).value(), us);
    ASSERT_TRUE(agreed);
    ASSERT_TRUE(agreed->keys);
    EXPECT_EQ(agreed->keys->suite, CryptoSuite::aead_aes_128_gcm);
    EXPECT_EQ(agreed->keys->ours[0], 1);
    EXPECT_EQ(agreed->keys->theirs[0], 100);
    EXPECT_EQ(answer->agreed.keys->theirs[0], 1);
  }
  const auto refused = described("RTP/AVP", "8\r\n");
  EXPECT_TRUE(read_answer(refused, local(SrtpPolicy::offered))) << "a phone without SRTP passes the lines over";
  EXPECT_FALSE(read_answer(refused, local(SrtpPolicy::required)));
}

TEST(Codecs, OpusIsTakenUnderTheNumberOfTheOfferWithEventsOfItsClock) {
  auto ours = local(SrtpPolicy::off);
  ours.codecs = {Codec::opus, Codec::g722, Codec::pcma};
  const auto answer =
      make_answer(described("RTP/AVP",
                            "9 96 97 98 8\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n"
                            "a=rtpmap:98 telephone-event/48000\r\na=rtcp:4444\r\n"),
                  ours);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->agreed.codec, Codec::opus);
  EXPECT_EQ(answer->agreed.payload_type, 96);
  EXPECT_EQ(answer->agreed.dtmf_payload_type, 98);
  EXPECT_EQ(answer->agreed.dtmf_clock, 48'000U);
  EXPECT_EQ(answer->agreed.rtcp_port, 4444);
  EXPECT_FALSE(answer->agreed.rtcp_mux);
  const auto text = write(answer->session);
  EXPECT_THAT(text, HasSubstr("a=rtpmap:96 opus/48000/2"));
  EXPECT_THAT(text, HasSubstr("a=fmtp:96 minptime=10;useinbandfec=1"));
  EXPECT_THAT(text, HasSubstr("a=rtpmap:98 telephone-event/48000"));
}

TEST(Codecs, AnAnswerMayGiveOpusAnotherNumberThanWeOffered) {
  auto ours = local(SrtpPolicy::off);
  ours.codecs = {Codec::opus, Codec::pcma};
  const auto text = write(make_offer(ours));
  EXPECT_THAT(text, HasSubstr("111 8 101 110"));
  const auto agreed = read_answer(described("RTP/AVP",
                                            "120 121\r\na=rtpmap:120 opus/48000/2\r\n"
                                            "a=rtpmap:121 telephone-event/48000\r\na=rtcp-mux\r\n"),
                                  ours);
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->payload_type, 120);
  EXPECT_EQ(agreed->payload_type_in, 111);
  EXPECT_EQ(agreed->dtmf_payload_type, 121);
  EXPECT_EQ(agreed->dtmf_payload_type_in, 110);
  EXPECT_TRUE(agreed->rtcp_mux);
}

TEST(Codecs, ComfortNoiseIsTakenWhereItIsOfferedAndWanted) {
  auto ours = local(SrtpPolicy::off);
  EXPECT_FALSE(make_answer(described("RTP/AVP", "8 13\r\n"), ours)->agreed.noise_payload_type);
  ours.comfort_noise = true;
  const auto answer = make_answer(described("RTP/AVP", "8 13\r\n"), ours);
  EXPECT_EQ(answer->agreed.noise_payload_type, 13);
  EXPECT_THAT(write(answer->session), HasSubstr("a=rtpmap:13 CN/8000"));
}

}  // namespace
}  // namespace hotline::voice::sdp
