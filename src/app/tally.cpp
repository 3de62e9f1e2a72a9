// SPDX-License-Identifier: Apache-2.0
#include "app/tally.hpp"

namespace hotline::app {
namespace {

/// Ends a running stretch at `at` and adds it to `sum`.
void close(std::optional<TimePoint>& since, Duration& sum, TimePoint at) {
  if (!since) return;
  if (at > *since) sum += at - *since;
  since.reset();
}

}  // namespace

void Tally::add(std::string_view type, TimePoint at) {
  newest = at;
  if (type == "arrived" || type == "dialled" || type == "call_back") {
    arrived = at;
    was_dialled = type != "arrived";
  } else if (type == "answered") {
    answered = at;
  } else if (type == "queued" || type == "back_to_queue") {
    was_queued = true;
    was_refused = false;
    close(held_since, hold, at);
    close(talking_since, talk, at);
    close(consulting_since, consult, at);
    if (!waiting_since) waiting_since = at;
  } else if (type == "queue_refused" || type == "queue_exit") {
    was_refused = true;
    close(waiting_since, wait, at);
  } else if (type == "transfer" || type == "agent_lost") {
    close(held_since, hold, at);
    close(talking_since, talk, at);
    close(consulting_since, consult, at);
    if (type == "transfer" && !waiting_since) waiting_since = at;
  } else if (type == "connected" || type == "reconnected" || type == "resumed") {
    if (type == "connected") was_connected = true;
    close(waiting_since, wait, at);
    close(held_since, hold, at);
    if (!talking_since) talking_since = at;
  } else if (type == "held" || type == "consult") {
    close(talking_since, talk, at);
    if (!held_since) held_since = at;
  } else if (type == "consult_connected" || type == "consult_resumed") {
    if (!consulting_since) consulting_since = at;
  } else if (type == "consult_parked" || type == "conference" || type == "consult_lost" || type == "consult_ended") {
    close(consulting_since, consult, at);
  } else if (type == "call_back_asked") {
    was_called_back = true;
  } else if (type == "node_lost") {
    node_lost = true;
  } else if (type == "ended") {
    close(waiting_since, wait, at);
    close(held_since, hold, at);
    close(talking_since, talk, at);
    close(consulting_since, consult, at);
    ended = at;
  }
}

Summary summarize(const Tally& tally, Duration short_abandon) {
  Summary summary{"live", tally.wait, tally.talk, tally.hold, tally.consult};
  if (!tally.ended) return summary;
  if (tally.was_connected) {
    summary.outcome = "answered";
  } else if (tally.node_lost) {
    summary.outcome = "lost";
  } else if (tally.was_dialled) {
    summary.outcome = "not_reached";
  } else if (tally.was_called_back) {
    summary.outcome = "called_back";
  } else if (tally.was_queued && !tally.was_refused) {
    summary.outcome = tally.wait < short_abandon ? "short_abandoned" : "abandoned";
  } else if (tally.was_queued || tally.was_refused || !tally.answered) {  // queued: and then sent away
    summary.outcome = "refused";
  } else {
    summary.outcome = "self_service";
  }
  return summary;
}

Tally tally_of(const std::vector<ContactEvent>& history) {
  Tally tally;
  for (const ContactEvent& event : history) tally.add(event.type, event.at);
  return tally;
}

}  // namespace hotline::app
