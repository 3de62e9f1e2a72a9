// SPDX-License-Identifier: Apache-2.0
// The keys of agents' phones through the whole operation: who may call what, transfers, what is refused, restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

class PhoneCalls : public testing::Test {
 protected:
  /// Agent 4 talks to a customer at their phone.
  void talk() {
    customer = world.waiting_caller();
    world.ready(4);
    world.take_call(4);
    ASSERT_EQ(world.state(4), "busy");
    call = *world.call_of(4);
    first = now().agent->leg;
  }
  LegId calls(const std::string& to, const std::string& who = "8004") {
    const LegId leg = world.node.phone_calls(who, to);
    world.flush();
    return leg;
  }
  void answers(LegId leg) {
    world.node.answered(leg);
    world.flush();
    for (const auto& [id, each] : world.node.legs) {  // and the phone confirms
      if (each.phone_calls && each.accepted && !each.answered) return world.node.answered(id), world.flush();
    }
  }
  /// The status a phone's transfer was refused with, 0 when it was not.
  unsigned transfer(LegId leg, const std::string& to, LegId replaces = {}) {
    world.node.obeyed.clear();
    world.node.asked_for_transfer(leg, to, replaces);
    world.flush();
    for (const call::VoiceCommand& command : world.node.obeyed) {
      if (const auto* told = std::get_if<call::TellTransfer>(&command)) return told->leg == leg ? told->sip_status : 1;
    }
    return 0;
  }
  unsigned refused_with() const {
    for (const call::VoiceCommand& command : world.node.obeyed) {
      if (const auto* reject = std::get_if<call::RejectLeg>(&command)) return reject->sip_status;
    }
    return 0;
  }
  call::Call now() { return world.entries().at(call).call; }
  void TearDown() override {
    EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
    EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
  }

  SimWorld world;
  LegId customer, first;
  CallId call;
};

TEST_F(PhoneCalls, AnAttendedTransferJoinsTheCustomerWithTheColleague) {
  talk();
  world.ready(5);
  world.node.held(first, true);
  const LegId second = calls("8005");
  ASSERT_TRUE(now().consult);
  EXPECT_EQ(world.live->call_of_agent(AgentId{4})->state, "consulting");
  const LegId third = now().consult->agent->leg;
  answers(third);
  EXPECT_TRUE(world.node.bridged(second, third));
  world.pass(seconds{7});
  EXPECT_EQ(transfer(first, "8005", second), 0U);
  EXPECT_TRUE(world.node.bridged(customer, third));
  EXPECT_FALSE(world.node.legs.contains(first));
  EXPECT_FALSE(world.node.legs.contains(second));
  EXPECT_EQ(world.state(4), "wrap_up");
  EXPECT_EQ(world.state(5), "busy");
  world.pass(seconds{9});
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  const auto contact = *world.store.contact(ContactId{call.value()});
  EXPECT_EQ(contact.agent, AgentId{5});
  EXPECT_EQ(contact.hold, seconds{7});
  EXPECT_EQ(contact.consult, seconds{7});
  EXPECT_EQ(contact.talk, seconds{9});
  EXPECT_EQ(world.store.recordings(contact.id).size(), 1U);
}

TEST_F(PhoneCalls, TheTransferMayBeAskedForInEitherCallAndWhileItRings) {
  talk();
  const LegId second = calls("5550133");
  const LegId third = now().consult->external->leg;
  EXPECT_EQ(transfer(second, "5550100", first), 0U);
  answers(third);
  EXPECT_TRUE(world.node.bridged(customer, third));
}

TEST_F(PhoneCalls, ATransferSurvivesACoreThatDiesInTheMiddleOfIt) {
  talk();
  world.ready(5);
  const LegId second = calls("8005");
  const LegId third = now().consult->agent->leg;
  answers(third);
  world.node.asked_for_transfer(first, "8005", second);
  world.deliver_up();
  world.commit();  // durable, and said to nobody
  world.crash_core();
  world.start_core();
  world.connect();
  world.flush();
  EXPECT_TRUE(world.node.bridged(customer, third));
  EXPECT_FALSE(world.node.legs.contains(first));
  EXPECT_FALSE(world.node.legs.contains(second));
}

TEST_F(PhoneCalls, WhatIsRefusedIsToldAndChangesNothing) {
  talk();
  const call::Call before = now();
  EXPECT_EQ(transfer(first, "110"), 403U);
  EXPECT_EQ(transfer(first, "nobody"), 404U);
  EXPECT_EQ(transfer(first, "8005"), 486U) << "signed out";
  EXPECT_EQ(transfer(first, "8004"), 404U) << "themselves";
  EXPECT_EQ(transfer(first, "", customer), 403U);
  EXPECT_EQ(transfer(customer, "8005"), 403U) << "a customer's own wish";
  EXPECT_EQ(now(), before);
  calls("8005");
  EXPECT_EQ(refused_with(), 486U);
  EXPECT_EQ(now(), before);
}

TEST_F(PhoneCalls, AThirdCallOfAPhoneIsRefused) {
  talk();
  calls("5550133");
  world.node.obeyed.clear();
  calls("5550134");
  EXPECT_EQ(refused_with(), 486U);
}

TEST_F(PhoneCalls, BlindTransfersGoToColleaguesQueuesAndNumbers) {
  talk();
  EXPECT_EQ(transfer(first, "vip"), 0U);
  EXPECT_EQ(now().place->queue, "vip");
  EXPECT_FALSE(world.node.legs.contains(first));
}

TEST_F(PhoneCalls, ACallToAColleague) {
  world.ready(4);
  world.ready(2);
  world.flush();
  const LegId leg = calls("8002");
  EXPECT_EQ(world.state(4), "busy");
  EXPECT_EQ(world.live->call_of_agent(AgentId{4})->role, "caller");
  EXPECT_EQ(world.live->call_of_agent(AgentId{2})->direction, "internal");
  world.take_call(2);
  world.node.answered(leg);
  world.flush();
  call = *world.call_of(4);
  EXPECT_TRUE(world.node.bridged(leg, now().agent->leg));
  world.pass(seconds{4});
  world.node.ended(leg, call::Cause::normal);
  world.flush();
  EXPECT_EQ(world.state(4), "ready");
  EXPECT_EQ(world.state(2), "ready");
  const auto contact = *world.store.contact(ContactId{call.value()});
  EXPECT_EQ(contact.direction, "internal");
  EXPECT_EQ(contact.outcome, "answered");
  EXPECT_EQ(contact.talk, seconds{4});
}

TEST_F(PhoneCalls, OnlyWhoMayCallDoes) {
  calls("8002");
  EXPECT_EQ(refused_with(), 486U) << "agent 2 is not ready";
  world.ready(2);
  world.node.obeyed.clear();
  calls("8002");
  EXPECT_EQ(refused_with(), 403U) << "agent 4 is signed out";
  world.ready(4);
  world.node.obeyed.clear();
  calls("120");
  EXPECT_EQ(refused_with(), 403U) << "an emergency number";
  world.node.obeyed.clear();
  calls("5550133", "8001");
  EXPECT_EQ(refused_with(), 403U) << "agent 1 works in the browser";
  EXPECT_EQ(world.state(4), "ready");
}

TEST_F(PhoneCalls, AnOutsideNumberSeesTheHotlinesNumber) {
  world.ready(4);
  world.node.obeyed.clear();
  const LegId leg = calls("5550133");
  const call::OriginateSip* out = nullptr;
  for (const call::VoiceCommand& command : world.node.obeyed)
    if (const auto* found = std::get_if<call::OriginateSip>(&command)) out = found;
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->uri, "5550133");
  EXPECT_EQ(out->from_user, "1000");
  const LegId far = out->leg;
  answers(far);
  EXPECT_TRUE(world.node.bridged(leg, far));
  EXPECT_EQ(world.live->call_of_agent(AgentId{4})->state, "talking");
}

}  // namespace
}  // namespace hotline::app
