// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/gateways.hpp"

#include <algorithm>

namespace hotline::voice::signalling {

Gateways::Gateways(std::vector<Gateway> list, std::uint32_t down_after, std::uint32_t up_after)
    : down_after_(down_after), up_after_(up_after) {
  for (auto& gateway : list) entries_.push_back({std::move(gateway)});
}

std::vector<std::size_t> Gateways::order(const Random& random) const {
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < entries_.size(); ++i) rest.push_back(i);
  const auto rank = [this](std::size_t i) { return std::pair{!entries_[i].up, entries_[i].gateway.priority}; };
  std::ranges::stable_sort(rest, {}, rank);
  std::vector<std::size_t> out;
  while (!rest.empty()) {
    // Of those of the first rank, one by weight: each stands for its share of the sum (RFC 2782, "Weight").
    const auto same = std::ranges::find_if(rest, [&](std::size_t i) { return rank(i) != rank(rest.front()); });
    std::stable_partition(rest.begin(), same, [this](std::size_t i) { return entries_[i].gateway.weight == 0; });
    std::uint64_t sum = 0;
    for (auto at = rest.begin(); at != same; ++at) sum += entries_[*at].gateway.weight;
    const auto bound = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, UINT32_MAX - 1) + 1);
    const std::uint64_t chosen = random(bound);
    std::uint64_t running = 0;
    auto at = rest.begin();
    for (; at + 1 != same; ++at) {
      running += entries_[*at].gateway.weight;
      if (running >= chosen) break;
    }
    out.push_back(*at);
    rest.erase(at);
  }
  return out;
}

bool Gateways::heard(std::size_t index) {
  auto& entry = entries_[index];
  if (entry.up) {
    entry.in_a_row = 0;
    return false;
  }
  if (++entry.in_a_row < up_after_) return false;
  entry.up = true;
  entry.in_a_row = 0;
  return true;
}

bool Gateways::failed(std::size_t index) {
  auto& entry = entries_[index];
  ++entry.failures;
  if (!entry.up) {
    entry.in_a_row = 0;
    return false;
  }
  if (++entry.in_a_row < down_after_) return false;
  entry.up = false;
  entry.in_a_row = 0;
  return true;
}

}  // namespace hotline::voice::signalling
