// SPDX-License-Identifier: Apache-2.0
// Work done again and again on a thread of its own: what has come due in a store.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/strand.hpp"

namespace hotline::runtime {

class Periodic {
 public:
  /// Returns true when there is more to do: it is called again at once, else after `every`. What it throws is given to
  /// `failed`, the first of several in a row only, and it is called again after `every`.
  using Work = std::function<bool(TimePoint now)>;
  using Failed = std::function<void(const std::string& what)>;
  struct Config {
    std::string name;  ///< of the thread
    Duration every{1'000};
  };

  /// Starts the thread. `clock`, and whatever the functions refer to, must outlive it.
  Periodic(Config config, const Clock& clock, Work work, Failed failed);
  /// Waits for the end of the work under way.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void run(TimePoint now);

  const Duration every_;
  const Work work_;
  const Failed failed_;
  TimePoint next_{};      // on the strand
  bool failing_ = false;  // on the strand
  std::unique_ptr<Strand> strand_;
};

}  // namespace hotline::runtime
