// SPDX-License-Identifier: Apache-2.0
// Goal: what a leg needs beyond relaying: comfort noise, tones in the sound as digits, digits between clocks, levels
// and silence, and the figures that stand for its quality.
#include <gmock/gmock.h>

#include "far_end.hpp"
#include "sound.hpp"
#include "voice/media/quality.hpp"
#include "voice/media/tones.hpp"

namespace hotline::voice::media::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A packet of any payload type into a leg.
void packet(FarEnd& end, std::uint8_t type, std::vector<std::uint8_t> payload, std::uint16_t sequence,
            std::uint32_t timestamp) {
  std::vector<std::uint8_t> bytes(rtp_header_size + payload.size());
  write_rtp_header(bytes.data(), type, false, sequence, timestamp, 77);
  std::copy(payload.begin(), payload.end(), bytes.begin() + rtp_header_size);
  end.session.on_packet(bytes, 0);
}

TEST(ComfortNoise, APeerThatKnowsItGetsTheWordAndAnotherHearsNoiseUntilSoundComes) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.remote.noise_payload_type = 13;
  a.session.set_remote(a.remote);
  a.session.bridge(b.session);
  packet(a, 8, std::vector<std::uint8_t>(160, g711::alaw_silence), 1, 160);
  packet(a, 13, {50}, 2, 320);
  for (int i = 0; i < 40; ++i) world.tick();
  EXPECT_NEAR(static_cast<double>(b.got().size()), 11, 2) << "10 frames of noise in 200 ms";
  const auto noise = b.heard();
  EXPECT_NEAR(20 * std::log10(rms(std::span(noise).subspan(320)) / 32'768), -50, 3);
  packet(a, 8, std::vector<std::uint8_t>(160, 42), 3, 320 + 1'600);
  const auto before = b.got().size();
  EXPECT_EQ(b.got().back().payload[0], 42) << "relayed again at once";
  for (int i = 0; i < 40; ++i) world.tick();
  EXPECT_EQ(b.got().size(), before);

  b.remote.noise_payload_type = 13;
  b.session.set_remote(b.remote);
  packet(a, 13, {60}, 4, 320 + 3'200);
  EXPECT_EQ(b.got().back().rtp.payload_type, 13);
  EXPECT_EQ(b.got().back().payload, std::vector<std::uint8_t>{60});
}

TEST(ComfortNoise, InAMixItIsNoLossButNoise) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::g722);
  a.remote.noise_payload_type = 13;
  a.session.set_remote(a.remote);
  a.session.bridge(b.session);
  packet(a, 13, {40}, 1, 160);
  for (int i = 0; i < 400; ++i) world.tick();
  const auto noise = b.heard();
  EXPECT_NEAR(20 * std::log10(rms(std::span(noise).subspan(8'000, 16'000)) / 32'768), -40, 4);
}

TEST(InbandDigits, TonesAreToldAsDigitsOnceOnALegWithoutEvents) {
  for (const auto codec : {Codec::pcma, Codec::g722, Codec::opus}) {
    SoundWorld world;
    FarEnd a(world, 1, codec), b(world, 2, codec);
    a.remote.dtmf_payload_type = std::nullopt;
    a.remote.inband_digits = true;
    a.session.set_remote(a.remote);
    a.session.bridge(b.session);
    std::vector<std::int16_t> tones;
    for (const char digit : std::string("159#")) {
      std::vector<std::int16_t> tone(800);
      for (std::uint32_t i = 0; i < 800; i += 160) fill_dtmf_tone(digit, i, std::span(tone).subspan(i, 160));
      tones.insert(tones.end(), tone.begin(), tone.end());
      tones.insert(tones.end(), 800, 0);
    }
    std::vector<std::int16_t> said(tones.size() * sample_rate(codec) / narrowband);
    RateChange().process(tones, narrowband, said, sample_rate(codec));
    a.says(said);
    talk(world, {&a}, 1);
    std::string digits;
    for (const auto& told : world.told) digits += told.substr(8, 1);
    EXPECT_EQ(digits, "159#") << name_of(codec);
  }
}

TEST(InbandDigits, SpeechIsNoDigit) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma);
  a.remote.inband_digits = true;
  a.session.set_remote(a.remote);
  a.says(speech(narrowband, 20));
  talk(world, {&a}, 20);
  EXPECT_THAT(world.told, IsEmpty());
}

TEST(Digits, CrossABridgeOfDifferentClocksWithTheirLength) {
  SoundWorld world;
  FarEnd browser(world, 1, Codec::opus), phone(world, 2, Codec::pcma);
  browser.session.bridge(phone.session);
  talk(world, {&browser, &phone}, 0.2);
  phone.got().clear();
  for (std::uint16_t i = 1; i <= 7; ++i) {  // 100 ms of "5" at 48 kHz, its end three times
    const auto length = static_cast<std::uint16_t>(960 * std::min<int>(i, 5));
    packet(browser, 101,
           {5, static_cast<std::uint8_t>(i >= 5 ? 0x8A : 0x0A), static_cast<std::uint8_t>(length >> 8),
            static_cast<std::uint8_t>(length)},
           static_cast<std::uint16_t>(100 + i), 0xFFFF'8000);
    for (int t = 0; t < 4; ++t) world.tick();
  }
  EXPECT_THAT(world.told, ElementsAre("digit 1 5 100"));
  std::vector<SentPacket> events;
  for (const auto& sent : phone.got())
    if (sent.rtp.payload_type == 101) events.push_back(sent);
  ASSERT_EQ(events.size(), 7U);
  EXPECT_TRUE(events[0].rtp.marker);
  for (const auto& event : events) EXPECT_EQ(event.rtp.timestamp, events[0].rtp.timestamp);
  EXPECT_EQ(events[4].payload, (std::vector<std::uint8_t>{5, 0x8A, 800 >> 8, 800 & 255})) << "800 ticks of 8 kHz";
}

TEST(Silence, IsToldOnceAndAgainAfterSound) {
  SoundWorld world;
  world.context.silence_after = Duration{2'000};
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  struct Watch final : MediaObserver {
    void on_digit(LegId, char, Duration) override {}
    void on_play_done(LegId, PlayId, PlayEnd, const std::string&) override {}
    void on_media_timeout(LegId) override {}
    void on_recording_done(const RecordingResult&) override {}
    void on_long_silence(LegId leg, Duration length) override {
      EXPECT_GE(length, Duration{2'000});
      told.push_back(leg.value());
    }
    std::vector<std::uint64_t> told;
  } watch;
  world.context.observer = &watch;
  a.session.bridge(b.session);
  b.says(speech(narrowband, 9));
  talk(world, {&a, &b}, 5);
  EXPECT_THAT(watch.told, ElementsAre(1));
  a.says(speech(narrowband, 1));
  talk(world, {&a, &b}, 4);
  EXPECT_THAT(watch.told, ElementsAre(1, 1));
  EXPECT_NEAR(a.session.stats().level_peak, 13'000, 1'500) << "of the packets that are looked at";
}

TEST(Quality, FiguresFollowLossAndDelay) {
  EXPECT_NEAR(mos_x100({}), 441, 3) << "G.107's default connection";
  EXPECT_GT(mos_x100({.loss = 0.01}), mos_x100({.loss = 0.05}));
  EXPECT_GT(mos_x100({.loss = 0.05}), mos_x100({.loss = 0.05, .concealed = false}));
  EXPECT_GT(mos_x100({.codec = Codec::opus, .loss = 0.05}), mos_x100({.loss = 0.05}));
  EXPECT_GT(mos_x100({.one_way_delay_ms = 100}), mos_x100({.one_way_delay_ms = 400}));
  EXPECT_EQ(mos_x100({.loss = 1, .one_way_delay_ms = 5'000}), 100U);
  EXPECT_NEAR(rating({.loss = 0.05}), 93.2 - 95 * 5 / 30.1, 0.01);

  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::g722);
  a.session.bridge(b.session);
  for (int i = 0; i < 400; ++i) {
    auto lost = a.next_packet();
    if (i % 10 != 3) a.session.on_packet(lost, 0);
    b.speak();
    for (int t = 0; t < 4; ++t) world.tick();
  }
  const auto stats = a.session.stats();
  EXPECT_NEAR(stats.loss_x100, 1'000, 30);
  EXPECT_LT(stats.mos_x100, b.session.stats().mos_x100);
  EXPECT_EQ(b.session.stats().loss_x100, 0U);
  EXPECT_GT(b.session.stats().mos_x100, 420U);
}

TEST(Tones, EveryCountryHasItsOwnAndAnotherHasChinas) {
  for (const auto& country : Tones::countries()) {
    const Tones tones(country);
    for (const auto* name : {"dial", "ringback", "busy", "congestion", "beep"})
      ASSERT_TRUE(tones.find(name)) << country;
    EXPECT_FALSE(tones.find("nothing"));
  }
  EXPECT_EQ(Tones("cn").find("ringback")->samples(), 8U * 5'000);
  EXPECT_EQ(Tones("us").find("ringback")->samples(), 8U * 6'000);
  EXPECT_EQ(Tones("gb").find("congestion")->samples(), 8U * 1'500);
  EXPECT_EQ(Tones("xx").find("busy")->alaw, Tones("cn").find("busy")->alaw);
}

TEST(Prompts, AreHeardOnWidebandLegs) {
  for (const auto codec : {Codec::g722, Codec::opus}) {
    SoundWorld world;
    FarEnd a(world, 1, codec);
    const auto prompt = speech(narrowband, 2);
    a.session.play(Player(PlayId{1}, {{prompts::encode_audio(prompt), 0}}, false, false));
    talk(world, {&a}, 2.2);
    const auto heard = a.heard();
    std::vector<std::int16_t> narrow(heard.size() / 2);
    RateChange().process(heard, wideband, narrow, narrowband);
    EXPECT_GT(compare(prompt, narrow, 8 * 100).correlation, codec == Codec::opus ? 0.88 : 0.98) << name_of(codec);
  }
}

}  // namespace
}  // namespace hotline::voice::media::test
