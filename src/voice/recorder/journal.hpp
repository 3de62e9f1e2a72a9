// SPDX-License-Identifier: Apache-2.0
// The entries of open recordings: <directory>/.open/<id>, one small text file each, removed when the recording is
// closed.
#pragma once

#include <filesystem>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::voice::recorder {

struct JournalEntry {
  RecordingId id;
  LegId leg;
  TimePoint started_at;
  std::string path;  ///< relative to the directory
};

/// Takes the directory for this process until the descriptor is closed; `alone` asks that no other process records
/// there.
[[nodiscard]] Result<int, Problem> lock_journal(const std::filesystem::path& directory, bool alone);

[[nodiscard]] bool add_to_journal(const std::filesystem::path& directory, const JournalEntry& entry);
void remove_from_journal(const std::filesystem::path& directory, RecordingId id);
[[nodiscard]] std::vector<JournalEntry> read_journal(const std::filesystem::path& directory);

/// A path from the core must stay inside the recordings directory.
[[nodiscard]] bool recording_path_is_sound(const std::filesystem::path& path);

}  // namespace hotline::voice::recorder
