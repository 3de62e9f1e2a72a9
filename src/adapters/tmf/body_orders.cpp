// SPDX-License-Identifier: Apache-2.0
// Orders as trouble tickets (TMF621) and work orders (TMF697). What clients send: order_requests.cpp.
#include <fmt/format.h>

#include "adapters/tmf/bodies.hpp"

namespace hotline::tmf {
namespace {

using workorder::Action;
using workorder::Event;
using workorder::Order;

std::string under(const char* path, std::uint64_t id) {
  return fmt::format("{}/{}", path, id);
}

/// What the history says beyond the state: notes, and when the status changed.
struct Story {
  Array notes, changes;
  std::optional<TimePoint> changed_at;
  std::string reason;
};
Story story_of(OrderKind kind, const workorder::Type& type, std::span<const Event> history) {
  Story story;
  Order order;
  std::string status;
  for (const Event& event : history) {
    apply(order, event);
    const std::string after = status_of(kind, type, order);
    if (after != status) {
      Object change{{"status", after}, {"changeDate", date_time(event.at)}};
      put(change, "changeReason", event.text);
      story.changes.push_back(std::move(change));
      story.changed_at = event.at;
      story.reason = event.text;
    }
    status = after;
    if (event.text.empty()) continue;
    Object note{{"id", std::to_string(event.seq)}, {"date", date_time(event.at)}, {"text", event.text}};
    if (event.by) note["author"] = event.by.to_string();
    put(note, "author", event.partner);
    story.notes.push_back(std::move(note));
  }
  return story;
}

Array parties_of(const OrderView& view) {
  const Order& order = view.order;
  Array list;
  if (order.customer)
    list.push_back(reference({order.customer->to_string(), "customer", "Customer", view.customer_name}));
  if (!order.phone.empty() || !order.person.empty())
    list.push_back(reference({order.phone, "contact", "Individual", order.person}));
  if (order.owner) list.push_back(reference({order.owner.to_string(), "owner", "Individual"}));
  if (!order.partner.empty()) list.push_back(reference({order.partner, "partner", "Organization"}));
  for (const workorder::Part& part : order.parts)
    list.push_back(reference({part.department, part.lead ? "lead" : "coHandler", "Organization"}));
  return list;
}

Array entities_of(const OrderView& view) {
  Array list;
  if (view.order.contact)
    list.push_back(reference({view.order.contact->to_string(),
                              "contact",
                              "PartyInteraction",
                              {},
                              under(interaction_path, view.order.contact->value())}));
  if (view.appointment)
    list.push_back(reference({view.appointment.to_string(),
                              "appointment",
                              "Appointment",
                              {},
                              under(appointment_path, view.appointment.value())}));
  return list;
}

Array characteristics_of(const Order& order) {
  Array list;
  for (const auto& [name, value] : order.fields) list.push_back(Object{{"name", name}, {"value", value}});
  return list;
}

Array relations_of(const Order& order, const char* path) {
  Array list;
  const auto add = [&](WorkOrderId id, const char* type) {
    list.push_back(Object{{"id", id.to_string()}, {"href", under(path, id.value())}, {"relationshipType", type}});
  };
  if (order.merged_into) add(order.merged_into, "duplicateOf");
  for (const WorkOrderId id : order.merged) add(id, "duplicatedBy");
  return list;
}

std::string text_or_title(const Order& order) {
  return order.text.empty() ? order.title : order.text;
}

/// The work of a product order: what becomes of the customer's line.
const char* action_of(const Order& order) {
  const auto kind = order.fields.find("kind");
  if (kind == order.fields.end() || kind->second == "install") return "add";
  return kind->second == "remove" ? "delete" : "modify";
}

Object work_item(const OrderView& view, const std::string& status) {
  const Order& order = view.order;
  Object work{{"@type", "Work"},
              {"name", order.title},
              {"description", text_or_title(order)},
              {"workType", order.type},
              {"state", status}};
  put(work, "workCharacteristic", characteristics_of(order));
  if (const auto address = order.fields.find("address"); address != order.fields.end() && !address->second.empty())
    work["place"] = Array{Object{{"role", "installation"}, {"name", address->second}, {"@type", "Place"}}};
  return {{"id", "01"},
          {"action", action_of(order)},
          {"description", order.title},
          {"state", status},
          {"work", std::move(work)}};
}

}  // namespace

Object ticket_of(const OrderView& view) {
  const Order& order = view.order;
  const Story story = story_of(OrderKind::ticket, view.type, view.history);
  Object out{{"@type", "HotlineTroubleTicket"},
             {"@baseType", "TroubleTicket"},
             {"id", order.id.to_string()},
             {"href", under(ticket_path, order.id.value())},
             {"name", order.title},
             {"description", text_or_title(order)},
             {"ticketType", order.type},
             {"status", status_of(OrderKind::ticket, view.type, order)},
             {"severity", order.urgent ? "Critical" : "Minor"},
             {"priority", order.urgent ? "High" : "Medium"},
             {"creationDate", date_time(order.created_at)},
             {"lastUpdate", date_time(order.changed_at)}};
  put(out, "number", view.row.number);
  put(out, "externalId", order.partner_reference);
  put(out, "expectedResolutionDate", view.row.due_at);
  put(out, "resolutionDate", order.result_at);
  put(out, "statusChangeDate", story.changed_at);
  put(out, "statusChangeReason", story.reason);
  put(out, "statusChange", story.changes);
  put(out, "note", story.notes);
  put(out, "relatedParty", parties_of(view));
  put(out, "relatedEntity", entities_of(view));
  put(out, "troubleTicketRelationship", relations_of(order, ticket_path));
  put(out, "troubleTicketCharacteristic", characteristics_of(order));
  put(out, "satisfaction", satisfaction_of(order.answer));
  if (order.contact) out["channel"] = Object{{"id", "phone"}, {"name", "hotline"}};
  Array files;
  for (const app::Attachment& file : view.attachments)
    files.push_back(Object{{"id", std::to_string(file.id)},
                           {"name", file.name},
                           {"mimeType", file.content_type},
                           {"size", Object{{"amount", file.bytes}, {"units", "bytes"}}}});
  put(out, "attachment", std::move(files));
  return out;
}

Object work_order_of(const OrderView& view) {
  const Order& order = view.order;
  const Story story = story_of(OrderKind::work, view.type, view.history);
  const std::string status = status_of(OrderKind::work, view.type, order);
  Object out{{"@type", "HotlineWorkOrder"},
             {"@baseType", "WorkOrder"},
             {"id", order.id.to_string()},
             {"href", under(work_order_path, order.id.value())},
             {"category", order.type},
             {"description", text_or_title(order)},
             {"state", status},
             {"priority", order.urgent ? "0" : "2"},
             {"orderDate", date_time(order.created_at)},
             {"version", std::to_string(order.version)}};
  put(out, "number", view.row.number);
  put(out, "externalId", order.partner_reference);
  put(out, "notificationContact", order.phone);
  put(out, "expectedCompletionDate", view.row.due_at);
  put(out, "stateChangeDate", story.changed_at);
  if (status == "completed") put(out, "completionDate", order.result_at);
  if (status == "cancelled") {
    put(out, "cancellationDate", order.result_at);
    put(out, "cancellationReason", order.result);
  }
  if (!story.notes.empty()) out["note"] = story.notes.back();
  Array items{work_item(view, status)};
  for (const workorder::Part& part : order.parts) {
    Object item{
        {"id", fmt::format("{:02}", items.size() + 1)},
        {"action", "noChange"},
        {"state", status_of(part.state)},
        {"relatedEntity", Array{reference({part.department, part.lead ? "lead" : "coHandler", "Organization"})}}};
    put(item, "description", part.text);
    items.push_back(std::move(item));
  }
  out["workOrderItem"] = std::move(items);
  if (view.appointment)
    out["appointment"] =
        Object{{"id", view.appointment.to_string()}, {"href", under(appointment_path, view.appointment.value())}};
  put(out, "relatedParty", parties_of(view));
  put(out, "relatedEntity", entities_of(view));
  put(out, "workOrderRelationship", relations_of(order, work_order_path));
  put(out, "satisfaction", satisfaction_of(order.answer));
  return out;
}

}  // namespace hotline::tmf
