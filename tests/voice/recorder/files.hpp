// SPDX-License-Identifier: Apache-2.0
// For the recorder's tests: a directory of their own, reading a recording back, waiting for what a thread tells.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <vector>

#include "voice/recorder/recorder.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::recorder {

struct Recording {
  bool sound = false;  ///< header and length agree
  std::uint64_t header_frames = 0;
  std::vector<std::uint8_t> left, right;
};

inline Recording read_recording(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Recording recording;
  const auto frames = frames_in_header(bytes);
  if (!frames) return recording;
  recording.header_frames = *frames;
  recording.sound = bytes.size() == wav_header_size + 2 * *frames;
  for (std::size_t at = wav_header_size; at + 1 < bytes.size(); at += 2) {
    recording.left.push_back(bytes[at]);
    recording.right.push_back(bytes[at + 1]);
  }
  return recording;
}

/// Values told by another thread; next() waits for one, with a limit far above what it takes.
template <class T>
class Told {
 public:
  void tell(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  T next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(30), [this] { return taken_ < values_.size(); })) {
      ADD_FAILURE() << "nothing was told in 30 s";
      return T{};
    }
    return values_[taken_++];
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
  std::size_t taken_ = 0;
};

class RecorderDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    auto name = (std::filesystem::temp_directory_path() / "recorder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

}  // namespace hotline::voice::recorder
