// SPDX-License-Identifier: Apache-2.0
// What a person is told when the call model refuses what they wanted. Pure.
#pragma once

#include <string>

#include "domain/call/call.hpp"

namespace hotline::app {

/// A sentence for a page or a log; empty for Refusal::none.
[[nodiscard]] std::string sentence_of(call::Refusal refusal);

}  // namespace hotline::app
