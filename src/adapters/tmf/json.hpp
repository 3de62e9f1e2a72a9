// SPDX-License-Identifier: Apache-2.0
// What all of TM Forum's bodies have in common: members that are left out when they say nothing, dates (RFC 3339), and
// reading what a client sent. Pure; any thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::tmf {

using Object = boost::json::object;
using Array = boost::json::array;
using Value = boost::json::value;

/// Why a request is not done: becomes TM Forum's Error.
struct Refusal {
  int status = 400;
  std::string code;     ///< "bad_value", "not_found", "wrong_state", …
  std::string message;  ///< a sentence
  std::string field{};  ///< path of the member; may be empty
};
[[nodiscard]] Refusal bad_value(std::string field, std::string message);

/// TM Forum's Error (code, reason, message, status, referenceError).
[[nodiscard]] Object error_body(int status, std::string_view code, std::string_view message, std::string_view field);

/// "2026-11-23T05:36:01.123Z".
[[nodiscard]] std::string date_time(TimePoint at);
/// RFC 3339 with any offset; a date alone is its begin in UTC. nullopt: neither, or before 1970 or after 9999.
[[nodiscard]] std::optional<TimePoint> date_time_from(std::string_view text);

void put(Object& object, std::string_view member, const std::string& text);  ///< unless empty
void put(Object& object, std::string_view member, const std::optional<TimePoint>& at);
void put(Object& object, std::string_view member, Array list);   ///< unless empty
void put(Object& object, std::string_view member, Object part);  ///< unless empty

/// A reference to something: id, role, what it is, and where it has one, its address.
struct Reference {
  std::string id, role, referred_type;
  std::string name{}, href{};
};
[[nodiscard]] Object reference(const Reference& to);

/// The member as it was sent; nullptr: it is not there, or null.
[[nodiscard]] const Value* member(const Object& object, std::string_view name);
/// A text of at most `most` bytes; empty when it is not there.
[[nodiscard]] Result<std::string, Refusal> text_in(const Object& object, std::string_view name, std::size_t most);
[[nodiscard]] Result<std::optional<TimePoint>, Refusal> date_in(const Object& object, std::string_view name);
/// nullptr when it is not there.
[[nodiscard]] Result<const Object*, Refusal> object_in(const Object& object, std::string_view name);
/// The objects of a list (at most `most`); one object alone is a list of one. Empty when it is not there.
[[nodiscard]] Result<std::vector<const Object*>, Refusal> objects_in(const Object& object, std::string_view name,
                                                                     std::size_t most = 50);
/// The first of a list whose role is this (without regard to case); nullptr: there is none.
[[nodiscard]] const Object* with_role(const std::vector<const Object*>& list, std::string_view role);

/// Decimal digits of an id, "0" and what overflows not.
[[nodiscard]] std::optional<std::uint64_t> id_from(std::string_view text);
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);  ///< without regard to ASCII case

/// Every "href" that begins with "/" gets `base` before it.
void make_absolute(Value& value, const std::string& base);

}  // namespace hotline::tmf
