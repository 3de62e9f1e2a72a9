// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hotline::tmf {
namespace {

constexpr std::size_t query_most = 1'000, conditions_most = 20;

Result<std::uint32_t, Refusal> number_in(const http::Request& request, const char* name, std::uint32_t otherwise,
                                         std::uint32_t least, std::uint32_t most) {
  const auto text = request.query(name);
  if (!text) return otherwise;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < least || value > most)
    return fail(bad_value(name, fmt::format("{} must be {} to {}", name, least, most)));
  return value;
}

std::vector<std::string> parted(std::string_view text, char mark) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(mark), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool is_plain(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool has_value(const Value& at, std::string_view path, const std::vector<std::string>& wanted) {
  if (at.is_array())
    return std::any_of(at.get_array().begin(), at.get_array().end(),
                       [&](const Value& one) { return has_value(one, path, wanted); });
  if (!path.empty()) {
    if (!at.is_object()) return false;
    const auto end = std::min(path.find('.'), path.size());
    const Value* next = at.get_object().if_contains(path.substr(0, end));
    return next != nullptr && has_value(*next, path.substr(std::min(end + 1, path.size())), wanted);
  }
  const std::string text = at.is_string() ? std::string(at.get_string()) : boost::json::serialize(at);
  return std::find(wanted.begin(), wanted.end(), text) != wanted.end();
}

}  // namespace

Result<app::TmfPaging, Refusal> paging_of(const http::Request& request) {
  const auto offset = number_in(request, "offset", 0, 0, app::kTmfTotalMost);
  if (!offset) return fail(offset.error());
  const auto limit = number_in(request, "limit", 50, 1, 200);
  if (!limit) return fail(limit.error());
  return app::TmfPaging{*offset, *limit};
}

Fields Fields::of(const http::Request& request) {
  Fields fields;
  const auto text = request.query("fields");
  fields.all_ = !text || text->empty();
  if (fields.all_) return fields;
  for (const std::string& name : parted(*text, ',')) fields.names_.push_back(name.substr(0, name.find('.')));
  return fields;
}

void Fields::keep(Object& object, const std::vector<std::string_view>& always) const {
  if (all_) return;
  Object kept;
  for (const auto& [name, value] : object)
    if (name == "id" || name == "href" || std::find(always.begin(), always.end(), name) != always.end() ||
        std::find(names_.begin(), names_.end(), name) != names_.end())
      kept[name] = value;
  object = std::move(kept);
}

Result<Filters, Refusal> Filters::of(const http::Request& request, std::initializer_list<std::string_view> names,
                                     std::initializer_list<std::string_view> dates) {
  Filters filters;
  const auto is_date = [&](std::string_view name) {
    return std::any_of(dates.begin(), dates.end(), [&](std::string_view date) {
      const std::string_view rest = name.starts_with(date) ? name.substr(date.size()) : "?";
      return rest.empty() || rest == ".gt" || rest == ".gte" || rest == ".lt" || rest == ".lte";
    });
  };
  for (const auto& [name, value] : request.query_params) {
    if (name == "fields" || name == "offset" || name == "limit") continue;
    if (std::find(names.begin(), names.end(), name) == names.end() && !is_date(name)) {
      std::string list;
      for (const auto& all : {names, dates})
        for (const std::string_view one : all) list += (list.empty() ? "" : ", ") + std::string(one);
      return fail(bad_value(name, fmt::format("There is no such filter here; there are: {}.", list)));
    }
    if (value.empty() || value.size() > 200) return fail(bad_value(name, "1 to 200 bytes"));
    if (!filters.values_.emplace(name, value).second) return fail(bad_value(name, "given twice"));
  }
  return filters;
}

const std::string* Filters::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

Result<app::TmfSpan, Refusal> Filters::span(std::string_view name) const {
  app::TmfSpan span;
  const auto later = [&](TimePoint from) { span.from = std::max(span.from.value_or(from), from); };
  const auto sooner = [&](TimePoint to) { span.to = std::min(span.to.value_or(to), to); };
  for (const std::string_view mark : {"", ".gt", ".gte", ".lt", ".lte"}) {
    const std::string whole = std::string(name) + std::string(mark);
    const std::string* text = this->text(whole);
    if (text == nullptr) continue;
    const auto at = date_time_from(*text);
    if (!at) return fail(bad_value(whole, "a date and time as in 2026-11-23T08:30:00Z"));
    const TimePoint after = *at + Duration{1};
    if (mark == ".gt") later(after);
    if (mark == ".gte" || mark.empty()) later(*at);
    if (mark == ".lt") sooner(*at);
    // A date alone means the whole day.
    if (mark == ".lte" || mark.empty()) sooner(text->size() == 10 ? *at + std::chrono::days{1} : after);
  }
  return span;
}

Result<EventFilter, Refusal> EventFilter::of(std::string_view query) {
  EventFilter filter;
  if (query.starts_with('?')) query.remove_prefix(1);
  if (query.size() > query_most) return fail(bad_value("query", fmt::format("at most {} bytes", query_most)));
  const auto conditions = parted(query, '&');
  if (conditions.size() > conditions_most)
    return fail(bad_value("query", fmt::format("at most {} conditions", conditions_most)));
  for (const std::string& condition : conditions) {
    const auto equals = condition.find('=');
    const std::string path = condition.substr(0, equals);
    if (equals == std::string::npos || path.empty() || !is_plain(path, "._@-"))
      return fail(
          bad_value("query", "conditions as in eventType=TroubleTicketCreateEvent&event.troubleTicket.status=closed"));
    auto& values = filter.wanted_[path];
    for (std::string& value : parted(condition.substr(equals + 1), ',')) values.push_back(std::move(value));
    if (values.empty()) return fail(bad_value("query", "a value after each ="));
  }
  return filter;
}

bool EventFilter::wants(const Object& event) const {
  const Value whole = event;
  return std::all_of(wanted_.begin(), wanted_.end(),
                     [&](const auto& one) { return has_value(whole, one.first, one.second); });
}

std::string Callback::address_for(std::string_view event_type) const {
  std::string name(event_type);
  if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
  return fmt::format("{}://{}:{}{}{}/{}", scheme, host, port, path, path.ends_with("/listener") ? "" : "/listener",
                     name);
}

Result<Callback, Refusal> callback_of(std::string_view url) {
  const auto refuse = [](std::string message) { return fail(bad_value("callback", std::move(message))); };
  if (url.size() > query_most) return refuse(fmt::format("at most {} bytes", query_most));
  Callback out;
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) out.scheme = std::string(url.substr(0, scheme));
  if (out.scheme != "http" && out.scheme != "https") return refuse("an address that begins with http:// or https://");
  url.remove_prefix(scheme + 3);
  const auto slash = std::min(url.find('/'), url.size());
  std::string_view place = url.substr(0, slash), path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!is_plain(path, "/-._~%")) return refuse("a path of letters, digits and -._~ without query or fragment");
  out.path = std::string(path);
  out.port = out.scheme == "https" ? 443 : 80;
  const bool v6 = place.starts_with('[');
  const auto host_end = v6 ? place.find(']') : place.find(':');
  if (v6 && host_end == std::string_view::npos) return refuse("a ] after an IPv6 address");
  const auto after = v6 ? host_end + 1 : std::min(host_end, place.size());
  out.host = std::string(place.substr(0, after));
  if (out.host.empty() || out.host == "[]" || !is_plain(out.host, v6 ? "[]:." : "-.")) return refuse("a host");
  for (char& c : out.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  place.remove_prefix(after);
  if (!place.empty()) {
    place.remove_prefix(place.front() == ':' ? 1 : 0);
    const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), out.port);
    if (error != std::errc{} || end != place.data() + place.size() || out.port == 0) return refuse("a port 1 to 65535");
  }
  return out;
}

bool is_allowed(const Callback& callback, const std::vector<std::string>& allowed) {
  const std::string with_port = fmt::format("{}:{}", callback.host, callback.port);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    if (one.starts_with("*.")) {
      const std::string_view suffix = std::string_view(one).substr(1);
      return callback.host.size() > suffix.size() &&
             same_word(std::string_view(callback.host).substr(callback.host.size() - suffix.size()), suffix);
    }
    return same_word(one, callback.host) || same_word(one, with_port);
  });
}

}  // namespace hotline::tmf
