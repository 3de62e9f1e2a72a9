// SPDX-License-Identifier: Apache-2.0
// The configuration file: defaults, every section, and each mistake with its line and remedy.
#include "main/config.hpp"
#include "base/node_origin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace hotline::main {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

auto parse(std::string_view text) {
  return parse_config(text, "/etc/hotline/hotline.toml", "/var/lib/hotline");
}

Config good(std::string_view text) {
  auto config = parse(text);
  if (!config) {
    for (const auto& problem : config.error()) ADD_FAILURE() << to_string(problem);
    return {};
  }
  return std::move(*config);
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  const Config config = good("");
  EXPECT_EQ(config.store_url, "sqlite:/var/lib/hotline/hotline.db");
  EXPECT_EQ(config.web.https_port, 8443);
  EXPECT_EQ(config.web.http_port, 8080);
  EXPECT_TRUE(config.web.redirect_http);
  EXPECT_EQ(config.web.session_idle, std::chrono::hours(12));
  EXPECT_EQ(config.log.level, "info");
  EXPECT_EQ(config.live.entry_number, "1000");
  EXPECT_TRUE(config.local_voice);
  EXPECT_EQ(config.voice.recordings_directory, "/var/lib/hotline/recordings");
  EXPECT_EQ(config.voice.link_path, "/var/lib/hotline/voice.sock");
  EXPECT_EQ(config.drain_limit, std::chrono::minutes(5));
}

TEST(Config, TmForumApis) {
  const Config config = good(R"(
[tmf]
public_url = "https://hotline.example.com:8443"
tickets = ["complaint", "fault_report"]
callback_hosts = ["crm.example.com", "10.0.0.5:8080", "*.partner.example"]
callback_ca = "ca.pem"
timeout = 2.5
retry_most = 60
give_up_after = 86400
)");
  EXPECT_EQ(config.tmf.callback_hosts.size(), 3U);
  EXPECT_EQ(config.tmf.callback_ca, "/etc/hotline/ca.pem");
  EXPECT_EQ(config.tmf.timeout, Duration{2'500});
  EXPECT_EQ(config.tmf.give_up_after, std::chrono::hours(24));
  EXPECT_TRUE(good("").tmf.enabled);
  EXPECT_TRUE(good("").tmf.callback_hosts.empty());
  for (const char* line : {"public_url = \"hotline.example.com\"", "public_url = \"https://h/path\"",
                           "tickets = [\"../x\"]", "callback_hosts = [\"http://a\"]", "callback_hosts = [\"*\"]",
                           "timeout = 31", "timeout = 0.05", "retry_most = 0.5", "give_up_after = 0", "colour = 1"}) {
    const auto wrong = parse("[tmf]\n" + std::string(line));
    ASSERT_FALSE(wrong) << line;
    EXPECT_EQ(wrong.error().front().line, 2U) << line;
  }
}

TEST(Config, WhatLeavesTheProgram) {
  EXPECT_EQ(good("").outside.partners.size(), 4U) << "the usual four";
  const Config config = good(R"(
[delivery]
every = 0.5
retry_first = 2
language = "en"
page_url = "https://hotline.example"
keep_trying_hours = 5
keep_days = 7
[mail]
server = "smtps://mail.example:465"
from = "hotline@example.com"
from_name = "Hotline 1000"
username = "hotline"
password_file = "mail.secret"
require_tls = false
ca_file = "/etc/ssl/ours.pem"
timeout = 5
[push]
subject = "mailto:operations@example.com"
services = ["push.example"]
[[partner]]
code = "110"
name_en = "Police"
name_zh_hans = "公安"
name_zh_hant = "公安"
types = ["joint_response_110"]
push_url = "https://police.example/feedback"
push_secret_file = "police.secret"
mail = "desk@police.example"
intake_per_minute = 5
)");
  const OutsideConfig& outside = config.outside;
  EXPECT_EQ(outside.deliver_every, Duration{500});
  EXPECT_EQ(outside.retry_first, Duration{2'000});
  EXPECT_EQ(outside.mail_password_file, "/etc/hotline/mail.secret");
  EXPECT_EQ(outside.mail_ca_file, "/etc/ssl/ours.pem");
  EXPECT_THAT(outside.push_services, ElementsAre("push.example"));
  ASSERT_EQ(outside.partners.size(), 1U);
  EXPECT_EQ(outside.partners.at("110").intake_per_minute, 5);
  EXPECT_EQ(outside.partner_secret_files.at("110"), "/etc/hotline/police.secret");
}

TEST(Config, MistakesInWhatLeavesTheProgram) {
  const auto told = [](std::string_view text) {
    const auto config = parse(text);
    return config ? std::string("nothing") : to_string(config.error().front());
  };
  EXPECT_THAT(told("[mail]\nserver = \"mail.example\"\nfrom = \"a@b\"\n"),
              HasSubstr(":2: [mail]: server is no SMTP URL"));
  EXPECT_THAT(told("[mail]\nserver = \"smtp://mail.example\"\n"), HasSubstr("from"));
  EXPECT_THAT(told("[mail]\nserver = \"smtp://mail.example\"\nfrom = \"a@b\"\nusername = \"x\"\n"),
              HasSubstr("only one of username and password_file"));
  EXPECT_THAT(told("[push]\nsubject = \"operations\"\n"), HasSubstr("RFC 8292"));
  EXPECT_THAT(told("[delivery]\npage_url = \"http://hotline.example\"\n"), HasSubstr("page_url is no https URL"));
  EXPECT_THAT(told("[delivery]\nlanguage = \"fr\"\n"), HasSubstr("zh_hant"));
  const std::string partner =
      "[[partner]]\ncode = \"x\"\nname_en = \"X\"\nname_zh_hans = \"X\"\nname_zh_hant = \"X\"\ntypes = "
      "[\"complaint\"]\n";
  EXPECT_EQ(told(partner), "nothing");
  EXPECT_THAT(told(partner + "push_url = \"http://x.example\"\npush_secret_file = \"x\"\n"),
              HasSubstr("push_url is no https URL"));
  EXPECT_THAT(told(partner + "push_url = \"https://x.example/\"\n"), HasSubstr("push_secret_file"));
  EXPECT_THAT(told(partner + "mail = \"x\"\n"), HasSubstr("mail is no mail address"));
  EXPECT_THAT(told(partner + partner), HasSubstr("two partners"));
  EXPECT_THAT(told("[[partner]]\ncode = \"A B\"\nname_en = \"X\"\nname_zh_hans = \"X\"\nname_zh_hant = \"X\"\n"),
              HasSubstr("is no code"));
}

TEST(Config, RecordingsAfterTheCall) {
  const Config config = good(R"(
[recordings]
archive = false
opus_bitrate = 24000
opus_complexity = 5
priority = "low"
rest_above_percent = 50
warn_free_mb = 20
stop_free_mb = 10
keep_days = 180
pass_every = 0.5
[[retention]]
service_line = "112"
reason = "complaint"
days = 730
[[retention]]
reason = "legal"
days = 0
[[recording_key]]
id = "2030a"
file = "keys/2030a.key"
)");
  EXPECT_FALSE(config.ledger.archive);
  EXPECT_EQ(config.voice.archiving.bitrate, 24'000);
  EXPECT_EQ(config.voice.archiving.complexity, 5);
  EXPECT_EQ(config.voice.archiving.priority, voice::archive::Priority::low);
  EXPECT_DOUBLE_EQ(config.voice.archiving.rest_above, 0.5);
  EXPECT_EQ(config.voice.archiving.room.warn_free, 20'000'000U);
  EXPECT_EQ(config.voice.archiving.room.stop_free, 10'000'000U);
  EXPECT_EQ(config.ledger.pass_every, Duration{500});
  EXPECT_EQ(config.ledger.retention.days, 180);
  ASSERT_EQ(config.ledger.retention.rules.size(), 2U);
  EXPECT_EQ(config.ledger.retention.rules[0].service_line, "112");
  EXPECT_EQ(config.ledger.retention.rules[1].days, 0);
  ASSERT_EQ(config.voice.recording_keys.size(), 1U);
  EXPECT_EQ(config.voice.recording_keys[0].file, "/etc/hotline/keys/2030a.key");

  const auto says = [](std::string_view text, const char* what) {
    const auto refused = parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(to_string(refused.error().front()), HasSubstr(what));
  };
  says("[recordings]\nwarn_free_mb = 1\nstop_free_mb = 2", "stop_free_mb");
  says("[recordings]\npriority = \"high\"", "priority");
  says("[[retention]]\ndays = 3", "neither service_line nor reason");
  says("[[recording_key]]\nid = \"A B\"\nfile = \"x\"", "no name for a key");
  says("[[recording_key]]\nid = \"a\"", "file");
}

TEST(Config, EverySectionIsTaken) {
  const Config config = good(R"(
[log]
level = "debug"
format = "json"
[store]
url = "postgresql://hotline@db.example/hotline"
[web]
bind = "::1"
https_port = 0
http_port = -1
redirect_http = false
names = ["hotline.example"]
allowed_origins = ["https://portal.example"]
session_idle = 600
session_max = 604800
caller_grace = 2.5
[live]
entry_number = "1001"
service_level_threshold = 12.5
calls_max = 77
utc_offset_minutes = -210
[voice]
local = false
name = "v7"
calls_max = 3
drain_limit = 0.25
[sip]
udp_port = 5070
agent_hosts = ["192.0.2.7"]
[[trunk]]
name = "north"
peers = ["192.0.2.20:5060", "192.0.2.21"]
channels_max = 30
transport = "tcp"
[[trunk]]
name = "any"
peers = ["*"]
[outbound]
trunk = "any"
[media]
bind = ["192.0.2.1", "2001:db8::1"]
advertised = "2001:db8::2"
port_min = 20000
port_max = 20999
threads = 3
[webrtc]
port = 8444
[[voice_node]]
name = "v8"
address = "/run/v8.sock"
[shutdown]
drain_limit = 60
[demo]
seed = 5
agent_contact = "sip:{number}@192.0.2.9:5080"
)");
  EXPECT_EQ(config.log.format, "json");
  EXPECT_EQ(config.store_url, "postgresql://hotline@db.example/hotline");
  EXPECT_EQ(config.web.bind_address, "::1");
  EXPECT_EQ(config.web.https_port, 0);
  EXPECT_EQ(config.web.http_port, std::nullopt);
  EXPECT_FALSE(config.web.redirect_http);
  EXPECT_THAT(config.web.names, ElementsAre("hotline.example"));
  EXPECT_THAT(config.web.allowed_origins, ElementsAre("https://portal.example"));
  EXPECT_EQ(config.web.session_idle, std::chrono::minutes(10));
  EXPECT_EQ(config.web.session_max, std::chrono::hours(7 * 24));
  EXPECT_EQ(config.web.caller_grace, Duration{2'500});
  EXPECT_EQ(config.live.entry_number, "1001");
  EXPECT_EQ(config.live.service_level_threshold, Duration{12'500});
  EXPECT_EQ(config.live.calls_max, 77U);
  EXPECT_EQ(config.live.utc_offset, std::chrono::minutes(-210));
  EXPECT_FALSE(config.local_voice);
  EXPECT_EQ(config.voice.name, "v7");
  EXPECT_EQ(config.voice.drain_limit, Duration{250});
  EXPECT_EQ(config.voice.sip.udp_port, 5070);
  EXPECT_THAT(config.voice.sip.agent_contacts, ElementsAre("192.0.2.7"));
  ASSERT_EQ(config.voice.sip.trunks.size(), 2U);
  EXPECT_EQ(config.voice.sip.trunks[0].name, "north");
  EXPECT_EQ(config.voice.sip.trunks[0].transport, "tcp");
  EXPECT_THAT(config.voice.sip.trunks[0].peers, ElementsAre("192.0.2.20:5060", "192.0.2.21"));
  EXPECT_EQ(config.voice.media.port_max, 20'999);
  EXPECT_EQ(config.voice.media.bind_address, "192.0.2.1");
  EXPECT_EQ(config.voice.media.other_bind_address, "2001:db8::1");
  EXPECT_THAT(config.voice.media_advertised_addresses, testing::ElementsAre("2001:db8::2"));
  EXPECT_EQ(config.outbound_trunk, "any");
  EXPECT_EQ(config.voice.webrtc.port, 8'444);
  ASSERT_EQ(config.nodes.size(), 1U);
  EXPECT_EQ(config.nodes[0].address, "/run/v8.sock");
  EXPECT_EQ(config.drain_limit, std::chrono::minutes(1));
  EXPECT_EQ(config.demo.seed, 5U);
}

TEST(Config, PathsOfTheProgramStartAtTheFileAndThoseOfDataAtTheDataFolder) {
  const Config config = good(R"(
[store]
url = "sqlite:db/x.db"
[web]
root = "../web"
certificate = "tls/chain.pem"
key = "/keys/key.pem"
[flows]
directory = "flows"
[voice]
recordings = "sound"
prompts = ["prompts", "/usr/share/prompts"]
)");
  EXPECT_EQ(config.store_url, "sqlite:/var/lib/hotline/db/x.db");
  EXPECT_EQ(config.web.root, "/etc/web");
  EXPECT_EQ(config.web.certificate_file, "/etc/hotline/tls/chain.pem");
  EXPECT_EQ(config.web.key_file, "/keys/key.pem");
  EXPECT_EQ(config.flows, "/etc/hotline/flows");
  EXPECT_EQ(config.voice.recordings_directory, "/var/lib/hotline/sound");
  EXPECT_THAT(config.voice.prompt_directories, ElementsAre("/etc/hotline/prompts", "/usr/share/prompts"));
}

struct Mistake {
  const char* text;
  std::uint32_t line;
  const char* what;
  const char* remedy;
};

class ConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistake, IsToldWithLineAndRemedy) {
  const auto config = parse(GetParam().text);
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1U) << to_string(config.error().back());
  const auto& problem = config.error().front();
  EXPECT_EQ(problem.file, "/etc/hotline/hotline.toml");
  EXPECT_EQ(problem.line, GetParam().line) << to_string(problem);
  EXPECT_THAT(problem.what, HasSubstr(GetParam().what));
  EXPECT_THAT(problem.remedy, HasSubstr(GetParam().remedy));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ConfigMistake,
    testing::Values(
        Mistake{"[log]\nlevel = \"loud\"", 2, "level is \"loud\"", "\"debug\", \"info\", \"warn\", \"error\""},
        Mistake{"\n\nlog = 5", 3, "log is an integer", "a table"},
        Mistake{"[log]\nlevel = 3", 2, "level is an integer", "give a string"},
        Mistake{"[sip]\nudp_port = 65536", 2, "udp_port is 65536", "0 to 65535"},
        Mistake{"[sip]\nudp_port = 5.5", 2, "a decimal fraction", "0 to 65535"},
        Mistake{"[sip]\nagent_hosts = [\"a\", 5]", 2, "an item that is no text", "quotes"},
        Mistake{"[sip]\nport = 5060", 2, "port", ""}, Mistake{"[nothing]\n", 1, "nothing", ""},
        Mistake{"[web]\nredirect_http = \"no\"", 2, "redirect_http is a string", "true or false"},
        Mistake{"[web]\nhttps_port = -1\nhttp_port = -1", 1, "both ports are switched off",
                "give https_port or http_port"},
        Mistake{"[web]\nkey = \"k.pem\"", 1, "only one of certificate and key", "give both"},
        Mistake{"[web]\nsession_idle = 604801", 2, "session_idle", "604800"},
        Mistake{"[store]\nurl = \"mysql://x\"", 2, "neither SQLite nor PostgreSQL", "sqlite:FILE"},
        Mistake{"[live]\nshort_abandon = -1", 2, "out of range", "0 to 3600"},
        Mistake{"[live]\nshort_abandon = nan", 2, "out of range", "0 to 3600"},
        Mistake{"[media]\nport_min = 200\nport_max = 100", 3, "less than port_min", "port_min <= port_max"},
        Mistake{"[media]\nbind = \"media.example\"", 2, "no numeric address", "IPv4 or IPv6"},
        Mistake{"[media]\nbind = [\"192.0.2.1\", \"192.0.2.2\"]", 2, "two addresses of one family", "one IPv6"},
        Mistake{"[media]\nadvertised = [\"::1\", \"::2\"]", 2, "two addresses of one family", "one IPv4"},
        Mistake{"[outbound]\ntrunk = \"b\"\n[[trunk]]\nname = \"a\"\npeers = [\"*\"]", 2, "no trunk \"b\"",
                "name of a [[trunk]]"},
        Mistake{"trunk = [1]", 1, "is no table", "write [[trunk]]"},
        Mistake{"[[trunk]]\nname = \"a\"", 1, "neither peers nor a [[gateway]]", "list who may call in"},
        Mistake{"[[trunk]]\npeers = [\"*\"]", 1, "name", ""},
        Mistake{"[siprec]\nenabled = true", 1, "servers", "name the recorder"},
        Mistake{"[siprec]\nservers = [\"a:b\"]\nenabled = true", 2, "\"a:b\" is no address", "host:port"},
        Mistake{"[siprec]\ntransport = \"sctp\"", 2, "transport is \"sctp\"", "\"udp\", \"tcp\", \"tls\""},
        Mistake{"[siprec]\nenabled = true\nservers = [\"a\"]\ntransport = \"tls\"", 4, "there is no [sip_tls]",
                "add [sip_tls]"},
        Mistake{"[siprec]\nretry_min = 5\nretry_max = 4", 1, "retry_max is less", "retry_min <= retry_max"},
        Mistake{"[siprec]\ntrunks = [\"x\"]", 2, "no trunk \"x\"", "name of a [[trunk]]"},
        Mistake{"[siprec]\nlogin = \"x\"", 1, "only one of login and password", "give both"},
        Mistake{"[siprec]\n[[trunk]]\nname = \"siprec\"\npeers = [\"*\"]", 1, "named \"siprec\"", "another name"},
        Mistake{"[[voice_node]]\nname = \"voice1\"\naddress = \"/run/v.sock\"", 2,
                "a second voice node with the name \"voice1\"", "a name of its own"},
        Mistake{"[[voice_node]]\nname = \"a\"\naddress = \"/run/v.sock\"\n[[voice_node]]\nname = \"b\"\n"
                "address = \"/run/v.sock\"",
                6, "two voice nodes have the link", "a data folder of its own"},
        Mistake{"[[voice_node]]\nname = \"voice2\"\naddress = \"/run/2.sock\"\n[[voice_node]]\nname = "
                "\"voice232\"\naddress = \"/run/3.sock\"",
                5, "\"voice2\" and \"voice232\" would make the same ids", "another name"},
        Mistake{"voice_node = [true]", 1, "is no table", "[[voice_node]]"},
        Mistake{"[web]\nbind = \"x\nroot = 1", 2, "", "correct the TOML"},
        Mistake{"[log]\n[log]\n", 2, "", "correct the TOML"}));

TEST(Config, AllMistakesAreToldAtOnce) {
  const auto config = parse("[log]\nlevel = 1\n[web]\nbind = 2\n[live]\ncalls_max = 0\n[what]\n");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().size(), 4U);
}

TEST(Config, AFileThatCannotBeReadIsAProblemOfTheFile) {
  const auto config = load_config("/nowhere/hotline.toml", "/tmp");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().front().line, 0U);
  EXPECT_THAT(to_string(config.error().front()),
              HasSubstr("/nowhere/hotline.toml: the configuration file cannot be read"));
}

/// The reference that is installed, as it is and with every commented key switched on.
TEST(Config, TheReferenceIsRight) {
  std::ifstream in(HOTLINE_SOURCE_DIR "/packaging/hotline.toml");
  std::ostringstream text;
  text << in.rdbuf();
  ASSERT_FALSE(text.str().empty());
  good(text.str());
  std::string all;
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line);) {
    const bool key =
        line.starts_with("# ") && line.find(" = ") != std::string::npos && line.find(' ', 2) == line.find(" = ");
    const bool empty_path = line.starts_with("# certificate = \"\"") || line.starts_with("# key = \"\"");
    all += (key && !empty_path ? line.substr(2) : line.starts_with("# [") ? line.substr(2) : line) + "\n";
  }
  good(all);
}

}  // namespace
TEST(Config, VoiceNodesOfOtherNamesMakeOtherIdsInTheSameSecond) {
  IdMaker one(1'700'000'000, origin_of_node("voice1")), two(1'700'000'000, origin_of_node("voice2"));
  IdMaker core(1'700'000'000, IdMaker::Origin::core);
  const auto first = one.next();
  EXPECT_NE(first, two.next());
  EXPECT_NE(first, core.next());
  EXPECT_EQ(first >> 63U, 0U) << "a positive number in the store";
}

}  // namespace hotline::main
