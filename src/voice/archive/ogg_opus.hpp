// SPDX-License-Identifier: Apache-2.0
// A recording's WAV to Opus in Ogg (RFC 6716, RFC 7845) and back. Two uncoupled mono streams in mapping family 1: the
// customer's voice and the agent's never mix, as joint stereo would let them at these rates. The length is exact to the
// sample by pre-skip and end trimming (RFC 7845 4.2, 4.4). Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "vault/bytes.hpp"

namespace hotline::voice::archive {

struct OpusOptions {
  std::int32_t bitrate =
      16'000;             ///< bit/s a channel, variable; 8 kHz speech is transparent to the ear from about 14,000
  int complexity = 3;     ///< 0 to 10
  RecordingId recording;  ///< in the comment header
};

/// Called about once a second of sound; false: give up.
using KeepGoing = std::function<bool()>;

/// Reads the recorder's WAV from its beginning and writes the whole Ogg file. Returns the frames (samples a channel) it
/// has. `sink.finish()` is called.
[[nodiscard]] Result<std::uint64_t, Problem> encode(vault::ByteSource& wav, vault::ByteSink& sink,
                                                    const OpusOptions& options, const KeepGoing& keep_going);

/// Interleaved samples, two a frame, 8 kHz.
using OnSamples = std::function<void(std::span<const std::int16_t> interleaved)>;

/// Decodes every packet; the Problem names what is wrong with the file. Returns its frames.
[[nodiscard]] Result<std::uint64_t, Problem> decode(vault::ByteSource& ogg, const OnSamples& on_samples,
                                                    const KeepGoing& keep_going);

}  // namespace hotline::voice::archive
