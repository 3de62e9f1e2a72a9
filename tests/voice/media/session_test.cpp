// SPDX-License-Identifier: Apache-2.0
// Goal: what a leg's far end gets and what is told of it, in given time and without sockets: relay and conversion, one
// continuous stream over plays and bridges, digits in all directions, holds, recordings, silence noticed.
#include "voice/media/session.hpp"

#include <gmock/gmock.h>

#include <map>

#include "voice/media/tones.hpp"

namespace hotline::voice::media {
namespace {

using recorder::Tap;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Sent {
  RtpPacket rtp;
  std::vector<std::uint8_t> payload;
};

struct World final : MediaObserver, PacketPort {
  World() {
    context.observer = this;
    context.now_us = 1'000'000'000;
    context.wall = from_unix_ms(1'000'000);
  }

  void on_digit(LegId leg, char digit, Duration length) override {
    told.push_back("digit " + leg.to_string() + " " + digit + " " + std::to_string(length.count()));
  }
  void on_play_done(LegId leg, PlayId play, PlayEnd end, const std::string&) override {
    static constexpr const char* ends[] = {"finished", "digit", "stopped", "missing"};
    told.push_back("play " + leg.to_string() + " " + play.to_string() + " " + ends[static_cast<int>(end)]);
  }
  void on_media_timeout(LegId leg) override { told.push_back("silent " + leg.to_string()); }
  void on_recording_done(const RecordingResult&) override {}

  void send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) override {
    EXPECT_GE(capacity_after, 32U);
    const auto rtp = parse_rtp(packet);
    ASSERT_TRUE(rtp);
    EXPECT_EQ(rtp->payload_offset, rtp_header_size);
    sent[leg].push_back({*rtp, {packet.begin() + rtp_header_size, packet.end()}});
    std::fill(packet.begin(), packet.end(), std::uint8_t{0});  // as encryption would: nobody may need it afterwards
  }

  /// A tick of the wheel and of the sweep.
  void pass(std::uint64_t ms) {
    for (std::uint64_t i = 0; i < ms / 5; ++i) {
      context.now_us += tick_us;
      context.wheel.run(context.now_us / tick_us);
      if (context.now_us / tick_us % 20 == 0)
        for (auto* session : sessions) session->sweep();
    }
  }

  Context context;
  std::vector<Session*> sessions;
  std::map<LegId, std::vector<Sent>> sent;
  std::vector<std::string> told;
};

/// A leg and the far end that talks to it.
struct Leg {
  Leg(World& in, std::uint64_t id, Codec codec, std::optional<std::uint8_t> dtmf = 101)
      : world(in), session(LegId{id}, in, in.context), ssrc(static_cast<std::uint32_t>(id * 1000)) {
    remote.codec = codec;
    remote.dtmf_payload_type = dtmf;
    session.set_remote(remote);
    in.sessions.push_back(&session);
  }

  void packet(std::uint8_t type, std::span<const std::uint8_t> payload, bool marker = false) {
    std::vector<std::uint8_t> bytes(rtp_header_size + payload.size());
    write_rtp_header(bytes.data(), type, marker, sequence++, timestamp, ssrc);
    std::copy(payload.begin(), payload.end(), bytes.begin() + rtp_header_size);
    session.on_packet(bytes, 0);
  }
  void voice(std::uint8_t value) {
    packet(static_cast<std::uint8_t>(remote.codec), std::vector<std::uint8_t>(160, value));
    timestamp += 160;
  }
  /// A key of 100 ms, its end once.
  void key(std::uint8_t event, int packets = 5) {
    for (int i = 1; i <= packets; ++i) {
      const auto length = static_cast<std::uint16_t>(160 * i);
      packet(*remote.dtmf_payload_type,
             std::array<std::uint8_t, 4>{event, static_cast<std::uint8_t>(i == packets ? 0x8A : 0x0A),
                                         static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)},
             i == 1);
      world.pass(20);
    }
    timestamp += 160U * static_cast<std::uint32_t>(packets);
  }
  [[nodiscard]] std::vector<Sent>& got() { return world.sent[session.leg()]; }

  World& world;
  Session session;
  Remote remote;
  std::uint32_t ssrc;
  std::uint32_t timestamp = 77'000;
  std::uint16_t sequence = 65'533;
};

/// Sequence numbers without a gap, one SSRC, timestamps that never go back.
void expect_continuous(const std::vector<Sent>& packets) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i].rtp.sequence, static_cast<std::uint16_t>(packets[i - 1].rtp.sequence + 1)) << i;
    ASSERT_EQ(packets[i].rtp.ssrc, packets[0].rtp.ssrc) << i;
    ASSERT_GE(static_cast<std::int32_t>(packets[i].rtp.timestamp - packets[i - 1].rtp.timestamp), 0) << i;
  }
}

Player playing(std::uint64_t id, std::size_t frames, bool stop_on_digit = false) {
  return Player(PlayId{id}, {{prompts::encode_audio(std::vector<std::int16_t>(160 * frames, 500)), 0}}, false,
                stop_on_digit);
}

TEST(Session, RelaysPayloadsUntouchedWhenBothUseTheSameCodec) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.session.bridge(b.session);
  for (std::uint8_t i = 0; i < 10; ++i) {
    a.voice(i);
    b.voice(static_cast<std::uint8_t>(100 + i));
    world.pass(20);
  }
  ASSERT_EQ(b.got().size(), 10U);
  ASSERT_EQ(a.got().size(), 10U);
  EXPECT_EQ(b.got()[3].payload, std::vector<std::uint8_t>(160, 3));
  EXPECT_EQ(a.got()[9].payload, std::vector<std::uint8_t>(160, 109));
  EXPECT_EQ(b.got()[0].rtp.payload_type, 8);
  EXPECT_TRUE(b.got()[0].rtp.marker);
  EXPECT_FALSE(b.got()[1].rtp.marker);
  EXPECT_NE(b.got()[0].rtp.ssrc, a.ssrc);
  expect_continuous(a.got());
  expect_continuous(b.got());
  EXPECT_EQ(a.session.stats().packets_received, 10U);
  EXPECT_EQ(a.session.stats().packets_sent, 10U);
}

TEST(Session, ConvertsBetweenTheLaws) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcmu);
  a.session.bridge(b.session);
  a.voice(g711::encode_alaw(4000));
  b.voice(g711::encode_ulaw(-4000));
  EXPECT_EQ(b.got()[0].rtp.payload_type, 0);
  EXPECT_EQ(b.got()[0].payload[0], g711::alaw_to_ulaw[g711::encode_alaw(4000)]);
  EXPECT_EQ(a.got()[0].payload[159], g711::ulaw_to_alaw[g711::encode_ulaw(-4000)]);
}

TEST(Session, StripsCsrcExtensionAndPadding) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.session.bridge(b.session);
  std::vector<std::uint8_t> bytes(12 + 4 + 8 + 160 + 4, 9);
  write_rtp_header(bytes.data(), 8, false, 1, 1, 1);
  bytes[0] = 0x80 | 0x20 | 0x10 | 1;
  bytes[18] = 0;
  bytes[19] = 1;
  bytes.back() = 4;
  EXPECT_TRUE(a.session.on_packet(bytes, 0));
  ASSERT_EQ(b.got().size(), 1U);
  EXPECT_EQ(b.got()[0].payload, std::vector<std::uint8_t>(160, 9));
}

TEST(Session, PromptBridgeMusicBridgeIsOneStream) {
  World world;
  Leg caller(world, 1, Codec::pcma), first(world, 2, Codec::pcma), second(world, 3, Codec::pcmu);
  const auto talk = [&](Leg& x, Leg& y) {
    for (int i = 0; i < 20; ++i) {
      x.voice(1);
      y.voice(2);
      world.pass(20);
    }
  };
  caller.session.play(playing(10, 20));
  world.pass(500);
  caller.session.bridge(first.session);
  talk(caller, first);
  caller.session.unbridge();
  caller.session.play(Player(PlayId{11}, {{tone("dial"), 0}}, true, false));
  world.pass(1000);
  caller.session.bridge(second.session);
  talk(caller, second);
  expect_continuous(caller.got());
  expect_continuous(first.got());
  expect_continuous(second.got());
  EXPECT_THAT(world.told, ElementsAre("play 1 10 finished", "play 1 11 stopped"));
  std::size_t markers = 0;
  for (const auto& packet : caller.got()) markers += packet.rtp.marker ? 1 : 0;
  EXPECT_EQ(markers, 4U) << "one where sound begins anew, no more";
  // Timestamps follow time: from the first packet to the last, but for the frame in hand.
  const auto span = caller.got().back().rtp.timestamp - caller.got().front().rtp.timestamp;
  EXPECT_NEAR(span, 8 * (500 + 400 + 1000 + 400 - 20), 480);
}

TEST(Session, APlayOnABridgedLegIsHeardInPlaceOfThePeer) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.session.bridge(b.session);
  a.session.play(playing(10, 5));
  for (int i = 0; i < 10; ++i) {
    a.voice(1);
    b.voice(2);
    world.pass(20);
  }
  EXPECT_EQ(b.got().size(), 10U) << "the other direction goes on";
  EXPECT_GE(a.got().size(), 9U);
  EXPECT_LE(a.got().size(), 11U);
  EXPECT_EQ(a.got().back().payload[0], 2);
  expect_continuous(a.got());
}

TEST(Session, DigitsAreToldAndRelayedWithTheTypeOfTheOtherLeg) {
  World world;
  Leg a(world, 1, Codec::pcma, 101), b(world, 2, Codec::pcma, 96);
  a.session.bridge(b.session);
  a.voice(1);
  a.key(5);
  a.voice(1);
  EXPECT_THAT(world.told, ElementsAre("digit 1 5 100"));
  ASSERT_EQ(b.got().size(), 7U);
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(b.got()[i].rtp.payload_type, 96);
    EXPECT_EQ(b.got()[i].payload[0], 5);
    EXPECT_EQ(b.got()[i].rtp.timestamp, b.got()[1].rtp.timestamp);
  }
  expect_continuous(b.got());
  b.key(11);
  EXPECT_THAT(world.told, ElementsAre("digit 1 5 100", "digit 2 # 100"));
}

TEST(Session, ADigitForALegWithoutEventsBecomesATone) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma, std::nullopt);
  a.session.bridge(b.session);
  a.voice(1);
  a.key(5);
  world.pass(300);
  a.timestamp += 300 * 8;
  a.voice(1);
  ASSERT_GT(b.got().size(), 5U);
  std::size_t tones = 0;
  for (const auto& packet : b.got()) {
    EXPECT_EQ(packet.rtp.payload_type, 8);
    tones += packet.payload[7] != 1 ? 1 : 0;
  }
  EXPECT_EQ(tones, 5U) << "100 ms";
  expect_continuous(b.got());
}

TEST(Session, ADigitWhoseEndIsLostIsToldByTime) {
  World world;
  Leg a(world, 1, Codec::pcma);
  a.packet(101, std::array<std::uint8_t, 4>{3, 10, 1, 0x40}, true);
  world.pass(100);
  EXPECT_THAT(world.told, IsEmpty());
  world.pass(300);
  EXPECT_THAT(world.told, ElementsAre("digit 1 3 40"));
}

TEST(Session, AKeyEndsAPromptAtOnce) {
  World world;
  Leg a(world, 1, Codec::pcma);
  a.session.play(playing(10, 500, true));
  world.pass(200);
  a.packet(101, std::array<std::uint8_t, 4>{3, 10, 0, 160}, true);
  EXPECT_THAT(world.told, ElementsAre("play 1 10 digit")) << "at the key's first packet, not when it is released";
  const auto count = a.got().size();
  world.pass(200);
  EXPECT_EQ(a.got().size(), count);
}

TEST(Session, AKeyDoesNotEndAPromptThatMustBeHeard) {
  World world;
  Leg a(world, 1, Codec::pcma);
  a.session.play(playing(10, 50, false));
  world.pass(200);
  a.key(1);
  EXPECT_THAT(world.told, ElementsAre("digit 1 1 100"));
  world.pass(1000);
  EXPECT_THAT(world.told, ElementsAre("digit 1 1 100", "play 1 10 finished"));
  EXPECT_EQ(a.got().size(), 50U);
}

TEST(Session, SendsDigitsAsEventsInsideTheOneStream) {
  World world;
  Leg a(world, 1, Codec::pcma, 97);
  a.session.play(playing(10, 100));
  world.pass(100);
  a.session.send_digits("19", Duration{100}, Duration{100});
  world.pass(2500);
  DtmfDetector detector;
  std::string keys;
  std::size_t voice = 0;
  for (const auto& packet : a.got()) {
    if (packet.rtp.payload_type != 97) {
      ++voice;
      continue;
    }
    const auto report = detector.on_packet(packet.rtp, packet.payload, packet.rtp.timestamp);
    for (int i = 0; i < report.ended_count; ++i) {
      keys += report.ended[static_cast<std::size_t>(i)].digit;
      EXPECT_EQ(report.ended[static_cast<std::size_t>(i)].length, Duration{100});
    }
  }
  EXPECT_EQ(keys, "19");
  EXPECT_EQ(voice, 100U) << "the prompt waits and is heard whole";
  expect_continuous(a.got());
}

TEST(Session, AFarEndThatHoldsGetsNothingAndAPlayGoesOnInTime) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.session.bridge(b.session);
  b.voice(1);
  a.remote.send = false;
  a.session.set_remote(a.remote);
  for (int i = 0; i < 5; ++i) {
    b.voice(2);
    world.pass(20);
  }
  EXPECT_EQ(a.got().size(), 1U);
  a.session.play(playing(10, 10));
  world.pass(300);
  EXPECT_EQ(a.got().size(), 1U);
  EXPECT_THAT(world.told, ElementsAre("play 1 10 finished"));
  a.remote.send = true;
  a.session.set_remote(a.remote);
  b.timestamp += 300 * 8;
  b.voice(3);
  b.voice(3);
  EXPECT_EQ(a.got().size(), 3U);
  EXPECT_TRUE(a.got()[1].rtp.marker);
  expect_continuous(a.got());
}

TEST(Session, StrangersPacketsAreNotTaken) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  a.session.bridge(b.session);
  a.packet(96, std::vector<std::uint8_t>(160, 1));
  a.packet(13, std::vector<std::uint8_t>(1, 1));
  std::vector<std::uint8_t> garbage(200, 0x41);
  EXPECT_FALSE(a.session.on_packet(garbage, 0));
  EXPECT_EQ(b.got().size(), 0U);
  EXPECT_EQ(a.session.stats().packets_received, 0U);
}

TEST(Session, SilenceOfALegIsToldOnceUntilItIsHeardAgain) {
  World world;
  world.context.dead_after = Duration{1000};
  Leg a(world, 1, Codec::pcma), held(world, 2, Codec::pcma);
  held.remote.receive = false;
  held.session.set_remote(held.remote);
  world.pass(900);
  EXPECT_THAT(world.told, IsEmpty());
  world.pass(2000);
  EXPECT_THAT(world.told, ElementsAre("silent 1"));
  a.voice(1);
  world.pass(3000);
  EXPECT_THAT(world.told, ElementsAre("silent 1", "silent 1"));
  held.remote.receive = true;
  held.session.set_remote(held.remote);
  world.pass(900);
  EXPECT_THAT(world.told, ::testing::SizeIs(2)) << "after a hold its time begins anew";
}

/// All that a tap has, as two channels.
std::pair<std::vector<std::uint8_t>, std::vector<std::uint8_t>> sound_of(Tap& tap) {
  std::pair<std::vector<std::uint8_t>, std::vector<std::uint8_t>> sound;
  std::vector<std::uint8_t> part(2 * 1000);
  while (const auto count = tap.take(part.data(), 1000))
    for (std::size_t i = 0; i < count; ++i) {
      sound.first.push_back(part[2 * i]);
      sound.second.push_back(part[2 * i + 1]);
    }
  return sound;
}

TEST(Session, ARecordingHasBothSidesAtTheirTime) {
  World world;
  Leg a(world, 1, Codec::pcmu), b(world, 2, Codec::pcma);
  auto tap = std::make_shared<Tap>(RecordingId{1}, LegId{1}, 32'768);
  a.session.start_recording(tap);
  a.session.play(playing(10, 25));  // 0 to 0.5 s: a prompt
  world.pass(1000);                 // 0.5 to 1 s: nothing
  a.session.bridge(b.session);
  for (int i = 0; i < 50; ++i) {  // 1 to 2 s: talking
    a.voice(g711::encode_ulaw(3000));
    b.voice(g711::encode_alaw(-3000));
    world.pass(20);
  }
  a.session.stop_recording();
  b.voice(1);
  a.voice(1);
  EXPECT_TRUE(tap->finished());
  EXPECT_EQ(tap->length(), 16'000U);
  EXPECT_EQ(tap->started_at(), from_unix_ms(1'000'000));
  const auto [left, right] = sound_of(*tap);
  ASSERT_EQ(left.size(), 16'000U);
  const auto count = [](const std::vector<std::uint8_t>& sound, std::size_t from, std::size_t to, std::uint8_t value) {
    return std::count(sound.begin() + static_cast<long>(from), sound.begin() + static_cast<long>(to), value);
  };
  constexpr auto silence = g711::alaw_silence;
  EXPECT_EQ(count(left, 0, 8000, silence), 8000);
  EXPECT_EQ(count(left, 8000, 16'000, g711::ulaw_to_alaw[g711::encode_ulaw(3000)]), 8000);
  EXPECT_NEAR(static_cast<double>(count(right, 0, 4160, g711::ulaw_to_alaw[g711::encode_ulaw(500)])), 4000, 40);
  EXPECT_EQ(count(right, 4200, 8000, silence), 3800);
  EXPECT_EQ(count(right, 8000, 16'000, g711::ulaw_to_alaw[g711::alaw_to_ulaw[g711::encode_alaw(-3000)]]), 8000);
}

TEST(Session, APausedRecordingIsSilentOnBothSidesAndKeepsItsLength) {
  World world;
  Leg a(world, 1, Codec::pcma), b(world, 2, Codec::pcma);
  auto tap = std::make_shared<Tap>(RecordingId{1}, LegId{1}, 32'768);
  a.session.start_recording(tap);
  a.session.bridge(b.session);
  for (int i = 0; i < 150; ++i) {  // 3 s of talk, the second of them paused
    if (i == 50) a.session.pause_recording(true);
    if (i == 100) a.session.pause_recording(false);
    a.voice(g711::encode_alaw(3000));
    b.voice(g711::encode_alaw(-3000));
    world.pass(20);
  }
  a.session.stop_recording();
  EXPECT_EQ(tap->length(), 24'000U);
  const auto [left, right] = sound_of(*tap);
  ASSERT_EQ(left.size(), 24'000U);
  for (const auto& [side, value] : {std::pair(left, 3000), std::pair(right, -3000)}) {
    const auto sound = g711::encode_alaw(static_cast<std::int16_t>(value));
    EXPECT_EQ(std::count(side.begin(), side.begin() + 8'000, sound), 8'000);
    EXPECT_EQ(std::count(side.begin() + 8'000, side.begin() + 16'000, g711::alaw_silence), 8'000);
    EXPECT_EQ(std::count(side.begin() + 16'000, side.end(), sound), 8'000);
  }
}

TEST(Session, KeysAreNotInTheRecording) {
  World world;
  Leg a(world, 1, Codec::pcma);
  auto tap = std::make_shared<Tap>(RecordingId{1}, LegId{1}, 32'768);
  a.session.start_recording(tap);
  a.key(7);
  a.session.stop_recording();
  const auto [left, right] = sound_of(*tap);
  EXPECT_EQ(left.size(), 800U);
  EXPECT_EQ(std::count(left.begin(), left.end(), g711::alaw_silence), 800);
}

TEST(Session, AMoveToAnotherShardKeepsStreamPlayAndRecording) {
  World world;
  World there;
  there.context.now_us = world.context.now_us + 500'000;
  Leg a(world, 1, Codec::pcma);
  auto tap = std::make_shared<Tap>(RecordingId{1}, LegId{1}, 32'768);
  a.session.start_recording(tap);
  a.session.play(playing(10, 100));
  world.pass(500);
  a.session.leave();
  EXPECT_EQ(world.context.wheel.size_at(0) + world.context.wheel.size_at(1) + world.context.wheel.size_at(2) +
                world.context.wheel.size_at(3),
            0U);
  a.session.enter(there.context);
  there.pass(1600);
  EXPECT_THAT(there.told, ElementsAre("play 1 10 finished"));
  EXPECT_EQ(a.got().size(), 100U);
  expect_continuous(a.got());
  a.session.stop_recording();
  EXPECT_EQ(tap->length(), 8U * 2100);
}

}  // namespace
}  // namespace hotline::voice::media
