// SPDX-License-Identifier: Apache-2.0
// The SQL facade over libpq. execute() goes through libpq's pipeline mode, so that a transaction of many statements
// costs one round trip; query() leaves it. One thread at a time a connection.
#include <libpq-fe.h>

#include <charconv>
#include <deque>
#include <map>
#include <vector>

#include "adapters/store/sql.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store::sql {
namespace {

/// By SQLSTATE class (PostgreSQL manual, appendix A).
ErrorKind kind_of(std::string_view state) {
  if (state == "23505") return ErrorKind::unique;
  if (state == "53100") return ErrorKind::disk_full;
  if (state == "25006") return ErrorKind::lost_connection;  // this server became a read-only standby: find the new one
  if (state == "40001" || state == "40P01" || state == "55P03" || state == "57014") return ErrorKind::retry;
  const std::string_view group = state.substr(0, 2);
  if (group == "23" || group == "22") return ErrorKind::constraint;
  if (group == "08" || group == "57") return ErrorKind::lost_connection;
  if (group == "53" || group == "58" || state == "XX001" || state == "XX002" || state == "42501") return ErrorKind::io;
  return ErrorKind::other;
}

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

class PostgresRows final : public Rows {
 public:
  explicit PostgresRows(ResultPtr result) : result_(std::move(result)) {}
  bool next() override { return ++row_ < PQntuples(result_.get()); }
  bool null(int column) const override { return PQgetisnull(result_.get(), row_, column) != 0; }
  std::int64_t integer(int column) const override {
    constexpr Oid int8 = 20, int2 = 21, int4 = 23;
    const Oid type = PQftype(result_.get(), column);
    const std::string_view digits = raw(column);
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if ((type != int8 && type != int4 && type != int2) || null(column) || code != std::errc{} ||
        end != digits.data() + digits.size())
      throw Error(ErrorKind::other, "column " + std::to_string(column) + " is not an integer");
    return number;
  }
  std::string_view text(int column) const override {
    constexpr Oid text_type = 25, varchar = 1043, name = 19;
    const Oid type = PQftype(result_.get(), column);
    if ((type != text_type && type != varchar && type != name) || null(column))
      throw Error(ErrorKind::other, "column " + std::to_string(column) + " is not text");
    return raw(column);
  }

 private:
  std::string_view raw(int column) const {
    return {PQgetvalue(result_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
  }
  ResultPtr result_;
  int row_ = -1;
};

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(const std::string& url, Access access) {
    // The URL comes last and so has the last word. A server that vanished is noticed within half a minute.
    const char* keys[] = {"connect_timeout",
                          "keepalives_idle",
                          "keepalives_interval",
                          "keepalives_count",
                          "tcp_user_timeout",
                          "application_name",
                          "dbname",
                          nullptr};
    const char* values[] = {"5", "10", "5", "3", "30000", "hotline", url.c_str(), nullptr};
    handle_ = PQconnectdbParams(keys, values, 1);
    if (handle_ == nullptr || PQstatus(handle_) != CONNECTION_OK) {
      // No SQLSTATE tells why a connection failed; the server being away is the common reason, and waiting is harmless.
      const Error error(ErrorKind::lost_connection,
                        trimmed(handle_ == nullptr ? "out of memory" : PQerrorMessage(handle_)));
      PQfinish(handle_);
      throw error;
    }
    try {
      PQsetNoticeProcessor(
          handle_, [](void*, const char*) {}, nullptr);
      run_script("SET client_encoding = 'UTF8'");
      if (access == Access::write) {
        // A stronger setting of the server (remote_write, remote_apply) stays.
        run_script(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN "
            "('off', "
            "'local')");
        // A transaction whose client vanished must not hold its locks against the client's next connection.
        run_script("SET idle_in_transaction_session_timeout = '30s'");
      } else {
        run_script("SET default_transaction_read_only = on");
      }
    } catch (...) {
      PQfinish(handle_);
      throw;
    }
  }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection() override { PQfinish(handle_); }

  Dialect dialect() const override { return Dialect::postgres; }
  bool usable() const override { return !broken_ && PQstatus(handle_) == CONNECTION_OK; }

  void run_script(const std::string& script) override {
    leave_pipeline();
    const ResultPtr result(PQexec(handle_, script.c_str()));
    if (!good(result.get())) throw error_of(result.get());
  }

  std::unique_ptr<Rows> query(std::string_view sql, std::span<const Value> values) override {
    leave_pipeline();
    auto entry = statements_.find(sql);
    if (entry == statements_.end()) {
      const std::string name = "s" + std::to_string(++names_made_);
      const ResultPtr result(PQprepare(handle_, name.c_str(), std::string(sql).c_str(), 0, nullptr));
      if (!good(result.get())) throw error_of(result.get());
      entry = statements_.emplace(std::string(sql), name).first;
    }
    const Parameters parameters(values);
    ResultPtr result(
        PQexecPrepared(handle_, entry->second.c_str(), parameters.count(), parameters.texts(), nullptr, nullptr, 0));
    if (!good(result.get())) throw error_of(result.get());
    return std::make_unique<PostgresRows>(std::move(result));
  }

  void execute(std::string_view sql, std::span<const Value> values) override {
    const Parameters parameters(values);
    enter_pipeline();
    auto entry = statements_.find(sql);
    if (entry == statements_.end()) {
      const std::string name = "s" + std::to_string(++names_made_);
      if (PQsendPrepare(handle_, name.c_str(), std::string(sql).c_str(), 0, nullptr) != 1) throw lost();
      entry = statements_.emplace(std::string(sql), name).first;
      expected_.push_back({Expected::prepared, entry->first});
    }
    if (PQsendQueryPrepared(handle_, entry->second.c_str(), parameters.count(), parameters.texts(), nullptr, nullptr,
                            0) != 1)
      throw lost();
    expected_.push_back({Expected::done, {}});
    // Keeps the server's answers from piling up on both sides of the connection.
    if (expected_.size() >= pipeline_length_max) finish();
  }

  void finish() override {
    if (!in_pipeline_) return;
    if (!expected_.empty()) {
      if (PQpipelineSync(handle_) != 1) throw lost();
      collect();
    }
  }

  void copy_in(const std::string& statement, std::string_view data) override {
    leave_pipeline();
    const ResultPtr begun(PQexec(handle_, statement.c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) throw error_of(begun.get());
    for (std::size_t at = 0; at < data.size(); at += copy_piece)  // its length is an int
      if (PQputCopyData(handle_, data.data() + at, static_cast<int>(std::min(copy_piece, data.size() - at))) != 1)
        throw lost();
    if (PQputCopyEnd(handle_, nullptr) != 1) throw lost();
    std::optional<Error> error;
    while (const ResultPtr result{PQgetResult(handle_)})
      if (!good(result.get()) && !error) error = error_of(result.get());
    if (error) throw *error;
  }

  void begin() override { execute("BEGIN", {}); }
  void commit() override {
    // COMMIT of a failed transaction says ROLLBACK and succeeds; it is never sent into one: after an error the server
    // skips the rest of the pipeline, COMMIT included.
    execute("COMMIT", {});
    finish();
  }
  void rollback() noexcept override {
    try {
      if (!usable()) return;
      leave_pipeline();
      if (PQtransactionStatus(handle_) != PQTRANS_IDLE) run_script("ROLLBACK");
    } catch (...) {
      broken_ = true;  // the server ends the transaction with the connection
    }
  }

 private:
  static constexpr std::size_t pipeline_length_max = 2000, copy_piece = 1 << 20;
  struct Expected {
    enum Kind : std::uint8_t { prepared, done } kind;
    std::string_view sql;  ///< of a preparation: the key of statements_
  };

  /// Text forms of the parameters, terminated as libpq wants them.
  class Parameters {
   public:
    explicit Parameters(std::span<const Value> values) {
      owned_.reserve(values.size());
      texts_.reserve(values.size());
      for (const Value& value : values) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
          texts_.push_back(owned_.emplace_back(std::to_string(*number)).c_str());
        } else if (const auto* text = std::get_if<std::string_view>(&value)) {
          if (!app::storable(*text))
            throw Error(ErrorKind::bad_text, "text that is not UTF-8 or has a NUL in it cannot be stored");
          texts_.push_back(owned_.emplace_back(*text).c_str());
        } else {
          texts_.push_back(nullptr);
        }
      }
    }
    [[nodiscard]] int count() const { return static_cast<int>(texts_.size()); }
    [[nodiscard]] const char* const* texts() const { return texts_.data(); }

   private:
    std::vector<std::string> owned_;
    std::vector<const char*> texts_;
  };

  static bool good(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }

  [[nodiscard]] Error lost() {
    broken_ = true;
    return Error(ErrorKind::lost_connection, trimmed(PQerrorMessage(handle_)));
  }

  [[nodiscard]] Error error_of(const PGresult* result) {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == nullptr) {
      const std::string message = trimmed(result == nullptr ? PQerrorMessage(handle_) : PQresultErrorMessage(result));
      if (PQstatus(handle_) == CONNECTION_OK) return Error(ErrorKind::other, message);
      broken_ = true;
      return Error(ErrorKind::lost_connection, message);
    }
    const ErrorKind kind = kind_of(state);
    if (kind == ErrorKind::lost_connection) broken_ = true;
    const char* constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    return Error(kind, trimmed(PQresultErrorMessage(result)) + " (SQLSTATE " + state + ")",
                 constraint == nullptr ? "" : constraint);
  }

  void enter_pipeline() {
    if (in_pipeline_) return;
    if (PQenterPipelineMode(handle_) != 1) throw lost();
    in_pipeline_ = true;
  }
  void leave_pipeline() {
    if (!in_pipeline_) return;
    finish();
    if (PQexitPipelineMode(handle_) != 1) throw lost();
    in_pipeline_ = false;
  }

  /// Takes every expected answer and the sync point; throws the first error after all are in.
  void collect() {
    std::optional<Error> first;
    for (const Expected& expected : expected_) {
      const ResultPtr result(PQgetResult(handle_));
      if (result == nullptr && !first) first = lost();
      if (result == nullptr) break;
      if (!good(result.get())) {
        // After a failure the rest of the pipeline is skipped by the server and says PGRES_PIPELINE_ABORTED.
        if (!first && PQresultStatus(result.get()) != PGRES_PIPELINE_ABORTED) first = error_of(result.get());
        if (expected.kind == Expected::prepared) statements_.erase(statements_.find(expected.sql));
      }
      if (broken_) break;
      const ResultPtr end_of_statement(PQgetResult(handle_));
    }
    expected_.clear();
    if (!broken_) {
      const ResultPtr sync(PQgetResult(handle_));
      if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC && !first) first = lost();
    }
    if (first) throw *first;
  }

  PGconn* handle_ = nullptr;
  bool in_pipeline_ = false;
  bool broken_ = false;
  std::uint64_t names_made_ = 0;
  std::map<std::string, std::string, std::less<>> statements_;  ///< SQL text -> name at the server
  std::deque<Expected> expected_;
};

}  // namespace

std::unique_ptr<Connection> open_postgres(const std::string& url, Access access) {
  return std::make_unique<PostgresConnection>(url, access);
}

}  // namespace hotline::store::sql
