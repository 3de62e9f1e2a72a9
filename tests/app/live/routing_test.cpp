// SPDX-License-Identifier: Apache-2.0
// Routing set while the hotline runs, ways out of queues, call-backs that keep their place, admission and the life
// cycle of service lines: through Live, store and restarts.
#include "app/routing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Routing : public testing::Test {
 protected:
  template <class Act>
  std::string ask(Act&& act) {
    const std::size_t before = world.replies.size();
    world.request(std::forward<Act>(act));
    world.flush();
    if (world.replies.size() != before + 1) return "not one reply";
    return world.replies.back().refused ? world.replies.back().refused->code : "done";
  }
  std::string set_queue(const std::string& code, const QueueRouting& routing) {
    SetQueue command;
    command.id = QueueId{code == "general" ? 1U : code == "vip" ? 2U : 0U};
    command.code = code;
    command.name = {"Queue", "队列", "佇列"};
    command.wrap_up = Duration{};
    command.routing = routing;
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.set_queue(id, command, t); });
  }
  std::string set_line(std::uint64_t line, const LineOperation& operation, service_line::Measured measured = {},
                       bool despite = false) {
    return ask([&](Live& live, RequestId id, TimePoint t) {
      return live.set_line_operation(id, {ServiceLineId{line}, operation, measured, despite}, t);
    });
  }
  void restart() {
    world.crash_core();
    world.start_core();
    world.connect();
    world.flush();
  }
  /// The data of the last event of this type in the call's history; "" when there is none.
  std::string data_of(CallId call, const std::string& type) {
    std::string data;
    for (const ContactEvent& event : world.store.events(ContactId{call.value()})) {
      if (event.type == type) data = event.data;
    }
    return data;
  }
  std::string outcome(CallId call) { return world.store.contact(ContactId{call.value()})->outcome; }
  LegId outside_leg() {
    world.flush();
    for (const auto& [id, leg] : world.node.legs) {
      if (leg.outside) return id;
    }
    return LegId{};
  }
  /// The browser agent takes the call-back; their leg comes up and the customer is rung.
  void answer_call_back(std::uint64_t agent) {
    world.flush();
    const auto call = world.call_of(agent);
    ASSERT_TRUE(call);
    EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
                return live.agent_answers(id, AgentId{agent}, *call, "v=0", t);
              }),
              "done");
    world.node.answered(world.entries().at(*call).call.agent->leg);
    world.flush();
  }
  /// A caller who pressed 1 while waiting: to be called back.
  CallId asked_for_call_back(const std::string& from) {
    const LegId leg = world.waiting_caller(from);
    world.node.pressed(leg, '1');
    world.flush();
    const auto waiting = world.live->call_backs();
    for (const CallBackView& view : waiting) {
      if (view.number == from) return view.id;
    }
    return CallId{};
  }
  static QueueRouting with_call_back() {
    QueueRouting routing;
    routing.exits.digits["1"] = "call_back";
    return routing;
  }

  SimWorld world;
};

TEST_F(Routing, TheReasonOfEachOfferStandsInTheHistory) {
  const LegId leg = world.waiting_caller();
  world.pass(seconds{30});
  world.ready(1);
  const CallId call = world.call_at(leg);
  const std::string reason = data_of(call, "offered");
  for (const char* part : {R"("by":"best_call")", R"("waited_ms":"30000")", R"("position":"1")", R"("agent":"1")"})
    EXPECT_THAT(reason, HasSubstr(part));
}

TEST_F(Routing, AQueueIsChangedWhileCallsWaitAndTalkAndStaysSoAfterARestart) {
  world.ready(1);
  const LegId talking = world.waiting_caller("5550101");
  world.take_call(1);
  const LegId waiting = world.waiting_caller("5550102");
  QueueRouting routing = with_call_back();
  routing.weight = 7;
  routing.ring_plan = {{Duration{60'000}, 2, {}, {"vip"}}};
  EXPECT_EQ(set_queue("general", routing), "done");
  EXPECT_EQ(world.state(1), "busy");
  EXPECT_EQ(world.entries().at(world.call_at(waiting)).call.stage, call::Stage::waiting);
  restart();
  EXPECT_EQ(world.state(1), "busy");
  EXPECT_TRUE(world.node.legs.contains(talking));
  const Queue& stored = world.live->world().queues.at(0);
  EXPECT_EQ(routing_of(stored).weight, 7);
  EXPECT_EQ(routing_of(stored).ring_plan.at(0).also.at(0), "vip");
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, WhatLeadsNowhereIsRefusedAndChangesNothing) {
  QueueRouting routing;
  routing.exits.wait = "queue:nowhere";
  EXPECT_EQ(set_queue("general", routing), "bad_value");
  routing.exits.wait = "queue:general";
  EXPECT_EQ(set_queue("general", routing), "bad_value") << "into itself";
  routing.exits.wait = "flow:not_there";
  EXPECT_EQ(set_queue("general", routing), "bad_value");
  routing.exits.wait = "flow:menu";
  EXPECT_EQ(set_queue("general", routing), "done");
  EXPECT_EQ(set_queue("Bad Code", {}), "bad_value");
  EXPECT_EQ(set_queue("night", {}), "done") << "a new one";
  EXPECT_EQ(set_queue("night", {}), "bad_value") << "its code is taken";
  EXPECT_EQ(world.live->world().queues.size(), 3U);
}

TEST_F(Routing, AnAgentIsMovedToAQueueAndGetsItsCallAtOnce) {
  EXPECT_EQ(set_queue("night", {}), "done");
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.set_skill(id, "english", {"a", "b", "c"}, t);
            }),
            "done");
  world.ready(2);
  world.flush();
  QueueRouting routing;
  routing.exits.nobody = "queue:night";
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.set_agent_skills(id, {AgentId{2}, {"vip"}, {{"english", 3}}}, t);
            }),
            "done");
  EXPECT_EQ(set_queue("general", routing), "done");
  const LegId leg = world.waiting_caller();
  const CallId call = world.call_at(leg);
  EXPECT_EQ(world.entries().at(call).call.place->queue, "night") << "nobody serves general";
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.set_agent_skills(id, {AgentId{2}, {"night"}, {{"english", 10}}}, t);
            }),
            "bad_value");
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
              return live.set_agent_skills(id, {AgentId{2}, {"night"}, {}}, t);
            }),
            "done");
  EXPECT_EQ(world.call_of(2), call);
  EXPECT_EQ(world.store.agent(AgentId{2})->queues.size(), 1U);
}

TEST_F(Routing, AnExitByWaitSendsTheCallerOnWithTheirClock) {
  QueueRouting routing;
  routing.exits.wait = "queue:vip";
  routing.exits.wait_max_ms = seconds{30};
  EXPECT_EQ(set_queue("general", routing), "done");
  const LegId leg = world.waiting_caller();
  const CallId call = world.call_at(leg);
  const TimePoint since = world.entries().at(call).call.place->since;
  world.pass(seconds{31});
  const call::Call moved = world.entries().at(call).call;
  EXPECT_EQ(moved.place->queue, "vip");
  EXPECT_EQ(moved.place->since, since);
  EXPECT_EQ(moved.place->moves, 1);
  EXPECT_THAT(data_of(call, "queue_exit"), HasSubstr(R"("why":"wait")"));
  world.ready(1);
  EXPECT_EQ(world.call_of(1), call);
}

TEST_F(Routing, QueuesThatSendOnToEachOtherKeepTheCallerInTheEnd) {
  QueueRouting routing;
  routing.exits.nobody = "queue:vip";
  EXPECT_EQ(set_queue("general", routing), "done");
  routing.exits.nobody = "queue:general";
  EXPECT_EQ(set_queue("vip", routing), "done");
  const LegId leg = world.waiting_caller();
  const call::Call call = world.entries().at(world.call_at(leg)).call;
  EXPECT_EQ(call.stage, call::Stage::waiting);
  EXPECT_TRUE(call.queued);
  EXPECT_EQ(call.place->moves, 3);
}

TEST_F(Routing, AnExitIntoAFlowLetsTheCallerChooseAgain) {
  QueueRouting routing;
  routing.exits.digits["0"] = "flow:menu";
  EXPECT_EQ(set_queue("general", routing), "done");
  const LegId leg = world.waiting_caller();
  world.node.pressed(leg, '0');
  world.flush();
  EXPECT_EQ(world.entries().at(world.call_at(leg)).call.stage, call::Stage::ivr);
  world.node.pressed(leg, '1');
  world.node.pressed(leg, '1');
  world.flush();
  EXPECT_EQ(world.entries().at(world.call_at(leg)).call.stage, call::Stage::waiting);
}

TEST_F(Routing, TheirPlaceIsSaidToThoseWhoWaitAndMusicGoesOn) {
  QueueRouting routing;
  routing.announcements.first_ms = seconds{10};
  EXPECT_EQ(set_queue("general", routing), "done");
  const LegId leg = world.waiting_caller();
  world.pass(seconds{11});
  world.flush();
  EXPECT_FALSE(world.node.legs.at(leg).looped) << "an announcement is no music";
  const auto* play = std::get_if<call::PlayTo>(&world.node.obeyed.back());
  ASSERT_NE(play, nullptr);
  EXPECT_THAT(play->prompts, Contains("cmn/queue_place"));
  EXPECT_THAT(play->prompts, Contains("cmn/digits/1"));
  world.node.play_ended(leg);
  world.flush();
  EXPECT_TRUE(world.node.legs.at(leg).looped);
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, ARepeatCallerIsRecognisedAlsoAfterARestart) {
  world.ready(1);
  const LegId first = world.waiting_caller("5550107");
  world.take_call(1);
  world.node.ended(first, call::Cause::normal);
  world.flush();
  QueueRouting routing;
  routing.prefer_wait_ms = seconds{60};
  EXPECT_EQ(set_queue("general", routing), "done");
  world.set_state(1, "paused", "lunch");
  world.flush();
  restart();
  const LegId again = world.waiting_caller("5550107");
  const auto variables = world.entries().at(world.call_at(again)).call.position.variables;
  EXPECT_EQ(variables.at("repeat"), "yes");
  EXPECT_EQ(variables.at("owner"), "1");
  world.ready(2);
  world.flush();
  EXPECT_FALSE(world.call_of(2)) << "kept for who knows the matter, who is still writing";
  world.pass(seconds{11});
  world.flush();
  EXPECT_EQ(world.call_of(2), world.call_at(again)) << "who is paused now: the next one takes it";
  const LegId other = world.waiting_caller("5550108");
  EXPECT_FALSE(world.entries().at(world.call_at(other)).call.position.variables.contains("repeat"));
}

// ---- call-backs

TEST_F(Routing, ACallerWhoAsksIsCalledBackByAnAgentAndKeepsTheirPlace) {
  EXPECT_EQ(set_queue("general", with_call_back()), "done");
  const LegId leg = world.waiting_caller("5550111");
  const CallId asking = world.call_at(leg);
  world.pass(seconds{20});
  const LegId behind = world.waiting_caller("5550112");
  world.pass(seconds{20});
  world.node.pressed(leg, '1');
  world.flush();
  EXPECT_FALSE(world.node.legs.contains(leg)) << "they need not wait on the line";
  EXPECT_EQ(outcome(asking), "called_back");
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  const CallBackView view = world.live->call_backs()[0];
  EXPECT_EQ(view.number, "5550111");
  EXPECT_EQ(view.position, 1U) << "before who came after them";
  EXPECT_EQ(world.live->live_calls(), 1U) << "only the one behind is on the line";
  restart();
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  world.ready(1);
  world.flush();
  EXPECT_EQ(world.call_of(1), view.id);
  EXPECT_EQ(world.live->call_of_agent(AgentId{1})->direction, "outbound");
  answer_call_back(1);
  const LegId customer = outside_leg();
  ASSERT_TRUE(customer) << world.last_log();
  EXPECT_EQ(world.live->call_backs()[0].state, "calling");
  world.node.answered(customer);
  world.flush();
  EXPECT_EQ(world.entries().at(view.id).call.stage, call::Stage::talking);
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  EXPECT_EQ(outcome(view.id), "answered");
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_EQ(world.call_of(1), world.call_at(behind));
}

TEST_F(Routing, WhoDoesNotAnswerIsCalledAgainByTheRuleAndNotForEver) {
  QueueRouting routing = with_call_back();
  routing.call_back.attempts = 2;
  routing.call_back.busy_retry_ms = seconds{60};
  routing.call_back.retry_ms = minutes{10};
  EXPECT_EQ(set_queue("general", routing), "done");
  const CallId back = asked_for_call_back("5550121");
  ASSERT_TRUE(back);
  world.ready(1);
  answer_call_back(1);
  world.node.ended(outside_leg(), call::Cause::busy);
  world.flush();
  EXPECT_EQ(world.state(1), "ready");
  EXPECT_EQ(world.live->call_backs()[0].state, "later");
  EXPECT_EQ(world.live->call_backs()[0].attempts, 1);
  restart();
  world.pass(seconds{50});
  EXPECT_FALSE(world.call_of(1));
  world.pass(seconds{15});
  EXPECT_EQ(world.call_of(1), back);
  answer_call_back(1);
  world.node.ended(outside_leg(), call::Cause::no_answer);
  world.flush();
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_EQ(outcome(back), "not_reached");
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, ACallBackIsDialledAgainBeforeItsTimeAndAnewWhenItIsOver) {
  QueueRouting routing = with_call_back();
  routing.call_back.attempts = 2;
  EXPECT_EQ(set_queue("general", routing), "done");
  const CallId back = asked_for_call_back("5550122");
  const auto hasten = [&](CallId id) {
    return ask([&](Live& live, RequestId request, TimePoint t) { return live.hasten_call_back(request, id, t); });
  };
  const auto repeat = [&](const std::string& queue) {
    return ask([&](Live& live, RequestId request, TimePoint t) {
      return live.repeat_call_back(request, {"5550122", queue, back.to_string()}, t);
    });
  };
  EXPECT_EQ(hasten(back), "wrong_state") << "it is in the queue";
  EXPECT_EQ(repeat("general"), "wrong_state") << "never twice at once";
  world.ready(1);
  answer_call_back(1);
  world.node.ended(outside_leg(), call::Cause::busy);
  world.flush();
  ASSERT_EQ(world.live->call_backs()[0].tries.size(), 1U);
  EXPECT_EQ(world.live->call_backs()[0].tries[0].cause, "busy");
  restart();
  EXPECT_EQ(hasten(back), "done");
  EXPECT_EQ(world.call_of(1), back);
  answer_call_back(1);
  world.node.ended(outside_leg(), call::Cause::no_answer);
  world.flush();
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_EQ(hasten(back), "not_found");
  EXPECT_EQ(repeat("nowhere"), "wrong_state");
  EXPECT_EQ(repeat("general"), "done");
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  EXPECT_EQ(world.live->call_backs()[0].how, "again");
  EXPECT_EQ(world.live->call_backs()[0].attempts, 0);
  const CallId anew = world.live->call_backs()[0].id;
  EXPECT_EQ(world.store.contact(ContactId{anew.value()})->call_back, "again");
  answer_call_back(1);
  world.node.answered(outside_leg());
  world.flush();
  EXPECT_EQ(world.state(1), "busy");
  ContactQuery query;
  query.call_backs = true;
  EXPECT_EQ(world.store.contacts(query).size(), 2U);
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, ShortAbandonsAreCountedByTheRuleOfTheMoment) {
  const auto gives_up_after = [&](seconds wait) {
    const LegId leg = world.waiting_caller("5550155");
    const CallId call = world.call_at(leg);
    world.pass(wait);
    world.node.ended(leg, call::Cause::normal);
    world.flush();
    return outcome(call);
  };
  EXPECT_EQ(gives_up_after(seconds{8}), "abandoned");
  RoutingRules rules;
  rules.short_abandon_ms = seconds{10};
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.set_rules(id, rules, t); }), "done");
  EXPECT_EQ(gives_up_after(seconds{8}), "short_abandoned");
  restart();
  EXPECT_EQ(gives_up_after(seconds{8}), "short_abandoned");
}

TEST_F(Routing, ACallBackIsGivenToTheNextAgentWhenOneDoesNotAnswerAndToAPhoneToo) {
  EXPECT_EQ(set_queue("general", with_call_back()), "done");
  const CallId back = asked_for_call_back("5550131");
  world.ready(1);
  world.pass(seconds{21});
  EXPECT_EQ(world.state(1), "unavailable");
  world.ready(5);
  world.flush();
  EXPECT_EQ(world.call_of(5), back);
  const LegId phone = world.entries().at(back).call.agent->leg;
  EXPECT_FALSE(outside_leg()) << "the customer is not rung before somebody is there for them";
  world.node.answered(phone);
  const LegId customer = outside_leg();
  ASSERT_TRUE(customer);
  world.node.answered(customer);
  world.flush();
  EXPECT_TRUE(world.node.bridged(phone, customer));
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, OneNumberIsNotedOnceAndNotCalledWhenTheyHaveReachedUsThemselves) {
  EXPECT_EQ(set_queue("general", with_call_back()), "done");
  ASSERT_TRUE(asked_for_call_back("5550141"));
  const LegId again = world.waiting_caller("5550141");
  world.node.pressed(again, '1');
  world.flush();
  EXPECT_EQ(world.live->call_backs().size(), 1U);
  EXPECT_TRUE(world.node.legs.contains(again)) << "they wait on";
  EXPECT_THAT(data_of(world.call_at(again), "call_back_refused"), HasSubstr("asked_already"));
  const CallId back = world.live->call_backs()[0].id;
  world.ready(1);
  world.ready(2);
  world.flush();
  const std::uint64_t with = world.call_of(1) == world.call_at(again) ? 1 : 2;
  world.take_call(with);
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_EQ(outcome(back), "not_reached");
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

TEST_F(Routing, WhoGaveUpIsCalledBackWhereTheQueueSaysSo) {
  QueueRouting routing;
  routing.call_back.on_abandon = true;
  EXPECT_EQ(set_queue("general", routing), "done");
  const LegId brief = world.waiting_caller("5550151");
  world.pass(seconds{2});
  world.node.ended(brief, call::Cause::normal);
  world.flush();
  EXPECT_THAT(world.live->call_backs(), IsEmpty()) << "a short abandon";
  const LegId leg = world.waiting_caller("5550152");
  world.pass(seconds{40});
  world.node.ended(leg, call::Cause::normal);
  world.flush();
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  EXPECT_EQ(world.live->call_backs()[0].how, "abandoned");
}

TEST_F(Routing, TheWebAsksOnlyWhereItMayAndASupervisorMayCancel) {
  const auto web = [&](const std::string& number) {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.web_call_back(id, {number, "general"}, t); });
  };
  EXPECT_EQ(web("5550161"), "bad_value");
  QueueRouting routing;
  routing.call_back.from_web = true;
  EXPECT_EQ(set_queue("general", routing), "done");
  EXPECT_EQ(web("not a number"), "bad_value");
  EXPECT_EQ(web("555-0161"), "done");
  ASSERT_TRUE(world.replies.back().call_back);
  EXPECT_EQ(world.replies.back().call_back->position, 1U);
  EXPECT_FALSE(world.replies.back().call_back->wait_ms) << "nobody is signed in";
  EXPECT_EQ(web("5550161"), "done");
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  const CallId back = world.live->call_backs()[0].id;
  const auto cancel = [&] {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.cancel_call_back(id, back, t); });
  };
  EXPECT_EQ(cancel(), "done");
  EXPECT_EQ(cancel(), "not_found");
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
}

TEST_F(Routing, ACallBackOutlivesTheNodeThatRangForItAndExpiresInTheEnd) {
  QueueRouting routing = with_call_back();
  routing.call_back.keep_ms = minutes{30};
  EXPECT_EQ(set_queue("general", routing), "done");
  const CallId back = asked_for_call_back("5550171");
  world.ready(1);
  answer_call_back(1);
  ASSERT_TRUE(outside_leg());
  world.crash_node(true);
  world.connect();
  world.flush();
  ASSERT_EQ(world.live->call_backs().size(), 1U) << world.last_log();
  EXPECT_EQ(world.live->call_backs()[0].state, "waiting");
  EXPECT_EQ(world.state(1), "unavailable");
  world.pass(minutes{31});
  world.flush();
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_EQ(outcome(back), "not_reached");
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
}

// ---- service lines

TEST_F(Routing, ALineMayHaveItsShareOfTrunksAndIsBusyBeyondIt) {
  LineOperation operation;
  operation.trunks_max = 1;
  EXPECT_EQ(set_line(2, operation), "done");
  const LegId first = world.waiting_caller("5550181");
  const LegId second = world.node.incoming("112", "5550182");
  world.flush();
  const auto* reject = std::get_if<call::RejectLeg>(&world.node.obeyed.back());
  ASSERT_NE(reject, nullptr);
  EXPECT_EQ(reject->leg, second);
  EXPECT_EQ(reject->sip_status, 486U);
  world.node.ended(first, call::Cause::normal);
  world.flush();
  EXPECT_TRUE(world.call_at(world.waiting_caller("5550183")));
}

TEST_F(Routing, AFullLineMayBeToldSoByAFlow) {
  LineOperation operation;
  operation.trunks_max = 1;
  operation.when_full = "flow:menu";
  EXPECT_EQ(set_line(2, operation), "done");
  world.waiting_caller("5550181");
  const LegId second = world.waiting_caller("5550182");
  EXPECT_EQ(world.entries().at(world.call_at(second)).call.position.flow, "menu");
}

TEST_F(Routing, ALineIsTakenInWhenItIsRipeAndLeavesWithoutDroppingItsCalls) {
  const LegId leg = world.waiting_caller("5550191");
  LineOperation operation;
  operation.stage = "trial";
  EXPECT_EQ(set_line(2, operation), "done");
  operation.stage = "integrated";
  EXPECT_EQ(set_line(2, operation, {1000, 700, 650, 300}), "wrong_state");
  EXPECT_THAT(world.replies.back().refused->message, HasSubstr("65.0 %"));
  EXPECT_EQ(set_line(2, operation, {1000, 960, 900, 40}), "done");
  operation.stage = "outsourced";
  operation.outsourced_to = "5559000";
  EXPECT_EQ(set_line(2, operation), "done");
  EXPECT_TRUE(world.node.legs.contains(leg)) << "who waited waits on";
  const LegId sent_on = world.node.incoming("112", "5550192");
  world.flush();
  world.node.answered(sent_on);
  const LegId outside = outside_leg();
  ASSERT_TRUE(outside);
  world.node.answered(outside);
  world.flush();
  EXPECT_TRUE(world.node.bridged(sent_on, outside));
  const auto before = world.node.legs;
  world.input([](Live& live, TimePoint t) { return live.web_call(RequestId{900}, {"112", "", "v=0", ""}, t); });
  world.flush();
  const auto web = std::ranges::find_if(world.node.legs, [&](const auto& leg) { return !before.contains(leg.first); });
  ASSERT_NE(web, world.node.legs.end());
  world.node.answered(web->first);
  world.flush();
  EXPECT_EQ(std::ranges::count_if(world.node.legs, [](const auto& leg) { return leg.second.outside; }), 2)
      << "a caller from the web page is sent on like one from the network";
  operation.stage = "retired";
  EXPECT_EQ(set_line(2, operation), "done");
  world.node.incoming("112", "5550193");
  world.flush();
  EXPECT_EQ(std::get<call::RejectLeg>(world.node.obeyed.back()).sip_status, 410U);
  EXPECT_TRUE(world.node.bridged(sent_on, outside));
  operation.stage = "integrated";
  EXPECT_EQ(set_line(2, operation, {}, true), "wrong_state") << "not in one step, whoever says so";
}

// ---- what an older version stored

TEST(StoredCalls, OfAnOlderVersionAreRead) {
  Entry entry;
  entry.call.id = CallId{7};
  entry.call.place = call::QueuePlace{"general", 3, {}, "music/hold", from_unix_ms(1000)};
  std::string text = encode(entry);
  // Members that a version did not know are missing, as are today those that say nothing.
  for (const char* member : {"entered", "moves", "may_exit", "announcing", "was_called_back"})
    EXPECT_EQ(text.find(member), std::string::npos) << member;
  text.insert(text.find("\"place\""), R"("queued":false,"agent":null,"stage":"arriving",)");  // it wrote all it knew
  const auto read = decode_entry(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->call.place->priority, 3);
  EXPECT_TRUE(read->call.place->may_exit);
  EXPECT_EQ(read->call, entry.call);
  EXPECT_FALSE(decode_entry("{\"call\":7}"));
}

TEST(StoredRouting, OfAnOlderVersionIsRead) {
  Queue queue;
  queue.routing = R"({"weight":5})";
  EXPECT_EQ(routing_of(queue).weight, 5);
  EXPECT_TRUE(routing_of(queue).announcements.position);
  std::string problem;
  queue.routing = "nonsense";
  EXPECT_EQ(routing_of(queue, &problem).weight, 0);
  EXPECT_FALSE(problem.empty());
}

}  // namespace
}  // namespace hotline::app
