// SPDX-License-Identifier: Apache-2.0
// Property tests with a fixed seed, so that every run tests the same worlds; RC_PARAMS="seed=… max_success=…"
// overrides.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

namespace hotline {

/// Include in one file of the test program: read before the first property runs.
inline const bool property_seed_is_fixed = ::setenv("RC_PARAMS", "seed=1000 max_success=300", 0) == 0;

}  // namespace hotline
