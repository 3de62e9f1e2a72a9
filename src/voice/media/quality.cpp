// SPDX-License-Identifier: Apache-2.0
#include "voice/media/quality.hpp"

#include <algorithm>
#include <cmath>

namespace hotline::voice::media {

double rating(const Path& path) {
  constexpr double r_default = 93.2, delay_knee_ms = 177.3, g711_bpl = 25.1, g711_bpl_bare = 4.3;
  const double d = std::max(0.0, path.one_way_delay_ms);
  const double id = 0.024 * d + (d > delay_knee_ms ? 0.11 * (d - delay_knee_ms) : 0);
  const double ppl = 100 * std::clamp(path.loss, 0.0, 1.0);
  const double bpl = path.codec == Codec::opus ? 2 * g711_bpl : path.concealed ? g711_bpl : g711_bpl_bare;
  const double ie_eff = 95 * ppl / (ppl + bpl);
  return std::clamp(r_default - id - ie_eff, 0.0, 100.0);
}

std::uint32_t mos_x100(const Path& path) {
  const double r = rating(path);
  const double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  return static_cast<std::uint32_t>(std::lround(100 * std::clamp(mos, 1.0, 4.5)));
}

}  // namespace hotline::voice::media
