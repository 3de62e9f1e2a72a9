// SPDX-License-Identifier: Apache-2.0
// An engine on a loop of its own that sends every voice packet back, and a browser to call it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <numeric>
#include <optional>

#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/fake_browser.hpp"
#include "voice/webrtc/media_names.hpp"
#include "voice/webrtc/test_loop.hpp"

namespace hotline::voice::webrtc {

/// Sends every packet back to its leg.
class Echo final : public Sink {
 public:
  void on_rtp(LegId leg, std::span<std::uint8_t> packet) override {
    std::array<std::uint8_t, 2048> buffer;
    std::copy(packet.begin(), packet.end(), buffer.begin());
    engine->send_rtp(leg, std::span{buffer}.first(packet.size()), buffer.size() - packet.size());
  }
  Engine* engine = nullptr;
};

class EngineTest : public testing::Test {
 protected:
  void open(Config config = {}) {
    auto opened = Engine::open(std::move(config), loop_, echo_, seen_);
    ASSERT_TRUE(opened) << opened.error().what;
    engine_ = std::move(*opened);
    echo_.engine = engine_.get();
  }

  void accept(LegId leg, FakeBrowser& browser) {
    const auto accepted = engine_->accept(leg, browser.offer());
    ASSERT_TRUE(accepted) << accepted.error().what;
    ASSERT_TRUE(browser.take_answer(accepted->answer_sdp)) << accepted->answer_sdp;
  }

  void connect(LegId leg, FakeBrowser& browser) {
    accept(leg, browser);
    ASSERT_TRUE(browser.check());
    ASSERT_TRUE(browser.connect());
    ASSERT_EQ(seen_.next(), Recorder::connected(leg));
  }

  /// Voice there and back; the echo keeps sequence number and payload.
  void expect_echo(FakeBrowser& browser, std::uint16_t sequence) {
    Bytes payload(160);
    std::iota(payload.begin(), payload.end(), static_cast<std::uint8_t>(sequence));
    browser.send_rtp(sequence, payload);
    const auto packet = browser.next_rtp();
    ASSERT_TRUE(packet) << "no echo of packet " << sequence;
    EXPECT_EQ(read_u16(packet->data() + 2), sequence);
    EXPECT_EQ(Bytes(packet->begin() + 12, packet->end()), payload);
  }

  EngineStats stats() {
    loop_.pass_tick();  // each tick publishes
    loop_.pass_tick();
    return engine_->stats();
  }

  std::optional<LegStats> leg_stats(LegId leg) {
    std::promise<std::optional<LegStats>> told;
    engine_->leg_stats(leg, [&told](std::optional<LegStats> stats) { told.set_value(stats); });
    return told.get_future().get();
  }

  LegStats close(LegId leg) {
    std::promise<LegStats> told;
    engine_->close(leg, [&told](LegStats stats) { told.set_value(stats); });
    return told.get_future().get();
  }

  TestLoop loop_;
  Recorder seen_;
  Echo echo_;
  FakeBrowser browser_;
  std::unique_ptr<Engine> engine_;  // last: it lets go of the rest first
};

}  // namespace hotline::voice::webrtc
