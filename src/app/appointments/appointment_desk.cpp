// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/appointments/appointment_desk.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace hotline::app {
namespace {

using appointment::AppointmentId;
using appointment::Command;
using appointment::Decision;
using appointment::Error;
using appointment::Room;
using appointment::Slot;

constexpr int kTriesMost = 20;

const char* sentence_of(Error error) {
  switch (error) {
    case Error::exists:
      return "There is an appointment with this id already.";
    case Error::unknown:
      return "There is no such appointment.";
    case Error::wrong_state:
      return "This cannot be done to an appointment in its present state.";
    case Error::no_such_window:
      return "No crew works in this window; search for free slots again.";
    case Error::does_not_fit:
      return "This crew does not go to the area, or lacks a skill.";
    case Error::full:
      return "This window has been taken meanwhile; search for free slots again.";
    case Error::past:
      return "This window has begun already.";
    case Error::same_slot:
      return "The appointment is in this window already.";
    case Error::too_many_visits:
      return "This appointment has been moved too often; cancel it and make a new one.";
    case Error::too_early:
      return "Nobody can be missed before the window begins.";
    case Error::text_missing:
      return "A reason, what was tried, or what was done has to be given.";
  }
  return "";
}
const char* field_of(Error error) {
  switch (error) {
    case Error::no_such_window:
    case Error::does_not_fit:
    case Error::full:
    case Error::past:
    case Error::same_slot:
      return "slot";
    case Error::text_missing:
      return "text";
    default:
      return "";
  }
}
AppointmentRefusal of(Error error) {
  return {to_string(error), field_of(error), sentence_of(error)};
}
AppointmentRefusal stale() {
  return {"stale", "version", "Somebody changed this appointment meanwhile; read it again."};
}
AppointmentRefusal not_found() {
  return {"not_found", {}, "No appointment has this id."};
}

}  // namespace

AppointmentDesk::AppointmentDesk(AppointmentStore& store, Config config)
    : store_(store), config_(config), ids_(config.start_seconds, IdMaker::Origin::core) {}

std::uint64_t AppointmentDesk::next_id() {
  const std::lock_guard lock(mutex_);
  return ids_.next();
}

std::vector<appointment::Offer> AppointmentDesk::search(const appointment::Search& search, TimePoint now) {
  std::vector<appointment::Crew> crews;
  for (CrewRow& row : store_.crews()) crews.push_back(std::move(row.crew));
  // A day more on either side: local days differ from UTC's by less.
  const auto day = [](TimePoint at) { return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count(); };
  return free_slots(crews, store_.taken(day(std::max(search.from, now)) - 1, day(search.to) + 1), search, now);
}

std::unique_ptr<Room> AppointmentDesk::room_of(const Slot& slot) {
  for (CrewRow& row : store_.crews()) {
    if (row.crew.id != slot.crew) continue;
    const auto taken = store_.taken(slot.day, slot.day);
    const auto used = taken.find(slot);
    return std::make_unique<Room>(Room{std::move(row.crew), used == taken.end() ? 0 : used->second});
  }
  return nullptr;
}

std::optional<AppointmentRow> AppointmentDesk::find(AppointmentId id) {
  if (id.value() >> 63U) return std::nullopt;  // ids come from URLs too: no column holds it
  return store_.appointment(id);
}

/// The command id was used: for the same command the appointment as it is now is the answer.
std::optional<Result<AppointmentRow, AppointmentRefusal>> AppointmentDesk::answered_before(
    const AppointmentRequest& request) {
  const auto used = store_.command(request.command_id);
  if (!used) return std::nullopt;
  if (used->second != request.fingerprint)
    return fail(Refusal{"command_reused", "command_id", "This command id was used for another command."});
  auto row = find(used->first);
  if (!row) return fail(not_found());
  return *std::move(row);
}

AppointmentCommit AppointmentDesk::commit_of(const AppointmentRow& before, const Decision& decision, const Room* room,
                                             AgentId by, TimePoint now) const {
  AppointmentCommit commit;
  commit.now = now;
  commit.row = before;
  commit.row.state = decision.after;
  commit.row.changed_at = now;
  commit.expected_version = before.state.version;
  commit.events = decision.events;
  commit.by = by;
  if (!decision.takes.empty() && room != nullptr) {
    const Slot& slot = decision.takes.front();
    commit.takes = {slot, window_of(room->crew, slot).value_or(appointment::Window{}).capacity};
  }
  commit.next_due = next_due(decision.after, config_.rules);
  tell(commit);
  return commit;
}

void AppointmentDesk::tell(AppointmentCommit& commit) const {
  using Kind = appointment::Event::Kind;
  const AppointmentRow& row = commit.row;
  const appointment::Visit& visit = row.state.visits.back();
  for (const appointment::Event& event : commit.events) {
    const bool customers = !row.mail.empty() &&
                           (event.kind == Kind::booked || event.kind == Kind::moved || event.kind == Kind::cancelled ||
                            event.kind == Kind::set_out || event.kind == Kind::reminder_due ||
                            event.kind == Kind::missed || event.kind == Kind::found_nobody);
    const bool ours = event.kind == Kind::missed || event.kind == Kind::overrun || event.kind == Kind::found_nobody;
    const bool crews = ours || event.kind == Kind::moved || event.kind == Kind::cancelled;
    if (!customers && !crews) continue;
    std::string department;
    std::int64_t offset = 0;
    for (const CrewRow& crew : store_.crews())
      if (crew.crew.id == visit.slot.crew) {
        department = crew.department;
        offset = crew.crew.utc_offset.count();
      }
    boost::json::object body{{"begins_ms", to_unix_ms(visit.begins)},
                             {"ends_ms", to_unix_ms(visit.ends)},
                             {"utc_offset_min", offset},
                             {"place", row.place},
                             {"person", row.person}};
    if (!event.text.empty()) body["text"] = event.text;
    const auto entry = [&](std::string to) {
      OutboxEntry one;
      one.to = std::move(to);
      one.kind = std::string("visit_") + to_string(event.kind);
      one.order = row.order.value_or(WorkOrderId{});
      one.at = event.at;
      one.body = boost::json::serialize(body);
      one.appointment = row.state.id.value();
      commit.outbox.push_back(std::move(one));
    };
    if (crews && !department.empty()) entry("department:" + department);
    if (ours && row.made_by) entry("agent:" + row.made_by.to_string());
    if (customers) {
      body["mail"] = row.mail;
      entry("customer");
    }
  }
}

Result<AppointmentRow, AppointmentRefusal> AppointmentDesk::hold(const AppointmentRequest& request,
                                                                 const AppointmentDetails& details, TimePoint now) {
  if (auto answer = answered_before(request)) return *std::move(answer);
  const auto room = room_of(details.slot);
  const auto decision = decide(nullptr, appointment::Hold{AppointmentId{next_id()}, details.need, details.slot},
                               config_.rules, room.get(), now);
  if (!decision) return fail(of(decision.error()));
  AppointmentRow row;
  row.order = details.order;
  row.customer = details.customer;
  row.contact = details.contact;
  row.person = details.person;
  row.phone = details.phone;
  row.place = details.place;
  row.note = details.note;
  row.mail = details.mail;
  row.made_by = request.by;
  row.created_at = now;
  AppointmentCommit commit = commit_of(row, *decision, room.get(), request.by, now);
  commit.command_id = request.command_id;
  commit.fingerprint = request.fingerprint;
  switch (store_.commit(commit)) {
    case AppointmentOutcome::done:
      return std::move(commit.row);
    case AppointmentOutcome::full:
      return fail(of(Error::full));
    case AppointmentOutcome::repeated:
      if (auto answer = answered_before(request)) return *std::move(answer);
      break;
    case AppointmentOutcome::stale:
      break;
  }
  throw StoreError("the id of a new appointment was taken already");
}

Result<AppointmentRow, AppointmentRefusal> AppointmentDesk::act(AppointmentId id, const AppointmentRequest& request,
                                                                const Command& command, TimePoint now) {
  if (auto answer = answered_before(request)) return *std::move(answer);
  const auto* move = std::get_if<appointment::Move>(&command);
  for (int tried = 0; tried < kTriesMost; ++tried) {
    const auto before = find(id);
    if (!before) return fail(not_found());
    if (request.version && *request.version != before->state.version) return fail(stale());
    const auto room = move != nullptr ? room_of(move->slot) : nullptr;
    const auto decision = decide(&before->state, command, config_.rules, room.get(), now);
    if (!decision) return fail(of(decision.error()));
    AppointmentCommit commit = commit_of(*before, *decision, room.get(), request.by, now);
    commit.command_id = request.command_id;
    commit.fingerprint = request.fingerprint;
    switch (store_.commit(commit)) {
      case AppointmentOutcome::done:
        return std::move(commit.row);
      case AppointmentOutcome::full:
        return fail(of(Error::full));
      case AppointmentOutcome::repeated:
        if (auto answer = answered_before(request)) return *std::move(answer);
        break;
      case AppointmentOutcome::stale:
        if (request.version) return fail(stale());
    }
  }
  return fail(Refusal{"stale", {}, "Too many change this appointment at once; try again."});
}

std::size_t AppointmentDesk::tick(TimePoint now, std::uint32_t limit) {
  const auto due = store_.claim_due(now, now + config_.lease, limit);
  for (const AppointmentId id : due) {
    for (int tried = 0; tried < kTriesMost; ++tried) {
      const auto before = find(id);
      if (!before) break;
      const auto decision = decide(&before->state, appointment::Tick{}, config_.rules, nullptr, now);
      // What somebody changed meanwhile has its new deadline in the store.
      if (!decision || decision->after == before->state) break;
      if (store_.commit(commit_of(*before, *decision, nullptr, {}, now)) == AppointmentOutcome::done) break;
    }
  }
  return due.size();
}

Result<CrewRow, AppointmentRefusal> AppointmentDesk::save_crew(CrewRow crew) {
  if (const auto problem = problem_of(crew.crew)) return fail(Refusal{"bad_value", "windows", *problem + "."});
  if (!crew.crew.id) crew.crew.id = appointment::CrewId{next_id()};
  store_.save_crew(crew);
  return crew;
}

std::vector<AppointmentRow> AppointmentDesk::stranded(const CrewRow& crew, TimePoint now) {
  AppointmentQuery query;
  query.crew = crew.crew.id;
  query.from_day = local_day(crew.crew, now);
  query.limit = 500;
  auto rows = store_.appointments(query);
  std::erase_if(rows, [&](const AppointmentRow& row) { return !is_stranded(row.state, crew.crew); });
  return rows;
}

}  // namespace hotline::app
