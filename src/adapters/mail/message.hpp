// SPDX-License-Identifier: Apache-2.0
// A mail as it goes over the wire: RFC 5322, with RFC 2047 words in the headers and UTF-8 text in base64 (RFC 2045), so
// that any server takes it and Chinese arrives. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace hotline::mail {

struct Message {
  std::string from_name, from;  ///< "Hotline", "hotline@example.com"
  std::vector<std::string> to;  ///< addresses
  std::string subject, text;    ///< UTF-8
  std::string id;               ///< left part of the Message-ID: the same mail sent twice is seen to be the same
};

/// What is wrong with it, in a sentence; nullopt: nothing. Addresses are local@domain in ASCII (RFC 5321 section 4.1.2
/// without quoted and international forms); no header may have a line break in it.
[[nodiscard]] std::optional<std::string> problem_of(const Message& message);
[[nodiscard]] bool is_address(std::string_view text);

/// With CRLF and without the dots doubled (that is the transport's). `at` is the Date. Only of a message without
/// problems.
[[nodiscard]] std::string written(const Message& message, TimePoint at);

}  // namespace hotline::mail
