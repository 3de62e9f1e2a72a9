// SPDX-License-Identifier: Apache-2.0
// Goal: a group's changes leave the same rows behind as all of its batches one by one would.
#include "adapters/store/coalesce.hpp"

#include <gmock/gmock.h>

namespace hotline::store {
namespace {

app::LiveCall call(std::uint64_t id, std::string state) {
  return {CallId{id}, "voice1", std::move(state)};
}

TEST(Coalesce, ARowIsWrittenOnceAtItsFirstPlaceWithItsLastValue) {
  const app::Batch first{app::NodeCursor{"voice1", 1, 10}, call(1, "a"), call(2, "b")};
  const app::Batch second{app::NodeCursor{"voice1", 1, 11}, call(1, "c"), app::NodeCursor{"voice2", 1, 11}};
  const auto changes = coalesce({&first, &second});
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(std::get<app::NodeCursor>(*changes[0]).seq, 11);
  EXPECT_EQ(std::get<app::LiveCall>(*changes[1]).state, "c");
  EXPECT_EQ(std::get<app::LiveCall>(*changes[2]).state, "b");
  EXPECT_EQ(std::get<app::NodeCursor>(*changes[3]).node, "voice2");
}

TEST(Coalesce, ACallBegunAndEndedInOneGroupIsOnlyDropped) {
  const app::Batch first{call(1, "a")};
  const app::Batch second{app::DropLiveCall{CallId{1}}};
  const auto changes = coalesce({&first, &second});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<app::DropLiveCall>(*changes[0]));
}

TEST(Coalesce, TheSameIdInTwoTablesIsTwoRows) {
  app::Contact contact;
  contact.id = ContactId{1};
  app::Leg leg;
  leg.id = LegId{1};
  const app::Batch batch{contact, leg, call(1, "a")};
  EXPECT_EQ(coalesce({&batch}).size(), 3U);
}

TEST(Coalesce, WhatAddsUpIsAllWritten) {
  const app::Batch batch{app::ContactEvent{ContactId{1}, 1, {}, "a", ""},
                         app::ContactEvent{ContactId{1}, 2, {}, "b", ""}, app::AddAudit{}, app::AddAudit{}};
  EXPECT_EQ(coalesce({&batch, &batch}).size(), 8U);
}

}  // namespace
}  // namespace hotline::store
