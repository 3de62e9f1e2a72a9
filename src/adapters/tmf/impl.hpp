// SPDX-License-Identifier: Apache-2.0
// The pieces behind TmfApi, shared by its route files. Private to this folder.
#pragma once

#include <functional>
#include <mutex>

#include "adapters/tmf/tmf_api.hpp"

namespace hotline::tmf {

struct Answer {
  int status = 200;
  Value body{};  ///< null: none
  http::Pairs headers{};
};
using Answered = Result<Answer, Refusal>;

/// A request whose sender is known.
struct Asking {
  const http::Request& request;
  const app::Agent& agent;
  workorder::Actor actor;
  TimePoint now{};
  std::string base_url;  ///< "https://host:port"
  [[nodiscard]] bool supervisor() const { return actor.supervisor; }
};

struct TmfApi::Impl {
  Impl(TmfConfig tmf_config, Stores all, Authorize who, const runtime::Clock& real_clock);

  using Ask = std::function<Answered(const Asking&)>;
  void on(http::Router& router, const char* method, const std::string& path, Ask ask);
  void order_routes(http::Router& router, OrderKind kind);
  void cancel_routes(http::Router& router);
  void appointment_routes(http::Router& router);
  void search_routes(http::Router& router);
  void interaction_routes(http::Router& router);
  void event_routes(http::Router& router);
  /// POST and DELETE of listeners, below the path of an API.
  void hub_routes(http::Router& router, const std::string& path, const std::string& topic);

  // -- orders
  [[nodiscard]] Answered list_orders(const Asking& asking, OrderKind kind);
  [[nodiscard]] Answered create_order(const Asking& asking, OrderKind kind);
  [[nodiscard]] Answered get_order(const Asking& asking, OrderKind kind);
  [[nodiscard]] Answered patch_order(const Asking& asking, OrderKind kind);
  [[nodiscard]] Result<app::OrderRecord, Refusal> find_order(const Asking& asking, OrderKind kind);
  [[nodiscard]] Object whole_order(OrderKind kind, const app::OrderRecord& record);
  [[nodiscard]] std::set<std::string> types_of(OrderKind kind) const;
  [[nodiscard]] app::OrderRequest order_request(const Asking& asking, const std::string& command_id) const;
  [[nodiscard]] Answered cancel_order(const Asking& asking);

  // -- appointments
  [[nodiscard]] Answered list_appointments(const Asking& asking);
  [[nodiscard]] Answered create_appointment(const Asking& asking);
  [[nodiscard]] Answered patch_appointment(const Asking& asking);
  [[nodiscard]] Result<app::AppointmentRow, Refusal> find_appointment(const Asking& asking);
  [[nodiscard]] Result<appointment::Slot, Refusal> find_slot(const appointment::Need& need, TimePoint begins,
                                                             std::optional<TimePoint> ends, TimePoint now);
  [[nodiscard]] Object shown(const app::AppointmentRow& row);
  [[nodiscard]] app::AppointmentRequest appointment_request(const Asking& asking, const std::string& command_id) const;
  [[nodiscard]] Answered search_slots(const Asking& asking, const app::TmfResource* before);

  // -- interactions
  [[nodiscard]] Answered list_interactions(const Asking& asking);
  [[nodiscard]] Answered patch_interaction(const Asking& asking);
  [[nodiscard]] Answered create_interaction(const Asking& asking);
  [[nodiscard]] Answered list_one_recorded(const Asking& asking);
  [[nodiscard]] Result<app::TmfInteraction, Refusal> find_recorded(const Asking& asking, std::string_view id);
  [[nodiscard]] Result<app::Contact, Refusal> find_contact(const Asking& asking);
  [[nodiscard]] Object whole_interaction(const app::Contact& contact);

  // -- events
  [[nodiscard]] Answered add_hub(const Asking& asking, const std::string& topic, const std::string& path, bool whole);
  [[nodiscard]] Answered drop_hub(const Asking& asking, const std::string& topic);
  [[nodiscard]] Answered create_topic(const Asking& asking);
  [[nodiscard]] Answered publish(const Asking& asking);
  /// Error: there is no such topic.
  [[nodiscard]] Result<std::string, Refusal> topic_in(const Asking& asking, const char* param);

  /// Lists and single documents of our own.
  [[nodiscard]] Answered list_resources(const Asking& asking, const char* kind,
                                        const std::vector<std::string_view>& always);
  [[nodiscard]] Result<app::TmfResource, Refusal> find_resource(const Asking& asking, const char* kind);
  [[nodiscard]] std::uint64_t next_id();

  const TmfConfig config;
  const OrderKinds kinds;
  const Stores stores;
  const Authorize authorize;
  const runtime::Clock& clock;
  std::mutex mutex;  ///< of what follows
  IdMaker ids;
  Hub hub;
};

[[nodiscard]] Refusal not_found(const char* what);
[[nodiscard]] Refusal refusal_of(const app::OrderRefusal& refusal);
[[nodiscard]] Refusal refusal_of(const app::AppointmentRefusal& refusal);
[[nodiscard]] Result<Object, Refusal> body_in(const Asking& asking);
[[nodiscard]] Object document_of(const app::TmfResource& resource);
[[nodiscard]] Answer page_of(Array list, std::uint32_t total);
/// 201 with Location.
[[nodiscard]] Answer made(Object resource);
/// Whoever is no supervisor may not: the error.
[[nodiscard]] std::optional<Refusal> supervisors_only(const Asking& asking, const char* what);

}  // namespace hotline::tmf
