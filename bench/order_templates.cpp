// SPDX-License-Identifier: Apache-2.0
#include "bench/order_templates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include "app/orders/order_text.hpp"
#include "sim/orders/order_world.hpp"

namespace hotline::bench {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "TS" and 2026-11-23 in the city: "TS261123".
std::string day_prefix(const std::string& type_prefix, TimePoint at) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at + std::chrono::hours{8})};
  return fmt::format("{}{:02}{:02}{:02}", type_prefix, static_cast<int>(day.year()) % 100,
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace

TextTemplate::TextTemplate(const std::string& text, WorkOrderId id) {
  const std::string own = id.to_string();
  Piece piece;
  const auto cut = [&](Kind kind, std::int64_t time = 0) {
    piece.kind = kind;
    piece.time_ms = time;
    pieces_.push_back(std::move(piece));
    piece = {};
  };
  const struct {
    std::string_view key;
    Kind kind;
  } keys[] = {{"\"customer\":\"", Kind::customer},
              {"\"contact\":\"", Kind::contact},
              {"\"person\":\"", Kind::person},
              {"\"phone\":\"", Kind::phone},
              {"\"title\":\"", Kind::title}};
  for (std::size_t at = 0; at < text.size();) {
    const auto key = std::find_if(std::begin(keys), std::end(keys),
                                  [&](const auto& one) { return text.compare(at, one.key.size(), one.key) == 0; });
    if (key != std::end(keys)) {
      piece.before += key->key;
      at += key->key.size();
      while (at < text.size() && text[at] != '"') ++at;
      cut(key->kind);
    } else if (is_digit(text[at])) {
      auto end = at;
      while (end < text.size() && is_digit(text[end])) ++end;
      const std::string digits = text.substr(at, end - at);
      if (digits == own)
        cut(Kind::id);
      else if (digits.size() == 13)
        cut(Kind::time, std::stoll(digits));
      else
        piece.before += digits;
      at = end;
    } else {
      piece.before += text[at++];
    }
  }
  pieces_.push_back(std::move(piece));
}

void TextTemplate::write(std::string& out, const Values& values) const {
  for (const Piece& piece : pieces_) {
    out += piece.before;
    switch (piece.kind) {
      case Kind::nothing:
        break;
      case Kind::id:
        out += values.id;
        break;
      case Kind::time:
        out += std::to_string(piece.time_ms + values.later.count());
        break;
      case Kind::customer:
        out += values.customer;
        break;
      case Kind::contact:
        out += values.contact;
        break;
      case Kind::person:
        out += values.person;
        break;
      case Kind::phone:
        out += values.phone;
        break;
      case Kind::title:
        out += values.title;
        break;
    }
  }
}

OrderTemplate::OrderTemplate(const std::vector<app::OrderCommit>& commits, WorkOrderId id,
                             const workorder::TypeBook& types) {
  for (const app::OrderCommit& commit : commits)
    for (const app::OrderWrite& write : commit.writes) {
      if (write.row.id != id) continue;
      row_ = write.row;
      parts_ = write.parts;
      next_due_ = write.next_due;
      if (number_prefix_.empty()) number_prefix_ = write.number_prefix.substr(0, write.number_prefix.size() - 6);
      for (const workorder::SealedEvent& line : write.events) lines_.push_back({line, TextTemplate(line.data, id)});
      for (const app::OutboxEntry& entry : write.outbox) outbox_.push_back({entry, TextTemplate(entry.body, id)});
      if (!commit.command_id.empty() && &write == &commit.writes.front())
        commands_.push_back({write.row.version, commit.now});
    }
  document_ = TextTemplate(row_.document, id);
  type_ = &types.at(row_.type);
}

app::OrderCommit OrderTemplate::copy(const Copy& as, const workorder::HashFunction& sha256,
                                     std::vector<app::OrderCommand>& commands) const {
  TextTemplate::Values values{
      as.id.to_string(), as.customer.to_string(),        as.contact.to_string(), as.person, as.phone,
      as.title,          as.created_at - row_.created_at};
  const auto moved = [&](std::optional<TimePoint> at) { return at ? std::optional(*at + values.later) : std::nullopt; };
  app::OrderCommit commit;
  app::OrderWrite& write = commit.writes.emplace_back();
  write.row = row_;
  app::OrderRow& row = write.row;
  row.id = as.id;
  row.title = as.title;
  row.customer = as.customer;
  row.contact = as.contact;
  row.phone = as.phone;
  row.created_at += values.later;
  row.changed_at += values.later;
  row.closed_at = moved(row.closed_at);
  row.due_at = moved(row.due_at);
  row.to_tell_since = moved(row.to_tell_since);
  row.document.clear();
  document_.write(row.document, values);
  const auto order = app::read_order(row.document);
  if (!order) throw std::logic_error("a copied order cannot be read: " + order.error());
  write.search = app::search_text(type_, *order);
  for (const Line& one : lines_) {
    workorder::SealedEvent& line = write.events.emplace_back();
    line.order = as.id;
    line.seq = one.line.seq;
    line.at = one.line.at + values.later;
    line.by = one.line.by;
    line.kind = one.line.kind;
    one.data.write(line.data, values);
    row.hash = line.hash = workorder::link_hash(sha256, write.events.size() > 1 ? row.hash : std::string(), line);
  }
  for (const Entry& one : outbox_) {
    app::OutboxEntry& entry = write.outbox.emplace_back(one.entry);
    entry.order = as.id;
    entry.at += values.later;
    entry.body.clear();
    one.body.write(entry.body, values);
  }
  write.parts = parts_;
  write.next_due = moved(next_due_);
  write.number_prefix = day_prefix(number_prefix_, row.created_at);
  commands.clear();
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const std::string id = as.command_prefix + "-" + std::to_string(i + 1);
    commands.push_back({id, sha256(id), as.id, commands_[i].version, commands_[i].at + values.later});
  }
  commit.command_id = commands.front().id;
  commit.fingerprint = commands.front().fingerprint;
  commit.now = commands.front().at;
  commands.erase(commands.begin());
  return commit;
}

OrderTemplates make_order_templates(const workorder::TypeBook& types, const workorder::HashFunction& sha256) {
  sim::OrderScript script = sim::order_month(types, sha256);
  script.product_orders = 360;
  script.fault_reports = 240;
  script.complaints = 60;
  script.others = 3;
  script.habits.repeated = 0;  // a copy knows no other order
  std::map<WorkOrderId, std::vector<app::OrderCommit>> lives;
  const sim::OrderRun run = sim::run_orders(
      script, {}, {}, [&](const app::OrderCommit& commit) { lives[commit.writes.front().row.id].push_back(commit); });
  if (run.violation) throw std::runtime_error("the simulated weeks broke a rule: " + run.violation->what);
  OrderTemplates templates;
  std::size_t turn = 0;
  for (const auto& [id, commits] : lives) {
    templates.closed.emplace_back(commits, id, types);
    const std::vector<app::OrderCommit> begun(
        commits.begin(), commits.begin() + 1 + static_cast<std::ptrdiff_t>(turn++ % commits.size()));
    OrderTemplate open(begun, id, types);
    if (!open.closed()) templates.open.push_back(std::move(open));
  }
  std::erase_if(templates.closed, [](const OrderTemplate& one) { return !one.closed(); });
  return templates;
}

}  // namespace hotline::bench
