// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/orders/attachment_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/fd.hpp"
#include "vault/bytes.hpp"
#include "vault/sha256.hpp"

namespace hotline::orders {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashDigits = 64;

std::string failed(const char* what, int error) {
  return std::string(what) + ": " + std::strerror(error);
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_folder(const fs::path& folder) {
  const runtime::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0;
}

}  // namespace

Result<AttachmentFiles::Stored, std::string> AttachmentFiles::store(std::string_view bytes) const {
  const std::string hash = vault::sha256_hex(bytes);
  const fs::path inner = folder_ / hash.substr(0, 2), file = inner / hash.substr(2);
  Stored stored{hash, hash.substr(0, 2) + "/" + hash.substr(2)};
  const auto durable = [&]() -> Result<Stored, std::string> {
    if (sync_folder(inner) && sync_folder(folder_) && sync_folder(folder_.parent_path())) return stored;
    return fail(failed("the attachment's folder cannot be synced", errno));
  };
  std::error_code ec;
  // The same was attached before: perhaps just now, by another thread that has not synced its name yet.
  if (fs::file_size(file, ec) == bytes.size() && !ec) return durable();
  fs::create_directories(inner, ec);
  if (ec) return fail("the folder " + inner.string() + " cannot be made: " + ec.message());
  std::string temporary = (inner / "new-XXXXXX").string();
  runtime::Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(failed("a file cannot be made", errno));
  const bool written = write_all(fd.get(), bytes) && ::fchmod(fd.get(), 0640) == 0 && ::fsync(fd.get()) == 0;
  const int error = errno;
  fd.reset();
  if (!written || ::rename(temporary.c_str(), file.c_str()) != 0) {
    const int why = written ? errno : error;
    ::unlink(temporary.c_str());
    return fail(failed("the attachment cannot be written", why));
  }
  return durable();
}

std::optional<fs::path> AttachmentFiles::find(const std::string& path) const {
  if (path.size() != kHashDigits + 1 || path[2] != '/' || !is_hash(path.substr(0, 2) + path.substr(3)))
    return std::nullopt;
  std::error_code ec;
  fs::path file = folder_ / path;
  if (!fs::is_regular_file(file, ec)) return std::nullopt;
  return file;
}

bool AttachmentFiles::is_whole(const std::string& path, const std::string& sha256) const {
  const auto file = find(path);
  if (!file) return false;
  const auto hash = vault::sha256_of_file(*file);
  return hash && *hash == sha256;
}

}  // namespace hotline::orders
