// SPDX-License-Identifier: Apache-2.0
// Flow files: the format's every key arrives in the book, and every mistake is told with its file, line and remedy.
#include "adapters/flows/flow_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/flows/demo_prompts.hpp"
#include "domain/call/interpreter.hpp"

namespace hotline::flows {
namespace {

using namespace call;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kWhole = R"(start = "hello"
[nodes.hello]
type = "play"
say = ["welcome", { prompt = "choose", language = "en" }, { money = "${due}" }]
barge_in = true
next = "menu"
[nodes.menu]
type = "menu"
say = "menu"
choices = { 1 = "number", "*" = "menu", 0 = "agent" }
timeout = 2.5
no_input = { attempts = 2, say = "sorry", next = "agent" }
no_match = { next = "agent" }
[nodes.number]
type = "collect"
say = ["enter"]
variable = "due"
digits_min = 3
digits_max = 8
terminator = "*"
timeout = 9
digit_timeout = 3
no_input = { next = "agent" }
no_match = { next = "agent" }
next = "speak"
[nodes.speak]
type = "say"
kind = "phone"
value = "${due}"
next = "which"
[nodes.which]
type = "branch"
value = "${to}"
cases = { 112 = "office" }
otherwise = "english"
[nodes.office]
type = "hours"
calendar = "office"
open = "agent"
closed = "bye"
[nodes.english]
type = "set"
values = { language = "en" }
next = "agent"
[nodes.agent]
type = "queue"
queue = "general"
priority = 3
skills = { billing = 2 }
skills_by_language = { en = { english = 1 } }
music = "music/other"
refused = "bye"
[nodes.bye]
type = "hang_up"
say = "bye"
)";
constexpr const char* kOffice = R"(utc_offset = "-03:30"
default_language = "en"
[calendars.office]
monday = ["08:30-12:00", "13:00-24:00"]
closed = ["2026-10-01", 2027-01-01]
)";

const char* const kBye = "[nodes.bye]\ntype = \"hang_up\"\n";

FlowProblems problems_of(const std::string& text) {
  const auto result = parse({{"flows/a.toml", text}});
  return result ? FlowProblems{} : result.error();
}
/// Expects one problem on that line.
void expect_problem(const std::string& text, std::uint32_t line, const std::string& what) {
  const auto problems = problems_of(text);
  ASSERT_THAT(problems, SizeIs(1)) << text << (problems.size() > 1 ? to_string(problems[1]) : "");
  EXPECT_EQ(problems[0].file, "flows/a.toml");
  EXPECT_EQ(problems[0].line, line) << text;
  EXPECT_THAT(problems[0].what, HasSubstr(what));
  EXPECT_NE(problems[0].remedy, "");
}

TEST(FlowFiles, every_key_arrives) {
  const auto book = parse({{"flows/calendars.toml", kOffice}, {"flows/a.toml", kWhole}});
  ASSERT_TRUE(book) << to_string(book.error()[0]);
  EXPECT_EQ(book->utc_offset, std::chrono::minutes{-210});
  EXPECT_EQ(book->default_language, "en");
  const auto& office = book->calendars.at("office");
  EXPECT_THAT(office.hours.at(0), ElementsAre(std::pair{510, 720}, std::pair{780, 1440}));
  EXPECT_THAT(office.closed, ElementsAre("2026-10-01", "2027-01-01"));

  const auto& flow = book->flows.at("a");
  EXPECT_EQ(flow.start, "hello");
  EXPECT_EQ(flow.nodes.at("menu").line, 7U);
  const auto& play = std::get<PlayNode>(flow.nodes.at("hello").kind);
  EXPECT_TRUE(play.barge_in);
  ASSERT_THAT(play.speech, SizeIs(3));
  EXPECT_EQ(std::get<SpeechPrompt>(play.speech[1]).language, "en");
  EXPECT_EQ(std::get<SpeechSay>(play.speech[2]).kind, SayKind::money);
  const auto& menu = std::get<MenuNode>(flow.nodes.at("menu").kind);
  EXPECT_THAT(menu.choices, ElementsAre(std::pair{'*', "menu"}, std::pair{'0', "agent"}, std::pair{'1', "number"}));
  EXPECT_EQ(menu.timeout, Duration{2500});
  EXPECT_EQ(menu.no_input.attempts, 2U);
  EXPECT_EQ(menu.no_match.attempts, 3U);
  const auto& collect = std::get<CollectNode>(flow.nodes.at("number").kind);
  EXPECT_EQ(collect.digits_max, 8U);
  EXPECT_EQ(collect.terminator, '*');
  EXPECT_EQ(collect.digit_timeout, Duration{3000});
  EXPECT_EQ(std::get<SayNode>(flow.nodes.at("speak").kind).kind, SayKind::phone);
  EXPECT_EQ(std::get<BranchNode>(flow.nodes.at("which").kind).cases.at("112"), "office");
  const auto& queue = std::get<QueueNode>(flow.nodes.at("agent").kind);
  EXPECT_EQ(queue.priority, 3);
  EXPECT_EQ(queue.skills.at("billing"), 2);
  EXPECT_EQ(queue.skills_by_language.at("en").at("english"), 1);
  EXPECT_EQ(queue.music, "music/other");
}

TEST(FlowFiles, mistakes_are_told_with_their_line) {
  const std::string bye(kBye);
  expect_problem("start = \"bye\n", 1, "not valid TOML");
  expect_problem("start = \"bye\"\n" + bye + "sya = \"bye\"\n", 4, "unknown key \"sya\"");
  expect_problem("start = \"bye\"\nstrat = 1\n" + bye, 2, "unknown key \"strat\"");
  expect_problem("start = 7\n" + bye, 1, "start is an integer");
  expect_problem(bye, 1, "start is missing");
  expect_problem("start = \"bye\"\n", 1, "nodes is missing");
  expect_problem("start = \"bye\"\n[nodes.bye]\ntype = \"hangup\"\n", 2, "there is no node type \"hangup\"");
  expect_problem("start = \"bye\"\n[nodes.bye]\n", 2, "type is missing");
  expect_problem("start = \"a\"\n[nodes.a]\ntype = \"play\"\nsay = \"x\"\n", 2, "next is missing");
  expect_problem("start = \"a\"\n[nodes.a]\ntype = \"play\"\nsay = \"x\"\nnext = \"by\"\n", 2,
                 "leads to \"by\", which does not exist");
  expect_problem("start = \"bye\"\n[nodes.bye]\ntype = \"hang_up\"\nsay = [\"a\", 3]\n", 4, "say holds an integer");
  expect_problem("start = \"bye\"\n[nodes.bye]\ntype = \"hang_up\"\nsay = \"../../etc/passwd\"\n", 4, "no prompt key");
  expect_problem("start = \"bye\"\n[nodes.bye]\ntype = \"hang_up\"\nsay = [{ numbr = \"1\" }]\n", 4,
                 "a table that says nothing");
  expect_problem(
      "start = \"a\"\n" + bye + "[nodes.a]\ntype = \"queue\"\nqueue = \"q\"\npriority = 5000\nrefused = \"bye\"\n", 7,
      "priority is 5000");
  expect_problem("start = \"a\"\n" + bye +
                     "[nodes.a]\ntype = \"queue\"\nqueue = \"q\"\nskills = { x = \"1\" }\nrefused = \"bye\"\n",
                 7, "skills.x is a string");
}

TEST(FlowFiles, mistakes_in_menus) {
  const std::string begin = "start = \"a\"\n" + std::string(kBye) + "[nodes.a]\ntype = \"menu\"\nsay = \"x\"\n";
  const std::string handled = "no_input = { next = \"bye\" }\nno_match = { next = \"bye\" }\n";
  expect_problem(begin + "choices = { 12 = \"bye\" }\n" + handled, 4, "\"12\" is no key");
  expect_problem(begin + "choices = { 1 = \"bye\" }\ntimeout = \"5s\"\n" + handled, 8, "timeout is a string");
  expect_problem(begin + "choices = { 1 = \"bye\" }\ntimeout = -1\n" + handled, 8, "timeout is out of range");
  expect_problem(begin + "choices = { 1 = \"bye\" }\nno_input = { next = \"bye\" }\n", 4, "no_match is missing");
  expect_problem(
      begin + "choices = { 1 = \"bye\" }\nno_input = { attempts = 0, next = \"bye\" }\nno_match = { next = \"bye\" }\n",
      8, "attempts is 0");
}

TEST(FlowFiles, mistakes_in_calendars) {
  const auto first = [](const std::string& text) {
    const auto result = parse({{"calendars.toml", text}, {"a.toml", std::string("start = \"bye\"\n") + kBye}});
    return result ? std::string() : to_string(result.error()[0]);
  };
  EXPECT_EQ(first(""), "");
  EXPECT_THAT(first("utc_offset = \"8\""), HasSubstr("calendars.toml:1: utc_offset is \"8\""));
  EXPECT_THAT(first("default_language = \"fr\""), HasSubstr("\"fr\" is unknown"));
  EXPECT_THAT(first("[calendars.x]\nmonday = [\"17:00-08:00\"]"),
              HasSubstr("calendars.toml:2: calendar \"x\": monday holds no span"));
  EXPECT_THAT(first("[calendars.x]\nmoonday = []"), HasSubstr("unknown key \"moonday\""));
  EXPECT_THAT(first("[calendars.x]\nclosed = [\"2026-02-30\"]"), HasSubstr("no date"));
}

TEST(FlowFiles, all_problems_are_told_at_once) {
  EXPECT_THAT(problems_of("strt = 1\n[nodes.a]\ntype = \"play\"\nsay = 3\n[nodes.b]\ntype = \"x\"\n"), SizeIs(5));
}

TEST(FlowFiles, a_name_given_twice) {
  const std::string text = std::string("start = \"bye\"\n") + kBye;
  const auto result = parse({{"a.toml", text}, {"b.toml", "flow = \"a\"\n" + text}});
  ASSERT_FALSE(result);
  EXPECT_THAT(to_string(result.error()[0]), HasSubstr("b.toml: the flow \"a\" is in a.toml already"));
}

TEST(FlowFiles, what_cannot_be_read_is_a_problem) {
  const auto missing = load("/nonexistent/flows");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error()[0].what, HasSubstr("cannot be read"));
  EXPECT_FALSE(parse({}));
  EXPECT_THAT(problems_of(std::string((1U << 20) + 1, '#'))[0].what, HasSubstr("larger than 1 MiB"));
}

// ---- the demo that ships

FlowContext demo_context() {
  FlowContext context;
  context.queues = {"general", "fault", "directory", "self_service", "complaint", "order"};
  context.skills = {"english"};
  return context;
}

TEST(DemoFlows, load_without_a_problem_with_the_prompts_that_ship) {
  auto context = demo_context();
  context.prompts = prompt_keys(std::filesystem::path(HOTLINE_SOURCE_DIR) / "prompts");
  context.prompts.push_back("music/hold");
  const auto book = load(std::filesystem::path(HOTLINE_SOURCE_DIR) / "flows", context);
  std::string all;
  if (!book) {
    for (const auto& problem : book.error()) all += to_string(problem) + "\n";
  }
  ASSERT_TRUE(book) << all;
  for (const auto* flow : {"entry", "fault", "directory", "self_service", "complaint", "order"})
    EXPECT_TRUE(book->flows.contains(flow)) << flow;
}

FlowBook demo() {
  return *load(std::filesystem::path(HOTLINE_SOURCE_DIR) / "flows", demo_context());
}

/// Where a caller who listens to every announcement to its end and then presses these keys comes to.
std::optional<EnterQueue> call_demo(const std::string& flow, std::map<std::string, std::string> variables,
                                    std::string keys) {
  const auto book = demo();
  FlowPosition position;
  position.variables = std::move(variables);
  TimePoint now{std::chrono::hours{24 * 365 * 56}};
  auto actions = begin(book, position, flow, now);
  for (int step = 0; step < 200; ++step) {
    for (const auto& action : actions) {
      if (const auto* queue = std::get_if<EnterQueue>(&action)) return *queue;
      if (std::holds_alternative<HangUpCaller>(action) || std::holds_alternative<FlowBroken>(action))
        return std::nullopt;
    }
    now += Duration{1000};
    if (position.speaking) {
      actions = advance(book, position, SpeechEnded{}, now);
    } else if (!keys.empty()) {
      actions = advance(book, position, DigitPressed{keys.front()}, now);
      keys.erase(0, 1);
    } else {
      now = std::max(now, position.deadline.value_or(now));
      actions = advance(book, position, TimePassed{}, now);
    }
  }
  return std::nullopt;
}

TEST(DemoFlows, the_menu_leads_to_each_service_line_and_zero_to_an_agent) {
  const std::pair<const char*, const char*> kWays[] = {
      {"10", "general"},   {"111", "fault"}, {"12", "directory"}, {"130", "self_service"},
      {"14", "complaint"}, {"151", "order"}, {"152", "order"}};
  for (const auto& [keys, queue] : kWays) {
    const auto entered = call_demo("entry", {{"from", "63001234"}}, std::string(keys) + "11");
    ASSERT_TRUE(entered) << keys;
    EXPECT_EQ(entered->queue, queue) << keys;
    EXPECT_TRUE(entered->skills.empty()) << keys;
  }
}

TEST(DemoFlows, an_old_number_dialled_lands_in_its_line_and_english_callers_need_english_agents) {
  for (const auto* line : {"fault", "directory", "self_service", "complaint", "order"}) {
    const auto silent = call_demo(line, {}, "");
    ASSERT_TRUE(silent) << line;  // who presses nothing (a dial telephone) reaches an agent, too
    EXPECT_EQ(silent->queue, line);
    EXPECT_EQ(silent->priority, std::string_view(line) == "complaint" ? 5 : 0);
    const auto english = call_demo(line, {{"language", "en"}}, "");
    ASSERT_TRUE(english) << line;
    EXPECT_EQ(english->skills.at("english"), 1);
  }
}

TEST(DemoFlows, the_faulty_number_is_read_back_and_may_be_entered_again) {
  const auto book = demo();
  FlowPosition position;
  position.variables["language"] = "cmn";
  const TimePoint now{std::chrono::hours{1}};
  (void)begin(book, position, "fault:enter_number", now);
  FlowActions actions;
  for (const char key : std::string("6301234#")) actions = advance(book, position, DigitPressed{key}, now);
  EXPECT_EQ(position.variables["fault_number"], "6301234");
  EXPECT_EQ(std::get<Speak>(actions.back()).prompts,
            (std::vector<std::string>{"cmn/fault_you_entered", "cmn/digits/6", "cmn/digits/3", "cmn/digits/0",
                                      "cmn/digits_phone/1", "cmn/digits/2", "cmn/digits/3", "cmn/digits/4",
                                      "cmn/fault_confirm"}));
  (void)advance(book, position, DigitPressed{'2'}, now);
  EXPECT_EQ(position.node, "enter_number");
}

}  // namespace
}  // namespace hotline::flows
