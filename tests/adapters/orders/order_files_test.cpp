// SPDX-License-Identifier: Apache-2.0
// Type files: every key arrives in the book, and every mistake is told with its file, line and remedy.
#include "adapters/orders/order_files.hpp"

#include <gmock/gmock.h>

namespace hotline::orders {
namespace {

using namespace workorder;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kLoop = R"(start = "new"
[[state]]
code = "new"
name = { en = "New", zh_hans = "新", zh_hant = "新" }
[[state]]
code = "solved"
name = { en = "Solved", zh_hans = "好", zh_hant = "好" }
[[state]]
code = "told"
name = { en = "Told", zh_hans = "告", zh_hant = "告" }
[[state]]
code = "gone"
name = { en = "Gone", zh_hans = "完", zh_hant = "完" }
end = true
[[step]]
code = "fix"
verb = "solve"
name = { en = "Fix", zh_hans = "修", zh_hant = "修" }
from = ["new"]
to = "solved"
who = ["owner", "hotline"]
text = true
evidence = true
fields = ["area"]
[[step]]
code = "tell"
name = { en = "Tell", zh_hans = "告", zh_hant = "告" }
from = "solved"
to = "told"
who = "owner"
[[step]]
code = "ask"
name = { en = "Ask", zh_hans = "问", zh_hant = "問" }
from = ["told"]
to = "gone"
otherwise = "new"
who = ["owner", "supervisor"]
[allow]
note = ["owner"]
)";
constexpr const char* kType = R"(loop = "short"
prefix = "XY"
name = { en = "Thing", zh_hans = "事", zh_hant = "事" }
closing = ["cause"]
create_by = ["hotline", "partner"]
reopen_days = 5
asks_least = 2
wait_max = "3d"
extensions_max = 1
unsatisfied_least = 2
[[field]]
code = "area"
name = { en = "Area", zh_hans = "区", zh_hant = "區" }
kind = "choice"
required = true
choices = [
  { code = "urban", en = "Urban", zh_hans = "城", zh_hant = "城" },
  { code = "rural", en = "Rural", zh_hans = "乡", zh_hant = "鄉" },
]
[[field]]
code = "amount"
name = { en = "Amount", zh_hans = "额", zh_hant = "額" }
kind = "money"
least = 1
most = 500
[[clock]]
code = "total"
name = { en = "Total", zh_hans = "总", zh_hant = "總" }
calendar = "department"
limit = "48h"
limit_field = "area"
limits = { rural = "72h" }
runs_in = ["new"]
ends_with = ["tell"]
each_entry = true
pauses = false
extensible = true
warn_before = ["8h", "30m"]
escalations = [
  { after = "0h", to = "department_head" },
  { after = "1d", to = "general_manager" },
]
)";

std::vector<OrderFile> files(const std::string& type = kType, const std::string& loop = kLoop) {
  return {{"orders/thing.toml", type, false}, {"orders/loops/short.toml", loop, true}};
}
FileProblems problems_of(const std::string& type, const std::string& loop = kLoop) {
  auto book = parse(files(type, loop));
  return book ? FileProblems{} : book.error();
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(OrderFiles, BringsEveryKeyIntoTheBook) {
  const auto book = parse(files());
  ASSERT_TRUE(book) << to_string(book.error().front());
  const Type& type = book->at("thing");
  EXPECT_EQ(type.prefix, "XY");
  EXPECT_EQ(type.name.zh_hant, "事");
  EXPECT_EQ(type.start, "new");
  EXPECT_THAT(type.closing, ElementsAre("cause"));
  EXPECT_THAT(type.create_by, ElementsAre(Who::hotline, Who::partner));
  EXPECT_EQ(type.reopen_days, 5);
  EXPECT_EQ(type.asks_least, 2);
  EXPECT_EQ(type.wait_max, hours{72});
  EXPECT_EQ(type.extensions_max, 1);
  EXPECT_EQ(type.unsatisfied_least, 2);
  ASSERT_THAT(type.fields, SizeIs(2));
  EXPECT_TRUE(type.fields[0].required);
  EXPECT_EQ(type.fields[0].choices[1].code, "rural");
  EXPECT_EQ(type.fields[1].kind, FieldKind::money);
  EXPECT_EQ(type.fields[1].most, 500);
  ASSERT_THAT(type.states, SizeIs(4));
  EXPECT_TRUE(type.states[3].end);
  const Step& fix = *type.step("fix");
  EXPECT_EQ(fix.verb, Action::solve);
  EXPECT_TRUE(fix.text && fix.evidence);
  EXPECT_THAT(fix.fields, ElementsAre("area"));
  EXPECT_THAT(fix.who, ElementsAre(Who::owner, Who::hotline));
  EXPECT_EQ(type.step("ask")->otherwise, "new");
  EXPECT_THAT(type.allowed(Action::note), ElementsAre(Who::owner));
  EXPECT_FALSE(type.allowed(Action::chase).empty()) << "as usual";
  const Clock& clock = *type.clock("total");
  EXPECT_EQ(clock.limit, hours{48});
  EXPECT_EQ(clock.limits.at("rural"), hours{72});
  EXPECT_EQ(clock.calendar, Clock::kDepartment);
  EXPECT_THAT(clock.warn_before, ElementsAre(hours{8}, minutes{30}));
  EXPECT_EQ(clock.escalations,
            (std::vector<Escalation>{{{}, Level::department_head}, {hours{24}, Level::general_manager}}));
  EXPECT_TRUE(clock.each_entry && !clock.pauses && clock.extensible);
}

struct Mistake {
  const char* name;
  bool in_loop;
  const char *from, *to;
  const char* says;
};
void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class OrderFileMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(OrderFileMistakes, AreToldWithFileLineAndRemedy) {
  const auto& [name, in_loop, from, to, says] = GetParam();
  const auto problems =
      in_loop ? problems_of(kType, replaced(kLoop, from, to)) : problems_of(replaced(kType, from, to));
  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(to_string(problems.front()), HasSubstr(says));
  EXPECT_THAT(problems.front().file, HasSubstr(in_loop ? "short.toml" : "thing.toml"));
  EXPECT_FALSE(problems.front().remedy.empty());
}

INSTANTIATE_TEST_SUITE_P(
    , OrderFileMistakes,
    testing::Values(
        Mistake{"Syntax", false, "prefix = \"XY\"", "prefix = ", "not valid TOML"},
        Mistake{"UnknownKey", false, "prefix", "prefyx", "prefix is missing"},
        Mistake{"NoLoop", false, "\"short\"", "\"long\"", ":1: there is no loop \"long\""},
        Mistake{"Prefix", false, "\"XY\"", "\"xy\"", "prefix is \"xy\""},
        Mistake{"Closing", false, "\"cause\"", "\"guilt\"", "no closing condition"},
        Mistake{"FieldKind", false, "\"money\"", "\"gold\"", "kind is \"gold\""},
        Mistake{"Duration", false, "\"48h\"", "\"48x\"", "limit is \"48x\""},
        Mistake{"WarnBefore", false, "[\"8h\", \"30m\"]", "[\"30m\", \"8h\"]",
                "clock \"total\": warn_before does not fall"},
        Mistake{"Level", false, "\"general_manager\"", "\"king\"", "to is \"king\""},
        Mistake{"LimitField", false, "\"area\"\nlimits", "\"amount\"\nlimits", "no choice field"},
        Mistake{"Who", true, "[\"owner\", \"hotline\"]", "[\"anyone\"]", "who has \"anyone\""},
        Mistake{"Verb", true, "verb = \"solve\"", "verb = \"jump\"", "no verb of a step"},
        Mistake{"UnknownState", true, "to = \"solved\"", "to = \"nowhere\"", "there is no state \"nowhere\""},
        Mistake{"OutOfAnEnd", true, "from = [\"told\"]", "from = [\"told\", \"gone\"]", "it leads out of an end"},
        Mistake{"SilentEnd", true, "to = \"solved\"\nwho = [\"owner\", \"hotline\"]",
                "to = \"gone\"\nwho = [\"owner\", \"hotline\"]", "no order can come into it"},
        Mistake{"Trap", true, "from = \"solved\"", "from = \"told\"", "no order can come into it"}),
    [](const auto& mistake) { return mistake.param.name; });

TEST(OrderFiles, AnOrderThatCouldStandForEverIsATrap) {
  const std::string loop = std::string(kLoop) + R"([[state]]
code = "shelf"
name = { en = "Shelf", zh_hans = "架", zh_hant = "架" }
[[step]]
code = "shelve"
verb = "move"
name = { en = "Shelve", zh_hans = "搁", zh_hant = "擱" }
from = ["new"]
to = "shelf"
who = ["owner"]
)";
  // "[allow]" would swallow what comes behind it: the tables of arrays begin anew.
  const auto problems = problems_of(kType, loop);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(to_string(problems[0]), HasSubstr("state \"shelf\": an order can stand here with no way to the end"));
  EXPECT_GE(problems[0].line, 40U) << "where the state stands";
}

TEST(OrderFiles, TwoTypesDoNotShareAPrefix) {
  auto two = files();
  two.push_back({"orders/other.toml", kType, false});
  const auto book = parse(two);
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().front().what, HasSubstr("the prefix \"XY\" is that of \"thing\""));
}

TEST(OrderFiles, AFolderThatIsNotThereIsAProblem) {
  const auto book = load("/nowhere/orders");
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().front().what, HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace hotline::orders
