// SPDX-License-Identifier: Apache-2.0
// Random flow books (sound or not) under random events: the interpreter always comes to rest, at a place from which the
// caller, the clock, the voice node or the queue can move it, or at an end.
#include <gtest/gtest.h>

#include "domain/call/interpreter.hpp"
#include "domain/property.hpp"

namespace hotline::call {
namespace {

NodeName name_of(int n) {
  return "n" + std::to_string(n);
}

/// `nodes` + 1: now and then a name that leads nowhere; books are validated, but a reload may race a caller.
rc::Gen<NodeName> any_target(int names) {
  return rc::gen::map(rc::gen::inRange(0, names), [](int n) { return name_of(n); });
}

rc::Gen<Speech> any_speech() {
  return rc::gen::element<Speech>(Speech{}, Speech{SpeechPrompt{"hello"}}, Speech{SpeechSay{SayKind::number, "${x}"}});
}

NodeKind any_node(int names) {
  const auto target = [&] { return *any_target(names); };
  const auto handling = [&] { return InputHandling{*rc::gen::inRange<std::uint32_t>(0, 3), *any_speech(), target()}; };
  switch (*rc::gen::inRange(0, 11)) {
    case 0:
      return PlayNode{*any_speech(), *rc::gen::arbitrary<bool>(), target()};
    case 1:
      return MenuNode{*any_speech(), {{'1', target()}, {'2', target()}}, Duration{5000}, handling(), handling()};
    case 2: {
      const auto least = *rc::gen::inRange<std::uint32_t>(1, 3);
      return CollectNode{.speech = *any_speech(),
                         .variable = "x",
                         .digits_min = least,
                         .digits_max = least + 1,
                         .no_input = handling(),
                         .no_match = handling(),
                         .next = target()};
    }
    case 3:
      return SayNode{SayKind::money, "${x}", target()};
    case 4:
      return BranchNode{"${x}", {{"1", target()}, {"22", target()}}, target()};
    case 5:
      return HoursNode{"always", target(), target()};
    case 6:
      return SetNode{{{"x", *rc::gen::element<std::string>("1", "22", "${x}3", "")}, {"language", "en"}}, target()};
    case 7:
      return QueueNode{.queue = "q", .refused = target()};
    default:
      return HangUpNode{*any_speech()};
  }
}

FlowBook any_book(int nodes, int names) {
  FlowBook book;
  book.calendars["always"] = {"always", {}, {}};
  Flow flow{"f", "f.toml", name_of(0), {}};
  for (int n = 0; n < nodes; ++n) flow.nodes[name_of(n)] = {name_of(n), any_node(names), static_cast<std::uint32_t>(n)};
  book.flows["f"] = flow;
  return book;
}

/// At rest: ended, or something outside can still move the caller.
void check_rest(const FlowBook& book, const FlowPosition& position, const FlowActions& actions) {
  std::size_t last_words = 0;
  for (const auto& action : actions) {
    const bool final = !std::holds_alternative<Visited>(action) && !std::holds_alternative<Chosen>(action);
    last_words += final ? 1U : 0U;
    if (final) RC_ASSERT(&action == &actions.back());
  }
  RC_ASSERT(last_words <= 1U);
  RC_ASSERT(position.path.size() <= 64U);
  if (position.node.empty()) {
    RC_ASSERT(!position.speaking);
    RC_ASSERT(!position.deadline);
    return;
  }
  const auto& kind = book.flows.at("f").nodes.at(position.node).kind;
  RC_ASSERT(position.speaking || position.deadline || std::holds_alternative<QueueNode>(kind));
  RC_ASSERT(!(position.speaking && position.deadline));
}

RC_GTEST_PROP(InterpreterProperty, every_event_sequence_ends_or_waits, ()) {
  const int nodes = *rc::gen::inRange(1, 12);
  const FlowBook book = any_book(nodes, nodes + 1);
  FlowPosition position;
  TimePoint now{std::chrono::hours{1}};
  check_rest(book, position, begin(book, position, "f", now));
  const auto events = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
  for (const int event : events) {
    now += Duration{1000};
    constexpr char kKeys[] = {'1', '2', '3', '*', '#', '1'};
    if (event < 6) {
      check_rest(book, position, advance(book, position, DigitPressed{kKeys[event]}, now));
    } else if (event < 9) {
      check_rest(book, position, advance(book, position, SpeechEnded{}, now));
    } else if (event < 10) {
      if (position.deadline) now = std::max(now, *position.deadline);
      check_rest(book, position, advance(book, position, TimePassed{}, now));
      RC_ASSERT(!position.deadline || *position.deadline > now);
    } else if (event < 11) {
      check_rest(book, position, advance(book, position, QueueRefused{}, now));
    } else {
      check_rest(book, position, re_enter(book, position, now));
    }
  }
}

RC_GTEST_PROP(InterpreterProperty, in_a_valid_book_a_silent_caller_always_reaches_a_queue_or_the_end, ()) {
  const int nodes = *rc::gen::inRange(1, 7);
  const FlowBook book = any_book(nodes, nodes);
  FlowContext context;
  context.variables.push_back("x");
  const auto problems = validate(book, context);
  // Limits and unreachable nodes do not matter here; what matters is that no loop and no missing target was found.
  const bool sound = std::none_of(problems.begin(), problems.end(), [](const FlowProblem& p) {
    return p.what.find("loop") != std::string::npos || p.what.find("for ever") != std::string::npos ||
           p.what.find("does not exist") != std::string::npos || p.what.find("missing") != std::string::npos;
  });
  RC_CLASSIFY(sound);
  if (!sound) return;
  FlowPosition position;
  TimePoint now{std::chrono::hours{1}};
  (void)begin(book, position, "f", now);
  for (int step = 0; step < 500 && !position.node.empty(); ++step) {
    if (std::holds_alternative<QueueNode>(book.flows.at("f").nodes.at(position.node).kind)) return;
    now += Duration{60'000};
    (void)advance(book, position, position.speaking ? FlowEvent{SpeechEnded{}} : FlowEvent{TimePassed{}}, now);
  }
  RC_ASSERT(position.node.empty());
}

}  // namespace
}  // namespace hotline::call
