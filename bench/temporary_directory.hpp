// SPDX-License-Identifier: Apache-2.0
// A directory that is gone when the benchmark is over.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace hotline::bench {

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    auto name = ((parent.empty() ? std::filesystem::temp_directory_path() : parent) / "hotline-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return;
    outer_ = name;
    spread();
    name += "/XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!outer_.empty()) std::filesystem::remove_all(outer_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// Asks ext4 to put what is made below into a group of inodes of its own, chosen by name (as `chattr +T`). Without
  /// a journal it passes over every inode nearby that was freed in the last minutes, when it makes a file: over those
  /// of the run before, else, which cost more than the recordings.
  void spread() const {
    const int fd = ::open(outer_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    int flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
      flags |= FS_TOPDIR_FL;
      ::ioctl(fd, FS_IOC_SETFLAGS, &flags);  // other file systems need not know it
    }
    ::close(fd);
  }

  std::filesystem::path outer_, path_;
};

}  // namespace hotline::bench
