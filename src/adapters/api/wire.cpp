// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/wire.hpp"

#include <algorithm>

#include "app/routing.hpp"

namespace hotline::api {

namespace {

bool one_of(const std::string& text, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

bool length_within(const std::string& text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most;
}

}  // namespace

void validate(const SignIn& value, jsonmap::Report& report) {
  report.require(length_within(value.username, 1, 64), "username", "1 to 64 bytes");
  report.require(length_within(value.password, 1, 256), "password", "1 to 256 bytes");
}

void validate(const SetAgentState& value, jsonmap::Report& report) {
  report.require(one_of(value.state, {"ready", "paused", "signed_out"}), "state",
                 "one of 'ready', 'paused' or 'signed_out'");
  if (value.state == "paused")
    report.require(value.reason.has_value(), "reason", "a pause reason's code, which paused needs");
  if (value.device) report.require(one_of(*value.device, {"browser", "sip"}), "device", "one of 'browser' or 'sip'");
}

void validate(const Digits& value, jsonmap::Report& report) {
  const bool good =
      length_within(value.digits, 1, 32) && std::all_of(value.digits.begin(), value.digits.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'D') || c == '*' || c == '#';
      });
  report.require(good, "digits", "1 to 32 of 0-9, *, #, A-D");
}

void validate(const Transfer& value, jsonmap::Report& report) {
  report.require(one_of(value.kind, {"agent", "queue", "number"}), "kind", "one of 'agent', 'queue' or 'number'");
  report.require(length_within(value.target, 1, 32), "target",
                 "1 to 32 bytes: an agent's id, a queue's code or a number");
}

void validate(const ConsultBody& value, jsonmap::Report& report) {
  validate(Transfer{value.kind, value.target}, report);
  if (value.why) report.require(value.why->size() <= 400, "why", "at most 400 bytes: what is asked");
}

void validate(const NotesBody& value, jsonmap::Report& report) {
  if (value.note) report.require(value.note->size() <= 4000, "note", "at most 4000 bytes");
}

void validate(const DialBody& value, jsonmap::Report& report) {
  report.require(length_within(value.number, 1, 32), "number", "1 to 32 bytes: a telephone number");
  if (value.service_line)
    report.require(length_within(*value.service_line, 0, 32), "service_line", "a service line's code");
}

void validate(const WrapUpBody& value, jsonmap::Report& report) {
  if (value.note) report.require(value.note->size() <= 4000, "note", "at most 4000 bytes");
  if (value.next) report.require(one_of(*value.next, {"ready", "paused"}), "next", "one of 'ready' or 'paused'");
}

void validate(const HoldBody& value, jsonmap::Report& report) {
  if (value.hold)
    report.require(value.why && length_within(*value.why, 1, 400), "why", "1 to 400 bytes: who asked for it");
}

ReferenceBody reference_of(const app::World& world) {
  ReferenceBody body;
  for (const app::Reason& reason : world.reasons) {
    ReasonBody entry{reason.code, app::view_of(reason.name), unless_empty(reason.service_line)};
    if (reason.kind == "pause")
      body.pause_reasons.push_back(std::move(entry));
    else if (reason.kind == "contact")
      body.contact_reasons.push_back(std::move(entry));
    else if (reason.kind == "outcome")
      body.outcomes.push_back(std::move(entry));
  }
  for (const app::Queue& queue : world.queues)
    body.queues.push_back({queue.id, queue.code, app::view_of(queue.name), app::routing_of(queue).experts.group});
  for (const app::ServiceLine& line : world.service_lines) {
    body.service_lines.push_back({line.id, line.code, app::view_of(line.name), line.numbers});
  }
  return body;
}

EventBody body_of(const app::ContactEvent& event) {
  boost::system::error_code ec;
  boost::json::value data = boost::json::parse(event.data, ec);
  if (ec || !data.is_object()) data = boost::json::object{};
  return {event.at, event.type, std::move(data)};
}

LegBody body_of(const app::Leg& leg) {
  LegBody body;
  body.id = leg.id;
  body.role = leg.role;
  body.kind = leg.kind;
  body.party = leg.party;
  body.started_ms = leg.started_at;
  body.answered_ms = leg.answered_at;
  body.ended_ms = leg.ended_at;
  body.end_cause = unless_empty(leg.end_cause);
  if (leg.ended_at) {
    body.packets_received = leg.packets_received;
    body.packets_sent = leg.packets_sent;
    body.packets_lost = leg.packets_lost;
    body.quality = app::quality_of(leg);
  }
  return body;
}

RecordingBody body_of(const app::Recording& recording) {
  const app::RecordingLedger& ledger = recording.ledger;
  RecordingBody body;
  body.id = recording.id;
  body.started_ms = recording.started_at;
  body.ended_ms = recording.ended_at;
  body.state = recording.state;
  body.problem = unless_empty(recording.problem);
  if (recording.ended_at) {
    body.duration_ms = recording.frames / 8;
    body.bytes = recording.bytes;
  }
  if (ledger.archived_at && !ledger.archive_gone_at) {
    body.format = ledger.format;
    body.archive_bytes = ledger.bytes;
    body.encrypted = !ledger.key.empty();
  } else if (recording.ended_at && !ledger.wav_gone_at) {
    body.format = "wav";
  }
  body.archived_ms = ledger.archived_at;
  body.deleted_ms = ledger.deleted_at ? ledger.deleted_at : ledger.delete_asked_at;
  body.sha256 = unless_empty(ledger.sha256);
  body.trouble = unless_empty(ledger.trouble);
  body.deleted_why = unless_empty(ledger.delete_why);
  body.hold = ledger.hold;
  body.hold_why = unless_empty(ledger.hold_why);
  return body;
}

ContactBody body_of(const app::Contact& contact) {
  ContactBody body;
  body.id = contact.id;
  body.channel = contact.channel;
  body.direction = contact.direction;
  body.from = contact.from;
  body.to = contact.to;
  body.service_line = unless_empty(contact.service_line);
  body.queue = unless_empty(contact.queue);
  body.language = unless_empty(contact.language);
  body.agent_id = contact.agent;
  body.customer_id = contact.customer;
  body.started_ms = contact.started_at;
  body.ended_ms = contact.ended_at;
  body.end_cause = unless_empty(contact.end_cause);
  body.outcome = contact.outcome;
  body.wait_ms = contact.wait;
  body.talk_ms = contact.talk;
  body.hold_ms = contact.hold;
  body.consult_ms = contact.consult;
  body.reason_code = unless_empty(contact.reason_code);
  body.result_code = unless_empty(contact.result_code);
  body.note = unless_empty(contact.note);
  body.owner_id = contact.owner;
  body.call_back = unless_empty(contact.call_back);
  return body;
}

ContactPartBody body_of(const app::ContactPart& part) {
  ContactPartBody body;
  body.agent_id = part.agent;
  body.owner = part.position == 1;
  body.talk_ms = part.talk;
  body.hold_ms = part.hold;
  body.consult_ms = part.consult;
  body.reason_code = unless_empty(part.reason_code);
  body.result_code = unless_empty(part.result_code);
  body.note = unless_empty(part.note);
  return body;
}

http::Response bad_body(const jsonmap::Errors& errors) {
  std::vector<http::FieldProblem> details;
  for (const jsonmap::FieldError& error : errors) details.push_back({error.path, "expected " + error.expected});
  const std::string field = errors.empty() ? "" : errors.front().path;
  return http::Response::error(
      400, "bad_request", "The body is not what this request takes: " + jsonmap::to_string(errors), field, details);
}

http::Response refused(const app::Refused& refusal) {
  const int status = refusal.code == "not_found"                                                  ? 404
                     : refusal.code == "forbidden"                                                ? 403
                     : refusal.code == "number_not_allowed" || refusal.code == "emergency_number" ? 403
                     : refusal.code == "bad_value"                                                ? 400
                     : refusal.code == "unavailable"                                              ? 503
                                                                                                  : 409;
  http::Response response = http::Response::error(status, refusal.code, refusal.message, refusal.field);
  if (status == 503) response.set_header("Retry-After", "5");
  return response;
}

}  // namespace hotline::api
