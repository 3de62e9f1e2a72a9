// SPDX-License-Identifier: Apache-2.0
// The chain of hashes through an order's history (docs/adr/0026): each line's hash covers the line as it is stored and
// the hash before it, so that no line can be changed, taken out or put in without all later ones showing it. The hash
// function is given: the domain knows no library. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::workorder {

/// SHA-256 as 64 lower-case hexadecimal digits.
using HashFunction = std::function<std::string(std::string_view)>;

/// A line of history as it is stored.
struct SealedEvent {
  WorkOrderId order;
  std::int64_t seq = 0;
  TimePoint at{};
  AgentId by;
  std::string kind;
  std::string data;  ///< the event's text; what is hashed is these bytes
  std::string hash;  ///< of this line and all before it
  friend bool operator==(const SealedEvent&, const SealedEvent&) = default;
};

/// The hash of `line` behind `previous` (empty for the first). Its own `hash` is not looked at.
[[nodiscard]] inline std::string link_hash(const HashFunction& sha256, std::string_view previous,
                                           const SealedEvent& line) {
  // Only the last part can hold a line break, so that no two lines have the same text.
  std::string text = "hotline work order 1\n";
  text += previous;
  text += '\n' + line.order.to_string() + '\n' + std::to_string(line.seq) + '\n' + std::to_string(to_unix_ms(line.at)) +
          '\n' + line.by.to_string() + '\n' + line.kind + '\n' + line.data;
  return sha256(text);
}

/// The seq of the first line that does not follow from those before; nullopt: the whole history is as it was written.
/// `head` is the hash stored with the order: without it the end could be cut off.
[[nodiscard]] inline std::optional<std::int64_t> broken_at(const HashFunction& sha256,
                                                           const std::vector<SealedEvent>& history,
                                                           std::string_view head) {
  std::string previous;
  std::int64_t expected = 0;
  for (const SealedEvent& line : history) {
    if (line.seq != ++expected || link_hash(sha256, previous, line) != line.hash) return expected;
    previous = line.hash;
  }
  if (previous != head) return expected + 1;
  return std::nullopt;
}

}  // namespace hotline::workorder
