// SPDX-License-Identifier: Apache-2.0
// What clients want of orders: new trouble tickets and work orders, and patches as commands.
#include <fmt/format.h>

#include "adapters/tmf/bodies.hpp"

namespace hotline::tmf {
namespace {

using workorder::Order;

/// At most `most` bytes of UTF-8, no character cut.
std::string front_of(const std::string& text, std::size_t most) {
  std::size_t size = std::min(text.size(), most);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

bool is_urgent(std::string_view word) {
  for (const char* one : {"critical", "urgent", "high", "major", "0", "1"})
    if (same_word(word, one)) return true;
  return false;
}

std::optional<Refusal> take_characteristics(const std::vector<const Object*>& list, const std::string& where,
                                            std::map<std::string, std::string>& fields) {
  for (const Object* one : list) {
    const auto name = text_in(*one, "name", 64);
    if (!name) return bad_value(where + ".name", name.error().message);
    const Value* value = member(*one, "value");
    if (name->empty() || value == nullptr || value->is_object() || value->is_array())
      return bad_value(where, "each has a name, and a value that is a text, a number or true or false");
    fields[*name] = value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
  }
  return std::nullopt;
}

std::optional<Refusal> take_parties(const Object& body, workorder::Opening& opening) {
  const auto parties = objects_in(body, "relatedParty");
  if (!parties) return parties.error();
  const auto word = [](const Object* party, const char* name) -> Result<std::string, Refusal> {
    if (party == nullptr) return std::string();
    return text_in(*party, name, 100);
  };
  const Object* contact = with_role(*parties, "contact");
  const auto customer = word(with_role(*parties, "customer"), "id"),
             partner = word(with_role(*parties, "partner"), "id"), phone = word(contact, "id"),
             person = word(contact, "name");
  for (const auto* one : {&customer, &partner, &phone, &person})
    if (!*one) return bad_value("relatedParty", one->error().field + ": " + one->error().message);
  if (!customer->empty()) {
    const auto id = id_from(*customer);
    if (!id) return bad_value("relatedParty.id", "a customer's id");
    opening.customer = CustomerId{*id};
  }
  if (phone->size() > 32) return bad_value("relatedParty.id", "of role contact: a phone number of at most 32 bytes");
  opening.phone = *phone;
  opening.person = *person;
  opening.partner = front_of(*partner, 32);
  const auto entities = objects_in(body, "relatedEntity");
  if (!entities) return entities.error();
  if (const Object* from = with_role(*entities, "contact"); from != nullptr) {
    const auto text = text_in(*from, "id", 100);
    const auto id = text ? id_from(*text) : std::nullopt;
    if (!id) return bad_value("relatedEntity.id", "of role contact: the id of a party interaction");
    opening.contact = ContactId{*id};
  }
  return std::nullopt;
}

struct Texts {
  std::map<std::string, std::string> values;
  const std::string& operator[](const char* name) { return values[name]; }
};
Result<Texts, Refusal> texts_in(const Object& body, std::initializer_list<std::pair<const char*, std::size_t>> names) {
  Texts texts;
  for (const auto& [name, most] : names) {
    auto text = text_in(body, name, most);
    if (!text) return fail(text.error());
    texts.values[name] = *std::move(text);
  }
  return texts;
}

/// Notes that are not there yet: those without the id of a line of the history.
Result<std::string, Refusal> new_notes(const Object& patch) {
  const auto notes = objects_in(patch, "note");
  if (!notes) return fail(notes.error());
  std::string all;
  for (const Object* note : *notes) {
    if (member(*note, "id") != nullptr) continue;
    const auto text = text_in(*note, "text", workorder::kTextMost);
    if (!text) return fail(text.error());
    if (!text->empty()) all += (all.empty() ? "" : "\n") + *text;
  }
  return all;
}

std::optional<Refusal> take_fields(OrderKind kind, const Object& patch, workorder::Command& command) {
  if (kind == OrderKind::ticket) {
    const auto list = objects_in(patch, "troubleTicketCharacteristic", 100);
    if (!list) return list.error();
    return take_characteristics(*list, "troubleTicketCharacteristic", command.fields);
  }
  const auto items = objects_in(patch, "workOrderItem");
  if (!items) return items.error();
  if (items->empty()) return std::nullopt;
  const auto work = object_in(*items->front(), "work");
  if (!work) return work.error();
  if (*work == nullptr) return std::nullopt;
  const auto list = objects_in(**work, "workCharacteristic", 100);
  if (!list) return list.error();
  return take_characteristics(*list, "workOrderItem.work.workCharacteristic", command.fields);
}

std::optional<Refusal> take_references(const Object& patch, const Order& order, workorder::Command& command) {
  const auto parties = objects_in(patch, "relatedParty");
  if (!parties) return parties.error();
  if (const Object* lead = with_role(*parties, "lead"); lead != nullptr) {
    const auto code = text_in(*lead, "id", 32);
    if (!code) return bad_value("relatedParty.id", code.error().message);
    if (*code != order.lead) command.lead = *code;
  }
  if (!command.lead.empty())
    for (const Object* party : *parties)
      if (with_role({party}, "coHandler") != nullptr)
        if (const auto code = text_in(*party, "id", 32); code) command.departments.push_back(*code);
  const auto entities = objects_in(patch, "relatedEntity");
  if (!entities) return entities.error();
  for (const Object* entity : *entities)
    if (with_role({entity}, "evidence") != nullptr) {
      const auto id = text_in(*entity, "id", 500);
      if (!id) return bad_value("relatedEntity.id", id.error().message);
      command.evidence.push_back(*id);
    }
  const auto channels = objects_in(patch, "channel");
  if (!channels) return channels.error();
  if (!channels->empty()) {
    const auto id = text_in(*channels->front(), "id", 32);
    if (!id) return bad_value("channel.id", id.error().message);
    command.channel = *id;
  }
  return std::nullopt;
}

/// Members that a patch may change; every other must be as it is.
std::optional<Refusal> check_unchanged(OrderKind kind, const Object& patch, const Object& now) {
  static const std::set<std::string, std::less<>> open{"note",
                                                       "relatedParty",
                                                       "relatedEntity",
                                                       "channel",
                                                       "troubleTicketCharacteristic",
                                                       "workOrderItem",
                                                       "status",
                                                       "state",
                                                       "statusChangeReason",
                                                       "cancellationReason",
                                                       "satisfaction",
                                                       "hotlineAction",
                                                       "@type",
                                                       "@baseType",
                                                       "@schemaLocation"};
  for (const auto& [name, value] : patch) {
    if (value.is_null()) return bad_value(std::string(name), "nothing is taken out of an order's record");
    if (open.contains(name)) continue;
    const Value* has = now.if_contains(name);
    if (has != nullptr && *has == value) continue;
    return bad_value(std::string(name), kind == OrderKind::ticket
                                            ? "not changed by a patch; add a note, or change the status"
                                            : "not changed by a patch; add a note, or change the state");
  }
  return std::nullopt;
}

/// The reason of the last change, sent back as it was read.
bool is_known_reason(const std::string& text, const Object& shown) {
  for (const char* name : {"statusChangeReason", "cancellationReason"})
    if (const Value* has = member(shown, name); has != nullptr && has->is_string() && has->get_string() == text)
      return true;
  return false;
}

}  // namespace

Result<NewOrder, Refusal> new_ticket(const Object& body) {
  auto texts = texts_in(body, {{"description", workorder::kTextMost},
                               {"name", workorder::kTitleMost},
                               {"severity", 100},
                               {"priority", 100},
                               {"ticketType", 32},
                               {"externalId", 100},
                               {"status", 32}});
  if (!texts) return fail(texts.error());
  for (const char* needed : {"description", "severity", "ticketType"})
    if ((*texts)[needed].empty()) return fail(bad_value(needed, "needed"));
  if (const std::string& status = (*texts)["status"]; !status.empty() && status != "acknowledged")
    return fail(bad_value("status", "a new ticket is acknowledged"));
  NewOrder made;
  made.opening.type = (*texts)["ticketType"];
  made.opening.text = (*texts)["description"];
  made.opening.title = (*texts)["name"].empty() ? front_of(made.opening.text, workorder::kTitleMost) : (*texts)["name"];
  made.opening.urgent = is_urgent((*texts)["severity"]) || is_urgent((*texts)["priority"]);
  made.external_id = made.opening.partner_reference = (*texts)["externalId"];
  if (auto refusal = take_parties(body, made.opening)) return fail(*std::move(refusal));
  const auto list = objects_in(body, "troubleTicketCharacteristic", 100);
  if (!list) return fail(list.error());
  if (auto refusal = take_characteristics(*list, "troubleTicketCharacteristic", made.opening.fields))
    return fail(*std::move(refusal));
  return made;
}

Result<NewOrder, Refusal> new_work_order(const Object& body, const workorder::TypeBook& types) {
  auto texts = texts_in(body, {{"description", workorder::kTextMost},
                               {"category", 32},
                               {"priority", 100},
                               {"externalId", 100},
                               {"notificationContact", 32}});
  if (!texts) return fail(texts.error());
  const auto items = objects_in(body, "workOrderItem");
  if (!items) return fail(items.error());
  if (items->empty()) return fail(bad_value("workOrderItem", "one item is needed"));
  const Object& item = *items->front();
  auto said = texts_in(item, {{"id", 100}, {"action", 32}, {"description", workorder::kTextMost}});
  if (!said) return fail(bad_value("workOrderItem." + said.error().field, said.error().message));
  const std::string& action = (*said)["action"];
  if ((*said)["id"].empty()) return fail(bad_value("workOrderItem.id", "needed"));
  if (action != "add" && action != "modify" && action != "delete" && action != "noChange")
    return fail(bad_value("workOrderItem.action", "add, modify, delete or noChange"));
  const auto work = object_in(item, "work");
  if (!work) return fail(work.error());
  NewOrder made;
  std::string name;
  if (*work != nullptr) {
    auto text = text_in(**work, "name", workorder::kTitleMost);
    if (!text) return fail(bad_value("workOrderItem.work.name", text.error().message));
    name = *std::move(text);
    const auto list = objects_in(**work, "workCharacteristic", 100);
    if (!list) return fail(list.error());
    if (auto refusal = take_characteristics(*list, "workOrderItem.work.workCharacteristic", made.opening.fields))
      return fail(*std::move(refusal));
  }
  made.opening.type = (*texts)["category"].empty() ? "product_order" : (*texts)["category"];
  made.opening.text = (*texts)["description"].empty() ? (*said)["description"] : (*texts)["description"];
  made.opening.title = front_of(name.empty() ? made.opening.text : name, workorder::kTitleMost);
  if (made.opening.title.empty()) return fail(bad_value("description", "say what is to be done"));
  made.opening.urgent = is_urgent((*texts)["priority"]);
  made.external_id = made.opening.partner_reference = (*texts)["externalId"];
  if (auto refusal = take_parties(body, made.opening)) return fail(*std::move(refusal));
  if (made.opening.phone.empty()) made.opening.phone = (*texts)["notificationContact"];
  const auto type = types.find(made.opening.type);
  const workorder::Field* kind = type == types.end() ? nullptr : type->second.field("kind");
  if (kind != nullptr && kind->required && !made.opening.fields.contains("kind"))
    made.opening.fields["kind"] = action == "add" ? "install" : action == "delete" ? "remove" : "services";
  return made;
}

Result<std::optional<workorder::Command>, Refusal> command_of(OrderKind kind, const Object& patch,
                                                              const OrderView& view, const Object& shown) {
  const Order& order = view.order;
  if (auto refusal = check_unchanged(kind, patch, shown)) return fail(*std::move(refusal));
  const char* status_name = kind == OrderKind::ticket ? "status" : "state";
  auto texts = texts_in(patch, {{status_name, 32},
                                {"statusChangeReason", workorder::kTextMost},
                                {"cancellationReason", workorder::kTextMost},
                                {"satisfaction", 32},
                                {"hotlineAction", 32}});
  if (!texts) return fail(texts.error());
  auto notes = new_notes(patch);
  if (!notes) return fail(notes.error());
  workorder::Command command;
  command.text =
      (*texts)["statusChangeReason"].empty() ? (*texts)["cancellationReason"] : (*texts)["statusChangeReason"];
  if (!notes->empty()) command.text += (command.text.empty() ? "" : "\n") + *notes;
  if (auto refusal = take_fields(kind, patch, command)) return fail(*std::move(refusal));
  std::erase_if(command.fields, [&](const auto& field) {
    const auto has = order.fields.find(field.first);
    return has != order.fields.end() && has->second == field.second;
  });
  if (auto refusal = take_references(patch, order, command)) return fail(*std::move(refusal));
  if (const std::string& answer = (*texts)["satisfaction"]; !answer.empty()) {
    const auto known = satisfaction_from(answer);
    if (!known) return fail(bad_value("satisfaction", "satisfied, acceptable, unsatisfied or unreached"));
    command.answer = *known;
  }
  const std::string& wanted = (*texts)[status_name];
  if (const std::string& action = (*texts)["hotlineAction"]; !action.empty()) {
    command.action = action;
  } else if (!wanted.empty() && wanted != status_of(kind, view.type, order)) {
    auto transition = transition_to(kind, view.type, order, wanted, !command.lead.empty());
    if (!transition) return fail(transition.error());
    command.action = transition->action;
    command.passed = transition->passed;
  } else if (!command.lead.empty()) {
    command.action = step_to_department(view.type, order);
    if (command.action.empty())
      return fail(Refusal{409, "wrong_state", "From here it is given to no other department.", "relatedParty"});
  } else if (!command.fields.empty()) {
    command.action = "set_fields";
  } else if (!command.text.empty() && !(notes->empty() && is_known_reason(command.text, shown))) {
    command.action = "note";
  } else {
    return std::optional<workorder::Command>();
  }
  return std::optional(std::move(command));
}

}  // namespace hotline::tmf
