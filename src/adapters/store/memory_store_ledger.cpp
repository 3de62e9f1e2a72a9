// SPDX-License-Identifier: Apache-2.0
// The in-memory store: what becomes of recordings. The same rules as ledger.cpp has in SQL.
#include <algorithm>

#include "adapters/store/memory_store.hpp"

namespace hotline::store {
namespace {

constexpr std::size_t page_max = 1'000;

using Kind = app::RecordingWork::Kind;

bool is_work(const app::Recording& r, Kind kind) {
  const app::RecordingLedger& l = r.ledger;
  switch (kind) {
    case Kind::archive:
      return !l.archived_at && !l.wav_gone_at && !l.delete_asked_at && r.state != "running" && r.frames > 0;
    case Kind::clear:
      return l.archived_at && !l.wav_gone_at && !l.delete_asked_at;
    case Kind::remove:
      return l.delete_asked_at && !l.deleted_at;
  }
  return false;
}

bool has_no_file(const app::Recording& r) {
  return (r.path.empty() || r.ledger.wav_gone_at) && (r.ledger.path.empty() || r.ledger.archive_gone_at);
}

template <class T>
void cut(std::vector<T>& list, std::uint32_t limit) {
  if (list.size() > std::min<std::size_t>(limit, page_max)) list.resize(std::min<std::size_t>(limit, page_max));
}

}  // namespace

// ---- changes; the caller holds the mutex

void MemoryStore::put(const app::PutRecordingEnd& e) {
  const auto found = recordings_.find(e.id);
  if (found == recordings_.end() || !found->second.path.empty()) return;
  app::Recording& r = found->second;
  r.node = e.node;
  r.path = e.path;
  r.started_at = e.started_at;
  r.ended_at = e.ended_at;
  r.frames = e.frames;
  r.bytes = e.bytes;
  r.state = e.state;
  r.problem = e.problem;
}

void MemoryStore::put(const app::PutRecordingArchived& a) {
  const auto found = recordings_.find(a.id);
  if (found == recordings_.end()) return;
  app::RecordingLedger& l = found->second.ledger;
  l.path = a.path;
  l.format = a.format;
  l.key = a.key;
  l.sha256 = a.sha256;
  l.bytes = a.bytes;
  l.frames = a.frames;
  l.archived_at = a.at;
  l.archive_gone_at.reset();
  l.deleted_at.reset();
  l.trouble.clear();
  retries_.erase(a.id);
}

void MemoryStore::put(const app::PutRecordingFileGone& g) {
  const auto found = recordings_.find(g.id);
  if (found == recordings_.end()) return;
  app::Recording& r = found->second;
  app::RecordingLedger& l = r.ledger;
  if (r.path == g.path) l.wav_gone_at = g.at;
  if (l.path == g.path) l.archive_gone_at = g.at;
  if (r.path == g.path || l.path == g.path) {
    l.trouble.clear();
    retries_.erase(g.id);
  }
  if (l.delete_asked_at && !l.deleted_at && has_no_file(r)) l.deleted_at = g.at;
}

void MemoryStore::put(const app::PutRecordingTrouble& t) {
  const auto found = recordings_.find(t.id);
  if (found == recordings_.end()) return;
  app::RecordingLedger& l = found->second.ledger;
  if (!l.deleted_at) {
    Retry& retry = retries_[t.id];
    const auto minutes = retry.tries > 6 ? 60 : (retry.tries + 1) * (retry.tries + 1);
    l.trouble = t.trouble;
    retry.next_at = t.at + std::chrono::minutes(minutes);
    ++retry.tries;
  }
  if (t.archive_missing && !l.wav_gone_at) l.archived_at.reset();
}

void MemoryStore::put(const app::SetRecordingHold& h) {
  const auto found = recordings_.find(h.id);
  if (found == recordings_.end() || found->second.ledger.delete_asked_at) return;
  found->second.ledger.hold = h.hold;
  found->second.ledger.hold_why = h.why;
}

void MemoryStore::put(const app::AskRecordingDeletion& d) {
  const auto found = recordings_.find(d.id);
  if (found == recordings_.end()) return;
  app::RecordingLedger& l = found->second.ledger;
  if (l.hold || l.delete_asked_at || found->second.state == "running") return;
  l.delete_asked_at = d.at;
  l.delete_why = d.why;
  retries_.erase(d.id);
  if (has_no_file(found->second)) l.deleted_at = d.at;
}

// ---- reading

std::vector<app::Recording> MemoryStore::recording_work(const app::RecordingWork& work) {
  const std::lock_guard lock(mutex_);
  const auto next_at = [&](const app::Recording& r) {
    const auto retry = retries_.find(r.id);
    return retry == retries_.end() ? TimePoint{} : retry->second.next_at;
  };
  std::vector<app::Recording> out;
  for (const auto& [id, recording] : recordings_)
    if (recording.node == work.node && is_work(recording, work.kind) && next_at(recording) <= work.now)
      out.push_back(recording);
  std::sort(out.begin(), out.end(),
            [&](const auto& a, const auto& b) { return std::pair(next_at(a), a.id) < std::pair(next_at(b), b.id); });
  cut(out, work.limit);
  return out;
}

std::vector<app::RecordingAge> MemoryStore::recording_ages(const app::RecordingAgeQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<app::RecordingAge> out;
  for (const auto& [id, r] : recordings_) {
    if (r.ledger.delete_asked_at || r.ledger.hold || r.state == "running" || r.started_at >= query.before ||
        std::pair(r.started_at, id) <= std::pair(query.after_started_at, query.after))
      continue;
    const auto contact = contacts_.find(r.contact);
    const bool known = contact != contacts_.end();
    out.push_back(
        {id, r.started_at, known ? contact->second.service_line : "", known ? contact->second.reason_code : ""});
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::pair(a.started_at, a.id) < std::pair(b.started_at, b.id); });
  cut(out, query.limit);
  return out;
}

std::vector<app::RecordingBacklog> MemoryStore::recording_backlog() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, app::RecordingBacklog> nodes;
  for (const auto& [id, r] : recordings_) {
    const bool archive = is_work(r, Kind::archive), clear = is_work(r, Kind::clear), remove = is_work(r, Kind::remove);
    if (!archive && !clear && !remove) continue;
    app::RecordingBacklog& node = nodes[r.node];
    node.node = r.node;
    node.to_archive += archive ? 1 : 0;
    node.to_clear += clear ? 1 : 0;
    node.to_delete += remove ? 1 : 0;
  }
  std::vector<app::RecordingBacklog> out;
  for (auto& [name, node] : nodes) out.push_back(std::move(node));
  return out;
}

std::vector<app::Recording> MemoryStore::troubled_recordings(RecordingId before, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::Recording> out;
  for (const auto& [id, r] : recordings_)
    if ((r.state == "damaged" || !r.ledger.trouble.empty()) && (!before || id < before)) out.push_back(r);
  std::reverse(out.begin(), out.end());
  cut(out, limit);
  return out;
}

std::vector<app::Recording> MemoryStore::recordings_of_node(const std::string& node, RecordingId after,
                                                            std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::Recording> out;
  for (const auto& [id, r] : recordings_)
    if (r.node == node && id > after) out.push_back(r);
  cut(out, limit);
  return out;
}

}  // namespace hotline::store
