// SPDX-License-Identifier: Apache-2.0
// Bodies of the order desk: many orders at once, what stands where, saved views. Named as in openapi.yaml.
#pragma once

#include <boost/json.hpp>

#include "adapters/api/order_wire.hpp"

namespace hotline::api {

struct BulkActionBody {
  std::string command_id, action;
  std::vector<WorkOrderId> order_ids;
  std::optional<std::string> text, lead;
  std::optional<AgentId> agent_id;
};
BOOST_DESCRIBE_STRUCT(BulkActionBody, (), (command_id, action, order_ids, text, lead, agent_id))
inline constexpr std::size_t kBulkMost = 100;
void validate(const BulkActionBody& value, jsonmap::Report& report);

struct BulkResultBody {
  WorkOrderId order_id;
  std::optional<std::string> state;     ///< done: the order's state now
  std::optional<std::int64_t> version;  ///< done
  std::optional<std::string> code, message, field;
};
BOOST_DESCRIBE_STRUCT(BulkResultBody, (), (order_id, state, version, code, message, field))

struct StandingBody {
  std::optional<std::string> lead;
  std::string type;
  std::optional<std::string> level;
  std::int64_t open = 0, overdue = 0, at_risk = 0;
};
BOOST_DESCRIBE_STRUCT(StandingBody, (), (lead, type, level, open, overdue, at_risk))

struct ViewBody {
  std::string id, name;
  boost::json::value settings;
};
BOOST_DESCRIBE_STRUCT(ViewBody, (), (id, name, settings))
struct NewViewBody {
  std::string name;
  std::map<std::string, std::string> settings;
};
BOOST_DESCRIBE_STRUCT(NewViewBody, (), (name, settings))
void validate(const NewViewBody& value, jsonmap::Report& report);

}  // namespace hotline::api
