// SPDX-License-Identifier: Apache-2.0
// The store's contract for the watchdog's differences, the recording ledger by day and the wallboard's settings.
#include <gmock/gmock.h>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreWatchTest : public StoreTest {};

TEST_P(StoreWatchTest, DifferencesAreNewestFirstAndOldOnesGo) {
  const auto row = [](std::int64_t at_ms, const char* kind) {
    app::StoredDifference difference;
    difference.at = at(at_ms);
    difference.kind = kind;
    difference.node = "voice1";
    difference.contact = ContactId{7};
    difference.leg = LegId{8};
    difference.agent = AgentId{9};
    difference.phone = "8001";
    difference.cause = "无";
    difference.repair = "done";
    return difference;
  };
  store().write_and_wait({row(1, "a"), row(3, "b"), row(2, "c")});
  if (durable()) reopen();
  EXPECT_THAT(store().differences(at(0), 10), ElementsAre(row(3, "b"), row(2, "c"), row(1, "a")));
  EXPECT_THAT(store().differences(at(2), 10), ElementsAre(row(3, "b"), row(2, "c")));
  EXPECT_THAT(store().differences(at(0), 1), ElementsAre(row(3, "b")));
  store().write_and_wait({app::DropDifferences{at(3)}});
  EXPECT_THAT(store().differences(at(0), 10), ElementsAre(row(3, "b")));
}

TEST_P(StoreWatchTest, ADayOfTheLedgerTakesThePlaceOfTheOneBefore) {
  const app::LedgerDay day{"2026-11-23", at(5), 10, 9, 1'000'000, 999'000, 3'000};
  const app::LedgerGap late{"2026-11-23", ContactId{2}, at(30), at(900), "began_late"};
  const app::LedgerGap lost{"2026-11-23", ContactId{1}, at(10), at(500), "node_lost: voice node restarted"};
  const app::LedgerDay before{"2026-11-22", at(4), 1, 1, 1, 1, 0};
  store().write_and_wait({app::PutLedgerDay{before, {}}, app::PutLedgerDay{day, {late, lost}}});
  if (durable()) reopen();
  EXPECT_THAT(store().ledger_days(10), ElementsAre(day, before));
  EXPECT_THAT(store().ledger_days(1), ElementsAre(day));
  EXPECT_THAT(store().ledger_gaps("2026-11-23", 10), ElementsAre(lost, late));
  EXPECT_THAT(store().ledger_gaps("2026-11-22", 10), IsEmpty());
  app::LedgerDay again = day;
  again.complete = 10;
  store().write_and_wait({app::PutLedgerDay{again, {}}});
  EXPECT_THAT(store().ledger_days(10), ElementsAre(again, before));
  EXPECT_THAT(store().ledger_gaps("2026-11-23", 10), IsEmpty());
}

TEST_P(StoreWatchTest, TheWallboardsSettingsArePartOfTheWorld) {
  EXPECT_EQ(store().load_world().wallboard, "");
  store().write_and_wait({app::PutWallboardSettings{"{}"}, app::PutWallboardSettings{R"({"limits":[]})"}});
  if (durable()) reopen();
  EXPECT_EQ(store().load_world().wallboard, R"({"limits":[]})");
}

INSTANTIATE_TEST_SUITE_P(, StoreWatchTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
