// SPDX-License-Identifier: Apache-2.0
// The description of a recording session, and what a recorder makes of it.
#include "voice/siprec/streams.hpp"

#include <gtest/gtest.h>

#include "voice/sdp/sdp.hpp"

namespace hotline::voice::siprec {
namespace {

const LocalStreams local{.address = "192.0.2.1", .ports = {40'000, 40'002}, .session_id = 9, .version = 3};

std::string answer(const std::string& first, const std::string& second) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + first + second;
}

TEST(SiprecStreams, OffersTwoLabelledStreamsWeOnlySend) {
  const auto offer = sdp::parse(write_offer(local));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->origin.version, "3");
  ASSERT_EQ(offer->media.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& media = offer->media[i];
    EXPECT_EQ(media.port, local.ports[i]);
    EXPECT_EQ(*sdp::find(media.attributes, "label"), i == 0 ? "1" : "2");
    EXPECT_NE(sdp::find(media.attributes, "sendonly"), nullptr);
    EXPECT_EQ(media.formats, (std::vector<std::string>{"8", "0"}));
  }
}

TEST(SiprecStreams, PausedIsInactive) {
  auto paused = local;
  paused.paused = true;
  const auto offer = sdp::parse(write_offer(paused));
  for (const auto& media : offer->media) {
    EXPECT_NE(sdp::find(media.attributes, "inactive"), nullptr);
    EXPECT_EQ(sdp::find(media.attributes, "sendonly"), nullptr);
  }
}

TEST(SiprecStreams, TakesTheRecordersCodecAndPorts) {
  const auto far = read_answer(answer("m=audio 7000 RTP/AVP 0\r\na=recvonly\r\n",
                                      "m=audio 7010 RTP/AVP 8\r\nc=IN IP4 192.0.2.10\r\na=rtcp:7500\r\n"),
                               local);
  ASSERT_TRUE(far);
  EXPECT_EQ((*far)[0], (FarStream{true, true, "192.0.2.9", 7000, 7001, 0, true, {}}));
  EXPECT_EQ((*far)[1], (FarStream{true, true, "192.0.2.10", 7010, 7500, 8, false, {}}));
}

TEST(SiprecStreams, AStreamMayBeRefusedOrPaused) {
  const auto far = read_answer(answer("m=audio 0 RTP/AVP 8\r\n", "m=audio 7010 RTP/AVP 8\r\na=inactive\r\n"), local);
  ASSERT_TRUE(far);
  EXPECT_FALSE((*far)[0].taken);
  EXPECT_TRUE((*far)[1].taken);
  EXPECT_FALSE((*far)[1].wanted);
  EXPECT_FALSE((*read_answer(answer("m=audio 7000 RTP/AVP 18\r\n", "m=audio 7010 RTP/AVP 8\r\n"), local))[0].taken)
      << "a codec we did not offer";
  EXPECT_FALSE(read_answer(answer("m=audio 7000 RTP/AVP 8\r\n", ""), local));
  EXPECT_FALSE(read_answer("nonsense", local));
}

TEST(SiprecStreams, AnswersTheRecordersOwnOffer) {
  const auto paused =
      answer_offer(answer("m=audio 7000 RTP/AVP 0 8\r\na=inactive\r\n", "m=audio 7010 RTP/AVP 8\r\na=recvonly\r\n") +
                       "m=video 7020 RTP/AVP 99\r\n",
                   local);
  ASSERT_TRUE(paused);
  const auto ours = sdp::parse(paused->answer);
  ASSERT_EQ(ours->media.size(), 3U);
  EXPECT_NE(sdp::find(ours->media[0].attributes, "inactive"), nullptr);
  EXPECT_EQ(ours->media[0].formats, std::vector<std::string>{"0"});
  EXPECT_NE(sdp::find(ours->media[1].attributes, "sendonly"), nullptr);
  EXPECT_EQ(ours->media[2].port, 0);
  EXPECT_FALSE(paused->streams[0].wanted);
  EXPECT_TRUE(paused->streams[1].wanted);
  EXPECT_FALSE(answer_offer(answer("m=audio 0 RTP/AVP 8\r\n", "m=audio 0 RTP/AVP 8\r\n"), local));
}

TEST(SiprecStreams, EncryptedOnesHaveKeysOfTheirOwn) {
  auto secret = local;
  secret.encrypted = true;
  for (std::size_t i = 0; i < stream_count; ++i)
    for (std::size_t k = 0; k < 3; ++k) secret.keys[i][k].fill(static_cast<std::uint8_t>(10 * i + k + 1));
  const auto offer = sdp::parse(write_offer(secret));
  ASSERT_EQ(offer->media.size(), 2U);
  for (std::size_t i = 0; i < stream_count; ++i) {
    EXPECT_EQ(offer->media[i].protocol, "RTP/SAVP");
    const auto lines = sdp::find_all(offer->media[i].attributes, "crypto");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(sdp::read_crypto(lines[1])->key, secret.keys[i][1]);
  }
  sdp::SrtpKey theirs;
  theirs.fill(99);
  const auto suite = sdp::CryptoSuite::aes_cm_128_hmac_sha1_80;
  const auto line = "a=crypto:" + sdp::write_crypto({2, suite, theirs}) + "\r\n";
  const auto wrong = "a=crypto:" + sdp::write_crypto({1, suite, theirs}) + "\r\n";
  const auto far =
      read_answer(answer("m=audio 7000 RTP/SAVP 8\r\n" + line, "m=audio 7010 RTP/SAVP 8\r\n" + wrong), secret);
  ASSERT_TRUE(far);
  ASSERT_TRUE((*far)[0].keys);
  EXPECT_EQ((*far)[0].keys->server, secret.keys[0][1]);
  EXPECT_EQ((*far)[0].keys->client, theirs);
  EXPECT_FALSE((*far)[1].taken) << "the tag is not that of the suite";
  EXPECT_FALSE((*read_answer(answer("m=audio 7000 RTP/AVP 8\r\n", "m=audio 7010 RTP/AVP 8\r\n"), secret))[0].taken)
      << "never in the clear";
  const auto ours = answer_offer(answer("m=audio 7000 RTP/SAVP 8\r\n" + wrong, "m=audio 0 RTP/SAVP 8\r\n"), secret);
  ASSERT_TRUE(ours);
  const auto answered = sdp::read_crypto(*sdp::find(sdp::parse(ours->answer)->media[0].attributes, "crypto"));
  EXPECT_EQ(answered->tag, 1U);
  EXPECT_EQ(answered->key, secret.keys[0][1]);
}

}  // namespace
}  // namespace hotline::voice::siprec
