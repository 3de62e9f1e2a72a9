// SPDX-License-Identifier: Apache-2.0
// Goal: a whole voice node serves real calls: prompt, digit, bridge, recording; goes on while its core is gone; repairs
// recordings after a crash; and ends in order.
#include "voice/node/whole_node.hpp"
#include "voice/media/g711.hpp"
#include "voice/recorder/wav_file.hpp"
#include "voice/webrtc/fake_browser.hpp"

namespace hotline::voice::node::test {
namespace {

using Event = link::FromNode;

constexpr std::uint8_t caller_voice = 0x91;
constexpr std::uint8_t agent_voice = 0xA2;
constexpr std::uint64_t agent_leg = 500;
constexpr std::uint64_t recording_id = 41;

class WholeNodeTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(node.start()); }

  /// A caller that talks with the IVR: answered and recorded. Returns its leg in the node.
  std::uint64_t call_in(Core& core, Phone& caller) {
    core.wait(Event::kSnapshot);
    calling_ = std::async(std::launch::async, [&] { return caller.call("sip:1000@" + node.addresses.sip_udp); });
    const auto incoming = core.wait(Event::kIncoming).incoming();
    EXPECT_EQ(incoming.to_user(), "1000");
    EXPECT_EQ(incoming.trunk(), "pstn");
    const std::uint64_t leg = incoming.leg();
    core.command([&](auto& m) {
      m.mutable_answer()->set_leg(leg);
      m.mutable_answer()->set_call(9);
    });
    core.command([&](auto& m) {
      m.mutable_start_recording()->set_leg(leg);
      m.mutable_start_recording()->set_recording(recording_id);
    });
    core.wait(Event::kAnswered, leg);
    caller_leg_ = calling_.get();
    return leg;
  }
  void call_out_and_bridge(Core& core, Phone& agent, std::uint64_t leg) {
    core.command([&](auto& m) {
      auto& o = *m.mutable_originate_sip();
      o.set_leg(agent_leg);
      o.set_call(9);
      o.set_uri("sip:agent@" + agent.sip.udp());
      o.set_from_user("13800138000");
      o.set_near_leg(leg);
    });
    core.wait(Event::kAnswered, agent_leg);
    core.command([&](auto& m) {
      m.mutable_bridge()->set_a(leg);
      m.mutable_bridge()->set_b(agent_leg);
    });
  }
  static void hang_up(Core& core, std::uint64_t leg) {
    core.command([&](auto& m) { m.mutable_hangup()->set_leg(leg); });
  }

  WholeNode node;
  LegId caller_leg_;

 private:
  std::future<LegId> calling_;
};

TEST_F(WholeNodeTest, a_call_hears_a_prompt_presses_a_key_talks_to_an_agent_and_is_recorded_whole) {
  Phone caller(caller_voice);
  Phone agent(agent_voice);
  Core core(node, 1);
  const std::uint64_t leg = call_in(core, caller);

  core.command([&](auto& m) {
    m.mutable_play()->set_leg(leg);
    m.mutable_play()->set_play(21);
    m.mutable_play()->add_items()->set_prompt("cmn/welcome");
  });
  const std::uint8_t prompt = g711::encode_alaw(prompt_level);
  EXPECT_EQ(core.wait(Event::kPlayDone).play_done().reason(), link::PLAY_FINISHED);
  EXPECT_NEAR(caller.rtp.heard(prompt), 50, 3);

  caller.rtp.press(5);
  EXPECT_EQ(core.wait(Event::kDigit, leg).digit().digit(), "5");

  call_out_and_bridge(core, agent, leg);
  EXPECT_TRUE(caller.rtp.wait_heard(agent_voice, 50));
  EXPECT_TRUE(agent.rtp.wait_heard(caller_voice, 25));

  agent.sip.run(
      [&](signalling::SipStack& stack) { stack.hangup(agent.sip.wait("incoming").leg, signalling::EndCause::normal); });
  const auto agent_end = core.wait(Event::kEnded, agent_leg).ended();
  EXPECT_TRUE(agent_end.by_remote());
  EXPECT_EQ(agent_end.cause(), link::CAUSE_NORMAL);
  hang_up(core, leg);
  const auto caller_end = core.wait(Event::kEnded, leg).ended();
  EXPECT_FALSE(caller_end.by_remote());
  EXPECT_GT(caller_end.media().packets_received(), 100U);
  EXPECT_EQ(caller.sip.wait("ended").cause, signalling::EndCause::normal);

  const auto done = core.wait(Event::kRecordingDone).recording_done();
  EXPECT_EQ(done.problem(), "");
  const std::string file = node.recording(done.path());
  ASSERT_EQ(file.size(), done.bytes());
  ASSERT_EQ(file.size(), recorder::wav_header_size + 2 * done.frames());
  const auto answered_at = core.wait(Event::kAnswered, leg).at_ms();
  const auto ended_at = core.wait(Event::kEnded, leg).at_ms();
  EXPECT_NEAR(static_cast<double>(done.frames()) / 8.0, static_cast<double>(ended_at - answered_at), 200.0);
  std::array<std::size_t, 2> caller_samples{};
  std::array<std::size_t, 2> agent_samples{};
  std::array<std::size_t, 2> prompt_samples{};
  for (std::size_t i = recorder::wav_header_size; i < file.size(); ++i) {
    const auto sample = static_cast<std::uint8_t>(file[i]);
    const std::size_t channel = (i - recorder::wav_header_size) % 2;
    if (sample == caller_voice) ++caller_samples[channel];
    if (sample == agent_voice) ++agent_samples[channel];
    if (sample == prompt) ++prompt_samples[channel];
  }
  EXPECT_GT(caller_samples[0], 8'000U) << "the caller is on the left";
  EXPECT_EQ(caller_samples[1], 0U);
  EXPECT_GT(agent_samples[1], 50U * 160 - 800) << "the agent is on the right";
  EXPECT_EQ(agent_samples[0], 0U);
  EXPECT_NEAR(static_cast<double>(prompt_samples[1]), 8'000.0, 480.0) << "and so is what the caller was played";
}

TEST_F(WholeNodeTest, when_the_core_dies_talk_goes_on_and_a_new_core_learns_what_happened) {
  Phone caller(caller_voice);
  Phone agent(agent_voice);
  auto core = std::make_unique<Core>(node, 1);
  const std::uint64_t leg = call_in(*core, caller);
  call_out_and_bridge(*core, agent, leg);
  ASSERT_TRUE(caller.rtp.wait_heard(agent_voice, 5));
  core->acknowledge_all();
  const std::uint64_t boot = core->boot();
  const std::uint64_t seq = core->last_seq();
  core->kill();
  EXPECT_TRUE(caller.rtp.wait_heard(agent_voice, 50));
  EXPECT_TRUE(agent.rtp.wait_heard(caller_voice, 50));
  {
    Core second(node, 2, boot, seq);
    const auto snapshot = second.wait(Event::kSnapshot).snapshot();
    ASSERT_EQ(snapshot.legs_size(), 2);
    EXPECT_EQ(snapshot.legs(0).leg(), agent_leg);
    EXPECT_EQ(snapshot.legs(0).bridged_to(), leg);
    EXPECT_EQ(snapshot.legs(1).recording(), recording_id);
    EXPECT_EQ(snapshot.legs(1).call(), 9U);
    EXPECT_EQ(second.last_seq(), 0U) << "nothing happened since";
  }
  caller.hang_up(caller_leg_);
  EXPECT_EQ(agent.sip.wait("ended").by_remote, true) << "talk is over, and nobody else would tell the agent";
  Core third(node, 3, boot, seq);
  EXPECT_TRUE(third.wait(Event::kEnded, leg).ended().by_remote());
  EXPECT_EQ(third.wait(Event::kEnded, agent_leg).ended().cause(), link::CAUSE_NORMAL);
  EXPECT_EQ(third.wait(Event::kRecordingDone).recording_done().recording(), recording_id);
}

TEST_F(WholeNodeTest, a_browser_and_a_telephone_talk_to_each_other) {
  Phone caller(caller_voice);
  Core core(node, 1);
  const std::uint64_t leg = call_in(core, caller);
  webrtc::FakeBrowser browser;
  core.command([&](auto& m) {
    m.mutable_accept_webrtc()->set_leg(agent_leg);
    m.mutable_accept_webrtc()->set_call(9);
    m.mutable_accept_webrtc()->set_offer_sdp(browser.offer());
    m.mutable_accept_webrtc()->set_near_leg(leg);
  });
  ASSERT_TRUE(browser.take_answer(core.wait(Event::kWebrtcAnswer, agent_leg).webrtc_answer().sdp()));
  ASSERT_TRUE(browser.check());
  ASSERT_TRUE(browser.connect());
  EXPECT_EQ(core.wait(Event::kAnswered, agent_leg).answered().codec(), "PCMA");
  core.command([&](auto& m) {
    m.mutable_bridge()->set_a(leg);
    m.mutable_bridge()->set_b(agent_leg);
  });
  const std::vector<std::uint8_t> voice(160, agent_voice);
  std::uint16_t sequence = 1;
  int heard_by_browser = 0;
  // The browser's clock is what it hears: one packet out for each that comes in.
  while (sequence < 200 && (heard_by_browser < 20 || caller.rtp.heard(agent_voice) < 20)) {
    browser.send_rtp(sequence++, voice);
    const auto packet = browser.next_rtp();
    ASSERT_TRUE(packet);
    if (packet->size() > 100 && (*packet)[92] == caller_voice) ++heard_by_browser;
  }
  EXPECT_GE(heard_by_browser, 20);
  EXPECT_GE(caller.rtp.heard(agent_voice), 20);
  browser.send_close_notify();
  EXPECT_TRUE(core.wait(Event::kEnded, agent_leg).ended().by_remote());
  hang_up(core, leg);
  core.wait(Event::kEnded, leg);
}

TEST_F(WholeNodeTest, a_shutdown_refuses_new_calls_and_ends_when_its_time_is_up) {
  Phone caller(caller_voice);
  Core core(node, 1);
  const std::uint64_t leg = call_in(core, caller);
  node.shut_down();
  signalling::Node late;
  late.call("sip:1000@" + node.addresses.sip_udp);
  EXPECT_EQ(late.wait("ended").status, 503U);
  EXPECT_EQ(core.wait(Event::kEnded, leg).ended().cause(), link::CAUSE_SHUTDOWN) << "after the drain limit of a second";
  EXPECT_EQ(core.wait(Event::kRecordingDone).recording_done().problem(), "");
  core.acknowledge_all();
  node.join();
  EXPECT_EQ(caller.sip.wait("ended").by_remote, true);
}

TEST_F(WholeNodeTest, a_port_or_link_in_use_is_a_problem_with_its_name) {
  NodeConfig second = node.config();
  std::thread([&] {
    const auto opened = VoiceNode::open(second);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().what.find("use"), std::string::npos) << opened.error().what;
    EXPECT_FALSE(opened.error().remedy.empty());
    second.media.bind_address = "0.0.0.0";
    const auto unreachable = VoiceNode::open(second);
    ASSERT_FALSE(unreachable);
    EXPECT_NE(unreachable.error().remedy.find("advertised"), std::string::npos);
  }).join();
}

}  // namespace
}  // namespace hotline::voice::node::test
