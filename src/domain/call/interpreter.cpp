// SPDX-License-Identifier: Apache-2.0
// The IVR interpreter: passes nodes until one waits for the caller (or for the end of speech). On the core's live
// strand.
#include "domain/call/interpreter.hpp"

#include <algorithm>

namespace hotline::call {

namespace {

constexpr std::size_t kPathMax = 64;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// ${name} replaced by the variable's value, nothing when it is not set. Values are not expanded again.
std::string expand(const std::string& text, const FlowPosition& position) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find("${", from);
    const auto close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return out + text.substr(from);
    out += text.substr(from, open - from);
    if (const auto it = position.variables.find(text.substr(open + 2, close - open - 2));
        it != position.variables.end()) {
      out += it->second;
    }
    from = close + 1;
  }
}

/// One event's work.
class Run {
 public:
  Run(const FlowBook& book, FlowPosition& position, TimePoint now) : book_(book), at_(position), now_(now) {
    actions_.reserve(4);  // what nearly every step gives, without growing on the way
  }

  void go(const NodeName& name);
  void arrive(const Node& node);
  void digit(const Node& node, char digit);
  void speech_ended(const Node& node);
  void time_passed(const Node& node);
  void queue_refused(const Node& node);
  void broken(std::string why);
  const Node* current() const;
  FlowActions take() { return std::move(actions_); }

 private:
  void prompts(const Speech& speech, std::vector<std::string>& out) const;
  /// False when there is nothing to say.
  bool speak(const Speech& speech, bool stop_on_digit, const Speech& before = {});
  void ask(Duration timeout, const Speech& before, const Speech& speech);
  template <class InputNode>
  void ask_again(const InputNode& node, const InputHandling& handling, std::uint32_t& count);
  void menu_digit(const MenuNode& menu, char digit);
  void collect_digit(const CollectNode& collect, char digit);
  void collected(const CollectNode& collect);
  void enter_queue(const QueueNode& queue);
  void hang_up();
  void chosen(std::string input) { actions_.emplace_back(Chosen{at_.flow, at_.node, std::move(input)}); }

  const FlowBook& book_;
  FlowPosition& at_;
  TimePoint now_;
  FlowActions actions_;
  std::size_t passed_ = 0;
  std::optional<char> pending_;  // pressed during a speech that may be interrupted, for the next menu or collect node
};

const Node* Run::current() const {
  const auto flow = book_.flows.find(at_.flow);
  if (flow == book_.flows.end()) return nullptr;
  const auto node = flow->second.nodes.find(at_.node);
  return node == flow->second.nodes.end() ? nullptr : &node->second;
}

void Run::broken(std::string why) {
  actions_.emplace_back(FlowBroken{std::move(why)});
  at_.node.clear();
  at_.speaking = false;
  at_.deadline.reset();
}

void Run::hang_up() {
  actions_.emplace_back(HangUpCaller{});
  at_.node.clear();
  at_.speaking = false;
  at_.deadline.reset();
}

void Run::go(const NodeName& name) {
  const auto target = find_node(book_, at_.flow, name);
  if (target.node == nullptr) {
    return broken("flow " + at_.flow + ", node " + at_.node + ": leads to \"" + name + "\", which does not exist");
  }
  if (++passed_ > kNodesPerEventMax) return broken("flow " + at_.flow + ": a loop without input at node " + name);
  at_.flow = target.flow->name;
  at_.node = target.node->name;
  at_.no_inputs = at_.no_matches = 0;
  at_.path.push_back(at_.flow + ":" + at_.node);
  if (at_.path.size() > kPathMax) at_.path.erase(at_.path.begin());
  actions_.emplace_back(Visited{at_.flow, at_.node});
  arrive(*target.node);
}

void Run::arrive(const Node& node) {
  at_.digits.clear();
  at_.speaking = false;
  at_.deadline.reset();
  const auto pending = std::exchange(pending_, std::nullopt);
  std::visit(Overloaded{
                 [&](const PlayNode& n) {
                   if (pending && n.barge_in) {
                     pending_ = pending;
                     go(n.next);
                   } else if (!speak(n.speech, n.barge_in)) {
                     go(n.next);
                   }
                 },
                 [&](const MenuNode& n) {
                   if (pending) {
                     menu_digit(n, *pending);
                   } else {
                     ask(n.timeout, {}, n.speech);
                   }
                 },
                 [&](const CollectNode& n) {
                   if (pending) {
                     collect_digit(n, *pending);
                   } else {
                     ask(n.timeout, {}, n.speech);
                   }
                 },
                 [&](const SayNode& n) {
                   if (!speak({SpeechSay{n.kind, n.value}}, false)) go(n.next);
                 },
                 [&](const BranchNode& n) {
                   const auto found = n.cases.find(expand(n.value, at_));
                   pending_ = pending;
                   go(found == n.cases.end() ? n.otherwise : found->second);
                 },
                 [&](const HoursNode& n) {
                   const auto calendar = book_.calendars.find(n.calendar);
                   if (calendar == book_.calendars.end())
                     return broken("calendar \"" + n.calendar + "\" does not exist");
                   pending_ = pending;
                   go(is_open(calendar->second, book_.utc_offset, now_) ? n.open : n.closed);
                 },
                 [&](const SetNode& n) {
                   std::map<std::string, std::string> values;  // all from the old variables, whatever their order
                   for (const auto& [name, value] : n.values) values[name] = expand(value, at_);
                   for (auto& [name, value] : values) at_.variables[name] = std::move(value);
                   pending_ = pending;
                   go(n.next);
                 },
                 [&](const QueueNode& n) { enter_queue(n); },
                 [&](const HangUpNode& n) {
                   if (!speak(n.speech, false)) hang_up();
                 },
             },
             node.kind);
}

void Run::prompts(const Speech& speech, std::vector<std::string>& out) const {
  const Language& language = language_of(book_, at_);
  for (const auto& item : speech) {
    if (const auto* prompt = std::get_if<SpeechPrompt>(&item)) {
      out.push_back((prompt->language.empty() ? language : prompt->language) + "/" + prompt->key);
    } else {
      const auto& value = std::get<SpeechSay>(item);
      for (const auto& word : say(value.kind, expand(value.value, at_), language)) out.push_back(language + "/" + word);
    }
  }
}

bool Run::speak(const Speech& speech, bool stop_on_digit, const Speech& before) {
  std::vector<std::string> keys;
  prompts(before, keys);
  prompts(speech, keys);
  if (keys.empty()) return false;
  actions_.emplace_back(Speak{std::move(keys), stop_on_digit});
  at_.speaking = true;
  return true;
}

void Run::ask(Duration timeout, const Speech& before, const Speech& speech) {
  at_.digits.clear();
  at_.deadline.reset();
  at_.speaking = false;
  if (!speak(speech, true, before)) at_.deadline = now_ + timeout;
}

template <class InputNode>
void Run::ask_again(const InputNode& node, const InputHandling& handling, std::uint32_t& count) {
  ++count;
  if (at_.no_inputs + at_.no_matches >= std::max(handling.attempts, 1U)) return go(handling.next);
  ask(node.timeout, handling.speech, node.speech);
}

void Run::menu_digit(const MenuNode& menu, char digit) {
  at_.speaking = false;
  chosen(std::string(1, digit));
  const auto choice = menu.choices.find(digit);
  if (choice == menu.choices.end()) return ask_again(menu, menu.no_match, at_.no_matches);
  go(choice->second);
}

void Run::collect_digit(const CollectNode& collect, char digit) {
  at_.speaking = false;
  if (digit == collect.terminator) {
    if (at_.digits.size() >= collect.digits_min) return collected(collect);
    chosen(at_.digits + digit);
    return ask_again(collect, collect.no_match, at_.no_matches);
  }
  if (digit == '*') at_.digits.clear();
  if (digit >= '0' && digit <= '9') at_.digits += digit;
  if (at_.digits.size() >= collect.digits_max) return collected(collect);
  at_.deadline = now_ + (at_.digits.empty() ? collect.timeout : collect.digit_timeout);
}

void Run::collected(const CollectNode& collect) {
  chosen(at_.digits);
  at_.variables[collect.variable] = at_.digits;
  go(collect.next);
}

void Run::enter_queue(const QueueNode& queue) {
  EnterQueue enter{expand(queue.queue, at_), queue.priority, queue.skills, queue.music};
  if (const auto more = queue.skills_by_language.find(language_of(book_, at_));
      more != queue.skills_by_language.end()) {
    for (const auto& [skill, level] : more->second) enter.skills[skill] = std::max(enter.skills[skill], level);
  }
  actions_.emplace_back(std::move(enter));
}

void Run::digit(const Node& node, char digit) {
  std::visit(Overloaded{
                 [&](const PlayNode& n) {
                   if (!at_.speaking || !n.barge_in) return;
                   pending_ = digit;
                   go(n.next);
                 },
                 [&](const MenuNode& n) { menu_digit(n, digit); },
                 [&](const CollectNode& n) { collect_digit(n, digit); },
                 [](const auto&) {},
             },
             node.kind);
}

void Run::speech_ended(const Node& node) {
  if (!std::exchange(at_.speaking, false)) return;
  std::visit(Overloaded{
                 [&](const PlayNode& n) { go(n.next); },
                 [&](const SayNode& n) { go(n.next); },
                 [&](const MenuNode& n) { at_.deadline = now_ + n.timeout; },
                 [&](const CollectNode& n) { at_.deadline = now_ + n.timeout; },
                 [&](const HangUpNode&) { hang_up(); },
                 [](const auto&) {},
             },
             node.kind);
}

void Run::time_passed(const Node& node) {
  if (!at_.deadline || now_ < *at_.deadline) return;
  at_.deadline.reset();
  std::visit(Overloaded{
                 [&](const MenuNode& n) { ask_again(n, n.no_input, at_.no_inputs); },
                 [&](const CollectNode& n) {
                   if (at_.digits.empty()) return ask_again(n, n.no_input, at_.no_inputs);
                   if (at_.digits.size() >= n.digits_min) return collected(n);
                   chosen(at_.digits);
                   ask_again(n, n.no_match, at_.no_matches);
                 },
                 [](const auto&) {},
             },
             node.kind);
}

void Run::queue_refused(const Node& node) {
  if (const auto* queue = std::get_if<QueueNode>(&node.kind)) go(queue->refused);
}

}  // namespace

const Language& language_of(const FlowBook& book, const FlowPosition& position) {
  const auto it = position.variables.find("language");
  return it == position.variables.end() || it->second.empty() ? book.default_language : it->second;
}

FlowActions begin(const FlowBook& book, FlowPosition& position, const std::string& flow, TimePoint now) {
  FlowPosition fresh;
  fresh.variables = std::move(position.variables);
  position = std::move(fresh);
  Run run(book, position, now);
  run.go(flow.find(':') == std::string::npos ? flow + ":" : flow);
  return run.take();
}

FlowActions advance(const FlowBook& book, FlowPosition& position, const FlowEvent& event, TimePoint now) {
  if (position.node.empty()) return {};
  Run run(book, position, now);
  const Node* node = run.current();
  if (node == nullptr) {
    run.broken("flow " + position.flow + ": node " + position.node + " is no longer there");
    return run.take();
  }
  std::visit(Overloaded{
                 [&](SpeechEnded) { run.speech_ended(*node); },
                 [&](DigitPressed e) { run.digit(*node, e.digit); },
                 [&](TimePassed) { run.time_passed(*node); },
                 [&](QueueRefused) { run.queue_refused(*node); },
             },
             event);
  return run.take();
}

FlowActions re_enter(const FlowBook& book, FlowPosition& position, TimePoint now) {
  if (position.node.empty()) return {};
  Run run(book, position, now);
  const Node* node = run.current();
  if (node == nullptr) {
    run.broken("flow " + position.flow + ": node " + position.node + " is no longer there");
  } else {
    run.arrive(*node);
  }
  return run.take();
}

}  // namespace hotline::call
