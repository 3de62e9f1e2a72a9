// SPDX-License-Identifier: Apache-2.0
// [siprec] of the configuration: the outside recorder, for the core (which calls) and the voice node (where to).
#include <algorithm>

#include "main/config_sections.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::main {
namespace {

void check_times(Section& section, const voice::siprec::Config& siprec) {
  constexpr Duration least{100};
  const auto check = [&](std::string_view key, Duration value) {
    if (value < least) section->problem_of(key, std::string(key) + " is less than 0.1 s", "give at least 0.1");
  };
  check("fail_over_after", siprec.fail_over_after);
  check("answer_within", siprec.answer_within);
  check("retry_min", siprec.retry_min);
  if (siprec.retry_max < siprec.retry_min)
    section->problem_here("retry_max is less than retry_min", "give retry_min <= retry_max");
}

void check_servers(Section& section, const Config& config) {
  const voice::siprec::Config& siprec = config.voice.siprec;
  if (siprec.servers.empty())
    section->missing("servers", "name the recorder, e.g. servers = [\"192.0.2.40:5060\"], or set enabled = false");
  for (const std::string& server : siprec.servers) {
    if (const auto read = voice::signalling::read_host_port(server); !read)
      section->problem_of("servers", read.error().what, read.error().remedy);
  }
  if (siprec.transport == "tls" && !config.voice.sip.tls)
    section->problem_of("transport", "transport is \"tls\" but there is no [sip_tls]",
                        "add [sip_tls] with a certificate, or use \"tcp\"");
}

void check(Section& section, const Config& config) {
  const voice::siprec::Config& siprec = config.voice.siprec;
  check_times(section, siprec);
  if (siprec.domain.find_first_of("<>\"@; \t") != std::string::npos)
    section->problem_of("domain", "domain is no host name", "write e.g. domain = \"hotline.example\"");
  if (siprec.login.empty() != siprec.password.empty())
    section->problem_here("only one of login and password is given", "give both, or none");
  if (siprec.enabled) check_servers(section, config);
  const auto& known = config.voice.sip.trunks;
  const auto has = [&](const std::string& name) {
    return std::any_of(known.begin(), known.end(), [&](const auto& trunk) { return trunk.name == name; });
  };
  if (has(voice::siprec::trunk_name))
    section->problem_here("a [[trunk]] is named \"siprec\", as the recorder is", "give the trunk another name");
  // The trunks of nodes of their own stand in their configuration, not in this one.
  if (!config.local_voice || !config.nodes.empty()) return;
  for (const std::string& trunk : config.live.outside.trunks) {
    if (!has(trunk))
      section->problem_of("trunks", "there is no trunk \"" + trunk + "\"", "write the name of a [[trunk]]");
  }
}

}  // namespace

void read_siprec(TableReader& file, Config& config) {
  Section section(file, "siprec");
  voice::siprec::Config& siprec = config.voice.siprec;
  app::OutsideRules& rules = config.live.outside;
  section.flag("enabled", siprec.enabled);
  siprec.servers = section.texts("servers");
  section.choice("transport", siprec.transport, {"udp", "tcp", "tls"});
  section.flag("srtp", siprec.srtp);
  section.text("user", siprec.user);
  section.text("login", siprec.login);
  section.text("password", siprec.password);
  section.text("domain", siprec.domain);
  section.number("sessions_max", siprec.sessions_max, 1, 20'000);
  section.duration("ping", siprec.ping);
  section.duration("fail_over_after", siprec.fail_over_after);
  section.duration("answer_within", siprec.answer_within);
  section.duration("retry_min", siprec.retry_min);
  section.duration("retry_max", siprec.retry_max);
  const auto lines = section.texts("service_lines");
  const auto trunks = section.texts("trunks");
  if (!section) return;
  rules.enabled = siprec.enabled;
  rules.service_lines = {lines.begin(), lines.end()};
  rules.trunks = {trunks.begin(), trunks.end()};
  check(section, config);
}

}  // namespace hotline::main
