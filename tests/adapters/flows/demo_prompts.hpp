// SPDX-License-Identifier: Apache-2.0
// The keys of the sentences that ship, read from prompts/*.toml, so that flows can be checked before any sound is made.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hotline::flows {

inline std::vector<std::string> prompt_keys(const std::filesystem::path& dir) {
  std::vector<std::string> out;
  for (const std::string language : {"cmn", "en"}) {
    const auto file = toml::parse_file((dir / (language + ".toml")).string());
    for (const auto& [key, value] : file) {
      const auto name = language + "/" + std::string(key.str());
      if (const auto* words = value.as_table()) {
        for (const auto& [word, text] : *words) out.push_back(name + "/" + std::string(word.str()));
      } else {
        out.push_back(name);
      }
    }
  }
  return out;
}

}  // namespace hotline::flows
