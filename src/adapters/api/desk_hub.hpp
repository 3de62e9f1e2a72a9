// SPDX-License-Identifier: Apache-2.0
// Live push to desks over /api/v1/live: numbered messages per agent, kept for a while so that a desk that lost its
// connection gets what it missed; presence of browser agents. Listener calls come on the live strand, WebSocket calls
// on workers; a mutex joins them, held only while messages are queued.
#pragma once

#include <boost/json/object.hpp>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "adapters/api/staff_sessions.hpp"
#include "adapters/http/websocket.hpp"
#include "adapters/live/live_service.hpp"

namespace hotline::api {

class DeskHub final : public live::Listener {
 public:
  DeskHub(live::LiveService& service, const runtime::Clock& clock, Duration grace);

  /// The WebSocket endpoint; `sessions` decides who may open it.
  [[nodiscard]] http::WebSocketCallbacks endpoint(StaffSessions& sessions);
  [[nodiscard]] bool present(AgentId agent) const;
  [[nodiscard]] std::size_t desks() const;
  /// Closes every desk of an agent (signed out elsewhere).
  void close(AgentId agent);
  /// Tells the desks of these people something that the store keeps too: without a number, a desk that misses it reads
  /// it there. Any thread.
  void tell(const std::vector<AgentId>& people, boost::json::object message);

  void on_agent(const app::AgentStatus& agent) override;
  void on_call(const app::CallView& call, const std::vector<AgentId>& tell) override;
  void on_quality(const app::QualitySeen& quality) override;
  void on_sdp(CallId call, std::optional<AgentId> agent, const std::string& sdp) override;
  void on_caller(CallId, const std::string&, const std::optional<std::string>&) override {}
  void on_wallboard(const app::Wallboard& wallboard) override;

 private:
  struct Desk {
    AgentId agent;
    http::WebSocketPtr socket;
    bool greeted = false;
    bool wallboard = false;
  };
  struct Kept {
    std::uint64_t seq;
    std::shared_ptr<const std::string> text;
  };
  struct Stream {
    std::uint64_t seq = 0;
    std::deque<Kept> kept;
  };

  void opened(const http::WebSocketPtr& socket, AgentId agent);
  void heard(const http::WebSocketPtr& socket, std::string_view text);
  void closed(const http::WebSocketPtr& socket);
  void hello(const http::WebSocketPtr& socket, AgentId agent, std::uint64_t last_seq);
  void push(AgentId agent, boost::json::object message);
  void look_for_absent();
  [[nodiscard]] std::optional<AgentId> agent_of(const http::WebSocketPtr& socket) const;
  void reply(const http::WebSocketPtr& socket, const boost::json::value& id, const app::Reply& reply);
  Stream& stream(AgentId agent);
  /// Whether a desk of theirs has ever said hello: for those who work at phones no message is made.
  [[nodiscard]] bool has_stream(AgentId agent) const;

  live::LiveService& service_;
  const runtime::Clock& clock_;
  const Duration grace_;
  const std::uint64_t first_seq_;  // of this process: no number of an earlier one comes again
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Desk> desks_;  // by WebSocket id
  std::map<AgentId, Stream> streams_;
  std::map<AgentId, TimePoint> absent_;
};

}  // namespace hotline::api
