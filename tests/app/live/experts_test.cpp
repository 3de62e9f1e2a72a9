// SPDX-License-Identifier: Apache-2.0
// Expert groups (requirement A6) through the whole operation: what the expert sees, who owns the matter, the times of
// each, and an agent who waits for an expert.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

class Experts : public testing::Test {
 protected:
  Experts() {
    EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
                return live.set_skill(id, "lines", {"l", "l", "l"}, t);
              }),
              "done");
    EXPECT_EQ(make_group("vip", QueueId{2}, {}), "done");
  }
  void TearDown() override {
    EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
    EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
  }
  template <class Act>
  std::string ask(Act&& act) {
    world.flush();
    world.request(std::forward<Act>(act));
    world.flush();
    const auto& refused = world.replies.back().refused;
    return !refused ? "done" : refused->code + (refused->field.empty() ? "" : " " + refused->field);
  }
  std::string make_group(const std::string& code, QueueId id, std::map<std::string, std::int64_t> skills) {
    SetQueue queue;
    queue.id = id;
    queue.code = code;
    queue.name = {"g", "g", "g"};
    queue.waiting_max = 2;
    queue.routing.experts = {true, std::move(skills)};
    return ask([&](Live& live, RequestId request, TimePoint t) { return live.set_queue(request, queue, t); });
  }
  std::string consult(const TransferTo& whom, std::uint64_t by = 1) {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.consult(id, AgentId{by}, call, whom, t); });
  }
  std::string step(ConsultStep what, std::uint64_t by = 1) {
    return ask(
        [&](Live& live, RequestId id, TimePoint t) { return live.consult_step(id, AgentId{by}, call, what, t); });
  }
  std::string write(std::uint64_t agent, const std::string& reason, const std::string& note) {
    return ask([&](Live& live, RequestId id, TimePoint t) {
      return live.set_notes(id, Notes{AgentId{agent}, call, reason, "", note}, t);
    });
  }
  void talk() {
    customer = world.waiting_caller();
    world.ready(2);
    world.take_call(2);
    call = world.call_of(2).value_or(CallId{});
    ASSERT_EQ(world.state(2), "busy");
  }
  /// Agent 2 talks, expert 4 is consulted.
  void in_private() {
    talk();
    world.ready(4);
    world.flush();
    ASSERT_EQ(consult({"queue", "vip", "is the port dead?"}, 2), "done");
    world.pass(seconds{5});
    world.take_call(4);
    ASSERT_EQ(world.state(4), "busy");
  }
  CallView seen(std::uint64_t agent) { return world.live->call_of_agent(AgentId{agent}).value_or(CallView{}); }
  ContactPart part(std::uint64_t agent) {
    for (const ContactPart& p : world.store.parts(ContactId{call.value()}))
      if (p.agent == AgentId{agent}) return p;
    return {};
  }

  SimWorld world;
  LegId customer;
  CallId call;
};

TEST_F(Experts, TheExpertSeesWhoAsksWhyAndWhatIsWritten) {
  talk();
  EXPECT_EQ(write(2, "fault", "no tone since Monday"), "done");
  world.ready(4);
  world.flush();
  EXPECT_EQ(consult({"queue", "vip", "is the port dead?"}, 2), "done");
  for (const char* state : {"offered", "consulting"}) {
    if (std::string(state) == "consulting") world.take_call(4);
    const CallView view = seen(4);
    EXPECT_EQ(view.state, state);
    EXPECT_EQ(view.owner_name, "agent2");
    ASSERT_TRUE(view.asked) << state;
    EXPECT_EQ(view.asked->name, "agent2");
    EXPECT_EQ(view.asked->why, "is the port dead?");
    ASSERT_EQ(view.notes.size(), 1U) << state;
    EXPECT_EQ(view.notes[0].reason_code, "fault");
    EXPECT_EQ(view.notes[0].note, "no tone since Monday");
  }
  EXPECT_FALSE(seen(2).asked) << "nobody asked the first agent";
  EXPECT_EQ(write(2, "fault", "and the neighbour's line works"), "done");
  EXPECT_EQ(seen(4).notes[0].note, "and the neighbour's line works") << "as it is written";
  EXPECT_EQ(step(ConsultStep::end, 2), "done");
}

TEST_F(Experts, AfterTheHandOverTheFirstAgentOwnsItAndEachHasTheirTimes) {
  in_private();
  EXPECT_EQ(write(2, "fault", "handed over"), "done");
  world.pass(seconds{20});
  EXPECT_EQ(step(ConsultStep::complete, 2), "done");
  EXPECT_EQ(seen(4).role, "agent");
  EXPECT_EQ(seen(4).asked->why, "is the port dead?") << "still on the screen of who has it now";
  EXPECT_EQ(seen(4).notes[0].note, "handed over");
  EXPECT_EQ(seen(4).owner_id, AgentId{2});
  world.pass(seconds{5});
  EXPECT_EQ(write(2, "fault", "too late"), "forbidden") << "the call is with the expert";
  EXPECT_EQ(write(4, "fault", "port reset"), "done");
  world.pass(seconds{25});
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  const auto contact = *world.store.contact(ContactId{call.value()});
  EXPECT_EQ(contact.owner, AgentId{2});
  EXPECT_EQ(contact.agent, AgentId{4});
  EXPECT_EQ(part(2).consult, seconds{20});
  EXPECT_EQ(part(2).hold, seconds{25});
  EXPECT_EQ(part(2).talk, Duration{0});
  EXPECT_EQ(part(4).consult, seconds{20});
  EXPECT_EQ(part(4).talk, seconds{30});
  EXPECT_EQ(part(2).note, "handed over");
  EXPECT_EQ(part(4).note, "port reset");
  for (const std::uint64_t agent : {2U, 4U}) {
    ContactQuery own;
    own.agent = AgentId{agent};
    EXPECT_EQ(world.store.contacts(own).size(), 1U) << "in the day of agent " << agent;
  }
  WrapUp wrap_up{AgentId{4}, contact.id, "fault", "solved", "port reset, works", "ready", "", 0};
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.wrap_up(id, wrap_up, t); }), "done");
  EXPECT_EQ(part(4).note, "port reset, works");
  EXPECT_EQ(part(2).note, "handed over") << "what the other wrote stays";
}

TEST_F(Experts, ARepeatCallerIsGivenToTheOwnerNotToTheExpert) {
  in_private();
  EXPECT_EQ(step(ConsultStep::complete, 2), "done");
  world.node.ended(customer, call::Cause::normal);
  world.pass(seconds{15});
  const LegId again = world.waiting_caller();
  const auto entries = world.entries();
  const auto& variables = entries.at(world.call_at(again)).call.position.variables;
  EXPECT_EQ(variables.at("owner"), "2");
  EXPECT_EQ(variables.at("last_agent"), "4");
}

TEST_F(Experts, WhoHasNotTheGroupsSkillsIsNotAsked) {
  EXPECT_EQ(make_group("vip", QueueId{2}, {{"lines", 5}}), "done");
  talk();
  world.ready(4);
  world.flush();
  EXPECT_EQ(consult({"queue", "vip"}, 2), "done");
  EXPECT_EQ(world.state(4), "ready") << "a member, but no expert of lines";
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.set_agent_skills(id, {AgentId{4}, {"general", "vip"}, {{"lines", 7}}}, t);
            }),
            "done");
  EXPECT_EQ(world.state(4), "offered");
  EXPECT_EQ(make_group("vip", QueueId{2}, {{"none", 1}}), "bad_value routing.experts");
}

TEST_F(Experts, AnAgentWhoWaitsForAnExpertIsToldTheirPlaceAndMayGiveUp) {
  talk();
  EXPECT_EQ(consult({"queue", "vip"}, 2), "done");
  EXPECT_EQ(seen(2).consult->state, "queued");
  EXPECT_EQ(seen(2).consult->position, 1U);
  EXPECT_FALSE(seen(2).consult->wait_ms) << "no expert is signed in";
  world.ready(4);
  world.flush();
  EXPECT_FALSE(seen(2).consult->position) << "one rings";
  ASSERT_EQ(world.state(4), "offered");
  EXPECT_EQ(step(ConsultStep::end, 2), "done");
  EXPECT_EQ(world.state(4), "ready");
  EXPECT_EQ(seen(2).state, "talking");
  EXPECT_FALSE(seen(2).consult);
}

TEST_F(Experts, TheSecondWhoWaitsMovesUpAndTheirDeskIsTold) {
  talk();
  const CallId first = call;
  EXPECT_EQ(consult({"queue", "vip"}, 2), "done");
  world.waiting_caller("5550101");
  world.ready(3);
  world.take_call(3);
  call = *world.call_of(3);
  EXPECT_EQ(consult({"queue", "vip"}, 3), "done");
  EXPECT_EQ(seen(3).consult->position, 2U);
  call = first;
  EXPECT_EQ(step(ConsultStep::end, 2), "done");
  world.pass(seconds{2});
  EXPECT_EQ(seen(3).consult->position, 1U);
}

TEST_F(Experts, AFullGroupSaysSoAtOnce) {
  SetQueue queue;
  queue.id = QueueId{2};
  queue.code = "vip";
  queue.name = {"g", "g", "g"};
  queue.waiting_max = 0;
  queue.routing.experts.group = true;
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.set_queue(id, queue, t); }), "done");
  talk();
  EXPECT_EQ(consult({"queue", "vip", "why"}, 2), "done");
  EXPECT_EQ(seen(2).consult_end, "queue_full");
  EXPECT_EQ(seen(2).state, "held") << "the customer hears music until the agent goes on";
  EXPECT_FALSE(seen(2).asked);
}

TEST_F(Experts, WaitingAskingAndContextSurviveARestartOfTheCore) {
  talk();
  EXPECT_EQ(write(2, "fault", "no tone"), "done");
  EXPECT_EQ(consult({"queue", "vip", "why so"}, 2), "done");
  const auto restart = [&] {
    world.crash_core();
    world.start_core();
    world.connect();
    world.flush();
  };
  restart();
  EXPECT_EQ(seen(2).consult->position, 1U);
  world.ready(4);
  world.flush();
  restart();
  world.take_call(4);
  EXPECT_EQ(seen(4).asked->why, "why so");
  EXPECT_EQ(seen(4).notes.at(0).note, "no tone");
  world.pass(seconds{10});
  restart();
  world.pass(seconds{10});
  EXPECT_EQ(step(ConsultStep::complete, 2), "done");
  restart();
  EXPECT_EQ(seen(4).owner_name, "agent2");
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  EXPECT_GE(part(4).consult, seconds{20});
}

TEST_F(Experts, WhoeverHangsUpNobodyIsStuckAndTheOwnerStays) {
  in_private();
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, AgentId{2}, call, t); }),
            "done");
  EXPECT_EQ(seen(4).role, "agent") << "the customer goes to the expert";
  EXPECT_EQ(seen(4).asked->name, "agent2");
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, AgentId{4}, call, t); }),
            "done");
  world.flush();
  EXPECT_EQ(world.store.contact(ContactId{call.value()})->owner, AgentId{2});
}

TEST_F(Experts, NotesAreCheckedAndBelongToThoseInTheCall) {
  talk();
  EXPECT_EQ(write(2, "not_a_reason", ""), "bad_value");
  EXPECT_EQ(write(2, "", std::string("a\0b", 3)), "bad_value");
  EXPECT_EQ(write(3, "fault", "mine"), "forbidden");
  const CallId own = std::exchange(call, CallId{77});
  EXPECT_EQ(write(2, "fault", "lost"), "not_found");
  call = own;
  EXPECT_EQ(consult({"queue", "vip", std::string("a\0b", 3)}, 2), "bad_value why");
  EXPECT_EQ(consult({"queue", "nowhere"}, 2), "bad_value target");
}

TEST_F(Experts, ABlindTransferTellsTheNextWhoSentTheCustomerOn) {
  talk();
  EXPECT_EQ(write(2, "fault", "asked for a technician"), "done");
  world.ready(4);
  world.flush();
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.transfer(id, AgentId{2}, call, {"queue", "vip", "wants a technician"}, t);
            }),
            "done");
  EXPECT_EQ(seen(4).state, "offered");
  EXPECT_EQ(seen(4).asked->why, "wants a technician");
  EXPECT_EQ(seen(4).notes.at(0).note, "asked for a technician");
}

}  // namespace
}  // namespace hotline::app
