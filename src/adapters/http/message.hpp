// SPDX-License-Identifier: Apache-2.0
// HTTP requests and responses as handlers see them. Plain values: no thread of their own, no library types.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotline::http {

/// Equal without regard to ASCII case (field names, RFC 9110 5.1).
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);

/// A list of fields in order of arrival; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name.
  void set(std::string name, std::string value);
  /// The first value, or nullopt.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The first value, or "".
  [[nodiscard]] std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  ///< "GET", ... in capitals; HEAD arrives as HEAD at the GET handler
  std::string target;  ///< as sent: encoded path and query
  std::string path;    ///< percent-decoded, valid UTF-8 without NUL
  Pairs params;        ///< decoded values of the pattern's {names}
  Pairs query_params;  ///< decoded, in order
  Headers headers;
  std::string body;            ///< at most RouteOptions::body_max bytes
  std::string remote_address;  ///< numeric, IPv4-mapped addresses as IPv4
  std::uint16_t remote_port = 0;
  bool is_tls = false;

  /// Value of a {name} of the pattern; "" if the pattern has no such name.
  [[nodiscard]] std::string_view param(std::string_view name) const;
  /// A {name} as a decimal id; nullopt if it is not 1..2^64-1 in digits only.
  [[nodiscard]] std::optional<std::uint64_t> id_param(std::string_view name) const;
  /// First query value of that name; nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const;
  [[nodiscard]] std::string_view header(std::string_view name) const { return headers.get(name); }
  /// Value of a request cookie (RFC 6265 5.4), quotes removed.
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const;
};

struct Cookie {
  std::string name, value;
  std::string path = "/";
  std::optional<std::chrono::seconds> max_age = std::nullopt;  ///< nullopt: a session cookie; 0 deletes it
  bool http_only = true;
  bool secure = true;                ///< leave out only when the request was not TLS
  std::string same_site = "Strict";  ///< Strict, Lax or None
};

/// One refused member of a request body, for the list in an error answer.
struct FieldProblem {
  std::string field;    ///< path of the member, e.g. "items[2].phone"
  std::string message;  ///< what was expected
};

/// A body that is made piece by piece (a file decrypted on the way). Called on one worker at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`, which lies wholly inside. False: it cannot be had, and the connection is closed.
  [[nodiscard]] virtual bool read(std::uint64_t offset, std::span<char> out) = 0;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Headers headers;
  /// Set: the body is this file (Range, If-Range, If-None-Match, If-Modified-Since and HEAD are taken care of).
  std::optional<std::filesystem::path> file;
  /// Set: the body comes from there; Range and HEAD are taken care of.
  std::shared_ptr<BodySource> source;
  /// For files: name of the download; empty: shown inline.
  std::string download_name;

  Response& set_header(std::string name, std::string value) &;
  Response&& set_header(std::string name, std::string value) && {
    return std::move(set_header(std::move(name), std::move(value)));
  }
  /// Adds Set-Cookie (RFC 6265 4.1). Name and value must be cookie characters; a bad one is a bug and throws.
  Response& set_cookie(const Cookie& cookie) &;

  /// JSON text with a status.
  [[nodiscard]] static Response json(int status, std::string text);
  [[nodiscard]] static Response text(int status, std::string text,
                                     std::string content_type = "text/plain; charset=utf-8");
  /// 204.
  [[nodiscard]] static Response no_content();
  [[nodiscard]] static Response redirect(int status, std::string location);
  /// content_type empty: by the file name's extension.
  [[nodiscard]] static Response from_file(std::filesystem::path path, std::string content_type = {});
  /// The one error body: {"error":{"code","message","field":null|"..."[,"details":[{"field","message"}]]}}.
  [[nodiscard]] static Response error(int status, std::string_view code, std::string_view message,
                                      std::string_view field = {}, const std::vector<FieldProblem>& details = {});
};

/// Short forms of Response::error.
[[nodiscard]] Response bad_request(std::string_view message, std::string_view field = {});
[[nodiscard]] Response unauthorized(std::string_view message = "sign in first");
[[nodiscard]] Response forbidden(std::string_view message = "your role does not allow this");
[[nodiscard]] Response not_found(std::string_view message = "there is no such thing");
[[nodiscard]] Response conflict(std::string_view message);
[[nodiscard]] Response unavailable(std::string_view message, std::chrono::seconds retry_after);

/// Reason phrase of a status code, "Unknown" if it has none.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace hotline::http
