// SPDX-License-Identifier: Apache-2.0
// SHA-256 as 64 hexadecimal digits. Private to this folder; any thread.
#pragma once

#include <string>
#include <string_view>

namespace hotline::api {

[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace hotline::api
