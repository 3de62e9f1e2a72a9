// SPDX-License-Identifier: Apache-2.0
// What the configuration file says of the voice node: signalling, trunks, media, defence, browsers.
#include <algorithm>

#include "main/config_sections.hpp"
#include "voice/media/tones.hpp"
#include "voice/node/leg_sdp.hpp"

namespace hotline::main {
namespace {

/// SRTP by SDES.
const std::vector<std::string> srtp_policies{"off", "offered", "required"};
voice::sdp::SrtpPolicy to_policy(const std::string& text) {
  using voice::sdp::SrtpPolicy;
  return text == "required" ? SrtpPolicy::required : text == "offered" ? SrtpPolicy::offered : SrtpPolicy::off;
}

/// Names of codecs, the best first. What is none is a problem, and left out.
void take_codecs(Section& section, const std::vector<std::string>& names, std::vector<voice::media::Codec>& out) {
  if (names.empty()) return;
  out.clear();
  for (const std::string& name : names) {
    if (const auto codec = voice::media::codec_of(name))
      out.push_back(*codec);
    else
      section->problem_of("codecs", "codec \"" + name + "\" is not known",
                          "use \"pcma\", \"pcmu\", \"g722\", \"opus\"");
  }
}

/// The trunk that a [[gateway]] or [[number_rule]] is of; nullptr, and the problem told, when there is none.
voice::signalling::TrunkConfig* trunk_of(Section& section, voice::signalling::Config& sip, const std::string& name) {
  for (auto& trunk : sip.trunks) {
    if (trunk.name == name) return &trunk;
  }
  if (!name.empty())
    section->problem_of("trunk", "there is no trunk \"" + name + "\"", "write the name of a [[trunk]] above it");
  return nullptr;
}

void read_gateways(TableReader& file, voice::signalling::Config& sip) {
  std::size_t index = 0;
  for (const toml::node* node : file.list("gateway")) {
    const std::string where = "[[gateway]] " + std::to_string(++index);
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      file.problem(*node, where + " is no table", "write [[gateway]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    voice::signalling::GatewayConfig gateway;
    const std::string name = section->required_string("trunk");
    gateway.address = section->required_string("address");
    section.choice("transport", gateway.transport, {"udp", "tcp", "tls"});
    section.number("priority", gateway.priority, 0, 65'535);
    section.number("weight", gateway.weight, 0, 65'535);
    if (auto* trunk = trunk_of(section, sip, name)) trunk->gateways.push_back(std::move(gateway));
  }
}

void read_number_rules(TableReader& file, voice::signalling::Config& sip) {
  std::size_t index = 0;
  for (const toml::node* node : file.list("number_rule")) {
    const std::string where = "[[number_rule]] " + std::to_string(++index);
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      file.problem(*node, where + " is no table", "write [[number_rule]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    voice::signalling::NumberRule rule;
    const std::string name = section->required_string("trunk");
    section.choice("direction", rule.direction, {"in", "out"});
    section.choice("number", rule.number, {"called", "caller"});
    section.text("prefix", rule.prefix);
    section.text("pattern", rule.pattern);
    section.number("strip", rule.strip, 0, 64);
    section.text("add", rule.add);
    if (auto made = voice::signalling::NumberRules::make({rule}, rule.direction, rule.number); !made)
      section->problem_here(made.error().what, made.error().remedy);
    if (auto* trunk = trunk_of(section, sip, name)) trunk->rules.push_back(std::move(rule));
  }
}

void read_trunks(TableReader& file, voice::signalling::Config& sip,
                 std::map<std::string, voice::sdp::SrtpPolicy>& srtp_by_trunk) {
  std::size_t index = 0;
  std::vector<const toml::node*> tables;  // beside sip.trunks
  for (const toml::node* node : file.list("trunk")) {
    const std::string where = "[[trunk]] " + std::to_string(++index);
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      file.problem(*node, where + " is no table", "write [[trunk]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    voice::signalling::TrunkConfig trunk;
    trunk.name = section->required_string("name");
    trunk.peers = section.texts("peers");
    section.number("channels_max", trunk.channels_max, 1, 100'000);
    std::string srtp = "off";
    section.choice("srtp", srtp, srtp_policies);
    srtp_by_trunk[trunk.name] = to_policy(srtp);
    section.number("channels_in_max", trunk.channels_in_max, 0, 100'000);
    section.number("channels_out_max", trunk.channels_out_max, 0, 100'000);
    section.choice("transport", trunk.transport, {"udp", "tcp", "tls"});
    section.duration("ping", trunk.ping);
    section.number("down_after", trunk.down_after, 1, 100);
    section.duration("fail_over_after", trunk.fail_over_after);
    section.text("domain", trunk.domain);
    section.text("user", trunk.user);
    section.text("password", trunk.password);
    section.flag("register", trunk.registers);
    section.duration("register_expires", trunk.register_expires);
    section.text("inbound_user", trunk.inbound_user);
    section.text("inbound_password", trunk.inbound_password);
    section.text("caller_default", trunk.caller_default);
    trunk.caller_prefixes = section.texts("caller_prefixes");
    trunk.codecs = section.texts("codecs");
    std::vector<voice::media::Codec> known;  // looked at here, so that a mistake has its line
    take_codecs(section, trunk.codecs, known);
    if (trunk.user.empty() != trunk.password.empty())
      section->problem_here("only one of user and password is given", "give both, or none");
    if (trunk.inbound_user.empty() != trunk.inbound_password.empty())
      section->problem_here("only one of inbound_user and inbound_password is given", "give both, or none");
    if (trunk.registers && trunk.user.empty())
      section->problem_of("register", "register is set without user and password", "give what the carrier gave you");
    if (trunk.register_expires < Duration{10'000})
      section->problem_of("register_expires", "register_expires is below 10 s", "give 10 to 3600");
    section.flag("trusted_identity", trunk.trusted_identity);
    section.flag("follow_redirects", trunk.follow_redirects);
    sip.trunks.push_back(std::move(trunk));
    tables.push_back(node);
  }
  read_gateways(file, sip);
  read_number_rules(file, sip);
  // Only now is it known which trunks have gateways.
  for (std::size_t i = 0; i < sip.trunks.size(); ++i) {
    const auto& trunk = sip.trunks[i];
    if (trunk.peers.empty() && trunk.gateways.empty())
      file.problem(*tables[i], "trunk \"" + trunk.name + "\" has neither peers nor a [[gateway]]",
                   "list who may call in, e.g. peers = [\"10.0.0.1:5060\"], or [\"*\"] for anyone");
  }
}

void read_defence(TableReader& file, voice::node::NodeConfig& node) {
  Section section(file, "defence");
  voice::signalling::DefenceConfig& defence = node.sip.defence;
  section.number("answers_per_source", defence.answers_per_source, 1, 1'000);
  section.number("answers", defence.answers_max, 1, 100'000);
  section.number("failures", defence.failures_max, 1, 1'000);
  section.duration("failure_window", defence.failure_window);
  section.long_duration("silence", defence.silence);
  section.number("sources", defence.sources_max, 100, 1'000'000);
  section.flag("shed", node.shed);
}

/// Media has one address, or one of each family.
void read_media_addresses(Section& section, const std::vector<std::string>& bind, std::vector<std::string> advertised,
                          voice::node::NodeConfig& node) {
  std::erase(advertised, "");
  const auto check = [&](std::string_view key, const std::vector<std::string>& list) {
    int families = 0;
    for (const std::string& address : list) {
      const auto numeric = voice::node::to_socket_address(address, 0);
      const int family = !numeric ? 0 : numeric->ss_family == AF_INET6 ? 2 : 1;
      if (family == 0)
        section->problem_of(key, std::string(key) + " has \"" + address + "\", which is no numeric address",
                            "give an IPv4 or IPv6 address, or a list of one of each");
      else if ((families & family) != 0)
        section->problem_of(key, std::string(key) + " has two addresses of one family",
                            "give one IPv4 address and one IPv6 address at most");
      families |= family;
    }
  };
  check("bind", bind);
  check("advertised", advertised);
  if (!bind.empty()) node.media.bind_address = bind.front();
  if (bind.size() > 1) node.media.other_bind_address = bind[1];
  node.media_advertised_addresses = std::move(advertised);
}

}  // namespace

void read_voice(TableReader& file, Config& config, const fs::path& base) {
  voice::node::NodeConfig& node = config.voice;
  {
    Section section(file, "voice");
    section.flag("local", config.local_voice);
    section.text("name", node.name);
    section.number("calls_max", node.calls_max, 1, 20'000);
    section.path("recordings", node.recordings_directory, config.data);
    fs::path link = node.link_path;
    section.path("link", link, config.data);
    node.link_path = link.string();
    section.duration("drain_limit", node.drain_limit);
    for (const std::string& directory : section.texts("prompts")) {
      node.prompt_directories.push_back(fs::path(directory).is_absolute() ? fs::path(directory)
                                                                          : (base / directory).lexically_normal());
    }
  }
  {
    Section section(file, "sip");
    auto addresses = section.texts("bind");
    if (!addresses.empty()) {
      node.sip.bind_address = addresses.front();
      node.sip.more_addresses.assign(addresses.begin() + 1, addresses.end());
    }
    section.text("advertised", node.sip.advertised_address);
    section.port("udp_port", node.sip.udp_port);
    section.port("tcp_port", node.sip.tcp_port);
    section.number("sessions_max", node.sip.sessions_max, 2, 40'000);
    section.number("retry_after", node.sip.retry_after_s, 1, 3'600);
    node.sip.agent_contacts = section.texts("agent_hosts");
    section.number("session_expires", node.sip.session_expires_s, 0, 86'400);
    section.number("session_expires_min", node.sip.session_expires_min_s, 4, 86'400);  // below 90 for tests alone
    if (section && node.sip.session_expires_s != 0 && node.sip.session_expires_s < node.sip.session_expires_min_s) {
      section->problem_of("session_expires", "session_expires is less than session_expires_min",
                          "give at least session_expires_min seconds, or 0 to ask for no session timer");
    }
    std::string srtp = "off";
    section.choice("srtp", srtp, srtp_policies);
    node.srtp_phones = to_policy(srtp);
    section.text("realm", node.sip.registrar.realm);
    section.flag("digest_sha256", node.sip.registrar.sha256);
    section.duration("register_expires_min", node.sip.registrar.expires_min);
    section.duration("register_expires_max", node.sip.registrar.expires_max);
    section.number("bindings_max", node.sip.registrar.bindings_max, 1, 100);
    section.duration("phone_ping", node.sip.registrar.ping);
    section.number("connections_max", node.sip.connections_max, 1, 60'000);
    section.number("connections_per_source_max", node.sip.connections_per_source_max, 1, 60'000);
    section.duration("connection_idle", node.sip.connection_idle);
    section.number("receive_buffer", node.sip.receive_buffer, 65'536, 1 << 30);
    if (section && node.sip.registrar.expires_max < node.sip.registrar.expires_min)
      section->problem_of("register_expires_max", "register_expires_max is less than register_expires_min",
                          "give register_expires_min <= register_expires_max");
    if (section && node.sip.registrar.realm.find_first_of("\"\\") != std::string::npos)
      section->problem_of("realm", "realm has a quote or a backslash", "use letters, digits, dots, blanks");
  }
  {
    Section section(file, "sip_tls");
    voice::signalling::TlsConfig tls;
    fs::path certificate, key, authorities;
    section.port("port", tls.port);
    section.path("certificate", certificate, base);
    section.path("key", key, base);
    section.path("authorities", authorities, base);
    section.flag("verify", tls.verify);
    tls.certificate = certificate.string();
    tls.key = key.string();
    tls.ca = authorities.string();
    if (section && (certificate.empty() || key.empty()))
      section->problem_here("certificate and key are needed for TLS", "give the paths of two PEM files");
    if (section) node.sip.tls = std::move(tls);
  }
  read_trunks(file, node.sip, node.srtp_by_trunk);
  read_defence(file, node);
  {
    Section section(file, "media");
    read_media_addresses(section, section.texts("bind"), section.texts("advertised"), node);
    section.port("port_min", node.media.port_min);
    section.port("port_max", node.media.port_max);
    section.number("threads", node.media.shards, 1, 64);
    section.duration("dead_after", node.media.dead_after);
    section.duration("silence_after", node.media.silence_after);
    section.flag("silence_ends", node.silence_ends);
    section.choice("country", node.media.country, voice::media::Tones::countries());
    take_codecs(section, section.texts("codecs"), node.codecs);
    if (section && node.media.port_max < node.media.port_min) {
      section->problem_of("port_max", "port_max is less than port_min",
                          "give port_min <= port_max, or 0 and 0 for any port");
    }
  }
  Section section(file, "webrtc");
  section.text("bind", node.webrtc.bind_address);
  section.text("advertised", node.webrtc.advertised_address);
  section.port("port", node.webrtc.port);
}

}  // namespace hotline::main
