// SPDX-License-Identifier: Apache-2.0
// The 20 ms wheel. Shard thread only.
#include "voice/media/wheel.hpp"

#include "voice/media/session.hpp"

namespace hotline::voice::media {

void Wheel::add(Session& session) {
  auto& place = session.wheel_place();
  if (place.on) return;
  std::size_t best = 0;
  for (std::size_t i = 1; i < slots_.size(); ++i)
    if (slots_[i].size() < slots_[best].size()) best = i;
  place = {static_cast<std::uint32_t>(best), static_cast<std::uint32_t>(slots_[best].size()), true};
  slots_[best].push_back(&session);
}

void Wheel::remove(Session& session) {
  auto& place = session.wheel_place();
  if (!place.on) return;
  auto& slot = slots_[place.slot];
  slot[place.index] = slot.back();
  slot[place.index]->wheel_place().index = place.index;
  slot.pop_back();
  place.on = false;
}

void Wheel::run(std::uint64_t tick) {
  auto& slot = slots_[tick % ticks_a_frame];
  for (std::size_t i = slot.size(); i-- > 0;) {  // backwards: who leaves is replaced by one that has had its turn
    if (i >= slot.size()) continue;
    if (i >= 3) slot[i - 3]->fetch(Session::Fetch::itself);
    if (i >= 2) slot[i - 2]->fetch(Session::Fetch::lists);
    if (i >= 1) slot[i - 1]->fetch(Session::Fetch::sound);
    slot[i]->generate();
  }
}

}  // namespace hotline::voice::media
