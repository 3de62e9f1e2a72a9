// SPDX-License-Identifier: Apache-2.0
// Bodies of the watchdog's differences and of the recording ledger, named as in openapi.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/api/wire.hpp"
#include "app/records.hpp"
#include "app/wallboard_settings.hpp"

namespace hotline::api {

struct DifferenceBody {
  TimePoint at_ms{};
  std::string kind;
  std::optional<std::string> node;
  std::optional<ContactId> contact_id;
  std::optional<LegId> leg_id;
  std::optional<AgentId> agent_id;
  std::optional<std::string> phone;
  std::string cause, repair;
};
BOOST_DESCRIBE_STRUCT(DifferenceBody, (), (at_ms, kind, node, contact_id, leg_id, agent_id, phone, cause, repair))
[[nodiscard]] DifferenceBody body_of(const app::StoredDifference& row);

struct LedgerDayBody {
  std::string day;
  TimePoint reconciled_ms{};
  std::int64_t calls = 0, complete = 0, due_ms = 0, recorded_ms = 0, paused_ms = 0;
};
BOOST_DESCRIBE_STRUCT(LedgerDayBody, (), (day, reconciled_ms, calls, complete, due_ms, recorded_ms, paused_ms))
[[nodiscard]] LedgerDayBody body_of(const app::LedgerDay& row);

struct LedgerGapBody {
  ContactId contact_id;
  TimePoint from_ms{}, to_ms{};
  std::string cause;
  std::optional<std::string> detail;  ///< what the voice node said of it
};
BOOST_DESCRIBE_STRUCT(LedgerGapBody, (), (contact_id, from_ms, to_ms, cause, detail))
[[nodiscard]] LedgerGapBody body_of(const app::LedgerGap& row);

struct LedgerDayGapsBody {
  LedgerDayBody day;
  std::vector<LedgerGapBody> gaps;
};
BOOST_DESCRIBE_STRUCT(LedgerDayGapsBody, (), (day, gaps))

}  // namespace hotline::api
