// SPDX-License-Identifier: Apache-2.0
// SHA-256 of a text. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace hotline::vault {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace hotline::vault
