// SPDX-License-Identifier: Apache-2.0
// The journal of recordings whose end the core has not acknowledged: <directory>/.open/journal, one line when a
// recording begins, one with its result when it is finished, and one when the core has committed that. One
// file for all: a file for each recording would make and delete an inode a call, and ext4 gives a deleted inode out
// again only after a minute, searching past all of them for every new file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::voice::recorder {

struct JournalEntry {
  RecordingId id;
  LegId leg;
  TimePoint started_at;
  std::string path;  ///< relative to the directory, without line breaks (recording_path_is_sound())
  /// How it ended, once it has.
  struct Finished {
    TimePoint ended_at;
    std::uint64_t frames = 0, bytes = 0;
    std::string problem;
  };
  std::optional<Finished> finished{};
};

/// Takes the directory for this process until the descriptor is closed.
[[nodiscard]] Result<int, Problem> lock_journal(const std::filesystem::path& directory);

/// Recorder thread, or the thread that repairs at start; the directory is locked.
class Journal {
 public:
  /// Reads what is there. A line that a crash cut short is left out. Does not fail: a directory that cannot be used
  /// shows at add().
  explicit Journal(std::filesystem::path directory);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] std::vector<JournalEntry> open() const;  ///< begun and not acknowledged, by id

  /// False, with errno: the line could not be written.
  [[nodiscard]] bool add(const JournalEntry& entry);
  /// Of one that was added. A line that cannot be written is little harm: repair at the next start goes by the file.
  void finish(RecordingId id, JournalEntry::Finished finished);
  /// The core has committed its end. A line that cannot be written is no harm: it is reported once more.
  void remove(RecordingId id);

 private:
  [[nodiscard]] bool append(const std::string& line);
  [[nodiscard]] bool open_file();
  void compact();  ///< writes the open entries alone into a new file once ended ones are most of it

  const std::filesystem::path directory_;
  int fd_ = -1;
  std::uint64_t size_ = 0;   ///< of the file, whole lines
  std::uint64_t lines_ = 0;  ///< in the file
  std::map<RecordingId, JournalEntry> open_;
};

/// A path from the core must stay inside the recordings directory.
[[nodiscard]] bool recording_path_is_sound(const std::filesystem::path& path);

}  // namespace hotline::voice::recorder
