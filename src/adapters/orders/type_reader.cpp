// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/orders/type_reader.hpp"

#include <fmt/format.h>

#include <charconv>

namespace hotline::orders {

using toml_reader::ProblemSink;
using toml_reader::TableReader;
using toml_reader::type_name;

namespace {

using namespace workorder;

Names read_names(TableReader& in, std::string_view key) {
  Names names;
  const toml::table* table = in.table(key);
  if (table == nullptr) {
    if (!in.has(key)) in.missing(key, fmt::format(R"(add {} = {{ en = "…", zh_hans = "…", zh_hant = "…" }})", key));
    return names;
  }
  TableReader reader(*table, in.inside(key), in.sink());
  names.en = reader.required_string("en");
  names.zh_hans = reader.required_string("zh_hans");
  names.zh_hant = reader.required_string("zh_hant");
  reader.finish();
  return names;
}

/// "48h", "15d", "30m", "90s".
std::optional<Duration> duration_from(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || number < 0 || number > 100'000)
    return std::nullopt;
  switch (*end) {
    case 's':
      return std::chrono::seconds{number};
    case 'm':
      return std::chrono::minutes{number};
    case 'h':
      return std::chrono::hours{number};
    case 'd':
      return std::chrono::days{number};
    default:
      return std::nullopt;
  }
}

Duration read_duration(TableReader& in, std::string_view key, Duration otherwise) {
  const auto text = in.string(key);
  if (!text) return otherwise;
  if (const auto value = duration_from(*text)) return *value;
  in.problem_of(key, fmt::format("{} is \"{}\"", key, *text),
                R"(give seconds, minutes, hours or days, as in "90s", "30m", "48h", "15d")");
  return otherwise;
}

std::vector<std::string> read_texts(TableReader& in, std::string_view key) {
  std::vector<std::string> out;
  for (const toml::node* node : in.list(key)) {
    if (const auto* text = node->as_string())
      out.push_back(text->get());
    else
      in.problem(*node, fmt::format("{} holds {}", key, type_name(*node)), "put every item in quotes");
  }
  return out;
}

template <class Enum, class From>
std::vector<Enum> read_words(TableReader& in, std::string_view key, From&& from, std::string_view known) {
  std::vector<Enum> out;
  for (const std::string& text : read_texts(in, key)) {
    if (const auto value = from(text))
      out.push_back(*value);
    else
      in.problem_of(key, fmt::format("{} has \"{}\"", key, text), fmt::format("use {}", known));
  }
  return out;
}

constexpr std::string_view kWho =
    "owner, hotline, supervisor, quality, lead, lead_head, co_handler, service_supervisor, general_manager, partner";

std::vector<Who> read_who(TableReader& in, std::string_view key) {
  return read_words<Who>(in, key, who_from, kWho);
}

/// Each table of an array of tables, with its code.
template <class Read>
void each(TableReader& in, const char* what, Places& places, Read&& read) {
  for (const toml::node* node : in.list(what)) {
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      in.problem(*node, fmt::format("{} holds {}", what, type_name(*node)), fmt::format("write [[{}]]", what));
      continue;
    }
    const auto code = (*table)["code"].value<std::string>().value_or("");
    TableReader one(*table, fmt::format("{} \"{}\"", what, code), in.sink());
    (void)one.required_string("code");
    places[{what, code}] = {in.sink().file, one.line()};
    read(one, code);
    one.finish();
  }
}

std::vector<Choice> read_choices(TableReader& in) {
  std::vector<Choice> out;
  for (const toml::node* node : in.list("choices")) {
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      in.problem(*node, fmt::format("choices holds {}", type_name(*node)),
                 R"(give { code = "…", en = "…", zh_hans = "…", zh_hant = "…" })");
      continue;
    }
    TableReader one(*table, in.inside("choices"), in.sink());
    Choice choice{one.required_string("code"),
                  {one.required_string("en"), one.required_string("zh_hans"), one.required_string("zh_hant")}};
    one.finish();
    out.push_back(std::move(choice));
  }
  return out;
}

void read_field(TableReader& in, const std::string& code, Type& type) {
  Field field;
  field.code = code;
  field.name = read_names(in, "name");
  const std::string kind = in.required_string("kind");
  if (const auto known = field_kind_from(kind))
    field.kind = *known;
  else if (!kind.empty())
    in.problem_of("kind", fmt::format("kind is \"{}\"", kind),
                  "use text, long_text, integer, money, flag, date, choice, phone");
  field.required = in.boolean("required").value_or(false);
  field.least = in.integer("least", -1'000'000'000, 1'000'000'000).value_or(0);
  field.most = in.integer("most", -1'000'000'000, 1'000'000'000).value_or(0);
  field.choices = read_choices(in);
  type.fields.push_back(std::move(field));
}

void read_state(TableReader& in, const std::string& code, Type& type) {
  type.states.push_back({code, read_names(in, "name"), in.boolean("end").value_or(false)});
}

void read_step(TableReader& in, const std::string& code, Type& type) {
  Step step;
  step.code = code;
  step.name = read_names(in, "name");
  const std::string verb = in.string("verb").value_or(code);
  const auto action = action_from(verb);
  if (action && is_step(*action))
    step.verb = *action;
  else
    in.problem_here(fmt::format("\"{}\" is no verb of a step", verb),
                    "use dispatch, accept, reject, arbitrate, transfer, give_back, reply, solve, move, tell, ask, "
                    "inspect, report_up, assess, archive, reopen, merge, split");
  step.from = read_texts(in, "from");
  step.to = in.required_string("to");
  step.otherwise = in.string("otherwise").value_or("");
  step.who = read_who(in, "who");
  step.text = in.boolean("text").value_or(false);
  step.evidence = in.boolean("evidence").value_or(false);
  step.fields = read_texts(in, "fields");
  type.steps.push_back(std::move(step));
}

void read_escalations(TableReader& in, Clock& clock) {
  for (const toml::node* node : in.list("escalations")) {
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      in.problem(*node, fmt::format("escalations holds {}", type_name(*node)),
                 R"(give { after = "0h", to = "department_head" })");
      continue;
    }
    TableReader one(*table, in.inside("escalations"), in.sink());
    Escalation escalation{read_duration(one, "after", {}), Level::department_head};
    const std::string to = one.required_string("to");
    if (const auto level = level_from(to))
      escalation.to = *level;
    else if (!to.empty())
      one.problem_of("to", fmt::format("to is \"{}\"", to), "use department_head, service_supervisor, general_manager");
    one.finish();
    clock.escalations.push_back(escalation);
  }
}

void read_clock(TableReader& in, const std::string& code, Type& type) {
  Clock clock;
  clock.code = code;
  clock.name = read_names(in, "name");
  clock.calendar = in.string("calendar").value_or(clock.calendar);
  clock.limit = read_duration(in, "limit", {});
  clock.limit_field = in.string("limit_field").value_or("");
  for (const auto& [value, text] : in.strings("limits")) {
    if (const auto limit = duration_from(text))
      clock.limits[value] = *limit;
    else
      in.problem_of("limits", fmt::format("limits has \"{}\"", text), R"(give hours or days, as in "48h")");
  }
  clock.runs_in = read_texts(in, "runs_in");
  clock.ends_with = read_words<Action>(in, "ends_with", action_from, "verbs of steps");
  clock.each_entry = in.boolean("each_entry").value_or(false);
  clock.pauses = in.boolean("pauses").value_or(true);
  clock.extensible = in.boolean("extensible").value_or(false);
  for (const std::string& text : read_texts(in, "warn_before")) {
    if (const auto before = duration_from(text))
      clock.warn_before.push_back(*before);
    else
      in.problem_of("warn_before", fmt::format("warn_before has \"{}\"", text), R"(give hours or days, as in "8h")");
  }
  read_escalations(in, clock);
  type.clocks.push_back(std::move(clock));
}

void read_allow(TableReader& in, Type& type) {
  const toml::table* table = in.table("allow");
  if (table == nullptr) return;
  TableReader allow(*table, in.inside("allow"), in.sink());
  for (const auto& [key, node] : *table) {
    const auto action = action_from(key.str());
    if (action && is_common(*action)) type.allow[*action] = read_who(allow, key.str());
  }
  allow.finish();
}

void read_graph(TableReader& in, Type& type, Places& places) {
  each(in, "state", places, [&](TableReader& one, const std::string& code) { read_state(one, code, type); });
  each(in, "step", places, [&](TableReader& one, const std::string& code) { read_step(one, code, type); });
  read_allow(in, type);
}

}  // namespace

Loop read_loop(const toml::table& file, ProblemSink& sink) {
  Loop loop;
  TableReader in(file, "", sink);
  loop.part.start = in.required_string("start");
  read_graph(in, loop.part, loop.places);
  in.finish();
  return loop;
}

Type read_type(const toml::table& file, const std::string& code, const std::map<std::string, Loop>& loops,
               Places& places, ProblemSink& sink) {
  Type type;
  TableReader in(file, "", sink);
  if (const auto loop = in.string("loop")) {
    if (const auto found = loops.find(*loop); found != loops.end()) {
      type = found->second.part;
      places = found->second.places;
    } else {
      in.problem_of("loop", fmt::format("there is no loop \"{}\"", *loop), "name a file of the folder loops");
    }
  }
  type.code = code;
  if (!is_code(code)) sink.add(0, fmt::format("\"{}\" is no code", code), "name the file with a-z, 0-9 and _");
  type.name = read_names(in, "name");
  type.prefix = in.required_string("prefix");
  if (auto start = in.string("start")) type.start = *std::move(start);
  if (in.has("create_by")) type.create_by = read_who(in, "create_by");
  type.closing = read_texts(in, "closing");
  type.reopen_days = in.integer("reopen_days", 0, 3'650).value_or(type.reopen_days);
  type.asks_least = in.integer("asks_least", 1, 100).value_or(type.asks_least);
  type.wait_max = read_duration(in, "wait_max", type.wait_max);
  type.extensions_max = in.integer("extensions_max", 0, 100).value_or(type.extensions_max);
  type.unsatisfied_least = in.integer("unsatisfied_least", 1, 100).value_or(type.unsatisfied_least);
  each(in, "field", places, [&](TableReader& one, const std::string& field) { read_field(one, field, type); });
  read_graph(in, type, places);
  each(in, "clock", places, [&](TableReader& one, const std::string& clock) { read_clock(one, clock, type); });
  in.finish();
  return type;
}

}  // namespace hotline::orders
