// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/order_script.hpp"

#include "app/demo/organisation.hpp"

namespace hotline::sim {

OrderScript order_month(workorder::TypeBook types, workorder::HashFunction sha256) {
  using std::chrono::sys_days;
  using std::chrono::year;
  OrderScript script;
  // From 2026-09-21 in the city (UTC+8): Mid-Autumn and the National Day lie in it.
  script.begins = TimePoint{sys_days{year{2026} / 9 / 21}} - std::chrono::hours{8};
  script.organisation = app::demo::make_organisation(1, {}).organisation;
  script.types = std::move(types);
  script.sha256 = std::move(sha256);
  return script;
}

OrderScript small_order_world(std::uint64_t seed, workorder::TypeBook types, workorder::HashFunction sha256) {
  OrderScript script = order_month(std::move(types), std::move(sha256));
  script.seed = seed;
  script.begins += std::chrono::days{8};  // into the holidays at once
  script.days = std::chrono::days{10};
  script.product_orders = script.fault_reports = 20;
  script.complaints = 25;
  script.others = 5;
  script.agents = 8;
  script.supervisors = script.quality = 2;
  script.department_crashes_every = std::chrono::hours{30};
  script.core_dies_every = std::chrono::hours{2};
  script.store_fails = 0.01;
  script.race = 0.05;
  OrderHabits& h = script.habits;
  h.rejected = h.transferred = h.extension_asked = h.given_back = h.waits_for_customer = 0.12;
  h.unsatisfied = h.not_passed = h.repeated = h.chased = h.reopened = h.noted = h.handed_over = h.withdrawn = 0.12;
  h.co_handled = h.late = 0.25;
  h.unreached = 0.3;
  return script;
}

}  // namespace hotline::sim
