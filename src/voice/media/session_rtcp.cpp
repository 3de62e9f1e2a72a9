// SPDX-License-Identifier: Apache-2.0
// A leg's RTCP and SRTP over UDP, and the figures of its quality. Shard thread only.
#include <sys/random.h>

#include <cstring>

#include "voice/media/quality.hpp"
#include "voice/media/session.hpp"

namespace hotline::voice::media {
namespace {

constexpr std::uint64_t report_interval_us = 5'000'000;  // RFC 3550 6.2: at least 5 s, spread over 0.5 to 1.5 of it
constexpr std::uint32_t packet_ms = 20, far_buffer_ms = 40;

std::uint64_t next_interval_us() {
  std::uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) random = 0;
  return report_interval_us / 2 + report_interval_us * (random % 1'024) / 1'024;
}

Moment moment(const Context& context) {
  return std::chrono::time_point_cast<Moment::duration>(context.wall);
}

}  // namespace

void Session::set_rtcp() {
  if (!remote_.rtcp || external()) return rtcp_.reset();
  if (!rtcp_) {
    rtcp_ = std::make_unique<Rtcp>();
    rtcp_->due_us = context_->now_us + next_interval_us() / 2;
  }
  if (remote_.rtcp->mux) return rtcp_->socket.reset();
  if (!rtcp_->socket) rtcp_->socket = open_above(socket_);  // taken by a stranger: this leg has no reports
}

void Session::set_srtp() {
  srtp_.reset();
  if (!remote_.srtp || external()) return;
  if (auto made = SrtpSession::make(*remote_.srtp, SrtpSession::Side::server))
    srtp_ = std::make_unique<SrtpSession>(std::move(*made));
  else
    std::abort();  // a library without what we offered
}

bool Session::send_encrypted(std::span<std::uint8_t> packet, std::size_t capacity_after) {
  auto* bytes = packet.data();
  if (capacity_after < SrtpSession::trailer_max) {
    if (packet.size() + SrtpSession::trailer_max > context_->packet.size()) return false;
    std::memcpy(context_->packet.data(), packet.data(), packet.size());
    bytes = context_->packet.data();
  }
  const auto size = srtp_->protect_rtp(bytes, packet.size());
  return size != 0 && socket_.send({bytes, size}, remote_.address);
}

void Session::on_rtcp_readable(std::span<std::uint8_t> buffer) {
  sockaddr_storage from{};
  for (int i = 0; i < 4; ++i) {
    if (!rtcp_ || !rtcp_->socket) return;
    const auto size = rtcp_->socket->receive_from(buffer, from);
    if (size < 0) return;
    on_rtcp(buffer.first(static_cast<std::size_t>(size)));
  }
}

/// Reports say how well the far end hears us; one that is silent on purpose shows by them that it is alive.
void Session::on_rtcp(std::span<std::uint8_t> packet) {
  if (!rtcp_ || !has_remote_) return;
  if (srtp_) {
    const auto opened = srtp_->unprotect_rtcp(packet);
    if (opened.size == 0) return;
    packet = packet.first(opened.size);
  }
  const auto report = read_report(packet, out_.ssrc(), moment(*context_));
  if (!report.sender_compact && !report.about_us) return;
  last_received_us_ = context_->now_us;
  dead_ = false;
  if (report.sender_compact) rtcp_->last_sender_report = LastSenderReport{*report.sender_compact, moment(*context_)};
  if (!report.about_us) return;
  rtcp_->remote_lost = report.lost > 0 ? static_cast<std::uint32_t>(report.lost) : 0;
  rtcp_->remote_jitter_ms = report.jitter / (clock_rate(remote_.codec) / 1'000);
  if (report.round_trip) rtcp_->rtt_ms = static_cast<std::uint32_t>(report.round_trip->count() / 1'000);
  if (mouth_) mouth_->set_expected_loss(static_cast<unsigned>(report.fraction_lost) * 100 / 256);
}

void Session::report_rtcp() {
  rtcp_->due_us = context_->now_us + next_interval_us();
  if (!can_send() || (!rtcp_->socket && !remote_.rtcp->mux)) return;
  const auto now = moment(*context_);
  auto& sent = rtcp_->sent;
  const auto packets = static_cast<std::uint32_t>(sent_);
  if (sent.packets != packets) {  // the stream runs: its clock is now at the last timestamp
    sent.last_timestamp = out_.last_timestamp();
    sent.last_at = now;
  }
  sent.ssrc = out_.ssrc();
  sent.packets = packets;
  sent.payload_bytes = sent_bytes_;
  sent.clock_rate = clock_rate(remote_.codec);
  std::array<std::uint8_t, report_max + SrtpSession::trailer_max> buffer{};
  auto size = write_report(std::span(buffer).first<report_max>(), out_.ssrc(), sent, in_.take_report(),
                           rtcp_->last_sender_report, now);
  if (srtp_) size = srtp_->protect_rtcp(buffer.data(), size);
  if (size == 0) return;
  if (rtcp_->socket)
    rtcp_->socket->send({buffer.data(), size}, remote_.rtcp->address);
  else
    socket_.send({buffer.data(), size}, remote_.address);
}

SessionStats Session::stats() const {
  SessionStats out;
  out.packets_received = in_.received();
  out.packets_sent = sent_;
  out.packets_lost = in_.lost();
  out.jitter_ms = in_.jitter_ms();
  out.level_peak = static_cast<std::uint32_t>(level_peak_);
  out.codec = remote_.codec;
  PortFigures figures;
  if (port_ != nullptr)
    figures = port_->figures(leg_);
  else if (rtcp_)
    figures = {rtcp_->rtt_ms, rtcp_->remote_lost, rtcp_->remote_jitter_ms};
  out.rtt_ms = figures.rtt_ms;
  out.remote_jitter_ms = figures.remote_jitter_ms;
  if (sent_ > 0)
    out.remote_loss_x100 = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(10'000, std::uint64_t{figures.remote_lost} * 10'000 / sent_));
  if (in_.received() == 0) return out;
  out.loss_x100 = static_cast<std::uint32_t>(in_.loss() * 10'000 + 0.5);
  // What comes too late for its turn is as good as lost, where a jitter buffer of ours says so.
  const double late = ear_ ? static_cast<double>(ear_->late()) / static_cast<double>(in_.received()) : 0;
  const double buffer = ear_ ? static_cast<double>(ear_->delay()) / 8 : std::max(far_buffer_ms, 2 * in_.jitter_ms());
  out.mos_x100 = mos_x100({.codec = remote_.codec,
                           .loss = std::min(1.0, in_.loss() + late),
                           .one_way_delay_ms = out.rtt_ms / 2.0 + packet_ms + buffer});
  return out;
}

}  // namespace hotline::voice::media
