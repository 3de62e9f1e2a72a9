// SPDX-License-Identifier: Apache-2.0
// The store's contract for appointments, through their use cases: what is promised is kept over a restart, room is
// never promised twice however many ask at once, and what comes due comes due once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "adapters/store/store_fixture.hpp"
#include "app/appointments/appointment_desk.hpp"

namespace hotline::store::test {
namespace {

using appointment::CrewId;
using appointment::Outcome;
using appointment::Slot;
using appointment::State;

class StoreAppointmentTest : public StoreTest {
 protected:
  void SetUp() override {
    app::CrewRow one{{CrewId{1}, "East 1", {"east", "harbour"}, {"install", "repair"}}, "outside_plant"};
    for (int weekday = 0; weekday < 5; ++weekday) one.crew.week[weekday] = {{510, 690, 2}, {810, 1'020, 3}};
    one.crew.days[day + 2] = {};
    one.crew.days[day + 3] = {{600, 720, 1}};
    appointments().save_crew(one);
    appointments().save_crew({{CrewId{2}, "West", {"west"}, {"install"}}, ""});
  }
  app::AppointmentStore& appointments() { return *store().appointments(); }
  /// Each as after a restart: ids begin with another second.
  app::AppointmentDesk desk() { return {appointments(), {{}, 1'700'000'000 + ++desks_}}; }
  TimePoint on(std::int64_t from_today, int minute) { return appointment::moment({}, day + from_today, minute); }
  static app::AppointmentRequest request(std::string command) {
    return {std::move(command), "fingerprint", {}, AgentId{9}};
  }
  static app::AppointmentDetails details(std::int64_t from_today = 1) {
    return {{"east", {"install"}}, {CrewId{1}, day + from_today, 510},
            WorkOrderId{70},       CustomerId{71},
            ContactId{72},         "王小明",
            "02061234567",         "人民路 12 號",
            "second floor"};
  }

  static constexpr std::int64_t day = 20'514;  // Monday, 2026-03-02

 private:
  std::int64_t desks_ = 0;
};

TEST_P(StoreAppointmentTest, KeepsCrewsAsTheyWereSavedLast) {
  app::CrewRow west{{CrewId{2}, "West 2", {"west", "hills"}, {"repair"}}, "repair_city"};
  west.crew.week[6] = {{600, 720, 4}};
  west.crew.utc_offset = std::chrono::minutes{330};
  appointments().save_crew(west);
  reopen();
  const auto crews = appointments().crews();
  ASSERT_EQ(crews.size(), 2u);
  EXPECT_EQ(crews[0].crew.week.at(0), (std::vector<appointment::Window>{{510, 690, 2}, {810, 1'020, 3}}));
  EXPECT_TRUE(crews[0].crew.days.at(day + 2).empty());
  EXPECT_EQ(crews[0].crew.days.at(day + 3).size(), 1u);
  EXPECT_EQ(crews[1].crew.areas, (std::set<std::string>{"hills", "west"}));
  EXPECT_EQ(crews[1].crew.utc_offset, std::chrono::minutes{330});
  EXPECT_EQ(crews[1].department, "repair_city");
}

TEST_P(StoreAppointmentTest, AnAppointmentLivesThroughARestart) {
  const auto held = desk().hold(request("a"), details(), on(0, 600));
  ASSERT_TRUE(held) << held.error().message;
  const auto booked = desk().act(held->state.id, request("b"), appointment::Book{}, on(0, 601));
  ASSERT_TRUE(booked);
  const auto moved =
      desk().act(held->state.id, request("c"),
                 appointment::Move{{CrewId{1}, day + 3, 600}, appointment::Side::customer, "away"}, on(0, 700));
  ASSERT_TRUE(moved) << moved.error().message;
  reopen();
  EXPECT_EQ(appointments().appointment(held->state.id), *moved);
  EXPECT_EQ(moved->person, "王小明");
  const auto lines = appointments().history(held->state.id);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2].event,
            (appointment::Event{appointment::Event::Kind::moved, on(0, 700), appointment::Side::customer, "away"}));
  EXPECT_EQ(lines[2].by, AgentId{9});
  const appointment::Taken taken{{Slot{CrewId{1}, day + 3, 600}, 1}};
  EXPECT_EQ(appointments().taken(day, day + 7), taken);
}

TEST_P(StoreAppointmentTest, FreeSlotsFollowWhatIsTaken) {
  const appointment::Search search{{"east", {}}, on(0, 0), on(4, 0)};
  EXPECT_EQ(desk().search(search, on(0, 0)).size(), 5u);  // two on two days, none on the third, one on the fourth
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(desk().hold(request("fill" + std::to_string(i)), details(), on(0, 600)));
  EXPECT_EQ(desk().search(search, on(0, 0)).size(), 4u);
  const auto third = desk().hold(request("third"), details(), on(0, 600));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, "full");
  EXPECT_EQ(third.error().field, "slot");
}

TEST_P(StoreAppointmentTest, TheSameCommandTwiceIsDoneOnce) {
  const auto first = desk().hold(request("a"), details(), on(0, 600));
  const auto again = desk().hold(request("a"), details(), on(0, 601));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->state, first->state);
  auto other = request("a");
  other.fingerprint = "something else";
  const auto reused = desk().hold(other, details(), on(0, 602));
  ASSERT_FALSE(reused);
  EXPECT_EQ(reused.error().code, "command_reused");
  EXPECT_EQ(appointments().appointments({}).size(), 1u);
}

TEST_P(StoreAppointmentTest, WhoSawAnotherVersionIsTold) {
  const auto held = desk().hold(request("a"), details(), on(0, 600));
  ASSERT_TRUE(desk().act(held->state.id, request("b"), appointment::Book{}, on(0, 601)));
  auto late = request("c");
  late.version = held->state.version;
  const auto refused =
      desk().act(held->state.id, late, appointment::Cancel{appointment::Side::customer, "no"}, on(0, 602));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "stale");
}

TEST_P(StoreAppointmentTest, ManyAtOnceNeverOverfillAWindow) {
  std::atomic<int> promised{0}, full{0};
  std::vector<std::thread> callers;
  app::AppointmentDesk shared = desk();
  for (int caller = 0; caller < 12; ++caller)
    callers.emplace_back([&, caller] {
      const auto held = shared.hold(request("caller" + std::to_string(caller)), details(), on(0, 600));
      if (held)
        ++promised;
      else if (held.error().code == "full")
        ++full;
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(promised, 2);
  EXPECT_EQ(full, 10);
}

TEST_P(StoreAppointmentTest, WhatComesDueComesDueOnce) {
  const auto kept = desk().hold(request("a"), details(), on(0, 600));
  ASSERT_TRUE(desk().act(kept->state.id, request("b"), appointment::Book{}, on(0, 601)));
  const auto lapses = desk().hold(request("c"), details(), on(0, 600));
  EXPECT_EQ(desk().tick(on(0, 609), 10), 0u);
  EXPECT_EQ(desk().tick(on(0, 610), 10), 1u);
  EXPECT_EQ(desk().tick(on(0, 611), 10), 0u);
  EXPECT_EQ(desk().find(lapses->state.id)->state.state, State::lapsed);
  EXPECT_EQ(desk().tick(on(0, 900), 10), 1u);  // the reminder
  EXPECT_EQ(desk().tick(on(1, 704), 10), 0u);
  EXPECT_EQ(desk().tick(on(1, 705), 10), 1u);
  EXPECT_EQ(desk().tick(on(9, 0), 10), 0u);
  const auto missed = desk().find(kept->state.id);
  EXPECT_EQ(missed->state.state, State::missed);
  const auto scores = appointments().scores(on(1, 0), on(2, 0));
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0], (app::CrewScore{CrewId{1}, {1, 0, 0, 1}, {1, 1, 0, 0}}));
}

TEST_P(StoreAppointmentTest, AreFoundByDayCrewOrderAndState) {
  ASSERT_TRUE(desk().hold(request("a"), details(1), on(0, 600)));
  auto other = details(4);
  other.order.reset();
  ASSERT_TRUE(desk().hold(request("b"), other, on(0, 600)));
  app::AppointmentQuery query;
  query.from_day = query.to_day = day + 1;
  EXPECT_EQ(appointments().appointments(query).size(), 1u);
  query = {};
  query.order = WorkOrderId{70};
  EXPECT_EQ(appointments().appointments(query).size(), 1u);
  query = {};
  query.customer = CustomerId{71};
  EXPECT_EQ(appointments().appointments(query).size(), 2u);
  query.state = "booked";
  EXPECT_TRUE(appointments().appointments(query).empty());
  query = {};
  query.crew = CrewId{2};
  EXPECT_TRUE(appointments().appointments(query).empty());
}

TEST_P(StoreAppointmentTest, AChangedShiftStrandsWhatWasPromised) {
  const auto held = desk().hold(request("a"), details(1), on(0, 600));
  ASSERT_TRUE(held);
  app::CrewRow crew = appointments().crews().front();
  EXPECT_TRUE(desk().stranded(crew, on(0, 600)).empty());
  crew.crew.days[day + 1] = {{600, 690, 2}};
  ASSERT_TRUE(desk().save_crew(crew));
  const auto stranded = desk().stranded(crew, on(0, 600));
  ASSERT_EQ(stranded.size(), 1u);
  EXPECT_EQ(stranded[0].state.id, held->state.id);
  crew.crew.week[0] = {{510, 500, 2}};
  const auto refused = desk().save_crew(crew);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "bad_value");
}

TEST_P(StoreAppointmentTest, TextThatCannotBeStoredIsRefused) {
  auto bad = details();
  bad.note = std::string("a\0b", 3);
  EXPECT_THROW((void)desk().hold(request("a"), bad, on(0, 600)), app::BadText);
}

INSTANTIATE_TEST_SUITE_P(Databases, StoreAppointmentTest, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& info) { return info.param == Kind::sqlite ? "sqlite" : "postgres"; });

}  // namespace
}  // namespace hotline::store::test
