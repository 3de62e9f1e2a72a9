// SPDX-License-Identifier: Apache-2.0
// Keeps the SIP messages of each call for a while, secrets masked, so that a voice engineer can see afterwards what was
// said (docs/adr/0015). Bounded in messages and bytes a call and in all. On the signalling thread.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::voice::signalling {

struct TraceConfig {
  bool enabled = true;
  std::uint32_t messages_max = 100;            ///< of one call
  std::uint32_t bytes_max = 65'536;            ///< of one call
  std::uint64_t total_bytes_max = 16U << 20U;  ///< of all calls under way
  Duration linger{2'000};                      ///< after a leg's end, for the answer to the last BYE
};

struct TracedMessage {
  std::uint64_t seq = 0;   ///< of all messages of this process
  std::int64_t at_us = 0;  ///< µs since 1970
  bool sent = false;
  std::string transport, local, remote;  ///< "udp", "192.0.2.1:5060"
  std::string text;                      ///< as it passed, secrets overwritten by asterisks of the same number
};

/// Overwrites what must not be kept: credentials (Authorization and the like), SDES and other media keys (a=crypto,
/// k=), DTMF digits in INFO bodies (they may be a card number). Lengths stay as they are.
void mask_secrets(std::string& message);

class SipTrace {
 public:
  explicit SipTrace(TraceConfig config = {}) : config_(config) {}

  /// A message has passed. Only an INVITE begins a call's trace.
  void passed(TracedMessage message);
  /// The call has a session: strangers' attempts cannot push it out.
  void pin(const std::string& call_id);
  /// The leg has ended; its messages are due `linger` later.
  void ended(LegId leg, const std::string& call_id, Duration now);

  struct Finished {
    LegId leg;
    std::vector<TracedMessage> messages;
    std::uint32_t left_out = 0;
  };
  [[nodiscard]] std::vector<Finished> due(Duration now);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Call {
    std::deque<TracedMessage> messages;
    std::size_t bytes = 0;
    std::uint32_t left_out = 0;
    bool pinned = false;
    std::list<std::string>::iterator place;
  };
  struct Ending {
    LegId leg;
    std::string call_id;
    Duration at;
  };
  void drop(const std::string& call_id);
  void shrink();

  TraceConfig config_;
  std::unordered_map<std::string, Call> calls_;
  std::list<std::string> strangers_, ours_;  // oldest first
  std::deque<Ending> endings_;
  std::size_t bytes_ = 0;
  std::uint64_t seq_ = 0;
};

}  // namespace hotline::voice::signalling
