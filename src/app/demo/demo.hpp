// SPDX-License-Identifier: Apache-2.0
// The demonstration world: the hotline of Lanhai (澜海), a coastal city that does not exist. Pure: the same seed and
// options give the same world on every machine. Nobody in it is real: names are drawn by chance, the area code 0590 and
// the mobile prefixes 142 and 143 are assigned to nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/ports/store.hpp"
#include "app/records.hpp"

namespace hotline::app::demo {

struct DemoOptions {
  TimePoint now{};  ///< customers came during the twenty-five years before it
  std::size_t customers = 2000;
  /// The stored password hash of an account, made by the caller (who also shows the accounts). Empty: no one can sign
  /// in.
  std::function<std::string(const Agent&)> password_hash;
};

struct Demo {
  World world;
  std::vector<Customer> customers;
};

/// Service lines 1000, 112, 114, 170, 180, 189; queues general, fault, directory, self_service, complaint, order;
/// agents 8001-8150 in three teams, supervisors 8901-8903, administrator 8999 (user names are the staff numbers).
[[nodiscard]] Demo make_demo(std::uint64_t seed, const DemoOptions& options);

}  // namespace hotline::app::demo
