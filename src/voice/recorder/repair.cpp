// SPDX-License-Identifier: Apache-2.0
// What a crash left behind: recordings whose journal entry is still there, because they were cut short or because the
// core has not acknowledged their end. Run once, before the node starts.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "voice/recorder/journal.hpp"
#include "voice/recorder/recorder.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::recorder {
namespace {

/// Corrects one file; fills frames, bytes and problem.
void repair_file(int fd, RecordingResult& result) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    result.problem = fmt::format("it cannot be read: {}", std::strerror(errno));
    return;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  result.frames = size > wav_header_size ? (size - wav_header_size) / 2 : 0;
  std::array<std::uint8_t, wav_header_size> header{};
  const bool has_header = ::pread(fd, header.data(), header.size(), 0) == static_cast<ssize_t>(header.size());
  const auto said = has_header ? frames_in_header(header) : std::nullopt;
  if (has_header && !said) {
    result.problem = "it is no recording of ours; left as it is";
    return;
  }
  result.bytes = wav_header_size + 2 * result.frames;
  if (said && *said == result.frames && result.frames > 0) return;  // whole: only the entry was left
  const auto correct = wav_header(result.frames);
  if (::pwrite(fd, correct.data(), correct.size(), 0) != static_cast<ssize_t>(correct.size()) ||
      ::ftruncate(fd, static_cast<off_t>(result.bytes)) != 0) {
    result.problem = fmt::format("its header cannot be corrected: {}", std::strerror(errno));
    return;
  }
  result.problem = "cut short: the voice node stopped during the call";
}

}  // namespace

Result<std::vector<RecordingResult>, Problem> Recorder::repair(const std::filesystem::path& directory) {
  auto lock = lock_journal(directory);
  if (!lock) return fail(lock.error());
  std::vector<RecordingResult> results;
  Journal journal(directory);
  for (const auto& entry : journal.open()) {
    RecordingResult result;
    result.id = entry.id;
    result.leg = entry.leg;
    result.path = entry.path;
    result.started_at = entry.started_at;
    const int fd =
        recording_path_is_sound(entry.path) ? ::open((directory / entry.path).c_str(), O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
      repair_file(fd, result);
      ::close(fd);
    } else {
      result.problem = "nothing had been written when the voice node stopped";
    }
    if (entry.finished) {  // it had ended before, and what was missing is known
      result.frames = entry.finished->frames;
      result.bytes = entry.finished->bytes;
      result.ended_at = entry.finished->ended_at;
      result.problem = entry.finished->problem;
    } else {
      result.ended_at = result.started_at + Duration{static_cast<std::int64_t>(result.frames / 8)};
      if (!result.problem.empty()) result.problem = "voice node restarted; " + result.problem;
      journal.finish(entry.id, {result.ended_at, result.frames, result.bytes, result.problem});
    }
    results.push_back(std::move(result));
  }
  ::close(*lock);
  return results;
}

}  // namespace hotline::voice::recorder
