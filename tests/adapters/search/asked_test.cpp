// SPDX-License-Identifier: Apache-2.0
// Goal: what is typed is understood as people mean it: a number, the end of a telephone number, or words.
#include "adapters/search/asked.hpp"

#include <gtest/gtest.h>

namespace hotline::search {
namespace {

TEST(AskedFor, AnOrdersNumberOrItsBeginning) {
  EXPECT_EQ(asked_for("TS2611230042").number_from, "TS2611230042");
  EXPECT_EQ(asked_for(" ts261123 ").number_from, "TS261123");
  EXPECT_EQ(asked_for("ts261123").number_end, "TS261123:");
  for (const char* none : {"TS26112", "TS261123x", "261123", "ABCDE261123", "TS 261123", "TS2611230042111111111111111"})
    EXPECT_EQ(asked_for(none).number_from, "") << none;
}

TEST(AskedFor, TheEndOfATelephoneNumberThatMayBeWrittenSomewhereToo) {
  EXPECT_EQ(asked_for("0590-8811 0001").digits, "059088110001");
  EXPECT_EQ(asked_for("+86 590").digits, "86590");
  EXPECT_TRUE(asked_for("8811").text);
  for (const char* none : {"12", "8811a", "人民路 8811"}) EXPECT_EQ(asked_for(none).digits, "") << none;
}

TEST(AskedFor, Words) {
  EXPECT_EQ(asked_for("裝機").text->fts5, query_for("裝機")->fts5);
  EXPECT_FALSE(asked_for("  ").text);
  EXPECT_FALSE(asked_for("  ").digits.size());
  (void)asked_for(std::string(100'000, '1'));
}

TEST(Matches, DecidesAsTheIndexesDo) {
  const Indexed text = index_text("客戶投訴裝機費多收, ADSL billing");
  for (const char* found : {"裝機费", "费", "adsl", "bill", "投诉 adsl"})
    EXPECT_TRUE(matches(text, *query_for(found))) << found;
  for (const char* none : {"裝費", "ads x", "billings", "电"}) EXPECT_FALSE(matches(text, *query_for(none))) << none;
}

}  // namespace
}  // namespace hotline::search
