// SPDX-License-Identifier: Apache-2.0
// Flow files: start, and a table [nodes.<name>] for each node, whose `type` says which keys it has.
#include "adapters/flows/flow_reader.hpp"

#include <fmt/format.h>

namespace hotline::flows {

using toml_reader::line_of;
using toml_reader::ProblemSink;
using toml_reader::TableReader;
using toml_reader::type_name;

namespace {

using namespace call;

constexpr std::int64_t kDigitsMost = 100;
constexpr std::pair<const char*, SayKind> kSayKinds[] = {{"number", SayKind::number},
                                                         {"money", SayKind::money},
                                                         {"date", SayKind::date},
                                                         {"digits", SayKind::digits},
                                                         {"phone", SayKind::phone}};

/// A prompt's key becomes a file name in the prompt folder.
bool is_prompt_key(std::string_view key) {
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/';
  };
  return !key.empty() && key.front() != '/' && key.back() != '/' && key.find("//") == std::string_view::npos &&
         std::all_of(key.begin(), key.end(), ok);
}

void check_prompt_key(TableReader& in, const toml::node& at, const std::string& key) {
  if (is_prompt_key(key)) return;
  in.problem(at, fmt::format("\"{}\" is no prompt key", key), "use letters, digits, _ and -, folders set apart by /");
}

std::optional<SpeechItem> read_speech_item(TableReader& in, std::string_view key, const toml::node& node) {
  if (const auto* text = node.as_string()) {
    check_prompt_key(in, node, text->get());
    return SpeechPrompt{text->get()};
  }
  const auto* table = node.as_table();
  if (table == nullptr) {
    in.problem(node, fmt::format("{} holds {}", key, type_name(node)),
               "give prompt keys, as in \"welcome\", or values, as in { number = \"${n}\" }");
    return std::nullopt;
  }
  TableReader item(*table, in.inside(key), in.sink());
  std::optional<SpeechItem> out;
  if (table->contains("prompt")) {
    SpeechPrompt prompt{item.required_string("prompt"), item.string("language").value_or("")};
    check_prompt_key(item, *table, prompt.key);
    out = std::move(prompt);
  } else {
    for (const auto& [name, kind] : kSayKinds) {
      if (out || !table->contains(name)) continue;
      out = SpeechSay{kind, item.string(name).value_or("")};
    }
    if (!out) {
      in.problem(node, fmt::format("{} holds a table that says nothing", key),
                 "use one of: prompt, number, money, date, digits, phone");
      return std::nullopt;
    }
  }
  item.finish();
  return out;
}

Speech read_speech(TableReader& in, std::string_view key = "say") {
  Speech out;
  for (const auto* node : in.list(key)) {
    if (auto item = read_speech_item(in, key, *node)) out.push_back(*std::move(item));
  }
  return out;
}

InputHandling read_handling(TableReader& in, std::string_view key) {
  InputHandling out;
  const auto* table = in.table(key);
  if (table == nullptr) {
    if (!in.has(key)) in.missing(key, fmt::format("add {} = {{ say = [\"…\"], next = \"node\" }}", key));
    return out;
  }
  TableReader handling(*table, in.inside(key), in.sink());
  if (const auto attempts = handling.integer("attempts", 1, 10)) out.attempts = static_cast<std::uint32_t>(*attempts);
  out.speech = read_speech(handling);
  out.next = handling.required_string("next");
  handling.finish();
  return out;
}

PlayNode read_play(TableReader& in) {
  PlayNode out;
  out.speech = read_speech(in);
  out.barge_in = in.boolean("barge_in").value_or(out.barge_in);
  out.next = in.required_string("next");
  return out;
}

MenuNode read_menu(TableReader& in) {
  MenuNode out;
  out.speech = read_speech(in);
  for (auto& [key, target] : in.strings("choices")) {
    if (key.size() == 1) {
      out.choices[key[0]] = std::move(target);
    } else {
      in.problem_here(fmt::format("choices: \"{}\" is no key of a telephone", key), "use one of 0-9, \"*\" or \"#\"");
    }
  }
  out.timeout = in.seconds("timeout").value_or(out.timeout);
  out.no_input = read_handling(in, "no_input");
  out.no_match = read_handling(in, "no_match");
  return out;
}

CollectNode read_collect(TableReader& in) {
  CollectNode out;
  out.speech = read_speech(in);
  out.variable = in.required_string("variable");
  out.digits_min = static_cast<std::uint32_t>(in.integer("digits_min", 1, kDigitsMost).value_or(1));
  out.digits_max = static_cast<std::uint32_t>(in.integer("digits_max", 1, kDigitsMost).value_or(out.digits_min));
  if (const auto terminator = in.string("terminator"))
    out.terminator = terminator->size() == 1 ? (*terminator)[0] : '\0';
  out.timeout = in.seconds("timeout").value_or(out.timeout);
  out.digit_timeout = in.seconds("digit_timeout").value_or(out.digit_timeout);
  out.no_input = read_handling(in, "no_input");
  out.no_match = read_handling(in, "no_match");
  out.next = in.required_string("next");
  return out;
}

SayNode read_say(TableReader& in) {
  SayNode out;
  const auto kind = in.required_string("kind");
  const auto* found =
      std::find_if(std::begin(kSayKinds), std::end(kSayKinds), [&](const auto& k) { return kind == k.first; });
  if (found != std::end(kSayKinds)) {
    out.kind = found->second;
  } else if (!kind.empty()) {
    in.problem_here(fmt::format("\"{}\" is nothing that can be said", kind),
                    "use one of: number, money, date, digits, phone");
  }
  out.value = in.required_string("value");
  out.next = in.required_string("next");
  return out;
}

BranchNode read_branch(TableReader& in) {
  return {in.required_string("value"), in.strings("cases"), in.required_string("otherwise")};
}

HoursNode read_hours(TableReader& in) {
  return {in.required_string("calendar"), in.required_string("open"), in.required_string("closed")};
}

SetNode read_set(TableReader& in) {
  return {in.strings("values"), in.required_string("next")};
}

QueueNode read_queue(TableReader& in) {
  QueueNode out;
  out.queue = in.required_string("queue");
  out.priority = static_cast<int>(in.integer("priority", -100, 100).value_or(0));
  out.skills = in.integers("skills");
  if (const auto* languages = in.table("skills_by_language")) {
    TableReader each(*languages, in.inside("skills_by_language"), in.sink());
    for (const auto& [language, node] : *languages) {
      out.skills_by_language[std::string(language.str())] = each.integers(language.str());
    }
  }
  if (auto music = in.string("music")) out.music = *std::move(music);
  if (!is_prompt_key(out.music))
    in.problem_here(fmt::format("music is \"{}\", which is no prompt key", out.music),
                    "give a prompt key with its folder, as in \"music/hold\"");
  out.refused = in.required_string("refused");
  return out;
}

HangUpNode read_hang_up(TableReader& in) {
  return {read_speech(in)};
}

struct NodeType {
  const char* name;
  NodeKind (*read)(TableReader&);
};
constexpr NodeType kNodeTypes[] = {
    {"play", [](TableReader& in) -> NodeKind { return read_play(in); }},
    {"menu", [](TableReader& in) -> NodeKind { return read_menu(in); }},
    {"collect", [](TableReader& in) -> NodeKind { return read_collect(in); }},
    {"say", [](TableReader& in) -> NodeKind { return read_say(in); }},
    {"branch", [](TableReader& in) -> NodeKind { return read_branch(in); }},
    {"hours", [](TableReader& in) -> NodeKind { return read_hours(in); }},
    {"set", [](TableReader& in) -> NodeKind { return read_set(in); }},
    {"queue", [](TableReader& in) -> NodeKind { return read_queue(in); }},
    {"hang_up", [](TableReader& in) -> NodeKind { return read_hang_up(in); }},
};

std::optional<NodeKind> read_node(TableReader& in) {
  const auto type = in.required_string("type");
  for (const auto& known : kNodeTypes) {
    if (type != known.name) continue;
    auto kind = known.read(in);
    in.finish();
    return kind;
  }
  if (!type.empty()) {
    std::string names;
    for (const auto& known : kNodeTypes) names += (names.empty() ? "" : ", ") + std::string(known.name);
    in.problem_here(fmt::format("there is no node type \"{}\"", type), "use one of: " + names);
  }
  return std::nullopt;
}

}  // namespace

call::Flow read_flow(const toml::table& file, const std::string& default_name, ProblemSink& sink) {
  TableReader in(file, "", sink);
  Flow flow;
  flow.file = sink.file;
  flow.name = in.string("flow").value_or(default_name);
  if (flow.name.empty() || flow.name.find(':') != std::string::npos) {
    in.problem(file, fmt::format("\"{}\" is no flow name", flow.name), "give a name without \":\"");
  }
  flow.start = in.required_string("start");
  if (const auto* nodes = in.table("nodes")) {
    for (const auto& [key, value] : *nodes) {
      const std::string name(key.str());
      const auto where = fmt::format("node \"{}\"", name);
      const auto* table = value.as_table();
      if (table == nullptr || name.empty() || name.find(':') != std::string::npos) {
        in.problem(value, where + " is not a node",
                   "write [nodes.name] and below it the node's keys; names have no \":\"");
        continue;
      }
      TableReader node(*table, where, sink);
      if (auto kind = read_node(node)) flow.nodes[name] = {name, *std::move(kind), key.source().begin.line};
    }
  } else if (!in.has("nodes")) {
    in.missing("nodes", "add one, as in [nodes.welcome]");
  }
  in.finish();
  return flow;
}

}  // namespace hotline::flows
