// SPDX-License-Identifier: Apache-2.0
// The recording client between fakes: sessions set up, told anew, paused, lost, tried again.
#include "voice/siprec/client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace hotline::voice::siprec {
namespace {

using signalling::EndCause;

class Clock final : public runtime::Clock {
 public:
  TimePoint now() const override { return at; }
  TimePoint at = from_unix_ms(1'714'479'000'000);
};

class FakePorts final : public Ports {
 public:
  void invite(const signalling::OutgoingCall& call) override {
    log.push_back(fmt::format("invite {}", call.leg.value()));
    last_call = call;
    last_body = call.offer;
  }
  void reinvite(LegId session, const std::string& body, const std::string& type) override {
    log.push_back(fmt::format("reinvite {}", session.value()));
    EXPECT_EQ(type, last_call.offer_type);
    last_body = body;
  }
  void hangup(LegId session) override { log.push_back(fmt::format("hangup {}", session.value())); }
  bool is_down(LegId) const override { return down; }
  void after(Duration delay, std::function<void()> task) override { timers.emplace(delay, std::move(task)); }
  Result<std::array<std::uint16_t, stream_count>, Problem> open(LegId session, RecordingId, LegId) override {
    if (full) return fail(Problem{"no RTP port is free", "widen the range"});
    log.push_back(fmt::format("open {}", session.value()));
    return std::array<std::uint16_t, stream_count>{40'000, 40'002};
  }
  void send(LegId session, const FarStreams& far) override {
    log.push_back(fmt::format("send {} {}{}", session.value(), far[0].wanted, far[1].wanted));
  }
  void pause(LegId session, bool paused) override {
    log.push_back(fmt::format("pause {} {}", session.value(), paused));
  }
  void close(LegId session) override { log.push_back(fmt::format("close {}", session.value())); }
  void told(LegId, RecordingId, const std::string& server, const std::string& problem) override {
    log.push_back("told " + (problem.empty() ? "by " + server : problem));
  }

  std::vector<std::string> take() { return std::exchange(log, {}); }
  /// Runs the one timer there is; its delay.
  Duration fire() {
    EXPECT_EQ(timers.size(), 1U);
    if (timers.empty()) return {};
    auto timer = timers.extract(timers.begin());
    timer.mapped()();
    return timer.key();
  }
  std::vector<std::string> log;
  signalling::OutgoingCall last_call;
  std::string last_body;
  std::multimap<Duration, std::function<void()>> timers;
  bool full = false, down = false;
};

const std::string yes =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 7000 RTP/AVP 8\r\na=recvonly\r\nm=audio 7002 RTP/AVP 8\r\na=recvonly\r\n";
const std::string no =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 0 RTP/AVP 8\r\nm=audio 0 RTP/AVP 8\r\n";

class SiprecClient : public ::testing::Test {
 protected:
  using Log = std::vector<std::string>;

  static Metadata call(bool agent = false) {
    Metadata m;
    m.call = CallId{7};
    m.recording = RecordingId{70};
    m.service_line = "112";
    m.direction = "inbound";
    m.participants = {{.id = 1, .role = "customer", .number = "1380", .talks = true},
                      {.id = 2, .role = "service", .number = "112", .talks = !agent}};
    if (agent) m.participants.push_back({.id = 99, .role = "agent", .number = "8001", .agent = "5", .talks = true});
    return m;
  }
  /// The recording session of leg 1, answered.
  LegId open() {
    client.record(leg, call(), false);
    const auto session = ports.last_call.leg;
    client.on_answered(session, yes);
    ports.take();
    return session;
  }
  static std::string n(const char* what, LegId session, const std::string& rest = "") {
    return fmt::format("{} {}{}", what, session.value(), rest);
  }

  Clock clock;
  FakePorts ports;
  IdMaker ids{1'714'479'000, IdMaker::Origin::voice_node};
  Client client{{.enabled = true, .servers = {"192.0.2.9"}, .domain = "h.example"}, "192.0.2.1", ports, clock, ids};
  const LegId leg{1};
};

TEST_F(SiprecClient, SetsUpASessionWithSdpAndMetadata) {
  client.record(leg, call(), false);
  const auto session = ports.last_call.leg;
  EXPECT_EQ(ports.take(), (Log{n("open", session), n("pause", session, " false"), n("invite", session)}));
  EXPECT_EQ(ports.last_call.trunk, trunk_name);
  EXPECT_NE(ports.last_call.headers.find("Require: siprec\r\n"), std::string::npos);
  EXPECT_EQ(ports.last_call.contact_parameters, ";+sip.src");
  EXPECT_TRUE(ports.last_call.offer_type.starts_with("multipart/mixed;boundary="));
  for (const auto* part : {"application/sdp", "application/rs-metadata+xml", "Content-Disposition: recording-session",
                           "m=audio 40000", "m=audio 40002", "sip:1380@h.example"})
    EXPECT_NE(ports.last_body.find(part), std::string::npos) << part;
  EXPECT_TRUE(client.owns(session));

  client.on_answered(session, yes);
  EXPECT_EQ(ports.take(), (Log{n("send", session, " truetrue"), "told by 192.0.2.9"}));
  EXPECT_EQ(client.stats().open, 1U);

  client.leg_ended(leg);
  EXPECT_EQ(ports.take(), (Log{n("close", session), n("hangup", session)}));
  EXPECT_FALSE(client.owns(session));
  client.on_ended(session, EndCause::normal, 0, false);
  EXPECT_TRUE(ports.take().empty()) << "a call that is over is not recorded again";
}

TEST_F(SiprecClient, TellsWhoComesAndGoes) {
  const auto session = open();
  client.record(leg, call(), false);
  EXPECT_TRUE(ports.take().empty()) << "said again by a core that came back: nothing is new";
  client.record(leg, call(true), false);
  EXPECT_EQ(ports.take(), Log{n("reinvite", session)});
  EXPECT_NE(ports.last_body.find("sip:8001@h.example"), std::string::npos);
  clock.at += Duration{5'000};
  client.record(leg, call(), false);  // while the recorder has not answered the one before
  EXPECT_TRUE(ports.take().empty());
  client.on_remote_answer(session, yes);
  EXPECT_EQ(ports.take(), (Log{n("send", session, " truetrue"), n("reinvite", session)}));
  EXPECT_NE(ports.last_body.find("<disassociate-time>2024-04-30T12:10:05.000Z"), std::string::npos);
  client.on_remote_answer(session, "");
  EXPECT_TRUE(ports.take().empty()) << "refused: what was agreed before goes on";
}

TEST_F(SiprecClient, APauseHoldsAtOnceAndIsTold) {
  const auto session = open();
  client.pause(leg, RecordingId{70}, true);
  EXPECT_EQ(ports.take(), (Log{n("pause", session, " true"), n("reinvite", session)}));
  EXPECT_NE(ports.last_body.find("a=inactive"), std::string::npos);
  client.pause(leg, RecordingId{70}, true);
  client.pause(leg, RecordingId{71}, false);
  EXPECT_TRUE(ports.take().empty()) << "twice, and of another recording: nothing";
  client.pause(leg, RecordingId{70}, false);  // before the answer
  EXPECT_EQ(ports.take(), Log{n("pause", session, " false")});
  client.on_remote_answer(session, yes);
  EXPECT_EQ(ports.take(), (Log{n("send", session, " truetrue"), n("reinvite", session)}));
  EXPECT_EQ(ports.last_body.find("a=inactive"), std::string::npos);
}

TEST_F(SiprecClient, APauseEndsWithTheRecordingItWasOf) {
  const auto session = open();
  client.pause(leg, RecordingId{70}, true);
  client.on_remote_answer(session, yes);
  ports.take();
  auto anew = call();
  anew.recording = RecordingId{71};
  client.record(leg, anew, false);
  EXPECT_EQ(ports.take(), (Log{n("pause", session, " false"), n("reinvite", session)}));
  EXPECT_EQ(ports.last_body.find("a=inactive"), std::string::npos);
  EXPECT_NE(ports.last_body.find("recording=\"71\""), std::string::npos);
}

TEST_F(SiprecClient, APauseHoldsForASessionThatComesLater) {
  client.record(leg, call(), true);
  EXPECT_NE(ports.last_body.find("a=inactive"), std::string::npos);
  client.on_ended(ports.last_call.leg, EndCause::unreachable, 408, false);
  ports.take();
  ports.fire();
  EXPECT_EQ(ports.take()[1], n("pause", ports.last_call.leg, " true"));
  EXPECT_NE(ports.last_body.find("a=inactive"), std::string::npos);
}

TEST_F(SiprecClient, ARecorderThatIsAwayIsTriedAgainWhileTheCallLasts) {
  client.record(leg, call(), false);
  const auto first = ports.last_call.leg;
  client.on_ended(first, EndCause::unreachable, 408, false);
  EXPECT_EQ(ports.log.back(), "told no recorder answers");
  EXPECT_EQ(client.stats().waiting, 1U);
  ports.take();
  client.record(leg, call(true), false);
  EXPECT_TRUE(ports.take().empty()) << "kept for the next try";
  std::vector<Duration::rep> delays;
  for (int i = 0; i < 7; ++i) {
    delays.push_back(ports.fire().count());
    EXPECT_NE(ports.last_body.find("8001"), std::string::npos);
    client.on_ended(ports.last_call.leg, EndCause::error, 503, true);
  }
  EXPECT_EQ(delays, (std::vector<Duration::rep>{1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}));
  for (const auto& line : ports.take()) EXPECT_FALSE(line.starts_with("told")) << "said once: " << line;
  ports.fire();
  client.on_answered(ports.last_call.leg, yes);
  EXPECT_EQ(ports.log.back(), "told by 192.0.2.9");
  EXPECT_EQ(client.stats().open, 1U);
  EXPECT_EQ(client.stats().failures, 8U);
  EXPECT_NE(ports.last_call.leg, first);
}

TEST_F(SiprecClient, ALostSessionIsSetUpAnew) {
  const auto session = open();
  client.on_ended(session, EndCause::normal, 0, true);
  EXPECT_EQ(ports.take(), (Log{n("close", session), "told the recorder has ended the session"}));
  ports.fire();
  EXPECT_NE(ports.last_call.leg, session);
  client.leg_ended(leg);
  EXPECT_EQ(ports.log.back(), n("hangup", ports.last_call.leg)) << "a try under way is given up with the call";
}

TEST_F(SiprecClient, ASessionWhoseServerIsGoneIsSetUpAnew) {
  const auto session = open();
  client.look_around();
  EXPECT_TRUE(ports.take().empty());
  ports.down = true;
  client.look_around();
  EXPECT_EQ(ports.take(),
            (Log{n("close", session), "told the recorder does not answer any more", n("hangup", session)}));
  ports.fire();
  client.on_answered(ports.last_call.leg, yes);
  ports.take();
  client.look_around();
  EXPECT_TRUE(ports.take().empty()) << "a recorder that answers calls and no probes is left alone";
}

TEST_F(SiprecClient, AnEndedCallIsNotTriedAgain) {
  client.record(leg, call(), false);
  client.on_ended(ports.last_call.leg, EndCause::unreachable, 408, false);
  client.leg_ended(leg);
  ports.take();
  ports.fire();
  EXPECT_TRUE(ports.take().empty());
}

TEST_F(SiprecClient, ARecorderThatDoesNotWantTheCallIsNotAskedAgain) {
  client.record(leg, call(), false);
  client.on_ended(ports.last_call.leg, EndCause::rejected, 603, true);
  EXPECT_EQ(ports.log.back(), "told the recorder answers 603");
  EXPECT_TRUE(ports.timers.empty());
  EXPECT_EQ(client.stats().waiting, 1U);
}

TEST_F(SiprecClient, BothStreamsRefusedEndsTheSession) {
  client.record(leg, call(), false);
  const auto session = ports.last_call.leg;
  ports.take();
  client.on_answered(session, no);
  EXPECT_EQ(ports.take(), (Log{n("hangup", session), n("close", session), "told the recorder refuses both streams"}));
  EXPECT_TRUE(ports.timers.empty());
  EXPECT_FALSE(client.owns(session));
}

TEST_F(SiprecClient, AnswersTheRecordersOffers) {
  const auto session = open();
  EXPECT_TRUE(client.on_remote_offer(session, "")->find("a=sendonly") != std::string::npos) << "a refresh";
  auto hold = yes;
  for (std::size_t at; (at = hold.find("recvonly")) != std::string::npos;) hold.replace(at, 8, "inactive");
  EXPECT_NE(client.on_remote_offer(session, hold)->find("a=inactive"), std::string::npos);
  EXPECT_EQ(ports.take(), Log{n("send", session, " falsefalse")});
  EXPECT_EQ(client.on_remote_offer(session, "rubbish"), std::nullopt);
  client.on_metadata_request(session);
  EXPECT_EQ(ports.take(), Log{n("reinvite", session)});
}

TEST_F(SiprecClient, NoPortsIsAFailureLikeOthers) {
  ports.full = true;
  client.record(leg, call(), false);
  EXPECT_EQ(ports.log.back(), "told no RTP port is free");
  ports.full = false;
  ports.fire();
  EXPECT_EQ(ports.log.back(), n("invite", ports.last_call.leg));
}

TEST_F(SiprecClient, TheTrunkOfTheRecorderHasItsServersInOrder) {
  const auto trunk = trunk_of({.servers = {"a:5060", "b"}, .transport = "tcp", .sessions_max = 9});
  ASSERT_EQ(trunk.gateways.size(), 2U);
  EXPECT_EQ(trunk.gateways[0].address, "a:5060");
  EXPECT_LT(trunk.gateways[0].priority, trunk.gateways[1].priority);
  EXPECT_EQ(trunk.transport, "tcp");
  EXPECT_EQ(trunk.channels_max, 9U);
  EXPECT_FALSE(trunk.takes_calls);
}

}  // namespace
}  // namespace hotline::voice::siprec
