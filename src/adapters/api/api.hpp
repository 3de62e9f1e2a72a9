// SPDX-License-Identifier: Apache-2.0
// The own API (openapi.yaml): routes, staff sessions, live push, web callers, metrics and health. Handlers run on the
// HTTP server's workers; pushes come from the live strand through listeners.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/http/http.hpp"
#include "adapters/live/live_service.hpp"
#include "adapters/orders/attachment_files.hpp"
#include "app/outside/partner.hpp"
#include "app/ports/planner.hpp"
#include "runtime/clock.hpp"
#include "vault/key_ring.hpp"

namespace hotline::app {
class AppointmentDesk;
class OrderDesk;
struct OutboxEntry;
}  // namespace hotline::app

namespace hotline::api {

struct ApiConfig {
  Duration session_idle{12 * 3'600'000};  ///< a session unused for this long ends
  Duration session_max{24 * 3'600'000};
  Duration desk_grace{15'000};    ///< a desk away for longer: its browser agent is not offered calls (Live::desk_lost)
  Duration caller_grace{30'000};  ///< a web caller's page away for longer: the call ends
  std::size_t web_calls_per_address_max = 10;  ///< at once
  std::string
      caller_key;  ///< 16 to 64 secret bytes, the same at each start: web callers come back to their calls by it
  std::vector<std::string> allowed_origins;
  std::map<std::string, std::filesystem::path> recordings;  ///< voice node -> its recordings folder as seen from here
  std::shared_ptr<const vault::KeyRing> recording_keys = std::make_shared<vault::KeyRing>();  ///< what opens archives
  std::string entry_number = "1000";
  Duration service_level_threshold{20'000};  ///< of the figures by which a service line is taken in
  std::chrono::minutes utc_offset{480};      ///< the days of the recording ledger
  /// Reconciles one such day with the store (adapters/ledger); without it there is no recording ledger.
  std::function<app::PutLedgerDay(app::Store&, const std::string& day, TimePoint now)> reconcile_day;
  std::string sip_realm = "hotline";                   ///< of phones' accounts, as the voice nodes have it
  orders::AttachmentFiles attachments{"attachments"};  ///< of work orders
  std::size_t attachment_bytes_max = 10 * 1024 * 1024;
  app::Planner planner;  ///< computes capacity plans; none: they are refused
  app::Names service_name{"Hotline 1000", "1000 客户服务热线", "1000 客戶服務熱線"};
};

class Api {
 public:
  /// Everything referred to must outlive the Api, and the Api the HTTP server.
  Api(ApiConfig config, live::LiveService& service, const runtime::Clock& clock);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Work orders; before add_routes(). `desk` must outlive the Api. Without it their routes answer 503.
  void set_orders(app::OrderDesk& desk);
  /// Appointments, likewise.
  void set_appointments(app::AppointmentDesk& desk);
  /// Partners, and what browsers subscribe to; before add_routes(), after set_orders(). Everything must outlive the
  /// Api.
  struct Outside {
    const app::Partners* partners = nullptr;
    std::string push_key;  ///< what a page subscribes with; empty: there is no web push
    std::function<bool(const std::string& endpoint)> is_push_service;
    /// What is wrong with a browser's public point and secret; empty: nothing.
    std::function<std::string(const std::string& p256dh, const std::string& auth)> wrong_with_keys;
  };
  void set_outside(Outside outside);
  /// Tells the desks of these people of an entry of the outbox. Any thread.
  void notify(const std::vector<AgentId>& people, const app::OutboxEntry& entry);
  /// Adds every route of openapi.yaml, /api/v1/openapi.yaml, the two WebSockets, /metrics, /healthz and /readyz.
  void add_routes(http::Router& router);
  /// For http::ServerConfig::on_answered (metrics).
  void on_answered(const http::AccessRecord& record);
  /// For /metrics: figures of the server; set once it runs.
  void set_server_stats(std::function<http::ServerStats()> stats);
  /// For /metrics: what each voice node reports of itself.
  void set_node_figures(std::function<std::map<std::string, app::NodeFigures>()> figures);
  /// For /metrics and the supervisor's list: what is still to be done with recordings' files.
  void set_recording_backlog(std::function<std::vector<app::RecordingBacklog>()> backlog);
  /// Whose session a request has, for other APIs of the same server; with `changes` the CSRF token must be right as
  /// well. The error is the answer.
  [[nodiscard]] Result<app::Agent, http::Response> authorize(const http::Request& request, bool changes);
  /// /readyz answers 503 from now on.
  void set_draining();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// argon2id (libsodium, "interactive" limits) as stored in Agent::password_hash. Takes tens of milliseconds by design.
[[nodiscard]] std::string hash_password(const std::string& password);

}  // namespace hotline::api
