// SPDX-License-Identifier: Apache-2.0
#include "adapters/flows/flow_watcher.hpp"

#include <algorithm>
#include <utility>

namespace hotline::flows {

FlowWatcher::FlowWatcher(std::filesystem::path dir, call::FlowContext context)
    : dir_(std::move(dir)), context_(std::move(context)) {}

void FlowWatcher::set_context(call::FlowContext context) {
  context_ = std::move(context);
  seen_.reset();
}

FlowWatcher::Stamps FlowWatcher::look() const {
  namespace fs = std::filesystem;
  Stamps stamps;
  std::error_code error;
  for (fs::directory_iterator it(dir_, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".toml") continue;
    std::error_code ignored;  // a file that goes away now is missing at the next look
    stamps.push_back({it->path(), it->last_write_time(ignored), it->file_size(ignored)});
  }
  std::sort(stamps.begin(), stamps.end(), [](const Stamp& a, const Stamp& b) { return a.file < b.file; });
  return stamps;
}

FlowWatcher::Poll FlowWatcher::poll() {
  // Looked at before reading: a change in between is seen by the next poll.
  auto stamps = look();
  if (seen_ && *seen_ == stamps) return {};
  seen_ = std::move(stamps);
  auto loaded = load(dir_, context_);
  if (!loaded) return {.reloaded = false, .problems = std::move(loaded.error())};
  book_ = std::make_shared<const call::FlowBook>(std::move(*loaded));
  return {.reloaded = true, .problems = {}};
}

}  // namespace hotline::flows
