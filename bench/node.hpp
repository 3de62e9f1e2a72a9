// SPDX-License-Identifier: Apache-2.0
// A media plane with its recorder and prompts, as a benchmark needs it: an observer that only counts.
#pragma once

#include <atomic>
#include <filesystem>

#include "voice/media/media_plane.hpp"
#include "voice/prompts/prompt_store.hpp"
#include "voice/recorder/recorder.hpp"

namespace hotline::bench {

struct Node final : voice::media::MediaObserver {
  Node(const std::filesystem::path& recordings, const std::filesystem::path& prompt_files,
       voice::media::Config config = {})
      : prompts({.directories = {prompt_files}}),
        recorder({.directory = recordings}),
        plane(std::move(config), prompts, recorder, *this) {}

  void on_digit(LegId, char, Duration) override {}
  void on_play_done(LegId, PlayId, voice::media::PlayEnd end, const std::string&) override {
    if (end == voice::media::PlayEnd::missing) ++missing;
  }
  void on_media_timeout(LegId) override {}
  void on_recording_done(const voice::media::RecordingResult& result) override {
    if (result.problem.empty()) ++recorded;
  }

  [[nodiscard]] std::uint64_t cpu_ns() const { return plane.stats().cpu_ns + recorder.stats().cpu_ns; }

  std::atomic<unsigned> missing{0}, recorded{0};
  voice::prompts::PromptStore prompts;
  voice::recorder::Recorder recorder;
  voice::media::MediaPlane plane;
};

}  // namespace hotline::bench
