// SPDX-License-Identifier: Apache-2.0
// What was typed into the search for orders: a number, the end of a telephone number, words, or two of these at once.
// Pure; any thread.
#pragma once

#include "adapters/search/terms.hpp"

namespace hotline::search {

struct Asked {
  std::string number_from, number_end;  ///< an order's number or its beginning: from this one, before that one
  std::string digits;                   ///< the end of a telephone number
  std::optional<Query> text;
};
/// "TS261123" and longer is a number, with the day in it (less would be a year's orders). Three digits and more end a
/// telephone number, and may be written somewhere too. The rest is looked for in the text.
[[nodiscard]] Asked asked_for(std::string_view typed);

}  // namespace hotline::search
