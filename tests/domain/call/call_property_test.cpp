// SPDX-License-Identifier: Apache-2.0
// One call under random commands and reports, lost ones in between, against a small model of the voice node and the
// ACD: whatever happens, the customer is with somebody or hears music, no leg is in a bridge and a mix at once, every
// leg is hung up at most once and none is left, and no agent stays busy.
#include <gtest/gtest.h>

#include <set>

#include "domain/call/call.hpp"
#include "domain/property.hpp"

namespace hotline::call {
namespace {

struct ModelLeg {
  bool answered = false;
  LegId bridged_to;
  MixId mix;
  PlayId play;
  RecordingId recording;
};

/// Node and ACD as one call sees them.
class Model {
 public:
  static constexpr int agents = 4;
  static constexpr std::uint64_t supervisors = 3;  ///< with the numbers after the agents'

  Model() {
    book_.flows["entry"].name = "entry";
    book_.flows["entry"].start = "queue";
    book_.flows["entry"].nodes["queue"] = {"queue", QueueNode{.queue = "general", .refused = "bye"}, 1};
    book_.flows["entry"].nodes["bye"] = {"bye", HangUpNode{}, 1};
    call.id = CallId{1};
    call.node = "voice1";
    call.from = "5550100";
    call.to = "1000";
  }

  template <class Act>
  void step(Act&& act) {
    CallStep s(call, book_, ids_, now, Limits{});
    act(s);
    apply(s.take());
  }
  template <class Act>
  void ask(Act&& act) {
    step([&](CallStep& s) { (void)act(s); });
  }

  void arrive() {
    call.customer_leg = LegId{100};
    legs[call.customer_leg] = {};
    started_.insert(call.customer_leg);
    step([](CallStep& s) { s.arrive("entry"); });
    answer(call.customer_leg);
  }
  void dial() {
    busy.insert(AgentId{1});
    step([](CallStep& s) { s.dial(part(AgentId{1})); });
  }
  /// Odd agents have browsers, even ones phones.
  static AgentPart part(AgentId id) {
    AgentPart p;
    p.agent = id;
    p.browser = id.value() % 2 != 0;
    p.sip_contact = "sip:a@192.0.2.1";
    return p;
  }
  void supervise(AgentId by, SuperviseMode mode) {
    if (busy.contains(by) && call.supervision_by(by) == nullptr) return;  // has a call
    Refusal refusal = Refusal::none;
    step([&](CallStep& s) {
      refusal = s.supervise(part(by), mode);
      if (refusal == Refusal::none) busy.insert(by);
    });
  }
  void answer(LegId leg) {
    const auto found = legs.find(leg);
    if (found == legs.end() || found->second.answered) return;
    found->second.answered = true;
    step([&](CallStep& s) { s.leg_answered(leg); });
  }
  void end(LegId leg, Cause cause) {
    if (legs.find(leg) == legs.end()) return;
    drop(leg);
    step([&](CallStep& s) { s.leg_ended(leg, cause); });
  }
  void offer(AgentId agent) {
    if (offered || busy.contains(agent) || !queued) return;
    offered = agent;
    step([&](CallStep& s) { s.ring_agent(part(agent), Duration{20'000}); });
  }
  void offer_ends(const char* why) {
    if (!offered) return;
    const AgentId agent = *offered;
    offered.reset();
    direct_ = false;
    step([&](CallStep& s) { s.stop_ringing(agent, why); });
  }
  void resync(bool lose_some) {
    std::map<LegId, LegReport> reports;
    for (const auto& [id, leg] : legs)
      reports[id] = {true, leg.answered, leg.bridged_to, leg.play, leg.recording, false, leg.mix};
    if (lose_some && !reports.empty()) {  // as if the last commands had not come
      for (auto& [id, report] : reports) {
        LegReport& told = report;
        told.bridged_to = LegId{};
        told.mix = MixId{};
        told.play = PlayId{};
        ModelLeg& real = legs[id];
        real.bridged_to = LegId{};
        real.mix = MixId{};
        real.play = PlayId{};
      }
    }
    step([&](CallStep& s) { s.resync(reports); });
  }

  /// Empty when all is well.
  [[nodiscard]] std::string broken() const {
    const Sound sound = sound_of(call);
    for (const auto& [id, leg] : legs) {
      if (leg.bridged_to && leg.mix) return "leg " + id.to_string() + " is in a bridge and a mix";
      if (call.stage == Stage::ended) return "leg " + id.to_string() + " is left";
      if (!call.has_leg(id)) return "leg " + id.to_string() + " is nobody's";
      const LegId partner = sound.bridge.first == id    ? sound.bridge.second
                            : sound.bridge.second == id ? sound.bridge.first
                                                        : LegId{};
      if (leg.bridged_to != partner) return "leg " + id.to_string() + " is bridged wrongly";
      const bool mixed = std::find(sound.mix.begin(), sound.mix.end(), id) != sound.mix.end();
      if (mixed != leg.mix.operator bool()) return "leg " + id.to_string() + " is mixed wrongly";
      if (id == sound.side_leg && leg.play != call.side_play) return "somebody waits in silence";
    }
    if (sound.customer_music && legs.contains(call.customer_leg) && legs.at(call.customer_leg).play != call.play)
      return "the customer waits in silence";
    for (const auto& [leg, times] : hung_up_) {
      if (times > 1) return "leg " + leg.to_string() + " is hung up " + std::to_string(times) + " times";
    }
    for (const AgentId agent : busy) {
      if (!call.has_agent(agent)) return "agent " + agent.to_string() + " is stuck in the call";
    }
    if (offered && !call.has_agent(*offered)) return "an agent rings for nothing";
    if (const std::string wrong = heard_wrongly(sound); !wrong.empty()) return wrong;
    for (const Supervision& supervision : call.supervisions) {
      if (!call.agent || supervision.of != call.agent->agent) return "a supervisor listens to nobody";
      if (!supervision.who.leg && !supervision.deadline) return "a supervisor is stuck";
    }
    const bool waits = call.queued || (call.consult && call.consult->queued);
    if (waits != queued) return "call and queue disagree";
    const bool has_somebody = call.agent || call.external || call.queued || call.stage == Stage::arriving ||
                              call.stage == Stage::ivr || call.stage == Stage::ended;
    return has_somebody ? "" : "the customer waits for nobody";
  }

  Call call;
  TimePoint now = from_unix_ms(1'700'000'000'000);
  std::map<LegId, ModelLeg> legs;
  std::set<AgentId> busy;
  std::optional<AgentId> offered;
  bool queued = false;

 private:
  /// Who hears whom at the node, against the table of docs/adr/0021.
  [[nodiscard]] std::string heard_wrongly(const Sound& sound) const {
    for (const LegId listener : sound.mix) {
      for (const LegId speaker : sound.mix) {
        const Supervision* supervision = call.supervision_at(speaker);
        const bool agent = call.agent && call.agent->leg == listener;
        const bool told =
            std::find(not_heard_.begin(), not_heard_.end(), Unheard{listener, speaker}) == not_heard_.end();
        const bool wanted = supervision == nullptr || supervision->mode == SuperviseMode::barge ||
                            (supervision->mode == SuperviseMode::whisper && agent);
        if (listener != speaker && told != wanted)
          return "leg " + listener.to_string() + (told ? " hears " : " does not hear ") + speaker.to_string();
      }
    }
    return "";
  }
  void drop(LegId id) {
    part_from_bridge(legs[id]);
    legs.erase(id);
  }
  void part_from_bridge(ModelLeg& leg) {
    if (const auto other = legs.find(leg.bridged_to); other != legs.end()) other->second.bridged_to = LegId{};
    leg.bridged_to = LegId{};
  }

  void apply(const Effects& effects) {
    for (const Effect& effect : effects) {
      if (const auto* voice = std::get_if<VoiceCommand>(&effect)) {
        std::visit([this](const auto& command) { obey(command); }, *voice);
      } else if (const auto* ask_queue = std::get_if<AskQueue>(&effect)) {
        queued = true;
        (void)ask_queue;
        step([](CallStep& s) { s.queue_accepted(); });
      } else if (const auto* ask_agent = std::get_if<AskAgent>(&effect)) {
        const AgentId agent = ask_agent->agent;
        if (busy.contains(agent) || offered) {
          step([&](CallStep& s) { s.agent_refused(agent); });
        } else {
          offered = agent;
          direct_ = true;
          step([&](CallStep& s) { s.ring_agent(part(agent), Duration{20'000}); });
        }
      } else if (std::get_if<LeaveQueue>(&effect)) {
        queued = false;
        offer_ends("withdrawn");
      } else if (const auto* taken = std::get_if<OfferTaken>(&effect)) {
        offered.reset();
        direct_ = queued = false;
        busy.insert(taken->agent);
      } else if (std::get_if<OfferFailed>(&effect)) {
        offer_ends("rejected");
      } else if (const auto* finished = std::get_if<AgentFinished>(&effect)) {
        busy.erase(finished->agent);
      } else if (const auto* lost = std::get_if<AgentDeviceLost>(&effect)) {
        busy.erase(lost->agent);
      }
    }
  }

  template <class Command>
  void obey(const Command&) {}
  void obey(const OriginateSip& c) { begin(c.leg); }
  void obey(const AcceptBrowser& c) { begin(c.leg); }
  void begin(LegId leg) {
    if (started_.insert(leg).second) legs[leg] = {};
  }
  void obey(const HangUpLeg& c) {
    ++hung_up_[c.leg];
    if (legs.contains(c.leg)) drop(c.leg);
  }
  void obey(const PlayTo& c) {
    if (const auto leg = legs.find(c.leg); leg != legs.end()) leg->second.play = c.play;
  }
  void obey(const StopPlay& c) {
    if (const auto leg = legs.find(c.leg); leg != legs.end()) leg->second.play = PlayId{};
  }
  void obey(const BridgeLegs& c) {
    if (!legs.contains(c.a) || !legs.contains(c.b)) return;
    for (const LegId id : {c.a, c.b}) {
      part_from_bridge(legs[id]);
      legs[id].play = PlayId{};
    }
    legs[c.a].bridged_to = c.b;
    legs[c.b].bridged_to = c.a;
  }
  void obey(const UnbridgeLeg& c) {
    if (const auto leg = legs.find(c.leg); leg != legs.end()) part_from_bridge(leg->second);
  }
  void obey(const MixLegs& c) {
    not_heard_ = c.not_heard;
    for (auto& [id, leg] : legs) leg.mix = MixId{};
    for (const LegId id : c.members) {
      const auto leg = legs.find(id);
      if (leg == legs.end()) continue;
      part_from_bridge(leg->second);
      leg->second.play = PlayId{};
      leg->second.mix = c.mix;
    }
  }
  void obey(const UnmixLegs&) {
    for (auto& [id, leg] : legs) leg.mix = MixId{};
  }
  void obey(const StartRecording& c) {
    if (const auto leg = legs.find(c.leg); leg != legs.end() && leg->second.answered)
      leg->second.recording = c.recording;
  }

  FlowBook book_;
  IdMaker ids_{1'700'000'000, IdMaker::Origin::core};
  std::set<LegId> started_;
  std::vector<Unheard> not_heard_;
  std::map<LegId, int> hung_up_;
  bool direct_ = false;
};

LegId any_leg(const Model& model, int pick) {
  if (model.legs.empty()) return LegId{};
  auto it = model.legs.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(pick) % static_cast<std::ptrdiff_t>(model.legs.size()));
  return it->first;
}

void act(Model& model, int what, int pick) {
  const AgentId agent{static_cast<std::uint64_t>(1 + pick % Model::agents)};
  const AgentId other{static_cast<std::uint64_t>(1 + (pick / Model::agents) % Model::agents)};
  const AgentId owner = model.call.agent && pick % 8 != 0 ? model.call.agent->agent : agent;
  const AgentId supervisor{Model::agents + 1 + static_cast<std::uint64_t>(pick) % Model::supervisors};
  const Cause causes[] = {Cause::normal, Cause::busy, Cause::no_answer, Cause::media_timeout};
  switch (what) {
    case 0:
    case 1:
      return model.offer(agent);
    case 2:
    case 3:
      return model.ask([&](CallStep& s) { return s.agent_answers(model.offered.value_or(agent), "v=0"); });
    case 4:
    case 5:
    case 6:
      return model.answer(any_leg(model, pick));
    case 7:
      if (const LegId leg = any_leg(model, pick); pick % 5 == 0 || leg != model.call.customer_leg)
        return model.end(leg, causes[static_cast<std::size_t>(pick / 7) % 4]);
      return;
    case 8:
      return model.step([&](CallStep& s) { s.leg_ringing(any_leg(model, pick), pick % 2 == 0); });
    case 9:
      return model.offer_ends("timeout");
    case 10:
      return model.ask([&](CallStep& s) { return pick % 2 == 0 ? s.hold(owner) : s.resume(owner); });
    case 11:
      if (owner == other) return;
      return model.ask([&](CallStep& s) { return s.consult_agent(owner, other); });
    case 12:
      return model.ask([&](CallStep& s) {
        return s.consult_queue(owner, QueuePlace{"experts", 50, {}, "music/hold", {}});
      });
    case 13:
      return model.ask([&](CallStep& s) { return s.consult_number(owner, "5550133", "1000"); });
    case 14:
      return model.ask([&](CallStep& s) { return s.complete_transfer(owner); });
    case 15:
      return model.ask([&](CallStep& s) { return s.make_conference(owner); });
    case 16:
      return model.ask([&](CallStep& s) { return s.swap(owner); });
    case 17:
      return model.ask([&](CallStep& s) { return s.end_consultation(owner); });
    case 18:
      return model.ask([&](CallStep& s) { return s.agent_hangs_up(agent); });
    case 19:
      model.now += Duration{pick * 300};
      return model.step([](CallStep& s) { s.tick(); });
    case 20:
      return model.resync(pick % 2 == 0);
    case 21:
      if (owner == other) return;
      return model.ask([&](CallStep& s) { return s.transfer_to_agent(owner, other); });
    case 22:
      return model.ask([&](CallStep& s) { return s.transfer_to_number(owner, "5550122"); });
    case 23:
    case 24:
    case 25:
      return model.supervise(supervisor, static_cast<SuperviseMode>(pick / 3 % (what == 23 ? 4 : 3)));
    case 26:
    case 27:
      return model.ask([&](CallStep& s) { return s.agent_answers(supervisor, "v=0"); });
    case 28:
      return model.ask([&](CallStep& s) { return s.end_supervision(supervisor, "supervisor"); });
    default:
      return model.ask([&](CallStep& s) { return s.agent_rejects(model.offered.value_or(agent)); });
  }
}

RC_GTEST_PROP(CallProperty, nobody_is_stuck_and_no_leg_is_left, ()) {
  Model model;
  if (*rc::gen::inRange(0, 4) == 0) {
    model.call.direction = "outbound";
    model.dial();
  } else {
    model.arrive();
  }
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 30), rc::gen::inRange(0, 100)));
  for (const auto& [what, pick] : steps) {
    act(model, what, pick);
    const std::string broken = model.broken();
    if (!broken.empty()) RC_FAIL(broken + " after action " + std::to_string(what) + "/" + std::to_string(pick));
  }
  model.step([](CallStep& s) { s.customer_hangs_up(); });
  RC_ASSERT(model.broken().empty());
  RC_ASSERT(model.busy.empty());
  RC_ASSERT(model.legs.empty());
}

}  // namespace
}  // namespace hotline::call
