// SPDX-License-Identifier: Apache-2.0
// What `bench orders` measures is what the product would have written: every loaded order can be read and its history
// verifies, and a load that was broken off goes on.
#include "bench/order_load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "app/demo/organisation.hpp"
#include "app/orders/order_desk.hpp"
#include "vault/sha256.hpp"

namespace hotline::bench {
namespace {

TEST(OrderLoad, LoadsOrdersWhoseHistoriesVerify) {
  std::string folder = "/tmp/hotline_load_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string url = "sqlite:" + folder + "/hotline.db";
  const auto types = orders::load(HOTLINE_SOURCE_DIR "/orders");
  ASSERT_TRUE(types.has_value());
  const LoadSize size{600, 3'000, 200};
  EXPECT_FALSE(load_store(url, size, *types, 0)) << "no time: broken off after the first piece";
  EXPECT_TRUE(load_store(url, size, *types, 10));
  {
    auto store = store::open_store(url);
    ASSERT_TRUE(store.has_value());
    (*store)->orders()->save_organisation(app::demo::make_organisation(1, {}).organisation);
    app::OrderDesk desk(*(*store)->orders(), *types, vault::sha256_hex, {});
    std::size_t open = 0;
    for (std::uint64_t i = 0; i < size.orders; ++i) {
      const auto row = (*store)->orders()->order(loaded_order(size, i));
      ASSERT_TRUE(row) << i;
      EXPECT_EQ(desk.wrong_with(*row), "");
      EXPECT_EQ(row->title, loaded_title(i));
      EXPECT_TRUE(desk.is_indexed(*row));
      open += row->closed ? 0 : 1;
    }
    EXPECT_EQ(open, size.orders / 100);
    const auto found = (*store)->orders()->orders({.search = loaded_title(7)});
    EXPECT_TRUE(std::ranges::any_of(found, [&](const app::OrderRow& row) { return row.title == loaded_title(7); }));
    EXPECT_EQ((*store)->contacts({.phone_suffix = loaded_phone(7), .limit = 200}).empty(), false);
    EXPECT_EQ((*store)->find_customers(loaded_name(7), 200).empty(), false);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hotline::bench
