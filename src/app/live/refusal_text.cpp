// SPDX-License-Identifier: Apache-2.0
#include "app/live/refusal_text.hpp"

namespace hotline::app {

std::string sentence_of(call::Refusal refusal) {
  switch (refusal) {
    case call::Refusal::wrong_stage:
      return "The call is not in a state in which this can be done.";
    case call::Refusal::not_your_call:
      return "The call is not (or no longer) with this agent.";
    case call::Refusal::no_media:
      return "The browser sent no media description.";
    case call::Refusal::no_consultation:
      return "Nobody is being consulted in this call.";
    case call::Refusal::not_supervised:
      return "This supervisor is not in the call (any more).";
    case call::Refusal::takes_part:
      return "You are in this call yourself.";
    case call::Refusal::too_many_supervisors:
      return "There are " + std::to_string(call::supervisors_max) +
             " supervisors in this call already; one of them must leave first.";
    case call::Refusal::none:
      break;
  }
  return "";
}

}  // namespace hotline::app
