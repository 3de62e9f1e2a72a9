// SPDX-License-Identifier: Apache-2.0
#include "voice/media/inband_digits.hpp"

#include <spandsp.h>

#include <cstdlib>
#include <type_traits>

namespace hotline::voice::media {

void InbandDigits::Free::operator()(dtmf_rx_state_s* state) const {
  dtmf_rx_free(state);
}

InbandDigits::InbandDigits() : state_(dtmf_rx_init(nullptr, nullptr, nullptr)) {
  if (!state_) std::abort();  // out of memory
  dtmf_rx_set_realtime_callback(state_.get(), &InbandDigits::on_tone, this);
}

void InbandDigits::on_tone(void* self, int code, int, int) {
  auto& digits = *static_cast<InbandDigits*>(self);
  constexpr std::uint64_t to_recognise = 2 * 102;  // the detector wants two blocks of 102 samples before it is sure
  if (digits.running_ != 0)
    digits.seen_.ended = Digit{
        digits.running_, Duration{static_cast<std::int64_t>((digits.samples_ - digits.since_ + to_recognise) / 8)}};
  digits.running_ = static_cast<char>(code);
  if (code == 0) return;
  digits.seen_.begun = true;
  digits.since_ = digits.samples_;
}

InbandDigits::Seen InbandDigits::listen(std::span<const std::int16_t> pcm) {
  seen_ = {};
  dtmf_rx(state_.get(), pcm.data(), static_cast<int>(pcm.size()));
  samples_ += pcm.size();
  return seen_;
}

}  // namespace hotline::voice::media
