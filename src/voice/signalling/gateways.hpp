// SPDX-License-Identifier: Apache-2.0
// The gateways of one trunk: which of them is asked first, and which are up. Pure, no libre; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hotline::voice::signalling {

/// A gateway's numeric address and how it is chosen.
struct Gateway {
  std::string host{};      ///< numeric, without brackets
  std::uint16_t port = 0;  ///< 0: the default of the transport
  std::string transport = "udp";
  std::string domain{};        ///< of the request-URI where it is not the address; "" else
  std::uint32_t priority = 1;  ///< the lowest first (RFC 2782)
  std::uint32_t weight = 1;    ///< share of the calls among those of one priority; 0: hardly any
};

/// The last OPTIONS to a gateway that has come to an end.
struct ProbeResult {
  std::int64_t at_ms = 0;  ///< ms since 1970; 0: none yet
  unsigned status = 0;     ///< of the answer; 0: none came
  Duration took{};
  friend bool operator==(const ProbeResult&, const ProbeResult&) = default;
};

class Gateways {
 public:
  Gateways() = default;
  explicit Gateways(std::vector<Gateway> list, std::uint32_t down_after = 3, std::uint32_t up_after = 1);

  /// A number in [0, bound), bound >= 1.
  using Random = std::function<std::uint32_t(std::uint32_t bound)>;
  /// Indices in the order to try them: those that are up by priority and weight (RFC 2782), then those that are down:
  /// probes may be wrong, and a call refused for certain helps nobody.
  [[nodiscard]] std::vector<std::size_t> order(const Random& random) const;

  [[nodiscard]] const Gateway& at(std::size_t index) const { return entries_[index].gateway; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool up(std::size_t index) const { return entries_[index].up; }
  [[nodiscard]] std::uint64_t failures(std::size_t index) const { return entries_[index].failures; }
  [[nodiscard]] std::uint64_t calls(std::size_t index) const { return entries_[index].calls; }
  void count_call(std::size_t index) { ++entries_[index].calls; }
  [[nodiscard]] const ProbeResult& last_probe(std::size_t index) const { return entries_[index].probe; }
  void probed(std::size_t index, const ProbeResult& probe) { entries_[index].probe = probe; }

  /// A probe or a call was answered, or not. True when the gateway went up or down by it.
  bool heard(std::size_t index);
  bool failed(std::size_t index);

 private:
  struct Entry {
    Gateway gateway;
    bool up = true;
    std::uint32_t in_a_row = 0;  ///< failures while up, successes while down
    std::uint64_t failures = 0, calls = 0;
    ProbeResult probe{};
  };
  std::vector<Entry> entries_;
  std::uint32_t down_after_ = 3, up_after_ = 1;
};

}  // namespace hotline::voice::signalling
