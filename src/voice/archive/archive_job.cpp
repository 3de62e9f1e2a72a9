// SPDX-License-Identifier: Apache-2.0
// One job of the archiver. An archive is made beside its WAV as <name>.part, synced, decoded again, hashed, and only
// then gets its name; whoever finds the name finds a whole file. A .part that a crash left is written over.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "vault/sealed_file.hpp"
#include "voice/archive/archiver.hpp"
#include "voice/archive/ogg_opus.hpp"
#include "voice/recorder/journal.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::archive {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

Problem failed(const char* doing) {
  return {fmt::format("{}: {}", doing, std::strerror(errno)), "see that the disk has room and the folder is writable"};
}

Result<void, Problem> sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return fail(failed("syncing the folder"));
  return {};
}

}  // namespace

std::string archive_path(const std::string& wav_path, bool sealed) {
  fs::path path(wav_path);
  path.replace_extension(sealed ? ".opus.sealed" : ".opus");
  return path.string();
}

Deleted Archiver::carry_out_removal(const Job& job) {
  Deleted result{job.id, job.path, {}};
  if (!recorder::recording_path_is_sound(job.path)) {
    result.problem = fmt::format("'{}' is no path inside the recordings directory", job.path);
    return result;
  }
  std::error_code error;
  if (!job.kept_as.empty() && (!recorder::recording_path_is_sound(job.kept_as) ||
                               !fs::is_regular_file(config_.directory / job.kept_as, error))) {
    result.problem = fmt::format("its archive {} is not there: the file stays", job.kept_as);
    return result;
  }
  const auto file = config_.directory / job.path;
  if (::unlink(file.c_str()) == 0) {
    if (auto synced = sync_folder(file.parent_path()); !synced) result.problem = synced.error().what;
  } else if (errno != ENOENT && errno != ENOTDIR) {
    result.problem = failed("deleting the file").what;
  }
  return result;
}

Archived Archiver::carry_out_archiving(const Job& job) {
  Archived result;
  result.id = job.id;
  const vault::Key* key = config_.keys.active();
  result.path = archive_path(job.path, key != nullptr);
  if (!recorder::recording_path_is_sound(job.path)) {
    result.problem = fmt::format("'{}' is no path inside the recordings directory", job.path);
    return result;
  }
  std::error_code error;
  if (!fs::exists(config_.directory / job.path, error)) {
    result.problem = "the WAV file is not there";
    return result;
  }
  auto wav = vault::open_source(config_.directory / job.path, {});
  if (!wav) {
    result.problem = wav.error().what;
    return result;
  }
  const std::uint64_t size = (*wav)->size();
  const std::uint64_t frames = size > recorder::wav_header_size ? (size - recorder::wav_header_size) / 2 : 0;
  // Made before, and the news was lost with the node or the core: checked like a new one.
  const auto file = config_.directory / result.path;
  if (fs::exists(file, error) && check(file, frames, result)) return result;
  if (auto made = make(job, frames, result); !made) result.problem = made.error().what;
  return result;
}

Result<void, Problem> Archiver::make(const Job& job, std::uint64_t frames, Archived& result) {
  auto wav = vault::open_source(config_.directory / job.path, {});
  if (!wav) return fail(std::move(wav.error()));
  const auto file = config_.directory / result.path;
  auto part = file;
  part += ".part";
  const auto give_up = [&](Problem problem) {
    ::unlink(part.c_str());
    return fail(std::move(problem));
  };
  {
    const Descriptor fd(::open(part.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (fd.get() < 0) return fail(failed("making the archive"));
    std::unique_ptr<vault::ByteSink> sink;
    if (const vault::Key* key = config_.keys.active())
      sink = std::make_unique<vault::SealedSink>(fd.get(), *key);
    else
      sink = std::make_unique<vault::PlainSink>(fd.get());
    const auto written =
        encode(**wav, *sink, {.bitrate = config_.bitrate, .complexity = config_.complexity, .recording = job.id},
               [this] { return rest_while_busy(); });
    if (!written) return give_up(written.error());
    if (*written != frames) return give_up({"the WAV file's header and length disagree", "see what changed it"});
    if (::fsync(fd.get()) != 0) return give_up(failed("syncing the archive"));
  }
  if (auto checked = check(part, frames, result); !checked) return give_up(checked.error());
  if (::rename(part.c_str(), file.c_str()) != 0) return give_up(failed("naming the archive"));
  return sync_folder(file.parent_path());
}

Result<void, Problem> Archiver::check(const fs::path& file, std::uint64_t frames, Archived& result) {
  auto source = vault::open_source(file, config_.keys);
  if (!source) return fail(std::move(source.error()));
  const auto decoded = decode(
      **source, [](std::span<const std::int16_t>) {}, [this] { return rest_while_busy(); });
  if (!decoded) return fail(decoded.error());
  if (*decoded != frames)
    return fail(Problem{fmt::format("the archive has {} frames, the recording {}", *decoded, frames),
                        "report it: this is a bug"});
  auto hash = vault::sha256_of_file(file);
  if (!hash) return fail(std::move(hash.error()));
  std::error_code error;
  result.key = (*source)->key_id();
  result.bytes = fs::file_size(file, error);
  result.frames = *decoded;
  result.sha256 = std::move(*hash);
  return {};
}

}  // namespace hotline::voice::archive
