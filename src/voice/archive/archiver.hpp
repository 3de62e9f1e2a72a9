// SPDX-License-Identifier: Apache-2.0
// Compresses finished recordings, one at a time, and deletes files the core no longer wants (docs/adr/0013). One thread
// of its own that runs only when nothing else wants the processor (SCHED_IDLE) or the disk (idle I/O class), and rests
// while the machine is busy or room is short.
//
// It remembers nothing over a restart: the core says again what is not done. A job said twice is done once, or checked
// and reported again.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "vault/key_ring.hpp"
#include "voice/archive/room.hpp"

namespace hotline::voice::archive {

/// What the archiver's thread gets of the machine.
enum class Priority : std::uint8_t {
  idle,  ///< only what nothing else wants (SCHED_IDLE): calls never notice; on a machine that is always busy it starves
  low,   ///< nice 19
  normal  ///< as everything else
};

struct Config {
  std::filesystem::path directory;
  vault::KeyRing keys;
  std::int32_t bitrate = 16'000;  ///< bit/s a channel
  int complexity = 3;
  Priority priority = Priority::idle;
  double rest_above = 0.8;  ///< share of the machine's CPU time in use; above it archiving rests
  RoomLimits room;
  std::size_t jobs_max = 64;  ///< waiting; more are refused and said again by the core
  Duration rest{200};         ///< between two looks while it rests
};

/// Reported for each job, on the archiver's thread.
struct Archived {
  RecordingId id;
  std::string path;  ///< of the archive, relative to the directory
  std::string format = "opus";
  std::string key;     ///< id; empty: not encrypted
  std::string sha256;  ///< of the file as it lies on the disk
  std::uint64_t bytes = 0, frames = 0;
  std::string problem;  ///< empty when done; else nothing was changed, and it may be tried again
};
struct Deleted {
  RecordingId id;
  std::string path;
  std::string problem;  ///< empty: the file is not there any more
};

struct Hooks {
  std::function<void(const Archived&)> archived = [](const Archived&) {};
  std::function<void(const Deleted&)> deleted = [](const Deleted&) {};
  std::function<void(Room, const Space&)> room = [](Room, const Space&) {};  ///< it has changed
  /// The share of the machine's CPU time in use, 0 to 1; empty: measured.
  std::function<double()> load = {};
};

struct Stats {
  std::size_t waiting = 0;  ///< jobs, the running one included
  std::uint64_t done = 0, failed = 0;
  bool resting = false;
  Room room = Room::enough;
  Space space;
};

class Archiver {
 public:
  Archiver(Config config, Hooks hooks);
  ~Archiver();  ///< gives up the running job; what waits is said again to the next archiver
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

  /// Any thread. False when the queue is full. A recording that waits already is not queued twice.
  bool archive(RecordingId id, std::string wav_path);
  /// Deletes `path`; refused when `kept_as` is given and there is no such file, so that a recording whose archive went
  /// missing keeps its WAV.
  bool remove(RecordingId id, std::string path, std::string kept_as);

  [[nodiscard]] Stats stats() const;

 private:
  struct Job {
    RecordingId id;
    std::string path, kept_as;
    bool removes = false;
  };
  bool add(Job job);
  void run();
  void look_at_room();
  [[nodiscard]] bool wait_for_job(Job& job);
  [[nodiscard]] bool rest_while_busy();
  [[nodiscard]] Deleted carry_out_removal(const Job& job);
  [[nodiscard]] Archived carry_out_archiving(const Job& job);
  [[nodiscard]] Result<void, Problem> make(const Job& job, std::uint64_t frames, Archived& result);
  [[nodiscard]] Result<void, Problem> check(const std::filesystem::path& file, std::uint64_t frames, Archived& result);

  const Config config_;
  const Hooks hooks_;
  CpuLoad load_;          // archiver's thread only
  TimePoint room_due_{};  // archiver's thread only
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> removals_, jobs_;  // guarded by mutex_, as everything below
  RecordingId running_{};
  bool stopping_ = false;
  Stats stats_;
  std::thread thread_;
};

/// "2030/01/02/7.opus" for "2030/01/02/7.wav", with ".sealed" behind it for an encrypted one.
[[nodiscard]] std::string archive_path(const std::string& wav_path, bool sealed);

}  // namespace hotline::voice::archive
