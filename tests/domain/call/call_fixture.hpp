// SPDX-License-Identifier: Apache-2.0
// One call driven step by step, with what each step led to at hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "domain/call/call.hpp"

namespace hotline::call {

class CallTest : public testing::Test {
 protected:
  CallTest() {
    const auto add = [&](const NodeName& name, NodeKind kind) {
      book.flows["entry"].nodes[name] = {name, std::move(kind), 1};
    };
    book.flows["entry"].name = "entry";
    book.flows["entry"].start = "menu";
    add("menu", MenuNode{.speech = {SpeechPrompt{"menu"}},
                         .choices = {{'1', "queue"}, {'9', "bye"}},
                         .no_input = {2, {SpeechPrompt{"again"}}, "bye"},
                         .no_match = {2, {SpeechPrompt{"again"}}, "bye"}});
    add("queue", QueueNode{.queue = "billing", .priority = 3, .refused = "full"});
    add("full", PlayNode{{SpeechPrompt{"full"}}, false, "bye"});
    add("bye", HangUpNode{});
    call.id = CallId{1};
    call.node = "voice1";
    call.from = "5550100";
    call.to = "1000";
    call.customer_leg = customer;
  }

  /// One step; what it led to is in `out`.
  template <class Act>
  void step(Act&& act) {
    CallStep s(call, book, ids, now, limits);
    act(s);
    out = s.take();
  }
  template <class Act>
  Refusal ask(Act&& act) {
    CallStep s(call, book, ids, now, limits);
    const Refusal refusal = act(s);
    out = s.take();
    return refusal;
  }

  // -- how a test comes to where it begins
  void in_menu() {
    step([&](CallStep& s) { s.arrive("entry"); });
    step([&](CallStep& s) { s.leg_answered(customer); });
  }
  void in_queue() {
    in_menu();
    step([&](CallStep& s) { s.digit(customer, '1'); });
    step([&](CallStep& s) { s.queue_accepted(); });
  }
  void rings_at_browser() {
    in_queue();
    step([&](CallStep& s) { s.ring_agent(browser_agent(), Duration{20'000}); });
  }
  void rings_at_phone() {
    in_queue();
    step([&](CallStep& s) { s.ring_agent(phone_agent(), Duration{20'000}); });
  }
  void talks_to_browser() {
    rings_at_browser();
    EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::none);
    step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  }
  void talks_to_phone() {
    rings_at_phone();
    step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  }

  [[nodiscard]] AgentPart browser_agent() const {
    AgentPart part;
    part.agent = agent;
    part.number = "8001";
    return part;
  }
  [[nodiscard]] AgentPart phone_agent() const {
    AgentPart part = browser_agent();
    part.browser = false;
    part.sip_contact = "sip:8001@192.0.2.9";
    return part;
  }

  // -- what a step led to
  template <class T>
  [[nodiscard]] const T* effect() const {
    for (const Effect& e : out) {
      if (const T* found = std::get_if<T>(&e)) return found;
    }
    return nullptr;
  }
  template <class T>
  [[nodiscard]] const T* command() const {
    for (const Effect& e : out) {
      const auto* voice = std::get_if<VoiceCommand>(&e);
      if (voice == nullptr) continue;
      if (const T* found = std::get_if<T>(voice)) return found;
    }
    return nullptr;
  }
  [[nodiscard]] bool hung_up(LegId leg) const {
    return std::any_of(out.begin(), out.end(), [&](const Effect& e) {
      const auto* voice = std::get_if<VoiceCommand>(&e);
      const auto* hangup = voice != nullptr ? std::get_if<HangUpLeg>(voice) : nullptr;
      return hangup != nullptr && hangup->leg == leg;
    });
  }
  [[nodiscard]] std::vector<std::string> history() const {
    std::vector<std::string> types;
    for (const Effect& e : out) {
      if (const auto* h = std::get_if<History>(&e)) types.push_back(h->type);
    }
    return types;
  }
  [[nodiscard]] bool told(const std::string& type) const {
    const auto types = history();
    return std::find(types.begin(), types.end(), type) != types.end();
  }
  [[nodiscard]] bool music_plays() const {
    const auto* play = command<PlayTo>();
    return play != nullptr && play->leg == customer && play->loop;
  }
  /// As the node would report the call's legs when nothing had been lost.
  [[nodiscard]] std::map<LegId, LegReport> as_it_should_be() const {
    std::map<LegId, LegReport> legs;
    const Sound sound = sound_of(call);
    const auto add = [&](LegId leg, bool answered, PlayId play) {
      if (!leg) return;
      LegReport& report = legs[leg];
      report.present = true;
      report.answered = answered;
      report.play = play;
      if (sound.bridge.first == leg) report.bridged_to = sound.bridge.second;
      if (sound.bridge.second == leg) report.bridged_to = sound.bridge.first;
      if (std::find(sound.mix.begin(), sound.mix.end(), leg) != sound.mix.end()) report.mix = mix_of(call);
    };
    const auto side = [&](LegId leg) { return leg == sound.side_leg ? call.side_play : PlayId{}; };
    if (call.stage != Stage::dialing || call.customer_called) {
      add(call.customer_leg, call.customer_answered, call.play);
      legs[call.customer_leg].recording = call.recording;
    }
    if (call.agent) add(call.agent->leg, call.agent->answered, side(call.agent->leg));
    if (call.external) add(call.external->leg, call.external->answered, {});
    if (call.consult) add(call.consult->leg(), call.consult->answered(), side(call.consult->leg()));
    if (call.consult) add(call.consult->own_leg, call.consult->own_answered, side(call.consult->own_leg));
    return legs;
  }
  void resync(const std::map<LegId, LegReport>& legs) {
    step([&](CallStep& s) { s.resync(legs); });
  }

  const LegId customer{100};
  const AgentId agent{7}, other{8};
  FlowBook book;
  IdMaker ids{1'700'000'000, IdMaker::Origin::core};
  TimePoint now = from_unix_ms(1'700'000'000'000);
  Limits limits;
  Call call;
  Effects out;
};

}  // namespace hotline::call
