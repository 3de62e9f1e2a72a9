// SPDX-License-Identifier: Apache-2.0
// The demo's accounts: passwords are made at the first start, kept beside the data (mode 0600), printed at each start.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/ports/store.hpp"
#include "base/result.hpp"
#include "main/config.hpp"

namespace hotline::main {

struct DemoAccounts {
  std::string agent, supervisor, admin;
  std::string phone;                    ///< of the SIP accounts; empty: a data folder of before there were any
  std::string partner;                  ///< of the partners' desks; empty likewise
  std::string first_phone, last_phone;  ///< their numbers; empty: none
};

/// Fills an empty store with the demo world; a store that has one keeps it. Returns the accounts' passwords.
[[nodiscard]] Result<DemoAccounts, Problem> prepare_demo(const Config& config, app::Store& store);

}  // namespace hotline::main
