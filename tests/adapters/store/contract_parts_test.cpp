// SPDX-License-Identifier: Apache-2.0
// The store's contract for what each agent of a contact has done and written.
#include <gmock/gmock.h>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class StorePartsTest : public StoreTest {
 protected:
  void SetUp() override { store().write_and_wait({make_contact(7, 10), first, second}); }
  app::ContactPart first{ContactId{7}, AgentId{1}, 1, at(10), 0s, 0s, 0s, "", "", ""};
  app::ContactPart second{ContactId{7}, AgentId{2}, 2, at(10), 0s, 0s, 0s, "", "", ""};
};

// Goal: the figures of a part and what its agent wrote come at different times and never undo each other.
TEST_P(StorePartsTest, FiguresAndNotesAreKeptApart) {
  store().write_and_wait({app::PutNotes{ContactId{7}, AgentId{2}, "fault", "", "port reset"}});
  second.talk = 30s;
  second.consult = 4s;
  store().write_and_wait({second});
  second.reason_code = "fault";
  second.note = "port reset";
  EXPECT_THAT(store().parts(ContactId{7}), ElementsAre(first, second));
}

TEST_P(StorePartsTest, AWrapUpIsTheContactsAndItsWritersAlone) {
  store().write_and_wait({app::PutWrapUp{ContactId{7}, "fault", "solved", "of the first", AgentId{1}},
                          app::PutWrapUp{ContactId{7}, "line", "solved", "of the second", AgentId{2}},
                          app::PutWrapUp{ContactId{7}, "line", "open", "a supervisor's", AgentId{99}}});
  const auto parts = store().parts(ContactId{7});
  ASSERT_EQ(parts.size(), 2U) << "who had no part in it has none by writing";
  EXPECT_EQ(parts[0].note, "of the first");
  EXPECT_EQ(parts[1].note, "of the second");
  EXPECT_EQ(parts[1].result_code, "solved");
  EXPECT_EQ(store().contact(ContactId{7})->note, "a supervisor's");
}

TEST_P(StorePartsTest, NotesOfAnUnknownPartChangeNothing) {
  store().write_and_wait({app::PutNotes{ContactId{7}, AgentId{3}, "fault", "", "x"},
                          app::PutNotes{ContactId{8}, AgentId{1}, "fault", "", "x"}});
  EXPECT_THAT(store().parts(ContactId{7}), ElementsAre(first, second));
  EXPECT_THAT(store().parts(ContactId{8}), IsEmpty());
  EXPECT_THROW(store().write_and_wait({app::PutNotes{ContactId{7}, AgentId{1}, "fault", "", "\xff"}}), app::BadText);
}

INSTANTIATE_TEST_SUITE_P(, StorePartsTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
