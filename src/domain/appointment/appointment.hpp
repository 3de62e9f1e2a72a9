// SPDX-License-Identifier: Apache-2.0
// An appointment (requirement E6, 什么時候方便什么時候來): the customer chooses the time, and both sides are bound by
// it. held → booked → on_site → done; moved as often as needed; missed by itself when nobody has come; each visit is
// settled once, to the account of the side that broke it. Pure: the slots' room comes in, what to take and free goes
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/appointment/crew.hpp"

namespace hotline::appointment {

using AppointmentId = Id<struct AppointmentTag>;

enum class State : std::uint8_t {
  held,       ///< kept for a customer who is still on the line; lapses by itself
  booked,     ///< promised by both sides
  on_site,    ///< the crew is there
  done,       ///< the work is done; the end
  missed,     ///< the crew did not come in time: to be moved or cancelled
  absent,     ///< the crew was there and found nobody: to be moved or cancelled
  cancelled,  ///< the end
  lapsed,     ///< held, and never booked; the end
};
enum class Side : std::uint8_t { company, customer };

/// How a visit ended. Whoever changes or cancels too late has broken it as much as one who does not come.
enum class Outcome : std::uint8_t {
  open,
  kept,       ///< the crew came within the window
  kept_late,  ///< it came, after the window
  missed_by_company,
  missed_by_customer,
  changed_in_time,      ///< moved or cancelled early enough: nobody's fault
  changed_by_company,   ///< too late
  changed_by_customer,  ///< too late
};
[[nodiscard]] const char* to_string(State state);
[[nodiscard]] const char* to_string(Side side);
[[nodiscard]] const char* to_string(Outcome outcome);

/// One promised window, and what became of it. The window is as it was promised, whatever becomes of the crew's shifts.
struct Visit {
  Slot slot{};
  TimePoint begins{}, ends{};
  Outcome outcome = Outcome::open;
  std::optional<TimePoint> arrived_at{}, settled_at{};
  friend bool operator==(const Visit&, const Visit&) = default;
};

struct Rules {
  Duration hold_for{600'000};         ///< a held slot lapses after
  Duration change_notice{7'200'000};  ///< moved or cancelled later than this before the window: broken
  Duration grace{900'000};            ///< after the window's end, before the visit counts as missed
  Duration reminder{72'000'000};      ///< before the window: the customer is reminded; not when booked later than that
  Duration on_site_most{28'800'000};  ///< on site for longer: the dispatcher is told, once
  std::size_t visits_most = 20;       ///< of one appointment
};

struct Appointment {
  AppointmentId id{};
  Need need{};
  State state = State::held;
  std::vector<Visit> visits{};  ///< the last is the present one; never empty
  std::optional<TimePoint> held_until{};
  bool reminded = false, overrun_told = false;  ///< of the present visit
  bool set_out = false;                         ///< the crew is on its way to the present visit
  std::uint64_t version = 0;                    ///< one up with each change
  friend bool operator==(const Appointment&, const Appointment&) = default;
};
/// Its present visit uses room of its slot. That of a missed visit is given back, also when the crew comes after all.
[[nodiscard]] bool takes_room(const Appointment& appointment);
[[nodiscard]] bool is_over(const Appointment& appointment);

// ---- commands
struct Hold {
  AppointmentId id{};
  Need need{};
  Slot slot{};
};
struct Book {};
struct Move {
  Slot slot{};
  Side by = Side::customer;
  std::string reason{};
};
struct Cancel {
  Side by = Side::customer;
  std::string reason{};
};
/// The crew is on its way: the customer is told, once a visit.
struct SetOut {};
struct Arrive {};
/// Nobody was there: the evidence is what the crew saw and tried, in a sentence.
struct FindNobody {
  std::string evidence{};
};
struct Finish {
  std::string result{};
};
/// What time itself brings (see next_due()).
struct Tick {};
using Command = std::variant<Hold, Book, Move, Cancel, SetOut, Arrive, FindNobody, Finish, Tick>;

// ---- what happened: the history, and who has to be told
struct Event {
  enum class Kind : std::uint8_t {
    held,
    booked,
    moved,
    cancelled,
    set_out,
    arrived,
    found_nobody,
    finished,
    lapsed,
    missed,
    reminder_due,
    overrun
  };
  Kind kind{};
  TimePoint at{};
  std::optional<Side> by{};
  std::string text{};  ///< reason, evidence, result
  friend bool operator==(const Event&, const Event&) = default;
};
[[nodiscard]] const char* to_string(Event::Kind kind);

enum class Error : std::uint8_t {
  exists,          ///< an id is held once
  unknown,         ///< no such appointment
  wrong_state,     ///< not in this state
  no_such_window,  ///< the crew does not work then
  does_not_fit,    ///< not the crew's area or skills
  full,            ///< no room left
  past,            ///< the window has begun
  same_slot,       ///< moved to where it is
  too_many_visits,
  too_early,     ///< nobody can be absent before the window begins
  text_missing,  ///< a reason, evidence or result has to be given
};
[[nodiscard]] const char* to_string(Error error);

struct Decision {
  Appointment after{};
  std::vector<Event> events{};
  std::vector<Slot> takes{}, frees{};  ///< one visit's room each
};

/// The slot a command names, as it is now. Of Hold and Move; the other commands need none.
struct Room {
  Crew crew{};
  int taken = 0;
};

/// What a command does. `before` null: there is none yet. On an error nothing changes. A Tick before next_due() changes
/// nothing and has no events.
[[nodiscard]] Result<Decision, Error> decide(const Appointment* before, const Command& command, const Rules& rules,
                                             const Room* room, TimePoint now);
/// When a Tick is due; nullopt: never (it is over, or waits for people).
[[nodiscard]] std::optional<TimePoint> next_due(const Appointment& appointment, const Rules& rules);

/// Of assessment (requirement G6): how a side keeps its word.
struct Score {
  std::int64_t visits = 0;  ///< settled, changed in time left out
  std::int64_t kept = 0, kept_late = 0, broken = 0;
  friend bool operator==(const Score&, const Score&) = default;
};
/// A late arrival is the company's; the customer has kept it.
void count(const Appointment& appointment, Score& company, Score& customer);

/// The promise no longer stands in the crew's shifts: the company has to move it.
[[nodiscard]] bool is_stranded(const Appointment& appointment, const Crew& crew);

}  // namespace hotline::appointment
