// SPDX-License-Identifier: Apache-2.0
// Who of the strangers gets an answer. Peers of trunks, agents' hosts, registered phones and dialogs there are never
// come here: a flood of strangers costs them nothing but the parsing of it. Pure: time comes in; a bounded table.
//
// A stranger may be a phone that wants to register, so a few are answered. Who asks too often gets silence (an answer
// would tell a scanner that there is something, and would reach whoever's address was forged), and who shows bad
// credentials again and again, or calls himself by the name of a scanner, is not heard for a while (greylist).
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace hotline::voice::signalling {

struct DefenceConfig {
  std::uint32_t answers_per_source = 10;  ///< a second, to one address
  std::uint32_t answers_max = 500;        ///< a second, to all who have not shown that they hear our answers
  std::uint32_t failures_max = 10;        ///< wrong credentials of one address within failure_window: then silence
  Duration failure_window{60'000};
  Duration silence{600'000};
  std::uint32_t sources_max = 20'000;  ///< addresses remembered; of more, the one longest unheard is forgotten
};

struct DefenceStats {
  std::uint64_t dropped = 0;   ///< requests that got no answer
  std::uint64_t failures = 0;  ///< wrong credentials
  std::uint64_t silenced = 0;  ///< times an address was put on the greylist
};

class Defence {
 public:
  explicit Defence(DefenceConfig config);

  /// A request of a stranger at `source`, a numeric address. `proven`: it carries a nonce we gave out, so its address
  /// is not forged. False: no answer.
  [[nodiscard]] bool answer(std::string_view source, std::string_view user_agent, bool proven, Duration now);
  /// `source` showed wrong credentials. True when this puts it on the greylist.
  bool failed(std::string_view source, Duration now);
  /// It showed right ones: what was counted against it is forgotten.
  void succeeded(std::string_view source);

  [[nodiscard]] DefenceStats stats() const { return stats_; }
  [[nodiscard]] std::size_t remembered() const { return sources_.size(); }

 private:
  /// Fills up by the second, to two seconds' worth.
  struct Bucket {
    double tokens = 0;
    Duration at{};
    [[nodiscard]] bool take(double per_second, Duration now);
  };
  struct Source {
    Bucket answers;
    std::uint32_t failures = 0;
    Duration failures_since{}, silent_until{};
    std::list<std::string>::iterator place;
  };
  Source& source(std::string_view address, Duration now);
  void silence(Source& source, Duration now);

  DefenceConfig config_;
  DefenceStats stats_;
  Bucket all_;
  std::unordered_map<std::string, Source> sources_;
  std::list<std::string> heard_;  // longest unheard first
};

/// What one owner has of the address space: an IPv4 address, or the /64 of an IPv6 address.
[[nodiscard]] std::string network_of(std::string_view address);
/// The user agent names a known scanner (which is all these programs are used for).
[[nodiscard]] bool is_scanner(std::string_view user_agent);

}  // namespace hotline::voice::signalling
