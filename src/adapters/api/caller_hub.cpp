// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/caller_hub.hpp"

#include <sodium.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "base/json/limits.hpp"

namespace hotline::api {
namespace {

std::string member(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string error_text(const std::string& code, const std::string& text) {
  return boost::json::serialize(boost::json::object{{"type", "error"}, {"code", code}, {"message", text}});
}

std::string state_text(const std::string& state, const std::optional<std::string>& cause) {
  boost::json::object out{{"type", "state"}, {"state", state}};
  out["cause"] = cause ? boost::json::value(*cause) : boost::json::value(nullptr);
  return boost::json::serialize(out);
}

}  // namespace

CallerHub::CallerHub(live::LiveService& service, const runtime::Clock& clock, Duration grace,
                     std::size_t per_address_max, std::string key)
    : service_(service), clock_(clock), grace_(grace), per_address_max_(per_address_max), key_(std::move(key)) {}

std::string CallerHub::token_of(CallId call) const {
  const std::string id = call.to_string();
  std::array<unsigned char, 18> mark{};
  crypto_generichash(mark.data(), mark.size(), reinterpret_cast<const unsigned char*>(id.data()), id.size(),
                     reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
  std::array<char, 40> text{};
  sodium_bin2base64(text.data(), text.size(), mark.data(), mark.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return id + "." + text.data();
}

void CallerHub::adopt() {
  const auto views = service_.views();
  for (const auto& [id, call] : views->calls) {
    if (call->channel != "web" || call->ended_ms || callers_.contains(id)) continue;
    callers_[id] = WebCaller{nullptr, "", call->state == "arriving" ? "calling" : "answered", clock_.now()};
  }
}

http::WebSocketCallbacks CallerHub::endpoint() {
  http::WebSocketCallbacks callbacks;
  callbacks.on_open = [](const http::WebSocketPtr&) {};
  callbacks.on_text = [this](const http::WebSocketPtr& socket, std::string_view text) { heard(socket, text); };
  callbacks.on_close = [this](const http::WebSocketPtr& socket, std::uint16_t) { closed(socket); };
  return callbacks;
}

std::optional<CallId> CallerHub::call_of(const http::WebSocketPtr& socket) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [call, caller] : callers_) {
    if (caller.socket && caller.socket->id() == socket->id()) return call;
  }
  return std::nullopt;
}

void CallerHub::heard(const http::WebSocketPtr& socket, std::string_view text) {
  auto parsed = jsonmap::parse(text);
  const boost::json::object* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) return socket->close(http::close_code::bad_payload, "a message is a JSON object");
  const std::string type = member(*object, "type");
  const auto call = call_of(socket);
  if (type == "call") {
    if (call) return (void)socket->send_text(error_text("wrong_state", "This page has a call already."));
    begin(socket, app::WebCall{member(*object, "number"), member(*object, "language"), member(*object, "sdp"), ""});
  } else if (type == "resume") {
    resume(socket, member(*object, "token"));
  } else if (type == "hangup" && call) {
    (void)service_.post([id = *call](app::Live& live, TimePoint now) { return live.web_hangs_up(id, now); });
  } else if (type == "digit" && call) {
    const std::string digit = member(*object, "digit");
    if (digit.size() != 1 || std::string_view("0123456789*#ABCD").find(digit[0]) == std::string_view::npos) {
      return (void)socket->send_text(error_text("bad_value", "digit must be one of 0-9, *, #, A-D."));
    }
    (void)service_.post(
        [id = *call, key = digit[0]](app::Live& live, TimePoint now) { return live.web_digit(id, key, now); });
  } else if (type == "ping") {
    socket->send_text(std::string(R"({"type":"pong"})"));
  } else {
    socket->send_text(error_text("bad_value", "unknown message, or there is no call: '" + type + "'"));
  }
}

void CallerHub::begin(const http::WebSocketPtr& socket, const app::WebCall& command) {
  const std::string address = socket->request().remote_address;
  {
    const std::lock_guard lock(mutex_);
    const auto has = static_cast<std::size_t>(std::count_if(
        callers_.begin(), callers_.end(), [&](const auto& item) { return item.second.address == address; }));
    if (has + starting_[address] >= per_address_max_) {
      return (void)socket->send_text(error_text("too_many_calls", "Too many calls come from this address at once."));
    }
    ++starting_[address];
  }
  service_.request(
      [command](app::Live& live, app::RequestId request, TimePoint now) {
        return live.web_call(request, command, now);
      },
      [this, socket, address](const app::Reply& reply) {
        std::optional<CallId> orphan;
        {
          const std::lock_guard lock(mutex_);
          if (--starting_[address] == 0) starting_.erase(address);
          if (reply.refused || !reply.call) {
            return (void)socket->send_text(error_text(reply.refused ? reply.refused->code : "error",
                                                      reply.refused ? reply.refused->message : "The call failed."));
          }
          if (!socket->is_open()) orphan = reply.call->id;
          callers_[reply.call->id] = WebCaller{socket, address, "calling", {}};
        }
        if (orphan)
          (void)service_.post([id = *orphan](app::Live& live, TimePoint now) { return live.web_hangs_up(id, now); });
      });
}

void CallerHub::resume(const http::WebSocketPtr& socket, const std::string& token) {
  const std::lock_guard lock(mutex_);
  adopt();
  for (auto& [call, caller] : callers_) {
    const std::string own = token_of(call);
    if (token.size() != own.size() || sodium_memcmp(token.data(), own.data(), own.size()) != 0) continue;
    caller.socket = socket;
    caller.address = socket->request().remote_address;
    caller.gone_since.reset();
    return (void)socket->send_text(state_text(caller.state == "calling" ? "ringing" : caller.state, {}));
  }
  socket->send_text(error_text("not_found", "This call is over."));
}

void CallerHub::closed(const http::WebSocketPtr& socket) {
  const std::lock_guard lock(mutex_);
  for (auto& [call, caller] : callers_) {
    if (!caller.socket || caller.socket->id() != socket->id()) continue;
    caller.socket.reset();
    caller.gone_since = clock_.now();
  }
}

void CallerHub::on_sdp(CallId call, std::optional<AgentId> agent, const std::string& sdp) {
  if (agent) return;
  const std::lock_guard lock(mutex_);
  const auto found = callers_.find(call);
  if (found == callers_.end() || !found->second.socket) return;
  found->second.socket->send_text(boost::json::serialize(boost::json::object{
      {"type", "calling"}, {"token", token_of(call)}, {"call_id", call.to_string()}, {"sdp", sdp}}));
}

void CallerHub::on_caller(CallId call, const std::string& state, const std::optional<std::string>& cause) {
  const std::lock_guard lock(mutex_);
  const auto found = callers_.find(call);
  if (found == callers_.end()) return;
  found->second.state = state;
  if (found->second.socket) found->second.socket->send_text(state_text(state, cause));
  if (state == "ended") callers_.erase(found);
}

void CallerHub::on_wallboard(const app::Wallboard&) {
  const TimePoint now = clock_.now();
  std::vector<CallId> over;
  {
    const std::lock_guard lock(mutex_);
    adopt();
    for (auto& [call, caller] : callers_) {
      if (caller.gone_since && *caller.gone_since + grace_ <= now) over.push_back(call);
    }
  }
  for (const CallId call : over) {
    (void)service_.post([call](app::Live& live, TimePoint at) { return live.web_hangs_up(call, at); });
  }
}

}  // namespace hotline::api
