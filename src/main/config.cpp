// SPDX-License-Identifier: Apache-2.0
#include "main/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/node_origin.hpp"
#include "main/config_sections.hpp"

namespace hotline::main {
namespace {

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
  section.duration("caller_grace", web.caller_grace);
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

/// After the trunks: it names one of them.
void read_outbound(TableReader& file, Config& config) {
  app::DialRules& rules = config.live.outbound;
  Section section(file, "outbound");
  section.text("trunk", config.outbound_trunk);
  const auto& trunks = config.voice.sip.trunks;  // none here: the voice nodes have files of their own
  if (!config.outbound_trunk.empty() && !trunks.empty() &&
      std::ranges::none_of(trunks, [&](const auto& trunk) { return trunk.name == config.outbound_trunk; }))
    section->problem_of("trunk", "there is no trunk \"" + config.outbound_trunk + "\"",
                        "write the name of a [[trunk]]");
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
    // A node keeps its recordings beside its link unless it is told otherwise; one that this file describes is known.
    node.recordings = node.name == config.voice.name ? config.voice.recordings_directory
                                                     : fs::path(node.address).parent_path() / "recordings";
    section.path("recordings", node.recordings, config.data);
    const auto taken = [&](const auto& other) { return other.name == node.name; };
    if ((config.local_voice && node.name == config.voice.name) || std::ranges::any_of(config.nodes, taken))
      section->problem_of("name", "a second voice node with the name \"" + node.name + "\"",
                          "give each node a name of its own; [voice] name is that of the local one");
    const auto clash = [&](const std::string& other) {
      return other != node.name && origin_of_node(other) == origin_of_node(node.name);
    };
    const auto at = std::ranges::find_if(config.nodes, clash, &voice_adapter::NodeAddress::name);
    if (at != config.nodes.end() || (config.local_voice && clash(config.voice.name)))
      section->problem_of("name",
                          "voice nodes \"" + (at != config.nodes.end() ? at->name : config.voice.name) + "\" and \"" +
                              node.name + "\" would make the same ids",
                          "choose another name for one of them");
    const auto shared = [&](const auto& other) { return other.address == node.address; };
    if ((config.local_voice && node.address == config.voice.link_path) || std::ranges::any_of(config.nodes, shared))
      section->problem_of("address", "two voice nodes have the link \"" + node.address + "\"",
                          "give each node a data folder of its own");
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
    Section section(file, "orders");
    section.path("directory", config.orders, base);
    config.attachments = config.data / "attachments";
    section.path("attachments", config.attachments, config.data);
    section.number("attachment_mb", config.attachment_mb, 1, 100);
    section.duration("clock_every", config.orders_clock_every);
    section.number("command_id_days", config.command_id_days, 1, 36'500);
    if (section && config.orders_clock_every < Duration{100})
      section->problem_of("clock_every", "clock_every is less than 0.1 s", "give at least 0.1");
  }
  {
    Section section(file, "appointments");
    section.long_duration("hold_for", config.appointments.hold_for);
    section.long_duration("change_notice", config.appointments.change_notice);
    section.long_duration("grace", config.appointments.grace);
    section.long_duration("reminder", config.appointments.reminder);
    section.long_duration("on_site_most", config.appointments.on_site_most);
    section.duration("clock_every", config.appointments_clock_every);
    if (section && config.appointments_clock_every < Duration{100})
      section->problem_of("clock_every", "clock_every is less than 0.1 s", "give at least 0.1");
    if (section && config.appointments.hold_for < Duration{60'000})
      section->problem_of("hold_for", "hold_for is less than a minute: customers could not choose", "give at least 60");
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
    read_trace(reader, config);
    read_voice(reader, config, base);
    read_outbound(reader, config);
    read_recordings(reader, config, base);
    read_nodes(reader, config);
    read_siprec(reader, config);
    read_tmf(reader, config, base);
    read_outside(reader, config.outside, base);
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
