// SPDX-License-Identifier: Apache-2.0
// What validate() finds wrong with a flow book, and that it is silent about a right one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/call/flow.hpp"
#include "domain/call/say.hpp"

namespace hotline::call {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ValidateTest : public testing::Test {
 protected:
  void SetUp() override {
    flow().name = "entry";
    flow().file = "entry.toml";
    flow().start = "menu";
    add("menu", MenuNode{.speech = {SpeechPrompt{"menu"}},
                         .choices = {{'0', "agent"}},
                         .no_input = {3, {}, "agent"},
                         .no_match = {3, {}, "agent"}});
    add("agent", QueueNode{.queue = "general", .refused = "bye"});
    add("bye", HangUpNode{{SpeechPrompt{"bye"}}});
  }
  Flow& flow() { return book.flows["entry"]; }
  template <class Kind>
  Kind& get(const NodeName& name) {
    return std::get<Kind>(flow().nodes.at(name).kind);
  }
  void add(const NodeName& name, NodeKind kind) {
    flow().nodes[name] = {name, std::move(kind), static_cast<std::uint32_t>(flow().nodes.size() + 10)};
  }
  void expect_only(const std::string& what) {
    const auto problems = validate(book, context);
    std::vector<std::string> found;
    for (const auto& problem : problems) {
      EXPECT_NE(problem.remedy, "");
      EXPECT_EQ(problem.file, "entry.toml");
      found.push_back(problem.what);
    }
    EXPECT_THAT(found, ElementsAre(HasSubstr(what)));
  }

  FlowBook book;
  FlowContext context;
};

TEST_F(ValidateTest, a_right_book_has_no_problems) {
  EXPECT_THAT(validate(book, context), IsEmpty());
}

TEST_F(ValidateTest, problems_carry_file_and_line) {
  get<QueueNode>("agent").refused = "nowhere";
  add("bye", HangUpNode{});
  flow().nodes.erase("bye");
  const auto problems = validate(book, context);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 11U);
  EXPECT_THAT(problems[0].what, HasSubstr("\"nowhere\", which does not exist"));
  EXPECT_THAT(problems[0].remedy, HasSubstr("menu"));
}

TEST_F(ValidateTest, a_missing_target) {
  get<MenuNode>("menu").no_input.next = "";
  expect_only("no_input.next is missing");
}

TEST_F(ValidateTest, an_unknown_start) {
  flow().start = "first";
  const auto problems = validate(book, context);
  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems[0].what, HasSubstr("start names the node \"first\""));
}

TEST_F(ValidateTest, a_node_nothing_leads_to) {
  add("lonely", HangUpNode{});
  expect_only("nothing leads here");
}

TEST_F(ValidateTest, another_flow_is_reached_by_its_name) {
  book.flows["other"] = {
      "other", "other.toml", "hi", {{"hi", {"hi", PlayNode{{SpeechPrompt{"hi"}}, false, "entry:menu"}, 1}}}};
  get<MenuNode>("menu").choices['1'] = "other:";
  EXPECT_THAT(validate(book, context), IsEmpty());
  get<MenuNode>("menu").choices['1'] = "other:ho";
  expect_only("leads to \"other:ho\"");
}

TEST_F(ValidateTest, a_loop_which_never_lets_the_caller_speak) {
  add("on_hold", PlayNode{{SpeechPrompt{"hold"}}, false, "agent"});
  get<QueueNode>("agent").refused = "on_hold";
  flow().nodes.erase("bye");
  expect_only("a loop which never lets the caller speak: entry:agent -> entry:on_hold -> entry:agent");
}

TEST_F(ValidateTest, a_silent_caller_must_get_out) {
  get<MenuNode>("menu").no_input.next = "menu";
  expect_only("a caller who says nothing goes round for ever: entry:menu -> entry:menu");
}

TEST_F(ValidateTest, a_long_chain_of_nodes_is_walked_without_deep_recursion) {
  for (int n = 0; n < 50'000; ++n) {
    add("n" + std::to_string(n),
        PlayNode{{SpeechPrompt{"hi"}}, false, n == 49'999 ? "bye" : "n" + std::to_string(n + 1)});
  }
  get<MenuNode>("menu").choices['1'] = "n0";
  EXPECT_THAT(validate(book, context), IsEmpty());
}

TEST_F(ValidateTest, prompts_in_each_language_and_the_words_of_values) {
  context.prompts = {"cmn/menu", "en/menu", "cmn/bye", "music/hold"};
  expect_only("the prompt \"en/bye\" does not exist");
  context.prompts.push_back("en/bye");
  EXPECT_THAT(validate(book, context), IsEmpty());
  for (const auto& word : say_vocabulary("cmn")) context.prompts.push_back("cmn/" + word);
  for (const auto& word : say_vocabulary("en")) context.prompts.push_back("en/" + word);
  context.prompts.erase(std::find(context.prompts.begin(), context.prompts.end(), "en/number/billion"));
  get<HangUpNode>("bye").speech.push_back(SpeechSay{SayKind::phone, "${from}"});
  expect_only("the prompt \"en/number/billion\" does not exist");
}

TEST_F(ValidateTest, a_prompt_in_its_own_language_is_needed_in_that_one_only) {
  get<HangUpNode>("bye").speech = {SpeechPrompt{"only", "en"}};
  context.prompts = {"cmn/menu", "en/menu", "en/only", "music/hold"};
  EXPECT_THAT(validate(book, context), IsEmpty());
  get<HangUpNode>("bye").speech = {SpeechPrompt{"only", "fr"}};
  expect_only("the language \"fr\" is unknown");
}

TEST_F(ValidateTest, queues_skills_and_their_levels) {
  context.queues = {"general"};
  context.skills = {"english"};
  get<QueueNode>("agent").skills_by_language["en"]["english"] = 1;
  EXPECT_THAT(validate(book, context), IsEmpty());
  get<QueueNode>("agent").queue = "generl";
  expect_only("the queue \"generl\" does not exist");
  get<QueueNode>("agent").queue = "general";
  get<QueueNode>("agent").skills["french"] = 1;
  expect_only("the skill \"french\" does not exist");
  get<QueueNode>("agent").skills = {{"english", 10}};
  expect_only("level of \"english\" is out of range");
}

TEST_F(ValidateTest, variables_nobody_sets) {
  get<QueueNode>("agent").queue = "${line}";
  expect_only("the variable \"line\" is set nowhere");
  context.variables.push_back("line");
  EXPECT_THAT(validate(book, context), IsEmpty());
  get<QueueNode>("agent").queue = "${line";
  expect_only("\"${\" without its \"}\"");
}

TEST_F(ValidateTest, limits_of_input) {
  auto& menu = get<MenuNode>("menu");
  menu.timeout = Duration{0};
  expect_only("timeout is out of range");
  menu.timeout = Duration{5000};
  menu.no_match.attempts = 0;
  expect_only("no_match.attempts is out of range");
  menu.no_match.attempts = 3;
  menu.choices['A'] = "agent";
  expect_only("\"A\" is no key of a telephone");
  menu.choices.erase('A');
  menu.choices.clear();
  expect_only("a menu without choices");
}

TEST_F(ValidateTest, collect_hours_set_and_branch) {
  auto& menu = get<MenuNode>("menu");
  menu.choices['1'] = "collect";
  add("collect", CollectNode{.speech = {},
                             .variable = "n",
                             .digits_min = 5,
                             .digits_max = 4,
                             .no_input = {1, {}, "bye"},
                             .no_match = {1, {}, "bye"},
                             .next = "bye"});
  expect_only("digits_min and digits_max do not fit");
  flow().nodes.erase("collect");
  menu.choices['1'] = "hours";
  add("hours", HoursNode{"office", "agent", "bye"});
  expect_only("the calendar \"office\" does not exist");
  flow().nodes.erase("hours");
  menu.choices['1'] = "set";
  add("set", SetNode{{{"language", "fr"}}, "bye"});
  expect_only("the language \"fr\" is unknown");
  flow().nodes.erase("set");
  menu.choices['1'] = "branch";
  add("branch", BranchNode{"language", {{"en", "agent"}}, "bye"});
  expect_only("branches on a value which never changes");
}

}  // namespace
}  // namespace hotline::call
