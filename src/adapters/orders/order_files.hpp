// SPDX-License-Identifier: Apache-2.0
// Reads work-order types from TOML files (format: orders/README.md). Every problem is found in one go and named with
// file, line and remedy; a book with a problem is not given out. On any thread; does no logging.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_problem.hpp"
#include "base/result.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::orders {

/// One file's name and text. Those in a folder "loops" hold states and steps that types share, every other one a type.
struct OrderFile {
  std::string name;
  std::string text;
  bool loop = false;
};

inline constexpr std::size_t kFilesMax = 500;

[[nodiscard]] Result<workorder::TypeBook, FileProblems> parse(const std::vector<OrderFile>& files);

/// Reads the *.toml files of `dir` and of `dir`/loops. A folder or file that cannot be read is a problem, too.
[[nodiscard]] Result<workorder::TypeBook, FileProblems> load(const std::filesystem::path& dir);

}  // namespace hotline::orders
