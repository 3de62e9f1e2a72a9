// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/events.hpp"

#include <algorithm>

namespace hotline::tmf {
namespace {

using workorder::Action;

/// What an entity's events are called.
struct Entity {
  const char* topic;
  const char* member;  ///< of the payload
  const char* prefix;
  const char* status_change;
};
constexpr Entity ticket{"troubleTicket", "troubleTicket", "TroubleTicket", "StatusChangeEvent"};
constexpr Entity work{"workOrder", "workOrder", "WorkOrder", "StateChangeEvent"};
constexpr Entity cancel{"workOrder", "cancelWorkOrder", "CancelWorkOrder", "StateChangeEvent"};
constexpr Entity appointment{"appointment", "appointment", "Appointment", "StateChangeEvent"};
constexpr Entity search{"appointment", "searchTimeSlot", "SearchTimeSlot", "StateChangeEvent"};
constexpr Entity interaction{"partyInteraction", "partyInteraction", "PartyInteraction", "StatusChangeEvent"};
constexpr Entity topic{"topic", "topic", "Topic", "ChangeEvent"};

const Entity* entity_of(const std::string& kind) {
  for (const auto& [name, entity] : {std::pair{"appointment", &appointment},
                                     {"contact", &interaction},
                                     {"interaction", &interaction},
                                     {"searchTimeSlot", &search},
                                     {"cancelWorkOrder", &cancel},
                                     {"topic", &topic}})
    if (kind == name) return entity;
  return nullptr;
}

Happening happening(const Entity& entity, const std::string& suffix, TimePoint at, const Object& resource) {
  const std::string type = entity.prefix + suffix;
  return {entity.topic, type, at, envelope(type, at, entity.member, resource)};
}

/// The status of our word for it, so that a change within one status is none to the outside.
std::string outside(const std::string& kind, const std::string& state) {
  if (kind == "appointment") return appointment_status(state);
  if (kind == "contact") return state == "live" ? "live" : "completed";
  // Of a document its own state.
  boost::system::error_code ec;
  const Value body = boost::json::parse(state, ec);
  for (const char* name : {"status", "state"})
    if (!ec && body.is_object())
      if (const Value* found = member(body.get_object(), name); found != nullptr && found->is_string())
        return std::string(found->get_string());
  return {};
}

/// The attribute that a line of the history changes, for fieldPath.
const char* field_of(OrderKind kind, const workorder::Event& event) {
  const bool is_ticket = kind == OrderKind::ticket;
  switch (event.kind) {
    case Action::set_fields:
      return is_ticket ? "troubleTicketCharacteristic" : "workOrderItem";
    case Action::attach:
      return is_ticket ? "attachment" : "note";
    case Action::dispatch:
    case Action::transfer:
    case Action::accept:
    case Action::hand_over:
    case Action::take_over:
    case Action::add_co_handler:
    case Action::release:
    case Action::co_reply:
      return is_ticket ? "relatedParty" : "workOrderItem";
    case Action::merge:
    case Action::split:
      return is_ticket ? "troubleTicketRelationship" : "workOrderRelationship";
    default:
      return "note";
  }
}

}  // namespace

const std::vector<std::string>& own_topics() {
  static const std::vector<std::string> topics{"troubleTicket", "workOrder", "appointment", "partyInteraction",
                                               "topic"};
  return topics;
}

Object envelope(const std::string& type, TimePoint at, const std::string& entity, const Object& resource) {
  Object out{
      {"eventType", type}, {"eventTime", date_time(at)},         {"timeOcurred", date_time(at)}, {"domain", "hotline"},
      {"title", type},     {"event", Object{{entity, resource}}}};
  if (const Value* id = resource.if_contains("id"); id != nullptr && id->is_string()) out["correlationId"] = *id;
  return out;
}

std::vector<Happening> order_happenings(OrderKind kind, const std::string& before, const workorder::Event& event,
                                        const std::string& after, const Object& resource) {
  const Entity& entity = kind == OrderKind::ticket ? ticket : work;
  if (event.kind == Action::create) return {happening(entity, "CreateEvent", event.at, resource)};
  // What time says to our own people is no change of the order.
  if (event.kind == Action::warn || event.kind == Action::escalate) return {};
  std::vector<Happening> out;
  if (before != after) {
    out.push_back(happening(entity, entity.status_change, event.at, resource));
    if (after == "resolved") out.push_back(happening(entity, "ResolvedEvent", event.at, resource));
    if (after == "pending") out.push_back(happening(entity, "InformationRequiredEvent", event.at, resource));
  } else {
    out.push_back(happening(entity, "AttributeValueChangeEvent", event.at, resource));
    out.back().body["fieldPath"] = field_of(kind, event);
  }
  return out;
}

std::vector<Happening> happenings(const app::TmfChange& change, const Object& resource) {
  const Entity* entity = entity_of(change.kind);
  if (entity == nullptr) return {};
  if (change.was.empty()) return {happening(*entity, "CreateEvent", change.at, resource)};
  if (change.is_now.empty()) return {happening(*entity, "DeleteEvent", change.at, resource)};
  if (outside(change.kind, change.was) != outside(change.kind, change.is_now) || entity == &topic)
    return {happening(*entity, entity->status_change, change.at, resource)};
  std::vector<Happening> out{happening(*entity, "AttributeValueChangeEvent", change.at, resource)};
  out.back().body["fieldPath"] = change.kind == "appointment"                               ? "validFor"
                                 : change.kind == "contact" || change.kind == "interaction" ? "note"
                                                                                            : "";
  return out;
}

Object event_of(const app::TmfEvent& event) {
  boost::system::error_code ec;
  Value body = boost::json::parse(event.body, ec);
  Object out = !ec && body.is_object() ? std::move(body.get_object()) : Object{};
  out["eventId"] = std::to_string(event.id);
  return out;
}

Result<TopicFilter, Refusal> topic_filter(const app::TmfResource& topic) {
  TopicFilter out{std::to_string(topic.id), {}, {}};
  boost::system::error_code ec;
  const Value body = boost::json::parse(topic.body, ec);
  if (ec || !body.is_object()) return fail(bad_value("topic", "no object"));
  for (const auto& [name, filter] : {std::pair{"headerQuery", &out.header}, {"contentQuery", &out.content}}) {
    const auto text = text_in(body.get_object(), name, 1'000);
    if (!text) return fail(text.error());
    auto read = EventFilter::of(*text);
    if (!read) return fail(bad_value(name, read.error().message));
    *filter = *std::move(read);
  }
  return out;
}

app::TmfDraft draft_of(const Happening& happening, const std::vector<TopicFilter>& topics,
                       const std::vector<Listener>& listeners) {
  app::TmfDraft draft{{0, happening.type, happening.at, boost::json::serialize(happening.body)}, {happening.topic}, {}};
  const Value* payload = happening.body.if_contains("event");
  const Object nothing;
  const Object& content = payload != nullptr && payload->is_object() ? payload->get_object() : nothing;
  for (const TopicFilter& topic : topics)
    if (topic.header.wants(happening.body) && topic.content.wants(content)) draft.topics.push_back(topic.id);
  for (const Listener& listener : listeners)
    if (std::find(draft.topics.begin(), draft.topics.end(), listener.topic) != draft.topics.end() &&
        listener.filter.wants(happening.body))
      draft.hubs.push_back(listener.id);
  return draft;
}

}  // namespace hotline::tmf
