// SPDX-License-Identifier: Apache-2.0
// Fuzzes the JSON mapper: any bytes either give errors with a text, or a value which is written and read again
// unchanged.
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
  friend bool operator==(const Document&, const Document&) = default;
};
BOOST_DESCRIBE_STRUCT(Document, (), (items, table, at, count, flag, extra))

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
  if (!again || *again != *first) std::abort();
  return 0;
}
