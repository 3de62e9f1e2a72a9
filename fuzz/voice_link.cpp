// SPDX-License-Identifier: Apache-2.0
// What arrives on the voice link's socket: frames cut anywhere, and messages of either direction in them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "voice_link.pb.h"
#include "voice_link/frame.hpp"
#include "voice_link/outbox.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = std::size_t{1} + data[0];  // the first byte says how the rest is cut
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  hotline::voice_link::FrameReader reader;
  hotline::voice_link::Outbox outbox(4'096);
  while (!bytes.empty()) {
    const std::size_t count = std::min(piece, bytes.size());
    reader.feed(bytes.substr(0, count));
    bytes.remove_prefix(count);
    while (const auto payload = reader.next()) {
      if (payload->size() > hotline::voice_link::frame_bytes_max) std::abort();
      hotline::link::FromCore command;
      (void)command.ParseFromArray(payload->data(), static_cast<int>(payload->size()));
      hotline::link::FromNode event;
      if (event.ParseFromArray(payload->data(), static_cast<int>(payload->size()))) outbox.append(std::move(event));
    }
  }
  outbox.acknowledge(outbox.last_seq());
  if (outbox.size() != 0 || outbox.bytes() != 0) std::abort();
  return 0;
}
