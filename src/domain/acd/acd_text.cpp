// SPDX-License-Identifier: Apache-2.0
// The names of the ACD's states and errors, as they stand in the store, the API and logs.
#include "domain/acd/acd.hpp"

namespace hotline::acd {

const char* to_string(AgentState state) {
  switch (state) {
    case AgentState::signed_out:
      return "signed_out";
    case AgentState::ready:
      return "ready";
    case AgentState::paused:
      return "paused";
    case AgentState::offered:
      return "offered";
    case AgentState::busy:
      return "busy";
    case AgentState::wrap_up:
      return "wrap_up";
    case AgentState::unavailable:
      return "unavailable";
  }
  return "unknown";
}

std::optional<AgentState> agent_state_from(std::string_view text) {
  for (std::size_t i = 0; i < kAgentStates; ++i) {
    const auto state = static_cast<AgentState>(i);
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

const char* to_string(OfferEnd end) {
  switch (end) {
    case OfferEnd::timeout:
      return "timeout";
    case OfferEnd::rejected:
      return "rejected";
    case OfferEnd::device_failed:
      return "device_failed";
    case OfferEnd::withdrawn:
      return "withdrawn";
  }
  return "unknown";
}

const char* to_string(Error error) {
  switch (error) {
    case Error::unknown_agent:
      return "unknown_agent";
    case Error::unknown_queue:
      return "unknown_queue";
    case Error::unknown_call:
      return "unknown_call";
    case Error::queue_full:
      return "queue_full";
    case Error::wrong_state:
      return "wrong_state";
    case Error::already_waiting:
      return "already_waiting";
    case Error::no_such_offer:
      return "no_such_offer";
    case Error::no_such_exit:
      return "no_such_exit";
    case Error::no_seat:
      return "no_seat";
    case Error::wrap_up_open:
      return "wrap_up_open";
  }
  return "unknown";
}

const char* to_string(Work work) {
  switch (work) {
    case Work::inbound:
      return "inbound";
    case Work::call_back:
      return "call_back";
    case Work::outbound:
      return "outbound";
  }
  return "unknown";
}

const char* to_string(PreferredAs as) {
  switch (as) {
    case PreferredAs::owner:
      return "owner";
    case PreferredAs::last:
      return "last";
    case PreferredAs::requested:
      return "requested";
  }
  return "unknown";
}

const char* to_string(ChosenBy by) {
  switch (by) {
    case ChosenBy::longest_idle:
      return "longest_idle";
    case ChosenBy::best_call:
      return "best_call";
    case ChosenBy::owner:
      return "owner";
    case ChosenBy::last:
      return "last";
    case ChosenBy::requested:
      return "requested";
    case ChosenBy::direct:
      return "direct";
    case ChosenBy::pulled:
      return "pulled";
  }
  return "unknown";
}

const char* to_string(ExitWhy why) {
  switch (why) {
    case ExitWhy::closed:
      return "closed";
    case ExitWhy::nobody:
      return "nobody";
    case ExitWhy::length:
      return "length";
    case ExitWhy::predicted:
      return "predicted";
    case ExitWhy::wait:
      return "wait";
    case ExitWhy::digit:
      return "digit";
  }
  return "unknown";
}

}  // namespace hotline::acd
