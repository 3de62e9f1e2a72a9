// SPDX-License-Identifier: Apache-2.0
// Writes the status line and the fields of an answer. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"

namespace hotline::http {

struct ResponseHead {
  int status = 200;
  std::string_view content_type;                ///< "": none
  std::optional<std::uint64_t> content_length;  ///< nullopt: none (204, 304)
  bool keep_alive = true;
  bool is_tls = false;
  std::string_view content_security_policy;
};

/// With the security fields every answer carries. Fields of `extra` come last and replace ours of the same name;
/// control characters in their values become blanks, so that nothing can add a field or a body of its own.
[[nodiscard]] std::string response_head(const ResponseHead& head, const Headers& extra);

}  // namespace hotline::http
