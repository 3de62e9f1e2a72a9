// SPDX-License-Identifier: Apache-2.0
// Bodies of requests and answers, named as in openapi.yaml. The live views are in app/live/views.hpp.
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/message.hpp"
#include "app/live/effects.hpp"
#include "app/live/views.hpp"
#include "app/ports/store.hpp"
#include "base/json/mapper.hpp"

namespace hotline::api {

struct SignIn {
  std::string username, password;
};
BOOST_DESCRIBE_STRUCT(SignIn, (), (username, password))
void validate(const SignIn& value, jsonmap::Report& report);

struct SessionBody {
  app::AgentStatus agent;
  std::string role, csrf_token;
};
BOOST_DESCRIBE_STRUCT(SessionBody, (), (agent, role, csrf_token))

struct SetAgentState {
  std::string state;
  std::optional<std::string> reason, device, sip_contact;
};
BOOST_DESCRIBE_STRUCT(SetAgentState, (), (state, reason, device, sip_contact))
void validate(const SetAgentState& value, jsonmap::Report& report);

struct SipAccountBody {
  std::string username, realm, password;
};
BOOST_DESCRIBE_STRUCT(SipAccountBody, (), (username, realm, password))

struct Digits {
  std::string digits;
};
BOOST_DESCRIBE_STRUCT(Digits, (), (digits))
void validate(const Digits& value, jsonmap::Report& report);

struct Transfer {
  std::string kind, target;
};
BOOST_DESCRIBE_STRUCT(Transfer, (), (kind, target))
void validate(const Transfer& value, jsonmap::Report& report);

struct ConsultBody {
  std::string kind, target;
  std::optional<std::string> why;
};
BOOST_DESCRIBE_STRUCT(ConsultBody, (), (kind, target, why))
void validate(const ConsultBody& value, jsonmap::Report& report);

struct NotesBody {
  std::optional<std::string> reason_code, result_code, note;
};
BOOST_DESCRIBE_STRUCT(NotesBody, (), (reason_code, result_code, note))
void validate(const NotesBody& value, jsonmap::Report& report);

struct DialBody {
  std::string number;
  std::optional<std::string> service_line;
};
BOOST_DESCRIBE_STRUCT(DialBody, (), (number, service_line))
void validate(const DialBody& value, jsonmap::Report& report);

struct WrapUpBody {
  std::string reason_code, result_code;
  std::optional<std::string> note, next, pause_reason;
};
BOOST_DESCRIBE_STRUCT(WrapUpBody, (), (reason_code, result_code, note, next, pause_reason))
void validate(const WrapUpBody& value, jsonmap::Report& report);

struct ReasonBody {
  std::string code;
  app::NamesView name;
  std::optional<std::string> service_line;
};
BOOST_DESCRIBE_STRUCT(ReasonBody, (), (code, name, service_line))
struct QueueBody {
  QueueId id;
  std::string code;
  app::NamesView name;
  bool experts = false;  ///< a group that agents ask while their customer stays on the line
};
BOOST_DESCRIBE_STRUCT(QueueBody, (), (id, code, name, experts))
struct ServiceLineBody {
  ServiceLineId id;
  std::string code;
  app::NamesView name;
  std::vector<std::string> numbers;
};
BOOST_DESCRIBE_STRUCT(ServiceLineBody, (), (id, code, name, numbers))
struct ReferenceBody {
  std::vector<ReasonBody> pause_reasons, contact_reasons, outcomes;
  std::vector<QueueBody> queues;
  std::vector<ServiceLineBody> service_lines;
};
BOOST_DESCRIBE_STRUCT(ReferenceBody, (), (pause_reasons, contact_reasons, outcomes, queues, service_lines))
[[nodiscard]] ReferenceBody reference_of(const app::World& world);

struct PublicLine {
  std::string number;
  app::NamesView name;
};
BOOST_DESCRIBE_STRUCT(PublicLine, (), (number, name))
/// A queue that calls back who asks for it on the web page.
struct PublicCallBack {
  std::string queue;
  app::NamesView name;
};
BOOST_DESCRIBE_STRUCT(PublicCallBack, (), (queue, name))
struct PublicServiceBody {
  app::NamesView name;
  std::string number;
  std::vector<PublicLine> lines;
  std::vector<std::string> languages;
  std::vector<PublicCallBack> call_backs{};
};
BOOST_DESCRIBE_STRUCT(PublicServiceBody, (), (name, number, lines, languages, call_backs))

/// One agent's part in a contact.
struct ContactPartBody {
  AgentId agent_id;
  std::string agent_name;
  bool owner = false;
  Duration talk_ms{}, hold_ms{}, consult_ms{};
  std::optional<std::string> reason_code, result_code, note;
};
BOOST_DESCRIBE_STRUCT(ContactPartBody, (),
                      (agent_id, agent_name, owner, talk_ms, hold_ms, consult_ms, reason_code, result_code, note))

struct ContactBody {
  ContactId id;
  std::string channel, direction, from, to;
  std::optional<std::string> service_line, queue, language;
  std::optional<AgentId> agent_id;
  std::optional<std::string> agent_name;
  std::optional<CustomerId> customer_id;
  std::optional<std::string> customer_name;
  TimePoint started_ms{};
  std::optional<TimePoint> ended_ms;
  std::optional<std::string> end_cause;
  std::string outcome;
  Duration wait_ms{}, talk_ms{}, hold_ms{}, consult_ms{};
  std::optional<std::string> reason_code, result_code, note;
  std::vector<RecordingId> recording_ids;
  std::optional<AgentId> owner_id;
  std::optional<std::string> owner_name, call_back;
  std::optional<ContactPartBody> part;  ///< of the agent whose contacts were asked for
};
BOOST_DESCRIBE_STRUCT(ContactBody, (),
                      (id, channel, direction, from, to, service_line, queue, language, agent_id, agent_name,
                       customer_id, customer_name, started_ms, ended_ms, end_cause, outcome, wait_ms, talk_ms, hold_ms,
                       consult_ms, reason_code, result_code, note, recording_ids, owner_id, owner_name, call_back,
                       part))

struct EventBody {
  TimePoint at_ms{};
  std::string type;
  boost::json::value data;
};
BOOST_DESCRIBE_STRUCT(EventBody, (), (at_ms, type, data))
struct LegBody {
  LegId id;
  std::string role, kind, party;
  TimePoint started_ms{};
  std::optional<TimePoint> answered_ms, ended_ms;
  std::optional<std::string> end_cause;
  std::optional<std::int64_t> packets_received, packets_sent, packets_lost;
  std::optional<app::QualityView> quality;
};
BOOST_DESCRIBE_STRUCT(LegBody, (),
                      (id, role, kind, party, started_ms, answered_ms, ended_ms, end_cause, packets_received,
                       packets_sent, packets_lost, quality))
struct SipMessageBody {
  LegId leg_id;
  std::int64_t at_us = 0;
  bool sent = false;
  std::string transport, local, remote, message;
};
BOOST_DESCRIBE_STRUCT(SipMessageBody, (), (leg_id, at_us, sent, transport, local, remote, message))

struct RecordingBody {
  RecordingId id;
  TimePoint started_ms{};
  std::optional<TimePoint> ended_ms;
  std::optional<std::int64_t> duration_ms, bytes;
  std::string state;
  std::optional<std::string> problem;
  std::optional<std::string> format;  ///< of what is played: wav, opus
  std::optional<std::int64_t> archive_bytes;
  std::optional<TimePoint> archived_ms, deleted_ms;
  std::optional<std::string> sha256, trouble, deleted_why, hold_why;
  bool encrypted = false, hold = false;
};
BOOST_DESCRIBE_STRUCT(RecordingBody, (),
                      (id, started_ms, ended_ms, duration_ms, bytes, state, problem, format, archive_bytes, archived_ms,
                       deleted_ms, sha256, trouble, deleted_why, hold_why, encrypted, hold))
/// One of the supervisor's list, with whose it is.
struct TroubledRecordingBody {
  RecordingBody recording;
  ContactId contact_id;
  std::string node;
};
BOOST_DESCRIBE_STRUCT(TroubledRecordingBody, (), (recording, contact_id, node))
struct HoldBody {
  bool hold = false;
  std::optional<std::string> why;
};
BOOST_DESCRIBE_STRUCT(HoldBody, (), (hold, why))
void validate(const HoldBody& value, jsonmap::Report& report);
struct StorageBody {
  std::string node, room;
  std::int64_t free_bytes = 0, total_bytes = 0;
  std::int64_t to_archive = 0, to_clear = 0, to_delete = 0, archive_failed = 0;
  bool resting = false;
};
BOOST_DESCRIBE_STRUCT(StorageBody, (),
                      (node, room, free_bytes, total_bytes, to_archive, to_clear, to_delete, archive_failed, resting))

[[nodiscard]] EventBody body_of(const app::ContactEvent& event);
[[nodiscard]] LegBody body_of(const app::Leg& leg);
[[nodiscard]] RecordingBody body_of(const app::Recording& recording);
/// Without the agent's name.
[[nodiscard]] ContactPartBody body_of(const app::ContactPart& part);
/// Without names and recordings, which the caller looks up.
[[nodiscard]] ContactBody body_of(const app::Contact& contact);

/// {"items":[…]}
template <class T>
[[nodiscard]] std::string items(const std::vector<T>& list) {
  boost::json::object object;
  object["items"] = jsonmap::to_value(list);
  return boost::json::serialize(object);
}

/// A body read into T, or the 400 that lists everything wrong with it.
template <class T>
[[nodiscard]] Result<T, http::Response> read_body(const http::Request& request);
[[nodiscard]] http::Response bad_body(const jsonmap::Errors& errors);
/// The error answer of a refused command.
[[nodiscard]] http::Response refused(const app::Refused& refusal);

template <class T>
Result<T, http::Response> read_body(const http::Request& request) {
  auto value = jsonmap::read<T>(request.body);
  if (!value) return fail(bad_body(value.error()));
  return std::move(*value);
}

}  // namespace hotline::api
