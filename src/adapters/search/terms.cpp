// SPDX-License-Identifier: Apache-2.0
#include "adapters/search/terms.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <opencc/SimpleConverter.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

namespace hotline::search {
namespace {

/// PostgreSQL keeps no position above this; what comes later stands there.
constexpr std::size_t kPositionMost = 16'383;
/// A word of more bytes is cut: FTS5 and tsvector have limits of their own, and nobody types it.
constexpr std::size_t kWordBytesMost = 60;

bool is_cjk(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || (c >= 0x3041 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7a3);
}

std::string utf8(UChar32 c) {
  std::string out;
  icu::UnicodeString(c).toUTF8String(out);
  return out;
}

/// Folded, at most so many characters.
icu::UnicodeString folded(std::string_view text, std::size_t most) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status)) throw std::runtime_error("ICU's data are missing: install libicu72");
  const auto bytes = std::min(text.size(), most * 4);
  auto whole = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(bytes)});
  if (whole.countChar32() > static_cast<std::int32_t>(most))
    whole.truncate(whole.moveIndex32(0, static_cast<std::int32_t>(most)));
  const icu::UnicodeString out = fold->normalize(whole, status);
  if (U_FAILURE(status)) return {};
  std::string plain;
  out.toUTF8String(plain);
  // Not shared between threads: its documentation promises nothing.
  thread_local const opencc::SimpleConverter simplify("t2s.json");
  return icu::UnicodeString::fromUTF8(simplify.Convert(plain));
}

/// A run of Chinese characters, or one word of another script.
struct Run {
  bool cjk = false;
  std::vector<std::string> characters;  ///< Chinese
  std::string word;                     ///< else
};

std::vector<Run> runs_of(const icu::UnicodeString& text) {
  std::vector<Run> runs;
  bool open = false;  // the last run may go on
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 c = text.char32At(at);
    const bool cjk = is_cjk(c);
    if (!cjk && !u_isalnum(c)) {
      const auto type = u_charType(c);
      const bool mark = type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK;
      if (!mark) open = false;
      continue;
    }
    if (!open || runs.back().cjk != cjk) runs.push_back({cjk, {}, {}});
    open = true;
    if (cjk)
      runs.back().characters.push_back(utf8(c));
    else if (runs.back().word.size() < kWordBytesMost)
      runs.back().word += utf8(c);
  }
  return runs;
}

void append(std::string& list, std::string_view term) {
  if (!list.empty()) list += ' ';
  list += term;
}

std::string quoted(std::string_view term, char quote) {
  return quote + std::string(term) + quote;  // terms are letters and digits: no quote can be in one
}

/// The terms of a run as they follow each other.
std::vector<std::string> pairs_of(const Run& run) {
  if (!run.cjk) return {run.word};
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i + 1 < run.characters.size(); ++i)
    pairs.push_back(run.characters[i] + run.characters[i + 1]);
  return pairs;
}

}  // namespace

Indexed index_text(std::string_view text) {
  Indexed out;
  std::set<std::string> singles;
  std::map<std::string, std::string> positions;  // term → "1,5,9"
  std::size_t position = 0;
  const auto place = [&](const std::string& term, std::size_t at) {
    std::string& all = positions[term];
    if (!all.empty() && at >= kPositionMost) return;  // one place there is enough
    if (!all.empty()) all += ',';
    all += std::to_string(std::min(at, kPositionMost));
  };
  for (const Run& run : runs_of(folded(text, kIndexedMost))) {
    const auto pairs = pairs_of(run);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      append(out.pairs, pairs[i]);
      place(pairs[i], position + 1 + i);
    }
    for (std::size_t i = 0; i < run.characters.size(); ++i) {
      singles.insert(run.characters[i]);
      place(run.characters[i], position + 1 + i);
    }
    position += std::max(pairs.size(), run.characters.size()) + 1;  // the gap: no pair across two runs
  }
  for (const std::string& single : singles) append(out.singles, single);
  for (const auto& [term, at] : positions) append(out.tsvector, quoted(term, '\'') + ':' + at);
  return out;
}

std::optional<Query> query_for(std::string_view asked) {
  const auto runs = runs_of(folded(asked, kAskedMost));
  if (runs.empty()) return std::nullopt;
  Query out;
  const auto both = [&](const std::string& fts5, const std::string& tsquery) {
    if (!out.fts5.empty()) out.fts5 += " AND ", out.tsquery += " & ";
    out.fts5 += fts5;
    out.tsquery += tsquery;
  };
  for (const Run& run : runs) {
    if (!run.cjk) {
      const bool may_go_on = &run == &runs.back();
      out.wanted.push_back({run.word, false, may_go_on});
      both("pairs : " + quoted(run.word, '"') + (may_go_on ? "*" : ""),
           quoted(run.word, '\'') + (may_go_on ? ":*" : ""));
    } else if (run.characters.size() == 1) {
      out.wanted.push_back({run.characters.front(), true, false});
      both("singles : " + quoted(run.characters.front(), '"'), quoted(run.characters.front(), '\''));
    } else {
      std::string phrase, following;
      for (const std::string& pair : pairs_of(run)) {
        append(phrase, pair);
        following += (following.empty() ? "" : " <-> ") + quoted(pair, '\'');
      }
      out.wanted.push_back({phrase, false, false});
      both("pairs : " + quoted(phrase, '"'), "(" + following + ")");
    }
  }
  return out;
}

bool matches(const Indexed& indexed, const Query& query) {
  const std::string pairs = ' ' + indexed.pairs + ' ', singles = ' ' + indexed.singles + ' ';
  return std::all_of(query.wanted.begin(), query.wanted.end(), [&](const Wanted& one) {
    const std::string looked_for = ' ' + one.terms + (one.may_go_on ? "" : " ");
    return (one.single ? singles : pairs).find(looked_for) != std::string::npos;
  });
}

}  // namespace hotline::search
