// SPDX-License-Identifier: Apache-2.0
// Reconciles one local day of the recording ledger (docs/adr/0023) with what the store has. Any thread; reads the store
// contact by contact, seconds for a busy day.
#pragma once

#include <chrono>
#include <string>

#include "app/ports/store.hpp"

namespace hotline::ledger {

/// Contacts that began on `day` and are over. `day` must be one (app::range_of_day). Throws StoreError.
[[nodiscard]] app::PutLedgerDay reconcile_day(app::Store& store, const std::string& day,
                                              std::chrono::minutes utc_offset, TimePoint now);

}  // namespace hotline::ledger
