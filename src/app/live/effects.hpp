// SPDX-License-Identifier: Apache-2.0
// What one input to Live leads to: changes to be made durable, and what may leave only after that, in order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/live/views.hpp"
#include "app/ports/store.hpp"
#include "app/ports/voice.hpp"

namespace hotline::app {

/// Why a command was not carried out: a code for programs (openapi.yaml), a sentence for people.
struct Refused {
  std::string code;  ///< not_found, forbidden, wrong_state, not_free, unavailable, bad_value
  std::string message;
  std::string field{};  ///< of the request's body, when it is one of its values
};

/// Ties an answer to the request that waits for it; 0: nobody waits.
using RequestId = std::uint64_t;

// ---- outward effects
struct ToNode {
  std::string node;
  CallId call;
  call::VoiceCommand command;
};
struct AcknowledgeNode {
  std::string node;
  std::uint64_t boot_id = 0, seq = 0;
};
struct DrainNode {
  std::string node;
  bool on = true;
};
/// What do you have now? The answer: Live::node_stands().
struct AskNode {
  std::string node;
  std::uint64_t mark = 0;
};
struct AccountsToNode {
  std::string node;
  std::vector<PhoneAccount> accounts;
};
struct Reply {
  RequestId request = 0;
  std::optional<Refused> refused;
  std::optional<AgentStatus> agent;
  std::optional<CallView> call;
  std::optional<AgentId> viewer{};  ///< sees the call as a supervisor of it
  std::optional<CallBackView> call_back{};
};
/// An agent's status changed: for their desk, and for everyone who looks at the list.
struct AgentSeen {
  AgentStatus agent;
};
/// The answer to a request. Rare and large beside all else: kept out of line, as a call's view is, so that the many
/// effects of a call stay small.
struct Answer {
  std::shared_ptr<const Reply> reply;
};
/// A call changed; `tell` are the agents whose desks show it.
struct CallSeen {
  std::shared_ptr<const CallView> call;
  std::vector<AgentId> tell;
  bool for_everyone = true;  ///< false: as the agents told see it, not as it is listed
};
/// How well the legs of a call are heard now. Not stored: it comes again in a few seconds.
struct QualitySeen {
  CallId call;
  std::vector<AgentId> tell;
  std::vector<LegQualityView> legs;
};
struct CallGone {
  CallId call;
};
/// The node's SDP answer for the agent's desk, or for the web caller of this call when there is no agent.
struct SdpForBrowser {
  CallId call;
  std::optional<AgentId> agent;
  std::string sdp;
};
/// The web caller's page: answered, ended.
struct CallerSeen {
  CallId call;
  std::string state;
  std::optional<std::string> cause;
};
/// The configuration changed, for everyone who shows or checks by it.
struct WorldSeen {
  std::shared_ptr<const World> world;
};
struct WallboardSeen {
  Wallboard wallboard;
};
/// Ask the store who calls; the answer comes back as Live::customer_found().
struct FindCustomer {
  CallId call;
  std::string number;
};
struct Logged {
  CallId call;
  std::string what;
};  ///< for the structured log

using Outward =
    std::variant<ToNode, AcknowledgeNode, DrainNode, AskNode, AccountsToNode, Answer, AgentSeen, CallSeen, QualitySeen,
                 CallGone, SdpForBrowser, CallerSeen, WallboardSeen, WorldSeen, FindCustomer, Logged>;

struct LiveEffects {
  Batch changes;
  std::vector<Outward> outward;
};

}  // namespace hotline::app
