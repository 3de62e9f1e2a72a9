// SPDX-License-Identifier: Apache-2.0
// The three implementations of app::Store behind one fixture, and small makers of records.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "app/ports/store.hpp"

namespace hotline::store::test {

/// A folder of its own under /tmp (or under `parent`), removed at the end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& parent = "/tmp");
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

enum class Kind { sqlite, postgres, memory };

/// A fresh, empty store of each kind; reopen() keeps what is in it (not in memory).
class StoreTest : public testing::TestWithParam<Kind> {
 protected:
  StoreTest();
  void reopen();
  [[nodiscard]] bool durable() const { return GetParam() != Kind::memory; }
  [[nodiscard]] app::Store& store() { return *store_; }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  std::string url_;
  std::unique_ptr<app::Store> store_;
};

/// A fresh URL of a database (not memory); the folder must outlive its use.
[[nodiscard]] std::string fresh_url(Kind kind, const TemporaryFolder& folder);
[[nodiscard]] std::unique_ptr<app::Store> open_or_throw(const std::string& url);

/// 2026-03-02 08:00 UTC plus `seconds`.
[[nodiscard]] TimePoint at(std::int64_t seconds);
[[nodiscard]] app::Contact make_contact(std::uint64_t id, std::int64_t started_seconds);
[[nodiscard]] app::ContactEvent make_event(std::uint64_t contact, std::int64_t seq);
[[nodiscard]] app::Customer make_customer(std::uint64_t id, const std::string& name, std::vector<std::string> numbers);

/// Writes without waiting; the future is set by the committed callback.
[[nodiscard]] std::future<void> write(app::Store& store, app::Batch batch);
/// Waits up to 20 s for a future; false on time-out.
template <class T>
[[nodiscard]] bool comes(std::future<T>& future) {
  return future.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
}

}  // namespace hotline::store::test
