// SPDX-License-Identifier: Apache-2.0
// The store's port for the TM Forum APIs: listeners and what is to be delivered to them, and pages with their totals.
// SQLite and PostgreSQL pass the same contract tests (tests/adapters/store). Any thread.
//
// A change of an order, an appointment or a contact is noted in its own transaction while anybody listens (tmf_change);
// publish() turns notes into events, take and give back by event: so an event leaves at least once, and none is lost.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/ports/appointments.hpp"
#include "app/ports/orders.hpp"

namespace hotline::app {

/// Totals are exact up to here, and no page begins later: a count must not read sixteen million rows.
inline constexpr std::uint32_t kTmfTotalMost = 100'000;

struct TmfHub {
  std::int64_t id = 0;          ///< given by the store
  std::string topic, callback;  ///< of the callback: scheme, host and path
  std::string query;            ///< as the listener gave it
  std::string base_url;         ///< under which it knows this server
  AgentId owner{};
  TimePoint created_at{};
  std::int64_t tries = 0;  ///< failed in a row
  TimePoint next_try{};
  std::string trouble;  ///< of the last attempt; empty: none
  friend bool operator==(const TmfHub&, const TmfHub&) = default;
};

struct TmfChange {
  std::int64_t id = 0;
  std::string kind;  ///< order, appointment, contact; or of a TmfResource
  std::uint64_t object = 0;
  std::int64_t seq = 0;  ///< of an order: the line of its history
  TimePoint at{};
  /// The state before (empty: new) and after (empty: gone); of a TmfResource its whole body, which may be gone by then.
  std::string was, is_now;
  friend bool operator==(const TmfChange&, const TmfChange&) = default;
};

struct TmfEvent {
  std::int64_t id = 0;  ///< given by the store, rising
  std::string type;
  TimePoint at{};
  std::string body;  ///< JSON object
  friend bool operator==(const TmfEvent&, const TmfEvent&) = default;
};
/// An event before it is stored.
struct TmfDraft {
  TmfEvent event;
  std::vector<std::string> topics;  ///< it belongs to
  std::vector<std::int64_t> hubs;   ///< it is to be delivered to
};

/// A document of these APIs' own.
struct TmfResource {
  std::string kind;
  std::uint64_t id = 0;
  TimePoint created_at{};
  std::string body;  ///< JSON object
  friend bool operator==(const TmfResource&, const TmfResource&) = default;
};

/// An interaction that another system recorded.
struct TmfInteraction {
  std::uint64_t id = 0;
  TimePoint started_at{};
  std::string channel, direction, reason;
  std::optional<CustomerId> customer{};
  bool ended = true;
  AgentId made_by{};
  std::string body;  ///< JSON object
  friend bool operator==(const TmfInteraction&, const TmfInteraction&) = default;
};

template <class Row>
struct TmfPage {
  std::vector<Row> rows;
  std::uint32_t total = 0;  ///< of all pages, at most kTmfTotalMost
};
struct TmfPaging {
  std::uint32_t offset = 0, limit = 50;
};

/// Begin included, end not.
struct TmfSpan {
  std::optional<TimePoint> from{}, to{};
};

struct TmfOrderQuery {
  /// One way to be in a status: a state of a type, and what else is asked of the order.
  struct Case {
    std::string type, state;
    std::optional<bool> waiting{};  ///< for the customer
    std::optional<bool> replied{};  ///< a department has replied
  };
  std::vector<std::string> types;            ///< one of these
  std::optional<std::vector<Case>> cases{};  ///< one of these; empty: none fits
  std::optional<WorkOrderId> id{};
  std::string number{};
  std::optional<CustomerId> customer{};
  std::optional<ContactId> contact{};
  std::optional<AgentId> owner{};  ///< of open ones
  std::optional<bool> urgent{};
  std::string department{};  ///< has a part in it; open orders only
  TmfSpan created{}, changed{};
  /// Only open orders which these departments have a part in or this person owns.
  struct Visible {
    std::vector<std::string> departments;
    AgentId owner;
  };
  std::optional<Visible> visible{};
  TmfPaging page{};
};

/// Of contacts and of what other systems recorded.
struct TmfContactQuery {
  std::optional<ContactId> id{};   ///< a contact's
  std::optional<AgentId> agent{};  ///< has a part in it, or recorded it
  std::optional<CustomerId> customer{};
  std::optional<bool> ended{};
  std::string direction{}, channel{}, reason{};
  TmfSpan started{};
  TmfPaging page{};
};

struct TmfAppointmentQuery {
  std::vector<std::string> states{};  ///< one of these; empty: any
  std::optional<appointment::AppointmentId> id{};
  std::optional<WorkOrderId> order{};
  std::optional<CustomerId> customer{};
  std::string area{};
  TmfSpan begins{}, created{};
  TmfPaging page{};
};

class TmfStore {
 public:
  virtual ~TmfStore() = default;

  // -- pages, newest first (orders in a span of changes: the latest changed first; appointments: by their begin)
  virtual TmfPage<OrderRow> order_page(const TmfOrderQuery& query) = 0;  ///< with their documents
  virtual TmfPage<std::variant<Contact, TmfInteraction>> interaction_page(const TmfContactQuery& query) = 0;
  virtual TmfPage<AppointmentRow> appointment_page(const TmfAppointmentQuery& query) = 0;

  // -- listeners
  virtual std::int64_t add_hub(const TmfHub& hub) = 0;
  virtual std::optional<TmfHub> hub(std::int64_t id) = 0;
  virtual std::vector<TmfHub> hubs(const std::string& topic) = 0;  ///< by id; topic empty: of all
  /// With what was still to be delivered. False: there is none.
  virtual bool drop_hub(std::int64_t id) = 0;

  // -- from changes to events
  virtual std::vector<TmfChange> changes(std::uint32_t limit) = 0;  ///< oldest first
  /// Takes the changes that are still there and stores, for each of them alone, its events. One transaction.
  virtual void publish(const std::vector<std::pair<TmfChange, std::vector<TmfDraft>>>& made) = 0;
  /// An event that no change of ours is behind. Its id.
  virtual std::int64_t publish_now(const TmfDraft& draft) = 0;
  virtual TmfPage<TmfEvent> events(const std::string& topic, TmfPaging page) = 0;  ///< newest first
  virtual std::optional<TmfEvent> event(const std::string& topic, std::int64_t id) = 0;

  // -- delivery
  /// The listener that waits longest and is due; this caller's until `until`.
  virtual std::optional<TmfHub> claim_hub(TimePoint now, TimePoint until) = 0;
  virtual std::vector<TmfEvent> to_deliver(std::int64_t hub, std::uint32_t limit) = 0;  ///< by id
  /// Ends the lease. `accepted`: delivered events. With `trouble` the next attempt is at `next_try`.
  virtual void settle_hub(std::int64_t hub, const std::vector<std::int64_t>& accepted, TimePoint next_try,
                          const std::string& trouble) = 0;
  /// Listeners whose oldest waiting event is older.
  virtual std::vector<TmfHub> hubs_behind(TimePoint before) = 0;
  /// Events before this that wait for nobody, and resources of a kind.
  virtual void forget(TimePoint before, const std::string& resource_kind, TimePoint resources_before) = 0;

  // -- documents. Each change is noted for listeners, with the whole body before and after.
  virtual void put_resource(const TmfResource& resource, TimePoint now) = 0;
  virtual std::optional<TmfResource> resource(const std::string& kind, std::uint64_t id) = 0;
  virtual TmfPage<TmfResource> resources(const std::string& kind, TmfPaging page) = 0;  ///< newest first
  virtual void put_interaction(const TmfInteraction& interaction, TimePoint now) = 0;
  virtual std::optional<TmfInteraction> interaction(std::uint64_t id) = 0;
  virtual bool drop_resource(const std::string& kind, std::uint64_t id, TimePoint now) = 0;
};

}  // namespace hotline::app
