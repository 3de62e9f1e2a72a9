// SPDX-License-Identifier: Apache-2.0
// Fuzzes the JSON mapper: any bytes either give errors with a text, or a value which is written and read again
// unchanged.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/json/mapper.hpp"

namespace {

using namespace hotline;

enum class Kind { call, mail, letter };
BOOST_DESCRIBE_ENUM(Kind, call, mail, letter)

struct Item {
  CustomerId id;
  std::string name;
  std::optional<Kind> kind;
  friend bool operator==(const Item&, const Item&) = default;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, name, kind))

struct Document {
  std::vector<Item> items;
  std::optional<std::map<std::string, std::vector<std::int16_t>>> table;
  std::optional<TimePoint> at;
  std::optional<std::uint64_t> count;
  std::optional<bool> flag;
  std::optional<boost::json::value> extra;
};
BOOST_DESCRIBE_STRUCT(Document, (), (items, table, at, count, flag, extra))

/// Equal, but for the last bits of a fraction: Boost.JSON 1.81 does not round them exactly when it reads.
bool same(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_double() && b.is_number()) {
    const double x = a.get_double(), y = b.to_number<double>();
    return x == y || std::abs(x - y) <= 1e-14 * std::max(std::abs(x), std::abs(y));
  }
  if (a.is_array() && b.is_array()) {
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(),
                      [](const boost::json::value& x, const boost::json::value& y) { return same(x, y); });
  }
  if (a.is_object() && b.is_object()) {
    return a.get_object().size() == b.get_object().size() &&
           std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& member) {
             const auto* other = b.get_object().if_contains(member.key());
             return other != nullptr && same(member.value(), *other);
           });
  }
  return a == b;
}

bool same(const Document& a, const Document& b) {
  return a.items == b.items && a.table == b.table && a.at == b.at && a.count == b.count && a.flag == b.flag &&
         a.extra.has_value() == b.extra.has_value() && (!a.extra || same(*a.extra, *b.extra));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  jsonmap::Limits limits;
  limits.string_max = 256;
  limits.items_max = 64;
  const auto first = jsonmap::read<Document>({reinterpret_cast<const char*>(data), size}, limits);
  if (!first) {
    if (first.error().empty() || jsonmap::to_string(first.error()).empty()) std::abort();
    return 0;
  }
  const auto again = jsonmap::read<Document>(jsonmap::write(*first));
  if (!again || !same(*first, *again)) std::abort();
  return 0;
}
