// SPDX-License-Identifier: Apache-2.0
#include "voice/media/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <cstdlib>

namespace hotline::voice::media {
namespace {
constexpr int quality = 4;
}

void Resampler::Free::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Resampler::Resampler(unsigned from, unsigned to) {
  int error = RESAMPLER_ERR_SUCCESS;
  state_.reset(speex_resampler_init(1, from, to, quality, &error));
  if (!state_ || error != RESAMPLER_ERR_SUCCESS) std::abort();  // out of memory
}

void Resampler::process(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  auto taken = static_cast<spx_uint32_t>(in.size());
  auto made = static_cast<spx_uint32_t>(out.size());
  speex_resampler_process_int(state_.get(), 0, in.data(), &taken, out.data(), &made);
  std::fill(out.begin() + made, out.end(), std::int16_t{0});
}

void RateChange::process(std::span<const std::int16_t> in, unsigned from, std::span<std::int16_t> out, unsigned to) {
  if (from == to) {
    std::copy(in.begin(), in.end(), out.begin());
    return;
  }
  auto& way = from < to ? up_ : down_;
  if (!way) way = std::make_unique<Resampler>(from, to);
  way->process(in, out);
}

}  // namespace hotline::voice::media
