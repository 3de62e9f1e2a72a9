// SPDX-License-Identifier: Apache-2.0
#include "app/live/sim_world.hpp"

#include <algorithm>

namespace hotline::app {

namespace {

using std::chrono::seconds;

Agent sim_agent(std::uint64_t id) {
  Agent agent;
  agent.id = AgentId{id};
  agent.number = "800" + std::to_string(id);
  agent.username = "agent" + std::to_string(id);
  agent.name = agent.username;
  agent.queues = {QueueId{1}};
  if (id == 1 || id == 4) agent.queues.push_back(QueueId{2});
  if (id > 3) {
    agent.device = "sip";
    agent.sip_contact = "sip:" + agent.number + "@192.0.2.9:5060";
  }
  return agent;
}

/// What of the agents' parts in a contact differs from its history, or from the contact's own times.
std::vector<std::string> wrong_parts(const Contact& contact, const std::vector<ContactEvent>& events,
                                     const std::vector<ContactPart>& parts) {
  std::vector<std::string> found;
  const AgentTimes times = agent_times_of(events);
  if (parts.size() != times.shares.size()) found.emplace_back("an agent's part is missing or too many");
  Duration talk{}, hold{};
  for (const ContactPart& part : parts) {
    const auto* share = times.share(part.agent);
    const bool same =
        share != nullptr && share->talk == part.talk && share->hold == part.hold && share->consult == part.consult;
    if (!same && contact.outcome != "lost") found.push_back("the times of agent " + part.agent.to_string());
    talk += part.talk;
    hold += part.hold;
  }
  const bool owned = parts.empty() ? !contact.owner : contact.owner == parts.front().agent;
  if (!owned) found.emplace_back("the first agent does not own it");
  const bool agents_alone = std::none_of(events.begin(), events.end(), [](const ContactEvent& event) {
    return event.type == "conference" || event.type == "forwarded" || (event.type == "connected" && !agent_of(event)) ||
           (event.type == "dialled" && !agent_of(event));
  });
  if (agents_alone && contact.outcome != "lost" && (talk != contact.talk || hold != contact.hold))
    found.push_back("its agents talked " + std::to_string(talk.count()) + " and held " + std::to_string(hold.count()) +
                    ", not " + std::to_string(contact.talk.count()) + " and " + std::to_string(contact.hold.count()));
  return found;
}

}  // namespace

World sim_world() {
  World world;
  Queue general;
  general.id = QueueId{1};
  general.code = "general";
  general.wrap_up = seconds{10};
  Queue vip;
  vip.id = QueueId{2};
  vip.code = "vip";
  vip.offer_timeout = seconds{10};
  vip.wrap_up = Duration{0};
  vip.waiting_max = 2;
  world.queues = {general, vip};
  for (std::uint64_t id = 1; id <= sim_agents; ++id) world.agents.push_back(sim_agent(id));
  world.reasons = {{"pause", "lunch", {}, "", 0}, {"contact", "fault", {}, "", 0}, {"outcome", "solved", {}, "", 0}};
  world.service_lines = {{ServiceLineId{1}, "1000", {}, {"1000"}, "menu"},
                         {ServiceLineId{2}, "112", {}, {"112"}, "direct"},
                         {ServiceLineId{3}, "114", {}, {"114"}, "not_there"}};
  return world;
}

std::shared_ptr<const call::FlowBook> sim_flows() {
  auto book = std::make_shared<call::FlowBook>();
  const auto add = [&](const std::string& flow, const std::string& node, call::NodeKind kind) {
    call::Flow& into = book->flows[flow];
    into.name = flow;
    if (into.start.empty()) into.start = node;
    into.nodes[node] = {node, std::move(kind), 1};
  };
  const call::Speech say{call::SpeechPrompt{"say"}};
  add("menu", "welcome", call::PlayNode{say, true, "menu"});
  add("menu", "menu",
      call::MenuNode{.speech = say,
                     .choices = {{'1', "general"}, {'2', "vip"}, {'3', "collect"}, {'9', "bye"}},
                     .no_input = {2, say, "general"},
                     .no_match = {2, say, "general"}});
  add("menu", "collect",
      call::CollectNode{.speech = say,
                        .variable = "phone",
                        .digits_min = 3,
                        .digits_max = 3,
                        .no_input = {2, say, "general"},
                        .no_match = {2, say, "general"},
                        .next = "general"});
  add("menu", "general", call::QueueNode{.queue = "general", .refused = "bye"});
  add("menu", "vip", call::QueueNode{.queue = "vip", .priority = 5, .refused = "general"});
  add("menu", "bye", call::HangUpNode{say});
  add("direct", "general", call::QueueNode{.queue = "general", .refused = "bye"});
  add("direct", "bye", call::HangUpNode{});
  return book;
}

SimWorld::SimWorld() : now(from_unix_ms(1'700'000'000'000)) {
  node.now = now;
  store.save_world(sim_world());
  start_core();
  connect();
  flush();
}

// ---- the core

void SimWorld::start_core() {
  now += seconds{2};  // ids begin with the second of the start
  node.time_passes(now);
  live = std::make_unique<Live>(config, IdMaker(to_unix_ms(now) / 1000, IdMaker::Origin::core));
  decide(live->start(stored(), now));
  const NodeCursor cursor = live->cursor("voice1");
  core_acked_ = {cursor.boot_id, cursor.seq};
}

LiveStart SimWorld::stored() {
  LiveStart start;
  start.world = store.load_world();
  start.flows = sim_flows();
  start.state = store.load_live();
  start.open_contacts = store.open_contacts();
  start.running_recordings = store.running_recordings("voice1");
  ContactQuery recent;
  recent.limit = 200;
  start.recent = store.contacts(recent);
  std::reverse(start.recent.begin(), start.recent.end());
  start.day = store.queue_days(now - std::chrono::hours{12}, seconds{20}, seconds{5});
  return start;
}

void SimWorld::crash_core() {
  live.reset();
  decided_.clear();
  committed_.clear();
  awaited_.clear();
  linked_ = core_connected_ = false;
  up_.clear();
  down_.clear();
}

void SimWorld::decide(LiveEffects effects) {
  decided_.push_back(std::move(effects));
}

void SimWorld::commit(std::size_t groups_max) {
  for (; groups_max > 0 && !decided_.empty(); --groups_max) {
    if (!decided_.front().changes.empty()) store.write_and_wait(std::move(decided_.front().changes));
    committed_.push_back(std::move(decided_.front().outward));
    decided_.pop_front();
  }
}

void SimWorld::release(std::size_t groups_max) {
  for (; groups_max > 0 && !committed_.empty(); --groups_max) {
    const auto group = std::move(committed_.front());
    committed_.pop_front();
    for (const Outward& effect : group) show(effect);
  }
}

void SimWorld::show(const Outward& effect) {
  if (const auto* command = std::get_if<ToNode>(&effect)) {
    if (core_connected_) down_.emplace_back(Command{command->call, command->command});
  } else if (const auto* ack = std::get_if<AcknowledgeNode>(&effect)) {
    if (ack->boot_id != core_acked_.boot || ack->seq <= core_acked_.seq) return;
    core_acked_.seq = ack->seq;
    if (core_connected_) down_.emplace_back(core_acked_);
  } else if (const auto* ask = std::get_if<AskNode>(&effect)) {
    if (core_connected_) down_.emplace_back(Ask{ask->mark});
  } else if (const auto* answer = std::get_if<Answer>(&effect)) {
    if (awaited_.erase(answer->reply->request) != 1) log.push_back("a reply nobody waits for");
    replies.push_back(*answer->reply);
  } else if (const auto* line = std::get_if<Logged>(&effect)) {
    log.push_back(line->call.to_string() + " " + line->what);
  }
}

// ---- the link

void SimWorld::connect() {
  if (!live || linked_) return;
  linked_ = true;
  node.acknowledged(core_acked_.boot, core_acked_.seq);
  NodeInfo info;
  info.name = "voice1";
  info.boot_id = node.boot;
  up_.emplace_back(Connected{info});
  for (const VoiceEvent& event : node.kept) up_.emplace_back(event);
  up_.emplace_back(node.snapshot());
  node.fresh.clear();
}

void SimWorld::disconnect() {
  if (!linked_) return;
  const bool knew = core_connected_;
  linked_ = core_connected_ = false;
  up_.clear();
  down_.clear();
  if (knew) input([](Live& core, TimePoint t) { return core.node_disconnected("voice1", t); });
}

void SimWorld::crash_node(bool core_knows) {
  node.crash();
  disconnect();
  if (core_knows) input([](Live& core, TimePoint t) { return core.node_dead("voice1", t); });
}

void SimWorld::pick_up_fresh() {
  if (linked_) {
    for (const VoiceEvent& event : node.fresh) up_.emplace_back(event);
  }
  node.fresh.clear();
}

void SimWorld::deliver_down(std::size_t commands_max) {
  for (; commands_max > 0 && !down_.empty(); --commands_max) {
    const Down message = std::move(down_.front());
    down_.pop_front();
    if (const auto* ack = std::get_if<Ack>(&message)) {
      node.acknowledged(ack->boot, ack->seq);
    } else if (const auto* command = std::get_if<Command>(&message)) {
      node.obey(command->call, command->command);
    } else if (const auto* ask = std::get_if<Ask>(&message)) {
      pick_up_fresh();
      up_.emplace_back(NodeStanding{ask->mark, node.snapshot(), node.recordings_being_written});
    }
  }
  pick_up_fresh();
}

void SimWorld::deliver_up(std::size_t messages_max) {
  pick_up_fresh();
  for (; messages_max > 0 && !up_.empty(); --messages_max) {
    const Up message = std::move(up_.front());
    up_.pop_front();
    if (const auto* connected = std::get_if<Connected>(&message)) {
      core_connected_ = true;
      if (core_acked_.boot != connected->info.boot_id) core_acked_ = {connected->info.boot_id, 0};
      input([&](Live& core, TimePoint t) { return core.node_connected(connected->info, t); });
    } else if (const auto* event = std::get_if<VoiceEvent>(&message)) {
      input([&](Live& core, TimePoint t) { return core.node_event("voice1", *event, t); });
    } else if (const auto* snapshot = std::get_if<NodeSnapshot>(&message)) {
      input([&](Live& core, TimePoint t) { return core.node_snapshot("voice1", *snapshot, t); });
    } else if (const auto* standing = std::get_if<NodeStanding>(&message)) {
      input([&](Live& core, TimePoint t) { return core.node_stands("voice1", *standing, t); });
    }
  }
}

void SimWorld::flush() {
  for (int i = 0; i < 1000; ++i) {
    commit();
    release();
    deliver_down();
    deliver_up();
    if (decided_.empty() && committed_.empty() && down_.empty() && up_.empty()) return;
  }
  log.emplace_back("the world does not come to rest");
}

void SimWorld::pass(Duration time) {
  const TimePoint until = now + time;
  for (int ticks = 0; live && ticks < 100'000; ++ticks) {
    const auto due = live->next_due();
    if (!due || *due > until) break;
    now = std::max(now, *due);
    node.time_passes(now);
    input([](Live& core, TimePoint t) { return core.tick(t); });
  }
  now = until;
  node.time_passes(now);
  pick_up_fresh();
}

// ---- looking

std::optional<CallId> SimWorld::call_of(std::uint64_t agent) const {
  const auto view = live->call_of_agent(AgentId{agent});
  return view ? std::optional(view->id) : std::nullopt;
}

std::map<CallId, Entry> SimWorld::entries() {
  commit();
  std::map<CallId, Entry> out;
  for (const LiveCall& row : store.load_live().calls) {
    if (auto entry = decode_entry(row.state)) {
      out.emplace(row.id, std::move(*entry));
    } else {
      log.push_back("stored call cannot be read: " + entry.error());
    }
  }
  return out;
}

std::vector<std::string> SimWorld::history(CallId call) {
  commit();
  std::vector<std::string> out;
  for (const ContactEvent& event : store.events(ContactId{call.value()})) out.push_back(event.type);
  return out;
}

std::string SimWorld::last_log(std::size_t lines) const {
  std::string out = "\n";
  for (std::size_t i = log.size() > lines ? log.size() - lines : 0; i < log.size(); ++i) out += log[i] + "\n";
  return out;
}

// ---- short cuts

void SimWorld::set_state(std::uint64_t agent, const std::string& state, const std::string& reason) {
  request([&](Live& core, RequestId id, TimePoint t) {
    return core.set_agent_state(id, SetState{AgentId{agent}, state, reason, "", ""}, t);
  });
}

LegId SimWorld::waiting_caller(const std::string& from) {
  const LegId leg = node.incoming("112", from);
  flush();
  node.answered(leg);
  flush();
  return leg;
}

CallId SimWorld::call_at(LegId leg) {
  flush();
  for (const auto& [id, entry] : entries()) {
    if (entry.call.customer_leg == leg) return id;
  }
  return CallId{};
}

void SimWorld::take_call(std::uint64_t agent) {
  flush();
  const auto call = call_of(agent);
  if (!call) return;
  if (agent <= 3) {
    request(
        [&](Live& core, RequestId id, TimePoint t) { return core.agent_answers(id, AgentId{agent}, *call, "v=0", t); });
    flush();
  }
  const call::Call taken = entries().at(*call).call;
  const bool consulted = taken.consult && taken.consult->agent && taken.consult->agent->agent == AgentId{agent};
  node.answered(consulted ? taken.consult->agent->leg : taken.agent->leg);
  flush();
}

// ---- the rules

std::vector<std::string> SimWorld::broken_now() const {
  std::vector<std::string> found;
  if (!live) return found;
  for (const std::string& violation : live->violations(now)) found.push_back(violation);
  for (std::uint64_t id = 1; id <= sim_agents; ++id) {
    const AgentStatus status = live->agent_status(AgentId{id});
    const bool in_call = status.state == "offered" || status.state == "busy";
    if (in_call != live->call_of_agent(AgentId{id}).has_value()) {
      found.push_back("agent " + std::to_string(id) + " is " + status.state + ", the calls say otherwise");
    }
  }
  for (const std::string& line : log) {
    for (const char* sign : {"nobody waits", "does not come to rest", "cannot be read", "settled as lost", "accept: ",
                             "call_finished: ", "device_lost: ", "refuse: ", "belongs to no contact", "watchdog: "}) {
      if (line.find(sign) != std::string::npos) found.push_back("log: " + line);
    }
  }
  return found;
}

std::vector<std::string> SimWorld::broken_when_quiet() {
  std::vector<std::string> found = broken_now();
  const auto calls = entries();
  for (const auto& [id, entry] : calls) {
    const call::Call& call = entry.call;
    const auto say = [&](const std::string& what) {
      found.push_back("call " + id.to_string() + " (" + call::to_string(call.stage) + "): " + what);
    };
    if (call.stage == call::Stage::ended) continue;  // what never began at the node is waited for, but not for ever
    const auto customer = node.legs.find(call.customer_leg);
    if ((call.stage == call::Stage::dialing && !call.customer_called) || call.waits_to_call_back()) continue;
    if (customer == node.legs.end()) {
      say("the customer's leg is gone");
      continue;
    }
    const call::Sound sound = call::sound_of(call);
    for (const auto& [leg_id, leg] : node.legs) {
      if (!call.has_leg(leg_id)) continue;
      const LegId partner = sound.bridge.first == leg_id    ? sound.bridge.second
                            : sound.bridge.second == leg_id ? sound.bridge.first
                                                            : LegId{};
      if (leg.bridged_to != partner) say("leg " + leg_id.to_string() + " is bridged to " + leg.bridged_to.to_string());
      const bool mixed = std::find(sound.mix.begin(), sound.mix.end(), leg_id) != sound.mix.end();
      if (mixed != (leg.mix == call::mix_of(call))) say("leg " + leg_id.to_string() + " is in the wrong conference");
      if (leg_id == sound.side_leg && leg.play != call.side_play) say("somebody waits in silence");
    }
    if (call.customer_answered && customer->second.recording != call.recording) say("is not recorded");
    const bool told = call.announcing && customer->second.play == call.play;
    if (sound.customer_music && !customer->second.looped && !told) say("waits in silence");
    // A browser's leg whose offer was lost on its way is left to its deadline.
    if (call.consult && call.consult->external && !node.legs.contains(call.consult->leg()))
      say("the consulted leg is gone");
    const bool agent_leg = call.agent && call.agent->leg && (call.agent->answered || !call.agent->browser);
    if (agent_leg && !node.legs.contains(call.agent->leg)) say("the agent's leg is gone");
    if (call.external && !node.legs.contains(call.external->leg)) say("the outside leg is gone");
  }
  for (const auto& [id, leg] : node.legs) {
    const bool wanted =
        std::any_of(calls.begin(), calls.end(), [&](const auto& c) { return c.second.call.has_leg(id); });
    if (!wanted) found.push_back("the node keeps leg " + id.to_string() + " of call " + leg.call.to_string());
  }
  return found;
}

std::vector<std::string> SimWorld::broken_after_all_is_over() {
  for (int round = 0; round < 12; ++round) {
    if (!live) start_core();
    connect();
    flush();
    std::vector<LegId> callers;
    for (const auto& [id, leg] : node.legs) {
      if (leg.customer || leg.outside) callers.push_back(id);
    }
    for (const LegId id : callers) node.ended(id, call::Cause::normal);
    flush();
    pass(seconds{15});
    flush();
  }
  std::vector<std::string> found = broken_when_quiet();
  if (live->live_calls() != 0) found.emplace_back("calls are still live");
  if (!live->settled()) found.emplace_back("the operation is not settled");
  if (!store.load_live().calls.empty()) found.emplace_back("live calls are still stored");
  if (!awaited_.empty()) found.emplace_back("a request has no reply");
  for (std::uint64_t id = 1; id <= sim_agents; ++id) {
    const std::string state = live->agent_status(AgentId{id}).state;
    if (state == "offered" || state == "busy" || state == "wrap_up")
      found.push_back("agent " + std::to_string(id) + " is " + state);
  }
  if (!store.running_recordings("voice1").empty()) found.emplace_back("a recording still runs");
  ContactQuery all;
  all.limit = 200;
  for (const Contact& contact : store.contacts(all)) {
    const auto say = [&](const std::string& what) {
      found.push_back("contact " + contact.id.to_string() + ": " + what);
    };
    if (contact.outcome == "live" || !contact.ended_at) say("is still open");
    std::int64_t seq = 0;
    const auto events = store.events(contact.id);
    for (const ContactEvent& event : events) {
      if (event.seq != ++seq) say("history jumps to " + std::to_string(event.seq));
    }
    const Summary folded = summarize(tally_of(events), seconds{5});
    if (folded != Summary{contact.outcome, contact.wait, contact.talk, contact.hold, contact.consult}) {
      say("times and outcome differ from its history: " + contact.outcome + ", " + folded.outcome);
    }
    for (const std::string& wrong : wrong_parts(contact, events, store.parts(contact.id))) say(wrong);
    for (const Leg& leg : store.legs(contact.id)) {
      if (!leg.ended_at) say("leg " + leg.id.to_string() + " has no end");
    }
    for (const Recording& recording : store.recordings(contact.id)) {
      if (recording.state == "running") say("a recording still runs");
    }
  }
  return found;
}

}  // namespace hotline::app
