// SPDX-License-Identifier: Apache-2.0
// A store with years of work orders, contacts and customers in it, loaded in pieces that may be broken off.
#pragma once

#include <string>

#include "app/ports/orders.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::bench {

struct LoadSize {
  std::uint64_t orders = 2'000'000, contacts = 16'800'000, customers = 400'000;
  friend bool operator==(const LoadSize&, const LoadSize&) = default;
};

/// What stands where, so that whoever measures can ask for what is there.
[[nodiscard]] WorkOrderId loaded_order(const LoadSize& size, std::uint64_t index);
[[nodiscard]] std::string loaded_phone(std::uint64_t customer);
[[nodiscard]] std::string loaded_name(std::uint64_t customer);
/// Some words of titles that are searched for.
[[nodiscard]] std::string loaded_title(std::uint64_t index);
/// The time at which the loaded years end.
[[nodiscard]] TimePoint loaded_until();

/// Loads what is missing, at most for `minutes`. True when all is there and indexed. Says on stderr how far it is.
bool load_store(const std::string& url, const LoadSize& size, const workorder::TypeBook& types, double minutes);

}  // namespace hotline::bench
