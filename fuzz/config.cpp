// SPDX-License-Identifier: Apache-2.0
// The configuration file from memory: whatever the text, a configuration or problems that say where and what.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "main/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = hotline::main::parse_config(text, "/etc/hotline.toml", "/var/lib/hotline");
  if (config) return 0;
  if (config.error().empty()) std::abort();  // refused without saying why
  for (const auto& problem : config.error()) {
    if (problem.file != "/etc/hotline.toml" || (problem.what.empty() && problem.remedy.empty())) std::abort();
  }
  return 0;
}
