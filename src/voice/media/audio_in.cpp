// SPDX-License-Identifier: Apache-2.0
#include "voice/media/audio_in.hpp"

#include <algorithm>
#include <cstdlib>

namespace hotline::voice::media {
namespace {

constexpr std::int64_t excess_tolerated = samples_a_frame;   // the sound may be held back a frame too long
constexpr std::int64_t excess_forced = 4 * samples_a_frame;  // beyond that even speech is shortened
constexpr std::uint64_t excess_for = 8 * 500;                // and only when it lasts
constexpr std::int16_t quiet = 400;                          // -38 dBov: a frame below is not missed

}  // namespace

AudioIn::AudioIn(Codec codec, bool concealing)
    : codec_(codec),
      buffer_(clock_scale(codec)),
      concealing_(concealing),
      decoder_(Decoder::make(codec)),
      concealment_(sample_rate(codec)) {
  ready_.reserve(2 * packet_samples_max);
}

/// The far end may change the law as it likes.
void AudioIn::follow_law(Codec codec) {
  if (codec == codec_ || !is_g711(codec) || !is_g711(codec_)) return;
  codec_ = codec;
  decoder_ = Decoder::make(codec);
}

void AudioIn::go_on(Codec codec, const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint64_t at) {
  follow_law(codec);
  const auto count = decoder_->decode(payload, scratch_);
  if (count == 0) return;
  if (codec_ != Codec::opus && concealing_) concealment_.good(std::span(scratch_).first(count));
  buffer_.go_on(rtp, static_cast<std::int64_t>(count * narrowband / sample_rate(codec_)), at);
}

void AudioIn::put(Codec codec, const RtpPacket& rtp, std::span<const std::uint8_t> payload, bool noise,
                  std::uint64_t now) {
  if (payload.size() > payload_bytes_max) return;
  if (!noise) follow_law(codec);
  buffer_.put(rtp, payload, noise, now);
}

/// Sound longer than needed is left out where it is quiet, else only when there is much too much of it.
bool AudioIn::may_leave_out(std::span<const std::int16_t> pcm, std::uint64_t now) {
  const auto excess = buffer_.excess(now);
  if (excess <= excess_tolerated) {
    excess_since_ = now;
    return false;
  }
  if (now - excess_since_ < excess_for) return false;
  if (excess > excess_forced) return true;
  return std::all_of(pcm.begin(), pcm.end(), [](std::int16_t s) { return s < quiet && s > -quiet; });
}

void AudioIn::conceal(std::size_t samples, std::span<const std::uint8_t> behind) {
  const auto out = std::span(scratch_).first(samples);
  if (!concealing_)
    std::fill(out.begin(), out.end(), std::int16_t{0});
  else if (!decoder_->conceal(behind, out))
    concealment_.conceal(out);
  append(out);
  concealed_ += samples * narrowband / sample_rate(codec_);
}

/// Adds the next piece to what is ready. False: there is none.
bool AudioIn::add(std::uint64_t now) {
  const auto times = sample_rate(codec_) / narrowband;
  const auto next = buffer_.take(now);
  using Kind = JitterBuffer::Next::Kind;
  switch (next.kind) {
    case Kind::idle:
      return false;
    case Kind::noise:
      noise_.set(next.payload);
      noisy_ = true;
      concealment_.reset();
      return false;
    case Kind::lost:
      buffer_.advance(next.samples);
      conceal(static_cast<std::size_t>(next.samples) * times, next.behind);
      return true;
    case Kind::expand:
      conceal(frame_samples(sample_rate(codec_)), {});
      return true;
    case Kind::sound:
      break;
  }
  noisy_ = false;
  const auto count = decoder_->decode(next.payload, scratch_);
  if (count == 0) {  // not of this codec: as if it had not come
    buffer_.advance(samples_a_frame);
    conceal(frame_samples(sample_rate(codec_)), {});
    return true;
  }
  buffer_.advance(static_cast<std::int64_t>(count / times));
  const auto pcm = std::span(scratch_).first(count);
  if (codec_ != Codec::opus && concealing_) concealment_.good(pcm);
  if (may_leave_out(pcm, now)) {
    excess_since_ = now;
    // Its end is what the next one goes on from: the two are not blended, a quiet frame needs none.
    return true;
  }
  append(pcm);
  return true;
}

bool AudioIn::pull(std::span<std::int16_t> out, unsigned rate, std::uint64_t now) {
  const auto ours = sample_rate(codec_);
  const auto needed = frame_samples(ours);
  for (int pieces = 0; ready_.size() < needed && pieces < 64; ++pieces)
    if (!add(now)) break;
  const bool heard = !ready_.empty() || noisy_;
  std::array<std::int16_t, frame_samples_max> frame{};
  const auto there = std::min(needed, ready_.size());
  std::copy_n(ready_.begin(), there, frame.begin());
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(there));
  if (noisy_) noise_.fill(std::span(frame).first(needed).subspan(there));
  rate_change_.process(std::span(frame).first(needed), ours, out, rate);
  return heard;
}

}  // namespace hotline::voice::media
