// SPDX-License-Identifier: Apache-2.0
// Goal: a conference gives each member the sum of the others and of nobody it must not hear, whatever their codecs, and
// members come, go and come again without a trace.
#include "voice/media/mix.hpp"

#include <gmock/gmock.h>

#include "far_end.hpp"
#include "sound.hpp"

namespace hotline::voice::media::test {
namespace {

using Members = std::vector<std::pair<Session*, std::vector<LegId>>>;

/// Voices that can be told apart by correlation: each with its own pitch.
std::vector<std::int16_t> voice(unsigned index, Codec codec, double seconds = 3) {
  return speech(sample_rate(codec), seconds, 3'300, 90 + 23.0 * index);
}

/// How much of `reference` (at `rate`) is in what `end` heard.
double share(FarEnd& end, unsigned index, double seconds = 3) {
  const auto heard = end.heard();
  const auto reference = voice(index, end.codec(), seconds);
  return compare(reference, heard, static_cast<long>(sample_rate(end.codec()) / 5)).correlation;
}

TEST(Mix, EachOfThreeHearsTheTwoOthersAndNotItself) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::pcmu), c(world, 3, Codec::pcma);
  a.says(voice(0, a.codec()));
  b.says(voice(1, b.codec()));
  world.context.mixes.set(MixId{9}, {{&a.session, {}}, {&b.session, {}}, {&c.session, {}}});
  talk(world, {&a, &b, &c}, 3);
  EXPECT_GT(share(b, 0), 0.97) << "only one other speaks";
  EXPECT_LT(share(b, 1), 0.2) << "not oneself";
  EXPECT_GT(share(a, 1), 0.97);
  EXPECT_GT(share(c, 0), 0.6) << "two voices of about the same level";
  EXPECT_GT(share(c, 1), 0.6);
  EXPECT_NEAR(static_cast<double>(c.got().size()), 150, 3) << "one even stream";
}

TEST(Mix, AMemberDoesNotHearWhomItMustNot) {
  SoundWorld world;
  FarEnd customer(world, 1, Codec::pcma), agent(world, 2, Codec::pcma), supervisor(world, 3, Codec::pcma);
  supervisor.says(voice(2, Codec::pcma));
  customer.says(voice(0, Codec::pcma));
  world.context.mixes.set(MixId{9}, {{&customer.session, {LegId{3}}}, {&agent.session, {}}, {&supervisor.session, {}}});
  talk(world, {&customer, &agent, &supervisor}, 3);
  EXPECT_LT(share(customer, 2), 0.1) << "a whisper is for the agent alone";
  EXPECT_LT(rms(customer.heard()), 20) << "and nothing else is there for the customer";
  EXPECT_GT(share(agent, 2), 0.5);
  EXPECT_GT(share(agent, 0), 0.5);
  EXPECT_GT(share(supervisor, 0), 0.97);
}

TEST(Mix, EightOfAllCodecsHearEachOther) {
  SoundWorld world;
  constexpr std::array codecs{Codec::pcma, Codec::pcmu, Codec::g722, Codec::opus};
  std::vector<std::unique_ptr<FarEnd>> ends;
  std::vector<FarEnd*> all;
  Members members;
  for (unsigned i = 0; i < 8; ++i) {
    ends.push_back(std::make_unique<FarEnd>(world, i + 1, codecs[i % 4]));
    all.push_back(ends.back().get());
    members.push_back({&ends.back()->session, {}});
  }
  all[3]->says(voice(3, all[3]->codec()));
  world.context.mixes.set(MixId{9}, members);
  talk(world, all, 3);
  for (unsigned i = 0; i < 8; ++i) {
    if (i == 3) continue;
    EXPECT_GT(share(*all[i], 3), 0.9) << name_of(all[i]->codec());
  }
}

TEST(Mix, LoudVoicesTogetherAreTurnedDownNotClipped) {
  SoundWorld world;
  std::vector<std::unique_ptr<FarEnd>> ends;
  std::vector<FarEnd*> all;
  Members members;
  for (unsigned i = 0; i < 5; ++i) {
    ends.push_back(std::make_unique<FarEnd>(world, i + 1, Codec::pcma));
    auto loud = voice(i, Codec::pcma, 2);
    for (auto& s : loud) s = static_cast<std::int16_t>(std::clamp(2 * s, -32'000, 32'000));
    if (i < 4) ends.back()->says(loud);
    all.push_back(ends.back().get());
    members.push_back({&ends.back()->session, {}});
  }
  world.context.mixes.set(MixId{9}, members);
  talk(world, all, 2);
  const auto heard = all[4]->heard();
  const auto clipped = std::count_if(heard.begin(), heard.end(), [](int s) { return std::abs(s) >= 32'000; });
  EXPECT_EQ(clipped, 0);
  for (unsigned i = 0; i < 4; ++i) EXPECT_GT(share(*all[4], i, 2), 0.3) << i;
}

TEST(Mix, SayingTheSameAgainChangesNothingAndMembersComeAndGo) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::pcma), c(world, 3, Codec::pcma);
  a.session.bridge(c.session);
  const Members two{{&a.session, {}}, {&b.session, {}}};
  world.context.mixes.set(MixId{9}, two);
  EXPECT_EQ(a.session.peer(), nullptr) << "a leg is in a bridge or in a mix";
  const auto* mix = a.session.mix();
  b.session.play(Player(PlayId{5}, {{prompts::encode_audio(std::vector<std::int16_t>(8'000, 9)), 0}}, false, false));
  world.context.mixes.set(MixId{9}, two);
  EXPECT_EQ(a.session.mix(), mix);
  EXPECT_THAT(world.told, ::testing::IsEmpty()) << "the play goes on";
  talk(world, {&a, &b}, 1.2);
  EXPECT_THAT(world.told, ::testing::ElementsAre("play 2 5"));

  a.session.bridge(c.session);
  EXPECT_EQ(a.session.mix(), nullptr);
  EXPECT_EQ(world.context.mixes.size(), 1U) << "b waits alone";
  world.context.mixes.set(MixId{9}, {});
  EXPECT_EQ(b.session.mix(), nullptr);
  EXPECT_TRUE(world.context.mixes.empty());
  const auto before = b.got().size();
  talk(world, {&a, &b, &c}, 0.2);
  EXPECT_EQ(b.got().size(), before) << "alone it hears nothing any more";
}

TEST(Mix, AMemberThatEndsLeavesTheOthersTalking) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::pcma), b(world, 2, Codec::g722);
  a.says(voice(0, a.codec()));
  {
    FarEnd c(world, 3, Codec::opus);
    world.context.mixes.set(MixId{9}, {{&a.session, {}}, {&b.session, {LegId{3}}}, {&c.session, {}}});
    world.sessions.pop_back();
  }
  talk(world, {&a, &b}, 3);
  EXPECT_GT(share(b, 0), 0.95);
}

TEST(Mix, ARecordedMemberHasWhatItSaysAndWhatItHears) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::opus), b(world, 2, Codec::pcma), c(world, 3, Codec::g722);
  a.says(voice(0, a.codec()));
  b.says(voice(1, b.codec()));
  world.context.mixes.set(MixId{9}, {{&a.session, {}}, {&b.session, {}}, {&c.session, {}}});
  const auto tap = std::make_shared<recorder::Tap>(RecordingId{1}, LegId{1}, 32'768);
  a.session.start_recording(tap);
  talk(world, {&a, &b, &c}, 3);
  a.session.stop_recording();
  std::vector<std::int16_t> said, heard;
  std::vector<std::uint8_t> part(2 * 1000);
  while (const auto count = tap->take(part.data(), 1000))
    for (std::size_t i = 0; i < count; ++i) {
      said.push_back(g711::decode_alaw(part[2 * i]));
      heard.push_back(g711::decode_alaw(part[2 * i + 1]));
    }
  EXPECT_GT(compare(voice(0, Codec::pcma), said, 1'600).correlation, 0.9) << "Opus keeps the sound, not the wave";
  EXPECT_GT(compare(voice(1, Codec::pcma), heard, 1'600).correlation, 0.97);
  EXPECT_LT(compare(voice(0, Codec::pcma), heard, 1'600).correlation, 0.2);
}

}  // namespace
}  // namespace hotline::voice::media::test
