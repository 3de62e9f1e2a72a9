// SPDX-License-Identifier: Apache-2.0
// The speech-like signal and the measures of `bench quality`, for unit tests.
#pragma once

#include "../../../bench/sound.hpp"

namespace hotline::voice::media::test {

using bench::compare;
using bench::Likeness;
using bench::rms;
using bench::spectral_distance;
using bench::speech;

}  // namespace hotline::voice::media::test
