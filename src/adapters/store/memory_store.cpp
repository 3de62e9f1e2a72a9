// SPDX-License-Identifier: Apache-2.0
// The in-memory store: writing. Reading is in memory_store_reads.cpp.
#include "adapters/store/memory_store.hpp"

#include <algorithm>
#include <future>

#include "adapters/store/changes.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {

struct MemoryStore::Apply {
  MemoryStore& store;

  void operator()(app::Contact c) const {
    const auto old = store.contacts_.find(c.id);
    if (old != store.contacts_.end()) {  // the wrap-up is PutWrapUp's alone
      c.reason_code = old->second.reason_code;
      c.result_code = old->second.result_code;
      c.note = old->second.note;
    }
    store.contacts_[c.id] = std::move(c);
  }
  void operator()(const app::Leg& leg) const { store.legs_[leg.id] = leg; }
  void operator()(const app::ContactEvent& event) const {
    store.events_.try_emplace({event.contact, event.seq}, event);
  }
  void operator()(app::Recording recording) const {
    app::Recording& row = store.recordings_[recording.id];
    recording.ledger = std::move(row.ledger);
    row = std::move(recording);
  }
  void operator()(const app::LiveCall& call) const { store.live_calls_[call.id] = call; }
  void operator()(const app::DropLiveCall& drop) const { store.live_calls_.erase(drop.id); }
  void operator()(const app::LiveAgent& agent) const { store.live_agents_[agent.id] = agent; }
  void operator()(const app::NodeCursor& cursor) const { store.cursors_[cursor.node] = cursor; }
  void operator()(const app::Session& session) const { store.sessions_[session.token_hash] = session; }
  void operator()(const app::DropSession& drop) const { store.sessions_.erase(drop.token_hash); }
  void operator()(const app::DropExpiredSessions& drop) const {
    std::erase_if(store.sessions_, [&](const auto& entry) { return entry.second.expires_at <= drop.now; });
  }
  void operator()(const app::SipMessage& message) const {
    const auto same = [&](const app::SipMessage& m) {
      return m.contact == message.contact && m.leg == message.leg && m.seq == message.seq;
    };
    if (std::none_of(store.sip_messages_.begin(), store.sip_messages_.end(), same))
      store.sip_messages_.push_back(message);
  }
  void operator()(const app::DropSipMessages& drop) const {
    std::erase_if(store.sip_messages_,
                  [&](const app::SipMessage& m) { return m.at_us < to_unix_ms(drop.before) * 1000; });
  }
  void operator()(const app::AddAudit& add) const { store.audit_.push_back(add.entry); }
  void operator()(const app::PutWrapUp& wrap_up) const {
    const auto contact = store.contacts_.find(wrap_up.contact);
    if (contact == store.contacts_.end()) return;
    contact->second.reason_code = wrap_up.reason_code;
    contact->second.result_code = wrap_up.result_code;
    contact->second.note = wrap_up.note;
    if (wrap_up.agent)
      (*this)(app::PutNotes{wrap_up.contact, wrap_up.agent, wrap_up.reason_code, wrap_up.result_code, wrap_up.note});
  }
  void operator()(app::ContactPart part) const {
    app::ContactPart& row = store.parts_[{part.contact, part.agent}];
    if (row.contact) {  // what is written is PutNotes' and PutWrapUp's alone
      part.reason_code = row.reason_code;
      part.result_code = row.result_code;
      part.note = row.note;
    }
    row = std::move(part);
  }
  void operator()(const app::PutNotes& notes) const {
    const auto part = store.parts_.find({notes.contact, notes.agent});
    if (part == store.parts_.end()) return;
    part->second.reason_code = notes.reason_code;
    part->second.result_code = notes.result_code;
    part->second.note = notes.note;
  }
  void operator()(const app::SetAgentDevice& set) const {
    const auto agent = store.agents_.find(set.agent);
    if (agent == store.agents_.end()) return;
    agent->second.device = set.device;
    agent->second.sip_contact = set.sip_contact;
  }
  void operator()(const app::PutRecordingEnd& change) const { store.put(change); }
  void operator()(const app::PutRecordingArchived& change) const { store.put(change); }
  void operator()(const app::PutRecordingFileGone& change) const { store.put(change); }
  void operator()(const app::PutRecordingTrouble& change) const { store.put(change); }
  void operator()(const app::SetRecordingHold& change) const { store.put(change); }
  void operator()(const app::AskRecordingDeletion& change) const { store.put(change); }
  void operator()(const app::SetSipAccount& set) const {
    const auto agent = store.agents_.find(set.agent);
    if (agent != store.agents_.end()) agent->second.sip_account = set.account;
  }
  void operator()(const app::PutQueue& put) const { store.queues_[put.queue.id] = put.queue; }
  void operator()(const app::PutSkill& put) const { store.skills_[put.skill.id] = put.skill; }
  void operator()(const app::PutLineOperation& put) const {
    const auto line = store.service_lines_.find(put.line);
    if (line != store.service_lines_.end()) line->second.operation = put.operation;
  }
  void operator()(const app::PutRoutingRules& put) const { store.routing_rules_ = put.rules; }
  void operator()(const app::StoredDifference& row) const { store.differences_.push_back(row); }
  void operator()(const app::DropDifferences& drop) const {
    std::erase_if(store.differences_, [&](const auto& row) { return row.at < drop.before; });
  }
  void operator()(const app::PutLedgerDay& put) const { store.ledger_days_[put.day.day] = put; }
  void operator()(const app::PutWallboardSettings& put) const { store.wallboard_settings_ = put.settings; }
  void operator()(const app::SetAgentRouting& set) const {
    const auto agent = store.agents_.find(set.agent);
    if (agent == store.agents_.end()) return;
    agent->second.queues = set.queues;
    agent->second.skills = set.skills;
  }
};

MemoryStore::MemoryStore(Mode mode, std::size_t queue_max) : mode_(mode), queue_max_(queue_max) {
  if (mode_ == Mode::threaded) thread_ = std::thread([this] { loop(); });
}

MemoryStore::~MemoryStore() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MemoryStore::loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closing_ || (!waiting_.empty() && !problem_); });
      if (waiting_.empty() || problem_) return;
    }
    commit();
  }
}

std::size_t MemoryStore::commit(std::size_t batches_max) {
  std::deque<Waiting> group;
  {
    const std::lock_guard lock(mutex_);
    while (!problem_ && !waiting_.empty() && group.size() < batches_max) {
      group.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      for (const app::Change& change : group.back().batch) std::visit(Apply{*this}, change);
    }
    in_commit_ = group.size();
  }
  for (const Waiting& item : group)
    if (item.committed) item.committed();
  {
    const std::lock_guard lock(mutex_);
    in_commit_ = 0;
  }
  changed_.notify_all();
  return group.size();
}

std::size_t MemoryStore::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void MemoryStore::set_problem(std::optional<Problem> problem) {
  {
    const std::lock_guard lock(mutex_);
    problem_ = std::move(problem);
  }
  changed_.notify_all();
}

Result<void, Problem> MemoryStore::health() const {
  const std::lock_guard lock(mutex_);
  if (problem_) return fail(*problem_);
  return {};
}

bool MemoryStore::write(app::Batch&& batch, std::function<void()> committed) {
  check_text(batch);
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || held() >= queue_max_) return false;
    waiting_.push_back({std::move(batch), std::move(committed)});
  }
  changed_.notify_all();
  return true;
}

void MemoryStore::write_and_wait(app::Batch batch) {
  check_text(batch);
  const auto done = std::make_shared<std::promise<void>>();
  {
    std::unique_lock lock(mutex_);
    if (mode_ == Mode::threaded) changed_.wait(lock, [&] { return closing_ || held() < queue_max_; });
    if (closing_) throw app::StoreError("the store is closed");
    waiting_.push_back({std::move(batch), [done] { done->set_value(); }});
  }
  changed_.notify_all();
  if (mode_ == Mode::manual) {
    commit();
    if (auto healthy = health(); !healthy) throw app::StoreError(healthy.error().what);
  }
  done->get_future().get();
}

std::uint64_t MemoryStore::next_epoch() {
  const std::lock_guard lock(mutex_);
  return ++epoch_;
}

namespace {

/// Throws StoreError when two ids of `rows` share what `key` gives: the databases' unique columns.
template <class Rows, class Key>
void require_unique(const Rows& rows, Key key, const char* what) {
  std::map<std::string, std::uint64_t> seen;
  for (const auto& [id, row] : rows)
    if (!seen.try_emplace(key(row), id.value()).second)
      throw app::StoreError(std::string(what) + " is taken by another id");
}

}  // namespace

void MemoryStore::save_world(const app::World& world) {
  const std::lock_guard lock(mutex_);
  auto lines = service_lines_;
  auto queues = queues_;
  auto skills = skills_;
  auto agents = agents_;
  for (const auto& line : world.service_lines) lines[line.id] = line;
  for (const auto& queue : world.queues) queues[queue.id] = queue;
  for (const auto& skill : world.skills) skills[skill.id] = skill;
  for (const auto& agent : world.agents) agents[agent.id] = agent;
  require_unique(
      lines, [](const auto& row) { return row.code; }, "a service line's code");
  require_unique(
      queues, [](const auto& row) { return row.code; }, "a queue's code");
  require_unique(
      skills, [](const auto& row) { return row.code; }, "a skill's code");
  require_unique(
      agents, [](const auto& row) { return row.number; }, "a staff number");
  require_unique(
      agents, [](const auto& row) { return row.username; }, "a user name");
  for (const auto& [id, agent] : agents) {
    for (const QueueId queue : agent.queues)
      if (!queues.contains(queue)) throw app::StoreError("agent " + agent.number + " is in an unknown queue");
    for (const auto& [skill, level] : agent.skills)
      if (!skills.contains(skill) || level < 1 || level > 9)
        throw app::StoreError("agent " + agent.number + " has an unknown skill or level");
  }
  service_lines_ = std::move(lines);
  queues_ = std::move(queues);
  skills_ = std::move(skills);
  agents_ = std::move(agents);
  if (!world.routing_rules.empty()) routing_rules_ = world.routing_rules;
  if (!world.wallboard.empty()) wallboard_settings_ = world.wallboard;
  for (const auto& reason : world.reasons) reasons_[{reason.kind, reason.service_line, reason.code}] = reason;
}

void MemoryStore::save_customers(const std::vector<app::Customer>& customers) {
  const std::lock_guard lock(mutex_);
  auto all = customers_;
  for (const auto& customer : customers) {
    if (!app::storable(customer.name) || !app::storable(customer.address))
      throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
    all[customer.id] = customer;
  }
  require_unique(
      all, [](const auto& row) { return row.number; }, "a customer number");
  customers_ = std::move(all);
}

}  // namespace hotline::store
