// SPDX-License-Identifier: Apache-2.0
// One recording being written. Recorder thread only.
#include "voice/recorder/open_recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::recorder {
namespace {

constexpr std::uint64_t page = 4'096;

}  // namespace

OpenRecording::~OpenRecording() {
  if (fd_ >= 0) ::close(fd_);
}

void OpenRecording::failed(const char* doing) {
  last_error_ = fmt::format("{}: {}", doing, std::strerror(errno));
}

bool OpenRecording::open_file() {
  if (fd_ >= 0) return true;
  if (refused_) return false;
  const auto file = directory_ / path_;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (!journal_.add({tap_->id(), tap_->leg(), tap_->started_at(), path_})) {
    failed("entry in the journal of recordings");
    return false;
  }
  fd_ = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
  if (fd_ < 0) {
    failed("making the file");
    if (errno == EEXIST) {  // never write over a recording
      refused_ = true;
      journal_.remove(tap_->id());
    }
    return false;
  }
  const auto header = wav_header(0);
  if (::pwrite(fd_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
    failed("writing the header");
    ::close(fd_);
    fd_ = -1;
    ::unlink(file.c_str());  // so that the next try may make it again
    return false;
  }
  return true;
}

bool OpenRecording::write_frames(const std::uint8_t* frames, std::size_t count) {
  const std::uint64_t room = wav_frames_max - std::min(wav_frames_max, written_);
  if (count > room) {
    last_error_ = "the file has the greatest length a WAV file can have";
    count = static_cast<std::size_t>(room);
    if (count == 0) return false;
  }
  const auto at = static_cast<off_t>(wav_header_size + 2 * written_);
  const ssize_t done = ::pwrite(fd_, frames, 2 * count, at);
  if (done < 0) {
    failed("writing");
    return false;
  }
  written_ += static_cast<std::uint64_t>(done) / 2;
  if (static_cast<std::size_t>(done) == 2 * count) return true;
  errno = ENOSPC;  // a file system writes less than asked only when it is full
  failed("writing");
  return false;
}

bool OpenRecording::fill_with_silence(std::uint64_t up_to, std::vector<std::uint8_t>& scratch) {
  if (written_ >= up_to) return true;
  std::fill(scratch.begin(), scratch.end(), g711::alaw_silence);
  while (written_ < up_to) {
    const auto count = std::min<std::uint64_t>(up_to - written_, scratch.size() / 2);
    if (!write_frames(scratch.data(), static_cast<std::size_t>(count))) return false;
  }
  return true;
}

OpenRecording::Outcome OpenRecording::flush(std::vector<std::uint8_t>& scratch, std::uint64_t bytes_min) {
  if (!tap_->begun()) return Outcome::idle;
  std::uint64_t frames = tap_->head() - tap_->tail();
  if (bytes_min > 0) {
    const auto from = wav_header_size + 2 * tap_->tail();
    const auto to = (from + 2 * frames) / page * page;
    if (to < from + (tap_->tail() == 0 ? first_write_ - wav_header_size : bytes_min)) return Outcome::idle;
    frames = (to - from) / 2;
  }
  if (frames == 0) return Outcome::idle;
  bool sound = open_file() && fill_with_silence(tap_->tail(), scratch);
  while (frames > 0) {
    std::size_t taken = 0;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(frames, scratch.size() / 2));
    while (taken < wanted) taken += tap_->take(scratch.data() + 2 * taken, wanted - taken);
    frames -= taken;
    const auto before = written_;
    sound = sound && write_frames(scratch.data(), taken);
    lost_ += taken - (written_ - before);
  }
  return sound ? Outcome::written : Outcome::failed;
}

OpenRecording::Outcome OpenRecording::close(std::vector<std::uint8_t>& scratch) {
  auto outcome = flush(scratch, 0);
  media::RecordingResult result;
  result.id = tap_->id();
  result.leg = tap_->leg();
  result.path = path_;
  if (!tap_->begun()) {
    result.problem = "nothing was recorded: the leg had ended";
    done_(result);
    return Outcome::idle;
  }
  if (fd_ >= 0) {
    if (!fill_with_silence(tap_->tail(), scratch)) outcome = Outcome::failed;
    const auto header = wav_header(written_);
    if (::pwrite(fd_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
      failed("correcting the header");
      outcome = Outcome::failed;
    }
    result.bytes = wav_header_size + 2 * written_;
    ::close(fd_);
    fd_ = -1;
  }
  const auto wanted = tap_->tail();
  result.started_at = tap_->started_at();
  result.ended_at = result.started_at + Duration{static_cast<std::int64_t>(wanted / 8)};
  result.frames = written_;
  if (lost_ > 0)
    result.problem = fmt::format("{}.{:03} s of sound are missing ({})", lost_ / 8000, lost_ % 8000 / 8, last_error_);
  else if (written_ < wanted || outcome == Outcome::failed)
    result.problem = last_error_;
  else if (tap_->overruns() > 0)
    result.problem = fmt::format("{} packets are missing: the disk was too slow", tap_->overruns());
  journal_.finish(result.id, {result.ended_at, result.frames, result.bytes, result.problem});
  done_(result);
  return outcome;
}

}  // namespace hotline::voice::recorder
