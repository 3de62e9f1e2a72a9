// SPDX-License-Identifier: Apache-2.0
// Party interactions (TMF683): the hotline's contacts, which are made by calls and of which what agents wrote may be
// changed; and what other systems record beside them (a shop, a web hall).
#include <algorithm>

#include "adapters/tmf/impl.hpp"

namespace hotline::tmf {

Answered TmfApi::Impl::list_interactions(const Asking& asking) {
  const auto filters =
      Filters::of(asking.request, {"id", "status", "direction", "reason", "channel.id", "relatedParty.id"},
                  {"creationDate", "interactionDate.startDateTime"});
  if (!filters) return fail(filters.error());
  const auto page = paging_of(asking.request);
  if (!page) return fail(page.error());
  app::TmfContactQuery query;
  query.page = *page;
  if (const std::string* status = filters->text("status")) {
    if (*status != "completed" && *status != "inProgress")
      return fail(bad_value("status", "completed or inProgress (which finds opened ones too)"));
    query.ended = *status == "completed";
  }
  if (const std::string* direction = filters->text("direction")) {
    if (*direction != "inbound" && *direction != "outbound") return fail(bad_value("direction", "inbound or outbound"));
    query.direction = *direction;
  }
  if (const std::string* reason = filters->text("reason")) query.reason = *reason;
  if (const std::string* channel = filters->text("channel.id")) query.channel = *channel;
  query.id = filters->id<ContactId>("id");
  if (query.id && recorded_id_from(*filters->text("id"))) return list_one_recorded(asking);
  query.customer = filters->id<CustomerId>("relatedParty.id");
  if (!asking.supervisor()) query.agent = asking.agent.id;
  auto span = filters->span("creationDate");
  if (span && !span->from && !span->to) span = filters->span("interactionDate.startDateTime");
  if (!span) return fail(span.error());
  query.started = *span;
  const auto found = stores.tmf.interaction_page(query);
  const Fields fields = Fields::of(asking.request);
  Array list;
  for (const auto& row : found.rows) {
    const auto* contact = std::get_if<app::Contact>(&row);
    Object one = contact != nullptr ? interaction_of({.contact = *contact})
                                    : boost::json::parse(std::get<app::TmfInteraction>(row).body).get_object();
    fields.keep(one, {});
    list.push_back(std::move(one));
  }
  return page_of(std::move(list), found.total);
}

Result<app::Contact, Refusal> TmfApi::Impl::find_contact(const Asking& asking) {
  auto contact = stores.store.contact(ContactId{asking.request.id_param("id").value_or(0)});
  if (!contact) return fail(not_found("party interaction"));
  if (asking.supervisor() || contact->agent == asking.agent.id) return *std::move(contact);
  const auto parts = stores.store.parts(contact->id);
  if (std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.agent == asking.agent.id; }))
    return *std::move(contact);
  return fail(Refusal{403, "forbidden", "You have no part in this interaction."});
}

Object TmfApi::Impl::whole_interaction(const app::Contact& contact) {
  InteractionView view{.contact = contact};
  if (contact.customer)
    if (const auto customer = stores.store.customer(*contact.customer)) view.customer_name = customer->name;
  if (contact.agent)
    if (const auto agent = stores.store.agent(*contact.agent)) view.agent_name = agent->name;
  const auto parts = stores.store.parts(contact.id);
  app::OrderQuery came_of_it;
  came_of_it.contact = contact.id;
  const auto orders = stores.orders.store().orders(came_of_it);
  view.parts = parts;
  view.orders = orders;
  view.kinds = &kinds;
  return interaction_of(view);
}

Result<app::TmfInteraction, Refusal> TmfApi::Impl::find_recorded(const Asking& asking, std::string_view id) {
  auto found = stores.tmf.interaction(recorded_id_from(id).value_or(0));
  if (!found) return fail(not_found("party interaction"));
  if (asking.supervisor() || found->made_by == asking.agent.id) return *std::move(found);
  return fail(Refusal{403, "forbidden", "Somebody else recorded this interaction."});
}

/// The list of the one whose id is asked for: empty when there is none.
Answered TmfApi::Impl::list_one_recorded(const Asking& asking) {
  Array list;
  if (const auto found = find_recorded(asking, asking.request.query("id").value_or("")))
    list.push_back(boost::json::parse(found->body));
  const auto total = static_cast<std::uint32_t>(list.size());
  if (!list.empty()) Fields::of(asking.request).keep(list.front().get_object(), {});
  return page_of(std::move(list), total);
}

Answered TmfApi::Impl::create_interaction(const Asking& asking) {
  if (!asking.actor.hotline) return fail(Refusal{403, "forbidden", "Only the hotline records interactions."});
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  auto wanted = new_interaction(*body, next_id(), asking.agent.id, asking.now);
  if (!wanted) return fail(wanted.error());
  if (wanted->customer && !stores.store.customer(*wanted->customer))
    return fail(bad_value("relatedParty.id", "No customer has this id."));
  stores.tmf.put_interaction(*wanted, asking.now);
  return made(boost::json::parse(wanted->body).get_object());
}

Answered TmfApi::Impl::patch_interaction(const Asking& asking) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  if (const std::string_view id = asking.request.param("id"); recorded_id_from(id)) {
    const auto before = find_recorded(asking, id);
    if (!before) return fail(before.error());
    const auto after = patched_interaction(*before, *body, asking.agent.id, asking.now);
    if (!after) return fail(after.error());
    if (after->body != before->body) stores.tmf.put_interaction(*after, asking.now);
    return Answer{200, boost::json::parse(after->body)};
  }
  const auto contact = find_contact(asking);
  if (!contact) return fail(contact.error());
  Value shown = whole_interaction(*contact);
  make_absolute(shown, asking.base_url);
  const Object& before = shown.get_object();
  app::PutWrapUp put{contact->id, contact->reason_code, contact->result_code, contact->note, {}};
  for (const auto& [name, value] : *body) {
    const Value* has = before.if_contains(name);
    if ((has != nullptr && *has == value) || name.starts_with('@')) continue;
    if (name != "description" && name != "reason" && name != "note" && name != "status")
      return fail(bad_value(std::string(name), "not changed by a patch: description, note and reason are"));
  }
  const auto description = text_in(*body, "description", 2'000), reason = text_in(*body, "reason", 64),
             status = text_in(*body, "status", 32);
  for (const auto* one : {&description, &reason, &status})
    if (!*one) return fail(one->error());
  if (!status->empty() && *status != interaction_status(*contact))
    return fail(Refusal{409, "wrong_state", "A contact begins and ends with its call.", "status"});
  if (!description->empty()) put.note = *description;
  const auto notes = objects_in(*body, "note");
  if (!notes) return fail(notes.error());
  for (const Object* note : *notes) {
    if (member(*note, "id") != nullptr) continue;
    const auto text = text_in(*note, "text", 2'000);
    if (!text) return fail(text.error());
    if (!text->empty()) put.note += (put.note.empty() ? "" : "\n") + *text;
  }
  if (put.note.size() > 2'000) return fail(bad_value("note", "at most 2000 bytes with what is there"));
  if (!reason->empty() && *reason != "unspecified" && *reason != contact->reason_code) {
    const auto reasons = stores.store.load_world().reasons;
    if (std::none_of(reasons.begin(), reasons.end(),
                     [&](const app::Reason& one) { return one.kind == "contact" && one.code == *reason; }))
      return fail(bad_value("reason", "the code of a contact reason"));
    put.reason_code = *reason;
  }
  if (put.note == contact->note && put.reason_code == contact->reason_code) return Answer{200, before};
  if (contact->outcome == "live")
    return fail(Refusal{409, "wrong_state", "While the call goes on its agent writes in the desk."});
  stores.store.write_and_wait({put, app::AddAudit{{asking.now, asking.agent.id, "contact.patch",
                                                   contact->id.to_string(), asking.request.remote_address, "{}"}}});
  return Answer{200, whole_interaction(stores.store.contact(contact->id).value_or(*contact))};
}

void TmfApi::Impl::interaction_routes(http::Router& router) {
  const std::string path = interaction_path, one = path + "/{id}";
  on(router, "GET", path, [this](const Asking& a) { return list_interactions(a); });
  on(router, "POST", path, [this](const Asking& a) { return create_interaction(a); });
  on(router, "GET", one, [this](const Asking& a) -> Answered {
    Object whole;
    if (const std::string_view id = a.request.param("id"); recorded_id_from(id)) {
      const auto found = find_recorded(a, id);
      if (!found) return fail(found.error());
      whole = boost::json::parse(found->body).get_object();
    } else {
      const auto contact = find_contact(a);
      if (!contact) return fail(contact.error());
      whole = whole_interaction(*contact);
    }
    Fields::of(a.request).keep(whole, {});
    return Answer{200, std::move(whole)};
  });
  on(router, "PATCH", one, [this](const Asking& a) { return patch_interaction(a); });
  hub_routes(router, path.substr(0, path.rfind('/')), "partyInteraction");
}

}  // namespace hotline::tmf
