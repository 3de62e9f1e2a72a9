// SPDX-License-Identifier: Apache-2.0
// The entries of open recordings. Recorder thread, and the thread that repairs at start.
#include "voice/recorder/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace hotline::voice::recorder {
namespace {

namespace fs = std::filesystem;

fs::path journal_directory(const fs::path& directory) {
  return directory / ".open";
}

fs::path entry_path(const fs::path& directory, RecordingId id) {
  return journal_directory(directory) / id.to_string();
}

}  // namespace

Result<int, Problem> lock_journal(const fs::path& directory, bool alone) {
  std::error_code error;
  fs::create_directories(journal_directory(directory), error);
  const auto path = journal_directory(directory) / "lock";
  const int fd = error ? -1 : ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0640);
  if (fd < 0)
    return fail(Problem{fmt::format("the recordings directory {} cannot be written: {}", directory.string(),
                                    error ? error.message() : std::strerror(errno)),
                        "make it writable for the voice node, or choose another"});
  if (::flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    ::close(fd);
    return fail(Problem{fmt::format("another process uses the recordings directory {}", directory.string()),
                        "give each voice node a directory of its own"});
  }
  return fd;
}

bool add_to_journal(const fs::path& directory, const JournalEntry& entry) {
  std::ofstream file(entry_path(directory, entry.id), std::ios::trunc);
  file << entry.leg.value() << ' ' << to_unix_ms(entry.started_at) << '\n' << entry.path << '\n';
  file.close();
  return file.good();
}

void remove_from_journal(const fs::path& directory, RecordingId id) {
  std::error_code ignored;  // an entry left behind is repaired at the next start, which finds the file whole
  fs::remove(entry_path(directory, id), ignored);
}

std::vector<JournalEntry> read_journal(const fs::path& directory) {
  std::vector<JournalEntry> entries;
  std::error_code error;
  fs::directory_iterator at(journal_directory(directory), error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.empty() || name.size() > 20 ||
        !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    std::ifstream file(at->path());
    std::uint64_t leg = 0;
    std::int64_t started_at = 0;
    JournalEntry entry;
    file >> leg >> started_at;
    file.ignore(1);
    if (!std::getline(file, entry.path)) entry.path.clear();  // the crash came between making the entry and filling it
    entry.id = RecordingId{std::strtoull(name.c_str(), nullptr, 10)};
    entry.leg = LegId{leg};
    entry.started_at = from_unix_ms(started_at);
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return entries;
}

bool recording_path_is_sound(const fs::path& path) {
  if (path.empty() || path.is_absolute() || !path.has_filename()) return false;
  return std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".." || part == ".open"; });
}

}  // namespace hotline::voice::recorder
