// SPDX-License-Identifier: Apache-2.0
// Goal: an appointment binds both sides, and each visit is to the account of the side that broke it.
#include "domain/appointment/appointment.hpp"

#include <gtest/gtest.h>

namespace hotline::appointment {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t monday = 11'505;  // 2001-07-02

class AppointmentTest : public testing::Test {
 protected:
  AppointmentTest() {
    room.crew = {CrewId{1}, "east 1", {"east"}, {"install"}};
    for (int weekday = 0; weekday < 5; ++weekday) room.crew.week[weekday] = {{510, 690, 2}, {810, 1'020, 2}};
  }
  TimePoint at(int day, int minute) const { return moment(room.crew, monday + day, minute); }
  Slot slot(int day, int from = 510) const { return {CrewId{1}, monday + day, from}; }

  /// Does it, or says why not.
  std::optional<Error> tell(const Command& command, TimePoint now) {
    auto decision = decide(made ? &appointment : nullptr, command, rules, &room, now);
    if (!decision) return decision.error();
    made = true;
    appointment = decision->after;
    last = *decision;
    return {};
  }
  void book(int day, TimePoint now) {
    ASSERT_EQ(tell(Hold{AppointmentId{7}, {"east", {"install"}}, slot(day)}, now), std::nullopt);
    ASSERT_EQ(tell(Book{}, now + minutes{2}), std::nullopt);
  }
  Outcome outcome(std::size_t visit) const { return appointment.visits.at(visit).outcome; }
  std::pair<Score, Score> scores() const {
    Score company, customer;
    count(appointment, company, customer);
    return {company, customer};
  }

  Rules rules;
  Room room;
  Appointment appointment;
  Decision last;
  bool made = false;
};

TEST_F(AppointmentTest, IsHeldWhileTheCustomerIsOnTheLineThenBooked) {
  ASSERT_EQ(tell(Hold{AppointmentId{7}, {"east", {"install"}}, slot(1)}, at(0, 600)), std::nullopt);
  EXPECT_EQ(last.takes, std::vector{slot(1)});
  EXPECT_EQ(next_due(appointment, rules), at(0, 610));
  ASSERT_EQ(tell(Book{}, at(0, 605)), std::nullopt);
  EXPECT_TRUE(last.takes.empty());
  EXPECT_EQ(appointment.state, State::booked);
  EXPECT_EQ(appointment.version, 2u);
}

TEST_F(AppointmentTest, LapsesWhenTheCustomerHangsUp) {
  ASSERT_EQ(tell(Hold{AppointmentId{7}, {"east", {"install"}}, slot(1)}, at(0, 600)), std::nullopt);
  ASSERT_EQ(tell(Tick{}, at(0, 609)), std::nullopt);
  EXPECT_TRUE(last.events.empty());
  ASSERT_EQ(tell(Tick{}, at(0, 610)), std::nullopt);
  EXPECT_EQ(last.frees, std::vector{slot(1)});
  EXPECT_EQ(appointment.state, State::lapsed);
  EXPECT_EQ(tell(Book{}, at(0, 611)), Error::wrong_state);
}

TEST_F(AppointmentTest, NeedsRoomAFittingCrewAndTime) {
  const Need need{"east", {"install"}};
  room.taken = 2;
  EXPECT_EQ(tell(Hold{AppointmentId{7}, need, slot(1)}, at(0, 600)), Error::full);
  room.taken = 1;
  EXPECT_EQ(tell(Hold{AppointmentId{7}, need, slot(5)}, at(0, 600)), Error::no_such_window);
  EXPECT_EQ(tell(Hold{AppointmentId{7}, {"west", {}}, slot(1)}, at(0, 600)), Error::does_not_fit);
  EXPECT_EQ(tell(Hold{AppointmentId{7}, need, slot(0)}, at(0, 510)), Error::past);
  EXPECT_EQ(tell(Book{}, at(0, 510)), Error::unknown);
  ASSERT_EQ(tell(Hold{AppointmentId{7}, need, slot(1)}, at(0, 600)), std::nullopt);
  EXPECT_EQ(tell(Hold{AppointmentId{7}, need, slot(1)}, at(0, 600)), Error::exists);
}

TEST_F(AppointmentTest, KeptByBothSides) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Arrive{}, at(1, 690)), std::nullopt);
  ASSERT_EQ(tell(Finish{"telephone connected, line measured"}, at(1, 750)), std::nullopt);
  EXPECT_EQ(appointment.state, State::done);
  EXPECT_EQ(last.frees, std::vector{slot(1)});
  EXPECT_EQ(scores(), (std::pair{Score{1, 1, 0, 0}, Score{1, 1, 0, 0}}));
}

TEST_F(AppointmentTest, MovedTwiceInTimeIsNobodysFault) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Move{slot(2), Side::customer, "away on business"}, at(0, 660)), std::nullopt);
  EXPECT_EQ(last.frees, std::vector{slot(1)});
  EXPECT_EQ(last.takes, std::vector{slot(2)});
  ASSERT_EQ(tell(Move{slot(3, 810), Side::company, "crew is ill"}, at(1, 510)), std::nullopt);
  ASSERT_EQ(tell(Arrive{}, at(3, 820)), std::nullopt);
  ASSERT_EQ(tell(Finish{"done"}, at(3, 860)), std::nullopt);
  EXPECT_EQ(outcome(0), Outcome::changed_in_time);
  EXPECT_EQ(outcome(1), Outcome::changed_in_time);
  EXPECT_EQ(scores().first, (Score{1, 1, 0, 0}));
}

TEST_F(AppointmentTest, ALateChangeIsToTheAccountOfWhoeverMakesIt) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Move{slot(2), Side::customer, "forgot"}, at(1, 400)), std::nullopt);
  ASSERT_EQ(tell(Cancel{Side::company, "no pair free"}, at(2, 400)), std::nullopt);
  EXPECT_EQ(outcome(0), Outcome::changed_by_customer);
  EXPECT_EQ(outcome(1), Outcome::changed_by_company);
  EXPECT_EQ(scores(), (std::pair{Score{2, 1, 0, 1}, Score{2, 1, 0, 1}}));
  EXPECT_EQ(tell(Move{slot(3), Side::customer, "again"}, at(2, 401)), Error::wrong_state);
}

TEST_F(AppointmentTest, IsMissedByItselfWhenNobodyComes) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Tick{}, at(0, 810)), std::nullopt);  // the reminder
  EXPECT_EQ(next_due(appointment, rules), at(1, 705));
  ASSERT_EQ(tell(Tick{}, at(1, 705)), std::nullopt);
  EXPECT_EQ(appointment.state, State::missed);
  EXPECT_EQ(last.events.at(0).kind, Event::Kind::missed);
  EXPECT_EQ(next_due(appointment, rules), std::nullopt);
  ASSERT_EQ(tell(Move{slot(2), Side::company, "promised anew with an apology"}, at(1, 720)), std::nullopt);
  EXPECT_TRUE(last.frees.empty());  // the missed visit's room is free already
  EXPECT_EQ(outcome(0), Outcome::missed_by_company);
  EXPECT_EQ(scores(), (std::pair{Score{1, 0, 0, 1}, Score{1, 1, 0, 0}}));
}

TEST_F(AppointmentTest, ACrewThatComesAfterAllStaysMissed) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Tick{}, at(1, 705)), std::nullopt);
  ASSERT_EQ(tell(Arrive{}, at(1, 760)), std::nullopt);
  ASSERT_EQ(tell(Finish{"done"}, at(1, 800)), std::nullopt);
  EXPECT_TRUE(last.frees.empty());
  EXPECT_EQ(outcome(0), Outcome::missed_by_company);
}

TEST_F(AppointmentTest, WithinTheGraceItIsKeptLate) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Arrive{}, at(1, 700)), std::nullopt);
  EXPECT_EQ(scores().first, (Score{1, 0, 1, 0}));
}

TEST_F(AppointmentTest, TheCustomerWhoIsNotThereNeedsEvidence) {
  book(1, at(0, 600));
  EXPECT_EQ(tell(FindNobody{"knocked"}, at(1, 500)), Error::too_early);
  EXPECT_EQ(tell(FindNobody{" "}, at(1, 540)), Error::text_missing);
  ASSERT_EQ(tell(FindNobody{"knocked, rang twice, waited 15 minutes"}, at(1, 540)), std::nullopt);
  EXPECT_EQ(appointment.state, State::absent);
  EXPECT_EQ(scores(), (std::pair{Score{1, 1, 0, 0}, Score{1, 0, 0, 1}}));
}

TEST_F(AppointmentTest, ACrewThatComesTooLateCannotBlameTheCustomer) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(FindNobody{"nobody opens"}, at(1, 700)), std::nullopt);
  EXPECT_EQ(outcome(0), Outcome::missed_by_company);
}

TEST_F(AppointmentTest, RemindsOnceThenDetects) {
  book(4, at(0, 600));
  EXPECT_EQ(next_due(appointment, rules), at(3, 510 + 240));
  ASSERT_EQ(tell(Tick{}, at(3, 760)), std::nullopt);
  EXPECT_EQ(last.events.at(0).kind, Event::Kind::reminder_due);
  ASSERT_EQ(tell(Tick{}, at(3, 761)), std::nullopt);
  EXPECT_TRUE(last.events.empty());
  EXPECT_EQ(next_due(appointment, rules), at(4, 705));
}

TEST_F(AppointmentTest, AfterALongStopNobodyIsRemindedOfThePast) {
  book(4, at(0, 600));
  ASSERT_EQ(tell(Tick{}, at(4, 1'000)), std::nullopt);
  ASSERT_EQ(last.events.size(), 1u);
  EXPECT_EQ(last.events[0].kind, Event::Kind::missed);
}

TEST_F(AppointmentTest, AVisitThatDoesNotEndIsTold) {
  book(1, at(0, 600));
  ASSERT_EQ(tell(Arrive{}, at(1, 540)), std::nullopt);
  ASSERT_EQ(tell(Tick{}, at(1, 540) + hours{8}), std::nullopt);
  EXPECT_EQ(last.events.at(0).kind, Event::Kind::overrun);
  EXPECT_EQ(next_due(appointment, rules), std::nullopt);
  EXPECT_EQ(tell(Finish{"done"}, at(1, 540) + hours{9}), std::nullopt);
}

TEST_F(AppointmentTest, ThePromiseStandsWhenShiftsChangeUntilItIsMoved) {
  book(1, at(0, 600));
  EXPECT_FALSE(is_stranded(appointment, room.crew));
  room.crew.days[monday + 1] = {};
  EXPECT_TRUE(is_stranded(appointment, room.crew));
  EXPECT_EQ(appointment.visits.back().ends, at(1, 690));
}

}  // namespace
}  // namespace hotline::appointment
