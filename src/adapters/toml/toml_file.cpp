// SPDX-License-Identifier: Apache-2.0
#include "adapters/toml/toml_file.hpp"

#include <fmt/format.h>

#include <fstream>

namespace hotline::toml_reader {

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.eof() && in.fail()) || !in.is_open()) return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::optional<toml::table> parse_file(const std::string& name, const std::string& text, const char* if_large,
                                      ProblemSink& sink) {
  if (text.size() > kFileBytesMax) {
    sink.add(0, "the file is larger than 1 MiB", if_large);
    return std::nullopt;
  }
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    sink.add(error.source().begin.line, fmt::format("not valid TOML: {}", error.description()),
             "correct the syntax (https://toml.io)");
    return std::nullopt;
  }
}

}  // namespace hotline::toml_reader
