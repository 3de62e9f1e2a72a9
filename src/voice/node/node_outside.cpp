// SPDX-License-Identifier: Apache-2.0
// The outside recorder (SIPREC): what the core says of a call's copy, and what becomes of it.
#include <spdlog/spdlog.h>

#include "voice/node/clean_text.hpp"
#include "voice/node/node.hpp"

namespace hotline::voice::node {

void Node::record_outside(const link::RecordOutside& command) {
  constexpr const char* name = "record_outside";
  constexpr int participants_max = 16;
  constexpr std::uint64_t id_max = (std::uint64_t{1} << 62U) - 1;
  Leg* leg = wanted(command.leg(), name);
  if (leg == nullptr) return;
  if (ports_->outside == nullptr)
    return fail_command(command.leg(), name, "this node has no outside recorder: set [siprec] there as well");
  if (leg->state != link::LEG_ANSWERED || command.recording() == 0 || command.participants_size() == 0)
    return fail_command(command.leg(), name, "the leg is not answered, or recording or participants are missing");
  siprec::Metadata wanted;
  wanted.call = CallId{command.call()};
  wanted.recording = RecordingId{command.recording()};
  wanted.service_line = clean_text(command.service_line());
  wanted.direction = clean_text(command.direction());
  for (const link::OutsideParticipant& participant : command.participants()) {
    if (wanted.participants.size() >= participants_max || participant.id() == 0 || participant.id() > id_max) continue;
    siprec::Participant& added = wanted.participants.emplace_back();
    added.id = participant.id();
    added.role = clean_text(participant.role());
    added.number = clean_text(participant.number());
    added.name = clean_text(participant.name());
    added.agent = clean_text(participant.agent());
    added.talks = participant.talks();
  }
  const bool paused = leg->recording == wanted.recording && leg->recording_paused_until.has_value();
  ports_->outside->record(leg->id, wanted, paused);
}

void Node::on_outside_session(LegId session, LegId leg) {
  constexpr std::size_t traced_max = 4'096;
  if (const Leg* known = find(leg); known != nullptr && traced_.size() < traced_max) traced_[session] = known->call;
}

void Node::on_outside_told(LegId leg, RecordingId recording, const std::string& server, const std::string& problem) {
  link::FromNode event;
  link::OutsideRecordingChanged& changed = *event.mutable_outside_recording_changed();
  changed.set_leg(leg.value());
  changed.set_recording(recording.value());
  changed.set_taken(problem.empty());
  changed.set_server(clean_text(server));
  changed.set_problem(clean_text(problem));
  emit(std::move(event));
}

void Node::on_metadata_request(LegId leg) {
  if (is_outside(leg)) ports_->outside->on_metadata_request(leg);
}

void Node::fill_outside(link::Stats& stats) const {
  if (ports_->outside == nullptr) return;
  const siprec::Stats sessions = ports_->outside->stats();
  stats.set_outside_open(sessions.open);
  stats.set_outside_waiting(sessions.waiting);
  stats.set_outside_failures(sessions.failures);
  if (ports_->forwarder == nullptr) return;
  const siprec::ForwarderStats sound = ports_->forwarder->stats();
  stats.set_outside_packets(sound.packets);
  stats.set_outside_dropped(sound.dropped);
}

}  // namespace hotline::voice::node
