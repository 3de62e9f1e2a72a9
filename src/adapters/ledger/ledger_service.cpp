// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/ledger/ledger_service.hpp"

#include <spdlog/spdlog.h>

namespace hotline::ledger {

LedgerService::LedgerService(Config config, app::Store& store, app::VoicePort& voice, const runtime::Clock& clock,
                             std::function<bool()> room_is_low)
    : passes_(std::move(config), store, voice, std::move(room_is_low)), store_(store) {
  runtime::Strand::DueHook hook;
  hook.next_due = [this]() -> std::optional<TimePoint> { return next_; };
  hook.run = [this](TimePoint now) { run(now); };
  strand_ = std::make_unique<runtime::Strand>(runtime::Strand::Config{.name = "ledger", .mailbox_max = 16}, clock,
                                              std::move(hook));
}

LedgerService::~LedgerService() {
  strand_->stop();
  strand_->join();
}

void LedgerService::run(TimePoint now) {
  next_ = now + passes_.config().pass_every;
  try {
    passes_.pass(now);
    if (now >= next_backlog_) {
      next_backlog_ = now + backlog_every;
      auto backlog = store_.recording_backlog();
      const std::lock_guard lock(mutex_);
      backlog_ = std::move(backlog);
    }
    failing_ = false;
  } catch (const app::StoreError& error) {
    if (!std::exchange(failing_, true)) spdlog::warn("the ledger of recordings waits for the store: {}", error.what());
  }
}

std::vector<app::RecordingBacklog> LedgerService::backlog() const {
  const std::lock_guard lock(mutex_);
  return backlog_;
}

}  // namespace hotline::ledger
