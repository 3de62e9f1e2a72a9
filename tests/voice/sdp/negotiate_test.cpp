// SPDX-License-Identifier: Apache-2.0
// Goal: offer/answer picks the codec we prefer, mirrors directions, rejects what we do not take, and reads answers.
#include "voice/sdp/negotiate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::voice::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Local local() {
  return {.address = "192.0.2.1", .port = 20000, .session_id = 77, .version = 3};
}

Session offer(std::string_view media, std::string_view connection = "c=IN IP4 192.0.2.9\r\n") {
  return parse(fmt::format("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n{}t=0 0\r\n{}", connection, media)).value();
}

TEST(SdpAnswer, TakesOurPreferredCodecAndTheOffersDtmfType) {
  const auto answer =
      make_answer(offer("m=audio 4000 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n"), local());
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->agreed.codec, Codec::pcma);
  EXPECT_EQ(answer->agreed.dtmf_payload_type, 96);
  EXPECT_EQ(answer->agreed.address, "192.0.2.9");
  EXPECT_EQ(answer->agreed.port, 4000);
  EXPECT_EQ(answer->agreed.direction, Direction::sendrecv);
  const auto& audio = answer->session.media.at(0);
  EXPECT_EQ(audio.port, 20000);
  EXPECT_THAT(audio.formats, ElementsAre("8", "96"));
  EXPECT_THAT(write(answer->session), HasSubstr("o=hotline 77 3 IN IP4 192.0.2.1"));
  EXPECT_THAT(write(answer->session), HasSubstr("a=rtpmap:96 telephone-event/8000"));
}

TEST(SdpAnswer, PreferenceCanBeTurnedAndDtmfMayBeMissing) {
  auto ours = local();
  ours.codecs = {Codec::pcmu, Codec::pcma};
  const auto answer = make_answer(offer("m=audio 4000 RTP/AVP 8 0\r\n"), ours);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->agreed.codec, Codec::pcmu);
  EXPECT_EQ(answer->agreed.dtmf_payload_type, std::nullopt);
}

TEST(SdpAnswer, MirrorsDirectionWithinOurs) {
  const struct {
    std::string_view theirs;
    Direction ours, agreed;
    bool held;
  } cases[] = {
      {"sendrecv", Direction::sendrecv, Direction::sendrecv, false},
      {"sendonly", Direction::sendrecv, Direction::recvonly, true},
      {"recvonly", Direction::sendrecv, Direction::sendonly, false},
      {"inactive", Direction::sendrecv, Direction::inactive, true},
      {"sendrecv", Direction::sendonly, Direction::sendonly, false},
      {"sendonly", Direction::sendonly, Direction::inactive, true},
  };
  for (const auto& c : cases) {
    auto ours = local();
    ours.direction = c.ours;
    const auto answer = make_answer(offer(fmt::format("m=audio 4000 RTP/AVP 8\r\na={}\r\n", c.theirs)), ours);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->agreed.direction, c.agreed) << c.theirs;
    EXPECT_EQ(answer->agreed.held_by_remote, c.held) << c.theirs;
    EXPECT_NE(find(answer->session.media[0].attributes, to_string(c.agreed)), nullptr) << c.theirs;
  }
}

TEST(SdpAnswer, SessionLevelDirectionAndOldStyleHold) {
  auto held = make_answer(offer("a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\n"), local());
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->agreed.held_by_remote);
  held = make_answer(offer("m=audio 4000 RTP/AVP 8\r\n", "c=IN IP4 0.0.0.0\r\n"), local());
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->agreed.held_by_remote);
  EXPECT_EQ(held->agreed.direction, Direction::recvonly);
  EXPECT_EQ(held->agreed.address, "");
}

TEST(SdpAnswer, RejectsOtherSectionsInTheirPlaceAndAnswersTheGroup) {
  auto ours = local();
  ours.protocols = {"UDP/TLS/RTP/SAVPF"};
  ours.session_attributes = {{"ice-lite", ""}};
  ours.media_attributes = {{"setup", "passive"}};
  const auto answer = make_answer(offer("a=group:BUNDLE v a\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\nm=audio 9 "
                                        "UDP/TLS/RTP/SAVPF 111 8 110 126\r\n"
                                        "a=mid:a\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:110 "
                                        "telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"
                                        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n"),
                                  ours);
  ASSERT_TRUE(answer) << answer.error().what;
  ASSERT_EQ(answer->session.media.size(), 3U);
  EXPECT_EQ(answer->session.media[0].port, 0);
  EXPECT_EQ(answer->session.media[0].kind, "video");
  EXPECT_EQ(answer->session.media[2].port, 0);
  EXPECT_EQ(answer->agreed.media_index, 1U);
  EXPECT_EQ(answer->agreed.dtmf_payload_type, 126);
  EXPECT_THAT(group(answer->session, "BUNDLE"), ElementsAre("a"));
  EXPECT_EQ(*find(answer->session, answer->session.media[1], "setup"), "passive");
  EXPECT_EQ(*find(answer->session.media[1].attributes, "mid"), "a");
}

TEST(SdpAnswer, RefusesWhatCannotBeServed) {
  const auto what = [](const Session& o) {
    const auto answer = make_answer(o, local());
    return answer ? std::string("accepted") : answer.error().what;
  };
  EXPECT_THAT(what(offer("")), HasSubstr("no audio"));
  EXPECT_THAT(what(offer("m=video 4000 RTP/AVP 8\r\n")), HasSubstr("no audio"));
  EXPECT_THAT(what(offer("m=audio 0 RTP/AVP 8\r\n")), HasSubstr("no audio"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/SAVP 8\r\n")), HasSubstr("no audio"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/AVP 18\r\n")), HasSubstr("codec"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 G729/8000\r\n")), HasSubstr("codec"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/AVP 8\r\n", "")), HasSubstr("no address"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/AVP 8\r\n", "c=IN IP4 224.2.1.1\r\n")), HasSubstr("224.2.1.1"));
  EXPECT_THAT(what(offer("m=audio 4000 RTP/AVP 8\r\n", "c=IN IP4 a.example.com\r\n")), HasSubstr("a.example.com"));
}

TEST(SdpAnswer, TakesTheSecondAudioSectionWhenTheFirstCannotBeUsed) {
  const auto answer = make_answer(offer("m=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/AVPF 0\r\n"), local());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->agreed.port, 4002);
  EXPECT_EQ(answer->session.media[0].port, 0);
  EXPECT_EQ(answer->session.media[1].protocol, "RTP/AVPF");
}

TEST(SdpOffer, OurOfferAnsweredByOurselvesAgrees) {
  const auto ours = local();
  const auto read = parse(write(make_offer(ours)));
  ASSERT_TRUE(read);
  auto theirs = local();
  theirs.address = "2001:db8::2";
  theirs.port = 30000;
  theirs.codecs = {Codec::pcmu};
  theirs.direction = Direction::recvonly;
  const auto answer = make_answer(*read, theirs);
  ASSERT_TRUE(answer) << answer.error().what;
  const auto agreed = read_answer(*parse(write(answer->session)), ours);
  ASSERT_TRUE(agreed) << agreed.error().what;
  EXPECT_EQ(*agreed, (Agreed{.address = "2001:db8::2",
                             .ipv6 = true,
                             .port = 30000,
                             .codec = Codec::pcmu,
                             .payload_type = 0,
                             .payload_type_in = 0,
                             .dtmf_payload_type = 101,
                             .dtmf_payload_type_in = 101,
                             .rtcp_port = 30001,
                             .direction = Direction::sendonly}));
}

TEST(SdpOffer, AnAnswerMayRejectOrTakeNothing) {
  EXPECT_FALSE(read_answer(offer("m=audio 0 RTP/AVP 8\r\n"), local()));
  EXPECT_FALSE(read_answer(offer("m=audio 4000 RTP/AVP 3\r\n"), local()));
  EXPECT_FALSE(read_answer(offer(""), local()));
  const auto first = read_answer(offer("m=audio 4000 RTP/AVP 0 8\r\n"), local());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->codec, Codec::pcmu) << "the answerer's order counts in an answer";
}

}  // namespace
}  // namespace hotline::voice::sdp
