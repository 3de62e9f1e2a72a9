// SPDX-License-Identifier: Apache-2.0
// doctor's look at recordings: the files of the local voice node against the ledger.
#pragma once

#include "app/ports/store.hpp"
#include "main/config.hpp"
#include "main/findings.hpp"

namespace hotline::main {

/// Every row of the ledger (up to a million, the oldest first) against its file: there, of its length; every file
/// against the ledger. Hashes cost reading: of the newest archives as many as fit into a minute.
void check_recordings(const Config& config, app::Store& store, Findings& findings);

}  // namespace hotline::main
