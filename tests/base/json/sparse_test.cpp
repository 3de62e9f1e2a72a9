// SPDX-License-Identifier: Apache-2.0
// Goal: what is left out is read back as it was, also where a struct inside another begins with values of its own.
#include "base/json/sparse.hpp"

#include <gtest/gtest.h>

namespace hotline {
namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
  int count = 0;
  std::string name;
  bool on = true;
  friend bool operator==(const Inner&, const Inner&) = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (count, name, on))

struct Outer {
  Inner inner{5, "five", false};
  std::optional<int> number = 3;
  std::optional<Inner> maybe;
  std::vector<Inner> list;
  std::map<std::string, Inner> by_name;
  Colour colour = Colour::green;
  std::chrono::milliseconds time{7};
  friend bool operator==(const Outer&, const Outer&) = default;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (inner, number, maybe, list, by_name, colour, time))

std::string sparse(const Outer& value) {
  std::string out;
  jsonmap::append_sparse(out, value);
  return out;
}

Outer read(const std::string& text) {
  const auto value = jsonmap::read<Outer>(text, {.missing_ok = true});
  EXPECT_TRUE(value) << text;
  return value ? *value : Outer{};
}

TEST(Sparse, AFreshValueHasNothingToSayButWhatReadingWouldTakeAway) {
  EXPECT_EQ(sparse({}), R"({"number":3})");
  EXPECT_EQ(read(sparse({})), Outer{});
}

TEST(Sparse, OnlyWhatDiffersIsWritten) {
  Outer value;
  value.inner.count = 0;  // as in a fresh Inner, but not as in a fresh Outer
  value.number.reset();
  value.colour = Colour::red;
  EXPECT_EQ(sparse(value), R"({"inner":{"count":0},"colour":"red"})");
  EXPECT_EQ(read(sparse(value)), value);
}

TEST(Sparse, WhatIsInContainersBeginsAsAFreshValueOfItsOwn) {
  Outer value;
  value.maybe = Inner{};
  value.list = {Inner{}, Inner{5, "five", false}};
  value.by_name["a \"b\""] = Inner{1, "", true};
  EXPECT_EQ(
      sparse(value),
      R"({"number":3,"maybe":{},"list":[{},{"count":5,"name":"five","on":false}],"by_name":{"a \"b\"":{"count":1}}})");
  EXPECT_EQ(read(sparse(value)), value);
}

TEST(Sparse, TheWholeTextIsReadToo) {
  Outer value;
  value.list = {Inner{2, "two", true}};
  EXPECT_EQ(read(jsonmap::write(value)), value);
}

}  // namespace
}  // namespace hotline
