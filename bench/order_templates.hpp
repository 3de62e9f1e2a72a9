// SPDX-License-Identifier: Apache-2.0
// Lives of work orders to be copied a million times: made by the product itself in simulated weeks, taken apart once so
// that a copy with its own id, times, customer and words costs no more than putting text together and hashing it.
#pragma once

#include <string>
#include <vector>

#include "app/ports/orders.hpp"
#include "domain/workorder/chain.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::bench {

/// Stored JSON with the places that each order has its own words for.
class TextTemplate {
 public:
  TextTemplate() = default;
  /// `text` belongs to the order `id`. Numbers of thirteen digits are times (Unix milliseconds).
  TextTemplate(const std::string& text, WorkOrderId id);

  struct Values {
    std::string id, customer, contact, person, phone, title;
    Duration later{};  ///< than in the template
  };
  void write(std::string& out, const Values& values) const;

 private:
  enum class Kind : std::uint8_t { nothing, id, time, customer, contact, person, phone, title };
  struct Piece {
    std::string before;
    Kind kind = Kind::nothing;
    std::int64_t time_ms = 0;
  };
  std::vector<Piece> pieces_;
};

/// One order as it stands after some of its commits.
class OrderTemplate {
 public:
  struct Copy {
    WorkOrderId id;
    TimePoint created_at{};
    CustomerId customer;
    ContactId contact;
    std::string person, phone, title, command_prefix;
  };
  /// `commits`: of one order, in order; the writes of others in them are left out.
  /// `types` must outlive it.
  OrderTemplate(const std::vector<app::OrderCommit>& commits, WorkOrderId id, const workorder::TypeBook& types);

  [[nodiscard]] bool closed() const { return row_.closed; }
  /// The commit that makes the copy at once, and the ids of its further commands.
  [[nodiscard]] app::OrderCommit copy(const Copy& as, const workorder::HashFunction& sha256,
                                      std::vector<app::OrderCommand>& commands) const;

 private:
  struct Line {
    workorder::SealedEvent line;
    TextTemplate data;
  };
  struct Entry {
    app::OutboxEntry entry;
    TextTemplate body;
  };
  struct Command {
    std::int64_t version = 0;
    TimePoint at{};
  };
  const workorder::Type* type_ = nullptr;
  app::OrderRow row_;
  TextTemplate document_;
  std::string number_prefix_;  ///< of the type alone: "TS"
  std::vector<Line> lines_;
  std::vector<Entry> outbox_;
  std::vector<app::OrderPart> parts_;
  std::optional<TimePoint> next_due_;
  std::vector<Command> commands_;
};

struct OrderTemplates {
  std::vector<OrderTemplate> closed, open;
};
/// Some hundreds of each, in the proportions of the seed's month.
[[nodiscard]] OrderTemplates make_order_templates(const workorder::TypeBook& types,
                                                  const workorder::HashFunction& sha256);

}  // namespace hotline::bench
