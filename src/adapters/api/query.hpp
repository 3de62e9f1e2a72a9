// SPDX-License-Identifier: Apache-2.0
// Parameters of a request's query, read strictly; the error is the 400 that names the parameter. Private to this
// folder.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/http/message.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::api {

/// A whole number as T: a number or an id, which are not negative, or milliseconds since 1970 as a TimePoint; nullopt
/// when it is not there.
template <class T>
[[nodiscard]] Result<std::optional<T>, http::Response> query_number(const http::Request& request, const char* name) {
  const auto text = request.query(name);
  if (!text) return std::optional<T>();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool may_be_negative = std::same_as<T, TimePoint>;
  if (error != std::errc{} || end != text->data() + text->size() || (value < 0 && !may_be_negative))
    return fail(http::bad_request(std::string(name) + " must be a whole number.", name));
  if constexpr (std::same_as<T, TimePoint>)
    return std::optional(from_unix_ms(value));
  else if constexpr (std::integral<T>)
    return std::optional(static_cast<T>(value));
  else
    return std::optional(T{static_cast<std::uint64_t>(value)});
}

[[nodiscard]] inline Result<std::optional<bool>, http::Response> query_flag(const http::Request& request,
                                                                            const char* name) {
  const auto text = request.query(name);
  if (!text) return std::optional<bool>();
  if (*text != "true" && *text != "false")
    return fail(http::bad_request(std::string(name) + " must be true or false.", name));
  return std::optional(*text == "true");
}

/// Empty when it is not there; at most 64 bytes.
[[nodiscard]] inline Result<std::string, http::Response> query_text(const http::Request& request, const char* name) {
  const std::string text(request.query(name).value_or(""));
  if (text.size() > 64) return fail(http::bad_request(std::string(name) + " has at most 64 bytes.", name));
  return text;
}

}  // namespace hotline::api
