// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/desk_hub.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/api/wire.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t kept_max = 256;

boost::json::object message(const char* type) {
  return {{"type", type}};
}

std::string text_member(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

CallId call_member(const boost::json::object& object) {
  const std::string text = text_member(object, "call_id");
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() ? CallId{id} : CallId{};
}

}  // namespace

DeskHub::DeskHub(live::LiveService& service, const runtime::Clock& clock, Duration grace)
    : service_(service),
      clock_(clock),
      grace_(grace),
      first_seq_(static_cast<std::uint64_t>(to_unix_ms(clock.now()))) {}

http::WebSocketCallbacks DeskHub::endpoint(StaffSessions& sessions) {
  http::WebSocketCallbacks callbacks;
  callbacks.authorize = [&sessions](const http::Request& request) -> std::optional<http::Response> {
    auto caller = sessions.authorize(request, false);
    if (!caller) return caller.error();
    return std::nullopt;
  };
  callbacks.on_open = [this, &sessions](const http::WebSocketPtr& socket) {
    auto caller = sessions.authorize(socket->request(), false);
    if (!caller) return socket->close(http::close_code::policy, "sign in first");
    opened(socket, caller->agent.id);
  };
  callbacks.on_text = [this](const http::WebSocketPtr& socket, std::string_view text) { heard(socket, text); };
  callbacks.on_close = [this](const http::WebSocketPtr& socket, std::uint16_t) { closed(socket); };
  return callbacks;
}

// ---- what desks do

void DeskHub::opened(const http::WebSocketPtr& socket, AgentId agent) {
  const std::lock_guard lock(mutex_);
  desks_[socket->id()] = Desk{agent, socket};
  absent_.erase(agent);
}

void DeskHub::closed(const http::WebSocketPtr& socket) {
  const std::lock_guard lock(mutex_);
  desks_.erase(socket->id());
}

std::optional<AgentId> DeskHub::agent_of(const http::WebSocketPtr& socket) const {
  const std::lock_guard lock(mutex_);
  const auto found = desks_.find(socket->id());
  return found == desks_.end() ? std::nullopt : std::optional(found->second.agent);
}

void DeskHub::heard(const http::WebSocketPtr& socket, std::string_view text) {
  const auto agent = agent_of(socket);
  if (!agent) return;
  auto parsed = jsonmap::parse(text);
  const boost::json::object* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) return socket->close(http::close_code::bad_payload, "a message is a JSON object");
  const std::string type = text_member(*object, "type");
  const auto* id_value = object->if_contains("id");
  const boost::json::value id = id_value != nullptr ? *id_value : boost::json::value(nullptr);
  const auto answer = [this, socket, id](const app::Reply& result) { reply(socket, id, result); };

  if (type == "hello") {
    const auto* last = object->if_contains("last_seq");
    boost::system::error_code ec;
    const auto last_seq = last != nullptr && last->is_number() ? last->to_number<std::uint64_t>(ec) : 0;
    hello(socket, *agent, ec ? 0 : last_seq);
  } else if (type == "answer") {
    service_.request([agent = *agent, call = call_member(*object), sdp = text_member(*object, "sdp")](
                         app::Live& live, app::RequestId request,
                         TimePoint now) { return live.agent_answers(request, agent, call, sdp, now); },
                     answer);
  } else if (type == "reject") {
    service_.request(
        [agent = *agent, call = call_member(*object)](app::Live& live, app::RequestId request, TimePoint now) {
          return live.agent_rejects(request, agent, call, now);
        },
        answer);
  } else if (type == "subscribe" || type == "unsubscribe") {
    const auto* topics = object->if_contains("topics");
    const bool wallboard =
        topics != nullptr && topics->is_array() &&
        std::any_of(topics->get_array().begin(), topics->get_array().end(), [](const boost::json::value& topic) {
          return topic.is_string() && topic.get_string() == "wallboard";
        });
    const std::lock_guard lock(mutex_);
    if (const auto found = desks_.find(socket->id()); found != desks_.end() && wallboard)
      found->second.wallboard = type == "subscribe";
  } else if (type == "ping") {
    socket->send_text(std::string(R"({"type":"pong"})"));
  } else {
    reply(socket, id, app::Reply{0, app::Refused{"bad_value", "unknown message type '" + type + "'"}, {}, {}});
  }
}

void DeskHub::reply(const http::WebSocketPtr& socket, const boost::json::value& id, const app::Reply& result) {
  boost::json::object out = message("reply");
  out["reply_to"] = id;
  out["ok"] = !result.refused.has_value();
  if (result.refused) {
    out["error"] = boost::json::object{{"code", result.refused->code}, {"message", result.refused->message}};
  } else {
    out["error"] = nullptr;
  }
  socket->send_text(boost::json::serialize(out));
}

DeskHub::Stream& DeskHub::stream(AgentId agent) {
  Stream& found = streams_[agent];
  if (found.seq == 0) found.seq = first_seq_;
  return found;
}

/// On the live strand, so that nothing comes between the snapshot and the messages after it.
void DeskHub::hello(const http::WebSocketPtr& socket, AgentId agent, std::uint64_t last_seq) {
  (void)service_.post([this, socket, agent, last_seq](app::Live& live, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const auto desk = desks_.find(socket->id());
    if (desk == desks_.end()) return app::LiveEffects{};
    desk->second.greeted = true;
    Stream& own = stream(agent);
    const bool has_all =
        last_seq == own.seq || (!own.kept.empty() && last_seq + 1 >= own.kept.front().seq && last_seq < own.seq);
    if (last_seq >= first_seq_ && has_all) {
      for (const Kept& kept : own.kept) {
        if (kept.seq > last_seq) socket->send_text(kept.text);
      }
      return app::LiveEffects{};
    }
    boost::json::object out = message("snapshot");
    out["seq"] = own.seq;
    out["me"] = jsonmap::to_value(live.agent_status(agent));
    const auto call = live.call_of_agent(agent);
    out["call"] = call ? jsonmap::to_value(*call) : boost::json::value(nullptr);
    out["wallboard"] = jsonmap::to_value(live.wallboard(now));
    socket->send_text(boost::json::serialize(out));
    return app::LiveEffects{};
  });
}

// ---- what the live strand tells

bool DeskHub::has_stream(AgentId agent) const {
  const std::lock_guard lock(mutex_);
  return streams_.contains(agent);
}

void DeskHub::push(AgentId agent, boost::json::object out) {
  const std::lock_guard lock(mutex_);
  Stream& own = stream(agent);
  out["seq"] = ++own.seq;
  auto text = std::make_shared<const std::string>(boost::json::serialize(out));
  own.kept.push_back({own.seq, text});
  if (own.kept.size() > kept_max) own.kept.pop_front();
  for (auto& [id, desk] : desks_) {
    if (desk.agent == agent && desk.greeted) desk.socket->send_text(text);
  }
}

void DeskHub::on_agent(const app::AgentStatus& agent) {
  if (!has_stream(agent.id)) return;
  boost::json::object out = message("me");
  out["me"] = jsonmap::to_value(agent);
  push(agent.id, std::move(out));
}

void DeskHub::on_call(const app::CallView& call, const std::vector<AgentId>& tell) {
  for (const AgentId agent : tell) {
    if (!has_stream(agent)) continue;
    boost::json::object out = message("call");
    out["call"] = jsonmap::to_value(call);
    push(agent, std::move(out));
  }
}

/// Without a number: a desk that missed it gets the next.
void DeskHub::on_quality(const app::QualitySeen& quality) {
  boost::json::object out = message("quality");
  out["call_id"] = quality.call.to_string();
  out["legs"] = jsonmap::to_value(quality.legs);
  const auto text = std::make_shared<const std::string>(boost::json::serialize(out));
  const std::lock_guard lock(mutex_);
  for (auto& [id, desk] : desks_) {
    const bool concerned = std::find(quality.tell.begin(), quality.tell.end(), desk.agent) != quality.tell.end();
    if (concerned && desk.greeted) desk.socket->send_text(text);
  }
}

void DeskHub::tell(const std::vector<AgentId>& people, boost::json::object out) {
  const auto text = std::make_shared<const std::string>(boost::json::serialize(out));
  const std::lock_guard lock(mutex_);
  for (auto& [id, desk] : desks_) {
    if (desk.greeted && std::find(people.begin(), people.end(), desk.agent) != people.end())
      desk.socket->send_text(text);
  }
}

void DeskHub::on_sdp(CallId call, std::optional<AgentId> agent, const std::string& sdp) {
  if (!agent || !has_stream(*agent)) return;
  boost::json::object out = message("sdp");
  out["call_id"] = call.to_string();
  out["sdp"] = sdp;
  push(*agent, std::move(out));
}

void DeskHub::on_wallboard(const app::Wallboard& wallboard) {
  look_for_absent();
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const std::string> text;
  for (auto& [id, desk] : desks_) {
    if (!desk.wallboard || !desk.greeted) continue;
    if (!text) {
      boost::json::object out = message("wallboard");
      out["wallboard"] = jsonmap::to_value(wallboard);
      text = std::make_shared<const std::string>(boost::json::serialize(out));
    }
    desk.socket->send_text(text);
  }
}

/// A browser agent without a desk cannot take a call: after the grace they are not offered any.
void DeskHub::look_for_absent() {
  const TimePoint now = clock_.now();
  const auto views = service_.views();
  std::vector<AgentId> lost;
  {
    const std::lock_guard lock(mutex_);
    std::set<AgentId> here;
    for (const auto& [id, desk] : desks_) here.insert(desk.agent);
    for (const auto& [id, agent] : views->agents) {
      const bool rings_here = agent->device == "browser" && (agent->state == "ready" || agent->state == "offered");
      if (!rings_here || here.contains(id)) {
        absent_.erase(id);
      } else if (const auto since = absent_.emplace(id, now).first->second; since + grace_ <= now) {
        lost.push_back(id);
        absent_.erase(id);
      }
    }
  }
  for (const AgentId agent : lost) {
    (void)service_.post([agent](app::Live& live, TimePoint at) { return live.desk_lost(agent, at); });
  }
}

bool DeskHub::present(AgentId agent) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(desks_.begin(), desks_.end(), [&](const auto& item) { return item.second.agent == agent; });
}

std::size_t DeskHub::desks() const {
  const std::lock_guard lock(mutex_);
  return desks_.size();
}

void DeskHub::close(AgentId agent) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, desk] : desks_) {
    if (desk.agent == agent) desk.socket->close(http::close_code::policy, "signed out");
  }
}

}  // namespace hotline::api
