// SPDX-License-Identifier: Apache-2.0
// Goal: on the real media plane, two browsers bridged to each other hear each other, and all can be taken down again.
#include "voice/webrtc/media_plane_adapter.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "voice/prompts/prompt_store.hpp"
#include "voice/recorder/recorder.hpp"
#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/fake_browser.hpp"
#include "voice/webrtc/media_names.hpp"
#include "voice/webrtc/test_loop.hpp"

namespace hotline::voice::webrtc {
namespace {

class Silent final : public media::MediaObserver {
 public:
  void on_digit(LegId, char, Duration) override {}
  void on_play_done(LegId, PlayId, media::PlayEnd, const std::string&) override {}
  void on_media_timeout(LegId) override {}
  void on_recording_done(const media::RecordingResult&) override {}
};

TEST(MediaPlaneAdapter, TwoBrowsersBridgedHearEachOther) {
  const auto folder = std::filesystem::temp_directory_path() / ("hotline_webrtc_" + std::to_string(::getpid()));
  prompts::PromptStore prompts{prompts::PromptStore::Config{}};
  recorder::Config recorder_config;
  recorder_config.directory = folder;
  recorder::Recorder recordings{recorder_config};
  Silent silent;
  media::MediaPlane plane{media::Config{}, prompts, recordings, silent};
  MediaPlaneAdapter adapter{plane};
  Recorder seen;
  auto engine = Engine::open({}, adapter, adapter, seen);
  ASSERT_TRUE(engine);

  std::array<FakeBrowser, 2> browsers;
  const std::array<LegId, 2> legs{LegId{1}, LegId{2}};
  for (std::size_t i = 0; i < 2; ++i) {
    plane.open_external(legs[i], **engine);
    const auto accepted = (*engine)->accept(legs[i], browsers[i].offer());
    ASSERT_TRUE(accepted);
    plane.set_remote(legs[i], accepted->remote);
    ASSERT_TRUE(browsers[i].take_answer(accepted->answer_sdp));
    ASSERT_TRUE(browsers[i].check());
    ASSERT_TRUE(browsers[i].connect());
    ASSERT_EQ(seen.next(), Recorder::connected(legs[i]));
  }
  plane.bridge(legs[0], legs[1]);

  for (std::uint16_t sequence = 1; sequence <= 20; ++sequence) {
    for (std::size_t i = 0; i < 2; ++i) {
      const Bytes voice(160, static_cast<std::uint8_t>(sequence * 2 + i));
      browsers[i].send_rtp(sequence, voice);
      const auto heard = browsers[1 - i].next_rtp();
      ASSERT_TRUE(heard) << "packet " << sequence << " of browser " << i;
      EXPECT_EQ(Bytes(heard->begin() + 12, heard->end()), voice);
    }
  }

  for (const LegId leg : legs) {
    plane.close(leg);
    std::promise<LegStats> ended;
    (*engine)->close(leg, [&ended](LegStats stats) { ended.set_value(stats); });
    const LegStats stats = ended.get_future().get();
    EXPECT_EQ(stats.packets_received, 20U);
    EXPECT_EQ(stats.packets_sent, 20U);
  }
  engine->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hotline::voice::webrtc
