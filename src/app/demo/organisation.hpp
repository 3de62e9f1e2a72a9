// SPDX-License-Identifier: Apache-2.0
// The departments of the demonstration city's telephone company, who works there, and when. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "app/demo/demo.hpp"
#include "app/ports/orders.hpp"

namespace hotline::app::demo {

struct DemoOrganisation {
  Organisation organisation;
  std::vector<Agent> staff;  ///< of the departments: they take no calls
};

/// Staff 8201-8242 (user names are the staff numbers); 8201 answers the general manager's line. In each department the
/// first is its head, the second its service supervisor, the others its people. Calendars: business, shifts.
[[nodiscard]] DemoOrganisation make_organisation(std::uint64_t seed, const DemoOptions& options);

}  // namespace hotline::app::demo
