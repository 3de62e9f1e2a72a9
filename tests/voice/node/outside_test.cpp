// SPDX-License-Identifier: Apache-2.0
// The outside recorder at the node: what the core says reaches the client and its sessions are not taken for legs; and
// who is recorded is told so by phones that ask for it.
#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

class FakeOutside final : public siprec::Ports {
 public:
  explicit FakeOutside(Calls& calls) : calls_(calls) {}
  void invite(const signalling::OutgoingCall& call) override {
    session = call.leg;
    body = call.offer;
    calls_.push_back("outside invite");
  }
  void reinvite(LegId, const std::string& text, const std::string&) override {
    body = text;
    calls_.push_back("outside reinvite");
  }
  void hangup(LegId) override { calls_.push_back("outside hangup"); }
  bool is_down(LegId) const override { return false; }
  void after(Duration, std::function<void()>) override {}
  Result<std::array<std::uint16_t, siprec::stream_count>, Problem> open(LegId, RecordingId, LegId) override {
    return std::array<std::uint16_t, siprec::stream_count>{30'000, 30'002};
  }
  void send(LegId, const siprec::FarStreams&) override { calls_.push_back("outside send"); }
  void pause(LegId, bool paused) override { calls_.push_back(paused ? "outside pause" : "outside sound"); }
  void close(LegId) override { calls_.push_back("outside close"); }
  void told(LegId leg, RecordingId recording, const std::string& server, const std::string& problem) override {
    node->on_outside_told(leg, recording, server, problem);
  }
  LegId session;
  std::string body;
  Node* node = nullptr;

 private:
  Calls& calls_;
};

class OutsideTest : public NodeTest {
 protected:
  OutsideTest() {
    ports.node = &node;
    outside = &client;
    start();
  }
  void record(std::uint64_t leg, bool agent = false) {
    command([&](auto& m) {
      auto& wanted = *m.mutable_record_outside();
      wanted.set_leg(leg);
      wanted.set_recording(5);
      wanted.set_call(9);
      auto& customer = *wanted.add_participants();
      customer.set_id(1);
      customer.set_role("customer");
      customer.set_number("13800138000");
      customer.set_talks(true);
      if (!agent) return;
      auto& second = *wanted.add_participants();
      second.set_id(8);
      second.set_role("agent");
      second.set_number("8001");
    });
  }
  void start_recording(std::uint64_t leg) {
    command([&](auto& m) {
      m.mutable_start_recording()->set_leg(leg);
      m.mutable_start_recording()->set_recording(5);
    });
  }
  void pause(std::uint64_t leg) {
    command([&](auto& m) {
      m.mutable_pause_recording()->set_leg(leg);
      m.mutable_pause_recording()->set_recording(5);
      m.mutable_pause_recording()->set_limit_ms(60'000);
    });
  }

  static constexpr const char* yes =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
      "m=audio 7000 RTP/AVP 8\r\nm=audio 7002 RTP/AVP 8\r\n";
  FakeOutside ports{calls};
  IdMaker ids{1, IdMaker::Origin::voice_node};
  siprec::Client client{{.enabled = true}, "192.0.2.1", ports, loop, ids};
};

TEST_F(OutsideTest, a_call_is_copied_paused_and_let_go_with_its_leg) {
  talking(7);
  start_recording(7);
  forget();
  record(7);
  EXPECT_EQ(asked(), (Calls{"outside sound", "outside invite"}));
  node.on_answered(ports.session, yes);
  EXPECT_EQ(asked(), Calls{"outside send"});
  EXPECT_EQ(told(), Calls{"outside_recording_changed { leg: 7 recording: 5 taken: true server: \"192.0.2.9\" }"});
  pause(7);
  EXPECT_EQ(asked(), (Calls{"media pause_recording 7 true", "outside pause", "outside reinvite"}));
  pause(7);
  EXPECT_TRUE(asked().empty()) << "said again: the limit moves, nothing else";
  node.on_remote_answer(ports.session, yes);
  record(7, true);
  EXPECT_EQ(asked(), (Calls{"outside send", "outside reinvite"}));
  EXPECT_NE(ports.body.find("sip:8001@"), std::string::npos);
  hang_up(7);
  const auto last = asked();
  EXPECT_EQ((Calls{last.begin() + 1, last.begin() + 3}), (Calls{"outside close", "outside hangup"}));
}

TEST_F(OutsideTest, a_session_of_the_recorders_is_no_leg) {
  talking(7);
  record(7);
  node.on_ended(ports.session, signalling::EndCause::rejected, 503, true);
  EXPECT_EQ(node.leg_count(), 1U);
  EXPECT_EQ(told(), Calls{"outside_recording_changed { leg: 7 recording: 5 problem: \"the recorder answers 503\" }"});
}

TEST_F(OutsideTest, what_cannot_be_done_is_said) {
  record(7);
  EXPECT_EQ(told(), Calls{"command_failed { leg: 7 command: \"record_outside\" why: \"no such leg\" }"});
  incoming(7);
  forget();
  record(7);
  ASSERT_EQ(told().size(), 1U) << "not answered yet";
  outside = nullptr;
  start();
  node.on_answered(LegId{7}, "");
  forget();
  record(7);
  EXPECT_NE(told().at(0).find("set [siprec] there as well"), std::string::npos);
}

TEST_F(OutsideTest, a_phone_that_shows_recording_is_told_of_it_and_of_its_pauses) {
  incoming(7, phone_sdp(), true);
  answer(7);
  EXPECT_NE(sip.last_sdp.find("a=record:on\r\n"), std::string::npos);
  node.on_answered(LegId{7}, "");
  start_recording(7);
  forget();
  pause(7);
  EXPECT_EQ(asked(), (Calls{"media pause_recording 7 true", "sip reinvite 7"}));
  EXPECT_NE(sip.last_sdp.find("a=record:paused\r\n"), std::string::npos);
  command([&](auto& m) {
    m.mutable_resume_recording()->set_leg(7);
    m.mutable_resume_recording()->set_recording(5);
  });
  EXPECT_NE(sip.last_sdp.find("a=record:on\r\n"), std::string::npos);
  incoming(8);
  answer(8);
  EXPECT_EQ(sip.last_sdp.find("a=record"), std::string::npos) << "nobody asked";
}

}  // namespace
}  // namespace hotline::voice::node::test
