// SPDX-License-Identifier: Apache-2.0
// What voice nodes report to the live operation.
#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <tuple>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {

namespace {

void put_figures(Leg& leg, const MediaFigures& media) {
  leg.packets_received = media.packets_received;
  leg.packets_sent = media.packets_sent;
  leg.packets_lost = media.packets_lost;
  leg.jitter_ms = media.jitter_ms;
  if (!media.codec.empty()) leg.codec = to_storable(media.codec.substr(0, 32));
  leg.loss_x100 = media.loss_x100;
  leg.rtt_ms = media.rtt_ms;
  leg.mos_x100 = media.mos_x100;
  leg.remote_loss_x100 = media.remote_loss_x100;
  leg.remote_jitter_ms = media.remote_jitter_ms;
}

}  // namespace

/// Kept beside the call and stored with the next change of it; what ends up in the records is said with the leg's end.
LiveEffects Live::leg_quality(const std::map<LegId, MediaFigures>& legs) {
  std::map<CallId, QualitySeen> seen;
  for (const auto& [id, media] : legs) {
    Entry* entry = entry_of_leg(id);
    Leg* leg = entry == nullptr ? nullptr : entry->leg(id);
    if (leg == nullptr || leg->ended_at) continue;
    put_figures(*leg, media);
    const auto quality = quality_of(*leg);
    if (!quality) continue;
    QualitySeen& call = seen[entry->call.id];
    if (call.legs.empty()) {
      call.call = entry->call.id;
      if (entry->call.agent) call.tell.push_back(entry->call.agent->agent);
      if (entry->call.consult && entry->call.consult->agent) call.tell.push_back(entry->call.consult->agent->agent);
    }
    call.legs.push_back({id, leg->role, *quality});
  }
  LiveEffects effects;
  for (auto& [id, call] : seen) effects.outward.emplace_back(std::move(call));
  return effects;
}

NodeCursor Live::cursor(const std::string& node) const {
  const auto found = cursors_.find(node);
  return found == cursors_.end() ? NodeCursor{node, 0, 0} : found->second;
}

void Live::node_reported(const std::string& node, std::vector<TrunkStatus> trunks, const NodeLoad& load) {
  nodes_[node].info.trunks = std::move(trunks);
  nodes_[node].load = load;
}

const std::string* Live::node_for_call(const Agent* agent) const {
  std::map<std::string, double> used;
  for (const auto& [id, entry] : calls_) {
    if (entry.call.stage != call::Stage::ended) ++used[entry.call.node];
  }
  const std::string* best = nullptr;
  std::tuple<bool, bool, double> best_rank;
  for (const auto& [name, node] : nodes_) {
    if (!node.connected || !node.synced || node.load.draining) continue;
    const auto phones = phones_.find(name);
    const bool phone_here = agent != nullptr && phones != phones_.end() && phones->second.contains(agent->number);
    const std::tuple rank{node.load.shedding, !phone_here, used[name] / std::max(node.info.calls_max, 1U)};
    if (best != nullptr && best_rank <= rank) continue;
    best = &name;
    best_rank = rank;
  }
  return best;
}

LiveEffects Live::node_connected(const NodeInfo& info, TimePoint now) {
  Work work(*this, now);
  Node& node = nodes_[info.name];
  node.info = info;
  node.load = {};
  node.connected = true;
  node.synced = false;
  node.away_since.reset();
  node.reports_legs = true;
  node.asked_at.reset();
  suspects_.erase(info.name);
  next_wallboard_ = now;  // readiness goes by what is published
  NodeCursor& cursor = cursors_[info.name];
  cursor.node = info.name;
  if (cursor.boot_id != info.boot_id) {
    settle_node(work, info.name);
    cursor.boot_id = info.boot_id;
    cursor.seq = 0;
    work.change(cursor);
  }
  if (draining_) work.outward(DrainNode{info.name, true});
  work.outward(AccountsToNode{info.name, phone_accounts()});
  return work.finish();
}

LiveEffects Live::node_disconnected(const std::string& node, TimePoint now) {
  nodes_[node].connected = nodes_[node].synced = false;
  nodes_[node].away_since = now;
  next_wallboard_ = now;
  return {};
}

LiveEffects Live::node_dead(const std::string& node, TimePoint now) {
  Work work(*this, now);
  nodes_[node].connected = nodes_[node].synced = false;
  nodes_[node].away_since.reset();
  settle_node(work, node);
  return work.finish();
}

/// Every call the node carried is over; agents are freed, contacts closed. Its recordings stay open: the node repairs
/// what it had written and reports it when it is back.
void Live::settle_node(Work& work, const std::string& node) {
  keep_phones_of(work, node);
  for (auto& [id, entry] : calls_) {  // first: a call-back may begin a new leg there in the same moment
    if (entry.call.node != node) continue;
    work.touch(entry);
    entry.call.recording = RecordingId{};
    for (auto& [text, leg] : entry.legs) {
      if (!leg.ended_at) work.put_leg(end_leg(leg, work.now(), "node_lost"));
    }
  }
  end_calls(work, &node, [](call::CallStep& step) { step.node_lost(); });
}

LiveEffects Live::node_snapshot(const std::string& node, const NodeSnapshot& snapshot, TimePoint now) {
  Work work(*this, now);
  nodes_[node].synced = true;
  nodes_[node].sweep_at = now + config_.closing_max;
  phones_of_node(work, node, snapshot.phones);
  // What is over ends before anything begins: the phone of an agent who is rung for the next call may still be in it.
  for (const auto& [leg, reported] : snapshot) {
    const Entry* entry = entry_of_leg(leg);
    if (entry == nullptr) {
      work.outward(Logged{reported.call, "leg " + leg.to_string() + " belongs to no call here: ended"});
      work.outward(ToNode{node, reported.call, call::HangUpLeg{leg, call::Cause::error}});
    } else if (entry->call.stage == call::Stage::ended || entry->call.node != node) {
      // Over, or a call-back that went on waiting when this node was taken for lost.
      work.outward(ToNode{node, entry->call.id, call::HangUpLeg{leg, call::Cause::normal}});
    }
  }
  for (auto& [id, entry] : calls_) {
    if (entry.call.node == node) resync(work, entry, snapshot);
  }
  return work.finish();
}

void Live::resync(Work& work, Entry& entry, const NodeSnapshot& snapshot) {
  std::map<LegId, call::LegReport> legs;
  for (const auto& [text, leg] : entry.legs) {
    const auto reported = snapshot.find(leg.id);
    if (reported == snapshot.end()) continue;
    legs[leg.id] = reported->second.report;
    legs[leg.id].present = true;
  }
  entry.outside_said.reset();  // the node may never have heard it
  work.step(entry, [&](call::CallStep& step) { step.resync(legs); });
  for (auto& [text, leg] : entry.legs) {  // the node never had it, and the call does not wait for it
    if (!leg.ended_at && !legs.contains(leg.id) && !entry.call.has_leg(leg.id))
      work.put_leg(end_leg(leg, work.now(), "unknown"));
  }
}

LiveEffects Live::node_event(const std::string& node, const VoiceEvent& event, TimePoint now) {
  Work work(*this, now);
  NodeCursor& cursor = cursors_[node];
  cursor.node = node;
  if (event.seq <= cursor.seq) {  // sent again because our acknowledgement was lost
    work.outward(AcknowledgeNode{node, cursor.boot_id, cursor.seq});
    return work.finish();
  }
  cursor.seq = event.seq;
  const TimePoint at = std::min(event.at, now);
  std::visit([&](const auto& report) { take(work, node, report, at); }, event.report);
  work.change(cursor);
  work.acknowledge(AcknowledgeNode{node, cursor.boot_id, event.seq});
  return work.finish();
}

void Live::take(Work& work, const std::string& node, const IncomingLeg& leg, TimePoint at) {
  const auto reject = [&](unsigned status, unsigned retry_after, const char* why) {
    work.outward(Logged{{}, "incoming leg " + leg.leg.to_string() + " from " + leg.source + " refused: " + why});
    work.outward(ToNode{node, {}, call::RejectLeg{leg.leg, status, retry_after}});
  };
  if (legs_.contains(leg.leg)) return reject(500, 0, "its id is in use: do two voice nodes have one name?");
  // What dialled a service line and is sent away is a contact; without a store that commits there is none to be had.
  const ServiceLine* line = line_of(leg.to_user);
  const auto refuse = [&](unsigned status, unsigned retry_after, const char* why) {
    if (line != nullptr && caller_of(leg) == nullptr) note_refused(work, leg, node, *line, status, why, at);
    reject(status, retry_after, why);
  };
  if (!store_healthy_) return reject(503, config_.retry_after_s, "the store does not commit");
  if (draining_) return refuse(503, config_.retry_after_s, "draining");
  if (calls_.size() >= config_.calls_max) return refuse(503, config_.retry_after_s, "calls_max reached");
  if (const Agent* agent = caller_of(leg)) {
    if (const auto refused = phone_calls(work, node, leg, *agent, at)) {
      if (*refused != 0) reject(*refused, 0, "an agent's phone called what cannot be reached now");
      return;
    }
  }
  if (line == nullptr) return reject(404, 0, "no service line has this number");
  const LineOperation& operation = operation_of_line(line->code);
  const auto stage = service_line::stage_from(operation.stage);
  if (stage == service_line::Stage::retired) return refuse(410, 0, "its service line is retired");
  std::string flow = line->flow;
  if (const acd::Admission admitted = admission(line->code); admitted != acd::Admission::admitted) {
    const char* why = admitted == acd::Admission::line_full ? "its service line has as many calls as it may"
                                                            : "the trunks left are kept for other service lines";
    if (operation.when_full == "busy") return refuse(486, 0, why);
    if (operation.when_full == "refuse") return refuse(503, config_.retry_after_s, why);
    flow = operation.when_full.substr(operation.when_full.find(':') + 1);  // "flow:NAME": they are told
  }
  Entry entry = new_entry(node, "phone", to_storable(leg.from_user), leg.to_user, *line, at);
  if (stage == service_line::Stage::outsourced && flow == line->flow) entry.call.forward_to = operation.outsourced_to;
  recognise(entry, at);
  count_line(entry, true);
  entry.call.from_display = to_storable(leg.from_display);
  entry.call.customer_leg = leg.leg;
  entry.call.trunk = to_storable(leg.trunk);
  Entry& added = work.add(std::move(entry));
  work.outward(Logged{added.call.id, "incoming leg " + leg.leg.to_string() + " trunk " + leg.trunk + " sip_call_id " +
                                         leg.sip_call_id});
  std::vector<std::pair<std::string, std::string>> network;
  if (!leg.diverted_from.empty()) network.emplace_back("diverted_from", to_storable(leg.diverted_from));
  // Who a trusted network says it is, although another number, or none, is shown: supervisors alone see it.
  if (!leg.asserted_user.empty() && leg.asserted_user != leg.from_user)
    network.emplace_back("asserted", to_storable(leg.asserted_user));
  if (!leg.referred_by.empty()) network.emplace_back("referred_by", to_storable(leg.referred_by));
  work.step(added, at, [&](call::CallStep& step) { step.arrive(flow, std::move(network)); });
  if (!leg.from_user.empty()) work.outward(FindCustomer{added.call.id, added.call.from});
}

void Live::note_refused(Work& work, const IncomingLeg& leg, const std::string& node, const ServiceLine& line,
                        unsigned status, const char* why, TimePoint at) {
  Contact contact = new_entry(node, "phone", to_storable(leg.from_user), leg.to_user, line, at).contact;
  contact.ended_at = at;
  contact.outcome = "refused";
  contact.end_cause = status == 486 ? "busy" : "capacity";
  const boost::json::object arrived{
      {"from", contact.from}, {"to", contact.to}, {"channel", contact.channel}, {"node", node}};
  const boost::json::object refused{{"status", std::to_string(status)}, {"why", why}};
  const boost::json::object ended{{"cause", contact.end_cause}};
  work.change(contact);
  work.change(ContactEvent{contact.id, 1, at, "arrived", boost::json::serialize(arrived)});
  work.change(ContactEvent{contact.id, 2, at, "refused", boost::json::serialize(refused)});
  work.change(ContactEvent{contact.id, 3, at, "ended", boost::json::serialize(ended)});
  ++day("", contact.service_line).refused;
}

Entry Live::new_entry(const std::string& node, const std::string& channel, const std::string& from,
                      const std::string& to, const ServiceLine& line, TimePoint at) {
  Entry entry;
  entry.call.id = CallId{ids_.next()};
  entry.call.node = node;
  entry.call.channel = channel;
  entry.call.from = from;
  entry.call.to = to;
  entry.call.service_line = line.code;
  entry.call.position.variables["service_line"] = line.code;
  entry.contact.id = ContactId{entry.call.id.value()};
  entry.contact.channel = channel;
  entry.contact.from = from;
  entry.contact.to = to;
  entry.contact.service_line = line.code;
  entry.contact.started_at = at;
  return entry;
}

void Live::take(Work& work, const std::string&, const LegRinging& ringing, TimePoint at) {
  if (Entry* entry = entry_of_leg(ringing.leg))
    work.step(*entry, at, [&](call::CallStep& step) { step.leg_ringing(ringing.leg, ringing.early_media); });
}

void Live::take(Work& work, const std::string& node, const LegAnswered& answered, TimePoint at) {
  Entry* entry = entry_of_leg(answered.leg);
  if (entry == nullptr) return work.outward(ToNode{node, {}, call::HangUpLeg{answered.leg, call::Cause::error}});
  if (Leg* leg = entry->leg(answered.leg); leg != nullptr && !leg->answered_at) {
    leg->answered_at = at;
    work.put_leg(*leg);
  }
  work.step(*entry, at, [&](call::CallStep& step) { step.leg_answered(answered.leg); });
}

Leg& Live::end_leg(Leg& leg, TimePoint at, const std::string& cause) {
  leg.ended_at = std::max(at, leg.started_at);
  leg.end_cause = cause;
  return leg;
}

void Live::take(Work& work, const std::string&, const LegEnded& ended, TimePoint at) {
  Entry* entry = entry_of_leg(ended.leg);
  if (entry == nullptr) return;
  Leg* leg = entry->leg(ended.leg);
  if (leg == nullptr || leg->ended_at) return;
  end_leg(*leg, at, call::to_string(ended.cause));
  put_figures(*leg, ended.media);
  work.put_leg(*leg);
  if (!ended.reason.empty())
    work.outward(Logged{entry->call.id, "leg " + ended.leg.to_string() + " ended by the far end: " + ended.reason});
  work.step(*entry, at, [&](call::CallStep& step) { step.leg_ended(ended.leg, ended.cause); });
}

void Live::take(Work& work, const std::string&, const WebrtcAnswer& answer, TimePoint at) {
  if (Entry* entry = entry_of_leg(answer.leg))
    work.step(*entry, at, [&](call::CallStep& step) { step.webrtc_answer(answer.leg, answer.sdp); });
}

void Live::take(Work& work, const std::string&, const DigitHeard& heard, TimePoint at) {
  if (std::string_view("0123456789*#ABCD").find(heard.digit) == std::string_view::npos) return;
  if (Entry* entry = entry_of_leg(heard.leg))
    work.step(*entry, at, [&](call::CallStep& step) { step.digit(heard.leg, heard.digit); });
}

void Live::take(Work& work, const std::string&, const PlayEnded& ended, TimePoint at) {
  Entry* entry = entry_of_leg(ended.leg);
  if (entry == nullptr) return;
  if (!ended.missing_prompt.empty()) work.outward(Logged{entry->call.id, "prompt missing: " + ended.missing_prompt});
  work.step(*entry, at, [&](call::CallStep& step) { step.play_done(ended.leg, ended.play); });
}

void Live::take(Work& work, const std::string&, const HoldChanged& changed, TimePoint at) {
  if (Entry* entry = entry_of_leg(changed.leg))
    work.step(*entry, at, [&](call::CallStep& step) { step.phone_hold(changed.leg, changed.held); });
}

void Live::take(Work& work, const std::string&, const LegReplaced& replaced, TimePoint at) {
  if (Entry* entry = entry_of_leg(replaced.leg))
    work.step(*entry, at, [&](call::CallStep& step) { step.leg_replaced(replaced.leg); });
}

void Live::take(Work& work, const std::string& node, const RecordingDone& done, TimePoint at) {
  Recording row;
  const auto running = recordings_.find(done.recording);
  if (running != recordings_.end()) {
    row = running->second;
    recordings_.erase(running);
    if (const auto entry = calls_.find(CallId{row.contact.value()}); entry != calls_.end()) {
      work.touch(entry->second);
      if (entry->second.call.recording == done.recording) entry->second.call.recording = RecordingId{};
    }
  } else if (const auto late = given_up_.find(done.recording); late != given_up_.end()) {
    row = late->second;
    given_up_.erase(late);
  } else if (Entry* entry = entry_of_leg(done.leg)) {
    row.contact = entry->contact.id;
  } else {
    // Given up by a core that has ended since, or told twice: the store knows whether something is missing.
    work.change(PutRecordingEnd{done.recording, node, done.path, done.started_at, done.ended_at, done.frames,
                                done.bytes, done.problem.empty() ? "whole" : "damaged", done.problem});
    return work.outward(Logged{{}, "recording " + done.recording.to_string() + " of a former call: " + done.path});
  }
  row.id = done.recording;
  if (done.leg) row.leg = done.leg;
  row.node = node;
  row.path = done.path;
  row.started_at = done.started_at;
  row.ended_at = done.ended_at;
  row.frames = done.frames;
  row.bytes = done.bytes;
  row.state = done.problem.empty() ? "whole" : "damaged";
  row.problem = done.problem;
  work.change(row);
  work.outward(
      Logged{CallId{row.contact.value()}, "recording " + row.id.to_string() + " " + row.state + " " + row.problem});
  (void)at;
}

void Live::take(Work& work, const std::string&, const OutsideRecordingChanged& changed, TimePoint at) {
  Entry* entry = entry_of_leg(changed.leg);
  if (entry == nullptr) return;
  call::History event{changed.taken ? "recorded_outside" : "outside_recorder_away", {}};
  if (changed.taken)
    event.data = {{"server", to_storable(changed.server)}};
  else
    event.data = {{"why", to_storable(changed.problem)}};
  work.note(*entry, event, at);
}

void Live::take(Work& work, const std::string&, const RecordingArchived& archived, TimePoint at) {
  if (archived.problem.empty())
    work.change(PutRecordingArchived{archived.recording, archived.path, archived.format, archived.key, archived.sha256,
                                     archived.bytes, archived.frames, at});
  else
    work.change(PutRecordingTrouble{archived.recording, archived.problem, at, false});
}

void Live::take(Work& work, const std::string&, const RecordingFileDeleted& deleted, TimePoint at) {
  if (deleted.problem.empty())
    work.change(PutRecordingFileGone{deleted.recording, deleted.path, at});
  else
    work.change(PutRecordingTrouble{deleted.recording, deleted.problem, at, true});
}

void Live::take(Work& work, const std::string& node, const CommandFailed& failed, TimePoint) {
  if (failed.command == "unknown") nodes_[node].reports_legs = false;  // an older node: not asked again
  const Entry* entry = entry_of_leg(failed.leg);
  work.outward(Logged{entry != nullptr ? entry->call.id : CallId{},
                      "voice node could not " + failed.command + ": " + failed.why});
}

void Live::take(Work& work, const std::string&, const SipTraced& traced, TimePoint) {
  for (const SipMessage& message : traced.messages) work.change(message);
  if (traced.left_out > 0 && !traced.messages.empty()) {
    work.outward(Logged{CallId{traced.messages.front().contact.value()},
                        "sip trace: " + std::to_string(traced.left_out) + " messages beyond the limit left out"});
  }
}

}  // namespace hotline::app
