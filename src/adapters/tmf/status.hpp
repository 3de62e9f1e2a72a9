// SPDX-License-Identifier: Apache-2.0
// TM Forum's states and ours, both ways. What a state of a work order means is read off the type's own steps, so that a
// type which is added as a file has its TM Forum states without a word here. Pure; any thread. Table: docs/tmf.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/tmf/json.hpp"
#include "app/ports/tmf.hpp"
#include "app/records.hpp"
#include "domain/workorder/order.hpp"

namespace hotline::tmf {

/// Which of the two APIs shows a type of order.
enum class OrderKind : std::uint8_t { ticket, work };

/// What a state means, whatever the type calls it.
enum class Phase : std::uint8_t {
  acknowledged,  ///< received, nobody works on it yet
  in_progress,
  held,       ///< disputed between departments, or a repeat that waits for its main order
  done,       ///< there is a result; the customer is told, asked, it is inspected
  ended,      ///< closed
  withdrawn,  ///< the result is that it is not done: the hotline's alone
};
[[nodiscard]] Phase phase_of(const workorder::Type& type, const std::string& state);

/// Of TroubleTicketStatusType or WorkOrderStateType.
[[nodiscard]] std::string status_of(OrderKind kind, const workorder::Type& type, const workorder::Order& order);
[[nodiscard]] const std::vector<std::string>& statuses(OrderKind kind);  ///< those which we use
/// Every way an order of these types can be in a status; nullopt: we do not use it.
[[nodiscard]] std::optional<std::vector<app::TmfOrderQuery::Case>> cases_of(OrderKind kind,
                                                                            const workorder::TypeBook& types,
                                                                            const std::set<std::string>& codes,
                                                                            std::string_view status);

/// What is done to an order that is to come into another status.
struct Transition {
  std::string action;  ///< a step of the type, or wait or resume
  bool passed = true;  ///< of arbitrate
};
/// The error (409) names the statuses that can be reached. `lead`: a department was named.
[[nodiscard]] Result<Transition, Refusal> transition_to(OrderKind kind, const workorder::Type& type,
                                                        const workorder::Order& order, std::string_view wanted,
                                                        bool lead);
/// The step that gives the order to a department from where it stands; empty: there is none.
[[nodiscard]] std::string step_to_department(const workorder::Type& type, const workorder::Order& order);
/// The step by which a customer takes an order back; empty: there is none from here.
[[nodiscard]] std::string step_to_withdraw(const workorder::Type& type, const workorder::Order& order);

[[nodiscard]] std::string status_of(workorder::PartState state);  ///< WorkOrderItemStateType
/// Our member for what the customer answered; empty: nothing yet.
[[nodiscard]] const char* satisfaction_of(workorder::Answer answer);
[[nodiscard]] std::optional<workorder::Answer> satisfaction_from(std::string_view text);
/// AppointmentStateType, by the word the store has.
[[nodiscard]] std::string appointment_status(std::string_view state);
[[nodiscard]] std::vector<std::string> appointment_states(std::string_view status);  ///< empty: no such status
/// opened, inProgress, completed.
[[nodiscard]] std::string interaction_status(const app::Contact& contact);

}  // namespace hotline::tmf
