// SPDX-License-Identifier: Apache-2.0
// Lines of the journal: "+ <id> <leg> <started, Unix ms> <path>", "= <id> <ended, Unix ms> <frames> <bytes> <problem>"
// and "- <id>".
#include "voice/recorder/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hotline::voice::recorder {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t lines_before_compacting = 10'000;

fs::path journal_directory(const fs::path& directory) {
  return directory / ".open";
}

fs::path journal_path(const fs::path& directory) {
  return journal_directory(directory) / "journal";
}

std::string line_of(const JournalEntry& entry) {
  return fmt::format("+ {} {} {} {}\n", entry.id.value(), entry.leg.value(), to_unix_ms(entry.started_at), entry.path);
}

std::string line_of(RecordingId id, const JournalEntry::Finished& finished) {
  std::string problem = finished.problem;
  std::replace_if(
      problem.begin(), problem.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return fmt::format("= {} {} {} {} {}\n", id.value(), to_unix_ms(finished.ended_at), finished.frames, finished.bytes,
                     problem);
}

/// Takes one whole line into `open`; what is no line of ours is passed over.
void take_line(const std::string& line, std::map<RecordingId, JournalEntry>& open) {
  std::istringstream words(line);
  char kind = 0;
  std::uint64_t id = 0;
  if (!(words >> kind >> id)) return;
  if (kind == '-') {
    open.erase(RecordingId{id});
    return;
  }
  if (kind == '=') {
    std::int64_t ended_at = 0;
    JournalEntry::Finished finished;
    const auto found = open.find(RecordingId{id});
    if (found == open.end() || !(words >> ended_at >> finished.frames >> finished.bytes)) return;
    words.ignore(1);
    std::getline(words, finished.problem);
    finished.ended_at = from_unix_ms(ended_at);
    found->second.finished = std::move(finished);
    return;
  }
  std::uint64_t leg = 0;
  std::int64_t started_at = 0;
  JournalEntry entry;
  if (kind != '+' || !(words >> leg >> started_at)) return;
  words.ignore(1);
  std::getline(words, entry.path);
  entry.id = RecordingId{id};
  entry.leg = LegId{leg};
  entry.started_at = from_unix_ms(started_at);
  open[entry.id] = std::move(entry);
}

bool write_whole(int fd, const std::string& text) {
  const auto written = ::write(fd, text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return true;
  if (written >= 0) errno = ENOSPC;  // a file system writes less than asked only when it is full
  return false;
}

}  // namespace

Result<int, Problem> lock_journal(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(journal_directory(directory), error);
  const auto path = journal_directory(directory) / "lock";
  const int fd = error ? -1 : ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0640);
  if (fd < 0)
    return fail(Problem{fmt::format("the recordings directory {} cannot be written: {}", directory.string(),
                                    error ? error.message() : std::strerror(errno)),
                        "make it writable for the voice node, or choose another"});
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return fail(Problem{fmt::format("another process uses the recordings directory {}", directory.string()),
                        "give each voice node a directory of its own"});
  }
  return fd;
}

Journal::Journal(fs::path directory) : directory_(std::move(directory)) {
  std::ifstream file(journal_path(directory_), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    take_line(text.substr(at, end - at), open_);
    ++lines_;
    size_ = end + 1;
  }
}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<JournalEntry> Journal::open() const {
  std::vector<JournalEntry> entries;
  for (const auto& [id, entry] : open_) entries.push_back(entry);
  return entries;
}

bool Journal::open_file() {
  if (fd_ >= 0) return true;
  std::error_code ignored;  // open() says what is wrong
  fs::create_directories(journal_directory(directory_), ignored);
  fd_ = ::open(journal_path(directory_).c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0640);
  // What follows the last whole line was cut short by a crash.
  return fd_ >= 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) == 0;
}

bool Journal::append(const std::string& line) {
  if (!open_file()) return false;
  if (write_whole(fd_, line)) {
    size_ += line.size();
    ++lines_;
    return true;
  }
  const int error = errno;
  [[maybe_unused]] const int done = ::ftruncate(fd_, static_cast<off_t>(size_));
  errno = error;
  return false;
}

bool Journal::add(const JournalEntry& entry) {
  if (!append(line_of(entry))) return false;
  open_[entry.id] = entry;
  return true;
}

void Journal::finish(RecordingId id, JournalEntry::Finished finished) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  [[maybe_unused]] const bool written = append(line_of(id, finished));
  found->second.finished = std::move(finished);
}

void Journal::remove(RecordingId id) {
  if (open_.erase(id) == 0) return;
  [[maybe_unused]] const bool written = append(fmt::format("- {}\n", id.value()));
  if (lines_ > lines_before_compacting && lines_ > 4 * open_.size()) compact();
}

void Journal::compact() {
  std::string text;
  std::uint64_t lines = open_.size();
  for (const auto& [id, entry] : open_) {
    text += line_of(entry);
    if (!entry.finished) continue;
    text += line_of(id, *entry.finished);
    ++lines;
  }
  const auto path = journal_path(directory_);
  auto fresh = path;
  fresh += ".new";
  const int fd = ::open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return;  // the long one goes on
  if (!write_whole(fd, text) || ::rename(fresh.c_str(), path.c_str()) != 0) {
    ::close(fd);
    ::unlink(fresh.c_str());
    return;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  size_ = text.size();
  lines_ = lines;
}

bool recording_path_is_sound(const fs::path& path) {
  if (path.empty() || path.is_absolute() || !path.has_filename()) return false;
  if (path.native().find_first_of("\r\n") != std::string::npos) return false;
  return std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".." || part == ".open"; });
}

}  // namespace hotline::voice::recorder
