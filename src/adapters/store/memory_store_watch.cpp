// SPDX-License-Identifier: Apache-2.0
// The in-memory store: differences of the watchdog and the recording ledger by day.
#include <algorithm>

#include "adapters/store/memory_store.hpp"

namespace hotline::store {
namespace {

constexpr std::size_t page_max = 1'000;

}  // namespace

std::vector<app::StoredDifference> MemoryStore::differences(TimePoint from, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::StoredDifference> out;
  for (auto row = differences_.rbegin(); row != differences_.rend(); ++row) {
    if (row->at >= from) out.push_back(*row);
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  if (out.size() > std::min<std::size_t>(limit, page_max)) out.resize(std::min<std::size_t>(limit, page_max));
  return out;
}

std::vector<app::LedgerDay> MemoryStore::ledger_days(std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::LedgerDay> out;
  for (auto day = ledger_days_.rbegin(); day != ledger_days_.rend(); ++day) {
    if (out.size() < std::min<std::size_t>(limit, page_max)) out.push_back(day->second.day);
  }
  return out;
}

std::vector<app::LedgerGap> MemoryStore::ledger_gaps(const std::string& day, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  const auto found = ledger_days_.find(day);
  if (found == ledger_days_.end()) return {};
  std::vector<app::LedgerGap> out = found->second.gaps;
  for (app::LedgerGap& gap : out) gap.day = day;
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::tie(a.from, a.contact) < std::tie(b.from, b.contact); });
  if (out.size() > std::min<std::size_t>(limit, page_max)) out.resize(std::min<std::size_t>(limit, page_max));
  return out;
}

}  // namespace hotline::store
