// SPDX-License-Identifier: Apache-2.0
// Goal: the outside recorder's tap gets sample for sample what our own recording gets, from its own beginning on,
// whichever of the two begins or ends first, for G.711 and for legs that are decoded.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "far_end.hpp"
#include "sound.hpp"

namespace hotline::voice::media::test {
namespace {

using recorder::Tap;

struct Channels {
  std::vector<std::uint8_t> left, right;
};

Channels all_of(Tap& tap) {
  Channels out;
  std::vector<std::uint8_t> part(2'000);
  while (const auto count = tap.take(part.data(), 1'000)) {
    for (std::size_t i = 0; i < count; ++i) {
      out.left.push_back(part[2 * i]);
      out.right.push_back(part[2 * i + 1]);
    }
  }
  return out;
}

std::shared_ptr<Tap> new_tap(std::uint64_t id) {
  return std::make_shared<Tap>(RecordingId{id}, LegId{1}, 32'768);
}

bool is_silent(std::span<const std::uint8_t> samples) {
  return std::ranges::all_of(samples, [](std::uint8_t s) { return s == g711::alaw_silence; });
}

std::vector<std::int16_t> tone(Codec codec, double hertz) {
  const auto rate = sample_rate(codec);
  std::vector<std::int16_t> out(4 * rate);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int16_t>(8'000 * std::sin(6.283185307 * hertz * static_cast<double>(i) / rate));
  return out;
}

class SessionCopy : public ::testing::TestWithParam<Codec> {
 protected:
  SessionCopy() : a(world, 1, GetParam()), b(world, 2, GetParam()) {
    a.says(tone(GetParam(), 400));
    b.says(tone(GetParam(), 900));
    a.session.bridge(b.session);
  }
  SoundWorld world;
  FarEnd a, b;
  std::shared_ptr<Tap> own = new_tap(1), copy = new_tap(2);
};

TEST_P(SessionCopy, HoldsWhatOurRecordingHoldsFromItsOwnBeginningOn) {
  a.session.start_recording(own);
  talk(world, {&a, &b}, 0.5);
  a.session.start_copy(copy);
  talk(world, {&a, &b}, 1);
  a.session.stop_recording();
  const auto ours = all_of(*own), theirs = all_of(*copy);
  const std::size_t offset = 4'000, late = recording_delay;  // the copy's last 80 ms are not given out yet
  ASSERT_EQ(ours.left.size(), 12'000U);
  ASSERT_EQ(theirs.left.size(), ours.left.size() - offset - late);
  EXPECT_FALSE(is_silent(theirs.left));
  EXPECT_FALSE(is_silent(theirs.right));
  for (std::size_t i = 0; i < theirs.left.size(); ++i) {
    ASSERT_EQ(theirs.left[i], ours.left[offset + i]) << i;
    ASSERT_EQ(theirs.right[i], ours.right[offset + i]) << i;
  }
}

TEST_P(SessionCopy, GoesOnWithoutOurRecordingAndRunsAlone) {
  a.session.start_copy(copy);
  talk(world, {&a, &b}, 0.3);
  a.session.start_recording(own);
  talk(world, {&a, &b}, 0.3);
  a.session.stop_recording();
  EXPECT_EQ(own->length(), 2'400U);
  EXPECT_FALSE(is_silent(all_of(*own).left));
  talk(world, {&a, &b}, 0.3);
  const auto theirs = all_of(*copy);
  ASSERT_EQ(theirs.left.size(), 7'200U - recording_delay);
  EXPECT_FALSE(is_silent(std::span(theirs.left).subspan(6'000)));
  EXPECT_FALSE(is_silent(std::span(theirs.right).subspan(6'000)));
}

TEST_P(SessionCopy, IsSilentInAPause) {
  a.session.start_recording(own);
  a.session.start_copy(copy);
  talk(world, {&a, &b}, 0.4);
  a.session.pause_recording(true);
  talk(world, {&a, &b}, 0.6);
  a.session.pause_recording(false);
  talk(world, {&a, &b}, 0.4);
  const auto theirs = all_of(*copy);
  EXPECT_FALSE(is_silent(std::span(theirs.left).first(3'000)));
  EXPECT_TRUE(is_silent(std::span(theirs.left).subspan(3'600, 4'000)));
  EXPECT_TRUE(is_silent(std::span(theirs.right).subspan(3'600, 4'000)));
  EXPECT_FALSE(is_silent(std::span(theirs.left).subspan(8'400)));
}

TEST_P(SessionCopy, AfterItsEndNothingIsPut) {
  a.session.start_copy(copy);
  talk(world, {&a, &b}, 0.2);
  a.session.stop_copy();
  const auto head = copy->head();
  talk(world, {&a, &b}, 0.2);
  EXPECT_EQ(copy->head(), head);
}

INSTANTIATE_TEST_SUITE_P(Codecs, SessionCopy, ::testing::Values(Codec::pcma, Codec::pcmu, Codec::g722, Codec::opus),
                         [](const auto& codec) { return std::string(name_of(codec.param)); });

}  // namespace
}  // namespace hotline::voice::media::test
