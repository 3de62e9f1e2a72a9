// SPDX-License-Identifier: Apache-2.0
// The words of the API and the store for the appointment's enumerations.
#include "domain/appointment/appointment.hpp"

namespace hotline::appointment {

const char* to_string(State state) {
  switch (state) {
    case State::held:
      return "held";
    case State::booked:
      return "booked";
    case State::on_site:
      return "on_site";
    case State::done:
      return "done";
    case State::missed:
      return "missed";
    case State::absent:
      return "absent";
    case State::cancelled:
      return "cancelled";
    case State::lapsed:
      return "lapsed";
  }
  return "unknown";
}

const char* to_string(Side side) {
  return side == Side::company ? "company" : "customer";
}

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::open:
      return "open";
    case Outcome::kept:
      return "kept";
    case Outcome::kept_late:
      return "kept_late";
    case Outcome::missed_by_company:
      return "missed_by_company";
    case Outcome::missed_by_customer:
      return "missed_by_customer";
    case Outcome::changed_in_time:
      return "changed_in_time";
    case Outcome::changed_by_company:
      return "changed_by_company";
    case Outcome::changed_by_customer:
      return "changed_by_customer";
  }
  return "unknown";
}

const char* to_string(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::held:
      return "held";
    case Event::Kind::booked:
      return "booked";
    case Event::Kind::moved:
      return "moved";
    case Event::Kind::cancelled:
      return "cancelled";
    case Event::Kind::set_out:
      return "set_out";
    case Event::Kind::arrived:
      return "arrived";
    case Event::Kind::found_nobody:
      return "found_nobody";
    case Event::Kind::finished:
      return "finished";
    case Event::Kind::lapsed:
      return "lapsed";
    case Event::Kind::missed:
      return "missed";
    case Event::Kind::reminder_due:
      return "reminder_due";
    case Event::Kind::overrun:
      return "overrun";
  }
  return "unknown";
}

const char* to_string(Error error) {
  switch (error) {
    case Error::exists:
      return "exists";
    case Error::unknown:
      return "unknown";
    case Error::wrong_state:
      return "wrong_state";
    case Error::no_such_window:
      return "no_such_window";
    case Error::does_not_fit:
      return "does_not_fit";
    case Error::full:
      return "full";
    case Error::past:
      return "past";
    case Error::same_slot:
      return "same_slot";
    case Error::too_many_visits:
      return "too_many_visits";
    case Error::too_early:
      return "too_early";
    case Error::text_missing:
      return "text_missing";
  }
  return "unknown";
}

}  // namespace hotline::appointment
