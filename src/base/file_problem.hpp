// SPDX-License-Identifier: Apache-2.0
// What is wrong in a file that people write: configuration, IVR flows. Shown as "file:line: what (remedy)".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotline {

struct FileProblem {
  std::string file;
  std::uint32_t line = 0;  ///< from 1; 0: the file as a whole
  std::string what, remedy;
  friend bool operator==(const FileProblem&, const FileProblem&) = default;
};
using FileProblems = std::vector<FileProblem>;

[[nodiscard]] inline std::string to_string(const FileProblem& problem) {
  std::string text = problem.file;
  if (problem.line != 0) text += ":" + std::to_string(problem.line);
  text += ": " + problem.what;
  if (!problem.remedy.empty()) text += " (" + problem.remedy + ")";
  return text;
}

}  // namespace hotline
