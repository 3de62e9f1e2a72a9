// SPDX-License-Identifier: Apache-2.0
// Full text in Chinese and English, the same for both stores: what is written into their indexes, and what is asked of
// them. Chinese has no spaces, so a run of characters is indexed as its overlapping pairs ("裝機費" as 裝機 and 機費),
// each character alone beside them; other scripts as words. Before that everything is folded: full-width to half-width,
// case (Unicode NFKC case folding), traditional to simplified characters (OpenCC), so that each is found by either.
//
// Texts are UTF-8; what is not is replaced. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotline::search {

/// Of a longer text only so much is indexed (characters): an attachment's text must not fill the index.
constexpr std::size_t kIndexedMost = 100'000;
/// Of a longer question only so much is asked.
constexpr std::size_t kAskedMost = 200;

struct Indexed {
  std::string pairs;     ///< SQLite, FTS5 with tokenize = "unicode61 remove_diacritics 0": pairs and words, in order
  std::string singles;   ///< the same: each Chinese character once
  std::string tsvector;  ///< PostgreSQL: to be cast to tsvector
};
[[nodiscard]] Indexed index_text(std::string_view text);

/// One thing that has to be there.
struct Wanted {
  std::string terms;  ///< following each other, separated by blanks
  bool single = false, may_go_on = false;
};
struct Query {
  std::vector<Wanted> wanted;
  std::string fts5;     ///< for MATCH, columns named `pairs` and `singles`
  std::string tsquery;  ///< to be cast to tsquery
};
/// Everything between blanks has to be there, a run of Chinese as it stands; the last word of another script may go on
/// ("bill" finds "billing"). No operators: whatever is typed is looked for. nullopt: nothing in it that can be found.
[[nodiscard]] std::optional<Query> query_for(std::string_view asked);
/// As FTS5 and tsquery decide it, for a store in memory.
[[nodiscard]] bool matches(const Indexed& indexed, const Query& query);

}  // namespace hotline::search
