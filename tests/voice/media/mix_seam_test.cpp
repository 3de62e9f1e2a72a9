// SPDX-License-Identifier: Apache-2.0
// Goal: a supervisor who comes into a call, changes what they do there, and goes is not noticed by the customer: no
// gap, no click, no jump of the RTP stream, whatever the codecs. The tables of who hears whom hold to a hundredth.
#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

#include "far_end.hpp"
#include "sound.hpp"
#include "voice/media/mix.hpp"

namespace hotline::voice::media::test {
namespace {

using Members = std::vector<std::pair<Session*, std::vector<LegId>>>;
constexpr double loudness = 6'000;

std::vector<std::int16_t> tone(double hertz, Codec codec, double seconds) {
  const double rate = sample_rate(codec);
  std::vector<std::int16_t> out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int16_t>(
        std::lround(loudness * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate)));
  return out;
}

/// Amplitude of a tone in `sound`.
double amplitude(std::span<const std::int16_t> sound, double hertz, double rate) {
  double re = 0, im = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    re += sound[i] * std::cos(angle);
    im += sound[i] * std::sin(angle);
  }
  return 2 * std::hypot(re, im) / static_cast<double>(sound.size());
}

/// The greatest step between neighbouring samples, in those a tone of this frequency and loudness has.
double greatest_step(std::span<const std::int16_t> sound, double hertz, double rate) {
  int greatest = 0;
  for (std::size_t i = 1; i < sound.size(); ++i) greatest = std::max(greatest, std::abs(sound[i] - sound[i - 1]));
  return greatest / (loudness * 2 * std::sin(std::numbers::pi * hertz / rate));
}
/// The quietest 10 ms, as a share of the tone's loudness.
double quietest(std::span<const std::int16_t> sound, double hertz, double rate) {
  const auto window = static_cast<std::size_t>(rate / 100);
  double least = 1e9;
  for (std::size_t at = 0; at + window <= sound.size(); at += window)
    least = std::min(least, amplitude(sound.subspan(at, window), hertz, rate));
  return least / loudness;
}

void expect_even_stream(FarEnd& end) {
  const auto& got = end.got();
  const auto clock = clock_scale(end.codec());
  for (std::size_t i = 1; i < got.size(); ++i) {
    const auto step = got[i].rtp.timestamp - got[i - 1].rtp.timestamp;
    EXPECT_EQ(got[i].rtp.sequence, static_cast<std::uint16_t>(got[i - 1].rtp.sequence + 1)) << i;
    EXPECT_EQ(step, samples_a_frame * clock) << "packet " << i;
    EXPECT_FALSE(got[i].rtp.marker) << "packet " << i;
  }
}

/// A call whose agent says a tone; what the customer hears of it while a supervisor comes, barges and goes.
struct Call {
  explicit Call(Codec customer_codec, Codec agent_codec)
      : customer(world, 1, customer_codec), agent(world, 2, agent_codec), supervisor(world, 3, Codec::pcma) {
    agent.says(tone(400, agent.codec(), 10));
    customer.session.bridge(agent.session);
    talk(world, {&customer, &agent, &supervisor}, 1);
    world.sent.clear();  // from here on it is heard
  }
  void supervise(const std::vector<LegId>& customer_does_not_hear, const std::vector<LegId>& agent_does_not_hear) {
    world.context.mixes.set(MixId{9}, {{&customer.session, customer_does_not_hear},
                                       {&agent.session, agent_does_not_hear},
                                       {&supervisor.session, {}}});
  }
  /// The change falls between two frames.
  template <class Change>
  void between(Change&& change) {
    for (auto* end : {&customer, &agent, &supervisor}) end->speak();
    for (int i = 0; i < 4; ++i) {
      if (i == 2) change();
      world.tick();
    }
  }
  void leave() { world.context.mixes.set(MixId{9}, {{&customer.session, {}}, {&agent.session, {}}}); }
  void run(double seconds) { talk(world, {&customer, &agent, &supervisor}, seconds); }
  [[nodiscard]] double rate() const { return sample_rate(customer.codec()); }

  SoundWorld world;
  FarEnd customer, agent, supervisor;
};

class Seam : public testing::TestWithParam<std::pair<Codec, Codec>> {};

TEST_P(Seam, ASupervisorWhoComesListensAndGoesIsNotNoticed) {
  Call call(GetParam().first, GetParam().second);
  call.supervisor.says(tone(900, Codec::pcma, 10));
  call.run(0.5);
  call.between([&] { call.supervise({LegId{3}}, {LegId{3}}); });
  call.run(0.5);
  call.between([&] { call.supervise({LegId{3}}, {}); });  // whispers
  call.run(0.5);
  call.between([&] { call.leave(); });
  call.run(0.5);
  expect_even_stream(call.customer);
  auto heard = call.customer.heard();
  const auto edge = static_cast<std::size_t>(call.rate() / 20);  // the test's own decoder begins with a cold start
  const auto sound = std::span(heard).subspan(edge);
  // Relayed codecs with a memory: the far end's decoder goes from the agent's encoder to ours, which is led there as
  // near as may be.
  const bool led = GetParam().first == GetParam().second && !is_g711(GetParam().first);
  EXPECT_LT(greatest_step(sound, 400, call.rate()), led ? 2.0 : 1.35) << "a click";
  EXPECT_GT(quietest(sound, 400, call.rate()), led ? 0.4 : 0.7) << "a gap";
  EXPECT_LT(amplitude(sound, 900, call.rate()) / loudness, 0.01) << "what was not for the customer";
}

INSTANTIATE_TEST_SUITE_P(Codecs, Seam,
                         testing::Values(std::pair{Codec::pcma, Codec::pcma}, std::pair{Codec::pcmu, Codec::pcma},
                                         std::pair{Codec::opus, Codec::pcma}, std::pair{Codec::pcma, Codec::opus},
                                         std::pair{Codec::g722, Codec::g722}),
                         [](const auto& tested) {
                           return std::string(name_of(tested.param.first)) + "_" +
                                  std::string(name_of(tested.param.second));
                         });

TEST(MixSeam, WhoBargesIsHeardSoftlyFromTheBeginningAndToTheEnd) {
  Call call(Codec::pcma, Codec::pcma);
  call.agent.says({});  // the supervisor alone speaks: every step is theirs
  call.supervisor.says(tone(400, Codec::pcma, 10));
  call.run(0.2);
  call.supervise({LegId{3}}, {LegId{3}});
  call.run(0.3);
  call.world.sent.clear();
  call.supervise({}, {});
  call.run(0.5);
  call.supervise({LegId{3}}, {});
  call.run(0.1);
  call.supervise({}, {});
  call.run(0.3);
  call.leave();
  call.run(0.1);
  const auto heard = call.customer.heard();
  EXPECT_LT(greatest_step(heard, 400, call.rate()), 1.3);
  EXPECT_GT(amplitude(std::span(heard).subspan(800, 2'400), 400, 8'000) / loudness, 0.95);
  EXPECT_LT(rms(std::vector<std::int16_t>(heard.end() - 480, heard.end())), 10)
      << "nobody is heard after they have gone";
}

TEST(MixSeam, AfterALongSilenceNothingOfThePastIsHeard) {
  Call call(Codec::pcma, Codec::pcma);
  call.run(0.2);
  for (int i = 0; i < 100; ++i) call.world.tick();  // both are silent for half a second
  call.world.sent.clear();
  call.supervise({LegId{3}}, {LegId{3}});
  for (int i = 0; i < 40; ++i) call.world.tick();
  EXPECT_LT(rms(call.customer.heard()), 10);
}

/// Everybody says a tone of their own; who hears whom is what the table of docs/adr/0021 says, two supervisors at once.
TEST(MixSeam, ListenWhisperAndBargeAreHeardByWhomTheyAreFor) {
  constexpr double hertz[] = {0, 400, 600, 900, 1'300};
  struct Case {
    const char* name;
    std::vector<std::pair<int, int>> unheard;  // listener, speaker; 1 customer, 2 agent, 3 and 4 supervisors
  };
  const Case cases[] = {
      {"both listen", {{1, 3}, {2, 3}, {4, 3}, {1, 4}, {2, 4}, {3, 4}}},
      {"one whispers, one listens", {{1, 3}, {4, 3}, {1, 4}, {2, 4}, {3, 4}}},
      {"one barges, one listens", {{1, 4}, {2, 4}, {3, 4}}},
  };
  for (const Case& tested : cases) {
    SoundWorld world;
    std::vector<std::unique_ptr<FarEnd>> ends;
    std::vector<FarEnd*> all;
    const Codec codecs[] = {Codec::pcma, Codec::opus, Codec::opus, Codec::pcmu};
    Members members;
    for (unsigned i = 0; i < 4; ++i) {
      ends.push_back(std::make_unique<FarEnd>(world, i + 1, codecs[i]));
      ends.back()->says(tone(hertz[i + 1], codecs[i], 3));
      all.push_back(ends.back().get());
      std::vector<LegId> not_heard;
      for (const auto& [listener, speaker] : tested.unheard)
        if (listener == static_cast<int>(i + 1)) not_heard.emplace_back(static_cast<std::uint64_t>(speaker));
      members.emplace_back(&ends.back()->session, not_heard);
    }
    world.context.mixes.set(MixId{9}, members);
    talk(world, all, 2);
    for (int listener = 1; listener <= 4; ++listener) {
      FarEnd& end = *ends[static_cast<std::size_t>(listener - 1)];
      const auto heard = end.heard();
      const double rate = sample_rate(end.codec());
      const auto late = std::span(heard).subspan(heard.size() / 2);
      for (int speaker = 1; speaker <= 4; ++speaker) {
        const bool muted = std::find(tested.unheard.begin(), tested.unheard.end(), std::pair{listener, speaker}) !=
                           tested.unheard.end();
        const double level = amplitude(late, hertz[speaker], rate) / loudness;
        if (listener == speaker || muted)
          EXPECT_LT(level, 0.02) << tested.name << ": " << listener << " hears " << speaker;
        else
          EXPECT_GT(level, 0.7) << tested.name << ": " << listener << " does not hear " << speaker;
      }
    }
  }
}

}  // namespace
}  // namespace hotline::voice::media::test
