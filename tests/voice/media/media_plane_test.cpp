// SPDX-License-Identifier: Apache-2.0
// Goal: the whole plane with its threads over real sockets on loopback: symmetric RTP, bridges within and across
// shards, prompts, recordings to disk, the external port, and an orderly end.
#include "voice/media/media_plane.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>

#include "voice/media/bytes.hpp"
#include "voice/media/rtp.hpp"
#include "voice/prompts/prompt_store.hpp"
#include "voice/recorder/recorder.hpp"

namespace hotline::voice::media {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(30);  // far above what anything here takes

class Observer final : public MediaObserver {
 public:
  void on_digit(LegId leg, char digit, Duration) override { tell("digit " + leg.to_string() + " " + digit); }
  void on_play_done(LegId leg, PlayId, PlayEnd end, const std::string& missing) override {
    tell("play " + leg.to_string() + " " + std::to_string(static_cast<int>(end)) + missing);
  }
  void on_media_timeout(LegId leg) override { tell("silent " + leg.to_string()); }
  void on_recording_done(const RecordingResult& result) override {
    {
      const std::lock_guard lock(mutex_);
      recordings_.push_back(result);
    }
    tell("recorded " + result.id.to_string());
  }

  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return std::count(told_.begin(), told_.end(), what) > 0; });
  }
  std::vector<RecordingResult> recordings() {
    const std::lock_guard lock(mutex_);
    return recordings_;
  }

 private:
  void tell(std::string what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::vector<RecordingResult> recordings_;
};

sockaddr_storage loopback(std::uint16_t port) {
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A telephone: a socket that sends A-law packets and sees what comes.
class Phone {
 public:
  explicit Phone(std::uint32_t ssrc = 7) : ssrc_(ssrc), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto any = loopback(0);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof(sockaddr_in)), 0);
  }
  ~Phone() { ::close(fd_); }
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  [[nodiscard]] Remote remote() const {
    Remote remote;
    remote.address = loopback(port());
    remote.dtmf_payload_type = 101;
    return remote;
  }
  void send(std::uint16_t to, std::uint8_t value) {
    std::array<std::uint8_t, 172> packet;
    packet.fill(value);
    write_rtp_header(packet.data(), 8, false, sequence_++, timestamp_, ssrc_);
    timestamp_ += 160;
    const auto address = loopback(to);
    ::sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_in));
  }
  void send_bytes(std::uint16_t to, std::span<const std::uint8_t> bytes) {
    const auto address = loopback(to);
    ::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_in));
  }
  /// The next packet, or nullopt after `limit`.
  std::optional<std::vector<std::uint8_t>> receive(std::chrono::milliseconds limit = patience) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
    std::vector<std::uint8_t> packet(2048);
    const auto size = ::recv(fd_, packet.data(), packet.size(), 0);
    packet.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return packet;
  }
  /// Sends `value` until `other` hears it. False: it never does.
  bool is_heard_by(Phone& other, std::uint16_t our_port, std::uint8_t value) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      send(our_port, value);
      while (const auto packet = other.receive(std::chrono::milliseconds(20)))
        if (packet->size() == 172 && packet->back() == value) return true;
    }
    return false;
  }

 private:
  std::uint32_t ssrc_;
  int fd_;
  std::uint16_t sequence_ = 1;
  std::uint32_t timestamp_ = 1;
};

class MediaPlaneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto name = (fs::temp_directory_path() / "media-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    recorder_.emplace(recorder::Config{.directory = directory_});
    prompts_.emplace(prompts::PromptStore::Config{.directories = {directory_}});
  }
  void TearDown() override {
    plane_.reset();
    recorder_.reset();
    fs::remove_all(directory_);
  }
  MediaPlane& start(Config config = {}) {
    plane_ = std::make_unique<MediaPlane>(config, *prompts_, *recorder_, observer_);
    return *plane_;
  }
  std::uint16_t open(std::uint64_t leg, const Phone& phone, std::optional<LegId> near = std::nullopt) {
    const auto port = plane_->open(LegId{leg}, near);
    EXPECT_TRUE(port);
    plane_->set_remote(LegId{leg}, phone.remote());
    return port.value_or(0);
  }

  fs::path directory_;
  Observer observer_;
  std::optional<recorder::Recorder> recorder_;
  std::optional<prompts::PromptStore> prompts_;
  std::unique_ptr<MediaPlane> plane_;
};

TEST_F(MediaPlaneTest, BridgesTwoPhones) {
  auto& plane = start();
  Phone a(1), b(2);
  const auto port_a = open(1, a);
  const auto port_b = open(2, b, LegId{1});
  EXPECT_EQ(port_a % 2, 0);
  EXPECT_EQ(port_b % 2, 0);
  plane.bridge(LegId{1}, LegId{2});
  EXPECT_TRUE(a.is_heard_by(b, port_a, 17));
  EXPECT_TRUE(b.is_heard_by(a, port_b, 18));
  std::promise<SessionStats> stats;
  plane.close(LegId{1}, [&](SessionStats s) { stats.set_value(s); });
  const auto got = stats.get_future().get();
  EXPECT_GT(got.packets_received, 0U);
  EXPECT_GT(got.packets_sent, 0U);
  EXPECT_EQ(got.packets_lost, 0U);
  plane.close(LegId{1});
  plane.bridge(LegId{1}, LegId{2});  // unknown by now: ignored
}

TEST_F(MediaPlaneTest, LegsOfDifferentShardsMoveTogether) {
  auto& plane = start({.shards = 3});
  Phone a(1), b(2), c(3);
  const auto port_a = open(1, a);
  const auto port_b = open(2, b);
  const auto port_c = open(3, c);
  plane.bridge(LegId{1}, LegId{2});
  EXPECT_TRUE(a.is_heard_by(b, port_a, 17));
  EXPECT_TRUE(b.is_heard_by(a, port_b, 18));
  plane.bridge(LegId{3}, LegId{2});  // a transfer: the second leg moves on
  EXPECT_TRUE(b.is_heard_by(c, port_b, 19));
  EXPECT_TRUE(c.is_heard_by(b, port_c, 20));
  // Orders given while a leg is on its way reach it in their order.
  for (int i = 0; i < 20; ++i) {
    plane.bridge(LegId{1}, LegId{2});
    plane.bridge(LegId{3}, LegId{1});
    plane.bridge(LegId{2}, LegId{3});
  }
  plane.bridge(LegId{1}, LegId{3});
  EXPECT_TRUE(a.is_heard_by(c, port_a, 21));
  EXPECT_TRUE(c.is_heard_by(a, port_c, 22));
}

TEST_F(MediaPlaneTest, FollowsThePhoneBehindANatAndNobodyElse) {
  auto& plane = start();
  Phone a(1), nat(2), stranger(3), b(4), moved(5);
  const auto port_a = open(1, a);  // signalling says a, packets come from nat
  const auto port_b = open(2, b);
  plane.bridge(LegId{1}, LegId{2});
  ASSERT_TRUE(nat.is_heard_by(b, port_a, 17));
  EXPECT_TRUE(b.is_heard_by(nat, port_b, 18)) << "what is sent goes where packets came from";
  stranger.send(port_a, 99);
  ASSERT_TRUE(nat.is_heard_by(b, port_a, 19));
  while (const auto packet = b.receive(std::chrono::milliseconds(1))) EXPECT_NE(packet->back(), 99);
  EXPECT_TRUE(b.is_heard_by(nat, port_b, 20)) << "a stranger does not take the call over";
  // A re-INVITE with another address: the former source is heard on, the new one takes over.
  plane.set_remote(LegId{1}, moved.remote());
  ASSERT_TRUE(moved.is_heard_by(b, port_a, 21));
  EXPECT_TRUE(b.is_heard_by(moved, port_b, 22));
}

TEST_F(MediaPlaneTest, PlaysToneAndTellsWhatIsMissing) {
  auto& plane = start();
  Phone a;
  open(1, a);
  plane.play(LegId{1}, {.id = PlayId{5}, .items = {{PlayItem::Tone{"beep"}}, {PlayItem::Silence{Duration{100}}}}});
  ASSERT_TRUE(observer_.wait_for("play 1 0"));
  std::uint16_t expected = 0;
  for (int i = 0; i < 20; ++i) {
    const auto packet = a.receive();
    ASSERT_TRUE(packet);
    const auto rtp = parse_rtp(*packet);
    ASSERT_TRUE(rtp);
    if (i > 0) {
      EXPECT_EQ(rtp->sequence, expected);
    }
    EXPECT_EQ(rtp->marker, i == 0);
    expected = static_cast<std::uint16_t>(rtp->sequence + 1);
  }
  plane.play(LegId{1}, {.id = PlayId{6}, .items = {{PlayItem::Tone{"beep"}}, {PlayItem::Prompt{"cmn/none"}}}});
  EXPECT_TRUE(observer_.wait_for("play 1 3cmn/none"));
}

TEST_F(MediaPlaneTest, RecordsBothSidesFromStartToClose) {
  auto& plane = start({.shards = 2});
  Phone a(1), b(2);
  const auto port_a = open(1, a);
  const auto port_b = open(2, b);
  const auto begin = std::chrono::steady_clock::now();
  plane.start_recording(LegId{1}, RecordingId{9}, "2030/05/06/9.wav");
  plane.play(LegId{1}, {.id = PlayId{5}, .items = {{PlayItem::Tone{"beep"}}}});
  ASSERT_TRUE(observer_.wait_for("play 1 0"));
  plane.bridge(LegId{2}, LegId{1});  // the recorded leg moves to the other's shard
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(a.is_heard_by(b, port_a, 17));
    ASSERT_TRUE(b.is_heard_by(a, port_b, 18));
  }
  std::promise<void> closed;
  plane.close(LegId{1}, [&](SessionStats) { closed.set_value(); });
  closed.get_future().wait();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  ASSERT_TRUE(observer_.wait_for("recorded 9"));
  const auto result = observer_.recordings().front();
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.leg, LegId{1});
  EXPECT_NEAR(static_cast<double>(result.frames) / 8, static_cast<double>(took.count()), 200);
  std::ifstream file(directory_ / result.path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_EQ(bytes.size(), result.bytes);
  std::size_t left = 0, right = 0, beep = 0;
  for (std::size_t at = 58; at + 1 < bytes.size(); at += 2) {
    left += bytes[at] == 17 ? 1 : 0;
    right += bytes[at + 1] == 18 ? 1 : 0;
    beep += at < 58 + 2 * 2400 && bytes[at + 1] != static_cast<char>(0xD5) ? 1 : 0;
  }
  EXPECT_GE(left, 160U);
  EXPECT_GE(right, 160U);
  EXPECT_GT(beep, 1000U);
}

TEST_F(MediaPlaneTest, ARecordingOfALegThatIsGoneIsReported) {
  auto& plane = start();
  plane.start_recording(LegId{77}, RecordingId{9}, "9.wav");
  ASSERT_TRUE(observer_.wait_for("recorded 9"));
  EXPECT_NE(observer_.recordings().front().problem, "");
}

TEST_F(MediaPlaneTest, ClosingThePlaneClosesRecordings) {
  auto& plane = start();
  Phone a;
  open(1, a);
  plane.start_recording(LegId{1}, RecordingId{9}, "9.wav");
  plane.play(LegId{1}, {.id = PlayId{5}, .items = {{PlayItem::Tone{"beep"}}}});
  ASSERT_TRUE(observer_.wait_for("play 1 0"));
  plane_.reset();
  ASSERT_TRUE(observer_.wait_for("recorded 9"));
  EXPECT_EQ(observer_.recordings().front().problem, "");
  EXPECT_GE(observer_.recordings().front().frames, 2000U);
}

/// Stands in for the WebRTC engine.
class Port final : public PacketPort {
 public:
  void send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) override {
    const std::lock_guard lock(mutex_);
    leg_ = leg;
    value_ = packet.back();
    room_ = capacity_after;
    ++count_;
    changed_.notify_all();
  }
  bool heard(std::uint8_t value) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(20), [&] { return count_ > 0 && value_ == value; });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  LegId leg_;
  std::uint8_t value_ = 0;
  std::size_t room_ = 0;
  int count_ = 0;
};

TEST_F(MediaPlaneTest, AnExternalLegTalksWithAPhoneOfAnotherShard) {
  auto& plane = start({.shards = 2});
  Port port;
  plane.open_external(LegId{1}, port);
  Remote remote;
  remote.codec = Codec::pcma;
  plane.set_remote(LegId{1}, remote);
  Phone phone;
  const auto phone_port = open(2, phone);
  plane.bridge(LegId{2}, LegId{1});  // the phone moves, the external leg stays where its port is
  const auto end = std::chrono::steady_clock::now() + patience;
  do phone.send(phone_port, 33);
  while (!port.heard(33) && std::chrono::steady_clock::now() < end);
  EXPECT_EQ(port.leg_, LegId{1});
  EXPECT_GE(port.room_, 32U);

  std::optional<std::vector<std::uint8_t>> got;
  for (std::uint16_t i = 0; !got && i < 1000; ++i) {
    plane.run_on_shard0([&plane, i] {
      std::array<std::uint8_t, 172> packet;
      packet.fill(44);
      write_rtp_header(packet.data(), 8, false, i, i * 160U, 5);
      plane.receive(LegId{1}, packet);
    });
    got = phone.receive(std::chrono::milliseconds(20));
  }
  ASSERT_TRUE(got);
  EXPECT_EQ(got->back(), 44);
}

TEST_F(MediaPlaneTest, ShardZeroRunsTasksInOrderWatchesDescriptorsAndTicks) {
  auto& plane = start();
  const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::promise<void> rung, ticked;
  std::atomic<bool> told{false};
  std::vector<int> order;
  plane.watch_on_shard0(bell, [&] {
    std::uint64_t value = 0;
    if (::read(bell, &value, sizeof value) == sizeof value) rung.set_value();
  });
  plane.every_tick_on_shard0([&](TimePoint) {
    if (!told.exchange(true)) ticked.set_value();
  });
  std::promise<void> done;
  for (int i = 0; i < 5; ++i) plane.run_on_shard0([&order, i] { order.push_back(i); });
  plane.run_on_shard0([&] { plane.run_on_shard0([&] { done.set_value(); }); });
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(bell, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  EXPECT_EQ(rung.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_EQ(ticked.get_future().wait_for(patience), std::future_status::ready);
  ASSERT_EQ(done.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4));
  std::promise<void> unwatched;
  plane.unwatch_on_shard0(bell);
  plane.run_on_shard0([&] { unwatched.set_value(); });
  unwatched.get_future().wait();
  ::close(bell);
}

TEST_F(MediaPlaneTest, AnIdleShardMissesNoTask) {
  auto& plane = start();
  // Each task is posted just when the shard has run the one before and is about to sleep: with no leg and no ticker only
  // the doorbell wakes it.
  std::atomic<int> ran{0};
  const auto end = std::chrono::steady_clock::now() + patience;
  for (int i = 0; i < 20'000; ++i) {
    plane.run_on_shard0([&ran] { ran.fetch_add(1); });
    for (int look = 1; ran.load() <= i; ++look)
      ASSERT_FALSE(look % 1'000 == 0 && std::chrono::steady_clock::now() > end) << "the shard sleeps over task " << i;
  }
}

TEST_F(MediaPlaneTest, APingIsAnsweredOnceByAllTogether) {
  auto& plane = start({.shards = 3});
  std::promise<void> held, go_on;
  plane.run_on_shard0([&] {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  std::atomic<int> answers{0};
  std::promise<void> answered;
  plane.ping([&] {
    if (answers.fetch_add(1) == 0) answered.set_value();
  });
  auto answer = answered.get_future();
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "one has not come round";
  go_on.set_value();
  ASSERT_EQ(answer.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(answers, 1);
}

TEST_F(MediaPlaneTest, AMixBringsItsMembersToOneShardAndLetsThemGo) {
  auto& plane = start({.shards = 3});
  Phone a(1), b(2), c(3);
  const auto at_a = open(1, a), at_b = open(2, b), at_c = open(3, c);
  plane.mix(MixId{5}, {{LegId{1}}, {LegId{2}}, {LegId{3}, {LegId{1}}}});
  const auto loud = g711::encode_alaw(4'000);
  const auto hears = [&](Phone& from, std::uint16_t port, Phone& to) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      from.send(port, loud);  // a mix never pauses: one packet out, one in
      if (const auto packet = to.receive(std::chrono::milliseconds(20)))
        if (packet->size() == 172 && std::abs(g711::decode_alaw(packet->back())) > 2'000) return true;
    }
    return false;
  };
  c.send(at_c, g711::alaw_silence);  // so that the plane knows where it is
  EXPECT_TRUE(hears(a, at_a, b));
  EXPECT_TRUE(hears(b, at_b, c));
  plane.mix(MixId{5}, {{LegId{2}}, {LegId{3}}});
  plane.bridge(LegId{1}, LegId{2});
  EXPECT_TRUE(a.is_heard_by(b, at_a, 42)) << "relayed again, untouched";
  plane.unmix(MixId{5});
  plane.mix(MixId{6}, {{LegId{1}}, {LegId{3}}, {LegId{77}}});
  EXPECT_TRUE(hears(a, at_a, c));
}

TEST_F(MediaPlaneTest, AnEncryptedPhoneTalksToAPlainOneAndStrangersAreNotHeard) {
  for (const auto profile :
       {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32}) {
    auto& plane = start();
    Phone secret(1), plain(2);
    SrtpKeys keys;
    keys.profile = profile;
    keys.client.fill(1);
    keys.server.fill(2);
    auto remote = secret.remote();
    remote.srtp = keys;
    const auto at_secret = *plane.open(LegId{1});
    plane.set_remote(LegId{1}, remote);
    const auto at_plain = open(2, plain);
    plane.bridge(LegId{1}, LegId{2});
    auto theirs = SrtpSession::make(keys, SrtpSession::Side::client);
    ASSERT_TRUE(theirs);
    secret.send(at_secret, 99);  // not encrypted: nobody's
    bool heard = false, answered = false;
    std::array<std::uint8_t, 256> packet{};
    const auto end = std::chrono::steady_clock::now() + patience;
    for (std::uint16_t n = 1; !(heard && answered) && std::chrono::steady_clock::now() < end; ++n) {
      packet.fill(42);
      write_rtp_header(packet.data(), 8, false, n, n * 160U, 5);
      secret.send_bytes(at_secret, std::span(packet).first(theirs->protect_rtp(packet.data(), 172)));
      plain.send(at_plain, 43);
      if (const auto got = plain.receive(std::chrono::milliseconds(20)); got && got->size() == 172) {
        EXPECT_EQ(got->back(), 42);
        heard = true;
      }
      if (auto got = secret.receive(std::chrono::milliseconds(20))) {
        const auto opened = theirs->unprotect_rtp(*got);
        ASSERT_EQ(opened.size, 172U) << to_string(profile);
        EXPECT_EQ((*got)[171], 43);
        answered = true;
      }
    }
    EXPECT_TRUE(heard && answered) << to_string(profile);
    plane_.reset();
  }
}

TEST_F(MediaPlaneTest, RtcpComesOnTheRtpPortAndWhatThePhoneReportsIsInTheFigures) {
  auto& plane = start();
  Phone phone(7);
  auto remote = phone.remote();
  remote.rtcp = Remote::Rtcp{.mux = true};
  const auto port = *plane.open(LegId{1});
  plane.set_remote(LegId{1}, remote);
  plane.play(LegId{1}, {.id = PlayId{1}, .items = {{PlayItem::Tone{"dial"}}}, .loop = true});
  std::optional<std::uint32_t> ssrc;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ssrc && std::chrono::steady_clock::now() < end) {
    phone.send(port, 1);
    if (const auto got = phone.receive(std::chrono::milliseconds(20)); got && is_rtcp(*got)) {
      EXPECT_EQ((*got)[1], 200) << "a sender report: sound is being sent";
      EXPECT_EQ((*got)[0] & 31, 1) << "with a block on what the phone sends";
      ssrc = read_u32(got->data() + 4);
    }
  }
  ASSERT_TRUE(ssrc) << "within 4 s";
  std::array<std::uint8_t, 32> rr{0x81, 201, 0, 7};
  write_u32(rr.data() + 4, 7);
  write_u32(rr.data() + 8, *ssrc);
  write_u32(rr.data() + 12, 0x40000005);  // a quarter of late, five in all
  write_u32(rr.data() + 20, 8 * 30);      // 30 ms of jitter
  phone.send_bytes(port, rr);
  SessionStats stats;
  while (stats.remote_jitter_ms == 0 && std::chrono::steady_clock::now() < end) {
    std::promise<SessionStats> figures;
    plane.quality([&](std::vector<SessionQuality> all) { figures.set_value(all.at(0).second); });
    stats = figures.get_future().get();
  }
  EXPECT_EQ(stats.remote_jitter_ms, 30U);
  EXPECT_GT(stats.remote_loss_x100, 0U);
  EXPECT_GT(stats.mos_x100, 0U);
}

TEST_F(MediaPlaneTest, APortRangeGivesEvenPortsAndSaysWhenItIsUsedUp) {
  Phone probe;  // a free port to build the range on
  const auto base = static_cast<std::uint16_t>(probe.port() > 60'000 ? probe.port() - 2'000 : probe.port() + 2);
  auto& plane = start({.port_min = base, .port_max = static_cast<std::uint16_t>(base + 7)});
  int opened = 0;
  std::optional<Problem> problem;
  for (std::uint64_t leg = 1; leg <= 5; ++leg) {
    const auto port = plane.open(LegId{leg});
    if (!port) {
      problem = port.error();
      break;
    }
    EXPECT_EQ(*port % 2, 0);
    EXPECT_GE(*port, base);
    EXPECT_LE(*port, base + 7);
    ++opened;
  }
  EXPECT_LE(opened, 4);
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->remedy, ::testing::HasSubstr("widen"));
  if (opened == 0) return;
  std::promise<void> closed;
  plane.close(LegId{1}, [&](SessionStats) { closed.set_value(); });
  closed.get_future().wait();
  EXPECT_TRUE(plane.open(LegId{9})) << "a closed session's port is free again";
}

TEST_F(MediaPlaneTest, ABadAddressIsSaid) {
  auto& plane = start({.bind_address = "not an address"});
  const auto port = plane.open(LegId{1});
  ASSERT_FALSE(port);
  EXPECT_THAT(port.error().what, ::testing::HasSubstr("not an address"));
}

TEST_F(MediaPlaneTest, ASilentPhoneIsTold) {
  start({.dead_after = Duration{50}});
  Phone a;
  open(1, a);
  EXPECT_TRUE(observer_.wait_for("silent 1"));
}

}  // namespace
}  // namespace hotline::voice::media
