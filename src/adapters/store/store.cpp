// SPDX-License-Identifier: Apache-2.0
// The port app::Store over the SQL facade: writes go to the writer's thread, reads to the pool. Thread-safe.
#include "adapters/store/store.hpp"

#include <algorithm>
#include <limits>

#include "adapters/store/changes.hpp"
#include "adapters/store/contacts.hpp"
#include "adapters/store/ledger.hpp"
#include "adapters/store/migrations.hpp"
#include "adapters/store/read_pool.hpp"
#include "adapters/store/sql_appointments.hpp"
#include "adapters/store/sql_orders.hpp"
#include "adapters/store/sql_tmf.hpp"
#include "adapters/store/watch.hpp"
#include "adapters/store/world.hpp"
#include "adapters/store/writer.hpp"

namespace hotline::store {
namespace {

template <class T>
bool beyond(const T&) {
  return false;
}
template <class Tag>
bool beyond(const Id<Tag>& id) {
  return id.value() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}
bool beyond(const app::ContactQuery& query) {
  return (query.agent && beyond(*query.agent)) || (query.customer && beyond(*query.customer)) ||
         (query.before && beyond(*query.before));
}

class SqlStore final : public app::Store {
 public:
  SqlStore(std::unique_ptr<sql::Connection> connection, const std::string& url, const Options& options)
      : readers_(url, options.readers),
        writer_(std::move(connection),
                {.url = url, .queue_max = options.queue_max, .close_timeout = options.close_timeout}),
        orders_(readers_, writer_),
        appointments_(readers_, writer_),
        tmf_(readers_, writer_) {}

  app::OrderStore* orders() override { return &orders_; }
  app::AppointmentStore* appointments() override { return &appointments_; }
  [[nodiscard]] app::TmfStore* tmf() { return &tmf_; }

  bool write(app::Batch&& batch, std::function<void()> committed) override {
    check_text(batch);
    return writer_.write(std::move(batch), std::move(committed));
  }
  void write_and_wait(app::Batch batch) override {
    check_text(batch);
    writer_.write_and_wait(std::move(batch));
  }
  Result<void, Problem> health() const override { return writer_.health(); }

  std::uint64_t next_epoch() override {
    std::uint64_t epoch = 0;
    writer_.run([&](sql::Connection& connection) {
      const auto rows = connection.ask("UPDATE core_epoch SET epoch = epoch + 1 WHERE only_row = 1 RETURNING epoch");
      if (!rows->next()) throw sql::Error(sql::ErrorKind::other, "the table core_epoch is empty: restore a backup");
      epoch = static_cast<std::uint64_t>(rows->integer(0));
    });
    return epoch;
  }
  void save_world(const app::World& world) override {
    writer_.run([&](sql::Connection& connection) { store::save_world(connection, world); });
  }
  void save_customers(const std::vector<app::Customer>& customers) override {
    writer_.run([&](sql::Connection& connection) { store::save_customers(connection, customers); });
  }

  app::World load_world() override { return read(store::load_world); }
  app::LiveState load_live() override { return read(store::load_live); }
  std::int64_t count_customers() override { return read(store::count_customers); }
  std::optional<app::Contact> contact(ContactId id) override { return read(store::contact, id); }
  std::vector<app::Contact> contacts(const app::ContactQuery& query) override { return read(store::contacts, query); }
  std::vector<app::SipMessage> sip_messages(ContactId id) override { return read(store::sip_messages, id); }
  std::vector<app::ContactEvent> events(ContactId id) override { return read(store::events, id); }
  std::vector<app::Leg> legs(ContactId id) override { return read(store::legs, id); }
  std::vector<app::ContactPart> parts(ContactId id) override { return read(store::parts, id); }
  std::vector<app::Recording> recordings(ContactId id) override { return read(store::recordings, id); }
  std::optional<app::Recording> recording(RecordingId id) override { return read(store::recording, id); }
  std::vector<app::Recording> running_recordings(const std::string& node) override {
    return read(store::running_recordings, node);
  }
  std::vector<app::Recording> recording_work(const app::RecordingWork& work) override {
    return read(store::recording_work, work);
  }
  std::vector<app::RecordingAge> recording_ages(const app::RecordingAgeQuery& query) override {
    return read(store::recording_ages, query);
  }
  std::vector<app::RecordingBacklog> recording_backlog() override { return read(store::recording_backlog); }
  std::vector<app::Recording> troubled_recordings(RecordingId before, std::uint32_t limit) override {
    return read(store::troubled_recordings, before, limit);
  }
  std::vector<app::Recording> recordings_of_node(const std::string& node, RecordingId after,
                                                 std::uint32_t limit) override {
    return read(store::recordings_of_node, node, after, limit);
  }
  app::LineFigures line_figures(const std::string& service_line, TimePoint from, Duration threshold) override {
    return read(store::line_figures, service_line, from, threshold);
  }
  std::vector<app::QueueDay> queue_days(TimePoint from, Duration threshold, Duration short_abandon) override {
    return read(store::queue_days, from, threshold, short_abandon);
  }
  std::vector<app::StoredDifference> differences(TimePoint from, std::uint32_t limit) override {
    return read(store::differences, from, limit);
  }
  std::vector<app::LedgerDay> ledger_days(std::uint32_t limit) override { return read(store::ledger_days, limit); }
  std::vector<app::LedgerGap> ledger_gaps(const std::string& day, std::uint32_t limit) override {
    return read(store::ledger_gaps, day, limit);
  }
  std::vector<app::Contact> open_contacts() override { return read(store::open_contacts); }
  std::optional<app::Customer> customer(CustomerId id) override { return read(store::customer, id); }
  std::optional<app::Customer> customer_by_phone(const std::string& digits) override {
    return read(store::customer_by_phone, digits);
  }
  std::vector<app::Customer> find_customers(const std::string& text, std::uint32_t limit) override {
    return read(store::find_customers, text, limit);
  }
  std::optional<app::Agent> agent_by_username(const std::string& username) override {
    return read(store::agent_by_username, username);
  }
  std::optional<app::Agent> agent(AgentId id) override { return read(store::agent, id); }
  std::optional<app::Session> session(const std::string& token_hash) override {
    return read(store::session, token_hash);
  }
  std::vector<app::AuditEntry> audit(const std::string& action, std::uint32_t limit) override {
    return read(store::audit, action, limit);
  }

 private:
  template <class Function, class... Args>
  auto read(Function function, const Args&... args)
      -> std::invoke_result_t<Function, sql::Connection&, const Args&...> {
    // Ids come from URLs too: one that no column can hold belongs to no row.
    if ((beyond(args) || ...)) return {};
    return readers_.with([&](sql::Connection& connection) { return function(connection, args...); });
  }

  ReadPool readers_;
  Writer writer_;
  SqlOrders orders_;
  SqlAppointments appointments_;
  SqlTmf tmf_;
};

Problem open_problem(const std::string& url, const sql::Error& error) {
  const bool sqlite = url.starts_with("sqlite:");
  return {"the store " + without_password(url) + " cannot be opened: " + error.what(),
          sqlite
              ? "see that the folder exists, is writable by this user and has room"
              : "see that the PostgreSQL server runs and that the URL's host, database, user and password are right"};
}

}  // namespace

std::string without_password(const std::string& url) {
  std::string out = url;
  const auto scheme = out.find("://");
  const auto at = out.rfind('@');  // the last: a password may hold one
  if (scheme != std::string::npos && at != std::string::npos) {
    const auto colon = out.find(':', scheme + 3);
    if (colon != std::string::npos && colon < at) out.replace(colon + 1, at - colon - 1, "***");
  }
  constexpr std::string_view parameter = "password=";
  if (const auto found = out.find(parameter); found != std::string::npos) {
    const auto value = found + parameter.size();
    const auto end = std::min(out.find('&', value), out.size());
    out.replace(value, end - value, "***");
  }
  return out;
}

Result<std::unique_ptr<app::Store>, Problem> open_store(const std::string& url, const Options& options) {
  try {
    auto connection = sql::open(url, sql::Access::write);
    if (auto migrated = migrate(*connection, migrations()); !migrated) return fail(migrated.error());
    return std::make_unique<SqlStore>(std::move(connection), url, options);
  } catch (const sql::Error& error) {
    return fail(open_problem(url, error));
  }
}

app::TmfStore* tmf_of(app::Store& store) {
  auto* sql = dynamic_cast<SqlStore*>(&store);
  return sql == nullptr ? nullptr : sql->tmf();
}

std::vector<Problem> check(const std::string& url) {
  std::vector<Problem> problems;
  try {
    const auto connection = sql::open(url, sql::Access::inspect);
    problems = check_schema(*connection, migrations());
    if (connection->dialect() == sql::Dialect::sqlite) {
      auto rows = connection->ask("PRAGMA integrity_check(20)");
      while (rows->next())
        if (rows->text(0) != "ok")
          problems.push_back({"the database file is damaged: " + std::string(rows->text(0)),
                              "stop the hotline, keep a copy of the file, restore the last backup"});
      rows = connection->ask("PRAGMA foreign_key_check");
      while (rows->next())
        problems.push_back({"a row of table " + std::string(rows->text(0)) + " refers to a missing row of " +
                                std::string(rows->text(2)),
                            "restore the last backup, or have the row removed by who knows the data"});
    } else {
      const auto rows =
          connection->ask("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')");
      while (rows->next())
        if (rows->text(1) != "on")
          problems.push_back(
              {"PostgreSQL runs with " + std::string(rows->text(0)) + " off: a power cut can destroy the data",
               "set " + std::string(rows->text(0)) + " = on in postgresql.conf"});
      const auto encoding = connection->ask("SELECT current_setting('server_encoding')");
      if (encoding->next() && encoding->text(0) != "UTF8")
        problems.push_back(
            {"the database's encoding is " + std::string(encoding->text(0)) + ", names could not be stored",
             "create the database with ENCODING 'UTF8'"});
    }
  } catch (const sql::Error& error) {
    problems.push_back(open_problem(url, error));
  }
  return problems;
}

}  // namespace hotline::store
