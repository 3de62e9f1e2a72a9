// SPDX-License-Identifier: Apache-2.0
// How good a leg sounds, estimated from loss and delay: the E-model of ITU-T G.107, of which a packet network changes
// two terms. Pure.
#pragma once

#include <cstdint>

#include "voice/media/codec.hpp"

namespace hotline::voice::media {

struct Path {
  Codec codec = Codec::pcma;
  double loss = 0;              ///< share of packets that did not come, or came too late, 0 to 1
  double one_way_delay_ms = 0;  ///< mouth to ear: half the round trip, packets and jitter buffers
  bool concealed = true;        ///< losses are made up for by somebody
};

/// The rating R (0 to 100): R = 93.2 - Id - Ie,eff.
///   Id = 0.024 d + 0.11 (d - 177.3) for d above 177.3 ms: Cole and Rosenbluth's fit of G.107's delay term.
///   Ie,eff = Ie + (95 - Ie) Ppl / (Ppl + Bpl) (G.107 7-29, random loss), with Bpl of G.113 Appendix I: G.711 25.1 with
///   concealment and 4.3 without. For G.722 and Opus G.113 has no narrowband figures; we take those of G.711, which
///   both are better than without loss, and for Opus, whose packets carry copies, twice the robustness.
[[nodiscard]] double rating(const Path& path);
/// Mean opinion score times 100, 100 to 450, of that rating (G.107 Annex B).
[[nodiscard]] std::uint32_t mos_x100(const Path& path);

}  // namespace hotline::voice::media
