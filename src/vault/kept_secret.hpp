// SPDX-License-Identifier: Apache-2.0
// A secret a program makes for itself and keeps beside its data: what it has signed stays valid when it starts again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace hotline::vault {

inline constexpr std::size_t kept_secret_bytes = 32;

/// The random bytes in `file` (mode 0600, in a folder there is), made and durable when there is no such file yet. A
/// file of another size is an error: nobody guesses what it was.
[[nodiscard]] Result<std::string, Problem> kept_secret(const std::filesystem::path& file);

}  // namespace hotline::vault
