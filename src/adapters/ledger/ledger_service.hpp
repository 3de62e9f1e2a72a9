// SPDX-License-Identifier: Apache-2.0
// The thread on which the ledger's passes run, and the backlog as it was seen last.
#pragma once

#include <memory>
#include <mutex>

#include "adapters/ledger/ledger_passes.hpp"
#include "runtime/clock.hpp"
#include "runtime/strand.hpp"

namespace hotline::ledger {

class LedgerService {
 public:
  /// Everything referred to must outlive the service.
  LedgerService(Config config, app::Store& store, app::VoicePort& voice, const runtime::Clock& clock,
                std::function<bool()> room_is_low);
  ~LedgerService();
  LedgerService(const LedgerService&) = delete;
  LedgerService& operator=(const LedgerService&) = delete;

  /// Any thread. At most backlog_every old.
  [[nodiscard]] std::vector<app::RecordingBacklog> backlog() const;

 private:
  void run(TimePoint now);

  static constexpr Duration backlog_every{10'000};
  LedgerPasses passes_;
  app::Store& store_;
  TimePoint next_{}, next_backlog_{};  // on the strand
  bool failing_ = false;               // on the strand
  mutable std::mutex mutex_;
  std::vector<app::RecordingBacklog> backlog_;  // guarded by mutex_
  std::unique_ptr<runtime::Strand> strand_;
};

}  // namespace hotline::ledger
