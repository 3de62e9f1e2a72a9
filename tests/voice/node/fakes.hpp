// SPDX-License-Identifier: Apache-2.0
// A node between fakes: a loop in virtual time, and ports that write down in one list what they are told.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "voice/node/node.hpp"

namespace hotline::voice::node::test {

/// Time stands still until advance().
class FakeLoop final : public runtime::EventLoop, public runtime::Clock {
 public:
  TimePoint now() const override { return now_; }
  void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }
  void watch(int, bool, Ready) override {}
  void unwatch(int) override {}
  void after(Duration delay, std::function<void()> task) override { timers_.emplace(now_ + delay, std::move(task)); }

  void run_posted() {
    while (!posted_.empty()) {
      auto task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }
  void advance(Duration length) {
    run_posted();
    const TimePoint end = now_ + length;
    while (!timers_.empty() && timers_.begin()->first <= end) {
      auto timer = timers_.extract(timers_.begin());
      now_ = timer.key();
      timer.mapped()();
      run_posted();
    }
    now_ = end;
  }

 private:
  TimePoint now_ = from_unix_ms(1'714'479'000'000);  // 2024-04-30T12:10:00Z
  std::deque<std::function<void()>> posted_;
  std::multimap<TimePoint, std::function<void()>> timers_;
};

using Calls = std::vector<std::string>;

class FakeSip final : public SipPort {
 public:
  explicit FakeSip(Calls& calls) : calls_(calls) {}
  void progress(LegId leg, unsigned status, const std::string& sdp) override {
    note("progress {} {}{}", leg.value(), status, sdp.empty() ? "" : " with sdp");
  }
  void refer(LegId leg, const std::string& target, LegId replaces) override {
    note("refer {} to {} replaces {}", leg.value(), target, replaces.value());
  }
  void accept(LegId leg, const std::string& sdp) override {
    note("accept {}", leg.value());
    last_sdp = sdp;
  }
  void reject(LegId leg, unsigned status, std::uint32_t retry) override {
    note("reject {} {} retry {}", leg.value(), status, retry);
  }
  void invite(const signalling::OutgoingCall& call) override {
    note("invite {} {} from {} ring {}", call.leg.value(), call.uri, call.from_user, call.ring_timeout.count());
    last_sdp = call.offer;
  }
  void send_info_digit(LegId leg, char digit, Duration length) override {
    note("info {} {} {}", leg.value(), digit, length.count());
  }
  void transfer_result(LegId leg, unsigned status) override { note("transfer_result {} {}", leg.value(), status); }
  void reinvite(LegId leg, const std::string& offer) override {
    note("reinvite {}", leg.value());
    last_sdp = offer;
  }
  void hangup(LegId leg, signalling::EndCause cause) override {
    note("hangup {} cause {}", leg.value(), static_cast<int>(cause));
  }
  void set_draining(bool on) override { note("draining {}", on); }
  void set_shedding(bool on) override { note("shedding {}", on); }
  std::vector<signalling::TrunkUse> trunk_use() const override {
    return {{.name = "pstn", .in_use = 3, .channels_max = 300}};
  }
  int family_of(const std::string&, const std::string&) const override { return family; }
  std::uint64_t rejected() const override { return 4; }
  signalling::DefenceStats defence() const override { return {.dropped = 5, .failures = 6, .silenced = 7}; }

  std::string last_sdp;
  int family = AF_INET;

 private:
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    calls_.push_back("sip " + fmt::format(format, std::forward<Values>(values)...));
  }
  Calls& calls_;
};

class FakeMedia final : public MediaPort {
 public:
  explicit FakeMedia(Calls& calls) : calls_(calls) {}
  Result<std::uint16_t, Problem> open(LegId leg, std::optional<LegId> near, int family) override {
    if (full) return fail(Problem{"no RTP port is free", "widen the range"});
    note("open {} near {}{}", leg.value(), near ? near->value() : 0, family == AF_INET6 ? " over IPv6" : "");
    return port_;
  }
  void open_external(LegId leg) override { note("open_external {}", leg.value()); }
  void set_remote(LegId leg, const media::Remote& remote) override {
    note("remote {} send {} receive {}", leg.value(), remote.send, remote.receive);
    last_remote = remote;
  }
  void bridge(LegId a, LegId b) override { note("bridge {} {}", a.value(), b.value()); }
  void unbridge(LegId leg) override { note("unbridge {}", leg.value()); }
  void mix(MixId mix, std::vector<media::MixMember> members) override {
    std::string text;
    for (const auto& member : members) {
      text += fmt::format(" {}", member.leg.value());
      for (const LegId other : member.not_heard) text += fmt::format("-{}", other.value());
    }
    note("mix {}{}", mix.value(), text);
  }
  void play(LegId leg, media::PlayRequest request) override {
    note("play {} id {} items {} loop {}", leg.value(), request.id.value(), request.items.size(), request.loop);
  }
  void stop_play(LegId leg) override { note("stop_play {}", leg.value()); }
  void send_digits(LegId leg, std::string digits, Duration length, Duration gap) override {
    note("digits {} {} {} {}", leg.value(), digits, length.count(), gap.count());
  }
  void start_recording(LegId leg, RecordingId recording, std::string path) override {
    note("record {} {} {}", leg.value(), recording.value(), path);
  }
  void stop_recording(LegId leg) override { note("stop_recording {}", leg.value()); }
  void pause_recording(LegId leg, bool paused) override { note("pause_recording {} {}", leg.value(), paused); }
  void close(LegId leg, std::function<void(media::SessionStats)> done) override {
    note("close {}", leg.value());
    if (done) done({.packets_received = 100, .packets_sent = 99, .packets_lost = 1, .jitter_ms = 7});
  }
  media::PlaneStats stats() const override {
    media::PlaneStats result;
    result.rtp_received = 12;
    return result;
  }
  void ping(std::function<void()> done) override {
    if (hangs)
      waiting_ping = std::move(done);
    else
      done();
  }
  void quality(std::function<void(std::vector<media::SessionQuality>)> done) override { done(qualities); }
  std::uint64_t recording_errors() const override { return 0; }
  void recording_settled(RecordingId recording) override { note("settled {}", recording.value()); }

  std::vector<media::SessionQuality> qualities;

  bool full = false, hangs = false;
  std::function<void()> waiting_ping;
  media::Remote last_remote;

 private:
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    calls_.push_back("media " + fmt::format(format, std::forward<Values>(values)...));
  }
  Calls& calls_;
  std::uint16_t port_ = 20'000;
};

class FakeFiles final : public FilesPort {
 public:
  explicit FakeFiles(Calls& calls) : calls_(calls) {}
  void archive(RecordingId recording, std::string wav_path) override {
    calls_.push_back(fmt::format("files archive {} {}", recording.value(), wav_path));
  }
  void remove(RecordingId recording, std::string path, std::string kept_as) override {
    calls_.push_back(fmt::format("files remove {} {} kept as '{}'", recording.value(), path, kept_as));
  }
  archive::Stats stats() const override {
    archive::Stats stats;
    stats.waiting = 5;
    return stats;
  }

 private:
  Calls& calls_;
};

class FakeWebrtc final : public WebrtcPort {
 public:
  explicit FakeWebrtc(Calls& calls) : calls_(calls) {}
  Result<webrtc::Accepted, Problem> accept(LegId leg, std::string_view offer,
                                           const std::vector<media::Codec>& codecs) override {
    if (offer == "bad") return fail(Problem{"no audio", "offer audio"});
    calls_.push_back(fmt::format("webrtc accept {}", leg.value()));
    webrtc::Accepted accepted;
    accepted.answer_sdp = "answer";
    accepted.remote.codec = codecs.front();
    return accepted;
  }
  void close(LegId leg) override { calls_.push_back(fmt::format("webrtc close {}", leg.value())); }

 private:
  Calls& calls_;
};

class FakeLink final : public LinkPort {
 public:
  void emit(link::FromNode event) override { events.push_back(event.ShortDebugString()); }
  void emit_unkept(link::FromNode message) override { unkept.push_back(message.ShortDebugString()); }
  bool core_connected() const override { return connected; }
  std::vector<std::string> events, unkept;
  bool connected = true;
};

/// An audio description as a phone would send it.
inline std::string phone_sdp(const std::string& formats = "8 0 101", const std::string& extra = "",
                             const std::string& address = "192.0.2.7") {
  std::string text = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 " + address +
                     "\r\nt=0 0\r\nm=audio 40000 RTP/AVP " + formats + "\r\n";
  if (formats.find("101") != std::string::npos) text += "a=rtpmap:101 telephone-event/8000\r\n";
  return text + extra;
}

class NodeTest : public ::testing::Test {
 protected:
  NodeTest() {
    config.media_address = "192.0.2.1";
    config.calls_max = 3;
    start();
    link.connected = true;
    node.on_core_connected(1);
  }
  std::chrono::nanoseconds signalling_cpu{0};  ///< what the thread's clock says
  void start() {
    config.signalling_cpu = [this] { return signalling_cpu; };
    node.start(config, {.loop = loop,
                        .sip = sip,
                        .media = media,
                        .webrtc = webrtc,
                        .link = link,
                        .files = &files,
                        .outside = outside});
  }
  /// What was asked of the ports since the last call.
  Calls asked() {
    loop.run_posted();
    return std::exchange(calls, {});
  }
  /// What the core was told since the last call.
  Calls told() {
    loop.run_posted();
    return std::exchange(link.events, {});
  }
  void forget() {
    asked();
    told();
  }
  void incoming(std::uint64_t leg, std::optional<std::string> offer = phone_sdp(), bool record_aware = false) {
    node.on_incoming({.leg = LegId{leg},
                      .trunk = "pstn",
                      .from_user = "13800138000",
                      .from_display = "Li",
                      .to_user = "1000",
                      .sip_call_id = "abc",
                      .source = "192.0.2.7:5060",
                      .record_aware = record_aware,
                      .offer = std::move(offer)});
  }
  template <class Set>
  void command(Set set) {
    link::FromCore message;
    message.set_epoch(1);
    set(message);
    node.on_command(message);
  }
  void answer(std::uint64_t leg) {
    command([&](auto& m) { m.mutable_answer()->set_leg(leg); });
  }
  void hang_up(std::uint64_t leg) {
    command([&](auto& m) { m.mutable_hangup()->set_leg(leg); });
  }
  void bridge(std::uint64_t a, std::uint64_t b) {
    command([&](auto& m) {
      m.mutable_bridge()->set_a(a);
      m.mutable_bridge()->set_b(b);
    });
  }
  void play(std::uint64_t leg, std::uint64_t id, bool stop_on_digit = false) {
    command([&](auto& m) {
      m.mutable_play()->set_leg(leg);
      m.mutable_play()->set_play(id);
      m.mutable_play()->set_stop_on_digit(stop_on_digit);
      m.mutable_play()->add_items()->set_prompt("cmn/welcome");
    });
  }
  void originate(std::uint64_t leg, std::uint64_t near = 0) {
    command([&](auto& m) {
      auto& o = *m.mutable_originate_sip();
      o.set_leg(leg);
      o.set_call(9);
      o.set_uri("sip:agent@192.0.2.8:5060");
      o.set_from_user("13800138000");
      o.set_near_leg(near);
    });
  }
  /// An incoming leg that talks.
  void talking(std::uint64_t leg) {
    incoming(leg);
    answer(leg);
    node.on_answered(LegId{leg}, "");
    forget();
  }

  Calls calls;
  FakeLoop loop;
  FakeSip sip{calls};
  FakeMedia media{calls};
  FakeWebrtc webrtc{calls};
  FakeFiles files{calls};
  FakeLink link;
  siprec::Client* outside = nullptr;  ///< set before start()
  Node::Config config;
  Node node{loop};
};

}  // namespace hotline::voice::node::test
