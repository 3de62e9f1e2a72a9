// SPDX-License-Identifier: Apache-2.0
// Goal: sound keeps its quality on every way through a node: relayed, transcoded between each pair of codecs, recorded,
// over a path that loses and delays packets. Figures are printed, and held by limits.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "far_end.hpp"
#include "sound.hpp"

namespace hotline::voice::media::test {
namespace {

using recorder::Tap;
constexpr std::array codecs{Codec::pcma, Codec::pcmu, Codec::g722, Codec::opus};

std::vector<std::int16_t> at_rate(std::span<const std::int16_t> sound, unsigned from, unsigned to) {
  std::vector<std::int16_t> out(sound.size() * to / from);
  RateChange change;
  change.process(sound, from, out, to);
  return out;
}

std::vector<std::int16_t> channel_of(Tap& tap, bool right) {
  std::vector<std::int16_t> out;
  std::vector<std::uint8_t> part(2 * 1000);
  while (const auto count = tap.take(part.data(), 1000))
    for (std::size_t i = 0; i < count; ++i) out.push_back(g711::decode_alaw(part[2 * i + (right ? 1 : 0)]));
  return out;
}

TEST(SoundQuality, EachPairOfCodecsCarriesSpeechBothWays) {
  constexpr double seconds = 3;
  for (const auto from : codecs)
    for (const auto to : codecs) {
      SoundWorld world;
      FarEnd a(world, 1, from), b(world, 2, to);
      a.says(speech(sample_rate(from), seconds));
      a.session.bridge(b.session);
      EXPECT_EQ(a.session.mix() == nullptr, from == to || (is_g711(from) && is_g711(to)))
          << "decoded only where it must be";
      talk(world, {&a, &b}, seconds + 0.3);
      const auto reference = speech(narrowband, seconds);
      const auto got = at_rate(b.heard(), sample_rate(to), narrowband);
      const auto like = compare(reference, got, 8 * 250);
      fmt::print("{:>5} to {:<5} correlation {:.4f}  SNR {:5.1f} dB  delay {:3d} ms\n", name_of(from), name_of(to),
                 like.correlation, like.snr, like.lag / 8);
      const bool opus = from == Codec::opus || to == Codec::opus;  // keeps the sound, not the wave
      EXPECT_GT(like.correlation, opus ? 0.88 : 0.99);
      EXPECT_GT(like.snr, opus ? 5 : 20);
      EXPECT_LT(like.lag, 8 * 110) << "no more delay than a jitter buffer and a frame";
    }
}

TEST(SoundQuality, WidebandStaysWideBetweenG722AndOpus) {
  SoundWorld world;
  FarEnd a(world, 1, Codec::g722), b(world, 2, Codec::opus);
  const auto wide = speech(wideband, 3, 7'000);
  a.says(wide);
  a.session.bridge(b.session);
  talk(world, {&a, &b}, 3.3);
  const auto power_above_4k = [](std::span<const std::int16_t> sound) {
    // A difference of second order is a crude high-pass, and the same for both.
    double sum = 0;
    for (std::size_t i = 2; i < sound.size(); ++i) {
      const double d = sound[i] - 2.0 * sound[i - 1] + sound[i - 2];
      sum += d * d;
    }
    return sum;
  };
  EXPECT_GT(power_above_4k(b.heard()), 0.25 * power_above_4k(wide));
}

TEST(SoundQuality, RecordingsOfEveryCodecHaveBothSidesAtTheirTime) {
  constexpr double seconds = 3;
  for (const auto codec : codecs)
    for (const auto other : {codec, Codec::pcma}) {
      SoundWorld world;
      FarEnd a(world, 1, codec), b(world, 2, other);
      a.says(speech(sample_rate(codec), seconds));
      b.says(speech(sample_rate(other), seconds, 3'300, 171));
      a.session.bridge(b.session);
      auto left_tap = std::make_shared<Tap>(RecordingId{1}, LegId{1}, 32'768);
      auto right_tap = std::make_shared<Tap>(RecordingId{2}, LegId{2}, 32'768);
      a.session.start_recording(left_tap);
      b.session.start_recording(right_tap);
      talk(world, {&a, &b}, seconds);
      a.session.stop_recording();
      b.session.stop_recording();
      const auto said = compare(speech(narrowband, seconds), channel_of(*left_tap, false), 8 * 200);
      const auto heard = compare(speech(narrowband, seconds), channel_of(*right_tap, true), 8 * 200);
      fmt::print("{:>5} beside {:<5} recorded: said {:.4f} ({:.1f} dB), heard {:.4f} ({:.1f} dB)\n", name_of(codec),
                 name_of(other), said.correlation, said.snr, heard.correlation, heard.snr);
      const double least = codec == Codec::opus || other == Codec::opus ? 0.88 : 0.99;
      EXPECT_GT(said.correlation, least);
      EXPECT_GT(heard.correlation, least);
    }
}

/// A path with a random delay and loss, the same each time.
struct Path {
  double loss;
  int jitter_ms;
};
struct Received {
  std::vector<std::int16_t> heard;    // at the rate of the codec
  std::vector<std::int16_t> without;  // every packet put at its time, silence for those that did not come (in time)
  double worst_possible_loss = 0;
};

/// Sends speech over the path to a leg that is decoded, and hears it through another leg of A-law or wideband.
Received over(Codec codec, Path path, double seconds) {
  std::mt19937 random(20'261);
  SoundWorld world;
  FarEnd a(world, 1, codec), b(world, 2, Codec::pcma);
  FarEnd c(world, 3, Codec::pcma);  // a conference, so that A-law is decoded too
  a.says(speech(sample_rate(codec), seconds));
  world.context.mixes.set(MixId{1}, {{&a.session, {}}, {&b.session, {LegId{3}}}, {&c.session, {}}});
  std::multimap<std::uint64_t, std::vector<std::uint8_t>> in_flight;
  Received out;
  const auto decoder = Decoder::make(codec);
  std::array<std::int16_t, packet_samples_max> pcm{};
  for (int tick = 0; tick < static_cast<int>((seconds + 0.5) * 200); ++tick) {
    if (tick % 4 == 0) {
      auto packet = a.next_packet();
      const bool lost = std::uniform_real_distribution(0.0, 1.0)(random) < path.loss;
      const auto delay = path.jitter_ms == 0 ? 0 : std::uniform_int_distribution(0, path.jitter_ms)(random);
      const auto count = frame_samples(sample_rate(codec));
      if (lost) {
        out.without.insert(out.without.end(), count, 0);
      } else {
        decoder->decode(std::span(packet).subspan(rtp_header_size), pcm);
        out.without.insert(out.without.end(), pcm.begin(), pcm.begin() + static_cast<long>(count));
        in_flight.emplace(world.context.now_us + static_cast<std::uint64_t>(delay) * 1'000, std::move(packet));
      }
      b.speak();
      c.speak();
    }
    while (!in_flight.empty() && in_flight.begin()->first <= world.context.now_us) {
      auto packet = std::move(in_flight.begin()->second);
      in_flight.erase(in_flight.begin());
      a.session.on_packet(packet, 0);
    }
    world.tick();
  }
  out.heard = b.heard();
  return out;
}

/// Segmental likeness: the mean over pieces of 60 ms of how alike the spectra's envelopes are is beyond a unit test;
/// the mean correlation of short pieces, each aligned within 25 ms, is near to what an ear forgives.
double piecewise(std::span<const std::int16_t> reference, std::span<const std::int16_t> got, long lag) {
  constexpr std::size_t piece = 480;
  constexpr long slack = 200;
  double sum = 0, weight = 0;
  for (std::size_t at = 1'600; at + piece < reference.size(); at += piece) {
    const auto ours = reference.subspan(at, piece);
    const double level = rms(ours);
    if (level < 100) continue;
    double best = 0;
    for (long shift = lag - slack; shift <= lag + slack; shift += 2) {
      const long from = static_cast<long>(at) + shift;
      if (from < 0 || from + static_cast<long>(piece) > static_cast<long>(got.size())) continue;
      const auto theirs = got.subspan(static_cast<std::size_t>(from), piece);
      double product = 0, energy = 1;
      for (std::size_t i = 0; i < piece; ++i) {
        product += static_cast<double>(ours[i]) * theirs[i];
        energy += static_cast<double>(theirs[i]) * theirs[i];
      }
      best = std::max(best, product / std::sqrt(energy) / (level * std::sqrt(static_cast<double>(piece))));
    }
    sum += best * level;
    weight += level;
  }
  return sum / weight;
}

TEST(SoundQuality, ConcealmentMakesUpForFivePercentLossAndSixtyMillisecondsOfJitter) {
  constexpr double seconds = 8;
  const auto reference = speech(narrowband, seconds);
  for (const auto codec : codecs) {
    const auto clean = over(codec, {0, 0}, seconds), bad = over(codec, {0.05, 60}, seconds);
    const auto without = at_rate(bad.without, sample_rate(codec), narrowband);
    const auto lag = compare(reference, clean.heard, 8 * 250).lag;
    const auto bad_lag = compare(reference, bad.heard, 8 * 250).lag;
    const auto best = piecewise(reference, clean.heard, lag);
    const auto concealed = piecewise(reference, bad.heard, bad_lag);
    const auto none = piecewise(reference, without, compare(reference, without, 8 * 30).lag);
    fmt::print(
        "{:>5}: clean {:.4f}; 5 % loss and 60 ms jitter: concealed {:.4f}, without (and without jitter) {:.4f}\n",
        name_of(codec), best, concealed, none);
    EXPECT_GT(concealed, none) << name_of(codec);
    EXPECT_GT(concealed, best - 0.06) << name_of(codec);
  }
}

TEST(SoundQuality, JitterAloneCostsNoSound) {
  constexpr double seconds = 6;
  const auto reference = speech(narrowband, seconds);
  const auto bad = over(Codec::pcma, {0, 60}, seconds);
  const auto from = static_cast<std::size_t>(narrowband);  // the first second is for the buffer to learn
  const auto like = compare(reference, bad.heard, 8 * 250, from);
  fmt::print("60 ms jitter: correlation {:.4f}, delay {} ms\n", like.correlation, like.lag / 8);
  EXPECT_GT(like.correlation, 0.9);
}

}  // namespace
}  // namespace hotline::voice::media::test
