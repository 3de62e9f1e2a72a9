// SPDX-License-Identifier: Apache-2.0
// Goal: a media thread that has stopped is noticed, for every call is silent then; one that is late is not accused.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace hotline::voice::node {
namespace {

class MediaHangs : public test::NodeTest {
 protected:
  MediaHangs() {
    config.media_hangs = [this] { ++ended; };
    start();
  }
  int ended = 0;
};

TEST_F(MediaHangs, OneThatComesRoundIsLeftAlone) {
  loop.advance(Duration{60'000});
  EXPECT_EQ(ended, 0);
}

TEST_F(MediaHangs, OneThatDoesNotEndsTheNode) {
  media.hangs = true;
  loop.advance(Duration{4'000});
  EXPECT_EQ(ended, 0) << "it may only be late";
  media.waiting_ping();
  loop.advance(Duration{4'000});
  EXPECT_EQ(ended, 0);
  loop.advance(Duration{12'000});
  EXPECT_GE(ended, 1);
}

}  // namespace
}  // namespace hotline::voice::node
