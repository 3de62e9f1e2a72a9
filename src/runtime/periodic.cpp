// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "runtime/periodic.hpp"

#include <exception>
#include <utility>

namespace hotline::runtime {

Periodic::Periodic(Config config, const Clock& clock, Work work, Failed failed)
    : every_(config.every), work_(std::move(work)), failed_(std::move(failed)) {
  Strand::DueHook hook;
  hook.next_due = [this]() -> std::optional<TimePoint> { return next_; };
  hook.run = [this](TimePoint now) { run(now); };
  strand_ = std::make_unique<Strand>(Strand::Config{std::move(config.name), 16}, clock, std::move(hook));
}

Periodic::~Periodic() {
  strand_->stop();
  strand_->join();
}

void Periodic::run(TimePoint now) {
  next_ = now + every_;
  try {
    if (work_(now)) next_ = now;
    failing_ = false;
  } catch (const std::exception& error) {
    if (!std::exchange(failing_, true)) failed_(error.what());
  }
}

}  // namespace hotline::runtime
