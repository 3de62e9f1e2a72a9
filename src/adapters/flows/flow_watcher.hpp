// SPDX-License-Identifier: Apache-2.0
// Hot reload: looks whether the files of a flow folder changed, and reads them anew. A damaged new version is refused,
// and the last good book stays. Not thread-safe: one thread polls; the book itself is immutable and may be shared.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "adapters/flows/flow_files.hpp"

namespace hotline::flows {

class FlowWatcher {
 public:
  /// Reads nothing yet; the first poll() does. `context` may change later: set_context().
  FlowWatcher(std::filesystem::path dir, call::FlowContext context);

  struct Poll {
    /// A new book is in book().
    bool reloaded = false;
    /// The files changed (or were read for the first time) and are refused for these; each state of the files is told
    /// once.
    FlowProblems problems;
  };
  /// Cheap when nothing changed: one look at each file's size and modification time.
  Poll poll();

  /// The last good book; null before there was one.
  [[nodiscard]] std::shared_ptr<const call::FlowBook> book() const { return book_; }
  /// Queues, skills or prompts changed: the next poll() reads and checks again.
  void set_context(call::FlowContext context);

 private:
  struct Stamp {
    std::filesystem::path file;
    std::filesystem::file_time_type modified;
    std::uintmax_t size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Stamps = std::vector<Stamp>;
  [[nodiscard]] Stamps look() const;

  std::filesystem::path dir_;
  call::FlowContext context_;
  std::optional<Stamps> seen_;
  std::shared_ptr<const call::FlowBook> book_;
};

}  // namespace hotline::flows
