// SPDX-License-Identifier: Apache-2.0
#include "domain/appointment/appointment.hpp"

#include <utility>

namespace hotline::appointment {
namespace {

Visit& present(Appointment& appointment) {
  return appointment.visits.back();
}
const Visit& present(const Appointment& appointment) {
  return appointment.visits.back();
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// Why the slot cannot be promised; nullopt: it can.
std::optional<Error> obstacle(const Need& need, const Slot& slot, const Room* room, TimePoint now) {
  if (room == nullptr || room->crew.id != slot.crew) return Error::no_such_window;
  const auto window = window_of(room->crew, slot);
  if (!window) return Error::no_such_window;
  if (!fits(room->crew, need)) return Error::does_not_fit;
  if (moment(room->crew, slot.day, window->from) <= now) return Error::past;
  if (room->taken >= window->capacity) return Error::full;
  return std::nullopt;
}

Visit visit_in(const Slot& slot, const Crew& crew) {
  const Window window = *window_of(crew, slot);
  return {slot, moment(crew, slot.day, window.from), moment(crew, slot.day, window.to)};
}

/// One command on one appointment. Every act returns the error that kept it from happening.
class Deed {
 public:
  Deed(const Appointment* before, const Rules& rules, const Room* room, TimePoint now)
      : exists_(before != nullptr), rules_(rules), room_(room), now_(now) {
    if (before != nullptr) out_.after = *before;
  }

  Result<Decision, Error> done(const Command& command) {
    if (exists_ == std::holds_alternative<Hold>(command)) return fail(exists_ ? Error::exists : Error::unknown);
    if (const auto error = std::visit([&](const auto& one) { return act(one); }, command)) return fail(*error);
    if (!out_.events.empty()) ++out_.after.version;
    return std::move(out_);
  }

 private:
  using Failure = std::optional<Error>;

  Appointment& after() { return out_.after; }
  void tell(Event::Kind kind, std::optional<Side> by = {}, std::string text = {}) {
    out_.events.push_back({kind, now_, by, std::move(text)});
  }
  bool is(State state) const { return out_.after.state == state; }
  /// A promise that stands, or one that was broken and waits to be made anew.
  bool may_change() const { return is(State::booked) || is(State::missed) || is(State::absent); }

  void free_room() {
    if (takes_room(after())) out_.frees.push_back(present(after()).slot);
  }
  void settle(Outcome outcome) {
    present(after()).outcome = outcome;
    present(after()).settled_at = now_;
  }
  void settle_change(Side by) {
    if (!is(State::booked)) return;  // that visit is settled already
    const bool in_time = now_ + rules_.change_notice <= present(after()).begins;
    settle(in_time               ? Outcome::changed_in_time
           : by == Side::company ? Outcome::changed_by_company
                                 : Outcome::changed_by_customer);
  }

  Failure act(const Hold& hold) {
    if (const auto error = obstacle(hold.need, hold.slot, room_, now_)) return error;
    after() = {hold.id, hold.need, State::held, {visit_in(hold.slot, room_->crew)}, now_ + rules_.hold_for};
    out_.takes.push_back(hold.slot);
    tell(Event::Kind::held);
    return {};
  }

  Failure act(const Book&) {
    if (!is(State::held)) return Error::wrong_state;
    // The slot is kept until the hold lapses, even when its tick is late: what is kept may be booked.
    if (present(after()).begins <= now_) return Error::past;
    after().state = State::booked;
    after().held_until.reset();
    after().reminded = present(after()).begins - rules_.reminder <= now_;
    tell(Event::Kind::booked);
    return {};
  }

  Failure act(const Move& move) {
    if (!may_change()) return Error::wrong_state;
    if (is_blank(move.reason)) return Error::text_missing;
    if (is(State::booked) && move.slot == present(after()).slot) return Error::same_slot;
    if (after().visits.size() >= rules_.visits_most) return Error::too_many_visits;
    if (const auto error = obstacle(after().need, move.slot, room_, now_)) return error;
    free_room();
    settle_change(move.by);
    after().visits.push_back(visit_in(move.slot, room_->crew));
    out_.takes.push_back(move.slot);
    after().state = State::booked;
    after().reminded = present(after()).begins - rules_.reminder <= now_;
    after().overrun_told = after().set_out = false;
    tell(Event::Kind::moved, move.by, move.reason);
    return {};
  }

  Failure act(const Cancel& cancel) {
    if (!may_change() && !is(State::held)) return Error::wrong_state;
    if (is_blank(cancel.reason)) return Error::text_missing;
    free_room();
    if (is(State::held)) settle(Outcome::changed_in_time);
    settle_change(cancel.by);
    after().state = State::cancelled;
    after().held_until.reset();
    tell(Event::Kind::cancelled, cancel.by, cancel.reason);
    return {};
  }

  Failure act(const SetOut&) {
    if (!is(State::booked) || after().set_out) return Error::wrong_state;
    after().set_out = true;
    tell(Event::Kind::set_out);
    return {};
  }

  Failure act(const Arrive&) {
    // Late is better than never: a crew may still come to a missed visit, which stays missed.
    if (!is(State::booked) && !is(State::missed)) return Error::wrong_state;
    after().state = State::on_site;
    present(after()).arrived_at = now_;
    if (present(after()).outcome == Outcome::open)
      settle(now_ <= present(after()).ends ? Outcome::kept : Outcome::kept_late);
    after().overrun_told = false;
    tell(Event::Kind::arrived);
    return {};
  }

  Failure act(const FindNobody& found) {
    if (!is(State::booked) && !is(State::on_site)) return Error::wrong_state;
    if (is_blank(found.evidence)) return Error::text_missing;
    if (now_ < present(after()).begins) return Error::too_early;
    free_room();
    // A crew that comes after the window cannot blame the customer for not being there.
    const auto came = present(after()).arrived_at.value_or(now_);
    if (present(after()).outcome != Outcome::missed_by_company)
      settle(came <= present(after()).ends ? Outcome::missed_by_customer : Outcome::missed_by_company);
    after().state = State::absent;
    tell(Event::Kind::found_nobody, Side::customer, found.evidence);
    return {};
  }

  Failure act(const Finish& finish) {
    if (!is(State::on_site)) return Error::wrong_state;
    if (is_blank(finish.result)) return Error::text_missing;
    free_room();
    after().state = State::done;
    tell(Event::Kind::finished, {}, finish.result);
    return {};
  }

  Failure act(const Tick&) {
    const auto due = next_due(after(), rules_);
    if (!due || now_ < *due) return {};
    if (is(State::held)) {
      free_room();
      settle(Outcome::changed_in_time);
      after().state = State::lapsed;
      after().held_until.reset();
      tell(Event::Kind::lapsed);
    } else if (is(State::on_site)) {
      after().overrun_told = true;
      tell(Event::Kind::overrun);
    } else if (now_ >= present(after()).ends + rules_.grace) {  // first: after a stop nobody is reminded of the past
      free_room();
      settle(Outcome::missed_by_company);
      after().state = State::missed;
      tell(Event::Kind::missed, Side::company);
    } else {
      after().reminded = true;
      if (now_ < present(after()).begins)
        tell(Event::Kind::reminder_due);
      else
        ++after().version;  // too late to remind: known, and not asked again
    }
    return {};
  }

  bool exists_;
  const Rules& rules_;
  const Room* room_;
  TimePoint now_;
  Decision out_;
};

}  // namespace

bool takes_room(const Appointment& appointment) {
  if (appointment.state == State::held || appointment.state == State::booked) return true;
  return appointment.state == State::on_site && present(appointment).outcome != Outcome::missed_by_company;
}

bool is_over(const Appointment& appointment) {
  return appointment.state == State::done || appointment.state == State::cancelled ||
         appointment.state == State::lapsed;
}

Result<Decision, Error> decide(const Appointment* before, const Command& command, const Rules& rules, const Room* room,
                               TimePoint now) {
  return Deed(before, rules, room, now).done(command);
}

std::optional<TimePoint> next_due(const Appointment& appointment, const Rules& rules) {
  switch (appointment.state) {
    case State::held:
      return appointment.held_until;
    case State::booked: {
      const TimePoint missed = present(appointment).ends + rules.grace;
      return appointment.reminded ? missed : std::min(missed, present(appointment).begins - rules.reminder);
    }
    case State::on_site:
      if (appointment.overrun_told) return std::nullopt;
      return *present(appointment).arrived_at + rules.on_site_most;
    default:
      return std::nullopt;
  }
}

void count(const Appointment& appointment, Score& company, Score& customer) {
  for (const Visit& visit : appointment.visits) {
    const bool counts = visit.outcome != Outcome::open && visit.outcome != Outcome::changed_in_time;
    if (!counts) continue;
    ++company.visits;
    ++customer.visits;
    const bool by_company = visit.outcome == Outcome::missed_by_company || visit.outcome == Outcome::changed_by_company;
    const bool by_customer =
        visit.outcome == Outcome::missed_by_customer || visit.outcome == Outcome::changed_by_customer;
    ++(by_company ? company.broken : visit.outcome == Outcome::kept_late ? company.kept_late : company.kept);
    ++(by_customer ? customer.broken : customer.kept);
  }
}

bool is_stranded(const Appointment& appointment, const Crew& crew) {
  const Visit& visit = present(appointment);
  if (appointment.state != State::held && appointment.state != State::booked) return false;
  const auto window = window_of(crew, visit.slot);
  return !window || moment(crew, visit.slot.day, window->to) != visit.ends || !fits(crew, appointment.need);
}

}  // namespace hotline::appointment
