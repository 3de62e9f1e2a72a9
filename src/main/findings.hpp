// SPDX-License-Identifier: Apache-2.0
// What doctor prints: each thing that is wrong with its remedy, and what was looked at.
#pragma once

#include <fmt/core.h>

#include <string>

#include "base/result.hpp"

namespace hotline::main {

class Findings {
 public:
  void good(const std::string& what) { fmt::print("ok      {}\n", what); }
  void bad(const Problem& problem) {
    fmt::print("WRONG   {}\n        remedy: {}\n", problem.what, problem.remedy);
    ++count_;
  }
  [[nodiscard]] int count() const { return count_; }

 private:
  int count_ = 0;
};

}  // namespace hotline::main
