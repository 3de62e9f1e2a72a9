// SPDX-License-Identifier: Apache-2.0
// The configuration file (TOML), read once at start and checked wholly: every problem with file, line and remedy.
// Reference: docs/operations.md. Relative paths are taken from the file's folder, those of data from the data folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/server.hpp"
#include "adapters/ledger/ledger_passes.hpp"
#include "adapters/voice/voice_links.hpp"
#include "app/live/live.hpp"
#include "app/outside/partner.hpp"
#include "base/file_problem.hpp"
#include "base/result.hpp"
#include "domain/appointment/appointment.hpp"
#include "voice/node/node_config.hpp"

namespace hotline::main {

struct LogConfig {
  std::string level = "info";   ///< debug, info, warn, error
  std::string format = "text";  ///< text, json (one object a line)
};

struct WebConfig {
  std::string bind_address = "*";
  std::optional<std::uint16_t> https_port = 8443, http_port = 8080;
  bool redirect_http = true;   ///< false: plain HTTP serves too (behind a proxy)
  std::filesystem::path root;  ///< built web application
  std::filesystem::path certificate_file, key_file;
  std::vector<std::string> names;  ///< host names for the self-made certificate
  std::vector<std::string> allowed_origins;
  Duration session_idle{12 * 3'600'000};  ///< a staff session unused for this long ends
  Duration session_max{24 * 3'600'000};
  Duration caller_grace{30'000};  ///< a customer's page away for longer: its call ends
};

struct DemoConfig {
  std::uint64_t seed = 1000;
  std::optional<Duration> wrap_up;  ///< of every demo queue; 0: none, for load generators
  std::uint32_t phones = 5;         ///< agents, from the last one down, who have a SIP account for a phone
  std::string agent_contact;        ///< SIP contact of every demo agent, {number} is the staff number; empty: none
};

/// [tmf]: the TM Forum APIs (docs/tmf.md).
struct TmfSettings {
  bool enabled = true;
  std::string public_url;            ///< "https://host[:port]"; empty: as requests say
  std::vector<std::string> tickets;  ///< types of orders that are trouble tickets; empty: as tmf::TmfConfig has it
  std::vector<std::string> callback_hosts;  ///< where events may be sent
  std::filesystem::path callback_ca;
  Duration timeout{10'000}, retry_most{300'000}, give_up_after{7 * 86'400'000};
};

/// What leaves the program, and for whom. Secrets are read from their files by serve.
struct OutsideConfig {
  std::string mail_server;  ///< smtp://…, smtps://…; empty: no mail
  std::string mail_from, mail_from_name = "Hotline", mail_username;
  std::filesystem::path mail_password_file, mail_ca_file;
  bool mail_require_tls = true;
  Duration mail_timeout{30'000};
  std::string push_subject;  ///< mailto: or https:; empty: no web push
  std::vector<std::string> push_services{"fcm.googleapis.com", "*.push.services.mozilla.com", "*.notify.windows.com",
                                         "web.push.apple.com"};
  std::filesystem::path push_ca_file;
  Duration deliver_every{1'000}, retry_first{10'000};
  std::string language = "zh_hans";
  std::string page_url;  ///< of this hotline's pages
  std::int64_t keep_trying_hours = 48, keep_days = 90;
  app::Partners partners = app::usual_partners();
  std::map<std::string, std::filesystem::path> partner_secret_files;  ///< by the partner's code
};

struct Config {
  std::filesystem::path file;  ///< empty: built-in defaults
  std::filesystem::path data;  ///< --data
  LogConfig log;
  std::string store_url;  ///< absolute
  WebConfig web;
  app::LiveConfig live;
  std::string outbound_trunk;  ///< of calls to outside numbers; empty: the first of each voice node
  std::filesystem::path flows;
  std::filesystem::path orders;        ///< work-order types; empty: none are handled
  Duration orders_clock_every{1'000};  ///< how often their deadlines are looked at
  std::int64_t command_id_days = 30;   ///< a command sent again within them is known, and done once
  std::filesystem::path attachments;   ///< folder of their attachments
  std::uint32_t attachment_mb = 10;    ///< the largest one
  appointment::Rules appointments;
  Duration appointments_clock_every{1'000};
  TmfSettings tmf;
  OutsideConfig outside;
  bool local_voice = true;                        ///< serve starts and keeps a voice node on this machine
  voice::node::NodeConfig voice;                  ///< of the local node, and of `hotline voice`
  ledger::Config ledger;                          ///< its nodes are filled in by serve
  std::vector<voice_adapter::NodeAddress> nodes;  ///< further nodes; the local one is added by serve
  Duration drain_limit{300'000};
  DemoConfig demo;
};

/// Reads `file`. `data` is made absolute. Problems carry the file and the line.
[[nodiscard]] Result<Config, FileProblems> load_config(const std::filesystem::path& file,
                                                       const std::filesystem::path& data);
/// From memory, for tests and the fuzzer; nothing on disk is looked at.
[[nodiscard]] Result<Config, FileProblems> parse_config(std::string_view text, const std::filesystem::path& file,
                                                        const std::filesystem::path& data);

}  // namespace hotline::main
