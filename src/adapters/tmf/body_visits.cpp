// SPDX-License-Identifier: Apache-2.0
// Appointments and searches for time slots (TMF646), contacts as party interactions (TMF683).
#include <fmt/format.h>

#include <charconv>

#include "adapters/tmf/bodies.hpp"

namespace hotline::tmf {
namespace {

constexpr std::chrono::days search_days{14}, search_days_most{62};

Object period(TimePoint begins, TimePoint ends) {
  return {{"startDateTime", date_time(begins)}, {"endDateTime", date_time(ends)}};
}

Result<app::TmfSpan, Refusal> period_in(const Object& body, const char* name) {
  const auto part = object_in(body, name);
  if (!part) return fail(part.error());
  app::TmfSpan span;
  if (*part == nullptr) return span;
  const auto from = date_in(**part, "startDateTime"), to = date_in(**part, "endDateTime");
  for (const auto* one : {&from, &to})
    if (!*one) return fail(bad_value(fmt::format("{}.{}", name, one->error().field), one->error().message));
  if (*from && *to && **to < **from) return fail(bad_value(std::string(name), "the end lies before the begin"));
  span.from = *from;
  span.to = *to;
  return span;
}

template <class IdType>
Result<std::optional<IdType>, Refusal> id_of(const Object* object, const char* where) {
  if (object == nullptr) return std::optional<IdType>();
  const auto text = text_in(*object, "id", 100);
  const auto id = text ? id_from(*text) : std::nullopt;
  if (!id || *id >> 63U) return fail(bad_value(fmt::format("{}.id", where), "an id of ours"));
  return std::optional(IdType{*id});
}

/// The first reference to one of these kinds of thing.
const Object* referring_to(const std::vector<const Object*>& list, std::initializer_list<std::string_view> types) {
  for (const Object* one : list) {
    const Value* type = member(*one, "@referredType");
    if (type == nullptr || !type->is_string()) continue;
    for (const std::string_view wanted : types)
      if (same_word(type->get_string(), wanted)) return one;
  }
  return nullptr;
}

Object party(const std::string& id, const char* role, const char* type, const std::string& name,
             const std::string& href) {
  return reference({id, role, type, name, href});
}

bool is_skill(std::string_view text) {
  return workorder::is_code(text);
}

Result<appointment::Need, Refusal> need_of(const Object& body) {
  appointment::Need need;
  const auto place = object_in(body, "relatedPlace");
  if (!place) return fail(place.error());
  if (*place != nullptr) {
    auto area = text_in(**place, "id", 64);
    if (!area) return fail(bad_value("relatedPlace.id", area.error().message));
    need.area = *std::move(area);
  }
  if (need.area.empty()) return fail(bad_value("relatedPlace.id", "the code of the area the crew has to go to"));
  const auto category = text_in(body, "category", 64);
  if (!category) return fail(category.error());
  if (!category->empty()) need.skills.insert(*category);
  const auto entities = objects_in(body, "relatedEntity");
  if (!entities) return fail(entities.error());
  for (const Object* one : *entities)
    if (with_role({one}, "skill") != nullptr)
      if (const auto code = text_in(*one, "id", 64); code && !code->empty()) need.skills.insert(*code);
  for (const std::string& skill : need.skills)
    if (!is_skill(skill)) return fail(bad_value("category", "the code of a skill, as in install"));
  return need;
}

}  // namespace

std::string slot_id(const appointment::Slot& slot) {
  return fmt::format("{}-{}-{}", slot.crew.value(), slot.day, slot.from);
}

std::optional<appointment::Slot> slot_from(std::string_view id) {
  std::uint64_t numbers[3] = {};
  for (std::uint64_t& number : numbers) {
    const bool last = &number == &numbers[2];
    const auto end = last ? id.size() : id.find('-');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const auto [stop, error] = std::from_chars(id.data(), id.data() + end, number);
    if (error != std::errc{} || stop != id.data() + end) return std::nullopt;
    id.remove_prefix(last ? end : end + 1);
  }
  if (numbers[0] == 0 || numbers[0] >> 63U || numbers[1] > 1'000'000 || numbers[2] > 1'440) return std::nullopt;
  return appointment::Slot{appointment::CrewId{numbers[0]}, static_cast<std::int64_t>(numbers[1]),
                           static_cast<int>(numbers[2])};
}

Object appointment_of(const app::AppointmentRow& row, const std::string& crew) {
  const appointment::Appointment& state = row.state;
  const appointment::Visit& visit = state.visits.back();
  Object out{{"@type", "HotlineAppointment"},
             {"@baseType", "Appointment"},
             {"id", state.id.to_string()},
             {"href", fmt::format("{}/{}", appointment_path, state.id.value())},
             {"status", appointment_status(to_string(state.state))},
             {"hotlineState", to_string(state.state)},
             {"creationDate", date_time(row.created_at)},
             {"lastUpdate", date_time(row.changed_at)},
             {"validFor", period(visit.begins, visit.ends)},
             {"calendarEvent", Object{{"id", slot_id(visit.slot)}, {"@referredType", "TimeSlot"}}},
             {"relatedPlace", Object{{"id", state.need.area}, {"role", "interventionAddress"}}}};
  put(out["relatedPlace"].as_object(), "name", row.place);
  if (!state.need.skills.empty()) out["category"] = *state.need.skills.begin();
  put(out, "description", row.note);
  Array parties, entities, notes;
  if (row.customer) parties.push_back(reference({row.customer->to_string(), "customer", "Customer", row.person}));
  parties.push_back(reference({visit.slot.crew.to_string(), "crew", "Organization", crew}));
  if (row.order) entities.push_back(reference({row.order->to_string(), "order", "WorkOrder"}));
  if (row.contact)
    entities.push_back(reference({row.contact->to_string(),
                                  "contact",
                                  "PartyInteraction",
                                  {},
                                  fmt::format("{}/{}", interaction_path, row.contact->value())}));
  for (const std::string& skill : state.need.skills) entities.push_back(reference({skill, "skill", "Skill"}));
  put(out, "relatedParty", std::move(parties));
  put(out, "relatedEntity", std::move(entities));
  if (!row.phone.empty())
    out["contactMedium"] = Array{Object{{"mediumType", "telephone number"},
                                        {"preferred", true},
                                        {"characteristic", Object{{"phoneNumber", row.phone}}}}};
  return out;
}

Result<NewAppointment, Refusal> new_appointment(const Object& body) {
  NewAppointment made;
  auto need = need_of(body);
  if (!need) return fail(need.error());
  made.details.need = *std::move(need);
  const auto when = period_in(body, "validFor");
  if (!when) return fail(when.error());
  const auto event = object_in(body, "calendarEvent");
  if (!event) return fail(event.error());
  if (*event != nullptr) {
    const auto id = text_in(**event, "id", 100);
    const auto slot = id ? slot_from(*id) : std::nullopt;
    if (!slot) return fail(bad_value("calendarEvent.id", "the id of a time slot as a search gave it"));
    made.details.slot = *slot;
    made.slot_named = true;
  }
  if (!when->from && !made.slot_named)
    return fail(bad_value("validFor.startDateTime", "needed: when the visit begins"));
  made.begins = when->from.value_or(TimePoint{});
  made.ends = when->to;
  const auto entities = objects_in(body, "relatedEntity");
  if (!entities) return fail(entities.error());
  const auto parties = objects_in(body, "relatedParty");
  if (!parties) return fail(parties.error());
  const auto order =
      id_of<WorkOrderId>(referring_to(*entities, {"WorkOrder", "TroubleTicket", "ProductOrder"}), "relatedEntity");
  if (!order) return fail(order.error());
  const auto contact = id_of<ContactId>(referring_to(*entities, {"PartyInteraction"}), "relatedEntity");
  if (!contact) return fail(contact.error());
  const Object* customer_party = with_role(*parties, "customer");
  const auto customer = id_of<CustomerId>(customer_party, "relatedParty");
  if (!customer) return fail(customer.error());
  made.details.order = *order;
  made.details.contact = *contact;
  made.details.customer = *customer;
  const auto text = [&](const Object& from, const char* name, std::size_t most,
                        std::string& into) -> std::optional<Refusal> {
    auto read = text_in(from, name, most);
    if (!read) return read.error();
    into = *std::move(read);
    return std::nullopt;
  };
  if (auto refusal = text(body, "externalId", 100, made.external_id)) return fail(*std::move(refusal));
  if (auto refusal = text(body, "description", 1'000, made.details.note)) return fail(*std::move(refusal));
  if (customer_party != nullptr)
    if (auto refusal = text(*customer_party, "name", 100, made.details.person)) return fail(*std::move(refusal));
  const auto place = object_in(body, "relatedPlace");
  if (auto refusal = text(**place, "name", 200, made.details.place)) return fail(*std::move(refusal));
  const auto media = objects_in(body, "contactMedium");
  if (!media) return fail(media.error());
  for (const Object* medium : *media) {
    const auto what = object_in(*medium, "characteristic");
    if (!what) return fail(what.error());
    if (*what == nullptr || !made.details.phone.empty()) continue;
    if (auto refusal = text(**what, "phoneNumber", 32, made.details.phone)) return fail(*std::move(refusal));
  }
  return made;
}

Result<AppointmentPatch, Refusal> appointment_patch(const Object& body) {
  static const std::set<std::string, std::less<>> open{"status",      "validFor",  "calendarEvent",
                                                       "description", "note",      "relatedParty",
                                                       "@type",       "@baseType", "@schemaLocation"};
  for (const auto& [name, value] : body)
    if (!open.contains(name))
      return fail(bad_value(std::string(name), "not changed by a patch: status, validFor and calendarEvent are"));
  AppointmentPatch patch;
  const auto status = text_in(body, "status", 32);
  if (!status) return fail(status.error());
  if (!status->empty() && appointment_states(*status).empty())
    return fail(bad_value("status", "initialized, confirmed, cancelled, completed or failed"));
  patch.status = *status;
  const auto when = period_in(body, "validFor");
  if (!when) return fail(when.error());
  patch.begins = when->from;
  patch.ends = when->to;
  const auto event = object_in(body, "calendarEvent");
  if (!event) return fail(event.error());
  if (*event != nullptr) {
    const auto id = text_in(**event, "id", 100);
    patch.slot = id ? slot_from(*id) : std::nullopt;
    if (!patch.slot) return fail(bad_value("calendarEvent.id", "the id of a time slot as a search gave it"));
  }
  const auto said = text_in(body, "description", 2'000);
  if (!said) return fail(said.error());
  patch.text = *said;
  const auto notes = objects_in(body, "note");
  if (!notes) return fail(notes.error());
  for (const Object* note : *notes) {
    const auto text = text_in(*note, "text", 2'000);
    if (!text) return fail(text.error());
    if (!text->empty()) patch.text = *text;
  }
  const auto parties = objects_in(body, "relatedParty");
  if (!parties) return fail(parties.error());
  // Whose wish it is decides who has broken the promise (ADR 28).
  if (with_role(*parties, "requestedByCompany") != nullptr) patch.by = appointment::Side::company;
  return patch;
}

Result<SlotSearch, Refusal> slot_search(const Object& body, const Object& before, TimePoint now) {
  Object whole;
  for (const char* name : {"relatedPlace", "relatedEntity", "relatedParty", "requestedTimeSlot"}) {
    const Value* value = member(body, name);
    if (value == nullptr) value = member(before, name);
    if (value != nullptr) whole[name] = *value;
  }
  SlotSearch out;
  auto need = need_of(whole);
  if (!need) return fail(need.error());
  out.search.need = *std::move(need);
  const auto slots = objects_in(whole, "requestedTimeSlot");
  if (!slots) return fail(slots.error());
  out.search.from = now;
  std::optional<TimePoint> to;
  if (!slots->empty()) {
    const auto when = period_in(*slots->front(), "validFor");
    if (!when) return fail(bad_value("requestedTimeSlot." + when.error().field, when.error().message));
    out.search.from = std::max(when->from.value_or(now), now);
    to = when->to;
  }
  out.search.to = to.value_or(out.search.from + search_days);
  if (out.search.to - out.search.from > search_days_most)
    return fail(bad_value("requestedTimeSlot", "at most 62 days are searched at once"));
  out.search.most = 200;
  // Given back as it was understood.
  Object place{{"id", out.search.need.area}, {"role", "interventionAddress"}};
  if (const auto name = text_in(*object_in(whole, "relatedPlace").value(), "name", 200); name)
    put(place, "name", *name);
  out.kept["relatedPlace"] = std::move(place);
  Array skills;
  for (const std::string& skill : out.search.need.skills) skills.push_back(reference({skill, "skill", "Skill"}));
  put(out.kept, "relatedEntity", std::move(skills));
  if (!slots->empty())
    out.kept["requestedTimeSlot"] = Array{Object{{"validFor", period(out.search.from, out.search.to)}}};
  const auto asked_by = object_in(whole, "relatedParty");
  if (!asked_by) return fail(asked_by.error());
  if (*asked_by != nullptr) {
    const auto id = text_in(**asked_by, "id", 100), role = text_in(**asked_by, "role", 100);
    if (!id || !role || id->empty()) return fail(bad_value("relatedParty.id", "a text"));
    out.kept["relatedParty"] = reference({*id, role->empty() ? "requester" : *role, "Individual"});
  }
  return out;
}

Array time_slots(const std::vector<appointment::Offer>& offers, const std::vector<app::CrewRow>& crews) {
  Array list;
  for (const appointment::Offer& offer : offers) {
    std::string name;
    for (const app::CrewRow& row : crews)
      if (row.crew.id == offer.slot.crew) name = row.crew.name;
    list.push_back(Object{{"id", slot_id(offer.slot)},
                          {"validFor", period(offer.begins, offer.ends)},
                          {"relatedParty", reference({offer.slot.crew.to_string(), "crew", "Organization", name})}});
  }
  return list;
}

Object interaction_of(const InteractionView& view) {
  const app::Contact& contact = view.contact;
  const bool inbound = contact.direction != "outbound";
  Object out{{"@type", "HotlinePartyInteraction"},
             {"@baseType", "PartyInteraction"},
             {"id", contact.id.to_string()},
             {"href", fmt::format("{}/{}", interaction_path, contact.id.value())},
             {"creationDate", date_time(contact.started_at)},
             {"direction", contact.direction},
             {"reason", contact.reason_code.empty() ? "unspecified" : contact.reason_code},
             {"status", interaction_status(contact)},
             {"statusChangeDate", date_time(contact.ended_at.value_or(contact.started_at))},
             {"outcome", contact.outcome}};
  put(out, "description", contact.note);
  put(out, "result", contact.result_code);
  Object when{{"startDateTime", date_time(contact.started_at)}};
  put(when, "endDateTime", contact.ended_at);
  out["interactionDate"] = std::move(when);
  Object channel{{"id", contact.channel}, {"href", "urn:hotline:channel:" + contact.channel}, {"role", "interaction"}};
  put(channel, "name", contact.service_line);
  out["channel"] = Array{std::move(channel)};
  Array parties, items, notes;
  const std::string& number = inbound ? contact.from : contact.to;
  if (!number.empty()) parties.push_back(party(number, "contact", "Individual", {}, "urn:hotline:number:" + number));
  if (contact.customer)
    parties.push_back(party(contact.customer->to_string(), "customer", "Customer", view.customer_name,
                            fmt::format("/api/v1/customers/{}", contact.customer->value())));
  if (contact.agent)
    parties.push_back(party(contact.agent->to_string(), "agent", "Individual", view.agent_name,
                            fmt::format("urn:hotline:agent:{}", contact.agent->value())));
  for (const app::ContactPart& part : view.parts)
    if (!part.note.empty())
      notes.push_back(Object{{"id", std::to_string(part.position)},
                             {"author", part.agent.to_string()},
                             {"date", date_time(contact.ended_at.value_or(contact.started_at))},
                             {"text", part.note}});
  for (const app::OrderRow& order : view.orders) {
    const bool ticket = view.kinds != nullptr && view.kinds->of(order.type) == OrderKind::ticket;
    items.push_back(
        Object{{"id", order.number},
               {"creationDate", date_time(order.created_at)},
               {"reason", order.title},
               {"item", reference({order.id.to_string(), "order", ticket ? "TroubleTicket" : "WorkOrder", order.title,
                                   fmt::format("{}/{}", ticket ? ticket_path : work_order_path, order.id.value())})}});
  }
  put(out, "relatedParty", std::move(parties));
  put(out, "interactionItem", std::move(items));
  put(out, "note", std::move(notes));
  return out;
}

}  // namespace hotline::tmf
