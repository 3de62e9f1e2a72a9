// SPDX-License-Identifier: Apache-2.0
// Prompts by key: "cmn/welcome" is <directory>/cmn/welcome.wav (8 kHz, mono, 16 bit PCM), looked for in several
// directories in order (recorded first, generated after), encoded once in A-law and µ-law and shared. Any thread may
// call it.
#pragma once

#include <chrono>
#include <filesystem>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "voice/prompts/audio.hpp"

namespace hotline::voice::prompts {

class PromptStore {
 public:
  struct Config {
    std::vector<std::filesystem::path> directories;  ///< searched in order
    Duration recheck_after{1'000};                   ///< a key's file is looked at for changes at most this often
    std::size_t file_bytes_max = 64 << 20;           ///< a larger file is refused
  };

  explicit PromptStore(Config config) : config_(std::move(config)) {}

  /// The audio of `key`. A changed or newly put file is loaded on the way (milliseconds, on the caller's thread); one
  /// that has become damaged leaves the last good audio in use. The Problem says which file is missing or what is wrong
  /// with it.
  [[nodiscard]] Result<AudioPtr, Problem> find(std::string_view key);

  /// Loads every .wav under the directories, so that no call waits for a disk. Returns the problems, one a damaged
  /// file.
  std::vector<Problem> load_all();

  /// Keys in memory now.
  [[nodiscard]] std::size_t size() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    AudioPtr audio;
    std::filesystem::path path;
    std::filesystem::file_time_type changed_at{};
    std::uintmax_t bytes = 0;
    Clock::time_point checked_at{};
    Problem problem;  ///< of the last load, if it failed
  };
  void look_again(std::string_view key, Entry& entry) const;

  Config config_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hotline::voice::prompts
