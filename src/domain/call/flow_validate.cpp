// SPDX-License-Identifier: Apache-2.0
// validate(): everything wrong with a flow book, node by node and then over the whole graph.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "domain/call/flow.hpp"
#include "domain/call/flow_graph.hpp"
#include "domain/call/say.hpp"

namespace hotline::call {

namespace {

constexpr std::uint32_t kAttemptsMax = 10, kDigitsMax = 32;
constexpr Duration kTimeoutMax{60'000};
constexpr std::string_view kKeys = "0123456789*#";

template <class Range>
bool has(const Range& range, const std::string& value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// The variables a text uses; nullopt when a "${" is not closed.
std::optional<std::vector<std::string>> variables_in(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
    const auto close = text.find('}', at);
    if (close == std::string::npos) return std::nullopt;
    out.push_back(text.substr(at + 2, close - at - 2));
    at = close;
  }
  return out;
}

class Validator {
 public:
  Validator(const FlowBook& book, const FlowContext& context) : book_(book), context_(context) {
    known_variables_.insert(context.variables.begin(), context.variables.end());
    for (const auto& [name, flow] : book.flows) {
      for (const auto& [node_name, node] : flow.nodes) {
        if (const auto* set = std::get_if<SetNode>(&node.kind)) {
          for (const auto& [variable, value] : set->values) known_variables_.insert(variable);
        } else if (const auto* collect = std::get_if<CollectNode>(&node.kind)) {
          known_variables_.insert(collect->variable);
        }
      }
    }
  }

  std::vector<FlowProblem> run() {
    for (const auto& [name, flow] : book_.flows) {
      flow_ = &flow;
      node_ = nullptr;
      if (flow.nodes.empty()) {
        problem("the flow \"" + name + "\" has no nodes", "add one, as in [nodes.welcome]");
      } else if (!flow.nodes.contains(flow.start)) {
        problem("start names the node \"" + flow.start + "\", which does not exist",
                "name one of: " + node_names(flow));
      }
      for (const auto& [node_name, node] : flow.nodes) {
        node_ = &node;
        std::visit([&](const auto& kind) { check(kind); }, node.kind);
        check_targets(node);
      }
    }
    check_reachable();
    check_loops();
    std::sort(out_.begin(), out_.end(), [](const FlowProblem& a, const FlowProblem& b) {
      return std::tie(a.file, a.line, a.what) < std::tie(b.file, b.line, b.what);
    });
    return std::move(out_);
  }

 private:
  void problem(std::string what, std::string remedy) {
    const std::string where = node_ == nullptr ? "" : "node \"" + node_->name + "\": ";
    out_.push_back({flow_->file, node_ == nullptr ? 0 : node_->line, where + std::move(what), std::move(remedy)});
  }
  static std::string node_names(const Flow& flow) {
    std::vector<std::string> names;
    for (const auto& [name, node] : flow.nodes) names.push_back(name);
    return listed(names);
  }

  void check_text(const std::string& text, const std::string& field) {
    const auto used = variables_in(text);
    if (!used) return problem(field + ": \"${\" without its \"}\"", "close it: ${name}");
    for (const auto& name : *used) {
      if (known_variables_.contains(name)) continue;
      problem(field + ": the variable \"" + name + "\" is set nowhere",
              "set it in a set or collect node, or use one of: " +
                  listed({known_variables_.begin(), known_variables_.end()}));
    }
  }
  void check_prompt(const std::string& key) {
    if (context_.prompts.empty() || has(context_.prompts, key)) return;
    problem("the prompt \"" + key + "\" does not exist",
            "add its sentence to prompts/, or a recording at prompts/recorded/" + key + ".wav");
  }
  void check_speech(const Speech& speech, const std::string& field) {
    for (const auto& item : speech) {
      if (const auto* prompt = std::get_if<SpeechPrompt>(&item)) {
        if (prompt->key.empty()) problem(field + ": a prompt without a key", "name the prompt, as in \"welcome\"");
        if (prompt->language.empty()) {
          for (const auto& language : context_.languages) check_prompt(language + "/" + prompt->key);
        } else if (has(context_.languages, prompt->language)) {
          check_prompt(prompt->language + "/" + prompt->key);
        } else {
          problem(field + ": the language \"" + prompt->language + "\" is unknown",
                  "use one of: " + listed(context_.languages));
        }
      } else {
        check_value(std::get<SpeechSay>(item).value, field);
      }
    }
  }
  void check_value(const std::string& value, const std::string& field) {
    if (value.empty()) problem(field + ": nothing to say", "give a value, as in \"${account}\"");
    check_text(value, field);
    if (std::exchange(vocabulary_checked_, true)) return;  // once a book: it is the same list for every node
    for (const auto& language : context_.languages) {
      for (const auto& word : say_vocabulary(language)) check_prompt(language + "/" + word);
    }
  }
  void check_timeout(Duration timeout, const std::string& field) {
    if (timeout > Duration::zero() && timeout <= kTimeoutMax) return;
    problem(field + " is out of range", "give more than 0 and at most 60 seconds");
  }
  void check_handling(const InputHandling& handling, const std::string& field) {
    if (handling.attempts < 1 || handling.attempts > kAttemptsMax) {
      problem(field + ".attempts is out of range", "give 1 to 10");
    }
    check_speech(handling.speech, field + ".say");
  }
  void check_skills(const std::map<std::string, int>& skills, const std::string& field) {
    for (const auto& [skill, level] : skills) {
      if (!context_.skills.empty() && !has(context_.skills, skill)) {
        problem(field + ": the skill \"" + skill + "\" does not exist", "use one of: " + listed(context_.skills));
      }
      if (level < 1 || level > 9) problem(field + ": the level of \"" + skill + "\" is out of range", "give 1 to 9");
    }
  }

  void check(const PlayNode& n) {
    if (n.speech.empty()) problem("plays nothing", "give say = [\"…\"], or leave the node out");
    check_speech(n.speech, "say");
  }
  void check(const MenuNode& n) {
    if (n.speech.empty()) problem("a menu without speech", "give say = [\"…\"] that names the choices");
    if (n.choices.empty()) problem("a menu without choices", "give at least one, as in choices.1 = \"node\"");
    for (const auto& [digit, to] : n.choices) {
      if (kKeys.find(digit) == std::string_view::npos)
        problem(fmt::format("\"{}\" is no key of a telephone", digit), "use 0-9, * or #");
    }
    check_speech(n.speech, "say");
    check_timeout(n.timeout, "timeout");
    check_handling(n.no_input, "no_input");
    check_handling(n.no_match, "no_match");
  }
  void check(const CollectNode& n) {
    if (n.variable.empty()) problem("collects into no variable", "give variable = \"name\"");
    if (n.digits_min < 1 || n.digits_min > n.digits_max || n.digits_max > kDigitsMax) {
      problem("digits_min and digits_max do not fit", "give 1 <= digits_min <= digits_max <= 32");
    }
    if (n.terminator != '#' && n.terminator != '*')
      problem("the terminator is neither \"#\" nor \"*\"", "use one of them");
    check_speech(n.speech, "say");
    check_timeout(n.timeout, "timeout");
    check_timeout(n.digit_timeout, "digit_timeout");
    check_handling(n.no_input, "no_input");
    check_handling(n.no_match, "no_match");
  }
  void check(const SayNode& n) { check_value(n.value, "value"); }
  void check(const BranchNode& n) {
    check_text(n.value, "value");
    const auto used = variables_in(n.value);
    if (used && used->empty()) {
      problem("branches on a value which never changes", "use a variable, as in value = \"${language}\"");
    }
    if (n.cases.empty()) problem("a branch without cases", "give at least one, as in cases.en = \"node\"");
  }
  void check(const HoursNode& n) {
    if (book_.calendars.contains(n.calendar)) return;
    std::vector<std::string> names;
    for (const auto& [name, calendar] : book_.calendars) names.push_back(name);
    problem("the calendar \"" + n.calendar + "\" does not exist",
            names.empty() ? "add it to calendars.toml" : "use one of: " + listed(names));
  }
  void check(const SetNode& n) {
    if (n.values.empty()) problem("sets nothing", "give values, as in values.language = \"en\"");
    for (const auto& [name, value] : n.values) {
      check_text(value, "values." + name);
      if (name == "language" && value.find("${") == std::string::npos && !has(context_.languages, value)) {
        problem("the language \"" + value + "\" is unknown", "use one of: " + listed(context_.languages));
      }
    }
  }
  void check(const QueueNode& n) {
    if (n.queue.empty()) problem("names no queue", "give queue = \"code\"");
    check_text(n.queue, "queue");
    if (!context_.queues.empty() && n.queue.find("${") == std::string::npos && !has(context_.queues, n.queue)) {
      problem("the queue \"" + n.queue + "\" does not exist", "use one of: " + listed(context_.queues));
    }
    check_prompt(n.music);
    check_skills(n.skills, "skills");
    for (const auto& [language, skills] : n.skills_by_language) {
      if (!has(context_.languages, language)) {
        problem("skills_by_language: the language \"" + language + "\" is unknown",
                "use one of: " + listed(context_.languages));
      }
      check_skills(skills, "skills_by_language." + language);
    }
  }
  void check(const HangUpNode& n) { check_speech(n.speech, "say"); }

  void check_targets(const Node& node) {
    for (const auto& edge : edges_of(node.kind)) {
      if (edge.to.empty()) {
        problem(edge.name + " is missing", "say where the call goes on: " + edge.name + " = \"node\"");
      } else if (find_node(book_, flow_->name, edge.to).node == nullptr) {
        problem(edge.name + " leads to \"" + edge.to + "\", which does not exist",
                "name one of: " + node_names(*flow_) + ", or flow:node");
      }
    }
  }

  void check_reachable() {
    std::set<const Node*> reached;
    std::vector<NodeTarget> open;
    const auto reach = [&](NodeTarget target) {
      if (target.node != nullptr && reached.insert(target.node).second) open.push_back(target);
    };
    for (const auto& [name, flow] : book_.flows) reach(find_node(book_, name, flow.start));
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      for (const auto& edge : edges_of(at.node->kind)) reach(find_node(book_, at.flow->name, edge.to));
    }
    for (const auto& [name, flow] : book_.flows) {
      flow_ = &flow;
      for (const auto& [node_name, node] : flow.nodes) {
        node_ = &node;
        if (!reached.contains(&node)) problem("nothing leads here", "lead to it from another node, or take it away");
      }
    }
  }

  // A silent caller takes only some ways out; from each node these must end in a queue or a hang-up, never in a circle.
  void check_loops() {
    std::set<const Node*> done, on_path;
    std::vector<NodeTarget> path;
    for (const auto& [name, flow] : book_.flows) {
      for (const auto& [node_name, node] : flow.nodes) walk({&flow, &node}, done, on_path, path);
    }
  }
  void walk(NodeTarget at, std::set<const Node*>& done, std::set<const Node*>& on_path, std::vector<NodeTarget>& path) {
    // An own stack: a flow file may hold more nodes in a row than the thread's stack would bear.
    struct Frame {
      NodeTarget at;
      std::vector<FlowEdge> edges;
      std::size_t next = 0;
    };
    std::vector<Frame> stack;
    const auto push = [&](NodeTarget target) {
      on_path.insert(target.node);
      path.push_back(target);
      stack.push_back({target, edges_of(target.node->kind)});
    };
    if (!done.contains(at.node)) push(at);
    while (!stack.empty()) {
      auto& frame = stack.back();
      if (frame.next == frame.edges.size()) {
        done.insert(frame.at.node);
        on_path.erase(frame.at.node);
        path.pop_back();
        stack.pop_back();
        continue;
      }
      const auto& edge = frame.edges[frame.next++];
      const auto to = edge.by_silence ? find_node(book_, frame.at.flow->name, edge.to) : NodeTarget{};
      if (to.node == nullptr || done.contains(to.node)) continue;
      if (on_path.contains(to.node)) {
        report_loop(to, path);
      } else {
        push(to);
      }
    }
  }
  void report_loop(NodeTarget to, const std::vector<NodeTarget>& path) {
    auto at = std::find_if(path.begin(), path.end(), [&](const NodeTarget& t) { return t.node == to.node; });
    std::string names;
    bool asks = false;
    for (; at != path.end(); ++at) {
      names += at->flow->name + ":" + at->node->name + " -> ";
      asks = asks || asks_caller(at->node->kind);
    }
    flow_ = to.flow;
    node_ = to.node;
    names += to.flow->name + ":" + to.node->name;
    if (asks) {
      problem("a caller who says nothing goes round for ever: " + names,
              "let no_input.next lead to a queue or a hang-up at last");
    } else {
      problem("a loop which never lets the caller speak: " + names, "put a menu into it, or lead out of it");
    }
  }

  const FlowBook& book_;
  const FlowContext& context_;
  std::set<std::string> known_variables_;
  std::vector<FlowProblem> out_;
  const Flow* flow_ = nullptr;
  const Node* node_ = nullptr;
  bool vocabulary_checked_ = false;
};

}  // namespace

std::vector<FlowProblem> validate(const FlowBook& book, const FlowContext& context) {
  return Validator(book, context).run();
}

}  // namespace hotline::call
