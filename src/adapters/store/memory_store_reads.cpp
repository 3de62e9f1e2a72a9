// SPDX-License-Identifier: Apache-2.0
// The in-memory store: reading. Says the same as the SQL, by plain search.
#include <algorithm>
#include <set>

#include "adapters/store/digits.hpp"
#include "adapters/store/memory_store.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {
namespace {

constexpr std::size_t page_max = 200;

template <class Map>
auto find_in(const Map& map, const typename Map::key_type& key) -> std::optional<typename Map::mapped_type> {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

template <class Map>
auto values_of(const Map& map) -> std::vector<typename Map::mapped_type> {
  std::vector<typename Map::mapped_type> out;
  for (const auto& [key, value] : map) out.push_back(value);
  return out;
}

/// Those that `wanted` says yes to, by start.
template <class Map, class Wanted>
auto by_start(const Map& map, Wanted wanted) -> std::vector<typename Map::mapped_type> {
  std::vector<typename Map::mapped_type> out;
  for (const auto& [key, value] : map)
    if (wanted(value)) out.push_back(value);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.started_at < b.started_at; });
  return out;
}

void require_storable(const std::string& text) {
  if (!app::storable(text)) throw app::BadText("text that is not UTF-8 or has a NUL in it is in no store");
}

std::pair<TimePoint, ContactId> age(const app::Contact& contact) {
  return {contact.started_at, contact.id};
}

}  // namespace

app::World MemoryStore::load_world() {
  const std::lock_guard lock(mutex_);
  app::World world{values_of(service_lines_), values_of(queues_), values_of(skills_), values_of(reasons_),
                   values_of(agents_),        routing_rules_,     wallboard_settings_};
  std::stable_sort(world.reasons.begin(), world.reasons.end(), [](const app::Reason& a, const app::Reason& b) {
    return std::tie(a.kind, a.position) < std::tie(b.kind, b.position);
  });
  return world;
}

app::LiveState MemoryStore::load_live() {
  const std::lock_guard lock(mutex_);
  return {values_of(live_calls_), values_of(live_agents_), values_of(cursors_)};
}

std::int64_t MemoryStore::count_customers() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(customers_.size());
}

std::optional<app::Contact> MemoryStore::contact(ContactId id) {
  const std::lock_guard lock(mutex_);
  return find_in(contacts_, id);
}

std::vector<app::Contact> MemoryStore::contacts(const app::ContactQuery& query) {
  const std::lock_guard lock(mutex_);
  const std::string suffix = reversed_digits(query.phone_suffix);
  std::vector<app::Contact> out;
  const auto before = query.before ? find_in(contacts_, *query.before) : std::nullopt;
  if (query.before && !before) return out;
  for (const auto& [id, contact] : contacts_) {
    if (query.agent && !parts_.contains({id, *query.agent})) continue;
    if (query.call_backs && contact.call_back.empty()) continue;
    if (query.customer && contact.customer != query.customer) continue;
    if (!reversed_digits(customer_number(contact)).starts_with(suffix)) continue;
    if (query.from && contact.started_at < *query.from) continue;
    if (query.to && contact.started_at >= *query.to) continue;
    if (before && age(contact) >= age(*before)) continue;
    out.push_back(contact);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return age(a) > age(b); });
  out.resize(std::min({out.size(), static_cast<std::size_t>(query.limit), page_max}));
  return out;
}

std::vector<app::SipMessage> MemoryStore::sip_messages(ContactId id) {
  const std::lock_guard lock(mutex_);
  std::vector<app::SipMessage> out;
  for (const app::SipMessage& message : sip_messages_) {
    if (message.contact == id) out.push_back(message);
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::pair(a.at_us, a.seq) < std::pair(b.at_us, b.seq); });
  return out;
}

std::vector<app::ContactEvent> MemoryStore::events(ContactId id) {
  const std::lock_guard lock(mutex_);
  std::vector<app::ContactEvent> out;
  for (const auto& [key, event] : events_)
    if (key.first == id) out.push_back(event);
  return out;
}

std::vector<app::Leg> MemoryStore::legs(ContactId id) {
  const std::lock_guard lock(mutex_);
  return by_start(legs_, [&](const app::Leg& leg) { return leg.contact == id; });
}

std::vector<app::ContactPart> MemoryStore::parts(ContactId id) {
  const std::lock_guard lock(mutex_);
  std::vector<app::ContactPart> out;
  for (const auto& [key, part] : parts_)
    if (key.first == id) out.push_back(part);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  return out;
}

std::vector<app::Recording> MemoryStore::recordings(ContactId id) {
  const std::lock_guard lock(mutex_);
  return by_start(recordings_, [&](const app::Recording& recording) { return recording.contact == id; });
}

std::optional<app::Recording> MemoryStore::recording(RecordingId id) {
  const std::lock_guard lock(mutex_);
  return find_in(recordings_, id);
}

std::vector<app::Recording> MemoryStore::running_recordings(const std::string& node) {
  const std::lock_guard lock(mutex_);
  return by_start(recordings_, [&](const app::Recording& r) { return r.node == node && r.state == "running"; });
}

std::vector<app::QueueDay> MemoryStore::queue_days(TimePoint from, Duration threshold, Duration short_abandon) {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string, std::string>, app::QueueDay> days;
  for (const auto& [id, contact] : contacts_) {
    if (contact.started_at < from || contact.outcome == "live" || contact.direction != "inbound") continue;
    app::QueueDay& day = days[{contact.queue, contact.service_line}];
    day.queue = contact.queue;
    day.service_line = contact.service_line;
    if (!contact.queue.empty()) ++day.offered;
    if (contact.outcome == "answered") {
      ++day.answered;
      day.answer_time += contact.wait;
      if (contact.wait <= threshold) ++day.answered_in_time;
    }
    const bool brief = contact.outcome == "abandoned" && contact.wait < short_abandon;
    app::count_end(day, brief ? std::string("short_abandoned") : contact.outcome, contact.wait, contact.talk,
                   contact.hold, threshold);
  }
  return values_of(days);
}

app::LineFigures MemoryStore::line_figures(const std::string& service_line, TimePoint from, Duration threshold) {
  const std::lock_guard lock(mutex_);
  app::LineFigures figures;
  for (const auto& [id, contact] : contacts_) {
    if (contact.service_line != service_line || contact.started_at < from || contact.queue.empty()) continue;
    if (contact.outcome == "live" || contact.outcome == "short_abandoned") continue;
    ++figures.offered;
    if (contact.outcome == "answered") ++figures.answered;
    if (contact.outcome == "answered" && contact.wait <= threshold) ++figures.answered_in_threshold;
    if (contact.outcome == "abandoned") ++figures.abandoned;
  }
  return figures;
}

std::vector<app::Contact> MemoryStore::open_contacts() {
  const std::lock_guard lock(mutex_);
  std::vector<app::Contact> out;
  for (const auto& [id, contact] : contacts_)
    if (contact.outcome == "live") out.push_back(contact);
  return out;
}

std::optional<app::Customer> MemoryStore::customer(CustomerId id) {
  const std::lock_guard lock(mutex_);
  return find_in(customers_, id);
}

std::optional<app::Customer> MemoryStore::customer_by_phone(const std::string& digits) {
  const std::lock_guard lock(mutex_);
  const std::string reversed = reversed_digits(digits);
  if (reversed.empty()) return std::nullopt;
  const app::Customer* exact = nullptr;
  bool exact_active = false;
  std::set<CustomerId> near;
  for (const auto& [id, customer] : customers_)
    for (const app::CustomerPhone& phone : customer.phones) {
      const std::string own = reversed_digits(phone.number);
      const bool active = phone.status == "active";
      if (own == reversed && (exact == nullptr || (active && !exact_active))) exact = &customer, exact_active = active;
      if (reversed.size() >= 8 && own.starts_with(reversed.substr(0, 8))) near.insert(id);
    }
  if (exact != nullptr) return *exact;
  if (near.size() != 1) return std::nullopt;
  return customers_.at(*near.begin());
}

std::vector<app::Customer> MemoryStore::find_customers(const std::string& text, std::uint32_t limit) {
  require_storable(text);
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  const std::string words = text.substr(begin, text.find_last_not_of(' ') - begin + 1);
  const bool digits = all_digits(words);
  const std::lock_guard lock(mutex_);
  std::vector<app::Customer> out;
  for (const auto& [id, customer] : customers_)  // a whole name is meant as one
    if (!digits && folded(customer.name) == folded(words) && out.size() < std::min<std::size_t>(limit, page_max))
      out.push_back(customer);
  if (!out.empty()) return out;
  for (const auto& [id, customer] : customers_) {
    if (out.size() >= std::min<std::size_t>(limit, page_max)) break;
    const bool by_phone = std::any_of(customer.phones.begin(), customer.phones.end(), [&](const auto& phone) {
      return reversed_digits(phone.number).starts_with(reversed_digits(words));
    });
    const bool by_name = folded(customer.name).find(folded(words)) != std::string::npos;
    if (customer.number == words || (digits ? by_phone : by_name)) out.push_back(customer);
  }
  return out;
}

std::optional<app::Agent> MemoryStore::agent_by_username(const std::string& username) {
  require_storable(username);
  const std::lock_guard lock(mutex_);
  for (const auto& [id, agent] : agents_)
    if (agent.username == username) return agent;
  return std::nullopt;
}

std::optional<app::Agent> MemoryStore::agent(AgentId id) {
  const std::lock_guard lock(mutex_);
  return find_in(agents_, id);
}

std::optional<app::Session> MemoryStore::session(const std::string& token_hash) {
  require_storable(token_hash);
  const std::lock_guard lock(mutex_);
  return find_in(sessions_, token_hash);
}

std::vector<app::AuditEntry> MemoryStore::audit(const std::string& action, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<app::AuditEntry> out;
  for (auto entry = audit_.rbegin(); entry != audit_.rend() && out.size() < std::min<std::size_t>(limit, page_max);
       ++entry)
    if (action.empty() || entry->action == action) out.push_back(*entry);
  return out;
}

}  // namespace hotline::store
