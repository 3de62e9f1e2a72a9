// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/message.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>

namespace hotline::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> first(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

/// RFC 6265 4.1.1: cookie-octet, and token for the name.
bool is_cookie_text(std::string_view text, std::string_view forbidden) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return c > ' ' && static_cast<unsigned char>(c) < 0x7f && forbidden.find(c) == std::string_view::npos;
  });
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::set(std::string name, std::string value) {
  fields_.erase(
      std::remove_if(fields_.begin(), fields_.end(), [&](const auto& field) { return iequals(field.first, name); }),
      fields_.end());
  add(std::move(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (iequals(key, name)) return value;
  return std::nullopt;
}

std::string_view Request::param(std::string_view name) const {
  return first(params, name).value_or(std::string_view{});
}

std::optional<std::uint64_t> Request::id_param(std::string_view name) const {
  const auto text = param(name);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id == 0) return std::nullopt;
  return id;
}

std::optional<std::string_view> Request::query(std::string_view name) const {
  return first(query_params, name);
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (!iequals(key, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const auto pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
      auto found = trim(pair.substr(equals + 1));
      if (found.size() >= 2 && found.front() == '"' && found.back() == '"') found = found.substr(1, found.size() - 2);
      return found;
    }
  }
  return std::nullopt;
}

Response& Response::set_header(std::string name, std::string value) & {
  headers.set(std::move(name), std::move(value));
  return *this;
}

Response& Response::set_cookie(const Cookie& cookie) & {
  if (cookie.name.empty() || !is_cookie_text(cookie.name, "()<>@,;:\\\"/[]?={}") ||
      !is_cookie_text(cookie.value, "\",;\\"))
    throw std::invalid_argument("not a cookie name or value: " + cookie.name);
  auto text = fmt::format("{}={}; Path={}; SameSite={}", cookie.name, cookie.value, cookie.path, cookie.same_site);
  if (cookie.max_age) text += fmt::format("; Max-Age={}", cookie.max_age->count());
  if (cookie.http_only) text += "; HttpOnly";
  if (cookie.secure) text += "; Secure";
  headers.add("Set-Cookie", std::move(text));
  return *this;
}

Response Response::json(int status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

Response Response::text(int status, std::string text, std::string content_type) {
  auto response = json(status, std::move(text));
  response.content_type = std::move(content_type);
  return response;
}

Response Response::no_content() {
  return text(204, {}, {});
}

Response Response::redirect(int status, std::string location) {
  auto response = text(status, {}, {});
  response.headers.set("Location", std::move(location));
  return response;
}

Response Response::from_file(std::filesystem::path path, std::string content_type) {
  auto response = text(200, {}, std::move(content_type));
  response.file = std::move(path);
  return response;
}

Response Response::error(int status, std::string_view code, std::string_view message, std::string_view field,
                         const std::vector<FieldProblem>& details) {
  boost::json::object error{{"code", code}, {"message", message}};
  error["field"] = field.empty() ? boost::json::value(nullptr) : boost::json::value(field);
  if (!details.empty()) {
    boost::json::array list;
    for (const auto& detail : details)
      list.push_back(boost::json::object{{"field", detail.field}, {"message", detail.message}});
    error["details"] = std::move(list);
  }
  return json(status, boost::json::serialize(boost::json::object{{"error", std::move(error)}}));
}

Response bad_request(std::string_view message, std::string_view field) {
  return Response::error(400, "bad_request", message, field);
}
Response unauthorized(std::string_view message) {
  return Response::error(401, "unauthorized", message);
}
Response forbidden(std::string_view message) {
  return Response::error(403, "forbidden", message);
}
Response not_found(std::string_view message) {
  return Response::error(404, "not_found", message);
}
Response conflict(std::string_view message) {
  return Response::error(409, "conflict", message);
}

Response unavailable(std::string_view message, std::chrono::seconds retry_after) {
  auto response = Response::error(503, "unavailable", message);
  response.headers.set("Retry-After", std::to_string(retry_after.count()));
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace hotline::http
