// SPDX-License-Identifier: Apache-2.0
// Goal: frames come out as they went in, however the stream is cut, and a hostile length ends the stream.
#include "voice_link/frame.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hotline::voice_link {
namespace {

std::vector<std::string> read_all(FrameReader& reader) {
  std::vector<std::string> result;
  while (const auto payload = reader.next()) result.emplace_back(*payload);
  return result;
}

TEST(Frame, every_way_of_cutting_the_stream_gives_the_same_payloads) {
  const std::vector<std::string> payloads{"first", "", std::string(300, 'x'), "last"};
  std::string bytes;
  for (const auto& payload : payloads) ASSERT_TRUE(append_frame(bytes, payload));
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view(bytes).substr(at, piece));
      for (auto& payload : read_all(reader)) got.push_back(std::move(payload));
    }
    ASSERT_EQ(got, payloads) << "in pieces of " << piece;
    ASSERT_FALSE(reader.broken());
  }
}

TEST(Frame, a_payload_of_the_limit_passes_and_one_byte_more_is_refused) {
  std::string bytes;
  EXPECT_FALSE(append_frame(bytes, std::string(frame_bytes_max + 1, 'x')));
  EXPECT_TRUE(bytes.empty());
  ASSERT_TRUE(append_frame(bytes, std::string(frame_bytes_max, 'x')));
  FrameReader reader;
  reader.feed(bytes);
  const auto payload = reader.next();
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->size(), frame_bytes_max);
}

TEST(Frame, a_length_over_the_limit_breaks_the_reader_for_good) {
  for (const std::string& header :
       {std::string("\x00\x10\x00\x01", 4), std::string("\xff\xff\xff\xff", 4), std::string("GET ")}) {
    FrameReader reader;
    reader.feed(header);
    EXPECT_EQ(reader.next(), std::nullopt);
    EXPECT_TRUE(reader.broken());
    std::string good;
    ASSERT_TRUE(append_frame(good, "good"));
    reader.feed(good);
    EXPECT_EQ(reader.next(), std::nullopt) << "nothing behind it can be trusted";
  }
}

}  // namespace
}  // namespace hotline::voice_link
