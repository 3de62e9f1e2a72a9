// SPDX-License-Identifier: Apache-2.0
// TOML files of people's hands: read whole, within limits, with what is wrong and where. Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/toml/table_reader.hpp"

namespace hotline::toml_reader {

/// A larger file is refused unread.
inline constexpr std::size_t kFileBytesMax = 1 << 20;

/// A file's bytes; one more than kFileBytesMax at the most, so that parse_file sees that there are too many. nullopt:
/// it cannot be read.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);

/// nullopt: too large or no TOML, and the sink says so; `if_large`: what to do with a file that is too large.
[[nodiscard]] std::optional<toml::table> parse_file(const std::string& name, const std::string& text,
                                                    const char* if_large, ProblemSink& sink);

}  // namespace hotline::toml_reader
