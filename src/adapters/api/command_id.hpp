// SPDX-License-Identifier: Apache-2.0
// The id a sender gives a command, so that sent twice it is done once. Private to this folder.
#pragma once

#include <string>

namespace hotline::api {

[[nodiscard]] inline bool is_command_id(const std::string& id) {
  return id.size() >= 8 && id.size() <= 64 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == std::string::npos;
}
inline constexpr const char* command_id_rule = "8 to 64 letters, digits, '-' and '_', chosen anew for each command";

}  // namespace hotline::api
