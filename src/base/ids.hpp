// SPDX-License-Identifier: Apache-2.0
// Distinct id types: a CallId cannot be passed where an AgentId is meant. Values are 64 bit, 0 is "none".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace hotline {

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr explicit operator bool() const { return value_ != 0; }
  [[nodiscard]] std::string to_string() const { return std::to_string(value_); }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  std::uint64_t value_ = 0;
};

using ContactId = Id<struct ContactTag>;  ///< one customer's contact; a call is the voice part of one contact
using CallId = Id<struct CallTag>;        ///< a live call; equal in value to its contact's id
using LegId = Id<struct LegTag>;          ///< one party's SIP dialog or WebRTC session
using AgentId = Id<struct AgentTag>;      ///< a seat's person, from the store
using QueueId = Id<struct QueueTag>;      ///< an ACD queue, from the store
using SkillId = Id<struct SkillTag>;      ///< a skill, from the store
using ServiceLineId = Id<struct ServiceLineTag>;
using CustomerId = Id<struct CustomerTag>;
using RecordingId = Id<struct RecordingTag>;
using WorkOrderId = Id<struct WorkOrderTag>;
using MixId = Id<struct MixTag>;    ///< a conference on a voice node, chosen by the core
using PlayId = Id<struct PlayTag>;  ///< one play command on a leg; its end is reported under this id

/// Makes ids that are unique over restarts without a store round trip: seconds of the start, then a counter.
/// Fits 55 bits and the origin bit, so that two makers (core and voice node) started in the same second stay apart.
/// Not thread-safe: one per strand.
class IdMaker {
 public:
  enum class Origin : std::uint64_t { core = 0, voice_node = 1 };
  IdMaker(std::int64_t start_unix_seconds, Origin origin)
      : prefix_((static_cast<std::uint64_t>(start_unix_seconds) << 24) | (static_cast<std::uint64_t>(origin) << 56)) {}
  [[nodiscard]] std::uint64_t next() { return prefix_ + ++count_; }

 private:
  std::uint64_t prefix_;
  std::uint64_t count_ = 0;
};

}  // namespace hotline

template <class Tag>
struct std::hash<hotline::Id<Tag>> {
  std::size_t operator()(hotline::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value()); }
};
