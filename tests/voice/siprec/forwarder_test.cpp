// SPDX-License-Identifier: Apache-2.0
// The copies' RTP over loopback: both channels in order, in the recorder's codec, nothing while paused.
#include "voice/siprec/forwarder.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "voice/media/g711.hpp"
#include "voice/media/rtcp.hpp"
#include "voice/media/rtp.hpp"
#include "voice/media/srtp.hpp"

namespace hotline::voice::siprec {
namespace {

constexpr int wait_ms = 5'000;

/// A recorder's port: what it gets of RTP.
class Ear {
 public:
  Ear() {
    media::PortRange range("127.0.0.1", 0, 0);
    socket_ = std::move(*range.open());
  }
  [[nodiscard]] std::uint16_t port() const { return socket_.local_port(); }
  struct Heard {
    media::RtpPacket header;
    std::vector<std::uint8_t> payload;
  };
  /// The next RTP packet; fails the test when none comes.
  Heard next() {
    std::array<std::uint8_t, 512> buffer;
    for (;;) {
      pollfd ready{socket_.fd(), POLLIN, 0};
      if (::poll(&ready, 1, wait_ms) != 1) {
        ADD_FAILURE() << "nothing comes";
        return {};
      }
      const auto size = socket_.receive(buffer);
      if (size < 0) continue;
      const auto packet = std::span(buffer).first(static_cast<std::size_t>(size));
      if (media::is_rtcp(packet)) {
        ++reports;
        continue;
      }
      const auto rtp = media::parse_rtp(packet);
      EXPECT_TRUE(rtp);
      if (!rtp) continue;
      const auto payload = packet.subspan(rtp->payload_offset, rtp->payload_size);
      return {*rtp, {payload.begin(), payload.end()}};
    }
  }
  /// The next packet that is no RTCP, as it came.
  std::vector<std::uint8_t> raw() {
    std::array<std::uint8_t, 512> buffer;
    for (;;) {
      pollfd ready{socket_.fd(), POLLIN, 0};
      if (::poll(&ready, 1, wait_ms) != 1) {
        ADD_FAILURE() << "nothing comes";
        return {};
      }
      const auto size = socket_.receive(buffer);
      if (size > 0 && !media::is_rtcp(std::span(buffer).first(static_cast<std::size_t>(size))))
        return {buffer.begin(), buffer.begin() + size};
    }
  }
  /// Whether RTP has come; never waits.
  [[nodiscard]] bool anything() {
    std::array<std::uint8_t, 512> buffer;
    for (;;) {
      const auto size = socket_.receive(buffer);
      if (size < 0) return false;
      if (!media::is_rtcp(std::span(buffer).first(static_cast<std::size_t>(size)))) return true;
    }
  }
  int reports = 0;

 private:
  media::UdpSocket socket_;
};

class SiprecForwarder : public ::testing::Test {
 protected:
  SiprecForwarder() {
    auto opened = forwarder.open(id, RecordingId{1}, LegId{2});
    EXPECT_TRUE(opened);
    tap = opened->tap;
    ports = opened->ports;
    tap->begin(from_unix_ms(0));
  }
  FarStreams far(bool ulaw = false) const {
    FarStreams out;
    for (std::size_t i = 0; i < stream_count; ++i)
      out[i] = {true, true, "127.0.0.1", ears[i]->port(), ears[i]->port(), static_cast<std::uint8_t>(ulaw ? 0 : 8),
                ulaw, {}};
    return out;
  }
  /// 20 ms of each channel: every sample is `said`, `heard`.
  void put(std::uint8_t said, std::uint8_t heard) {
    std::array<std::uint8_t, 160> frame;
    frame.fill(said);
    tap->put(recorder::Channel::received, position, frame);
    frame.fill(heard);
    tap->put(recorder::Channel::sent, position, frame);
    position += 160;
    tap->advance(position);
  }

  const LegId id{77};
  std::array<std::unique_ptr<Ear>, stream_count> ears{std::make_unique<Ear>(), std::make_unique<Ear>()};
  Forwarder forwarder{{}};
  std::shared_ptr<recorder::Tap> tap;
  std::array<std::uint16_t, stream_count> ports{};
  std::uint64_t position = 0;
};

TEST_F(SiprecForwarder, SendsBothChannelsAsStreamsOfTheirOwn) {
  forwarder.send(id, far());
  for (std::uint8_t i = 0; i < 20; ++i) put(static_cast<std::uint8_t>(0x80 + i), static_cast<std::uint8_t>(0x20 + i));
  std::array<std::uint32_t, stream_count> ssrc{};
  for (std::size_t channel = 0; channel < stream_count; ++channel) {
    std::optional<media::RtpPacket> before;
    for (std::uint8_t i = 0; i < 20; ++i) {
      const auto heard = ears[channel]->next();
      ASSERT_EQ(heard.payload.size(), 160U);
      EXPECT_EQ(heard.payload.front(), (channel == 0 ? 0x80 : 0x20) + i);
      EXPECT_EQ(heard.payload.back(), heard.payload.front());
      EXPECT_EQ(heard.header.payload_type, 8);
      EXPECT_EQ(heard.header.marker, i == 0);
      if (before) {
        EXPECT_EQ(heard.header.sequence, static_cast<std::uint16_t>(before->sequence + 1));
        EXPECT_EQ(heard.header.timestamp, before->timestamp + 160);
        EXPECT_EQ(heard.header.ssrc, before->ssrc);
      }
      before = heard.header;
    }
    ssrc[channel] = before->ssrc;
    EXPECT_GE(ears[channel]->reports, 1) << "sender reports tie the streams together";
  }
  EXPECT_NE(ssrc[0], ssrc[1]);
  EXPECT_NE(ports[0], ports[1]);
}

TEST_F(SiprecForwarder, ConvertsForARecorderThatWantsMuLaw) {
  forwarder.send(id, far(true));
  put(0x93, 0x15);
  const auto heard = ears[0]->next();
  EXPECT_EQ(heard.header.payload_type, 0);
  ASSERT_EQ(heard.payload.size(), 160U);
  EXPECT_EQ(heard.payload[7], g711::alaw_to_ulaw[0x93]);
}

TEST_F(SiprecForwarder, SendsNothingWhilePausedAndGoesOnInItsTime) {
  forwarder.send(id, far());
  put(0x80, 0x20);
  const auto before = ears[0]->next();
  forwarder.pause(id, true);
  put(0x81, 0x21);  // a card number
  put(0x82, 0x22);
  // Another copy, whose turn comes after this one's: when three frames of it are out, two of this one are gone.
  const auto other = *forwarder.open(LegId{78}, RecordingId{2}, LegId{3});
  Ear probe;
  auto to_probe = far();
  to_probe[0].port = to_probe[0].rtcp_port = probe.port();
  to_probe[1] = {};
  forwarder.send(LegId{78}, to_probe);
  other.tap->begin(from_unix_ms(0));
  other.tap->advance(3 * 160);
  for (int i = 0; i < 3; ++i) (void)probe.next();
  EXPECT_FALSE(ears[0]->anything());
  forwarder.pause(id, false);
  put(0x83, 0x23);
  const auto after = ears[0]->next();
  EXPECT_EQ(after.payload.front(), 0x83);
  EXPECT_TRUE(after.header.marker) << "sound begins anew";
  EXPECT_EQ(after.header.sequence, static_cast<std::uint16_t>(before.header.sequence + 1));
  EXPECT_EQ(after.header.timestamp, before.header.timestamp + 3 * 160);
}

TEST_F(SiprecForwarder, EncryptsWhatTheRecorderHasAKeyFor) {
  media::SrtpKeys keys{media::SrtpProfile::aes128_cm_sha1_80, {}, {}};
  keys.server.fill(7);
  keys.client.fill(9);
  auto to = far();
  to[0].keys = keys;
  to[1] = {};
  forwarder.send(id, to);
  put(0x93, 0x15);
  auto heard = ears[0]->raw();
  EXPECT_GT(heard.size(), 172U) << "with its authentication tag";
  auto there = media::SrtpSession::make(keys, media::SrtpSession::Side::client);
  ASSERT_TRUE(there);
  const auto opened = there->unprotect_rtp(heard);
  ASSERT_EQ(opened.size, 172U);
  EXPECT_EQ(heard[12], 0x93);
}

}  // namespace
}  // namespace hotline::voice::siprec
