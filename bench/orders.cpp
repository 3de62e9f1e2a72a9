// SPDX-License-Identifier: Apache-2.0
// `hotline bench orders`: what people wait for at their desks, with years of orders and contacts in the store. Each
// request is what its route asks of the use cases and the store; HTTP is not part of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "app/demo/organisation.hpp"
#include "app/orders/order_desk.hpp"
#include "app/orders/order_text.hpp"
#include "bench/bench.hpp"
#include "bench/order_load.hpp"
#include "bench/postgres_server.hpp"
#include "bench/temporary_directory.hpp"
#include "vault/sha256.hpp"

namespace hotline::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// Times of one kind of request, in milliseconds.
class Times {
 public:
  void add(double ms) { ms_.push_back(ms); }
  [[nodiscard]] double at(double share) {
    if (ms_.empty()) return 0;
    const auto index = std::min(ms_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ms_.size())));
    std::nth_element(ms_.begin(), ms_.begin() + static_cast<std::ptrdiff_t>(index), ms_.end());
    return ms_[index];
  }
  [[nodiscard]] std::size_t count() const { return ms_.size(); }

 private:
  std::vector<double> ms_;
};

boost::json::object figures(Times& times) {
  return {{"requests", times.count()}, {"p50_ms", times.at(0.5)}, {"p99_ms", times.at(0.99)}, {"max_ms", times.at(1)}};
}

class Desk {
 public:
  Desk(const OrdersOptions& options, const std::string& url, const workorder::TypeBook& types)
      : options_(options), size_{options.orders, options.contacts, options.customers} {
    auto opened = store::open_store(url);
    if (!opened) throw std::runtime_error(opened.error().what + "; " + opened.error().remedy);
    store_ = std::move(*opened);
    store_->orders()->save_organisation(app::demo::make_organisation(1, {}).organisation);
    desk_ = std::make_unique<app::OrderDesk>(*store_->orders(), types, vault::sha256_hex,
                                             app::OrderDesk::Config{.start_seconds = to_unix_ms(now()) / 1000});
    for (const workorder::Department& d : desk_->organisation()->rows.departments) departments_.push_back(d.code);
  }

  boost::json::object measure() {
    boost::json::object out;
    Times open, inbox, search;
    repeat([&] { open_one(); }, open);
    repeat([&] { inbox_one(); }, inbox);
    boost::json::object searches;
    const std::pair<const char*, std::function<void()>> kinds[] = {
        {"number", [this] { by_number(); }},
        {"phone", [this] { by_phone(); }},
        {"name", [this] { by_name(); }},
        {"customer", [this] { by_customer(); }},
        {"type_and_state", [this] { by_state(); }},
        {"overdue", [this] { overdue(); }},
        {"text_rare", [this] { by_text(); }},
        {"text_common", [this] { by_common_text(); }},
        {"text_person", [this] { by_person(); }},
        {"contacts_by_phone", [this] { contacts_by_phone(); }}};
    double worst = 0;
    for (const auto& [name, ask] : kinds) {
      Times times;
      repeat(ask, times);
      worst = std::max(worst, times.at(0.99));
      searches[name] = figures(times);
    }
    Times create = create_at_rate();
    out["open_p99_ms"] = open.at(0.99);
    out["search_p99_ms"] = worst;  // of the slowest kind
    out["inbox_p99_ms"] = inbox.at(0.99);
    out["create_p99_ms"] = create.at(0.99);
    out["open"] = figures(open);
    out["inbox"] = figures(inbox);
    out["create"] = figures(create);
    out["searches"] = searches;
    return out;
  }

 private:
  static TimePoint now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::uint64_t below(std::uint64_t n) { return chance_() % n; }
  void need(bool found, const char* what) {
    if (!found) throw std::runtime_error(std::string("the store does not find ") + what + ", which was loaded");
  }

  void repeat(const std::function<void()>& ask, Times& times) {
    for (int i = 0; i < 20; ++i) ask();  // connections and statements are made
    const auto until = Clock::now() + std::chrono::duration<double>(options_.seconds / 8);
    while (Clock::now() < until) {
      const auto begin = Clock::now();
      ask();
      times.add(ms_since(begin));
    }
  }

  WorkOrderId some_order() { return loaded_order(size_, below(size_.orders)); }

  /// The order's page: its state, its whole history, its attachments, who it is about.
  void open_one() {
    const auto record = desk_->find(some_order());
    need(record.has_value(), "an order");
    const auto lines = store_->orders()->history(record->order.id);
    for (const workorder::SealedEvent& line : lines) need(app::read_event(line).has_value(), "a line of history");
    (void)store_->orders()->attachments(record->order.id);
    if (record->row.customer) need(store_->customer(*record->row.customer).has_value(), "the order's customer");
  }
  void inbox_one() {
    const std::string& department = departments_[below(departments_.size())];
    (void)store_->orders()->orders({.department = department, .by_due = below(4) != 0});
    (void)store_->orders()->notices({"department:" + department}, 0, 20);
  }
  void by_number() {
    const auto row = store_->orders()->order(some_order());
    need(row.has_value(), "an order");
    need(store_->orders()->orders({.number = row->number}).size() == 1, "an order by its number");
  }
  void by_phone() {
    const std::string phone = loaded_phone(1 + below(size_.customers));
    (void)store_->orders()->orders({.phone_suffix = phone.substr(4)});
  }
  /// A name, then what the first of its bearers has.
  void by_name() {
    const auto found = store_->find_customers(loaded_name(1 + below(size_.customers)), 20);
    need(!found.empty(), "a customer by name");
    (void)store_->orders()->orders({.customer = found[below(found.size())].id});
  }
  void by_customer() {
    const CustomerId customer{1 + below(size_.customers)};
    (void)store_->orders()->orders({.customer = customer});
    (void)store_->contacts({.customer = customer, .limit = 20});
  }
  void by_state() {
    static const std::pair<const char*, const char*> states[] = {
        {"complaint", "handling"},          {"fault_report", "repairing"}, {"product_order", "outside_plant"},
        {"product_order", "archived"},      {"complaint", "archived"},     {"fault_report", "cleared"},
        {"consumer_line_12315", "handling"}};
    const auto& [type, state] = states[below(std::size(states))];
    (void)store_->orders()->orders({.type = type, .state = state});
  }
  /// What an order is about, in full text: a phrase that some thousands have.
  void by_text() {
    need(!store_->orders()->orders({.search = loaded_title(below(size_.orders))}).empty(), "an order by its words");
  }
  /// Three characters that one in ten orders has.
  void by_common_text() {
    const std::string place = loaded_title(below(size_.orders)).substr(0, 9);
    need(!store_->orders()->orders({.search = place}).empty(), "an order by a place");
  }
  void by_person() {
    const std::string name = loaded_name(1 + below(size_.customers));
    (void)store_->orders()->orders({.search = name});
  }
  void overdue() { (void)store_->orders()->orders({.due_before = loaded_until(), .by_due = true}); }
  void contacts_by_phone() {
    const std::string phone = loaded_phone(1 + below(size_.customers));
    (void)store_->contacts({.phone_suffix = phone, .limit = 20});
  }

  /// At the given rate whatever the store does: an order that had to wait for its turn waits in its figure as well.
  Times create_at_rate() {
    Times times;
    std::mutex mutex;
    const auto begin = Clock::now() + milliseconds{50};
    const auto every = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate));
    const auto count = static_cast<std::size_t>(options_.rate * options_.seconds);
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> people;
    std::string failed;
    app::Agent agent;
    agent.role = "agent";
    agent.team = "call";
    const std::string run = std::to_string(to_unix_ms(now()));
    for (int i = 0; i < 8; ++i)
      people.emplace_back([&] {
        for (std::size_t n = next++; n < count; n = next++) {
          const auto due = begin + every * static_cast<int>(n);
          std::this_thread::sleep_until(due);
          workorder::Opening opening;
          opening.type = "complaint";
          opening.title = loaded_title(n);
          opening.text = "客户来电反映上述问题，要求尽快处理并回复。";
          opening.fields = {{"category", "quality"}};
          opening.owner = AgentId{8'001 + n % 60};
          opening.customer = CustomerId{1 + n % size_.customers};
          opening.phone = loaded_phone(1 + n % size_.customers);
          app::Agent by = agent;
          by.id = opening.owner;
          const std::string command = "bench-" + run + "-" + std::to_string(n);
          const auto made =
              desk_->create({command, desk_->fingerprint(command), std::nullopt, desk_->actor_of(by)}, opening, now());
          const double ms = ms_since(due);
          const std::lock_guard lock(mutex);
          times.add(ms);
          if (!made) failed = made.error().message;
        }
      });
    for (std::thread& person : people) person.join();
    if (!failed.empty()) throw std::runtime_error("an order was refused: " + failed);
    return times;
  }

  const OrdersOptions& options_;
  LoadSize size_;
  std::unique_ptr<app::Store> store_;
  std::unique_ptr<app::OrderDesk> desk_;
  std::vector<std::string> departments_;
  std::mt19937_64 chance_{11};
};

/// The bare reference: as many appended and synchronised writes of 16 KiB a second, in the same folder.
double bare_commit_p99(const std::filesystem::path& folder, const OrdersOptions& options) {
  const std::string file = folder / "bare";
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (handle < 0) throw std::runtime_error("cannot write into " + folder.string());
  const std::string page(16 * 1024, 'x');
  Times times;
  const auto begin = Clock::now();
  const auto every = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options.rate));
  for (int n = 0; n < static_cast<int>(options.rate * options.seconds / 4); ++n) {
    std::this_thread::sleep_until(begin + every * n);
    const auto due = Clock::now();
    if (::write(handle, page.data(), page.size()) < 0 || ::fdatasync(handle) != 0)
      throw std::runtime_error("cannot write into " + folder.string());
    times.add(ms_since(due));
  }
  ::close(handle);
  std::filesystem::remove(file);
  return times.at(0.99);
}

/// What the load has left in the kernel's memory goes to the disk first: else it is that which commits wait for, for
/// minutes after tens of gigabytes.
void settle(const std::filesystem::path& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (handle < 0 || ::syncfs(handle) != 0) throw std::runtime_error("cannot synchronise " + folder.string());
  ::close(handle);
}

/// A file beside the data says what was loaded whole.
std::string mark_of(const LoadSize& size) {
  return fmt::format("{} orders, {} contacts, {} customers\n", size.orders, size.contacts, size.customers);
}

}  // namespace

int orders(const OrdersOptions& options) try {
  auto types = orders::load(options.types);
  if (!types) {
    for (const auto& problem : types.error()) fmt::print(stderr, "{}\n", to_string(problem));
    return 2;
  }
  const TemporaryDirectory temporary(options.folder.empty() ? std::filesystem::path() : options.folder.parent_path());
  const std::filesystem::path folder = options.folder.empty() ? temporary.path() : options.folder;
  std::filesystem::create_directories(folder);
  const LoadSize size{options.orders, options.contacts, options.customers};
  boost::json::array stores;
  for (const std::string& kind : options.stores) {
    if (kind == "postgresql" && options.url.empty() && !PostgresServer::is_installed()) {
      fmt::print(stderr, "postgresql: not installed here, and no --url: left out\n");
      continue;
    }
    std::unique_ptr<PostgresServer> server;
    if (kind == "postgresql" && options.url.empty()) server = std::make_unique<PostgresServer>(folder / "postgresql");
    const std::string url = kind == "sqlite" ? "sqlite:" + (folder / "bench.db").string()
                            : server         ? server->url()
                                             : options.url;
    const std::filesystem::path mark = folder / (kind + ".loaded");
    std::string loaded;
    std::getline(std::ifstream(mark), loaded, '\0');
    if (!loaded.empty() && loaded != mark_of(size)) {
      fmt::print(stderr, "{} holds {}: give that size, or another folder\n", folder.string(), loaded);
      return 2;
    }
    if (loaded.empty()) {
      fmt::print(stderr, "loading {}\n", kind);
      if (!load_store(url, size, *types, options.minutes)) {
        fmt::print(stderr, "not all is loaded yet: run it again with the same --folder to go on\n");
        return 3;
      }
      std::ofstream(mark) << mark_of(size);
    }
    if (options.load_only) continue;
    settle(folder);
    boost::json::object one = Desk(options, url, *types).measure();
    one["store"] = kind;
    one["bare_commit_p99_ms"] = bare_commit_p99(folder, options);
    fmt::print("{}: open {:.1f} ms, search {:.1f} ms, inbox {:.1f} ms, create {:.1f} ms (p99; bare commit {:.1f} ms)\n",
               kind, one["open_p99_ms"].as_double(), one["search_p99_ms"].as_double(), one["inbox_p99_ms"].as_double(),
               one["create_p99_ms"].as_double(), one["bare_commit_p99_ms"].as_double());
    stores.push_back(std::move(one));
  }
  if (options.json)
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"orders", size.orders},
                                                                  {"contacts", size.contacts},
                                                                  {"customers", size.customers},
                                                                  {"creates_per_second", options.rate},
                                                                  {"stores", stores}}));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench orders: {}\n", error.what());
  return 1;
}

}  // namespace hotline::bench
