// SPDX-License-Identifier: Apache-2.0
// For operators and machines: the API's description, health, readiness, metrics.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "openapi_text.hpp"

namespace hotline::api {

void Api::Impl::operation_routes(http::Router& router) {
  router.get("/api/v1/openapi.yaml", [](const http::Request&) {
    return http::Response::text(200, openapi_text, "application/yaml; charset=utf-8");
  });
  router.get("/healthz", [](const http::Request&) { return http::Response::text(200, "alive\n"); });
  router.get("/readyz", [this](const http::Request&) {
    const auto health = store.health();
    const auto views = service.views();
    const bool voice =
        views->wallboard && std::any_of(views->wallboard->voice_nodes.begin(), views->wallboard->voice_nodes.end(),
                                        [](const app::NodeView& node) { return node.connected; });
    std::string why;
    if (draining.load()) why += "draining\n";
    if (!health) why += "store: " + health.error().what + "\n";
    if (health && !service.store_healthy()) why += "store: it commits again; what waits for it goes first\n";
    if (!voice) why += "no voice node is connected\n";
    return why.empty() ? http::Response::text(200, "ready\n") : http::Response::text(503, why);
  });
  router.get("/metrics", [this](const http::Request&) {
    const http::ServerStats server = server_stats ? server_stats() : http::ServerStats{};
    return http::Response::text(
        200,
        metrics.text(*service.views(), service.counters(), server, desks.desks(), store.health().has_value(),
                     node_figures ? node_figures() : std::map<std::string, app::NodeFigures>{},
                     recording_backlog ? recording_backlog() : std::vector<app::RecordingBacklog>{}),
        "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace hotline::api
