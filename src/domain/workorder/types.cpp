// SPDX-License-Identifier: Apache-2.0
// The words of type files and of the API for what the engine knows; look-ups in a type.
#include "domain/workorder/types.hpp"

#include <algorithm>
#include <iterator>

namespace hotline::workorder {
namespace {

template <class Enum>
struct Word {
  Enum value;
  const char* text;
};

constexpr Word<FieldKind> kinds[] = {{FieldKind::text, "text"},       {FieldKind::long_text, "long_text"},
                                     {FieldKind::integer, "integer"}, {FieldKind::money, "money"},
                                     {FieldKind::flag, "flag"},       {FieldKind::date, "date"},
                                     {FieldKind::choice, "choice"},   {FieldKind::phone, "phone"}};
constexpr Word<Who> whos[] = {{Who::owner, "owner"},
                              {Who::hotline, "hotline"},
                              {Who::supervisor, "supervisor"},
                              {Who::quality, "quality"},
                              {Who::lead, "lead"},
                              {Who::lead_head, "lead_head"},
                              {Who::co_handler, "co_handler"},
                              {Who::service_supervisor, "service_supervisor"},
                              {Who::general_manager, "general_manager"},
                              {Who::partner, "partner"}};
constexpr Word<Level> levels[] = {{Level::department_head, "department_head"},
                                  {Level::service_supervisor, "service_supervisor"},
                                  {Level::general_manager, "general_manager"}};
constexpr Word<Action> actions[] = {{Action::create, "create"},
                                    {Action::dispatch, "dispatch"},
                                    {Action::accept, "accept"},
                                    {Action::reject, "reject"},
                                    {Action::arbitrate, "arbitrate"},
                                    {Action::transfer, "transfer"},
                                    {Action::give_back, "give_back"},
                                    {Action::reply, "reply"},
                                    {Action::solve, "solve"},
                                    {Action::move, "move"},
                                    {Action::tell, "tell"},
                                    {Action::ask, "ask"},
                                    {Action::inspect, "inspect"},
                                    {Action::report_up, "report_up"},
                                    {Action::assess, "assess"},
                                    {Action::archive, "archive"},
                                    {Action::reopen, "reopen"},
                                    {Action::merge, "merge"},
                                    {Action::split, "split"},
                                    {Action::note, "note"},
                                    {Action::chase, "chase"},
                                    {Action::hand_over, "hand_over"},
                                    {Action::take_over, "take_over"},
                                    {Action::wait, "wait"},
                                    {Action::resume, "resume"},
                                    {Action::ask_extension, "ask_extension"},
                                    {Action::approve_extension, "approve_extension"},
                                    {Action::refuse_extension, "refuse_extension"},
                                    {Action::ask_closing, "ask_closing"},
                                    {Action::approve_closing, "approve_closing"},
                                    {Action::refuse_closing, "refuse_closing"},
                                    {Action::record_condition, "record_condition"},
                                    {Action::co_reply, "co_reply"},
                                    {Action::release, "release"},
                                    {Action::add_co_handler, "add_co_handler"},
                                    {Action::set_fields, "set_fields"},
                                    {Action::attach, "attach"},
                                    {Action::warn, "warn"},
                                    {Action::escalate, "escalate"}};

template <class Table, class Enum>
const char* text_of(const Table& table, Enum value) {
  for (const auto& word : table)
    if (word.value == value) return word.text;
  return "unknown";
}
template <class Enum, class Table>
std::optional<Enum> value_of(const Table& table, std::string_view text) {
  for (const auto& word : table)
    if (text == word.text) return word.value;
  return std::nullopt;
}
template <class List>
auto find(const List& list, std::string_view code) -> decltype(list.data()) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.code == code; });
  return found == list.end() ? nullptr : &*found;
}

/// Common actions of a type that says nothing about them.
const std::vector<Who>& default_allow(Action action) {
  using enum Who;
  static const std::vector<Who> nobody;
  static const std::vector<Who> involved{owner,     hotline,    supervisor,         quality, lead,
                                         lead_head, co_handler, service_supervisor, partner, general_manager};
  static const std::map<Action, std::vector<Who>> all{
      {Action::note, involved},
      {Action::attach, involved},
      {Action::chase, {hotline, supervisor, quality, service_supervisor, general_manager, partner}},
      {Action::hand_over, {owner, supervisor}},
      {Action::take_over, {hotline, supervisor}},
      {Action::wait, {owner, supervisor, lead}},
      {Action::resume, {hotline, supervisor, lead}},
      {Action::ask_extension, {lead, lead_head, service_supervisor}},
      {Action::approve_extension, {supervisor, general_manager}},
      {Action::refuse_extension, {supervisor, general_manager}},
      {Action::ask_closing, {owner, supervisor, quality}},
      {Action::approve_closing, {service_supervisor, general_manager}},
      {Action::refuse_closing, {service_supervisor, general_manager}},
      {Action::record_condition, {owner, supervisor, quality, lead, service_supervisor}},
      {Action::co_reply, {co_handler}},
      {Action::release, {owner, supervisor}},
      {Action::add_co_handler, {owner, supervisor, lead}},
      {Action::set_fields, {owner, supervisor, lead}},
  };
  const auto found = all.find(action);
  return found == all.end() ? nobody : found->second;
}

}  // namespace

const char* to_string(FieldKind kind) {
  return text_of(kinds, kind);
}
const char* to_string(Who who) {
  return text_of(whos, who);
}
const char* to_string(Level level) {
  return text_of(levels, level);
}
const char* to_string(Action action) {
  return text_of(actions, action);
}
std::optional<FieldKind> field_kind_from(std::string_view text) {
  return value_of<FieldKind>(kinds, text);
}
std::optional<Who> who_from(std::string_view text) {
  return value_of<Who>(whos, text);
}
std::optional<Level> level_from(std::string_view text) {
  return value_of<Level>(levels, text);
}
std::optional<Action> action_from(std::string_view text) {
  return value_of<Action>(actions, text);
}
bool is_step(Action action) {
  return action >= Action::dispatch && action <= Action::split;
}
bool is_common(Action action) {
  return action >= Action::note && action <= Action::attach;
}
bool has_otherwise(Action action) {
  return action == Action::ask || action == Action::inspect || action == Action::arbitrate;
}

const State* Type::state(std::string_view state_code) const {
  return find(states, state_code);
}
const Step* Type::step(std::string_view step_code) const {
  return find(steps, step_code);
}
const Field* Type::field(std::string_view field_code) const {
  return find(fields, field_code);
}
const Clock* Type::clock(std::string_view clock_code) const {
  return find(clocks, clock_code);
}
const std::vector<Who>& Type::allowed(Action action) const {
  const auto own = allow.find(action);
  return own == allow.end() ? default_allow(action) : own->second;
}

}  // namespace hotline::workorder
