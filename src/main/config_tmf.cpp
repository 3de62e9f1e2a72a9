// SPDX-License-Identifier: Apache-2.0
// Reads [tmf].
#include <algorithm>

#include "main/config_sections.hpp"

namespace hotline::main {
namespace {

bool is_plain(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_base_url(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) return is_plain(url.substr(scheme.size()), "-.:[]");
  return false;
}

}  // namespace

void read_tmf(TableReader& file, Config& config, const fs::path& base) {
  Section section(file, "tmf");
  TmfSettings& tmf = config.tmf;
  section.flag("enabled", tmf.enabled);
  section.text("public_url", tmf.public_url);
  if (!tmf.public_url.empty() && !is_base_url(tmf.public_url))
    section->problem_of("public_url", "public_url is \"" + tmf.public_url + "\"",
                        "write how clients reach this server, as in \"https://hotline.example.com\", without a path");
  tmf.tickets = section.texts("tickets");
  for (const std::string& type : tmf.tickets)
    if (!is_plain(type, "_"))
      section->problem_of("tickets", "\"" + type + "\" is no type of order", "name files of [orders] without .toml");
  tmf.callback_hosts = section.texts("callback_hosts");
  for (const std::string& host : tmf.callback_hosts)
    if (!is_plain(host.starts_with("*.") ? host.substr(2) : host, "-.:[]"))
      section->problem_of("callback_hosts", "\"" + host + "\" is no host",
                          "write \"host\", \"host:port\" or \"*.domain\"");
  section.path("callback_ca", tmf.callback_ca, base);
  section.duration("timeout", tmf.timeout);
  section.duration("retry_most", tmf.retry_most);
  section.long_duration("give_up_after", tmf.give_up_after);
  if (section && (tmf.timeout < Duration{100} || tmf.timeout > Duration{30'000}))
    section->problem_of("timeout", "timeout is not 0.1 to 30 s", "give 0.1 to 30");
  if (section && tmf.retry_most < Duration{1'000})
    section->problem_of("retry_most", "retry_most is less than 1 s", "give at least 1");
}

}  // namespace hotline::main
