// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/router.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace hotline::http {

struct Responder::State {
  explicit State(std::function<void(Response)> d) : deliver(std::move(d)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!done.exchange(true)) deliver(Response::error(500, "internal", "the request was not answered"));
  }
  std::function<void(Response)> deliver;
  std::atomic<bool> done{false};
};

Responder::Responder(std::function<void(Response)> deliver) : state_(std::make_shared<State>(std::move(deliver))) {}

bool Responder::respond(Response response) const {
  if (state_->done.exchange(true)) return false;
  state_->deliver(std::move(response));
  return true;
}

struct Router::Entry {
  Route route;
  struct Segment {
    std::string text;  ///< the literal, or the parameter's name
    bool is_param = false;
    bool same_place(const Segment& other) const {
      return is_param == other.is_param && (is_param || text == other.text);
    }
  };
  std::vector<Segment> segments;

  static std::vector<Segment> split(const std::string& pattern) {
    if (pattern.empty() || pattern.front() != '/') throw std::logic_error("a route begins with /: " + pattern);
    std::vector<Segment> out;
    for (std::size_t begin = 1; begin <= pattern.size();) {
      auto end = pattern.find('/', begin);
      if (end == std::string::npos) end = pattern.size();
      auto text = pattern.substr(begin, end - begin);
      const bool is_param = text.size() > 2 && text.front() == '{' && text.back() == '}';
      if (is_param) text = text.substr(1, text.size() - 2);
      if (text.find_first_of("{}") != std::string::npos)
        throw std::logic_error("a {name} takes a whole segment: " + pattern);
      out.push_back({std::move(text), is_param});
      begin = end + 1;
    }
    return out;
  }

  bool fits(const std::vector<std::string>& path, Pairs& params) const {
    if (path.size() != segments.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i)
      if (segments[i].is_param ? path[i].empty() : segments[i].text != path[i]) return false;
    params.clear();
    for (std::size_t i = 0; i < path.size(); ++i)
      if (segments[i].is_param) params.emplace_back(segments[i].text, path[i]);
    return true;
  }

  /// Literal segments before parameters, the leftmost difference deciding.
  bool before(const Entry& other) const {
    return std::lexicographical_compare(segments.begin(), segments.end(), other.segments.begin(), other.segments.end(),
                                        [](const Segment& a, const Segment& b) { return !a.is_param && b.is_param; });
  }
};

Router::Router() = default;
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::insert(Route route) {
  Entry entry{std::move(route), {}};
  entry.segments = Entry::split(entry.route.pattern);
  for (const auto& other : entries_)
    if (other.route.method == entry.route.method &&
        std::equal(other.segments.begin(), other.segments.end(), entry.segments.begin(), entry.segments.end(),
                   [](const auto& a, const auto& b) { return a.same_place(b); }))
      throw std::logic_error("route given twice: " + entry.route.method + " " + entry.route.pattern);
  // upper_bound keeps the order of equals: deterministic.
  const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry,
                                      [](const Entry& a, const Entry& b) { return a.before(b); });
  entries_.insert(place, std::move(entry));
}

void Router::add(std::string method, std::string pattern, Handler handler, RouteOptions options) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.options = options;
  insert(std::move(route));
}

void Router::add_async(std::string method, std::string pattern, AsyncHandler handler, RouteOptions options) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.async_handler = std::move(handler);
  route.options = options;
  insert(std::move(route));
}

void Router::websocket(std::string pattern, WebSocketCallbacks callbacks, WebSocketOptions options) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.websocket = std::make_shared<const WebSocketCallbacks>(std::move(callbacks));
  route.websocket_options = std::move(options);
  insert(std::move(route));
}

void Router::static_files(StaticFolder folder) {
  if (files_) throw std::logic_error("a router serves one static folder");
  files_ = std::make_unique<StaticFiles>(std::move(folder));
}

Router::Match Router::match(std::string_view method, const std::vector<std::string>& segments) const {
  Match match;
  Pairs params;
  for (const auto& entry : entries_) {
    if (!entry.fits(segments, params)) continue;
    const auto& offered = entry.route.method;
    if (offered == method || (method == "HEAD" && offered == "GET" && !entry.route.websocket)) {
      match.route = &entry.route;
      match.params = std::move(params);
      match.allowed.clear();
      return match;
    }
    match.allowed.push_back(offered);
    if (offered == "GET") match.allowed.emplace_back("HEAD");
  }
  std::sort(match.allowed.begin(), match.allowed.end());
  match.allowed.erase(std::unique(match.allowed.begin(), match.allowed.end()), match.allowed.end());
  return match;
}

}  // namespace hotline::http
