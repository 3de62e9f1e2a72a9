// SPDX-License-Identifier: Apache-2.0
#include "voice/media/rtcp.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "voice/media/bytes.hpp"

namespace hotline::voice::media {
namespace {

constexpr std::uint8_t type_sr = 200, type_rr = 201, type_sdes = 202;
constexpr std::size_t report_block = 24, sender_info = 20;
constexpr std::string_view cname = "hotline";

struct Ntp {
  std::uint32_t seconds, fraction;
};

Ntp ntp(Moment at) {
  constexpr std::int64_t from_1900_to_1970 = 2'208'988'800, million = 1'000'000;
  const std::int64_t us = at.time_since_epoch().count();
  return {static_cast<std::uint32_t>(us / million + from_1900_to_1970),
          static_cast<std::uint32_t>((static_cast<std::uint64_t>(us % million) << 32) / million)};
}

/// The RTP clock at `at`, in ticks; only differences of it are used.
std::uint32_t ticks(Moment at, std::uint32_t clock_rate) {
  const std::int64_t us = at.time_since_epoch().count(), a_ms = clock_rate / 1000;
  return static_cast<std::uint32_t>(us / 1000 * a_ms + us % 1000 * a_ms / 1000);
}

}  // namespace

std::uint32_t compact_ntp(Moment at) {
  const Ntp t = ntp(at);
  return t.seconds << 16 | t.fraction >> 16;
}

void Reception::start(std::uint32_t ssrc, std::uint16_t sequence) {
  *this = Reception{clock_rate_};
  ssrc_ = ssrc;
  base_ = highest_ = sequence;
}

void Reception::take(std::span<const std::uint8_t> rtp, Moment at) {
  const std::uint16_t sequence = read_u16(rtp.data() + 2);
  const std::uint32_t timestamp = read_u32(rtp.data() + 4), ssrc = read_u32(rtp.data() + 8);
  if (received_ == 0 || ssrc != ssrc_) start(ssrc, sequence);
  // SRTP has refused duplicates and wild sequence numbers already, so A.1's probation is not needed.
  const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
  if (ahead != 0 && ahead < 0x8000) {
    if (sequence < highest_) cycles_ += 0x10000;
    highest_ = sequence;
  }
  ++received_;
  const std::uint32_t transit = ticks(at, clock_rate_) - timestamp;
  if (transit_) {
    const auto change = static_cast<std::int32_t>(transit - *transit_);
    const auto d = static_cast<std::uint32_t>(change < 0 ? -static_cast<std::int64_t>(change) : change);
    jitter_16_ += d - ((jitter_16_ + 8) >> 4);
  }
  transit_ = transit;
}

std::uint64_t Reception::lost() const {
  if (received_ == 0) return 0;
  const std::uint64_t expected = std::uint64_t{highest()} - base_ + 1;
  return expected > received_ ? expected - received_ : 0;
}

std::uint8_t Reception::take_fraction_lost() {
  if (received_ == 0) return 0;
  const std::uint64_t expected = std::uint64_t{highest()} - base_ + 1;
  const std::uint64_t expected_now = expected - expected_before_, received_now = received_ - received_before_;
  expected_before_ = expected;
  received_before_ = received_;
  if (expected_now == 0 || received_now >= expected_now) return 0;
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(255, (expected_now - received_now) * 256 / expected_now));
}

std::optional<ReceptionReport> Reception::take_report() {
  if (!any()) return std::nullopt;
  return ReceptionReport{ssrc_, take_fraction_lost(), lost(), highest(), jitter()};
}

std::size_t write_report(std::span<std::uint8_t> out, std::uint32_t our_ssrc, const Transmission& sent,
                         const std::optional<ReceptionReport>& received, const std::optional<LastSenderReport>& last,
                         Moment now) {
  if (out.size() < report_max) std::abort();  // a bug: see the declaration
  std::uint8_t* p = out.data();
  std::size_t at = 8;
  const auto header = [&](std::size_t from, std::uint8_t count, std::uint8_t type, std::size_t to) {
    p[from] = static_cast<std::uint8_t>(0x80 | count);
    p[from + 1] = type;
    write_u16(p + from + 2, static_cast<std::uint16_t>((to - from) / 4 - 1));
    write_u32(p + from + 4, our_ssrc);
  };
  const bool sender = sent.packets > 0;
  if (sender) {
    const Ntp t = ntp(now);
    write_u32(p + at, t.seconds);
    write_u32(p + at + 4, t.fraction);
    write_u32(p + at + 8, sent.last_timestamp + (ticks(now, sent.clock_rate) - ticks(sent.last_at, sent.clock_rate)));
    write_u32(p + at + 12, sent.packets);
    write_u32(p + at + 16, sent.payload_bytes);
    at += sender_info;
  }
  if (received) {
    constexpr std::uint64_t lost_max = 0x7fffff;
    write_u32(p + at, received->ssrc);
    write_u32(p + at + 4, static_cast<std::uint32_t>(std::min(received->lost, lost_max)));
    p[at + 4] = received->fraction_lost;
    write_u32(p + at + 8, received->highest);
    write_u32(p + at + 12, received->jitter);
    write_u32(p + at + 16, last ? last->compact : 0);
    write_u32(p + at + 20, last ? compact_ntp(now) - compact_ntp(last->received_at) : 0);
    at += report_block;
  }
  header(0, received ? 1 : 0, sender ? type_sr : type_rr, at);

  // SDES: one chunk with CNAME, ended by at least one zero up to the next multiple of four (section 6.5).
  const std::size_t sdes = at;
  at += 8;
  p[at++] = 1;
  p[at++] = static_cast<std::uint8_t>(cname.size());
  for (const char c : cname) p[at++] = static_cast<std::uint8_t>(c);
  do {
    p[at++] = 0;
  } while (at % 4 != 0);
  header(sdes, 1, type_sdes, at);
  return at;
}

namespace {

/// `blocks`: the report blocks of one SR or RR.
void read_blocks(PeerReport& out, std::span<const std::uint8_t> blocks, unsigned count, std::uint32_t our_ssrc,
                 Moment now) {
  for (; count > 0 && blocks.size() >= report_block; --count, blocks = blocks.subspan(report_block)) {
    const std::uint8_t* p = blocks.data();
    if (read_u32(p) != our_ssrc) continue;
    const std::uint32_t lost_24 = read_u32(p + 4) & 0xffffff;
    out.about_us = true;
    out.fraction_lost = p[4];
    out.lost = static_cast<std::int32_t>(lost_24 << 8) >> 8;  // sign of 24 bits
    out.jitter = read_u32(p + 12);
    const std::uint32_t last = read_u32(p + 16), delay = read_u32(p + 20);
    if (last == 0) continue;
    // Differences modulo 2^32; a clock step or a lying peer gives a huge one, which is no round trip.
    const std::uint32_t round_trip = compact_ntp(now) - last - delay;
    constexpr std::uint32_t believable = 60U << 16;
    if (round_trip < believable) {
      out.round_trip = std::chrono::microseconds{static_cast<std::int64_t>(round_trip) * 1'000'000 / 65536};
    }
  }
}

}  // namespace

PeerReport read_report(std::span<const std::uint8_t> packet, std::uint32_t our_ssrc, Moment now) {
  PeerReport out;
  while (packet.size() >= 8 && packet[0] >> 6 == 2) {
    const std::size_t size = (std::size_t{read_u16(packet.data() + 2)} + 1) * 4;
    if (size < 8 || size > packet.size()) break;
    const unsigned count = packet[0] & 31U;
    const std::uint8_t type = packet[1];
    const auto body = packet.first(size).subspan(8);
    if (type == type_sr && body.size() >= sender_info) {
      out.sender_compact = read_u32(body.data() + 2);  // the middle of its 64 bits
      read_blocks(out, body.subspan(sender_info), count, our_ssrc, now);
    } else if (type == type_rr) {
      read_blocks(out, body, count, our_ssrc, now);
    }
    packet = packet.subspan(size);
  }
  return out;
}

}  // namespace hotline::voice::media
