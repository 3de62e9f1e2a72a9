// SPDX-License-Identifier: Apache-2.0
// The expected wait after a start: the queues see once more how their heads moved and how long calls kept agents
// occupied, from the contacts of the last hour, so that callers are not told guesses because a core was replaced.
#include <algorithm>

#include "app/live/live.hpp"

namespace hotline::app {
namespace {

struct Taken {
  TimePoint waited_from, at;
  Duration handled;
};

}  // namespace

/// `recent`: oldest first, as the store has them; what is not over waits or talks still and is in calls_.
void Live::seed_estimates(const std::vector<Contact>& recent) {
  std::map<std::string, std::vector<Taken>> taken;
  for (const Contact& contact : recent) {
    if (contact.direction != "inbound" || contact.outcome != "answered" || contact.queue.empty() || !contact.ended_at)
      continue;
    const Duration handled = contact.talk + contact.hold;
    const TimePoint at = *contact.ended_at - handled;
    taken[contact.queue].push_back({at - contact.wait, at, handled});
  }
  std::map<std::string, std::vector<TimePoint>> waiting;
  for (const auto& [id, entry] : calls_) {
    if (entry.call.queued && entry.call.place) waiting[entry.call.place->queue].push_back(entry.call.place->since);
  }
  for (auto& [code, list] : taken) {
    const Queue* queue = queue_by_code(code);
    if (queue == nullptr) continue;
    std::sort(list.begin(), list.end(), [](const Taken& a, const Taken& b) { return a.at < b.at; });
    const std::vector<TimePoint>& still = waiting[code];
    // From the back: the earliest beginning of a wait that ended later.
    std::vector<TimePoint> earliest(list.size() + 1, TimePoint::max());
    if (!still.empty()) earliest[list.size()] = *std::min_element(still.begin(), still.end());
    for (std::size_t i = list.size(); i-- > 0;) earliest[i] = std::min(earliest[i + 1], list[i].waited_from);
    for (std::size_t i = 0; i < list.size(); ++i)
      acd_.observe(queue->id, list[i].at, earliest[i + 1] < list[i].at, list[i].handled);
  }
}

}  // namespace hotline::app
