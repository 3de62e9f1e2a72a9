// SPDX-License-Identifier: Apache-2.0
// Goal: offers as browsers make them get the answer they need, and each missing part is named.
#include "voice/webrtc/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "voice/sdp/sdp.hpp"

namespace hotline::voice::webrtc {
namespace {

constexpr std::string_view their_fingerprint =
    "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef";

/// As Chromium writes it, shortened: c= of 0.0.0.0, codecs we do not have, and telephone-event at two clocks.
std::string offer() {
  return "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
         "a=extmap-allow-mixed\r\na=msid-semantic: WMS s\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
         "a=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlPw\r\na=ice-options:trickle\r\n"
         "a=fingerprint:sha-256 " +
         std::string{their_fingerprint} +
         "\r\na=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
         "a=sendrecv\r\na=msid:s t\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:9 "
         "G722/8000\r\n"
         "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
         "a=rtpmap:126 telephone-event/8000\r\na=ssrc:3735928559 cname:x\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

LocalDescription local() {
  LocalDescription out;
  out.address = "192.0.2.7";
  out.port = 5004;
  out.ice = {"ourufrag", "our-password-of-24-chars"};
  out.ssrc = 77;
  out.session_id = 5;
  return out;
}

TEST(Answer, HasWhatABrowserNeeds) {
  const auto negotiated = answer_offer(offer(), local());
  ASSERT_TRUE(negotiated) << negotiated.error().what;
  const auto answer = sdp::parse(negotiated->answer_sdp);
  ASSERT_TRUE(answer) << negotiated->answer_sdp;
  EXPECT_NE(sdp::find(answer->attributes, "ice-lite"), nullptr);
  EXPECT_THAT(sdp::group(*answer, "BUNDLE"), testing::ElementsAre("0"));
  ASSERT_EQ(answer->media.size(), 2U) << "as many sections as the offer";
  EXPECT_EQ(answer->media[1].port, 0) << "video is rejected";

  const auto& audio = answer->media[0];
  const auto value = [&](std::string_view name) {
    const auto* found = sdp::find(audio.attributes, name);
    return found == nullptr ? std::string{"(missing)"} : *found;
  };
  EXPECT_EQ(audio.port, 5004);
  EXPECT_EQ(audio.protocol, "UDP/TLS/RTP/SAVPF");
  EXPECT_THAT(audio.formats, testing::ElementsAre("8", "126"));
  EXPECT_EQ(value("mid"), "0");
  EXPECT_EQ(value("setup"), "passive");
  EXPECT_EQ(value("rtcp-mux"), "");
  EXPECT_EQ(value("sendrecv"), "");
  EXPECT_EQ(value("ice-ufrag"), "ourufrag");
  EXPECT_EQ(value("ice-pwd"), "our-password-of-24-chars");
  EXPECT_EQ(value("fingerprint"), "sha-256 " + to_string(Fingerprint{}));
  EXPECT_EQ(value("candidate"), "1 1 udp 2130706431 192.0.2.7 5004 typ host");
  EXPECT_EQ(sdp::find_all(audio.attributes, "candidate").size(), 1U);
  EXPECT_EQ(value("ssrc"), "77 cname:hotline");
  EXPECT_EQ(value("msid"), "hotline audio");
}

TEST(Answer, TellsWhatWasAgreed) {
  const auto negotiated = answer_offer(offer(), local());
  ASSERT_TRUE(negotiated);
  EXPECT_EQ(negotiated->remote.codec, media::Codec::pcma);
  EXPECT_EQ(negotiated->remote.dtmf_payload_type, 126) << "the telephone-event at 8 kHz";
  EXPECT_TRUE(negotiated->remote.send) << "c=0.0.0.0 is no hold in WebRTC";
  EXPECT_TRUE(negotiated->remote.receive);
  EXPECT_EQ(negotiated->remote_ufrag, "4ZcD");
  EXPECT_EQ(negotiated->remote_fingerprint, parse_fingerprint(their_fingerprint));
}

TEST(Answer, TakesThePreferredCodecOrTheOtherOne) {
  LocalDescription ours = local();
  ours.codecs = {media::Codec::pcmu, media::Codec::pcma};
  EXPECT_EQ(answer_offer(offer(), ours)->remote.codec, media::Codec::pcmu);
  const auto only_pcma = with(with(offer(), "111 9 0 8", "111 9 8"), "a=rtpmap:0 PCMU/8000\r\n", "");
  EXPECT_EQ(answer_offer(only_pcma, ours)->remote.codec, media::Codec::pcma);
}

TEST(Answer, GoesWithoutTelephoneEvents) {
  const auto text = with(with(offer(), "110 126", "110"), "a=rtpmap:126 telephone-event/8000\r\n", "");
  EXPECT_EQ(answer_offer(text, local())->remote.dtmf_payload_type, std::nullopt);
}

TEST(Answer, FollowsTheDirection) {
  const auto listening = answer_offer(with(offer(), "a=sendrecv", "a=recvonly"), local());
  ASSERT_TRUE(listening);
  EXPECT_TRUE(listening->remote.send);
  EXPECT_FALSE(listening->remote.receive);
}

TEST(Answer, AnIpv6AddressIsAdvertised) {
  LocalDescription ours = local();
  ours.address = "2001:db8::7";
  const auto negotiated = answer_offer(offer(), ours);
  ASSERT_TRUE(negotiated);
  EXPECT_THAT(negotiated->answer_sdp, testing::HasSubstr("c=IN IP6 2001:db8::7"));
  EXPECT_THAT(negotiated->answer_sdp, testing::HasSubstr("udp 2130706431 2001:db8::7 5004 typ host"));
}

TEST(Answer, FindsFingerprintAndCredentialsInTheSessionPart) {
  auto text = with(offer(), "a=fingerprint:sha-256 " + std::string{their_fingerprint} + "\r\n", "");
  text = with(text, "a=group:", "a=fingerprint:SHA-256 " + std::string{their_fingerprint} + "\r\na=group:");
  EXPECT_TRUE(answer_offer(text, local()));
}

TEST(Answer, NamesWhatIsMissing) {
  const struct {
    std::string text, what;
  } cases[] = {
      {"hello", ""},
      {with(offer(), "m=audio 9", "m=audio 0"), "no audio"},
      {with(offer(), "audio 9 UDP/TLS/RTP/SAVPF", "audio 9 RTP/AVP"), "no audio"},
      {with(with(offer(), "111 9 0 8 110", "111 9 110"), "a=rtpmap:0 PCMU/8000\r\n", ""), "no codec in common"},
      {with(offer(), "fingerprint:sha-256", "fingerprint:sha-1"), "fingerprint"},
      {with(offer(), "01:23:45", "01:23:4"), "fingerprint"},
      {with(offer(), "a=ice-ufrag:4ZcD\r\n", ""), "ICE credentials"},
      {with(offer(), "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlPw\r\n", ""), "ICE credentials"},
      {with(offer(), "a=rtcp-mux\r\n", ""), "rtcp-mux"},
      {with(offer(), "setup:actpass", "setup:passive"), "DTLS client"},
      {with(offer(), "a=setup:actpass\r\n", ""), "DTLS client"},
      {with(offer(), "a=group:", "a=ice-lite\r\na=group:"), "ICE-lite"},
  };
  for (const auto& c : cases) {
    const auto negotiated = answer_offer(c.text, local());
    ASSERT_FALSE(negotiated) << c.what;
    EXPECT_THAT(negotiated.error().what, testing::HasSubstr(c.what));
    EXPECT_FALSE(negotiated.error().remedy.empty());
  }
}

TEST(Fingerprints, AreWrittenAndRead) {
  const auto made = Certificate::make();
  ASSERT_TRUE(made);
  const std::string text = to_string(made->fingerprint);
  EXPECT_EQ(parse_fingerprint(text), made->fingerprint);
  EXPECT_EQ(fingerprint_of(made->certificate.get()), made->fingerprint);
  EXPECT_FALSE(parse_fingerprint(text + ":00"));
  EXPECT_FALSE(parse_fingerprint(text.substr(3)));
  EXPECT_FALSE(parse_fingerprint("G" + text.substr(1)));
  EXPECT_FALSE(parse_fingerprint("-" + text.substr(1)));
}

}  // namespace
}  // namespace hotline::voice::webrtc
