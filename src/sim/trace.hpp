// SPDX-License-Identifier: Apache-2.0
// What happened in a run: a hash over every event, which two runs of one seed must share to the last one, and the
// events themselves for whoever looks for a fault.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace hotline::sim {

class Trace {
 public:
  using Line = std::function<void(const std::string&)>;
  explicit Trace(TimePoint start = {}, Line line = {}) : start_(start), line_(std::move(line)) {}

  /// `a` and `b`: what it is about (a leg, a call, an agent).
  void add(TimePoint at, std::string_view what, std::uint64_t a = 0, std::uint64_t b = 0) {
    ++events_;
    take(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    take(what);
    take(a);
    take(b);
    if (line_) {
      const auto ms = (at - start_).count();
      std::string text = std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1) + " ";
      text.append(what);
      if (a != 0) text += " " + std::to_string(a);
      if (b != 0) text += " " + std::to_string(b);
      line_(text);
    }
  }
  /// Into the hash alone: stored states.
  void take(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] bool is_shown() const { return static_cast<bool>(line_); }

 private:
  void take(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x100000001b3ULL;
    hash_ ^= hash_ >> 29;
  }

  TimePoint start_;
  Line line_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL, events_ = 0;
};

}  // namespace hotline::sim
