// SPDX-License-Identifier: Apache-2.0
// Goal: every state of every type that is shipped has its TM Forum state and is found by it; a patch asks for a step
// that the type has, and for nothing else.
#include "adapters/tmf/status.hpp"

#include <gmock/gmock.h>

#include "adapters/orders/order_files.hpp"

namespace hotline::tmf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using workorder::Order;

const workorder::TypeBook& types() {
  static const workorder::TypeBook book = *orders::load(HOTLINE_SOURCE_DIR "/orders");
  return book;
}
Order in(const std::string& type, const std::string& state) {
  Order order;
  order.type = type;
  order.state = state;
  order.closed = types().at(type).state(state)->end;
  return order;
}
std::string ticket(const std::string& type, const std::string& state) {
  return status_of(OrderKind::ticket, types().at(type), in(type, state));
}
std::string work(const std::string& type, const std::string& state) {
  return status_of(OrderKind::work, types().at(type), in(type, state));
}

TEST(TmfStatus, OfAComplaintAndAFault) {
  const std::map<std::string, std::string> complaint{
      {"accepted", "acknowledged"}, {"dispatched", "acknowledged"}, {"disputed", "held"},
      {"handling", "inProgress"},   {"replied", "resolved"},        {"told", "resolved"},
      {"inspection", "resolved"},   {"reporting", "resolved"},      {"assessment", "resolved"},
      {"assessed", "resolved"},     {"archived", "closed"},         {"merged", "held"}};
  for (const auto& [state, status] : complaint) EXPECT_EQ(ticket("complaint", state), status) << state;
  const std::map<std::string, std::string> fault{{"accepted", "acknowledged"},   {"testing", "inProgress"},
                                                 {"dispatched", "acknowledged"}, {"repairing", "inProgress"},
                                                 {"repaired", "resolved"},       {"told", "resolved"},
                                                 {"cleared", "closed"}};
  for (const auto& [state, status] : fault) EXPECT_EQ(ticket("fault_report", state), status) << state;
  Order waits = in("complaint", "handling");
  waits.waiting_since = TimePoint{};
  EXPECT_EQ(status_of(OrderKind::ticket, types().at("complaint"), waits), "pending");
}

TEST(TmfStatus, AWithdrawnOrderStaysCancelledWhenItIsToldAndArchived) {
  for (const char* stage :
       {"pair_assignment", "number_assignment", "switch_provisioning", "measurement", "outside_plant"})
    EXPECT_EQ(work("product_order", stage), "inProgress") << stage;
  EXPECT_EQ(work("product_order", "accepted"), "acknowledged");
  EXPECT_EQ(work("product_order", "withdrawn"), "cancelled");
  EXPECT_EQ(work("product_order", "archived"), "cancelled");
  Order done = in("product_order", "archived");
  done.parts = {{"outside_plant", true, workorder::PartState::replied, {}, {}, {}}};
  EXPECT_EQ(status_of(OrderKind::work, types().at("product_order"), done), "completed");
  EXPECT_EQ(work("business_request", "archived"), "completed");  // solved by the hotline itself is done, too
}

/// Whatever situation an order is in, the filter by its own status finds it, and no other filter does.
TEST(TmfStatus, EachSituationIsFoundByItsStatusAlone) {
  for (const OrderKind kind : {OrderKind::ticket, OrderKind::work})
    for (const auto& [code, type] : types())
      for (const workorder::State& state : type.states)
        for (const bool waiting : {false, true})
          for (const bool replied : {false, true}) {
            if (waiting && state.end) continue;
            Order order = in(code, state.code);
            if (waiting) order.waiting_since = TimePoint{};
            if (replied) order.parts = {{"a", true, workorder::PartState::replied, {}, {}, {}}};
            const std::string status = status_of(kind, type, order);
            EXPECT_THAT(statuses(kind), testing::Contains(status));
            for (const std::string& asked : statuses(kind)) {
              const auto cases = cases_of(kind, types(), {code}, asked);
              ASSERT_TRUE(cases);
              const bool found = std::any_of(cases->begin(), cases->end(), [&](const auto& one) {
                return one.type == code && one.state == state.code && one.waiting.value_or(waiting) == waiting &&
                       one.replied.value_or(replied) == replied;
              });
              EXPECT_EQ(found, asked == status)
                  << code << " " << state.code << (waiting ? " waiting" : "") << (replied ? " replied" : "")
                  << ": asked for " << asked << ", is " << status;
            }
          }
  EXPECT_FALSE(cases_of(OrderKind::ticket, types(), {"complaint"}, "cancelled"));
}

std::string way(const std::string& type, const std::string& state, const char* wanted, bool lead = false) {
  const auto found = transition_to(OrderKind::ticket, types().at(type), in(type, state), wanted, lead);
  return found ? found->action + (found->passed ? "" : " refused") : std::to_string(found.error().status);
}

TEST(TmfStatus, APatchAsksForAStepOfTheType) {
  EXPECT_EQ(way("complaint", "dispatched", "inProgress"), "accept");
  EXPECT_EQ(way("complaint", "handling", "resolved"), "reply");
  EXPECT_EQ(way("complaint", "accepted", "resolved"), "solve");
  EXPECT_EQ(way("complaint", "replied", "inProgress"), "give_back");
  EXPECT_EQ(way("complaint", "dispatched", "held"), "reject");
  EXPECT_EQ(way("complaint", "disputed", "acknowledged"), "arbitrate");
  EXPECT_EQ(way("complaint", "disputed", "inProgress"), "arbitrate refused");
  EXPECT_EQ(way("complaint", "assessed", "closed"), "archive");
  EXPECT_EQ(way("complaint", "archived", "acknowledged"), "reopen");
  EXPECT_EQ(way("complaint", "handling", "pending"), "wait");
  EXPECT_EQ(way("fault_report", "accepted", "inProgress"), "test");
  EXPECT_EQ(way("fault_report", "told", "closed"), "ask");
  EXPECT_EQ(way("complaint", "handling", "acknowledged", true), "transfer");
}

TEST(TmfStatus, OfSeveralDepartmentsTheFirstStageIsMeant) {
  const auto first =
      transition_to(OrderKind::work, types().at("product_order"), in("product_order", "accepted"), "inProgress", true);
  EXPECT_EQ(first->action, "assign_pair");
  EXPECT_EQ(way("fault_report", "accepted", "inProgress", true), "test");  // dispatched is acknowledged still
}

TEST(TmfStatus, WhatTheLoopDoesNotAllowIsRefusedWithWhatItDoes) {
  EXPECT_EQ(way("complaint", "accepted", "closed"), "409");
  EXPECT_EQ(way("complaint", "replied", "closed"), "409");  // neither told nor asked
  EXPECT_EQ(way("complaint", "archived", "pending"), "409");
  EXPECT_EQ(way("complaint", "accepted", "nonsense"), "409");
  const auto refused =
      transition_to(OrderKind::ticket, types().at("complaint"), in("complaint", "accepted"), "closed", false);
  EXPECT_THAT(refused.error().message, HasSubstr("it goes to: pending, resolved"));
  Order waits = in("complaint", "handling");
  waits.waiting_since = TimePoint{};
  EXPECT_EQ(transition_to(OrderKind::ticket, types().at("complaint"), waits, "inProgress", false)->action, "resume");
  EXPECT_FALSE(transition_to(OrderKind::ticket, types().at("complaint"), waits, "resolved", false));
}

TEST(TmfStatus, DepartmentsAndWithdrawal) {
  EXPECT_EQ(step_to_department(types().at("complaint"), in("complaint", "accepted")), "dispatch");
  EXPECT_EQ(step_to_department(types().at("complaint"), in("complaint", "handling")), "transfer");
  EXPECT_EQ(step_to_department(types().at("complaint"), in("complaint", "archived")), "");
  EXPECT_EQ(step_to_withdraw(types().at("product_order"), in("product_order", "measurement")), "withdraw");
  EXPECT_EQ(step_to_withdraw(types().at("product_order"), in("product_order", "archived")), "");
  EXPECT_EQ(step_to_withdraw(types().at("business_request"), in("business_request", "accepted")), "");
}

TEST(TmfStatus, OfAppointments) {
  EXPECT_THAT(appointment_states("confirmed"), ElementsAre("booked", "on_site"));
  EXPECT_THAT(appointment_states("failed"), ElementsAre("missed", "absent"));
  EXPECT_THAT(appointment_states("cancelled"), ElementsAre("cancelled", "lapsed"));
  EXPECT_THAT(appointment_states("open"), ElementsAre());
}

}  // namespace
}  // namespace hotline::tmf
