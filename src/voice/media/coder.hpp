// SPDX-License-Identifier: Apache-2.0
// Decoders and encoders of one stream, behind one interface each: G.711 by table, G.722 by libspandsp, Opus by libopus.
// They keep the state of their stream, and are not thread-safe: a session's thread has them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "voice/media/codec.hpp"

namespace hotline::voice::media {

/// The longest packet that is decoded (RFC 7587: 120 ms) at 16 kHz.
inline constexpr std::size_t packet_samples_max = 1'920;
inline constexpr std::size_t payload_bytes_max = 1'400;

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Decodes a whole payload to `out` (packet_samples_max), at sample_rate(codec). Returns the samples; 0 for a payload
  /// that is none of this codec.
  virtual std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) = 0;
  /// Samples that decode() would give, without doing it; 0: not to be decoded.
  [[nodiscard]] virtual std::size_t samples(std::span<const std::uint8_t> payload) const = 0;
  /// A lost packet of `out.size()` samples, made up by the codec itself: from `next`, the packet behind the gap, where
  /// that carries a copy (Opus' FEC), else from what was before. False: this codec knows nothing of it (see
  /// Concealment).
  virtual bool conceal(std::span<const std::uint8_t> next, std::span<std::int16_t> out) = 0;

  [[nodiscard]] static std::unique_ptr<Decoder> make(Codec codec);
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Encodes 20 ms at sample_rate(codec) into `out` (payload_bytes_max). Returns the bytes; 0: nothing need be sent
  /// (discontinuous transmission).
  virtual std::size_t encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out) = 0;
  /// Whether what comes has nothing above 4 kHz, so that no bits are spent there.
  virtual void set_narrowband(bool on) = 0;
  /// What the far end reports to lose, in percent: Opus adds copies for it (FEC).
  virtual void set_expected_loss(unsigned percent) = 0;

  [[nodiscard]] static std::unique_ptr<Encoder> make(Codec codec);
};

}  // namespace hotline::voice::media
