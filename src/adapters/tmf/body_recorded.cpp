// SPDX-License-Identifier: Apache-2.0
// Interactions that other systems record: a shop, a web hall, a chat (TMF683).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/tmf/bodies.hpp"

namespace hotline::tmf {
namespace {

/// In the order in which they follow each other.
constexpr std::array<std::string_view, 3> statuses_in_order{"opened", "inProgress", "completed"};
constexpr std::size_t notes_most = 200;

std::size_t place_of(std::string_view status) {
  return static_cast<std::size_t>(std::find(statuses_in_order.begin(), statuses_in_order.end(), status) -
                                  statuses_in_order.begin());
}

/// Member by member as a text that must be there.
Result<std::string, Refusal> needed(const Object& object, const char* name, std::size_t most) {
  auto text = text_in(object, name, most);
  if (text && text->empty()) return fail(bad_value(name, "needed"));
  return text;
}

Result<Array, Refusal> channels_in(const Object& body) {
  const auto list = objects_in(body, "channel");
  if (!list) return fail(list.error());
  if (list->empty()) return fail(bad_value("channel", "one at least"));
  Array out;
  for (const Object* one : *list) {
    const auto id = needed(*one, "id", 64), href = text_in(*one, "href", 500), name = text_in(*one, "name", 100);
    for (const auto* text : {&id, &href, &name})
      if (!*text) return fail(bad_value("channel." + text->error().field, text->error().message));
    Object channel{
        {"id", *id}, {"href", href->empty() ? "urn:hotline:channel:" + *id : *href}, {"role", "interaction"}};
    put(channel, "name", *name);
    out.push_back(std::move(channel));
  }
  return out;
}

Result<Array, Refusal> parties_in(const Object& body, std::optional<CustomerId>& customer) {
  const auto list = objects_in(body, "relatedParty");
  if (!list) return fail(list.error());
  Array out;
  for (const Object* one : *list) {
    const auto id = needed(*one, "id", 100), type = needed(*one, "@referredType", 64), role = text_in(*one, "role", 64),
               name = text_in(*one, "name", 100);
    for (const auto* text : {&id, &type, &role, &name})
      if (!*text) return fail(bad_value("relatedParty." + text->error().field, text->error().message));
    std::string href = "urn:hotline:party:" + *id;
    if (same_word(*role, "customer")) {
      const auto number = id_from(*id);
      if (!number || *number >> 63U) return fail(bad_value("relatedParty.id", "a customer's id"));
      customer = CustomerId{*number};
      href = "/api/v1/customers/" + *id;
    }
    out.push_back(reference({*id, *role, *type, *name, href}));
  }
  return out;
}

/// Adds those without an id to `notes`.
std::optional<Refusal> add_notes(const Object& body, AgentId by, TimePoint now, Array& notes) {
  const auto list = objects_in(body, "note");
  if (!list) return list.error();
  for (const Object* one : *list) {
    if (member(*one, "id") != nullptr) continue;
    const auto text = needed(*one, "text", 2'000);
    if (!text) return bad_value("note.text", text.error().message);
    if (notes.size() >= notes_most) return bad_value("note", fmt::format("at most {} notes", notes_most));
    notes.push_back(Object{{"id", std::to_string(notes.size() + 1)},
                           {"author", by.to_string()},
                           {"date", date_time(now)},
                           {"text", *text}});
  }
  return std::nullopt;
}

}  // namespace

std::string recorded_id(std::uint64_t id) {
  return fmt::format("x{}", id);
}
std::optional<std::uint64_t> recorded_id_from(std::string_view text) {
  return text.starts_with('x') ? id_from(text.substr(1)) : std::nullopt;
}

Result<app::TmfInteraction, Refusal> new_interaction(const Object& body, std::uint64_t id, AgentId by, TimePoint now) {
  app::TmfInteraction made;
  made.id = id;
  made.made_by = by;
  const auto direction = needed(body, "direction", 32), reason = needed(body, "reason", 200),
             status = needed(body, "status", 32), description = text_in(body, "description", 2'000);
  for (const auto* text : {&direction, &reason, &status, &description})
    if (!*text) return fail(text->error());
  if (*direction != "inbound" && *direction != "outbound") return fail(bad_value("direction", "inbound or outbound"));
  if (place_of(*status) == statuses_in_order.size())
    return fail(bad_value("status", "opened, inProgress or completed"));
  const auto when = object_in(body, "interactionDate");
  if (!when) return fail(when.error());
  if (*when == nullptr) return fail(bad_value("interactionDate", "needed"));
  const auto begins = date_in(**when, "startDateTime"), ends = date_in(**when, "endDateTime");
  if (!begins || !*begins) return fail(bad_value("interactionDate.startDateTime", "a date and time"));
  if (!ends || (*ends && **ends < **begins))
    return fail(bad_value("interactionDate.endDateTime", "not before the begin"));
  auto channels = channels_in(body);
  if (!channels) return fail(channels.error());
  auto parties = parties_in(body, made.customer);
  if (!parties) return fail(parties.error());
  Array notes;
  if (auto refusal = add_notes(body, by, now, notes)) return fail(*std::move(refusal));
  made.started_at = **begins;
  made.direction = *direction;
  made.reason = *reason;
  made.ended = *status == "completed";
  made.channel = std::string(channels->front().at("id").get_string());
  Object period{{"startDateTime", date_time(**begins)}};
  put(period, "endDateTime", *ends);
  Object out{{"@type", "PartyInteraction"},
             {"id", recorded_id(id)},
             {"href", fmt::format("{}/{}", interaction_path, recorded_id(id))},
             {"creationDate", date_time(now)},
             {"direction", made.direction},
             {"reason", made.reason},
             {"status", *status},
             {"statusChangeDate", date_time(now)},
             {"interactionDate", std::move(period)},
             {"channel", std::move(*channels)}};
  put(out, "description", *description);
  put(out, "relatedParty", std::move(*parties));
  put(out, "note", std::move(notes));
  made.body = boost::json::serialize(out);
  return made;
}

Result<app::TmfInteraction, Refusal> patched_interaction(const app::TmfInteraction& before, const Object& patch,
                                                         AgentId by, TimePoint now) {
  Value value = boost::json::parse(before.body);
  Object& body = value.get_object();
  for (const auto& [name, wanted] : patch) {
    const Value* has = body.if_contains(name);
    if (name.starts_with('@') || name == "href" || (has != nullptr && *has == wanted)) continue;
    if (name != "description" && name != "reason" && name != "status" && name != "note")
      return fail(bad_value(std::string(name), "not changed by a patch: description, reason, status and note are"));
  }
  const auto description = text_in(patch, "description", 2'000), reason = text_in(patch, "reason", 200),
             status = text_in(patch, "status", 32);
  for (const auto* text : {&description, &reason, &status})
    if (!*text) return fail(text->error());
  app::TmfInteraction after = before;
  put(body, "description", *description);
  put(body, "reason", *reason);
  if (!reason->empty()) after.reason = *reason;
  const std::string former(body.at("status").get_string());
  if (!status->empty() && *status != former) {
    if (place_of(*status) == statuses_in_order.size())
      return fail(bad_value("status", "opened, inProgress or completed"));
    if (place_of(*status) < place_of(former))
      return fail(
          Refusal{409, "wrong_state", fmt::format("It does not go back from {} to {}.", former, *status), "status"});
    body["status"] = *status;
    body["statusChangeDate"] = date_time(now);
    after.ended = *status == "completed";
  }
  Array notes;
  if (const Value* has = body.if_contains("note"); has != nullptr) notes = has->get_array();
  if (auto refusal = add_notes(patch, by, now, notes)) return fail(*std::move(refusal));
  put(body, "note", std::move(notes));
  after.body = boost::json::serialize(body);
  return after;
}

}  // namespace hotline::tmf
