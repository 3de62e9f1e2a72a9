// SPDX-License-Identifier: Apache-2.0
// Orders, appointments and contacts as TM Forum's resources, and what a client's bodies ask for. Pure; any thread.
// Addresses are paths here; the edge puts the server's name before them.
#pragma once

#include <span>

#include "adapters/tmf/json.hpp"
#include "adapters/tmf/status.hpp"
#include "app/appointments/appointment_desk.hpp"
#include "app/orders/order_desk.hpp"
#include "app/ports/tmf.hpp"

namespace hotline::tmf {

inline constexpr const char* ticket_path = "/tmf-api/troubleTicket/v4/troubleTicket";
inline constexpr const char* work_order_path = "/tmf-api/workOrderManagement/v4/workOrder";
inline constexpr const char* cancel_path = "/tmf-api/workOrderManagement/v4/cancelWorkOrder";
inline constexpr const char* appointment_path = "/tmf-api/appointment/v4/appointment";
inline constexpr const char* search_path = "/tmf-api/appointment/v4/searchTimeSlot";
inline constexpr const char* interaction_path = "/tmf-api/partyInteraction/v4/partyInteraction";
inline constexpr const char* topic_path = "/tmf-api/event/v4/topic";

/// Which API shows which type. By the types' codes.
struct OrderKinds {
  std::set<std::string> tickets;
  [[nodiscard]] OrderKind of(const std::string& type) const {
    return tickets.contains(type) ? OrderKind::ticket : OrderKind::work;
  }
};

/// An order to be shown. Borrowed for the length of the call.
struct OrderView {
  const workorder::Type& type;
  const app::OrderRow& row;
  const workorder::Order& order;
  /// For the whole resource: notes and changes of status; empty in lists and events.
  std::span<const workorder::Event> history{};
  std::string customer_name{};
  appointment::AppointmentId appointment{};  ///< the latest of the order's
  std::span<const app::Attachment> attachments{};
};
[[nodiscard]] Object ticket_of(const OrderView& view);
[[nodiscard]] Object work_order_of(const OrderView& view);
[[nodiscard]] inline Object order_of(OrderKind kind, const OrderView& view) {
  return kind == OrderKind::ticket ? ticket_of(view) : work_order_of(view);
}

/// What a client wants made; customer and contact are for the caller to look up.
struct NewOrder {
  workorder::Opening opening;
  std::string external_id;
};
[[nodiscard]] Result<NewOrder, Refusal> new_ticket(const Object& body);
[[nodiscard]] Result<NewOrder, Refusal> new_work_order(const Object& body, const workorder::TypeBook& types);

/// One command for the whole patch, so that it is done or not. nullopt: nothing is to change. `shown`: the resource as
/// the client can have read it; what is sent back unchanged is no change.
[[nodiscard]] Result<std::optional<workorder::Command>, Refusal> command_of(OrderKind kind, const Object& patch,
                                                                            const OrderView& now, const Object& shown);

[[nodiscard]] Object appointment_of(const app::AppointmentRow& row, const std::string& crew);
/// What is asked for; the slot is found by the caller, unless a search's slot is named.
struct NewAppointment {
  app::AppointmentDetails details;
  TimePoint begins{};
  std::optional<TimePoint> ends{};
  bool slot_named = false;
  std::string external_id;
};
[[nodiscard]] Result<NewAppointment, Refusal> new_appointment(const Object& body);
/// "7-20779-510": crew, local day since 1970, minute of the day.
[[nodiscard]] std::string slot_id(const appointment::Slot& slot);
[[nodiscard]] std::optional<appointment::Slot> slot_from(std::string_view id);

struct AppointmentPatch {
  std::string status;  ///< empty: as it is
  std::optional<TimePoint> begins{}, ends{};
  std::optional<appointment::Slot> slot{};
  appointment::Side by = appointment::Side::customer;
  std::string text;
};
[[nodiscard]] Result<AppointmentPatch, Refusal> appointment_patch(const Object& body);

struct SlotSearch {
  appointment::Search search;
  Object kept;  ///< what the client said, as it is given back
};
/// `before`: of a search that is patched.
[[nodiscard]] Result<SlotSearch, Refusal> slot_search(const Object& body, const Object& before, TimePoint now);
[[nodiscard]] Array time_slots(const std::vector<appointment::Offer>& offers, const std::vector<app::CrewRow>& crews);

struct InteractionView {
  const app::Contact& contact;
  std::string customer_name{}, agent_name{};
  std::span<const app::ContactPart> parts{};
  std::span<const app::OrderRow> orders{};  ///< that came of it
  const OrderKinds* kinds = nullptr;
};
[[nodiscard]] Object interaction_of(const InteractionView& view);

/// "x301": of an interaction that another system recorded; a contact's id is a number alone.
[[nodiscard]] std::string recorded_id(std::uint64_t id);
[[nodiscard]] std::optional<std::uint64_t> recorded_id_from(std::string_view text);
/// What another system records: without its id, with its body as it is given back.
[[nodiscard]] Result<app::TmfInteraction, Refusal> new_interaction(const Object& body, std::uint64_t id, AgentId by,
                                                                   TimePoint now);
[[nodiscard]] Result<app::TmfInteraction, Refusal> patched_interaction(const app::TmfInteraction& before,
                                                                       const Object& patch, AgentId by, TimePoint now);

}  // namespace hotline::tmf
