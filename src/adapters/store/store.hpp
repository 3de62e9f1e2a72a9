// SPDX-License-Identifier: Apache-2.0
// Opens the store: SQLite (one file, WAL) or PostgreSQL behind the port app::Store. The store is thread-safe; its
// thread calls the `committed` callbacks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/ports/store.hpp"
#include "base/result.hpp"

namespace hotline::app {
class TmfStore;  // ports/tmf.hpp
}

namespace hotline::store {

struct Options {
  std::size_t queue_max = 20'000;  ///< batches waiting for their commit; write() refuses more
  std::size_t readers = 4;         ///< read connections, opened as they are needed
  Duration close_timeout{10'000};  ///< how long closing goes on trying while commits fail
};

/// `url`: "sqlite:FILE" (the file is made, its folder must exist) or "postgresql://user@host/database". Applies the
/// migrations that are missing. The problem names what was found and what to do.
[[nodiscard]] Result<std::unique_ptr<app::Store>, Problem> open_store(const std::string& url,
                                                                      const Options& options = {});

/// What the TM Forum APIs need of a store that open_store() gave: in the same database and committed by the same writer.
/// As long-lived as the store. Null: this store has none.
[[nodiscard]] app::TmfStore* tmf_of(app::Store& store);

/// Looks at a store without changing it, for `hotline doctor`: reachable, of this program's schema, whole (SQLite's
/// integrity check; reads the whole file), references kept, PostgreSQL set to keep what it acknowledges. Empty: all is
/// well.
[[nodiscard]] std::vector<Problem> check(const std::string& url);

/// `url` without the password in it, for logs.
[[nodiscard]] std::string without_password(const std::string& url);

}  // namespace hotline::store
