// SPDX-License-Identifier: Apache-2.0
#include "voice/media/jitter_buffer.hpp"

#include <algorithm>
#include <limits>

namespace hotline::voice::media {
namespace {

constexpr std::int64_t frame = samples_a_frame;
constexpr std::int64_t jump_max = 8 * 10'000;   // a timestamp further off has been set anew
constexpr std::int64_t expand_max = 5 * frame;  // after that the talk spurt is over
constexpr std::uint64_t window = 8 * 5'000;     // of the earliest transit
constexpr std::int64_t target_at_start = 8 * 40;
constexpr std::int64_t margin = 8 * 5;  // the shard looks at its sockets every 5 ms
constexpr float forget = 1.0F / 250;    // packets, 5 s
constexpr float quantile = 0.97F;
constexpr auto never = std::numeric_limits<std::int64_t>::max();

}  // namespace

void JitterBuffer::reset_estimate() {
  earliest_.fill(never);
  histogram_.fill(0);
  histogram_[static_cast<std::size_t>((target_at_start - margin) / bin_samples) - 1] = 1;
  target_ = target_at_start;
}

void JitterBuffer::begin_stream(const RtpPacket& rtp) {
  started_ = true;
  ssrc_ = rtp.ssrc;
  timestamp_ = rtp.timestamp;
  ticks_ = rtp.timestamp;
  while (!packets_.empty()) drop_front();
  playing_ = false;
  expanded_ = 0;
  earliest_.fill(never);  // what is known of the path's jitter still holds
}

void JitterBuffer::drop_front() {
  spare_.push_back(std::move(packets_.front().payload));
  packets_.erase(packets_.begin());
}

void JitterBuffer::estimate(std::int64_t time, std::uint64_t now) {
  const auto transit = static_cast<std::int64_t>(now) - time;
  if (earliest_[0] == never || now - window_from_ > window) {
    earliest_[1] = earliest_[0];
    earliest_[0] = transit;
    window_from_ = now;
  }
  earliest_[0] = std::min(earliest_[0], transit);
  const auto lateness = transit - std::min(earliest_[0], earliest_[1]);
  const auto bin = std::min(static_cast<std::size_t>(lateness / bin_samples), bins - 1);
  for (auto& share : histogram_) share *= 1 - forget;
  histogram_[bin] += forget;
  float sum = 0;
  std::size_t at = 0;
  while (at < bins - 1 && (sum += histogram_[at]) < quantile) ++at;
  target_ = std::clamp(static_cast<std::int64_t>(at + 1) * bin_samples + margin, delay_min, delay_max);
}

/// Its time on the sender's clock, without wrap; a new stream begins anew.
std::int64_t JitterBuffer::time_of(const RtpPacket& rtp) {
  if (!started_ || rtp.ssrc != ssrc_) begin_stream(rtp);
  auto step = static_cast<std::int64_t>(static_cast<std::int32_t>(rtp.timestamp - timestamp_));
  if (step > jump_max * scale_ || step < -jump_max * scale_) {
    begin_stream(rtp);
    step = 0;
  }
  const auto ticks = ticks_ + step;
  if (step > 0) {
    ticks_ = ticks;
    timestamp_ = rtp.timestamp;
  }
  return ticks / static_cast<std::int64_t>(scale_);
}

void JitterBuffer::go_on(const RtpPacket& rtp, std::int64_t samples, std::uint64_t now) {
  const auto time = time_of(rtp);
  estimate(time, now);
  if (playing_ && time + samples <= play_at_) return;  // out of order
  playing_ = true;
  play_at_ = time + samples;
  expanded_ = 0;
}

void JitterBuffer::put(const RtpPacket& rtp, std::span<const std::uint8_t> payload, bool noise, std::uint64_t now) {
  const auto time = time_of(rtp);
  if (!noise) estimate(time, now);  // comfort noise comes when it likes
  if (playing_ && time < play_at_) {
    ++late_;
    return;
  }
  auto at = packets_.end();
  while (at != packets_.begin() && std::prev(at)->time > time) --at;
  if (at != packets_.begin() && std::prev(at)->time == time) return;  // doubled
  std::vector<std::uint8_t> bytes;
  if (!spare_.empty()) {
    bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  bytes.assign(payload.begin(), payload.end());
  packets_.insert(at, {time, noise, std::move(bytes)});
  if (packets_.size() > packets_max) drop_front();
}

std::int64_t JitterBuffer::excess(std::uint64_t now) const {
  if (!playing_ || packets_.empty()) return 0;
  const auto earliest = std::min(earliest_[0], earliest_[1]);
  return static_cast<std::int64_t>(now) - earliest - play_at_ - target_;
}

JitterBuffer::Next JitterBuffer::take(std::uint64_t now) {
  Next next;
  while (playing_ && !packets_.empty() && packets_.front().time < play_at_) {  // an overlapping or late one
    ++late_;
    drop_front();
  }
  if (packets_.empty()) {
    if (!playing_) return next;
    if (expanded_ >= expand_max) {
      playing_ = false;
      return next;
    }
    expanded_ += frame;
    next.kind = Next::Kind::expand;
    return next;
  }
  auto& front = packets_.front();
  if (!playing_) {
    const auto earliest = std::min(earliest_[0], earliest_[1]);
    const bool due = front.noise || earliest == never ||
                     static_cast<std::int64_t>(now) - earliest - front.time >= target_ ||
                     packets_.size() > packets_max / 2;
    if (!due) return next;
    playing_ = true;
    play_at_ = front.time;
    expanded_ = 0;
  }
  // What was filled while the buffer was dry stands for what was lost meanwhile.
  if (expanded_ > 0 && front.time > play_at_) play_at_ = std::min(front.time, play_at_ + expanded_);
  expanded_ = 0;
  if (front.time > play_at_) {
    next.kind = Next::Kind::lost;
    next.samples = std::min(frame, front.time - play_at_);
    if (next.samples == front.time - play_at_ && !front.noise) next.behind = front.payload;
    if (front.time - play_at_ > expand_max) playing_ = false;  // a pause, not a loss: what follows begins anew
    return next;
  }
  const bool noise = front.noise;
  std::swap(current_, front.payload);
  drop_front();
  next.payload = current_;
  next.kind = noise ? Next::Kind::noise : Next::Kind::sound;
  if (noise) playing_ = false;
  return next;
}

}  // namespace hotline::voice::media
