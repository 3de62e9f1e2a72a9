// SPDX-License-Identifier: Apache-2.0
// Goal: a supervisor at a phone of a whole voice node listens, whispers and barges in: everybody's level is what they
// are to hear, and the recording of the customer's leg has what the customer heard. Each phone says one level, so that
// sums tell who is heard.
#include "voice/media/g711.hpp"
#include "voice/node/whole_node.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::node::test {
namespace {

using Event = link::FromNode;
constexpr std::uint64_t customer_leg = 500, agent_leg = 501, supervisor_leg = 502, mix_id = 9;
constexpr std::int16_t customer_level = 1'008, agent_level = 2'112, supervisor_level = 4'224;

std::uint8_t sum(int level) {
  return g711::encode_alaw(static_cast<std::int16_t>(level));
}
constexpr int level(std::int16_t spoken) {
  return g711::decode_alaw(g711::encode_alaw(spoken));
}

class SuperviseAtNode : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(node.start()); }
  void call(Core& core, Phone& phone, std::uint64_t leg) {
    core.command([&](auto& m) {
      auto& o = *m.mutable_originate_sip();
      o.set_leg(leg);
      o.set_call(9);
      o.set_uri("sip:phone@" + phone.sip.udp());
      o.set_from_user("13800138000");
    });
    core.wait(Event::kAnswered, leg);
  }
  /// `whom_hears`: whether customer and agent hear the supervisor.
  static void mix(Core& core, bool customer_hears, bool agent_hears) {
    core.command([&](auto& m) {
      auto& mix = *m.mutable_mix();
      mix.set_mix(mix_id);
      for (const std::uint64_t leg : {customer_leg, agent_leg, supervisor_leg}) {
        auto& member = *mix.add_members();
        member.set_leg(leg);
        if ((leg == customer_leg && !customer_hears) || (leg == agent_leg && !agent_hears))
          member.add_not_heard(supervisor_leg);
      }
    });
  }
  WholeNode node;
};

TEST_F(SuperviseAtNode, levels_tell_who_hears_whom_and_the_recording_has_no_whisper) {
  Phone customer(sum(customer_level)), agent(sum(agent_level)), supervisor(sum(supervisor_level));
  const int c = level(customer_level), a = level(agent_level), s = level(supervisor_level);
  Core core(node, 1);
  core.wait(Event::kSnapshot);
  call(core, customer, customer_leg);
  call(core, agent, agent_leg);
  core.command([&](auto& m) {
    m.mutable_start_recording()->set_leg(customer_leg);
    m.mutable_start_recording()->set_recording(41);
  });
  core.command([&](auto& m) {
    m.mutable_bridge()->set_a(customer_leg);
    m.mutable_bridge()->set_b(agent_leg);
  });
  ASSERT_TRUE(customer.rtp.wait_heard(sum(a), 10));
  call(core, supervisor, supervisor_leg);

  mix(core, false, false);
  EXPECT_TRUE(supervisor.rtp.wait_heard(sum(c + a), 20)) << "hears both";
  EXPECT_TRUE(customer.rtp.wait_heard(sum(a), 20)) << "the agent alone";
  EXPECT_TRUE(agent.rtp.wait_heard(sum(c), 20)) << "the customer alone";
  mix(core, false, true);
  EXPECT_TRUE(agent.rtp.wait_heard(sum(c + s), 20)) << "a whisper";
  EXPECT_TRUE(customer.rtp.wait_heard(sum(a), 20));
  EXPECT_EQ(customer.rtp.heard(sum(a + s)), 0) << "which is not for the customer";
  mix(core, true, true);
  EXPECT_TRUE(customer.rtp.wait_heard(sum(a + s), 20)) << "barges in";
  EXPECT_TRUE(agent.rtp.wait_heard(sum(c + s), 20));
  mix(core, true, true);
  EXPECT_TRUE(customer.rtp.wait_heard(sum(a + s), 20)) << "the same again changes nothing";

  core.command([&](auto& m) { m.mutable_hangup()->set_leg(supervisor_leg); });
  EXPECT_TRUE(customer.rtp.wait_heard(sum(a), 20)) << "a supervisor's end leaves the two talking";
  EXPECT_TRUE(agent.rtp.wait_heard(sum(c), 20));
  core.command([&](auto& m) { m.mutable_hangup()->set_leg(customer_leg); });
  const std::string file = node.recording(core.wait(Event::kRecordingDone).recording_done().path());
  std::size_t whispered = 0, barged = 0, others = 0;
  for (std::size_t i = recorder::wav_header_size; i + 1 < file.size(); i += 2) {
    if (static_cast<std::uint8_t>(file[i]) != sum(c) && g711::decode_alaw(static_cast<std::uint8_t>(file[i])) > 2 * c)
      ++others;
    if (static_cast<std::uint8_t>(file[i + 1]) == sum(a + s)) ++barged;
    if (static_cast<std::uint8_t>(file[i + 1]) == sum(s)) ++whispered;
  }
  EXPECT_EQ(others, 0U) << "the customer's side has the customer alone";
  EXPECT_GT(barged, 30U * 160) << "who barges in is on the agent's side";
  EXPECT_LT(whispered, 160U) << "the supervisor alone: no more than where a packet of the agent's came late";
}

}  // namespace
}  // namespace hotline::voice::node::test
