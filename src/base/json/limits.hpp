// SPDX-License-Identifier: Apache-2.0
// The part of the JSON mapper that needs no template: limits, the error list with its path, and the checked leaf reads.
#pragma once

#include <boost/json/value.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hotline::jsonmap {

/// JavaScript's Number.MAX_SAFE_INTEGER.
inline constexpr std::int64_t safe_integer_max = (std::int64_t{1} << 53) - 1;

struct Limits {
  std::size_t text_max = 1024 * 1024;  ///< bytes of the document
  std::size_t depth_max = 32;          ///< nested arrays and objects
  std::size_t string_max = 64 * 1024;  ///< bytes of one string or member name
  std::size_t items_max = 10'000;      ///< elements of one array or object
  std::size_t errors_max = 100;        ///< reading stops there
  bool none_ids = false;               ///< read "0" as no id: for our own stored documents, never for requests
  /// A member that is missing keeps its default: for our own stored documents, which an older version may have written.
  bool missing_ok = false;
};

struct FieldError {
  std::string path;      ///< "", "name", "items[2].phone"; names that are not plain words as labels["a b"]
  std::string expected;  ///< what would be right
  friend bool operator==(const FieldError&, const FieldError&) = default;
};
using Errors = std::vector<FieldError>;

/// "path: expected; path: expected", for logs and for people.
[[nodiscard]] std::string to_string(const Errors& errors);

/// Collects errors at the current path while a document is read.
class Report {
 public:
  explicit Report(const Limits& limits) : limits_(limits) {}

  /// Refuses the current value.
  void add(std::string expected);
  /// For validate(): refuses `member` of the struct when the rule does not hold.
  void require(bool holds, std::string_view member, std::string expected);

  /// One step deeper until it goes out of scope.
  class Step {
   public:
    Step(Report& report, std::size_t length_before) : report_(report), length_before_(length_before) {}
    ~Step() { report_.path_.resize(length_before_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Report& report_;
    std::size_t length_before_;
  };
  [[nodiscard]] Step enter(std::string_view member);
  [[nodiscard]] Step enter(std::size_t index);

  // Leaf reads: each adds an error and returns false (or nullptr) when the value is not of the kind or breaks a limit.
  bool boolean(const boost::json::value& in, bool& out);
  bool integer(const boost::json::value& in, std::int64_t low, std::int64_t high, std::int64_t& out);
  bool number(const boost::json::value& in, double& out);
  bool string(const boost::json::value& in, std::string& out);
  bool id(const boost::json::value& in, std::uint64_t& out);
  bool key(std::string_view name);
  bool any(const boost::json::value& in);
  const boost::json::array* array(const boost::json::value& in);
  const boost::json::object* object(const boost::json::value& in);

  [[nodiscard]] bool missing_ok() const { return limits_.missing_ok; }
  [[nodiscard]] std::size_t count() const { return errors_.size(); }
  [[nodiscard]] bool full() const { return errors_.size() >= limits_.errors_max; }
  [[nodiscard]] Errors take() && { return std::move(errors_); }

 private:
  bool text_is_good(std::string_view text);
  Limits limits_;
  std::string path_;
  Errors errors_;
};

/// Strict JSON (RFC 8259): no comments, no trailing commas, valid UTF-8, within the limits.
[[nodiscard]] Result<boost::json::value, Errors> parse(std::string_view text, const Limits& limits = {});

namespace detail {
/// "'a', 'b' or 'c'".
[[nodiscard]] std::string one_of(const std::vector<std::string_view>& names);
/// A JSON string: what RFC 8259 section 7 demands is escaped, nothing else.
void append_string(std::string& out, std::string_view text);
template <class T>
void append_integer(std::string& out, T number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}
/// The name, or stops the process: a value outside its enum is a bug.
[[nodiscard]] const char* checked_enum_name(const char* name);
}  // namespace detail

}  // namespace hotline::jsonmap
