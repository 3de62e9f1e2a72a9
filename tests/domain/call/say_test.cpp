// SPDX-License-Identifier: Apache-2.0
// Spoken values: the rules of both languages by example, and read back by an independent evaluator for random numbers.
#include "domain/call/say.hpp"

#include <gmock/gmock.h>

#include <set>

#include "domain/property.hpp"

namespace hotline::call {
namespace {

/// The words as a person would write them, so that the examples read like speech.
std::string spoken(SayKind kind, const std::string& value, const Language& language) {
  static const std::map<std::string, std::string> kMandarin{{"digits/0", "零"},
                                                            {"digits/1", "一"},
                                                            {"digits/2", "二"},
                                                            {"digits/3", "三"},
                                                            {"digits/4", "四"},
                                                            {"digits/5", "五"},
                                                            {"digits/6", "六"},
                                                            {"digits/7", "七"},
                                                            {"digits/8", "八"},
                                                            {"digits/9", "九"},
                                                            {"digits_phone/1", "幺"},
                                                            {"number/liang", "兩"},
                                                            {"number/ten", "十"},
                                                            {"number/hundred", "百"},
                                                            {"number/thousand", "千"},
                                                            {"number/ten_thousand", "萬"},
                                                            {"number/hundred_million", "億"},
                                                            {"number/minus", "負"},
                                                            {"number/point", "點"},
                                                            {"money/yuan", "元"},
                                                            {"money/jiao", "角"},
                                                            {"money/fen", "分"},
                                                            {"date/year", "年"},
                                                            {"date/month", "月"},
                                                            {"date/day", "日"}};
  std::string out;
  for (const auto& word : say(kind, value, language)) {
    if (language == "cmn") {
      out += kMandarin.at(word);
    } else {
      out += (out.empty() ? "" : " ") + word.substr(word.find('/') + 1);
    }
  }
  return out;
}
std::string mandarin(SayKind kind, const std::string& value) {
  return spoken(kind, value, "cmn");
}
std::string english(SayKind kind, const std::string& value) {
  return spoken(kind, value, "en");
}

TEST(SayMandarin, numbers) {
  const std::pair<const char*, const char*> kExamples[] = {{"0", "零"},
                                                           {"2", "二"},
                                                           {"10", "十"},
                                                           {"12", "十二"},
                                                           {"20", "二十"},
                                                           {"110", "一百一十"},
                                                           {"200", "二百"},
                                                           {"105", "一百零五"},
                                                           {"1005", "一千零五"},
                                                           {"1050", "一千零五十"},
                                                           {"2000", "兩千"},
                                                           {"2222", "兩千二百二十二"},
                                                           {"10000", "一萬"},
                                                           {"10010", "一萬零一十"},
                                                           {"20000", "兩萬"},
                                                           {"120000", "十二萬"},
                                                           {"100500", "十萬零五百"},
                                                           {"2001234", "二百萬一千二百三十四"},
                                                           {"20020000", "兩千零二萬"},
                                                           {"100000000", "一億"},
                                                           {"200000002", "兩億零二"},
                                                           {"100020000", "一億零兩萬"},
                                                           {"1000000000000", "一萬億"},
                                                           {"1200000000000", "一萬兩千億"},
                                                           {"-5", "負五"},
                                                           {"3.14", "三點一四"},
                                                           {"007", "七"}};
  for (const auto& [value, words] : kExamples) EXPECT_EQ(mandarin(SayKind::number, value), words) << value;
}

TEST(SayMandarin, money_in_yuan_jiao_and_fen) {
  const std::pair<const char*, const char*> kExamples[] = {{"0", "零元"},
                                                           {"200", "兩元"},
                                                           {"12345", "一百二十三元四角五分"},
                                                           {"10005", "一百元零五分"},
                                                           {"50", "五角"},
                                                           {"5", "五分"},
                                                           {"22", "兩角兩分"},
                                                           {"1200", "十二元"},
                                                           {"-350", "負三元五角"},
                                                           {"100000000000000", "一萬億元"}};
  for (const auto& [value, words] : kExamples) EXPECT_EQ(mandarin(SayKind::money, value), words) << value;
}

TEST(SayMandarin, dates_and_digits) {
  EXPECT_EQ(mandarin(SayKind::date, "2005-07-01"), "二零零五年七月一日");
  EXPECT_EQ(mandarin(SayKind::date, "2026-12-21"), "二零二六年十二月二十一日");
  EXPECT_EQ(mandarin(SayKind::digits, "1102"), "一一零二");
  EXPECT_EQ(mandarin(SayKind::phone, "6112-2010"), "六幺幺二二零幺零");
}

TEST(SayEnglish, numbers) {
  const std::pair<const char*, const char*> kExamples[] = {{"0", "0"},
                                                           {"15", "15"},
                                                           {"42", "40 2"},
                                                           {"100", "1 hundred"},
                                                           {"105", "1 hundred and 5"},
                                                           {"1005", "1 thousand and 5"},
                                                           {"1234", "1 thousand 2 hundred and 30 4"},
                                                           {"650000", "6 hundred and 50 thousand"},
                                                           {"1000000000000", "1 trillion"},
                                                           {"-3.05", "minus 3 point 0 5"}};
  for (const auto& [value, words] : kExamples) EXPECT_EQ(english(SayKind::number, value), words) << value;
}

TEST(SayEnglish, money_and_dates) {
  EXPECT_EQ(english(SayKind::money, "12345"), "1 hundred and 20 3 yuan and 40 5 fen");
  EXPECT_EQ(english(SayKind::money, "50"), "50 fen");
  EXPECT_EQ(english(SayKind::money, "0"), "0 yuan");
  EXPECT_EQ(english(SayKind::date, "2005-05-05"), "month_5 day_5 2 thousand and 5");
  EXPECT_EQ(english(SayKind::date, "1998-12-31"), "month_12 day_31 19 90 8");
  EXPECT_EQ(english(SayKind::date, "2026-01-02"), "month_1 day_2 20 20 6");
  EXPECT_EQ(english(SayKind::date, "1905-01-02"), "month_1 day_2 19 0 5");
}

TEST(Say, what_is_no_value_is_spoken_digit_by_digit) {
  EXPECT_EQ(mandarin(SayKind::date, "2005-02-30"), "二零零五零二三零");
  EXPECT_EQ(mandarin(SayKind::number, "12a3"), "一二三");
  EXPECT_EQ(mandarin(SayKind::money, "1.5"), "一五");
  EXPECT_EQ(english(SayKind::number, "12345678901234567"), "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7");
  EXPECT_EQ(english(SayKind::number, ""), "");
  EXPECT_EQ(say(SayKind::number, "12", "yue"), (std::vector<std::string>{"digits/1", "digits/2"}));
}

/// Mandarin words back to a number, by the meaning of the words and not by the rules that made them.
std::uint64_t mandarin_value(const std::vector<std::string>& words) {
  std::uint64_t total = 0, section = 0, digit = 0;
  const auto place = [&](std::uint64_t size) {
    section += (digit == 0 ? 1 : digit) * size;
    digit = 0;
  };
  std::uint64_t above_wan = 0;
  for (const auto& word : words) {
    if (word.starts_with("digits/")) digit = static_cast<std::uint64_t>(word.back() - '0');
    if (word == "number/liang") digit = 2;
    if (word == "number/ten") place(10);
    if (word == "number/hundred") place(100);
    if (word == "number/thousand") place(1000);
    if (word == "number/ten_thousand") {
      above_wan = (section + digit) * 10'000;
      section = digit = 0;
    }
    if (word == "number/hundred_million") {
      total = (above_wan + section + digit) * 100'000'000;
      above_wan = section = digit = 0;
    }
  }
  return total + above_wan + section + digit;
}

std::uint64_t english_value(const std::vector<std::string>& words) {
  std::uint64_t total = 0, group = 0;
  for (const auto& word : words) {
    const auto name = word.substr(word.find('/') + 1);
    if (name == "and") continue;
    if (name == "hundred") group *= 100;
    const auto close = [&](std::uint64_t size) {
      total += group * size;
      group = 0;
    };
    if (name == "thousand") close(1000);
    if (name == "million") close(1'000'000);
    if (name == "billion") close(1'000'000'000);
    if (name == "trillion") close(1'000'000'000'000);
    if (name.find_first_not_of("0123456789") == std::string::npos) group += std::stoull(name);
  }
  return total + group;
}

/// Numbers of every length up to 10^16, with zeros in many places.
rc::Gen<std::uint64_t> numbers() {
  return rc::gen::map(
      rc::gen::container<std::vector<int>>(16, rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {2, 2}, {1, 3}, {1, 9}})),
      [](const std::vector<int>& digits) {
        std::uint64_t value = 0;
        for (const int digit : digits) value = value * 10 + static_cast<std::uint64_t>(digit);
        return value;
      });
}

RC_GTEST_PROP(SayProperty, a_number_means_itself_in_both_languages, ()) {
  const auto scale = *rc::gen::element<std::uint64_t>(1, 10'000, 100'000'000, 1'000'000'000'000);
  const auto value = *numbers() / scale;
  RC_ASSERT(mandarin_value(say(SayKind::number, std::to_string(value), "cmn")) == value);
  const auto shorter = value % 1'000'000'000'000'000;  // above, the evaluator would have to know "thousand trillion"
  RC_ASSERT(english_value(say(SayKind::number, std::to_string(shorter), "en")) == shorter);
}

RC_GTEST_PROP(SayProperty, every_word_is_in_the_vocabulary_whatever_is_asked, ()) {
  const auto kind = static_cast<SayKind>(*rc::gen::inRange(0, 5));
  const auto value = *rc::gen::oneOf(
      rc::gen::map(numbers(), [](std::uint64_t n) { return std::to_string(n); }), rc::gen::string<std::string>(),
      rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 9999), rc::gen::inRange(1, 13), rc::gen::inRange(1, 32)),
                   [](const auto& d) {
                     return fmt::format("{:04}-{:02}-{:02}", std::get<0>(d), std::get<1>(d), std::get<2>(d));
                   }));
  for (const auto* language : {"cmn", "en", "yue"}) {
    const auto vocabulary = say_vocabulary(language);
    const std::set<std::string> known(vocabulary.begin(), vocabulary.end());
    RC_ASSERT(known.size() == vocabulary.size());
    for (const auto& word : say(kind, value, language)) RC_ASSERT(known.contains(word));
  }
}

}  // namespace
}  // namespace hotline::call
