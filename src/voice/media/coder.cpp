// SPDX-License-Identifier: Apache-2.0
// G.711, G.722 and Opus. One thread at a time.
#include "voice/media/coder.hpp"

#include <opus.h>
#include <spandsp.h>

#include <algorithm>
#include <cstdlib>

#include "voice/media/g711.hpp"

namespace hotline::voice::media {
namespace {

// Opus as RFC 7587 has it for speech: 24 kbit/s is transparent for wideband speech (RFC 6716 2.1.1); complexity 3 costs
// half of the default's CPU time for a difference that speech at this rate does not show.
constexpr int opus_bits_a_second = 24'000;
constexpr int opus_complexity = 3;
constexpr int opus_loss_percent = 5;

class G711Decoder final : public Decoder {
 public:
  explicit G711Decoder(bool ulaw) : ulaw_(ulaw) {}
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const auto count = samples(payload);
    if (count > out.size()) return 0;
    for (std::size_t i = 0; i < count; ++i)
      out[i] = ulaw_ ? g711::decode_ulaw(payload[i]) : g711::decode_alaw(payload[i]);
    return count;
  }
  [[nodiscard]] std::size_t samples(std::span<const std::uint8_t> payload) const override {
    return payload.size() <= packet_samples_max / 2 ? payload.size() : 0;
  }
  bool conceal(std::span<const std::uint8_t>, std::span<std::int16_t>) override { return false; }

 private:
  const bool ulaw_;
};

class G711Encoder final : public Encoder {
 public:
  explicit G711Encoder(bool ulaw) : ulaw_(ulaw) {}
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out) override {
    const auto count = std::min(pcm.size(), out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] = ulaw_ ? g711::encode_ulaw(pcm[i]) : g711::encode_alaw(pcm[i]);
    return count;
  }
  void set_narrowband(bool) override {}
  void set_expected_loss(unsigned) override {}

 private:
  const bool ulaw_;
};

struct FreeG722 {
  void operator()(g722_decode_state_t* state) const { g722_decode_free(state); }
  void operator()(g722_encode_state_t* state) const { g722_encode_free(state); }
};
constexpr int g722_bits_a_second = 64'000;

class G722Decoder final : public Decoder {
 public:
  G722Decoder() : state_(g722_decode_init(nullptr, g722_bits_a_second, 0)) {
    if (!state_) std::abort();  // out of memory
  }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const auto count = samples(payload);
    if (count == 0 || count > out.size()) return 0;
    const int made = g722_decode(state_.get(), out.data(), payload.data(), static_cast<int>(payload.size()));
    return static_cast<std::size_t>(std::max(made, 0));
  }
  [[nodiscard]] std::size_t samples(std::span<const std::uint8_t> payload) const override {
    return payload.size() <= packet_samples_max / 2 ? 2 * payload.size() : 0;
  }
  bool conceal(std::span<const std::uint8_t>, std::span<std::int16_t>) override { return false; }

 private:
  std::unique_ptr<g722_decode_state_t, FreeG722> state_;
};

class G722Encoder final : public Encoder {
 public:
  G722Encoder() : state_(g722_encode_init(nullptr, g722_bits_a_second, 0)) {
    if (!state_) std::abort();
  }
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out) override {
    const auto count = std::min(pcm.size(), 2 * out.size());
    const int made = g722_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(count));
    return static_cast<std::size_t>(std::max(made, 0));
  }
  void set_narrowband(bool) override {}
  void set_expected_loss(unsigned) override {}

 private:
  std::unique_ptr<g722_encode_state_t, FreeG722> state_;
};

struct FreeOpus {
  void operator()(OpusDecoder* state) const { opus_decoder_destroy(state); }
  void operator()(OpusEncoder* state) const { opus_encoder_destroy(state); }
};
constexpr auto opus_rate = static_cast<opus_int32>(sample_rate(Codec::opus));

class OpusVoiceDecoder final : public Decoder {
 public:
  OpusVoiceDecoder() {
    int error = OPUS_OK;
    state_.reset(opus_decoder_create(opus_rate, 1, &error));
    if (!state_ || error != OPUS_OK) std::abort();
  }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    if (samples(payload) == 0) return 0;
    const int made = opus_decode(state_.get(), payload.data(), static_cast<opus_int32>(payload.size()), out.data(),
                                 static_cast<int>(out.size()), 0);
    return static_cast<std::size_t>(std::max(made, 0));
  }
  [[nodiscard]] std::size_t samples(std::span<const std::uint8_t> payload) const override {
    if (payload.empty() || payload.size() > payload_bytes_max) return 0;
    const int count = opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()), opus_rate);
    return count > 0 && static_cast<std::size_t>(count) <= packet_samples_max ? static_cast<std::size_t>(count) : 0;
  }
  bool conceal(std::span<const std::uint8_t> next, std::span<std::int16_t> out) override {
    const int made =
        opus_decode(state_.get(), next.empty() ? nullptr : next.data(), static_cast<opus_int32>(next.size()),
                    out.data(), static_cast<int>(out.size()), next.empty() ? 0 : 1);
    if (made > 0 && static_cast<std::size_t>(made) == out.size()) return true;
    return !next.empty() && conceal({}, out);  // a packet that is no Opus, or too short: from what was before
  }

 private:
  std::unique_ptr<OpusDecoder, FreeOpus> state_;
};

class OpusVoiceEncoder final : public Encoder {
 public:
  OpusVoiceEncoder() {
    int error = OPUS_OK;
    state_.reset(opus_encoder_create(opus_rate, 1, OPUS_APPLICATION_VOIP, &error));
    if (!state_ || error != OPUS_OK) std::abort();
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(opus_bits_a_second));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(opus_complexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(state_.get(), OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(opus_loss_percent));
  }
  std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out) override {
    const auto made = opus_encode(state_.get(), pcm.data(), static_cast<int>(pcm.size()), out.data(),
                                  static_cast<opus_int32>(out.size()));
    return static_cast<std::size_t>(std::max(made, 0));
  }
  void set_narrowband(bool on) override {
    opus_encoder_ctl(state_.get(), OPUS_SET_MAX_BANDWIDTH(on ? OPUS_BANDWIDTH_NARROWBAND : OPUS_BANDWIDTH_WIDEBAND));
  }
  void set_expected_loss(unsigned percent) override {
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(static_cast<int>(percent), 1, 30)));
  }

 private:
  std::unique_ptr<OpusEncoder, FreeOpus> state_;
};

}  // namespace

std::unique_ptr<Decoder> Decoder::make(Codec codec) {
  switch (codec) {
    case Codec::g722:
      return std::make_unique<G722Decoder>();
    case Codec::opus:
      return std::make_unique<OpusVoiceDecoder>();
    default:
      return std::make_unique<G711Decoder>(codec == Codec::pcmu);
  }
}

std::unique_ptr<Encoder> Encoder::make(Codec codec) {
  switch (codec) {
    case Codec::g722:
      return std::make_unique<G722Encoder>();
    case Codec::opus:
      return std::make_unique<OpusVoiceEncoder>();
    default:
      return std::make_unique<G711Encoder>(codec == Codec::pcmu);
  }
}

}  // namespace hotline::voice::media
