// SPDX-License-Identifier: Apache-2.0
// Fills a store with many rows in minutes: for benchmarks and for moving in. The product's own writing code runs, so
// the rows are those it would write; what it says is gathered by table and put in with COPY on PostgreSQL, or executed
// in large transactions on SQLite; indexes are made at the end. Nothing else may use the store meanwhile. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/store/sql.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store {

class BulkLoad {
 public:
  /// Applies the migrations, takes the indexes away (they are kept in the table bulk_index until finish(), so that a
  /// load may be broken off between two flushes and taken up again) and keeps no journal: what is killed in the middle
  /// must be begun anew.
  /// Throws sql::Error, or StoreError when the store is not this program's.
  explicit BulkLoad(const std::string& url);
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;
  ~BulkLoad();

  /// New orders alone (expected_version 0), each with its whole history; numbered as the store does.
  void add(const app::OrderCommit& commit);
  /// A further command of an order: each commit carries one.
  void add(const app::OrderCommand& command);
  void add(const app::Change& change);
  void add(const std::vector<app::Customer>& customers);
  /// One transaction with everything added since the last.
  void flush();
  /// Indexes, durability as it was. flush() first.
  void finish();

  /// How far a load that was broken off had come: the rows of a table up to its highest id.
  [[nodiscard]] std::uint64_t highest(const std::string& table, const std::string& column);
  [[nodiscard]] std::uint64_t count(const std::string& table);

 private:
  class Gatherer;
  void take_indexes_away();
  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<Gatherer> gatherer_;
};

}  // namespace hotline::store
