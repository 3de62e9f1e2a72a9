// SPDX-License-Identifier: Apache-2.0
#include "bench/order_load.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "adapters/store/bulk.hpp"
#include "app/demo/organisation.hpp"
#include "bench/order_templates.hpp"
#include "vault/sha256.hpp"

namespace hotline::bench {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr TimePoint years_end{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}.time_since_epoch()};
constexpr days orders_span{5 * 365}, contacts_span{395};
/// The newest orders are open: one in a hundred.
constexpr std::uint64_t open_share = 100;
constexpr std::uint64_t orders_at_once = 4'000, contacts_at_once = 100'000;

/// Related in no way to its neighbours (the finalizer of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

TimePoint moment(days span, std::uint64_t index, std::uint64_t count) {
  const auto whole = static_cast<unsigned __int128>(Duration{span}.count());
  return years_end - span + Duration{static_cast<std::int64_t>(whole * index / count)};
}

/// As app's ids: seconds, then a counter (ADR 7).
std::uint64_t id_at(TimePoint at, std::uint64_t index) {
  return (static_cast<std::uint64_t>(to_unix_ms(at) / 1000) << 24U) + 1 + (index & 0xFF'FFFFU);
}

std::uint64_t customer_of(const LoadSize& size, std::uint64_t seed) {
  return 1 + mixed(seed) % size.customers;
}

app::Contact contact_of(const LoadSize& size, std::uint64_t index) {
  static constexpr std::array lines{"business", "faults", "complaints", "enquiries", "orders"};
  static constexpr std::array reasons{"bill", "fault", "install", "complaint", "number", "other"};
  const std::uint64_t r = mixed(index ^ 0xC0ULL);
  app::Contact c;
  c.started_at = moment(contacts_span, index, size.contacts);
  c.id = ContactId{id_at(c.started_at, index)};
  const std::uint64_t customer = customer_of(size, r);
  c.from = loaded_phone(customer);
  c.to = "1000";
  c.service_line = lines[r % lines.size()];
  c.language = r % 10 == 0 ? "en" : "cmn";
  if (r % 4 != 0) c.customer = CustomerId{customer};
  const bool self_service = r % 100 < 45, abandoned = r % 100 >= 96;
  c.outcome = self_service ? "self_service" : abandoned ? "abandoned" : "answered";
  c.end_cause = "caller_hangup";
  c.wait = Duration{self_service ? 0 : static_cast<std::int64_t>(r % 40'000)};
  if (!self_service) c.queue = c.service_line;
  if (!self_service && !abandoned) {
    c.agent = c.owner = AgentId{8'001 + r / 7 % 150};
    c.talk = Duration{20'000 + static_cast<std::int64_t>(r % 240'000)};
    c.reason_code = reasons[r % reasons.size()];
    c.result_code = "done";
  }
  c.ended_at = c.started_at + c.wait + c.talk + seconds{25};
  return c;
}

class Loader {
 public:
  Loader(const std::string& url, const LoadSize& size, const workorder::TypeBook& types, double minutes)
      : bulk_(url),
        size_(size),
        types_(types),
        until_(Clock::now() +
               std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::ratio<60>>(minutes))) {}

  bool run() {
    if (!customers() || !contacts() || !orders()) return false;
    say("indexes");
    bulk_.finish();
    return true;
  }

 private:
  [[nodiscard]] bool late() const { return Clock::now() > until_; }
  void say(const std::string& what) {
    fmt::print(stderr, "{:7.1f} s: {}\n", std::chrono::duration<double>(Clock::now() - began_).count(), what);
  }

  bool customers() {
    std::vector<app::Customer> some;
    for (std::uint64_t i = bulk_.highest("customer", "id") + 1; i <= size_.customers; ++i) {
      app::Customer c;
      c.id = CustomerId{i};
      c.number = fmt::format("C{:09}", i);
      c.name = loaded_name(i);
      c.vip = i % 200 == 0;
      c.language = "cmn";
      c.address = fmt::format("五四路{}号{}室", i % 400 + 1, i % 30 + 101);
      c.district = i % 3 == 0 ? "gulou" : "taijiang";
      c.since = years_end - days{static_cast<std::int64_t>(i % 7'000)};
      c.phones.push_back({loaded_phone(i), "fixed_line", "0591-1", "active"});
      some.push_back(std::move(c));
      if (some.size() == 20'000 || i == size_.customers) {
        bulk_.add(some);
        bulk_.flush();
        some.clear();
        if (late()) return false;
      }
    }
    say(fmt::format("{} customers", size_.customers));
    return true;
  }

  bool contacts() {
    // Ids rise with their numbers, so that the highest one tells how many there are.
    const std::uint64_t highest = bulk_.highest("contact", "id");
    std::uint64_t from = 0, to = size_.contacts;
    while (from < to) {
      const std::uint64_t middle = from + (to - from) / 2;
      const TimePoint at = moment(contacts_span, middle, size_.contacts);
      (id_at(at, middle) <= highest ? from : to) = id_at(at, middle) <= highest ? middle + 1 : middle;
    }
    for (std::uint64_t i = from; i < size_.contacts; ++i) {
      const app::Contact contact = contact_of(size_, i);
      bulk_.add(app::Change{contact});
      if (contact.agent) {
        app::ContactPart part;
        part.contact = contact.id;
        part.agent = *contact.agent;
        part.started_at = contact.started_at;
        part.talk = contact.talk;
        part.reason_code = contact.reason_code;
        part.result_code = contact.result_code;
        bulk_.add(app::Change{part});
      }
      if ((i + 1) % contacts_at_once != 0 && i + 1 != size_.contacts) continue;
      bulk_.flush();
      if ((i + 1) % (contacts_at_once * 20) == 0) say(fmt::format("{} contacts", i + 1));
      if (late()) return false;
    }
    say(fmt::format("{} contacts", size_.contacts));
    return true;
  }

  bool orders() {
    const std::uint64_t highest = bulk_.highest("work_order", "id");
    std::uint64_t i = 0;
    if (highest != 0) {  // whole pieces only are there
      std::uint64_t from = 0, to = size_.orders;
      while (from < to) {
        const std::uint64_t middle = from + (to - from) / 2;
        if (loaded_order(size_, middle).value() <= highest)
          from = middle + 1;
        else
          to = middle;
      }
      i = from;
    }
    if (i == size_.orders) return true;
    const OrderTemplates templates = make_order_templates(types_, vault::sha256_hex);
    say(fmt::format("{} closed and {} open templates", templates.closed.size(), templates.open.size()));
    std::vector<app::OrderCommand> commands;
    const std::uint64_t open_from = size_.orders - size_.orders / open_share;
    for (; i < size_.orders; ++i) {
      const std::uint64_t r = mixed(i ^ 0x0DULL);
      const auto& from = i < open_from ? templates.closed : templates.open;
      OrderTemplate::Copy as;
      as.id = loaded_order(size_, i);
      as.created_at = moment(orders_span, i, size_.orders);
      const std::uint64_t customer = customer_of(size_, r);
      as.customer = CustomerId{customer};
      as.contact = contact_of(size_, r % size_.contacts).id;
      as.person = loaded_name(customer);
      as.phone = loaded_phone(customer);
      as.title = loaded_title(i);
      as.command_prefix = fmt::format("{:012x}-4{:03x}", i, r & 0xFFFU);
      bulk_.add(from[r / 3 % from.size()].copy(as, vault::sha256_hex, commands));
      for (const app::OrderCommand& command : commands) bulk_.add(command);
      if ((i + 1) % orders_at_once != 0 && i + 1 != size_.orders) continue;
      bulk_.flush();
      if ((i + 1) % (orders_at_once * 25) == 0) say(fmt::format("{} orders", i + 1));
      if (late()) return false;
    }
    say(fmt::format("{} orders", size_.orders));
    return true;
  }

  store::BulkLoad bulk_;
  LoadSize size_;
  const workorder::TypeBook& types_;
  Clock::time_point began_ = Clock::now(), until_;
};

}  // namespace

WorkOrderId loaded_order(const LoadSize& size, std::uint64_t index) {
  return WorkOrderId{id_at(moment(orders_span, index, size.orders), index)};
}

std::string loaded_phone(std::uint64_t customer) {
  return fmt::format("0591{:08}", 80'000'000 + customer * 37 % 9'999'991);
}

std::string loaded_name(std::uint64_t customer) {
  static constexpr std::array family{"陈", "林", "黄", "张", "李", "王", "吴",
                                     "刘", "郑", "杨", "蔡", "许", "郭", "何"};
  static constexpr std::array given{"伟", "芳", "秀英", "敏",   "静",   "丽", "强", "磊",   "军",
                                    "洋", "勇", "艳",   "杰",   "娟",   "涛", "明", "超",   "秀兰",
                                    "霞", "平", "刚",   "桂英", "建国", "文", "华", "玉兰", "志强"};
  const std::uint64_t r = mixed(customer ^ 0x4EULL);
  return std::string(family[r % family.size()]) + given[r / 17 % given.size()] +
         (r % 5 == 0 ? given[r / 491 % given.size()] : "");
}

std::string loaded_title(std::uint64_t index) {
  static constexpr std::array what{"宽带",     "固定电话", "小灵通", "来电显示", "账单",   "电话杂音",
                                   "无拨号音", "移机",     "装机",   "停机",     "上网慢", "装维人员"};
  static constexpr std::array how{"多收费用", "三天没有修好", "中断",     "预约未到", "无法接通", "申请办理",
                                  "要求退费", "态度不好",     "经常掉线", "重复扣款", "未开通",   "号码有误"};
  static constexpr std::array where{"鼓楼区", "台江区", "仓山区", "晋安区", "马尾区",
                                    "长乐",   "福清",   "闽侯",   "连江",   "罗源"};
  const std::uint64_t r = mixed(index ^ 0x71ULL);
  return std::string(where[r % where.size()]) + what[r / 11 % what.size()] + how[r / 149 % how.size()];
}

TimePoint loaded_until() {
  return years_end;
}

bool load_store(const std::string& url, const LoadSize& size, const workorder::TypeBook& types, double minutes) {
  return Loader(url, size, types, minutes).run();
}

}  // namespace hotline::bench
