// SPDX-License-Identifier: Apache-2.0
// Goal: whatever a caller's phone sends as names and numbers, the event about it can be read by the core.
#include "voice/node/clean_text.hpp"

#include <random>

#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

TEST(CleanText, good_text_stays_as_it_is) {
  for (const char* text : {"", "Li", "李小姐", "O'Brien \"x\"", "é", "😀"}) EXPECT_EQ(clean_text(text), text);
}

TEST(CleanText, what_is_no_character_becomes_the_replacement_character) {
  EXPECT_EQ(clean_text("a\xFF"
                       "b"),
            "a\uFFFDb");
  EXPECT_EQ(clean_text("\xC0\xAF"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(clean_text("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(clean_text("\xE6\x9D"), "\uFFFD\uFFFD") << "cut off";
  EXPECT_EQ(clean_text("a\r\nb\x1B[0m\x7F"), "a\uFFFD\uFFFDb\uFFFD[0m\uFFFD");
}

TEST(CleanText, is_cut_between_characters) {
  EXPECT_EQ(clean_text("李李李", 7), "李李");
  EXPECT_EQ(clean_text(std::string(10'000, 'x')).size(), 256U);
}

TEST(CleanText, any_bytes_become_a_string_that_the_link_can_carry) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto length = random() % 12; length > 0; --length) {
      // Mostly lead and continuation bytes: that is where the rules are.
      bytes.push_back(static_cast<char>(random() % 4 == 0 ? random() : 0x80 + random() % 0x80));
    }
    link::FromNode event;
    event.mutable_incoming()->set_from_display(clean_text(bytes));
    link::FromNode read;
    ASSERT_TRUE(read.ParseFromString(event.SerializeAsString()));
  }
}

using StrangersTest = NodeTest;

TEST_F(StrangersTest, a_caller_with_a_name_of_broken_bytes_is_served_like_any_other) {
  node.on_incoming({.leg = LegId{7},
                    .trunk = "pstn",
                    .from_user = "1\xFF",
                    .from_display = std::string(5'000, '\xFE'),
                    .to_user = "1000",
                    .sip_call_id = "\x80",
                    .source = "192.0.2.7:5060",
                    .offer = phone_sdp()});
  const auto events = told();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("incoming"), std::string::npos);
  EXPECT_EQ(node.leg_count(), 1U);
}

}  // namespace
}  // namespace hotline::voice::node::test
