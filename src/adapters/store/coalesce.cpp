// SPDX-License-Identifier: Apache-2.0
#include "adapters/store/coalesce.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>

namespace hotline::store {
namespace {

/// A row of a table.
struct Row {
  enum class Table : std::uint8_t { contact, leg, recording, live_call, live_agent, node_cursor };
  Table table;
  std::uint64_t id = 0;
  std::string_view name{};  ///< of a node
  friend bool operator==(const Row&, const Row&) = default;
};

struct RowHash {
  std::size_t operator()(const Row& row) const {
    return std::hash<std::uint64_t>{}(row.id * 8 + static_cast<std::uint64_t>(row.table)) ^
           std::hash<std::string_view>{}(row.name);
  }
};

/// The row a change writes as a whole; nullopt for what changes part of one or must all be written.
struct RowOf {
  using Table = Row::Table;
  std::optional<Row> operator()(const app::Contact& c) const { return Row{Table::contact, c.id.value()}; }
  std::optional<Row> operator()(const app::Leg& l) const { return Row{Table::leg, l.id.value()}; }
  std::optional<Row> operator()(const app::Recording& r) const { return Row{Table::recording, r.id.value()}; }
  std::optional<Row> operator()(const app::LiveCall& c) const { return Row{Table::live_call, c.id.value()}; }
  std::optional<Row> operator()(const app::DropLiveCall& c) const { return Row{Table::live_call, c.id.value()}; }
  std::optional<Row> operator()(const app::LiveAgent& a) const { return Row{Table::live_agent, a.id.value()}; }
  std::optional<Row> operator()(const app::NodeCursor& c) const { return Row{Table::node_cursor, 0, c.node}; }
  template <class Other>
  std::optional<Row> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::vector<const app::Change*> coalesce(const std::vector<const app::Batch*>& batches) {
  std::vector<const app::Change*> changes;
  std::unordered_map<Row, std::size_t, RowHash> places;
  for (const app::Batch* batch : batches) {
    for (const app::Change& change : *batch) {
      if (const auto row = std::visit(RowOf{}, change)) {
        const auto [place, first] = places.try_emplace(*row, changes.size());
        if (!first) {
          changes[place->second] = &change;
          continue;
        }
      }
      changes.push_back(&change);
    }
  }
  return changes;
}

}  // namespace hotline::store
