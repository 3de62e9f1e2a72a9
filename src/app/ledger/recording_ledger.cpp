// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/ledger/recording_ledger.hpp"

#include <algorithm>

#include "base/local_time.hpp"

namespace hotline::app {
namespace {

constexpr std::int64_t frames_per_ms = 8;

/// A stretch that one recording has sound of.
struct Covered {
  TimePoint from, to;
  const Recording* by;
};

/// From the customer's answer to the end of the contact; nullopt when nobody answered.
std::optional<std::pair<TimePoint, TimePoint>> due_of(const Contact& contact, const std::vector<ContactEvent>& events) {
  std::optional<TimePoint> answered;
  TimePoint ended = *contact.ended_at;
  for (const ContactEvent& event : events) {
    if (event.type == "answered" && !answered) answered = event.at;
    if (event.type == "ended") ended = event.at;
  }
  if (!answered || *answered >= ended) return std::nullopt;
  return std::pair{*answered, ended};
}

Duration paused_of(const std::vector<ContactEvent>& events, TimePoint end) {
  Duration sum{};
  bool paused = false;
  TimePoint since{};
  for (const ContactEvent& event : events) {
    if (event.type == "recording_paused" && !paused) {
      paused = true;
      since = event.at;
    } else if (event.type == "recording_resumed" && paused) {
      paused = false;
      sum += event.at - since;
    }
  }
  if (paused && end > since) sum += end - since;
  return sum;
}

std::string with_problem(std::string cause, const Recording* recording) {
  if (recording != nullptr && !recording->problem.empty()) cause += ": " + recording->problem;
  return cause;
}

/// Why nothing covers [from, to): `before` ended where it begins, `after` begins where it ends.
std::string cause_of(const Contact& contact, const Recording* before, const Recording* after, bool any) {
  if (!any) return "never_recorded";
  if (before == nullptr) return with_problem("began_late", after);
  const auto length = Duration{before->frames / frames_per_ms};
  const bool short_file = before->ended_at && *before->ended_at - before->started_at > length + ledger_tolerance;
  if (after != nullptr) return with_problem(short_file ? "sound_missing" : "interrupted", before);
  if (contact.end_cause == "node_lost") return with_problem("node_lost", before);
  return with_problem(short_file ? "sound_missing" : "ended_early", before);
}

}  // namespace

std::optional<LedgerEntry> reconcile(const Contact& contact, const std::vector<ContactEvent>& events,
                                     std::vector<Recording> recordings) {
  if (contact.outcome == "live" || !contact.ended_at) return std::nullopt;
  const auto due = due_of(contact, events);
  if (!due) return std::nullopt;
  const auto runs = [](const Recording& recording) { return recording.state == "running"; };
  if (std::any_of(recordings.begin(), recordings.end(), runs)) return std::nullopt;
  LedgerEntry entry;
  entry.due = due->second - due->first;
  entry.paused = std::min(paused_of(events, due->second), entry.due);
  std::sort(recordings.begin(), recordings.end(),
            [](const Recording& a, const Recording& b) { return a.started_at < b.started_at; });
  std::vector<Covered> covered;
  for (const Recording& recording : recordings) {
    const TimePoint from = std::max(recording.started_at, due->first);
    const TimePoint to = std::min(recording.started_at + Duration{recording.frames / frames_per_ms}, due->second);
    if (to > from) covered.push_back({from, to, &recording});
  }
  TimePoint reached = due->first;
  const Recording* before = nullptr;
  const auto gap_until = [&](TimePoint to, const Recording* after) {
    if (to - reached > ledger_tolerance)
      entry.gaps.push_back({{}, contact.id, reached, to, cause_of(contact, before, after, !recordings.empty())});
  };
  for (const Covered& stretch : covered) {
    if (stretch.from > reached) gap_until(stretch.from, stretch.by);
    if (stretch.to <= reached) continue;
    entry.recorded += stretch.to - std::max(stretch.from, reached);
    reached = stretch.to;
    before = stretch.by;
  }
  gap_until(due->second, nullptr);
  return entry;
}

std::string local_day(TimePoint at, std::chrono::minutes utc_offset) {
  return day_text(hotline::local_day(at, utc_offset));
}

std::optional<std::pair<TimePoint, TimePoint>> range_of_day(const std::string& day, std::chrono::minutes utc_offset) {
  const auto number = day_from(day);
  if (!number) return std::nullopt;
  const TimePoint from = midnight_of(*number, utc_offset);
  return std::pair{from, from + std::chrono::days{1}};
}

void LedgerSum::add(ContactId contact, LedgerEntry entry) {
  ++out_.day.calls;
  if (entry.complete()) ++out_.day.complete;
  out_.day.due_ms += entry.due.count();
  out_.day.recorded_ms += entry.recorded.count();
  out_.day.paused_ms += entry.paused.count();
  for (LedgerGap& gap : entry.gaps) {
    if (out_.gaps.size() == gaps_max) return;
    gap.day = out_.day.day;
    gap.contact = contact;
    out_.gaps.push_back(std::move(gap));
  }
}

}  // namespace hotline::app
