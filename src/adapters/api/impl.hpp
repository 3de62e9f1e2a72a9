// SPDX-License-Identifier: Apache-2.0
// The pieces behind Api, shared by its route files. Private to this folder.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "adapters/api/api.hpp"
#include "adapters/api/caller_hub.hpp"
#include "adapters/api/desk_hub.hpp"
#include "adapters/api/metrics.hpp"
#include "adapters/api/partner_desk.hpp"
#include "adapters/api/plan_desk.hpp"
#include "adapters/api/routing_wire.hpp"
#include "adapters/api/staff_sessions.hpp"
#include "adapters/api/wire.hpp"
#include "app/appointments/appointment_desk.hpp"
#include "app/orders/order_desk.hpp"

namespace hotline::api {

struct Api::Impl {
  Impl(ApiConfig config, live::LiveService& service, const runtime::Clock& clock);

  void session_routes(http::Router& router);
  void live_routes(http::Router& router);
  void record_routes(http::Router& router);
  void recording_routes(http::Router& router);
  void operation_routes(http::Router& router);
  void routing_routes(http::Router& router);
  void order_routes(http::Router& router);
  void order_desk_routes(http::Router& router);
  void appointment_routes(http::Router& router);
  void plan_routes(http::Router& router);
  void supervise_routes(http::Router& router);
  void watch_routes(http::Router& router);
  void notice_routes(http::Router& router);
  void partner_routes(http::Router& router);
  void partner_admin_routes(http::Router& router);

  using Guarded = std::function<http::Response(const http::Request&, const Caller&)>;
  /// A handler for signed-in staff; `changes` asks for the CSRF token too.
  [[nodiscard]] http::Handler guard(bool changes, Guarded handler);
  using GuardedCommand = std::function<void(const http::Request&, const Caller&, const http::Responder&)>;
  [[nodiscard]] http::AsyncHandler guard_command(GuardedCommand handler);
  /// The same for reading: without the CSRF token.
  [[nodiscard]] http::AsyncHandler guard_read(GuardedCommand handler);

  [[nodiscard]] http::Response sign_in(const http::Request& request);
  void set_agent_state(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void transfer(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void consult(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void set_notes(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void dial(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void send_digits(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void make_sip_account(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void drop_sip_account(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_agents(const http::Request& request);
  [[nodiscard]] http::Response list_contacts(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response get_contact(const http::Request& request, const Caller& caller);
  void wrap_up(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_recordings(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response recording_storage(const Caller& caller) const;
  [[nodiscard]] http::Response hold_recording(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response sip_trace(const http::Request& request, const Caller& caller, bool pcap);
  [[nodiscard]] http::Response recording_audio(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response public_service() const;
  [[nodiscard]] http::Response get_routing(const Caller& caller) const;
  void configure(const http::Request& request, const Caller& caller, const http::Responder& respond,
                 const std::string& action, const std::string& object, live::LiveService::Command change);
  void set_queue(const http::Request& request, const Caller& caller, const http::Responder& respond, bool is_new);
  void set_agent_skills(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response get_agent_skills(const http::Request& request, const Caller& caller) const;
  [[nodiscard]] service_line::Measured measured(const std::string& line, Duration over) const;
  [[nodiscard]] http::Response get_line_operation(const http::Request& request, const Caller& caller) const;
  void set_line_operation(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void ask_call_back(const http::Request& request, const http::Responder& respond);
  void list_call_backs(const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_orders(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response create_order(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response get_order(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response act_on_order(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response list_order_notices(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response act_on_orders(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response order_standing(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response list_order_views(const Caller& caller);
  [[nodiscard]] http::Response save_order_view(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response delete_order_view(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response attach_to_order(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response order_attachment(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response get_organisation();
  [[nodiscard]] http::Response set_organisation(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response order_detail(const app::OrderRecord& record, const Caller& caller, int status);
  [[nodiscard]] http::Response notice_settings(AgentId agent);
  [[nodiscard]] http::Response set_notice_settings(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response subscribe_push(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response end_push(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response partner_sign_in(const http::Request& request);
  using PartnerGuarded = std::function<http::Response(const http::Request&, const PartnerCaller&)>;
  /// A handler for a partner's people and programs, and for nobody else.
  [[nodiscard]] http::Handler partner_guard(bool changes, PartnerGuarded handler);
  [[nodiscard]] http::Response list_matters(const http::Request& request, const PartnerCaller& caller);
  [[nodiscard]] http::Response take_matter(const http::Request& request, const PartnerCaller& caller);
  [[nodiscard]] http::Response matter_detail(const app::OrderRecord& record, int status);
  /// One of theirs; none is as good as another's.
  [[nodiscard]] std::optional<app::OrderRecord> matter_of(const http::Request& request, const PartnerCaller& caller);
  [[nodiscard]] http::Response act_on_matter(const http::Request& request, const PartnerCaller& caller);
  [[nodiscard]] http::Response list_feedback(const http::Request& request, const PartnerCaller& caller);
  [[nodiscard]] http::Response list_partners(const Caller& caller);
  [[nodiscard]] http::Response get_partner(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response set_partner_account(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response add_partner_key(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response drop_partner_key(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response list_partner_deliveries(const http::Request& request, const Caller& caller);
  /// Of "agent:ID"; nullopt: none is known.
  [[nodiscard]] std::optional<std::string> recipient_name(const std::string& to) const;
  [[nodiscard]] http::Response find_slots(const http::Request& request);
  [[nodiscard]] http::Response list_appointments(const http::Request& request);
  [[nodiscard]] http::Response hold_appointment(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response get_appointment(const http::Request& request);
  [[nodiscard]] http::Response act_on_appointment(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response appointment_detail(const app::AppointmentRow& row, int status);
  [[nodiscard]] http::Response save_crew(const http::Request& request, const Caller& caller, bool is_new);
  [[nodiscard]] http::Response crew_scores(const http::Request& request);
  void make_plan(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_differences(const http::Request& request, const Caller& caller);
  [[nodiscard]] http::Response list_ledger_days(const http::Request& request, const Caller& caller);
  /// `reconcile`: with what the store has now, before it is given.
  [[nodiscard]] http::Response get_ledger_day(const http::Request& request, const Caller& caller, bool reconcile);
  [[nodiscard]] http::Response get_wallboard_settings(const Caller& caller) const;
  void set_wallboard_settings(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void list_agent_figures(const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_done_call_backs(const http::Request& request, const Caller& caller);
  void dial_call_back(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] ContactBody complete(const app::Contact& contact);
  [[nodiscard]] ContactPartBody complete(const app::ContactPart& part) const;
  [[nodiscard]] app::AgentStatus status_of(AgentId agent) const;
  void audit(const Caller& caller, std::string action, std::string object, const http::Request& request,
             std::string data = "{}");

  /// What is written down of a supervisor's act besides who, when and its result.
  struct Act {
    std::string action, object;
    boost::json::object data;
    std::optional<CallId> call;  ///< its agent is noted
  };
  /// command(), with the audit's entry in the same commit.
  void audited(const Caller& caller, const http::Request& request, const http::Responder& respond, Act act,
               live::LiveService::Command command);
  /// False: answered with 403, which is written down.
  bool may_supervise(const Caller& caller, const http::Request& request, const http::Responder& respond,
                     const char* action, const std::string& object);
  void supervise(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void end_supervision(const http::Request& request, const Caller& caller, const http::Responder& respond);
  void pull_call(const http::Request& request, const Caller& caller, const http::Responder& respond);
  [[nodiscard]] http::Response list_audit(const http::Request& request, const Caller& caller);

  /// Runs a command on the live strand and answers with the call (or agent) as it then is.
  void command(const http::Responder& respond, live::LiveService::Command command);

  ApiConfig config;
  live::LiveService& service;
  const runtime::Clock& clock;
  app::Store& store;
  StaffSessions sessions;
  DeskHub desks;
  CallerHub callers;
  Metrics metrics;
  CallBackGate call_back_gate{5}, call_back_number_gate{3};
  app::AppointmentDesk* appointments = nullptr;  ///< none: the store keeps none
  app::OrderDesk* orders = nullptr;              ///< none: no work-order types are configured
  Api::Outside outside;
  std::unique_ptr<PartnerDesk> partners;  ///< none: there are no partners here
  std::unique_ptr<PlanDesk> plans;        ///< none without a planner
  std::function<http::ServerStats()> server_stats;
  std::function<std::map<std::string, app::NodeFigures>()> node_figures;
  std::function<std::vector<app::RecordingBacklog>()> recording_backlog;
  std::atomic<bool> draining{false};
  std::atomic<bool> reconciling{false};  ///< a day of the recording ledger: one at a time
};

/// This member of staff has a part in the contact (talked, or was consulted), or they may see all.
[[nodiscard]] inline bool may_see(const Caller& caller, const app::Contact& contact, app::Store& store) {
  if (caller.supervisor() || contact.agent == caller.agent.id) return true;
  const auto parts = store.parts(contact.id);
  return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.agent == caller.agent.id; });
}

/// ?limit=, 1 to 200, default 50; the error is the 400.
[[nodiscard]] Result<std::uint32_t, http::Response> limit_of(const http::Request& request);

}  // namespace hotline::api
