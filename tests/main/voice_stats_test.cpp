// SPDX-License-Identifier: Apache-2.0
// What `hotline voice --stats` prints of a status.
#include "main/voice_stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace hotline::main {
namespace {

using testing::HasSubstr;

constexpr std::int64_t now = 1'700'000'000'000;

link::NodeStatus status() {
  link::NodeStatus status;
  auto& hello = *status.mutable_hello();
  hello.set_node("voice1");
  hello.set_sip_udp("192.0.2.1:5060");
  hello.set_calls_max(400);
  status.set_process(77);
  status.set_core_connected(true);
  status.set_core_epoch(5);
  auto& stats = *status.mutable_stats();
  stats.set_version("1.2.3");
  stats.set_started_at_ms(now - 7'500'000);
  stats.set_calls(12);
  stats.set_legs(24);
  stats.set_legs_answered(22);
  stats.set_rtp_received(1'000'000'000'000);
  stats.set_rtp_late(3);
  stats.set_recordings_open(12);
  stats.set_archive_waiting(4);
  stats.set_memory_bytes(83'000'000);
  stats.set_sip_silenced(9);
  auto& trunk = *stats.add_trunks();
  trunk.set_name("pstn");
  trunk.set_in_use(12);
  trunk.set_channels_max(30);
  trunk.set_in(10);
  trunk.set_out(2);
  trunk.set_out_max(5);
  trunk.set_calls_in(700);
  trunk.set_refused_in(8);
  trunk.set_registration("registered");
  auto& gateway = *trunk.add_gateways();
  gateway.set_address("192.0.2.20:5060;transport=udp");
  gateway.set_up(true);
  gateway.set_probed_at_ms(now - 4'000);
  gateway.set_probe_status(200);
  gateway.set_probe_ms(7);
  auto& down = *trunk.add_gateways();
  down.set_address("192.0.2.21:5060;transport=udp");
  down.set_probed_at_ms(now - 65'000);
  auto& phone = *status.add_phones();
  phone.set_user("8001");
  phone.set_contact("sip:8001@192.0.2.9:5060");
  return status;
}

TEST(VoiceStats, TheTableIsForPeople) {
  const std::string table = stats_table(status(), now);
  for (const char* text :
       {"voice node voice1, version 1.2.3, process 77, up 2 h 5 min", "takes calls", "connected (epoch 5)",
        "12 of 400 in, 0 refused", "24, 22 answered", "1000000000000 received", "3 late",
        "12 open, 0 errors; archive: 4 queued", "9 silenced", "83.0 MB memory", "12 of 30", "2 of 5", "700/0", "8/0",
        "gateway 192.0.2.20:5060;transport=udp up, 0 calls, 0 failures, probe: 200 in 7 ms, 4 s ago",
        "192.0.2.21:5060;transport=udp DOWN, 0 calls, 0 failures, probe: no answer, 1 min 5 s ago",
        "8001 at sip:8001@192.0.2.9:5060"})
    EXPECT_THAT(table, HasSubstr(text));
  auto drains = status();
  drains.mutable_stats()->set_draining(true);
  drains.set_core_connected(false);
  drains.set_outbox_events(6);
  EXPECT_THAT(stats_table(drains, now), HasSubstr("draining"));
  EXPECT_THAT(stats_table(drains, now), HasSubstr("none: 6 events wait for one"));
}

TEST(VoiceStats, TheJsonIsOneObjectWithNumbersAsNumbers) {
  const boost::json::value whole = boost::json::parse(stats_json(status(), now));
  const auto& json = whole.as_object();
  const auto at = [&](const char* pointer) { return whole.at_pointer(pointer); };
  EXPECT_EQ(json.at("node"), "voice1");
  EXPECT_EQ(json.at("uptime_s"), 7'500);
  EXPECT_EQ(json.at("state"), "takes calls");
  EXPECT_EQ(at("/calls/in_use"), 12);
  EXPECT_EQ(at("/rtp/received").to_number<std::uint64_t>(), 1'000'000'000'000U);
  EXPECT_EQ(at("/recordings/archive/queued"), 4);
  EXPECT_EQ(at("/trunks/0/in/calls"), 700);
  EXPECT_TRUE(at("/trunks/0/in/limit").is_null());
  EXPECT_EQ(at("/trunks/0/out/limit"), 5);
  EXPECT_EQ(at("/trunks/0/gateways/0/last_probe/took_ms"), 7);
  EXPECT_EQ(at("/trunks/0/gateways/1/last_probe/answered"), false);
  EXPECT_EQ(at("/phones/0/user"), "8001");
}

}  // namespace
}  // namespace hotline::main
