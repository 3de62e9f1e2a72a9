// SPDX-License-Identifier: Apache-2.0
// The configured world as SQL: service lines, queues, skills, reasons, agents. One connection, one thread.
#include "adapters/store/world.hpp"

#include "adapters/store/changes.hpp"
#include "adapters/store/columns.hpp"
#include "adapters/store/watch.hpp"

namespace hotline::store {
namespace {

using app::Names;

Names names_at(const sql::Rows& rows, int column) {
  return {text_at(rows, column), text_at(rows, column + 1), text_at(rows, column + 2)};
}

std::vector<app::ServiceLine> load_service_lines(sql::Connection& connection) {
  std::map<ServiceLineId, app::ServiceLine> lines;
  auto rows = connection.ask("SELECT id, code, name_en, name_zh_hans, name_zh_hant, flow, operation FROM service_line");
  while (rows->next()) {
    const auto id = id_at<ServiceLineId>(*rows, 0);
    lines[id] = {id, text_at(*rows, 1), names_at(*rows, 2), {}, text_at(*rows, 5), text_at(*rows, 6)};
  }
  rows = connection.ask("SELECT service_line_id, number FROM service_line_number ORDER BY service_line_id, position");
  while (rows->next()) {
    const auto line = lines.find(id_at<ServiceLineId>(*rows, 0));
    if (line != lines.end()) line->second.numbers.push_back(text_at(*rows, 1));
  }
  std::vector<app::ServiceLine> out;
  for (auto& [id, line] : lines) out.push_back(std::move(line));
  return out;
}

constexpr std::string_view agent_columns =
    "SELECT id, number, username, password_hash, name, team, role, device, sip_contact, enabled,"
    " sip_realm, sip_ha1_md5, sip_ha1_sha256 FROM agent";

std::map<AgentId, app::Agent> load_agents(sql::Connection& connection, const std::string& where,
                                          std::span<const sql::Value> values) {
  std::map<AgentId, app::Agent> agents;
  auto rows = connection.query(std::string(agent_columns) + where, values);
  while (rows->next()) {
    app::Agent agent{id_at<AgentId>(*rows, 0),
                     text_at(*rows, 1),
                     text_at(*rows, 2),
                     text_at(*rows, 3),
                     text_at(*rows, 4),
                     text_at(*rows, 5),
                     text_at(*rows, 6),
                     text_at(*rows, 7),
                     text_at(*rows, 8),
                     flag_at(*rows, 9),
                     {},
                     {},
                     {text_at(*rows, 10), text_at(*rows, 11), text_at(*rows, 12)}};
    agents.emplace(agent.id, std::move(agent));
  }
  const std::string of_these = " WHERE agent_id IN (SELECT id FROM agent" + where + ") ORDER BY agent_id, position";
  rows = connection.query("SELECT agent_id, queue_id FROM agent_queue" + of_these, values);
  while (rows->next()) {
    const auto agent = agents.find(id_at<AgentId>(*rows, 0));
    if (agent != agents.end()) agent->second.queues.push_back(id_at<QueueId>(*rows, 1));
  }
  rows = connection.query("SELECT agent_id, skill_id, level FROM agent_skill" + of_these, values);
  while (rows->next()) {
    const auto agent = agents.find(id_at<AgentId>(*rows, 0));
    if (agent != agents.end())
      agent->second.skills.emplace_back(id_at<SkillId>(*rows, 1), static_cast<int>(rows->integer(2)));
  }
  return agents;
}

std::optional<app::Agent> only(std::map<AgentId, app::Agent> agents) {
  if (agents.empty()) return std::nullopt;
  return std::move(agents.begin()->second);
}

void save(sql::Connection& connection, const app::ServiceLine& line) {
  connection.tell(
      "INSERT INTO service_line (id, code, name_en, name_zh_hans, name_zh_hant, flow, operation)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7)"
      " ON CONFLICT (id) DO UPDATE SET code = excluded.code, name_en = excluded.name_en,"
      " name_zh_hans = excluded.name_zh_hans, name_zh_hant = excluded.name_zh_hant, flow = excluded.flow,"
      " operation = excluded.operation",
      line.id, line.code, line.name.en, line.name.zh_hans, line.name.zh_hant, line.flow, line.operation);
  connection.tell("DELETE FROM service_line_number WHERE service_line_id = $1", line.id);
  std::int64_t position = 0;
  for (const std::string& number : line.numbers)
    connection.tell("INSERT INTO service_line_number (number, service_line_id, position) VALUES ($1,$2,$3)", number,
                    line.id, ++position);
}

void save(sql::Connection& connection, const app::Queue& queue) {
  connection.tell(
      "INSERT INTO queue (id, code, name_en, name_zh_hans, name_zh_hant, service_line, offer_timeout_ms, wrap_up_ms,"
      " waiting_max, routing) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
      " ON CONFLICT (id) DO UPDATE SET code = excluded.code, name_en = excluded.name_en,"
      " name_zh_hans = excluded.name_zh_hans, name_zh_hant = excluded.name_zh_hant, service_line = "
      "excluded.service_line,"
      " offer_timeout_ms = excluded.offer_timeout_ms, wrap_up_ms = excluded.wrap_up_ms, waiting_max = "
      "excluded.waiting_max, routing = excluded.routing",
      queue.id, queue.code, queue.name.en, queue.name.zh_hans, queue.name.zh_hant, queue.service_line,
      queue.offer_timeout, queue.wrap_up, queue.waiting_max, queue.routing);
}

void save(sql::Connection& connection, const app::Skill& skill) {
  connection.tell(
      "INSERT INTO skill (id, code, name_en, name_zh_hans, name_zh_hant) VALUES ($1,$2,$3,$4,$5)"
      " ON CONFLICT (id) DO UPDATE SET code = excluded.code, name_en = excluded.name_en,"
      " name_zh_hans = excluded.name_zh_hans, name_zh_hant = excluded.name_zh_hant",
      skill.id, skill.code, skill.name.en, skill.name.zh_hans, skill.name.zh_hant);
}

void save(sql::Connection& connection, const app::Reason& reason) {
  connection.tell(
      "INSERT INTO reason (kind, service_line, code, name_en, name_zh_hans, name_zh_hant, position)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7)"
      " ON CONFLICT (kind, service_line, code) DO UPDATE SET name_en = excluded.name_en,"
      " name_zh_hans = excluded.name_zh_hans, name_zh_hant = excluded.name_zh_hant, position = excluded.position",
      reason.kind, reason.service_line, reason.code, reason.name.en, reason.name.zh_hans, reason.name.zh_hant,
      reason.position);
}

void save_routing(sql::Connection& connection, AgentId agent, const std::vector<QueueId>& queues,
                  const std::vector<std::pair<SkillId, int>>& skills) {
  connection.tell("DELETE FROM agent_queue WHERE agent_id = $1", agent);
  connection.tell("DELETE FROM agent_skill WHERE agent_id = $1", agent);
  std::int64_t position = 0;
  for (const QueueId queue : queues)
    connection.tell("INSERT INTO agent_queue (agent_id, queue_id, position) VALUES ($1,$2,$3)", agent, queue,
                    ++position);
  for (const auto& [skill, level] : skills)
    connection.tell("INSERT INTO agent_skill (agent_id, skill_id, level, position) VALUES ($1,$2,$3,$4)", agent, skill,
                    level, ++position);
}

void save_rules(sql::Connection& connection, const std::string& rules) {
  connection.tell(
      "INSERT INTO routing_rules (only_row, rules) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET rules = "
      "excluded.rules",
      rules);
}

void save(sql::Connection& connection, const app::Agent& agent) {
  connection.tell(
      "INSERT INTO agent (id, number, username, password_hash, name, team, role, device, sip_contact, enabled,"
      " sip_realm, sip_ha1_md5, sip_ha1_sha256) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)"
      " ON CONFLICT (id) DO UPDATE SET number = excluded.number, username = excluded.username,"
      " password_hash = excluded.password_hash, name = excluded.name, team = excluded.team, role = excluded.role,"
      " device = excluded.device, sip_contact = excluded.sip_contact, enabled = excluded.enabled,"
      " sip_realm = excluded.sip_realm, sip_ha1_md5 = excluded.sip_ha1_md5,"
      " sip_ha1_sha256 = excluded.sip_ha1_sha256",
      agent.id, agent.number, agent.username, agent.password_hash, agent.name, agent.team, agent.role, agent.device,
      agent.sip_contact, agent.enabled, agent.sip_account.realm, agent.sip_account.ha1_md5,
      agent.sip_account.ha1_sha256);
  save_routing(connection, agent.id, agent.queues, agent.skills);
}

}  // namespace

void save_world(sql::Connection& connection, const app::World& world) {
  for (const auto& line : world.service_lines) save(connection, line);
  for (const auto& queue : world.queues) save(connection, queue);
  for (const auto& skill : world.skills) save(connection, skill);
  for (const auto& reason : world.reasons) save(connection, reason);
  for (const auto& agent : world.agents) save(connection, agent);
  if (!world.routing_rules.empty()) save_rules(connection, world.routing_rules);
  if (!world.wallboard.empty()) apply(connection, app::PutWallboardSettings{world.wallboard});
}

void apply(sql::Connection& connection, const app::PutQueue& change) {
  save(connection, change.queue);
}
void apply(sql::Connection& connection, const app::PutSkill& change) {
  save(connection, change.skill);
}
void apply(sql::Connection& connection, const app::PutLineOperation& change) {
  connection.tell("UPDATE service_line SET operation = $2 WHERE id = $1", change.line, change.operation);
}
void apply(sql::Connection& connection, const app::PutRoutingRules& change) {
  save_rules(connection, change.rules);
}
void apply(sql::Connection& connection, const app::SetAgentRouting& change) {
  save_routing(connection, change.agent, change.queues, change.skills);
}

app::World load_world(sql::Connection& connection) {
  app::World world;
  world.service_lines = load_service_lines(connection);
  auto rows = connection.ask(
      "SELECT id, code, name_en, name_zh_hans, name_zh_hant, service_line, offer_timeout_ms, wrap_up_ms, waiting_max,"
      " routing FROM queue ORDER BY id");
  while (rows->next())
    world.queues.push_back({id_at<QueueId>(*rows, 0), text_at(*rows, 1), names_at(*rows, 2), text_at(*rows, 5),
                            Duration{rows->integer(6)}, Duration{rows->integer(7)}, rows->integer(8),
                            text_at(*rows, 9)});
  rows = connection.ask("SELECT id, code, name_en, name_zh_hans, name_zh_hant FROM skill ORDER BY id");
  while (rows->next()) world.skills.push_back({id_at<SkillId>(*rows, 0), text_at(*rows, 1), names_at(*rows, 2)});
  rows = connection.ask(
      "SELECT kind, code, name_en, name_zh_hans, name_zh_hant, service_line, position FROM reason"
      " ORDER BY kind, position, service_line, code");
  while (rows->next())
    world.reasons.push_back(
        {text_at(*rows, 0), text_at(*rows, 1), names_at(*rows, 2), text_at(*rows, 5), rows->integer(6)});
  for (auto& [id, agent] : load_agents(connection, "", {})) world.agents.push_back(std::move(agent));
  rows = connection.ask("SELECT rules FROM routing_rules");
  if (rows->next()) world.routing_rules = text_at(*rows, 0);
  world.wallboard = wallboard_settings(connection);
  return world;
}

std::optional<app::Agent> agent(sql::Connection& connection, AgentId id) {
  const sql::Value values[] = {sql::to_value(id)};
  return only(load_agents(connection, " WHERE id = $1", values));
}

std::optional<app::Agent> agent_by_username(sql::Connection& connection, const std::string& username) {
  const sql::Value values[] = {sql::to_value(username)};
  return only(load_agents(connection, " WHERE username = $1", values));
}

}  // namespace hotline::store
