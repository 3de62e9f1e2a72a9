// SPDX-License-Identifier: Apache-2.0
// See the header. What is written of an order: order_writes.cpp.
#include "app/orders/order_desk.hpp"

#include "app/orders/order_text.hpp"
#include "base/planted.hpp"

namespace hotline::app {
namespace {

using workorder::Context;
using workorder::Event;
using workorder::Order;

/// Somebody was faster, and the sender did not say which version they saw: decided anew, a few times.
constexpr int tries_most = 8;

OrderRefusal of(const workorder::Refusal& refusal) {
  const std::string code = refusal.why == workorder::Why::not_allowed ? "forbidden" : to_string(refusal.why);
  return {code, refusal.field, refusal.message};
}
OrderRefusal not_found() {
  return {"not_found", {}, "No order has this id."};
}
OrderRefusal stale() {
  return {"stale", "version", "Somebody else has changed the order meanwhile; look at it again."};
}

Order after_all(Order order, const std::vector<Event>& events) {
  for (const Event& event : events) apply(order, event);
  return order;
}

}  // namespace

OrderDesk::OrderDesk(OrderStore& store, workorder::TypeBook types, workorder::HashFunction sha256, Config config)
    : store_(store), sha256_(std::move(sha256)), config_(config), ids_(config.start_seconds, IdMaker::Origin::core) {
  books_.push_back(std::make_unique<const workorder::TypeBook>(std::move(types)));
  reload_organisation();
}

const workorder::TypeBook& OrderDesk::types() const {
  const std::lock_guard lock(mutex_);
  return *books_.back();
}

Result<void, std::string> OrderDesk::use_types(workorder::TypeBook types) {
  for (const OrderTypeState& place : store_.open_places()) {
    const auto found = types.find(place.type);
    const std::string about = "open orders of type \"" + place.type + "\" stand in state \"" + place.state + "\"";
    if (found == types.end()) return fail(about + ", and the type is missing");
    if (found->second.state(place.state) == nullptr) return fail(about + ", which the type does not have any more");
  }
  const std::lock_guard lock(mutex_);
  if (*books_.back() != types) books_.push_back(std::make_unique<const workorder::TypeBook>(std::move(types)));
  return {};
}

std::shared_ptr<const OrderDesk::Organised> OrderDesk::organisation() const {
  const std::lock_guard lock(mutex_);
  return organised_;
}

void OrderDesk::reload_organisation() {
  auto read = std::make_shared<Organised>();
  read->rows = store_.organisation();
  read->departments = workorder::Departments(read->rows.departments);
  read->calendars = workorder::Calendars(read->rows.calendars);
  const std::lock_guard lock(mutex_);
  organised_ = std::move(read);
}

workorder::Actor OrderDesk::actor_of(const Agent& agent) const {
  const auto organised = organisation();
  workorder::Actor actor;
  actor.id = agent.id;
  actor.places = organised->departments.places_of(agent.id);
  actor.hotline = organised->departments.is_hotline(agent.id);
  actor.supervisor = agent.role == "supervisor" || agent.role == "admin";
  actor.quality = agent.team == "quality";
  return actor;
}

std::optional<Context> OrderDesk::context_of(const Organised& organised, const std::string& type) const {
  const workorder::TypeBook& book = types();
  const auto found = book.find(type);
  if (found == book.end()) return std::nullopt;
  return Context{found->second, organised.departments, organised.calendars};
}

std::optional<OrderRecord> OrderDesk::record_of(std::optional<OrderRow> row) {
  if (!row) return std::nullopt;
  auto order = read_order(row->document);
  if (!order) throw StoreError("order " + row->id.to_string() + " cannot be read: " + order.error());
  return OrderRecord{*std::move(row), *std::move(order)};
}

std::optional<OrderRecord> OrderDesk::find(WorkOrderId id) {
  if (id.value() >> 63U) return std::nullopt;  // ids come from URLs too: no column holds it
  return record_of(store_.order(id));
}

/// The command id was used: for the same command the order as it is now is the answer.
Result<OrderRecord, OrderRefusal> OrderDesk::answer_repeated(const OrderRequest& request) {
  const auto command = store_.command(request.command_id);
  if (!command || command->fingerprint != request.fingerprint)
    return fail(OrderRefusal{"command_reused", "command_id", "This command id was used for another command."});
  auto record = find(command->order);
  if (!record) return fail(not_found());
  return *std::move(record);
}

std::optional<OrderRefusal> OrderDesk::used_before(const OrderRequest& request, std::optional<OrderRecord>& answer) {
  if (!store_.command(request.command_id)) return std::nullopt;
  auto repeated = answer_repeated(request);
  if (!repeated) return repeated.error();
  answer = *std::move(repeated);
  return std::nullopt;
}

Result<OrderRecord, OrderRefusal> OrderDesk::create(const OrderRequest& request, workorder::Opening opening,
                                                    TimePoint now) {
  std::optional<OrderRecord> answer;
  if (auto refusal = used_before(request, answer)) return fail(*std::move(refusal));
  if (answer) return *std::move(answer);
  const auto organised = organisation();
  const auto context = context_of(*organised, opening.type);
  if (!context) return fail(OrderRefusal{"bad_value", "type", "There is no such type of order."});
  {
    const std::lock_guard lock(mutex_);
    opening.id = WorkOrderId{ids_.next()};
  }
  auto created = workorder::create(*context, opening, request.by, now);
  if (!created) return fail(of(created.error()));
  OrderCommit commit{request.command_id, request.fingerprint, now, {}};
  commit.writes.push_back(write_of(*context, {}, {*created}));
  if (!created->opening->partner.empty()) {
    commit.writes.front().partner = created->opening->partner;
    commit.writes.front().partner_reference = created->opening->partner_reference;
  }
  const CommitResult result = store_.commit(commit);
  if (result.outcome == CommitOutcome::taken)
    return fail(
        OrderRefusal{"reference_used", "partner_reference", "There is an order of this number of theirs already."});
  if (result.outcome == CommitOutcome::repeated) return answer_repeated(request);
  if (result.outcome == CommitOutcome::stale) throw StoreError("the id of a new order was taken already");
  OrderRecord record{std::move(commit.writes.front().row), after_all({}, {*created})};
  record.row.number = result.number;
  return record;
}

Result<OrderRecord, OrderRefusal> OrderDesk::act(WorkOrderId id, const OrderRequest& request,
                                                 workorder::Command command, std::optional<WorkOrderId> target,
                                                 TimePoint now) {
  return act_with(id, request, std::move(command), target, {}, now);
}

Result<OrderRecord, OrderRefusal> OrderDesk::attach(WorkOrderId id, const OrderRequest& request, Attachment file,
                                                    std::string text, TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    file.id = ids_.next();
  }
  file.order = id;
  file.at = now;
  file.by = request.by.id;
  workorder::Command command;
  command.action = "attach";
  command.text = std::move(text);
  command.evidence = {"attachment:" + std::to_string(file.id)};
  return act_with(id, request, std::move(command), std::nullopt, {std::move(file)}, now);
}

Result<OrderRecord, OrderRefusal> OrderDesk::act_with(WorkOrderId id, const OrderRequest& request,
                                                      workorder::Command command, std::optional<WorkOrderId> target,
                                                      std::vector<Attachment> files, TimePoint now) {
  std::optional<OrderRecord> answer;
  if (auto refusal = used_before(request, answer)) return fail(*std::move(refusal));
  if (answer) return *std::move(answer);
  const auto organised = organisation();
  command.by = request.by;
  for (int tried = 0; tried < tries_most; ++tried) {
    auto before = find(id);
    if (!before || !is_involved(command.by, before->order, organised->departments)) return fail(not_found());
    if (request.version && *request.version != before->row.version) return fail(stale());
    const auto context = context_of(*organised, before->order.type);
    if (!context) return fail(OrderRefusal{"wrong_state", "type", "Orders of this type are not handled any more."});
    command.target.reset();
    std::optional<OrderRecord> main;
    if (target && (main = find(*target)))
      command.target = workorder::MergeTarget{main->order.id, main->order.type, main->order.closed,
                                              static_cast<bool>(main->order.merged_into), main->order.result};
    auto events = workorder::decide(*context, before->order, command, now);
    if (!events) return fail(of(events.error()));
    OrderCommit commit{request.command_id, request.fingerprint, now, {}};
    commit.writes.push_back(write_of(*context, *before, *events));
    commit.writes.front().attachments = files;
    const Order after = after_all(before->order, *events);
    if (main && after.merged_into == main->order.id && before->order.merged_into != after.merged_into)
      commit.writes.push_back(write_of(*context, *main, {absorb(*context, main->order, id, command.by.id, now)}));
    add_companions(*context, after, *events, commit.writes, now);
    const CommitResult result = store_.commit(commit);
    if (result.outcome == CommitOutcome::repeated) return answer_repeated(request);
    if (result.outcome == CommitOutcome::done || is_planted(PlantedBug::update_lost))
      return OrderRecord{std::move(commit.writes.front().row), after};
    if (request.version) return fail(stale());
  }
  return fail(OrderRefusal{"stale", {}, "Too many change this order at once; try again."});
}

/// Orders merged into this one get its new result with it.
void OrderDesk::add_companions(const Context& context, const Order& after, const std::vector<Event>& events,
                               std::vector<OrderWrite>& writes, TimePoint now) {
  const workorder::Action kind = events.back().kind;
  if (kind != workorder::Action::reply && kind != workorder::Action::solve) return;
  if (is_planted(PlantedBug::repeat_forgotten)) return;
  for (const WorkOrderId id : after.merged) {
    const auto repeat = find(id);
    if (!repeat || !follows(repeat->order, after)) continue;
    writes.push_back(write_of(context, *repeat, {follow(context, repeat->order, after, now)}));
  }
}

std::size_t OrderDesk::tick(TimePoint now, std::uint32_t limit) {
  const auto organised = organisation();
  const auto due = store_.claim_deadlines(now, now + config_.lease, limit);
  for (const OrderDeadline& one : due) tick_one(*organised, one.order, now);
  return due.size();
}

void OrderDesk::tick_one(const Organised& organised, WorkOrderId id, TimePoint now) {
  for (int tried = 0; tried < tries_most; ++tried) {
    const auto before = find(id);
    if (!before) return;
    const auto context = context_of(organised, before->order.type);
    if (!context) return;  // its type was taken away: the lease comes round again, in case it is back
    const auto events = workorder::tick(*context, before->order, now);
    OrderCommit commit{{}, {}, now, {}};
    commit.writes.push_back(write_of(*context, *before, events));
    // Without events too: a calendar may have moved the deadline.
    if (store_.commit(commit).outcome == CommitOutcome::done) return;
  }
}

std::string OrderDesk::text_of(const OrderRow& row) const {
  const auto order = read_order(row.document);
  if (!order) return row.title;  // doctor names it; it is to be found all the same
  const workorder::TypeBook& book = types();
  const auto type = book.find(order->type);
  return search_text(type == book.end() ? nullptr : &type->second, *order);
}

std::size_t OrderDesk::index_waiting(std::uint32_t limit) {
  const auto waiting = store_.unindexed(limit);
  for (const WorkOrderId id : waiting) {
    const auto row = store_.order(id);
    store_.index(id, row ? row->version : 0, row ? text_of(*row) : std::string{});
  }
  return waiting.size();
}

bool OrderDesk::is_indexed(const OrderRow& row) {
  return store_.indexed_as(row.id, text_of(row));
}

std::string OrderDesk::wrong_with(const OrderRow& row) {
  std::string wrong = wrong_with_lines(row);
  // The row and its lines are two reads: where the hotline runs, somebody may have gone on in between.
  for (std::int64_t version = row.version; !wrong.empty();) {
    const auto now = store_.order(row.id);
    if (!now || now->version == version) break;
    version = now->version;
    wrong = wrong_with_lines(*now);
  }
  return wrong;
}

std::string OrderDesk::wrong_with_lines(const OrderRow& row) {
  const auto history = store_.history(row.id);
  if (const auto broken = workorder::broken_at(sha256_, history, row.hash))
    return "line " + std::to_string(*broken) + " of its history is not as it was written";
  const auto events = read_history(history);
  if (!events) return events.error();
  const auto order = read_order(row.document);
  if (!order) return "its state cannot be read: " + order.error();
  if (workorder::replay(*events) != *order || order->version != row.version)
    return "its state is not what its history says";
  return {};
}

}  // namespace hotline::app
