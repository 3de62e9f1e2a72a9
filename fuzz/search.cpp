// SPDX-License-Identifier: Apache-2.0
// Fuzzes what is made of a text and of what was typed: no query has an operator of its own, and a text of one run of
// characters is found by itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/search/asked.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hotline::search;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Indexed indexed = index_text(bytes);
  const Asked asked = asked_for(bytes);
  if (!asked.number_from.empty() && asked.number_from >= asked.number_end) std::abort();
  if (!asked.text) return 0;
  if (std::count(asked.text->fts5.begin(), asked.text->fts5.end(), '"') % 2 != 0) std::abort();
  if (std::count(asked.text->tsquery.begin(), asked.text->tsquery.end(), '\'') % 2 != 0) std::abort();
  if (size <= kAskedMost && !matches(indexed, *asked.text)) std::abort();
  return 0;
}
