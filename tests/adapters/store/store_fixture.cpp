// SPDX-License-Identifier: Apache-2.0
#include "adapters/store/store_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "adapters/store/memory_store.hpp"
#include "adapters/store/store.hpp"
#include "support/postgres.hpp"

namespace hotline::store::test {

TemporaryFolder::TemporaryFolder(const std::string& parent) {
  std::string name = parent + "/hotline_store_XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed in " + parent);
  path_ = name;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string fresh_url(Kind kind, const TemporaryFolder& folder) {
  if (kind == Kind::sqlite) return "sqlite:" + folder.path() + "/hotline.db";
  return hotline::test::shared_postgres().make_database();
}

std::unique_ptr<app::Store> open_or_throw(const std::string& url) {
  auto store = open_store(url);
  if (!store) throw std::runtime_error(store.error().what);
  return *std::move(store);
}

StoreTest::StoreTest() {
  if (GetParam() == Kind::memory) {
    store_ = std::make_unique<MemoryStore>();
    return;
  }
  folder_ = std::make_unique<TemporaryFolder>();
  url_ = fresh_url(GetParam(), *folder_);
  store_ = open_or_throw(url_);
}

void StoreTest::reopen() {
  store_.reset();
  store_ = open_or_throw(url_);
}

TimePoint at(std::int64_t seconds) {
  return from_unix_ms((1'772'438'400 + seconds) * 1000);
}

app::Contact make_contact(std::uint64_t id, std::int64_t started_seconds) {
  app::Contact contact;
  contact.id = ContactId{id};
  contact.from = "059988001234";
  contact.to = "1000";
  contact.started_at = at(started_seconds);
  return contact;
}

app::ContactEvent make_event(std::uint64_t contact, std::int64_t seq) {
  return {ContactId{contact}, seq, at(seq), "digits", R"({"digits":"1"})"};
}

app::Customer make_customer(std::uint64_t id, const std::string& name, std::vector<std::string> numbers) {
  app::Customer customer;
  customer.id = CustomerId{id};
  customer.number = "C" + std::to_string(id);
  customer.name = name;
  customer.since = at(0);
  for (std::string& number : numbers) customer.phones.push_back({std::move(number), "fixed_line", "城中局", "active"});
  return customer;
}

std::future<void> write(app::Store& store, app::Batch batch) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  if (!store.write(std::move(batch), [done] { done->set_value(); })) throw std::runtime_error("the queue was full");
  return future;
}

}  // namespace hotline::store::test
