// SPDX-License-Identifier: Apache-2.0
// Appointments under random commands: room is never sold twice and always given back, each visit is settled once, each
// deadline comes once, and nothing waits for ever.
#include "domain/appointment/appointment.hpp"
#include "domain/property.hpp"

namespace hotline::appointment {
namespace {

using std::chrono::minutes;

constexpr std::int64_t monday = 11'505;

struct Step {
  int kind, which, number;
};
void showValue(const Step& step, std::ostream& out) {
  out << step.kind << '(' << step.which << ',' << step.number << ')';
}

std::vector<Crew> crews() {
  std::vector<Crew> both;
  for (std::uint64_t id = 1; id <= 2; ++id) {
    Crew crew{CrewId{id}, "crew", {"east"}, {"install"}};
    for (int weekday = 0; weekday < 7; ++weekday) crew.week[weekday] = {{510, 690, 1}, {810, 1'020, 2}};
    both.push_back(crew);
  }
  return both;
}

class World {
 public:
  void step(const Step& step) {
    now_ += minutes{step.number * 7};
    const auto id = static_cast<std::uint64_t>(step.which % 6);
    const auto found = all_.find(id);
    const Appointment* before = found == all_.end() ? nullptr : &found->second;
    const Side by = step.number % 2 == 0 ? Side::company : Side::customer;
    const Slot slot{CrewId{1 + id % 2}, monday + (now_ - start()) / std::chrono::days{1} + step.number % 3,
                    step.which % 2 == 0 ? 510 : 810};
    switch (step.kind) {
      case 0:
      case 1:
        return tell(id, before, Hold{AppointmentId{id + 1}, {"east", {"install"}}, slot});
      case 2:
      case 3:
        return tell(id, before, Book{});
      case 4:
        return tell(id, before, Move{slot, by, "asked for"});
      case 5:
        return tell(id, before, Cancel{by, "asked for"});
      case 6:
        return tell(id, before, Arrive{});
      case 7:
        return tell(id, before, FindNobody{"nobody opens"});
      case 8:
        return tell(id, before, Finish{"works"});
      default:
        return tell(id, before, Tick{});
    }
  }

  /// Without another command time alone brings every appointment to an end, or to people who have to act.
  void let_time_pass() {
    for (auto& [id, appointment] : all_) {
      int ticks = 0;
      while (const auto due = next_due(appointment, rules_)) {
        RC_ASSERT(++ticks <= 3);
        now_ = std::max(now_, *due);
        const std::uint64_t version = appointment.version;
        tell(id, &appointment, Tick{});
        RC_ASSERT(appointment.version > version);
      }
      RC_ASSERT(appointment.state != State::held && appointment.state != State::booked);
    }
  }

 private:
  static TimePoint start() { return moment(crews().front(), monday, 0); }

  void tell(std::uint64_t id, const Appointment* before, const Command& command) {
    const auto slot = std::holds_alternative<Hold>(command)   ? std::get<Hold>(command).slot
                      : std::holds_alternative<Move>(command) ? std::get<Move>(command).slot
                                                              : Slot{CrewId{1}};
    const Room room{crews_.at(slot.crew.value() - 1), taken_[slot]};
    const auto decision = decide(before, command, rules_, &room, now_);
    if (!decision) return;
    if (before != nullptr) check_history(*before, *decision);
    for (const Slot& freed : decision->frees) RC_ASSERT(--taken_[freed] >= 0);
    for (const Slot& took : decision->takes) ++taken_[took];
    all_[id] = decision->after;
    check_room();
  }

  void check_history(const Appointment& before, const Decision& decision) {
    const Appointment& after = decision.after;
    RC_ASSERT(!is_over(before) || after == before);
    RC_ASSERT(after.version == before.version || after.version == before.version + 1);
    RC_ASSERT((after == before) == (after.version == before.version));
    RC_ASSERT(after.visits.size() >= before.visits.size());
    for (std::size_t i = 0; i < before.visits.size(); ++i) {
      const Visit &was = before.visits[i], &is = after.visits[i];
      RC_ASSERT(was.slot == is.slot && was.begins == is.begins && was.ends == is.ends);
      if (was.outcome == Outcome::open || was.outcome == is.outcome) continue;
      // A crew that was there in time and finds nobody: the one thing that is judged anew.
      RC_ASSERT((was.outcome == Outcome::kept && is.outcome == Outcome::missed_by_customer) ||
                (was.outcome == Outcome::kept_late && is.outcome == Outcome::missed_by_company));
      RC_ASSERT(before.state == State::on_site && after.state == State::absent);
    }
    if (takes_room(after) || after.state == State::on_site) return;
    RC_ASSERT(after.visits.back().outcome != Outcome::open);  // nothing ends unsettled
  }

  void check_room() {
    std::map<Slot, int> used;
    for (const auto& [id, appointment] : all_) {
      if (takes_room(appointment)) ++used[appointment.visits.back().slot];
    }
    for (const auto& [slot, taken] : taken_) {
      RC_ASSERT(taken == used[slot]);
      const auto window = window_of(crews_.at(slot.crew.value() - 1), slot);
      RC_ASSERT(taken == 0 || (window && taken <= window->capacity));
    }
  }

  Rules rules_;
  std::vector<Crew> crews_ = crews();
  Taken taken_;
  std::map<std::uint64_t, Appointment> all_;
  TimePoint now_ = start();
};

RC_GTEST_PROP(AppointmentProperty, RoomIsNeverSoldTwiceAndEveryVisitIsSettledOnce, ()) {
  const auto steps =
      *rc::gen::resize(200, rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
                                rc::gen::inRange(0, 11), rc::gen::inRange(0, 60), rc::gen::inRange(0, 40))));
  World world;
  for (const Step& step : steps) world.step(step);
  world.let_time_pass();
}

}  // namespace
}  // namespace hotline::appointment
