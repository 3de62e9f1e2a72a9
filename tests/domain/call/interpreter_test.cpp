// SPDX-License-Identifier: Apache-2.0
// The IVR interpreter, event by event, on small flows.
#include "domain/call/interpreter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::call {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TimePoint at(int s) {
  return TimePoint{} + std::chrono::hours{24 * 365 * 30} + seconds{s};
}

class InterpreterTest : public testing::Test {
 protected:
  void SetUp() override {
    add("welcome", PlayNode{{SpeechPrompt{"welcome"}}, true, "menu"});
    add("menu", MenuNode{.speech = {SpeechPrompt{"menu"}},
                         .choices = {{'1', "number"}, {'2', "english"}, {'0', "agent"}},
                         .no_input = {3, {SpeechPrompt{"sorry"}}, "agent"},
                         .no_match = {2, {SpeechPrompt{"wrong"}}, "agent"}});
    add("number", CollectNode{.speech = {SpeechPrompt{"enter"}},
                              .variable = "phone",
                              .digits_min = 3,
                              .digits_max = 5,
                              .no_input = {2, {SpeechPrompt{"sorry"}}, "agent"},
                              .no_match = {2, {SpeechPrompt{"short"}}, "agent"},
                              .next = "read_back"});
    add("read_back", PlayNode{{SpeechPrompt{"you_entered"}, SpeechSay{SayKind::phone, "${phone}"}}, false, "bye"});
    add("bye", HangUpNode{{SpeechPrompt{"bye"}}});
    add("english", SetNode{{{"language", "en"}}, "menu"});
    add("agent", QueueNode{.queue = "general",
                           .priority = 2,
                           .skills = {{"billing", 1}},
                           .skills_by_language = {{"en", {{"english", 2}}}},
                           .refused = "busy"});
    add("busy", HangUpNode{});
    book.flows["entry"].name = "entry";
    book.flows["entry"].start = "welcome";
  }
  void add(const NodeName& name, NodeKind kind) { book.flows["entry"].nodes[name] = {name, std::move(kind), 1}; }

  template <class T>
  static const T* find(const FlowActions& actions) {
    for (const auto& action : actions) {
      if (const auto* found = std::get_if<T>(&action)) return found;
    }
    return nullptr;
  }
  std::vector<std::string> said(const FlowActions& actions) {
    const auto* speak = find<Speak>(actions);
    return speak == nullptr ? std::vector<std::string>{} : speak->prompts;
  }
  FlowActions press(char digit, int s = 1) { return advance(book, position, DigitPressed{digit}, at(s)); }
  FlowActions speech_ended(int s = 1) { return advance(book, position, SpeechEnded{}, at(s)); }
  FlowActions time(int s) { return advance(book, position, TimePassed{}, at(s)); }
  FlowActions at_menu() {
    (void)begin(book, position, "entry", at(0));
    return speech_ended(0);
  }

  FlowBook book;
  FlowPosition position;
};

TEST_F(InterpreterTest, begins_at_the_start_and_says_where_it_was) {
  const auto actions = begin(book, position, "entry", at(0));
  EXPECT_EQ(find<Visited>(actions)->node, "welcome");
  EXPECT_THAT(said(actions), ElementsAre("cmn/welcome"));
  EXPECT_TRUE(find<Speak>(actions)->stop_on_digit);
  EXPECT_THAT(said(speech_ended()), ElementsAre("cmn/menu"));
  EXPECT_THAT(position.path, ElementsAre("entry:welcome", "entry:menu"));
}

TEST_F(InterpreterTest, begins_at_a_named_node_with_the_variables_that_were_there) {
  position.variables["language"] = "en";
  EXPECT_THAT(said(begin(book, position, "entry:number", at(0))), ElementsAre("en/enter"));
}

TEST_F(InterpreterTest, a_digit_during_the_welcome_is_the_answer_to_the_menu) {
  (void)begin(book, position, "entry", at(0));
  const auto actions = press('0');
  EXPECT_EQ(find<Chosen>(actions)->input, "0");
  EXPECT_EQ(find<EnterQueue>(actions)->queue, "general");
  EXPECT_EQ(find<Speak>(actions), nullptr);
}

TEST_F(InterpreterTest, a_digit_during_speech_that_may_not_be_interrupted_is_dropped) {
  (void)begin(book, position, "entry:read_back", at(0));
  EXPECT_THAT(press('1'), IsEmpty());
  EXPECT_EQ(position.node, "read_back");
}

TEST_F(InterpreterTest, the_input_timeout_starts_when_the_speech_has_ended) {
  at_menu();
  EXPECT_FALSE(position.deadline);
  EXPECT_THAT(time(100), IsEmpty());
  speech_ended(100);
  EXPECT_EQ(position.deadline, at(105));
  EXPECT_THAT(time(104), IsEmpty());
  EXPECT_THAT(said(time(105)), ElementsAre("cmn/sorry", "cmn/menu"));
  EXPECT_EQ(position.no_inputs, 1U);
  EXPECT_FALSE(position.deadline);
}

TEST_F(InterpreterTest, a_silent_caller_is_asked_so_many_times_in_all_and_then_goes_on) {
  at_menu();
  int now = 0, asked = 1;
  FlowActions actions;
  while (position.node == "menu" && asked < 10) {
    speech_ended(now);
    now += 5;
    actions = time(now);
    asked += find<Speak>(actions) != nullptr ? 1 : 0;
  }
  EXPECT_EQ(asked, 3);
  EXPECT_NE(find<EnterQueue>(actions), nullptr);
}

TEST_F(InterpreterTest, a_wrong_key_is_told_so_and_then_goes_on) {
  at_menu();
  const auto first = press('9');
  EXPECT_EQ(find<Chosen>(first)->input, "9");
  EXPECT_THAT(said(first), ElementsAre("cmn/wrong", "cmn/menu"));
  EXPECT_NE(find<EnterQueue>(press('9')), nullptr);
}

TEST_F(InterpreterTest, choosing_a_language_changes_the_prompts_and_the_skills_asked_for) {
  at_menu();
  EXPECT_THAT(said(press('2')), ElementsAre("en/menu"));
  const auto actions = press('0');
  EXPECT_EQ(find<EnterQueue>(actions)->skills, (std::map<std::string, int>{{"billing", 1}, {"english", 2}}));
  EXPECT_EQ(find<EnterQueue>(actions)->priority, 2);
  EXPECT_EQ(find<EnterQueue>(actions)->music, "music/hold");
}

TEST_F(InterpreterTest, a_prompt_may_have_its_own_language) {
  add("both", PlayNode{{SpeechPrompt{"choose", "cmn"}, SpeechPrompt{"choose", "en"}}, false, "menu"});
  EXPECT_THAT(said(begin(book, position, "entry:both", at(0))), ElementsAre("cmn/choose", "en/choose"));
}

TEST_F(InterpreterTest, digits_are_collected_to_the_terminator_and_read_back) {
  (void)begin(book, position, "entry:number", at(0));
  EXPECT_THAT(press('6', 1), IsEmpty());
  EXPECT_EQ(position.deadline, at(5));
  press('1', 2);
  press('2', 3);
  const auto actions = press('#', 4);
  EXPECT_EQ(find<Chosen>(actions)->input, "612");
  EXPECT_EQ(position.variables["phone"], "612");
  EXPECT_THAT(said(actions), ElementsAre("cmn/you_entered", "cmn/digits/6", "cmn/digits_phone/1", "cmn/digits/2"));
}

TEST_F(InterpreterTest, the_last_possible_digit_ends_the_collection) {
  (void)begin(book, position, "entry:number", at(0));
  for (const char digit : {'1', '2', '3', '4'}) press(digit);
  EXPECT_EQ(find<Chosen>(press('5'))->input, "12345");
}

TEST_F(InterpreterTest, a_pause_between_digits_ends_the_collection_when_there_are_enough) {
  (void)begin(book, position, "entry:number", at(0));
  for (const char digit : {'1', '2', '3'}) press(digit, 1);
  EXPECT_EQ(find<Chosen>(time(5))->input, "123");
}

TEST_F(InterpreterTest, too_few_digits_are_asked_for_again_and_not_kept) {
  (void)begin(book, position, "entry:number", at(0));
  press('1', 1);
  const auto actions = time(5);
  EXPECT_THAT(said(actions), ElementsAre("cmn/short", "cmn/enter"));
  EXPECT_EQ(position.digits, "");
  EXPECT_FALSE(position.variables.contains("phone"));
}

TEST_F(InterpreterTest, the_star_forgets_the_digits_so_far) {
  (void)begin(book, position, "entry:number", at(0));
  press('9', 1);
  press('*', 2);
  EXPECT_EQ(position.deadline, at(10));
  for (const char digit : {'1', '2', '3'}) press(digit, 3);
  press('#', 4);
  EXPECT_EQ(position.variables["phone"], "123");
}

TEST_F(InterpreterTest, the_end_of_replaced_speech_changes_nothing) {
  (void)begin(book, position, "entry:number", at(0));
  press('1', 1);
  EXPECT_THAT(speech_ended(2), IsEmpty());
  EXPECT_EQ(position.deadline, at(5));
}

TEST_F(InterpreterTest, hanging_up_says_goodbye_first_and_then_nothing_more_happens) {
  (void)begin(book, position, "entry:bye", at(0));
  EXPECT_NE(find<HangUpCaller>(speech_ended()), nullptr);
  EXPECT_EQ(position.node, "");
  EXPECT_THAT(press('1'), IsEmpty());
  EXPECT_THAT(re_enter(book, position, at(3)), IsEmpty());
}

TEST_F(InterpreterTest, a_refused_queue_goes_on_where_the_flow_says) {
  (void)begin(book, position, "entry:agent", at(0));
  EXPECT_NE(find<HangUpCaller>(advance(book, position, QueueRefused{}, at(1))), nullptr);
}

TEST_F(InterpreterTest, a_restart_says_the_node_again_and_keeps_what_was_failed) {
  at_menu();
  press('9');
  speech_ended(2);
  FlowPosition stored = position;
  EXPECT_THAT(said(re_enter(book, stored, at(100))), ElementsAre("cmn/menu"));
  EXPECT_EQ(stored.no_matches, 1U);
  EXPECT_FALSE(stored.deadline);
}

TEST_F(InterpreterTest, a_node_gone_after_a_reload_breaks_the_flow_once) {
  at_menu();
  book.flows["entry"].nodes.erase("menu");
  EXPECT_NE(find<FlowBroken>(press('1')), nullptr);
  EXPECT_THAT(press('1'), IsEmpty());
}

TEST_F(InterpreterTest, a_loop_without_input_breaks_the_flow_instead_of_hanging) {
  add("a", SetNode{{{"x", "1"}}, "b"});
  add("b", BranchNode{"${x}", {{"1", "a"}}, "agent"});
  EXPECT_NE(find<FlowBroken>(begin(book, position, "entry:a", at(0))), nullptr);
}

TEST_F(InterpreterTest, unknown_flows_break) {
  EXPECT_NE(find<FlowBroken>(begin(book, position, "nowhere", at(0))), nullptr);
  EXPECT_EQ(position.node, "");
}

TEST_F(InterpreterTest, branches_choose_by_value_and_lead_into_other_flows) {
  book.flows["other"] = {"other", "other.toml", "first", {}};
  book.flows["other"].nodes["first"] = {"first", PlayNode{{SpeechPrompt{"hello"}}, false, "entry:menu"}, 1};
  add("which", BranchNode{"${from}", {{"112", "other:"}}, "menu"});
  position.variables["from"] = "112";
  EXPECT_THAT(said(begin(book, position, "entry:which", at(0))), ElementsAre("cmn/hello"));
  EXPECT_EQ(position.flow, "other");
  speech_ended();
  EXPECT_EQ(position.flow, "entry");
}

TEST_F(InterpreterTest, opening_hours_are_local_and_know_closed_days) {
  Calendar calendar{"office", {{0, {{9 * 60, 17 * 60}}}}, {"2026-05-04"}};
  const auto monday = [](int hour, int minute) {  // 2026-04-27, a Monday, given in Beijing time
    return TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 4 / 27}} +
           std::chrono::minutes{hour * 60 + minute - 480};
  };
  const std::chrono::minutes beijing{480};
  EXPECT_FALSE(is_open(calendar, beijing, monday(8, 59)));
  EXPECT_TRUE(is_open(calendar, beijing, monday(9, 0)));
  EXPECT_TRUE(is_open(calendar, beijing, monday(16, 59)));
  EXPECT_FALSE(is_open(calendar, beijing, monday(17, 0)));
  EXPECT_FALSE(is_open(calendar, beijing, monday(12, 0) + std::chrono::hours{24}));
  EXPECT_FALSE(is_open(calendar, beijing, monday(12, 0) + std::chrono::hours{24 * 7}));
  book.calendars["office"] = calendar;
  add("hours", HoursNode{"office", "agent", "bye"});
  EXPECT_NE(find<EnterQueue>(begin(book, position, "entry:hours", monday(10, 0))), nullptr);
  EXPECT_THAT(said(begin(book, position, "entry:hours", monday(20, 0))), ElementsAre("cmn/bye"));
}

TEST_F(InterpreterTest, saying_nothing_does_not_wait_for_its_end) {
  add("empty", SayNode{SayKind::digits, "${nothing}", "menu"});
  EXPECT_THAT(said(begin(book, position, "entry:empty", at(0))), ElementsAre("cmn/menu"));
}

}  // namespace
}  // namespace hotline::call
