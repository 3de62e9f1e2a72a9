// SPDX-License-Identifier: Apache-2.0
// Goal: what people type finds what was written, in a real FTS5 index: two characters, either script, words begun.
#include "adapters/search/terms.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <memory>

namespace hotline::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Index {
 public:
  Index() {
    sqlite3* opened = nullptr;
    sqlite3_open(":memory:", &opened);
    db_.reset(opened);
    run("CREATE VIRTUAL TABLE t USING fts5(pairs, singles, tokenize = 'unicode61 remove_diacritics 0')", {});
  }
  void add(std::string_view text) {
    const Indexed indexed = index_text(text);
    run("INSERT INTO t(pairs, singles) VALUES(?, ?)", {indexed.pairs, indexed.singles});
  }
  /// Row numbers, from 1.
  std::vector<int> find(std::string_view asked) {
    const auto query = query_for(asked);
    if (!query) return {};
    return run("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", {query->fts5});
  }

 private:
  std::vector<int> run(const char* sql, const std::vector<std::string>& values) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db_.get());
    for (std::size_t i = 0; i < values.size(); ++i)
      sqlite3_bind_text(statement, static_cast<int>(i) + 1, values[i].data(), static_cast<int>(values[i].size()),
                        SQLITE_TRANSIENT);
    std::vector<int> rows;
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(sqlite3_column_int(statement, 0));
    EXPECT_EQ(step, SQLITE_DONE) << sqlite3_errmsg(db_.get());
    sqlite3_finalize(statement);
    return rows;
  }
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

class SearchTest : public testing::Test {
 protected:
  SearchTest() {
    index.add("客戶投訴裝機費多收,要求退還");                  // 1
    index.add("客户申请移机,新址:人民路 12 号");               // 2
    index.add("ADSL line 掉線 since Monday, modem replaced");  // 3
    index.add("Billing enquiry: ITEMISED bill wanted");        // 4
    index.add("移動的裝置,電機壞了");                          // 5
  }
  Index index;
};

TEST_F(SearchTest, FindsWordsOfTwoCharacters) {
  EXPECT_THAT(index.find("裝機"), ElementsAre(1));
  EXPECT_THAT(index.find("移机"), ElementsAre(2));
}

TEST_F(SearchTest, FindsEitherScriptByEither) {
  EXPECT_THAT(index.find("装机费"), ElementsAre(1));
  EXPECT_THAT(index.find("移機"), ElementsAre(2));
  EXPECT_THAT(index.find("掉线"), ElementsAre(3));
}

TEST_F(SearchTest, LongerRunsStandAsTheyAre) {
  EXPECT_THAT(index.find("投訴裝機費"), ElementsAre(1));
  EXPECT_THAT(index.find("投訴機費"), IsEmpty());
  EXPECT_THAT(index.find("投訴 費多"), ElementsAre(1));
  EXPECT_THAT(index.find("收要"), IsEmpty());  // a comma is between them
}

TEST_F(SearchTest, FindsOneCharacter) {
  EXPECT_THAT(index.find("移"), ElementsAre(2, 5));
  EXPECT_THAT(index.find("費"), ElementsAre(1));
}

TEST_F(SearchTest, TheLastWordMayGoOn) {
  EXPECT_THAT(index.find("bill"), ElementsAre(4));
  EXPECT_THAT(index.find("item"), ElementsAre(4));
  EXPECT_THAT(index.find("item bill"), IsEmpty());  // "item" is not the last
  EXPECT_THAT(index.find("itemised bill"), ElementsAre(4));
}

TEST_F(SearchTest, FoldsWidthAndCase) {
  EXPECT_THAT(index.find("ＡＤＳＬ"), ElementsAre(3));
  EXPECT_THAT(index.find("adsl 掉線"), ElementsAre(3));
  EXPECT_THAT(index.find("人民路12"), ElementsAre(2));
}

TEST_F(SearchTest, WhateverIsTypedIsNoOperator) {
  for (const char* typed : {"\"", "NOT bill", "bill OR", "a* NEAR(b)", "pairs:x", "' & '", "費*", "(((", "\\", "-bill",
                            "^bill", "\xff\xfe", "bill\xc3"})
    (void)index.find(typed);  // the index complains of a query that is not well formed
  EXPECT_THAT(index.find("bill*"), ElementsAre(4));
  EXPECT_EQ(query_for("  ,.!?  "), std::nullopt);
  EXPECT_EQ(query_for(""), std::nullopt);
}

TEST(IndexText, HasPositionsForPostgreSQL) {
  EXPECT_EQ(index_text("裝機費 ADSL").tsvector, "'adsl':5 '机':2 '机费':2 '装':1 '装机':1 '费':3");
  EXPECT_EQ(query_for("裝機費 ad")->tsquery, "('装机' <-> '机费') & 'ad':*");
  EXPECT_EQ(query_for("費")->tsquery, "'费'");
}

TEST(IndexText, IsBounded) {
  std::string long_text;
  for (int i = 0; i < 200'000; ++i) long_text += "機";
  const Indexed indexed = index_text(long_text);
  EXPECT_LT(indexed.pairs.size(), kIndexedMost * 8);
  EXPECT_LT(indexed.tsvector.size(), 1'000'000u);
  EXPECT_LT(index_text(std::string(100'000, 'x')).pairs.size(), 100u);
  EXPECT_LT(query_for(long_text)->fts5.size(), 2'000u);
}

}  // namespace
}  // namespace hotline::search
