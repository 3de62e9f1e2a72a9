// SPDX-License-Identifier: Apache-2.0
// Call recordings: stereo A-law WAV files (left: heard from the leg, right: sent to it), written while the call lasts.
// The media shards only copy payloads into a Tap; one thread of the recorder interleaves and writes every flush_every,
// so that a kill loses at most a second. A full disk costs sound, never a call: writing is tried again, the gap is
// silence.
//
// An entry in <directory>/.open/journal names each recording until the core has committed its end; repair() finds what
// a crash left by these entries.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "voice/media/recording_result.hpp"
#include "voice/recorder/journal.hpp"
#include "voice/recorder/tap.hpp"

namespace hotline::voice::recorder {

using media::RecordingResult;

struct Config {
  std::filesystem::path directory;          ///< made if missing
  std::size_t ring_samples = 32'768;        ///< a channel; power of two; 4 s, so long may the disk stand still
  std::size_t ring_bytes_max = 512U << 20;  ///< of all open recordings; beyond it a recording is refused
  Duration write_every{768};  ///< rounded down to whole pages of 256 ms; 768 keeps the loss by a kill under 1 s
};

/// Called on the recorder's thread; they hand over and return.
struct Hooks {
  std::function<void(const Problem&)> failing = [](const Problem&) {};  ///< writing began to fail (alarm)
  std::function<void()> recovered = [] {};                              ///< writing succeeds again
};

struct Stats {
  std::uint64_t open = 0;      ///< recordings open now
  std::uint64_t errors = 0;    ///< failed writes, opens and refusals since the start
  std::uint64_t overruns = 0;  ///< packets dropped because this thread was too far behind
  std::uint64_t cpu_ns = 0;    ///< CPU time of the recorder's thread
};

class OpenRecording;

class Recorder {
 public:
  using Done = std::function<void(const RecordingResult&)>;

  explicit Recorder(Config config, Hooks hooks = {});
  ~Recorder();  ///< finishes what has been stopped; a recording still running is cut where it is and reported
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Opens a recording on any thread. `path` is relative to the directory (YYYY/MM/DD/<id>.wav) and must not exist. The
  /// file is made by the recorder's thread. nullptr when refused; `done` is called in every case, on the recorder's
  /// thread. The tap belongs to the producer, who calls begin() and at last finish().
  [[nodiscard]] std::shared_ptr<Tap> open(RecordingId id, LegId leg, std::string path, Done done);

  /// Any thread. The core has committed this recording's end: its entry in the journal goes.
  void settled(RecordingId id);

  [[nodiscard]] Stats stats() const;

  /// Before the node starts: corrects the headers of files a crash left behind and returns what they hold, with
  /// those whose end no core has acknowledged; `problem` says which were cut short. They are returned again at the next
  /// start unless settled() is called. Fails when another process records into this directory. Reads no other files, so
  /// an archive of millions costs nothing.
  [[nodiscard]] static Result<std::vector<RecordingResult>, Problem> repair(const std::filesystem::path& directory);

 private:
  void run();
  void work(bool closing);

  const Config config_;
  const Hooks hooks_;
  const std::uint64_t write_bytes_;
  int lock_ = -1;    ///< holds the directory against repair()
  Journal journal_;  ///< recorder's thread only
  const std::shared_ptr<RingPool> rings_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<OpenRecording>> arriving_;   // guarded by mutex_
  std::vector<std::pair<RecordingResult, Done>> refused_;  // guarded by mutex_
  std::vector<RecordingId> settled_;                       // guarded by mutex_
  std::size_t open_ = 0;                                   // guarded by mutex_
  bool stopping_ = false;                                  // guarded by mutex_
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> overruns_{0};
  std::vector<std::unique_ptr<OpenRecording>> recordings_;  // recorder's thread only
  std::vector<std::uint8_t> scratch_;                       // recorder's thread only
  bool failing_ = false;                                    // recorder's thread only
  std::thread thread_;
};

}  // namespace hotline::voice::recorder
