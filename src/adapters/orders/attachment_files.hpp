// SPDX-License-Identifier: Apache-2.0
// The files of work orders' attachments: outside the database, each once, named by what is in it (SHA-256). A file is
// durable before anything refers to it, and is never changed. Any thread; writing waits for the disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_problem.hpp"
#include "base/result.hpp"

namespace hotline::orders {

class AttachmentFiles {
 public:
  /// `folder` is made at the first file.
  explicit AttachmentFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Stored {
    std::string sha256;  ///< hexadecimal
    std::string path;    ///< within the folder
  };
  /// Returns after the file and its name are on disk (fsync). The error says what the disk said.
  [[nodiscard]] Result<Stored, std::string> store(std::string_view bytes) const;
  /// Where it is; nullopt: it is not there, or `path` is none that store() gives out.
  [[nodiscard]] std::optional<std::filesystem::path> find(const std::string& path) const;
  /// It is there, and what is in it is what it was named by. Reads the whole file.
  [[nodiscard]] bool is_whole(const std::string& path, const std::string& sha256) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace hotline::orders
