// SPDX-License-Identifier: Apache-2.0
// Calls from the web page over /api/v1/call: no session, one call a page, limits per address, a grace for lost
// connections, also of those a core before this one had. Listener calls come on the live strand, WebSocket calls on
// workers; a mutex joins them.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "adapters/http/websocket.hpp"
#include "adapters/live/live_service.hpp"

namespace hotline::api {

class CallerHub final : public live::Listener {
 public:
  /// `key`: what tokens are made with. A hub with the same key takes up the calls of one that is gone.
  CallerHub(live::LiveService& service, const runtime::Clock& clock, Duration grace, std::size_t per_address_max,
            std::string key);

  [[nodiscard]] http::WebSocketCallbacks endpoint();

  void on_agent(const app::AgentStatus&) override {}
  void on_call(const app::CallView&, const std::vector<AgentId>&) override {}
  void on_sdp(CallId call, std::optional<AgentId> agent, const std::string& sdp) override;
  void on_caller(CallId call, const std::string& state, const std::optional<std::string>& cause) override;
  void on_wallboard(const app::Wallboard&) override;  ///< once a second: ends calls whose page did not come back

 private:
  struct WebCaller {
    http::WebSocketPtr socket;
    std::string address, state = "calling";
    std::optional<TimePoint> gone_since;
  };

  void heard(const http::WebSocketPtr& socket, std::string_view text);
  void begin(const http::WebSocketPtr& socket, const app::WebCall& command);
  void resume(const http::WebSocketPtr& socket, const std::string& token);
  void closed(const http::WebSocketPtr& socket);
  /// The call's id, and what only this hub can have made of it.
  [[nodiscard]] std::string token_of(CallId call) const;
  /// Live web calls that are unknown here: they began before this core did. Their pages have the grace from now on.
  void adopt();
  [[nodiscard]] std::optional<CallId> call_of(const http::WebSocketPtr& socket) const;

  live::LiveService& service_;
  const runtime::Clock& clock_;
  const Duration grace_;
  const std::size_t per_address_max_;
  const std::string key_;
  mutable std::mutex mutex_;
  std::map<CallId, WebCaller> callers_;
  std::map<std::string, std::size_t> starting_;  // by address: asked for, no answer yet
};

}  // namespace hotline::api
