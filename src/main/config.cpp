// SPDX-License-Identifier: Apache-2.0
#include "main/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

#include "adapters/toml/table_reader.hpp"
#include "voice/media/tones.hpp"

namespace hotline::main {
namespace {

using toml_reader::ProblemSink;
using toml_reader::TableReader;
namespace fs = std::filesystem;

/// Reads one section into the configuration. Missing keys keep their defaults.
class Section {
 public:
  Section(TableReader& file, std::string_view name) {
    if (const toml::table* table = file.table(name))
      reader_.emplace(*table, "[" + std::string(name) + "]", file.sink());
  }
  Section(const toml::table& table, std::string where, ProblemSink& sink) {
    reader_.emplace(table, std::move(where), sink);
  }
  ~Section() {
    if (reader_) reader_->finish();
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  explicit operator bool() const { return reader_.has_value(); }
  TableReader* operator->() { return &*reader_; }

  void text(std::string_view key, std::string& out) {
    if (!reader_) return;
    if (auto value = reader_->string(key)) out = std::move(*value);
  }
  void choice(std::string_view key, std::string& out, const std::vector<std::string>& allowed) {
    if (!reader_) return;
    auto value = reader_->string(key);
    if (!value) return;
    std::string list;
    for (const std::string& one : allowed) {
      if (*value == one) {
        out = std::move(*value);
        return;
      }
      list += (list.empty() ? "\"" : ", \"") + one + "\"";
    }
    reader_->problem_of(key, std::string(key) + " is \"" + *value + "\"", "use one of " + list);
  }
  void flag(std::string_view key, bool& out) {
    if (!reader_) return;
    if (const auto value = reader_->boolean(key)) out = *value;
  }
  template <class T>
  void number(std::string_view key, T& out, std::int64_t least, std::int64_t most) {
    if (!reader_) return;
    if (const auto value = reader_->integer(key, least, most)) out = static_cast<T>(*value);
  }
  void port(std::string_view key, std::uint16_t& out) { number(key, out, 0, 65'535); }
  /// A port that may be switched off with false.
  void port_or_off(std::string_view key, std::optional<std::uint16_t>& out) {
    if (!reader_ || !reader_->has(key)) return;
    const auto value = reader_->integer(key, -1, 65'535);
    if (value) out = *value < 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(*value));
  }
  void duration(std::string_view key, Duration& out) {
    if (!reader_) return;
    if (const auto value = reader_->seconds(key)) out = *value;
  }
  /// Whole seconds up to a week.
  void long_duration(std::string_view key, Duration& out) {
    std::int64_t seconds = out.count() / 1'000;
    number(key, seconds, 1, 7 * 86'400);
    out = std::chrono::seconds(seconds);
  }
  void duration(std::string_view key, std::optional<Duration>& out) {
    if (!reader_) return;
    if (const auto value = reader_->seconds(key)) out = *value;
  }
  void path(std::string_view key, fs::path& out, const fs::path& base) {
    if (!reader_) return;
    if (auto value = reader_->string(key))
      out = fs::path(*value).is_absolute() ? fs::path(*value) : (base / *value).lexically_normal();
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    if (!reader_) return out;
    for (const toml::node* node : reader_->list(key)) {
      if (const auto value = node->value<std::string>()) {
        out.push_back(*value);
      } else {
        reader_->problem(*node, std::string(key) + " has an item that is no text", "put every item in quotes");
      }
    }
    return out;
  }

 private:
  std::optional<TableReader> reader_;
};

void read_web(TableReader& file, WebConfig& web, const fs::path& base) {
  Section section(file, "web");
  section.text("bind", web.bind_address);
  section.port_or_off("https_port", web.https_port);
  section.port_or_off("http_port", web.http_port);
  section.flag("redirect_http", web.redirect_http);
  section.path("root", web.root, base);
  section.path("certificate", web.certificate_file, base);
  section.path("key", web.key_file, base);
  web.names = section.texts("names");
  web.allowed_origins = section.texts("allowed_origins");
  section.long_duration("session_idle", web.session_idle);
  section.long_duration("session_max", web.session_max);
  if (!section) return;
  if (web.certificate_file.empty() != web.key_file.empty()) {
    section->problem_here("only one of certificate and key is given", "give both, or none for a self-made certificate");
  }
  if (!web.https_port && !web.http_port)
    section->problem_here("both ports are switched off", "give https_port or http_port");
}

void read_live(TableReader& file, app::LiveConfig& live) {
  Section section(file, "live");
  section.text("entry_number", live.entry_number);
  section.text("default_queue", live.default_queue);
  section.duration("service_level_threshold", live.service_level_threshold);
  section.duration("short_abandon", live.short_abandon);
  section.duration("recording_pause_max", live.call.recording_pause_max);
  section.number("calls_max", live.calls_max, 1, 100'000);
  section.number("retry_after", live.retry_after_s, 1, 3'600);
  std::int64_t offset = live.utc_offset.count();
  section.number("utc_offset_minutes", offset, -14 * 60, 14 * 60);
  live.utc_offset = std::chrono::minutes(offset);
}

/// A number as it is dialled: digits, + in front.
bool is_number(const std::string& text) {
  const std::size_t first = text.starts_with('+') ? 1 : 0;
  return text.size() > first && text.size() <= 32 && text.find_first_not_of("0123456789", first) == std::string::npos;
}

void read_trace(TableReader& file, Config& config) {
  Section section(file, "trace");
  auto& trace = config.voice.sip.trace;
  section.flag("enabled", trace.enabled);
  section.number("messages_max", trace.messages_max, 10, 1'000);
  section.number("bytes_max", trace.bytes_max, 4'096, 500'000);
  section.number("total_bytes_max", trace.total_bytes_max, 65'536, std::int64_t{1} << 32U);
  std::int64_t days = config.live.trace_kept.count();
  section.number("days", days, 0, 3'650);
  config.live.trace_kept = std::chrono::days(days);
}

void read_outbound(TableReader& file, app::DialRules& rules) {
  Section section(file, "outbound");
  section.flag("enabled", rules.enabled);
  section.text("caller_number", rules.shown);
  rules.allowed = section.texts("allowed");
  rules.refused = section.texts("refused");
  if (section && section->has("emergency")) rules.emergency = section.texts("emergency");
  section.number("digits_min", rules.digits_min, 1, 32);
  section.number("digits_max", rules.digits_max, 1, 31);
  if (!section) return;
  const auto check = [&](std::string_view key, const std::vector<std::string>& list) {
    for (const std::string& number : list) {
      if (!is_number(number))
        section->problem_of(key, std::string(key) + " has \"" + number + "\", which is no number",
                            "use digits alone, with + in front of a country code");
    }
  };
  check("allowed", rules.allowed);
  check("refused", rules.refused);
  check("emergency", rules.emergency);
  if (!rules.shown.empty()) check("caller_number", {rules.shown});
  if (rules.digits_max < rules.digits_min)
    section->problem_of("digits_max", "digits_max is less than digits_min", "give digits_min <= digits_max");
  for (const std::string& item : section.texts("line_caller_numbers")) {
    const auto at = item.find('=');
    const std::string number = at == std::string::npos ? std::string() : item.substr(at + 1);
    if (at == 0 || !is_number(number)) {
      section->problem_of("line_caller_numbers", "\"" + item + "\" names no service line and number",
                          "write \"CODE=NUMBER\", e.g. \"112=1120\"");
      continue;
    }
    rules.by_line[item.substr(0, at)] = number;
  }
}

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
    section.number("session_expires_min", node.sip.session_expires_min_s, 90, 86'400);
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
    section.text("bind", node.media.bind_address);
    section.text("advertised", node.media_advertised_address);
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

/// Calls `read` with each table of an array of tables.
template <class Read>
void each_table(TableReader& file, const std::string& name, Read&& read) {
  std::size_t index = 0;
  for (const toml::node* node : file.list(name)) {
    const std::string where = "[[" + name + "]] " + std::to_string(++index);
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      file.problem(*node, where + " is no table", "write [[" + name + "]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    read(section);
  }
}

void read_recordings(TableReader& file, Config& config, const fs::path& base) {
  constexpr std::int64_t days_max = 36'500;
  constexpr std::uint64_t megabyte = 1'000'000;
  voice::archive::Config& archiving = config.voice.archiving;
  {
    Section section(file, "recordings");
    section.flag("archive", config.ledger.archive);
    section.number("opus_bitrate", archiving.bitrate, 6'000, 64'000);
    section.number("opus_complexity", archiving.complexity, 0, 10);
    std::string priority = "low";
    section.choice("priority", priority, {"idle", "low", "normal"});
    using voice::archive::Priority;
    archiving.priority = priority == "idle" ? Priority::idle : priority == "low" ? Priority::low : Priority::normal;
    std::int64_t percent = std::lround(archiving.rest_above * 100);
    section.number("rest_above_percent", percent, 1, 100);
    archiving.rest_above = static_cast<double>(percent) / 100;
    std::uint64_t warn = archiving.room.warn_free / megabyte, stop = archiving.room.stop_free / megabyte;
    section.number("warn_free_mb", warn, 0, 1'000'000'000);
    section.number("stop_free_mb", stop, 0, 1'000'000'000);
    archiving.room = {warn * megabyte, stop * megabyte};
    section.number("keep_days", config.ledger.retention.days, 0, days_max);
    section.duration("pass_every", config.ledger.pass_every);
    if (section && stop > warn)
      section->problem_of("stop_free_mb", "stop_free_mb is more than warn_free_mb", "the warning must come first");
    if (section && config.ledger.pass_every < Duration{100})
      section->problem_of("pass_every", "pass_every is less than 0.1 s", "give at least 0.1");
  }
  each_table(file, "retention", [&](Section& section) {
    app::RetentionRule rule;
    section.text("service_line", rule.service_line);
    section.text("reason", rule.reason);
    section.number("days", rule.days, 0, days_max);
    if (rule.service_line.empty() && rule.reason.empty())
      section->problem_here("neither service_line nor reason is given", "name one, or use [recordings] keep_days");
    config.ledger.retention.rules.push_back(std::move(rule));
  });
  each_table(file, "recording_key", [&](Section& section) {
    vault::KeyFile key;
    key.id = section->required_string("id");
    section.path("file", key.file, base);
    if (!key.id.empty() && !vault::is_key_id(key.id))
      section->problem_of("id", "'" + key.id + "' is no name for a key",
                          "use 1 to 31 lower-case letters, digits, '-' and '_'");
    if (key.file.empty()) section->missing("file", "name the file with the key's 64 hexadecimal digits");
    config.voice.recording_keys.push_back(std::move(key));
  });
}

void read_nodes(TableReader& file, Config& config) {
  std::size_t index = 0;
  for (const toml::node* item : file.list("voice_node")) {
    const std::string where = "[[voice_node]] " + std::to_string(++index);
    const toml::table* table = item->as_table();
    if (table == nullptr) {
      file.problem(*item, where + " is no table", "write [[voice_node]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    voice_adapter::NodeAddress node;
    node.name = section->required_string("name");
    node.address = section->required_string("address");
    config.nodes.push_back(std::move(node));
  }
}

void read_rest(TableReader& file, Config& config, const fs::path& base) {
  {
    Section section(file, "log");
    section.choice("level", config.log.level, {"debug", "info", "warn", "error"});
    section.choice("format", config.log.format, {"text", "json"});
  }
  {
    Section section(file, "store");
    std::string url = "sqlite:hotline.db";
    section.text("url", url);
    if (url.starts_with("sqlite:")) {
      const fs::path path = url.substr(7);
      config.store_url = "sqlite:" + (path.is_absolute() ? path : config.data / path).string();
    } else if (url.starts_with("postgresql://")) {
      config.store_url = url;
    } else if (section) {
      section->problem_of("url", "url is neither SQLite nor PostgreSQL",
                          "use \"sqlite:FILE\" or \"postgresql://user@host/database\"");
    }
  }
  {
    Section section(file, "flows");
    section.path("directory", config.flows, base);
  }
  {
    Section section(file, "shutdown");
    section.duration("drain_limit", config.drain_limit);
  }
  Section section(file, "demo");
  section.number("seed", config.demo.seed, 0, 1'000'000'000);
  section.text("agent_contact", config.demo.agent_contact);
  section.number("phones", config.demo.phones, 0, 150);
  section.duration("wrap_up", config.demo.wrap_up);
}

}  // namespace

Result<Config, FileProblems> parse_config(std::string_view text, const fs::path& file, const fs::path& data) {
  FileProblems problems;
  ProblemSink sink{file.string(), problems};
  Config config;
  config.file = file;
  config.data = data;
  const fs::path base = file.parent_path();
  config.voice.recordings_directory = data / "recordings";
  config.voice.link_path = (data / "voice.sock").string();
  try {
    const toml::table root = toml::parse(text, file.string());
    TableReader reader(root, "", sink);
    read_web(reader, config.web, base);
    read_live(reader, config.live);
    read_outbound(reader, config.live.outbound);
    read_trace(reader, config);
    read_voice(reader, config, base);
    read_recordings(reader, config, base);
    read_nodes(reader, config);
    read_rest(reader, config, base);
    reader.finish();
  } catch (const toml::parse_error& error) {
    problems.push_back(
        {file.string(), error.source().begin.line, std::string(error.description()), "correct the TOML at this line"});
  }
  if (!problems.empty()) return fail(std::move(problems));
  return config;
}

Result<Config, FileProblems> load_config(const fs::path& file, const fs::path& data) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    return fail(FileProblems{
        {file.string(), 0, "the configuration file cannot be read", "give an existing file with --config"}});
  }
  return parse_config(text.str(), fs::absolute(file).lexically_normal(), fs::absolute(data).lexically_normal());
}

}  // namespace hotline::main
