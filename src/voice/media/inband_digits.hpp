// SPDX-License-Identifier: Apache-2.0
// DTMF tones in the sound of a leg that has no telephone events, found by libspandsp (ITU-T Q.24). One stream; one
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "voice/media/dtmf.hpp"

struct dtmf_rx_state_s;

namespace hotline::voice::media {

class InbandDigits {
 public:
  InbandDigits();

  struct Seen {
    bool begun = false;          ///< a digit was recognised (for barge-in)
    std::optional<Digit> ended;  ///< and this one is over
  };
  /// The next sound, at 8 kHz.
  [[nodiscard]] Seen listen(std::span<const std::int16_t> pcm);

 private:
  struct Free {
    void operator()(dtmf_rx_state_s* state) const;
  };
  static void on_tone(void* self, int code, int level, int delay);

  std::unique_ptr<dtmf_rx_state_s, Free> state_;
  Seen seen_;
  char running_ = 0;
  std::uint64_t samples_ = 0;  // heard so far
  std::uint64_t since_ = 0;    // of the running digit
};

}  // namespace hotline::voice::media
