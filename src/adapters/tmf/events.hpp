// SPDX-License-Identifier: Apache-2.0
// Changes as TM Forum's events: which events a change is, their envelope, and whom they concern. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "adapters/tmf/json.hpp"
#include "adapters/tmf/query.hpp"
#include "adapters/tmf/status.hpp"

namespace hotline::tmf {

/// The topics that are always there: one for each API, and one for topics themselves.
[[nodiscard]] const std::vector<std::string>& own_topics();

/// An event before it has its topics and listeners.
struct Happening {
  std::string topic, type;
  TimePoint at{};
  Object body;  ///< the envelope, without its eventId
};

/// What a line of an order's history is to the outside: nothing, or up to three events (created; status; resolved or
/// waiting for information; attribute). `resource`: the order after it.
[[nodiscard]] std::vector<Happening> order_happenings(OrderKind kind, const std::string& status_before,
                                                      const workorder::Event& event, const std::string& status_after,
                                                      const Object& resource);

/// Of appointment, contact, searchTimeSlot, cancelWorkOrder and topic. `was` and `is_now` as in TmfChange.
[[nodiscard]] std::vector<Happening> happenings(const app::TmfChange& change, const Object& resource);

/// The names of events in the envelope: {"eventType", "eventTime", …, "event": {"troubleTicket": …}}.
[[nodiscard]] Object envelope(const std::string& type, TimePoint at, const std::string& entity, const Object& resource);
/// With its id, as it leaves.
[[nodiscard]] Object event_of(const app::TmfEvent& event);

/// A topic of a client's own: events by header and by content.
struct TopicFilter {
  std::string id;
  EventFilter header, content;
};
[[nodiscard]] Result<TopicFilter, Refusal> topic_filter(const app::TmfResource& topic);
/// A listener with its query.
struct Listener {
  std::int64_t id = 0;
  std::string topic;
  EventFilter filter;
};
[[nodiscard]] app::TmfDraft draft_of(const Happening& happening, const std::vector<TopicFilter>& topics,
                                     const std::vector<Listener>& listeners);

}  // namespace hotline::tmf
