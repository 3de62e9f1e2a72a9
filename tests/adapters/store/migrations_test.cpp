// SPDX-License-Identifier: Apache-2.0
// Migrations: applied once, whole or not at all, never edited, never older than the database; and what doctor finds.
#include "adapters/store/migrations.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "adapters/store/store.hpp"
#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class MigrationsTest : public testing::TestWithParam<Kind> {
 protected:
  MigrationsTest() : url_(fresh_url(GetParam(), folder_)), connection_(sql::open(url_, sql::Access::write)) {}
  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<sql::Connection> connection_;
};

constexpr Migration one{1, "0001_one",
                        "CREATE TABLE a (id {{int}} NOT NULL PRIMARY KEY, n {{int}} NOT NULL DEFAULT 0) {{table}};"};
constexpr Migration two{2, "0002_two", "CREATE TABLE b (id {{serial}}) {{table}}; INSERT INTO a (id) VALUES (1);"};

TEST_P(MigrationsTest, AppliesEachOnce) {
  const Migration first[] = {one}, both[] = {one, two};
  ASSERT_TRUE(migrate(*connection_, first));
  EXPECT_EQ(check_schema(*connection_, both).size(), 1U);
  ASSERT_TRUE(migrate(*connection_, both));
  ASSERT_TRUE(migrate(*connection_, both));
  EXPECT_THAT(check_schema(*connection_, both), IsEmpty());
  const auto rows = connection_->ask("SELECT count(*) FROM a");
  ASSERT_TRUE(rows->next());
  EXPECT_EQ(rows->integer(0), 1);
}

TEST_P(MigrationsTest, AFailedOneLeavesNothing) {
  const Migration broken[] = {one, {2, "0002_two", "CREATE TABLE b (id {{int}}); INSERT INTO nowhere VALUES (1);"}};
  EXPECT_THROW((void)migrate(*connection_, broken), sql::Error);
  const Migration mended[] = {one, two};
  EXPECT_EQ(check_schema(*connection_, mended).size(), 1U);
  EXPECT_TRUE(migrate(*connection_, mended)) << "table b was left behind";
}

TEST_P(MigrationsTest, RefusesAnEditedOne) {
  const Migration first[] = {one}, edited[] = {{1, "0001_one", "CREATE TABLE a (id {{int}});"}, two};
  ASSERT_TRUE(migrate(*connection_, first));
  const auto refused = migrate(*connection_, edited);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("0001_one"));
  EXPECT_THROW((void)connection_->ask("SELECT count(*) FROM b")->next(), sql::Error) << "nothing was changed";
}

TEST_P(MigrationsTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(open_store(url_));
  connection_->tell("INSERT INTO schema_version (version, name, checksum) VALUES ($1, $2, $3)", 9999, "9999_future",
                    "x");
  connection_->finish();
  const auto refused = open_store(url_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("9999"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("newer program"));
  EXPECT_EQ(check(url_).size(), 1U);
}

TEST_P(MigrationsTest, TwoProgramsMayStartAtOnce) {
  std::vector<std::future<bool>> starts;
  for (int i = 0; i < 4; ++i)
    starts.push_back(std::async(std::launch::async, [&] { return open_store(url_).has_value(); }));
  for (auto& start : starts) EXPECT_TRUE(start.get());
  EXPECT_THAT(check(url_), IsEmpty());
}

TEST_P(MigrationsTest, ErrorsHaveTheirKinds) {
  ASSERT_TRUE(migrate(*connection_, std::array{one}));
  const auto kind_of = [&](auto&& statement) {
    try {
      sql::Transaction transaction(*connection_);
      statement();
      transaction.commit();
    } catch (const sql::Error& error) {
      return std::string(sql::to_string(error.kind));
    }
    return std::string("none");
  };
  EXPECT_EQ(kind_of([&] { connection_->tell("INSERT INTO a (id) VALUES ($1)", 5); }), "none");
  EXPECT_EQ(kind_of([&] { connection_->tell("INSERT INTO a (id) VALUES ($1)", 5); }), "unique");
  EXPECT_EQ(kind_of([&] { connection_->tell("INSERT INTO a (id, n) VALUES ($1, $2)", 6, sql::Null{}); }), "constraint");
  EXPECT_EQ(kind_of([&] { connection_->tell("INSERT INTO a (id) VALUES ($1)", "text"); }), "constraint");
  EXPECT_EQ(kind_of([&] { connection_->tell("INSERT INTO nowhere (id) VALUES ($1)", 5); }), "other");
  EXPECT_EQ(kind_of([&] { (void)connection_->ask("SELECT $1 || 'x'", std::string_view("a\0b", 3)); }), "bad_text");
  EXPECT_EQ(kind_of([&] { (void)sql::to_value(~0ULL); }), "constraint");
  const auto rows = connection_->ask("SELECT id FROM a");
  ASSERT_TRUE(rows->next());
  EXPECT_EQ(rows->integer(0), 5);
  EXPECT_THROW((void)rows->text(0), sql::Error) << "a number is not text";
}

INSTANTIATE_TEST_SUITE_P(, MigrationsTest, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& kind) { return kind.param == Kind::sqlite ? "Sqlite" : "Postgres"; });

TEST(StoreCheck, TellsWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/hotline.db";
  ASSERT_EQ(check("sqlite:" + file).size(), 1U) << "no file";
  EXPECT_FALSE(std::filesystem::exists(file)) << "looking makes no file";
  {
    auto store = open_or_throw("sqlite:" + file);
    store->save_customers({make_customer(1, "林志明", {"059088110001"})});
  }
  EXPECT_THAT(check("sqlite:" + file), IsEmpty());
  {
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096 * 3);
    damage << std::string(4096, '\x5a');
  }
  const auto problems = check("sqlite:" + file);
  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems.front().remedy, HasSubstr("backup"));
}

TEST(StoreOpen, SaysClearlyWhyItCannot) {
  const auto nowhere = open_store("sqlite:/nowhere/at/all/hotline.db");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("folder"));
  EXPECT_FALSE(open_store("mysql://x"));
  EXPECT_FALSE(open_store("sqlite::memory:"));
  const auto away = open_store("postgresql://user:secret@/x?host=/nowhere");
  ASSERT_FALSE(away);
  EXPECT_THAT(away.error().what, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(without_password("postgresql://user:p@ss@host/x"), "postgresql://user:***@host/x");
  EXPECT_EQ(without_password("postgresql:///x?password=p&host=h"), "postgresql:///x?password=***&host=h");
  EXPECT_EQ(without_password("sqlite:/a:b@c.db"), "sqlite:/a:b@c.db");
}

}  // namespace
}  // namespace hotline::store::test
