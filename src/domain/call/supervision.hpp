// SPDX-License-Identifier: Apache-2.0
// A supervisor in a call, and an agent's part in one: plain data of call.hpp. Who hears a supervisor is said here
// alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::call {

/// The agent a call rings at or is joined to.
struct AgentPart {
  AgentId agent;
  std::string number;  ///< staff number, shown as caller of the agent's SIP leg's far end
  bool browser = true;
  std::string sip_contact;
  LegId leg;                             ///< 0: a browser agent who has not answered, or whose page was lost
  bool answered = false;                 ///< the leg is up
  bool taken = false;                    ///< the agent has accepted the call (ACD: busy)
  std::optional<TimePoint> rings_until;  ///< of a phone; for calling it again when the node never heard of it
  bool calling = false;                  ///< the phone itself made the call: its leg came in, and we answer it
  bool phone_holds = false;              ///< the phone has put this leg on hold
  friend bool operator==(const AgentPart&, const AgentPart&) = default;
};

/// What a supervisor does in a call (requirement A5, docs/adr/0021).
enum class SuperviseMode : std::uint8_t {
  listen,     ///< hears all, is heard by nobody
  whisper,    ///< the agent alone hears them
  barge,      ///< everybody hears them
  take_over,  ///< until their leg is up; then they have the call instead of the agent
};
[[nodiscard]] const char* to_string(SuperviseMode mode);
[[nodiscard]] std::optional<SuperviseMode> supervise_mode_from(std::string_view text);
/// Whether one who takes part in the call hears a supervisor; of two supervisors neither is the other's agent.
[[nodiscard]] constexpr bool hears_supervisor(SuperviseMode mode, bool is_the_agent) {
  return mode == SuperviseMode::barge || (mode == SuperviseMode::whisper && is_the_agent);
}

/// A supervisor in a call. It ends with the call, and when another agent has the call.
struct Supervision {
  AgentPart who;
  SuperviseMode mode = SuperviseMode::listen;
  AgentId of;  ///< the agent who had the call when it began
  TimePoint since{};
  std::optional<TimePoint> connected_at;
  std::optional<TimePoint> deadline;  ///< until when the supervisor's page may come back, or be set up
  friend bool operator==(const Supervision&, const Supervision&) = default;
};
inline constexpr std::size_t supervisors_max = 4;  ///< in one call

/// One member of a conference whom another does not hear.
struct Unheard {
  LegId listener, speaker;
  friend bool operator==(const Unheard&, const Unheard&) = default;
};

}  // namespace hotline::call
