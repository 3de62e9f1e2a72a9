// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hotline::tmf {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr TimePoint last{sys_days{std::chrono::year{10'000} / 1 / 1}};

/// Reads exactly `digits` digits from the front.
std::optional<int> digits_off(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}
bool mark_off(std::string_view& text, std::string_view marks) {
  if (text.empty() || marks.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::milliseconds> fraction_off(std::string_view& text) {
  if (!mark_off(text, ".")) return std::chrono::milliseconds{0};
  int value = 0, seen = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (seen < 3) value = value * 10 + (text.front() - '0');
    ++seen;
    text.remove_prefix(1);
  }
  if (seen == 0) return std::nullopt;
  for (; seen < 3; ++seen) value *= 10;
  return std::chrono::milliseconds{value};
}

std::optional<std::chrono::minutes> offset_off(std::string_view& text) {
  if (mark_off(text, "Zz")) return std::chrono::minutes{0};
  const bool west = !text.empty() && text.front() == '-';
  if (!mark_off(text, "+-")) return std::nullopt;
  const auto hours = digits_off(text, 2);
  if (!hours || !mark_off(text, ":")) return std::nullopt;
  const auto minutes = digits_off(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes{(west ? -1 : 1) * (*hours * 60 + *minutes)};
}

std::string path_of(std::string_view name, std::size_t index) {
  return fmt::format("{}[{}]", name, index);
}

}  // namespace

Refusal bad_value(std::string field, std::string message) {
  return {400, "bad_value", std::move(message), std::move(field)};
}

Object error_body(int status, std::string_view code, std::string_view message, std::string_view field) {
  Object body{{"@type", "Error"},
              {"code", code},
              {"reason", message},
              {"status", std::to_string(status)},
              {"referenceError", fmt::format("urn:hotline:error:{}", code)}};
  if (!field.empty()) body["message"] = fmt::format("{}: {}", field, message);
  return body;
}

std::string date_time(TimePoint at) {
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::optional<TimePoint> date_time_from(std::string_view text) {
  const auto year = digits_off(text, 4);
  if (!year || !mark_off(text, "-")) return std::nullopt;
  const auto month = digits_off(text, 2);
  if (!month || !mark_off(text, "-")) return std::nullopt;
  const auto day = digits_off(text, 2);
  if (!day || *year < 1970) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const TimePoint begin{sys_days{date}};
  if (text.empty()) return begin;
  if (!mark_off(text, "Tt ")) return std::nullopt;
  const auto hour = digits_off(text, 2);
  if (!hour || !mark_off(text, ":")) return std::nullopt;
  const auto minute = digits_off(text, 2);
  if (!minute || !mark_off(text, ":")) return std::nullopt;
  const auto second = digits_off(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = fraction_off(text);
  if (!fraction) return std::nullopt;
  const auto offset = offset_off(text);
  if (!offset || !text.empty()) return std::nullopt;
  const TimePoint at = begin + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                       std::chrono::seconds{*second} + *fraction - *offset;
  // An offset may lead out of the years that can be written.
  return at < TimePoint{} || at >= last ? std::nullopt : std::optional(at);
}

void put(Object& object, std::string_view member, const std::string& text) {
  if (!text.empty()) object[member] = text;
}
void put(Object& object, std::string_view member, const std::optional<TimePoint>& at) {
  if (at) object[member] = date_time(*at);
}
void put(Object& object, std::string_view member, Array list) {
  if (!list.empty()) object[member] = std::move(list);
}
void put(Object& object, std::string_view member, Object part) {
  if (!part.empty()) object[member] = std::move(part);
}

Object reference(const Reference& to) {
  Object out{{"id", to.id}, {"role", to.role}, {"@referredType", to.referred_type}};
  put(out, "name", to.name);
  put(out, "href", to.href);
  return out;
}

const Value* member(const Object& object, std::string_view name) {
  const Value* found = object.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<std::string, Refusal> text_in(const Object& object, std::string_view name, std::size_t most) {
  const Value* found = member(object, name);
  if (found == nullptr) return std::string();
  if (!found->is_string()) return fail(bad_value(std::string(name), "a text"));
  if (found->get_string().size() > most)
    return fail(bad_value(std::string(name), fmt::format("at most {} bytes", most)));
  return std::string(found->get_string());
}

Result<std::optional<TimePoint>, Refusal> date_in(const Object& object, std::string_view name) {
  const Value* found = member(object, name);
  if (found == nullptr) return std::optional<TimePoint>();
  const auto at = found->is_string() ? date_time_from(found->get_string()) : std::nullopt;
  if (!at) return fail(bad_value(std::string(name), "a date and time as in 2026-11-23T08:30:00+08:00"));
  return at;
}

Result<const Object*, Refusal> object_in(const Object& object, std::string_view name) {
  const Value* found = member(object, name);
  if (found == nullptr) return nullptr;
  if (!found->is_object()) return fail(bad_value(std::string(name), "an object"));
  return &found->get_object();
}

Result<std::vector<const Object*>, Refusal> objects_in(const Object& object, std::string_view name, std::size_t most) {
  std::vector<const Object*> out;
  const Value* found = member(object, name);
  if (found == nullptr) return out;
  if (found->is_object()) return std::vector{&found->get_object()};
  if (!found->is_array()) return fail(bad_value(std::string(name), "a list of objects"));
  const Array& list = found->get_array();
  if (list.size() > most) return fail(bad_value(std::string(name), fmt::format("at most {} items", most)));
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) return fail(bad_value(path_of(name, i), "an object"));
    out.push_back(&list[i].get_object());
  }
  return out;
}

const Object* with_role(const std::vector<const Object*>& list, std::string_view role) {
  for (const Object* one : list) {
    const Value* found = member(*one, "role");
    if (found != nullptr && found->is_string() && same_word(found->get_string(), role)) return one;
  }
  return nullptr;
}

std::optional<std::uint64_t> id_from(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || text.front() == '0') return {};
  return value;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

void make_absolute(Value& value, const std::string& base) {
  if (value.is_array())
    for (Value& one : value.get_array()) make_absolute(one, base);
  if (!value.is_object()) return;
  for (auto& [name, one] : value.get_object()) {
    if (name == "href" && one.is_string() && one.get_string().starts_with('/'))
      one = base + std::string(one.get_string());
    else
      make_absolute(one, base);
  }
}

}  // namespace hotline::tmf
