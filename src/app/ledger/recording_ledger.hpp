// SPDX-License-Identifier: Apache-2.0
// The recording ledger (requirement A4, docs/adr/0023): each second of an answered contact against its recordings.
// What had to be recorded follows from the contact's events, what was recorded from the recordings' rows. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/records.hpp"

namespace hotline::app {

/// What a contact may be off and still be complete: commands and frames take their time.
inline constexpr Duration ledger_tolerance{200};

/// One contact of the ledger.
struct LedgerEntry {
  Duration due{};               ///< from the customer's answer to the end
  Duration recorded{};          ///< of it, what a recording has
  Duration paused{};            ///< of it, recorded as silence on purpose (a card number was said)
  std::vector<LedgerGap> gaps;  ///< `day` is left to the caller; stretches within the tolerance are none
  [[nodiscard]] bool complete() const { return gaps.empty(); }
};

/// nullopt: nothing was due (nobody answered), or not everything is known yet (live, or a recording still runs).
/// The causes: never_recorded, began_late, interrupted, ended_early, sound_missing, node_lost; what the voice node said
/// of it follows after ": ".
[[nodiscard]] std::optional<LedgerEntry> reconcile(const Contact& contact, const std::vector<ContactEvent>& events,
                                                   std::vector<Recording> recordings);

/// The local day of a moment: "2026-11-23".
[[nodiscard]] std::string local_day(TimePoint at, std::chrono::minutes utc_offset);
/// [from, to) of a local day; nullopt when the text is no day.
[[nodiscard]] std::optional<std::pair<TimePoint, TimePoint>> range_of_day(const std::string& day,
                                                                          std::chrono::minutes utc_offset);

/// A day while its contacts are added up.
class LedgerSum {
 public:
  LedgerSum(std::string day, TimePoint now) {
    out_.day.day = std::move(day);
    out_.day.reconciled_at = now;
  }
  void add(ContactId contact, LedgerEntry entry);
  /// What is stored; of a great many gaps the first `gaps_max`.
  struct Result {
    LedgerDay day;
    std::vector<LedgerGap> gaps;
  };
  [[nodiscard]] const Result& result() const { return out_; }
  static constexpr std::size_t gaps_max = 10'000;

 private:
  Result out_;
};

}  // namespace hotline::app
