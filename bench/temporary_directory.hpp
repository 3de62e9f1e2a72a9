// SPDX-License-Identifier: Apache-2.0
// A directory that is gone when the benchmark is over.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace hotline::bench {

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    auto name = ((parent.empty() ? std::filesystem::temp_directory_path() : parent) / "hotline-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hotline::bench
