// SPDX-License-Identifier: Apache-2.0
// Voice nodes of one core make ids of their own (docs/adr/0007): each has a number in them, made from its name, so that
// two that were started in the same second stay apart. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.hpp"

namespace hotline {

/// 1 to 127. Two names may have the same: the core refuses a configuration in which they do.
[[nodiscard]] constexpr IdMaker::Origin origin_of_node(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a: the same on every machine and in every version
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return static_cast<IdMaker::Origin>(1 + hash % 127);
}

}  // namespace hotline
