// SPDX-License-Identifier: Apache-2.0
// The JSON mapper: what it reads, what it refuses and with which path, and that what it writes it reads again.
#include "base/json/mapper.hpp"

#include <gmock/gmock.h>

namespace {

using namespace hotline;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class State { ready, paused, talking };
BOOST_DESCRIBE_ENUM(State, ready, paused, talking)

struct Phone {
  std::string number;
  std::int32_t priority = 0;
  friend bool operator==(const Phone&, const Phone&) = default;
};
BOOST_DESCRIBE_STRUCT(Phone, (), (number, priority))

struct Person {
  AgentId id;
  std::string name;
  State state = State::ready;
  bool supervisor = false;
  std::uint8_t level = 0;
  std::uint64_t calls = 0;
  double share = 0;
  TimePoint since;
  Duration wrap_up{};
  std::optional<std::string> note;
  std::vector<Phone> phones;
  std::map<std::string, std::int32_t> skills;
  boost::json::value extra;
  friend bool operator==(const Person&, const Person&) = default;
};
BOOST_DESCRIBE_STRUCT(Person, (),
                      (id, name, state, supervisor, level, calls, share, since, wrap_up, note, phones, skills, extra))

struct Pause {
  std::string reason;
  std::int32_t minutes = 0;
};
BOOST_DESCRIBE_STRUCT(Pause, (), (reason, minutes))
void validate(const Pause& pause, jsonmap::Report& report) {
  report.require(!pause.reason.empty(), "reason", "a reason");
  report.require(pause.minutes >= 1 && pause.minutes <= 60, "minutes", "1 to 60 minutes");
}

struct Shift {
  std::vector<Pause> pauses;
};
BOOST_DESCRIBE_STRUCT(Shift, (), (pauses))

struct Words {
  std::vector<std::string> words;
};
BOOST_DESCRIBE_STRUCT(Words, (), (words))

std::vector<std::string> paths(const jsonmap::Errors& errors) {
  std::vector<std::string> out;
  for (const auto& error : errors) out.push_back(error.path);
  return out;
}

Person example() {
  Person person;
  person.id = AgentId{18446744073709551615ULL};
  person.name = "王小明 \"Ming\"";
  person.state = State::talking;
  person.supervisor = true;
  person.level = 255;
  person.calls = static_cast<std::uint64_t>(jsonmap::safe_integer_max);
  person.share = 0.25;
  person.since = from_unix_ms(1'700'000'000'123);
  person.wrap_up = Duration{15'000};
  person.phones = {{"1000", 1}, {"8001", -5}};
  person.skills = {{"english", 3}, {"faults 112", 5}};
  person.extra = {{"a", {1, "x", nullptr}}};
  return person;
}

TEST(JsonMapper, reads_what_it_writes) {
  const auto text = jsonmap::write(example());
  const auto back = jsonmap::read<Person>(text);
  ASSERT_TRUE(back) << jsonmap::to_string(back.error());
  EXPECT_EQ(*back, example());
}

TEST(JsonMapper, writes_the_text_of_its_value_whatever_the_strings_hold) {
  auto person = example();
  EXPECT_EQ(jsonmap::write(person), boost::json::serialize(jsonmap::to_value(person)));
  person.name.clear();
  for (int c = 1; c < 256; ++c) person.name += static_cast<char>(c);
  person.name += std::string("\0/\\\"\\", 5);
  person.skills[person.name] = -1;
  person.share = 1.0 / 3;
  person.phones.clear();
  EXPECT_EQ(jsonmap::write(person), boost::json::serialize(jsonmap::to_value(person)));
}

TEST(JsonMapper, writes_ids_as_strings_times_as_milliseconds_and_empty_optionals_as_null) {
  const auto value = jsonmap::to_value(example());
  EXPECT_EQ(value.at("id"), boost::json::value("18446744073709551615"));
  EXPECT_EQ(value.at("since"), boost::json::value(1'700'000'000'123));
  EXPECT_EQ(value.at("state"), boost::json::value("talking"));
  EXPECT_TRUE(value.at("note").is_null());
}

TEST(JsonMapper, reports_every_error_with_its_path_and_expectation) {
  const auto result =
      jsonmap::read<Person>(R"({"id":17,"name":5,"state":"asleep","supervisor":"yes","level":256,"calls":-1,
    "share":"half","since":1.5,"wrap_up":null,"phones":[{"number":"1","priority":1},{"number":2,"colour":"red"}],
    "skills":{"a b":"x"},"extra":"\u0000","nickname":1})");
  ASSERT_FALSE(result);
  EXPECT_THAT(paths(result.error()), ElementsAre("id", "name", "state", "supervisor", "level", "calls", "share",
                                                 "since", "wrap_up", "phones[1].number", "phones[1].priority",
                                                 "phones[1].colour", "skills[\"a b\"]", "extra", "nickname"));
  const auto text = jsonmap::to_string(result.error());
  EXPECT_THAT(text, HasSubstr("state: expected one of 'ready', 'paused' or 'talking'"));
  EXPECT_THAT(text, HasSubstr("level: expected an integer from 0 to 255"));
  EXPECT_THAT(text, HasSubstr("phones[1].priority: expected a value (it is missing)"));
  EXPECT_THAT(text, HasSubstr("phones[1].colour: expected no such member; known are 'number' or 'priority'"));
}

TEST(JsonMapper, takes_absent_and_null_optionals_alike) {
  auto value = jsonmap::to_value(example());
  value.as_object().erase("note");
  const auto absent = jsonmap::from_value<Person>(value);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(absent->note);
  value.as_object()["note"] = "早班";
  EXPECT_EQ(jsonmap::from_value<Person>(value)->note, "早班");
}

TEST(JsonMapper, refuses_ids_that_are_not_plain_positive_decimals) {
  for (const char* bad : {"\"\"", "\"0\"", "\"-1\"", "\"+1\"", "\"01\"", "\" 1\"", "\"1 \"", "\"1x\"", "1", "null",
                          "\"18446744073709551616\""})
    EXPECT_FALSE(jsonmap::read<AgentId>(bad)) << bad;
  EXPECT_EQ(jsonmap::read<AgentId>("\"9007199254740993\""), AgentId{9007199254740993ULL});
}

TEST(JsonMapper, refuses_integers_that_javascript_would_round) {
  EXPECT_TRUE(jsonmap::read<std::int64_t>("9007199254740991"));
  EXPECT_FALSE(jsonmap::read<std::int64_t>("9007199254740992"));
  EXPECT_FALSE(jsonmap::read<std::uint64_t>("18446744073709551615"));
  EXPECT_FALSE(jsonmap::read<std::int64_t>("1e3")) << "an exponent makes a floating-point number";
  EXPECT_FALSE(jsonmap::read<std::int16_t>("32768"));
  EXPECT_EQ(jsonmap::read<std::int16_t>("-32768"), std::int16_t{-32768});
}

TEST(JsonMapper, runs_validation_only_on_well_formed_structs_and_gives_its_path) {
  const auto result = jsonmap::read<Shift>(
      R"({"pauses":[{"reason":"","minutes":61},{"reason":"","minutes":"x"},{"reason":"lunch","minutes":60}]})");
  ASSERT_FALSE(result);
  EXPECT_THAT(paths(result.error()), ElementsAre("pauses[0].reason", "pauses[0].minutes", "pauses[1].minutes"));
}

TEST(JsonMapper, holds_the_limits) {
  jsonmap::Limits limits;
  limits.string_max = 4;
  limits.items_max = 2;
  EXPECT_TRUE(jsonmap::read<Words>(R"({"words":["abcd","裝"]})", limits));
  auto result = jsonmap::read<Words>(R"({"words":["abcde"]})", limits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (jsonmap::Errors{{"words[0]", "at most 4 bytes of text"}}));
  result = jsonmap::read<Words>(R"({"words":["a","b","c"]})", limits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (jsonmap::Errors{{"words", "at most 2 elements"}}));
  limits.text_max = 10;
  EXPECT_FALSE(jsonmap::parse(R"(["0123456789"])", limits));

  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(jsonmap::parse(nested(32)));
  const auto deep = jsonmap::parse(nested(33));
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().front().expected, HasSubstr("at most 32 nested"));
}

TEST(JsonMapper, stops_at_the_most_errors_it_may_report) {
  jsonmap::Limits limits;
  limits.errors_max = 3;
  const auto result = jsonmap::read<Words>(R"({"words":[1,2,3,4,5,6]})", limits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().size(), 3U);
}

TEST(JsonMapper, refuses_nul_bad_utf8_and_loose_json) {
  EXPECT_FALSE(jsonmap::read<std::string>("\"a\\u0000b\""));
  EXPECT_FALSE(jsonmap::read<std::string>("\"\xc3\x28\""));
  EXPECT_FALSE(jsonmap::read<std::string>("\"\xed\xa0\x80\"")) << "a UTF-8 encoded surrogate";
  EXPECT_FALSE(jsonmap::read<std::string>("\"\\ud800\"")) << "half of a surrogate pair";
  EXPECT_FALSE((jsonmap::read<std::map<std::string, bool>>(R"({"a\u0000":true})")));
  for (const char* bad : {"", " ", "[1,]", "{\"a\":1", "// c\n1", "1 2", "nul", "\"a", "NaN", "01"})
    EXPECT_FALSE(jsonmap::parse(bad)) << bad;
  EXPECT_TRUE(jsonmap::parse(" [1, {\"a\": null}]\n\t "));
}

TEST(JsonMapper, refuses_numbers_beyond_a_double_inside_free_values) {
  const auto value = jsonmap::read<boost::json::value>(R"({"x":[64.2,33e6666666]})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().front().path, "x[1]");
  EXPECT_TRUE(jsonmap::read<boost::json::value>(R"({"x":[64.2,33e66]})"));
}

TEST(JsonMapper, names_the_byte_of_a_syntax_error) {
  const auto result = jsonmap::read<Words>(R"({"words":[nope]})");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().path, "");
  EXPECT_THAT(result.error().front().expected, HasSubstr("at byte 1"));
}

}  // namespace
