// SPDX-License-Identifier: Apache-2.0
// A whole voice node on a thread of its own with prompts and recordings in a temporary folder, and a core to command
// it.
#pragma once

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include "voice/node/phone.hpp"
#include "voice/node/voice_node.hpp"
#include "voice_link/core_end.hpp"
#include "voice_link/outbox.hpp"

namespace hotline::voice::node::test {

inline constexpr std::int16_t prompt_level = 8'000;  ///< of every sample of the prompt "cmn/welcome", one second long

class WholeNode {
 public:
  WholeNode() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hotline_node_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) folder = pattern;
    std::filesystem::create_directories(folder / "prompts/cmn");
    write_prompt(folder / "prompts/cmn/welcome.wav");
  }
  ~WholeNode() {
    stop();
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] NodeConfig config() const {
    NodeConfig config;
    config.sip.udp_port = config.sip.tcp_port = 0;
    config.sip.trunks = {{.name = "pstn", .peers = {"*"}}};
    config.prompt_directories = {folder / "prompts"};
    config.recordings_directory = folder / "recordings";
    config.link_path = (folder / "link").string();
    config.drain_limit = Duration{1'000};
    return config;
  }
  [[nodiscard]] bool start() {
    std::promise<bool> opened;
    thread_ = std::thread([this, &opened] {
      auto node = VoiceNode::open(config());
      if (!node) {
        ADD_FAILURE() << node.error().what;
        return opened.set_value(false);
      }
      node_ = node->get();
      addresses = node_->addresses();
      opened.set_value(true);
      node_->run();
    });
    return opened.get_future().get();
  }
  void stop() {
    if (node_ != nullptr) node_->stop();
    if (thread_.joinable()) thread_.join();
    node_ = nullptr;
  }
  void shut_down() { node_->shut_down(); }
  void join() {
    thread_.join();
    node_ = nullptr;
  }
  [[nodiscard]] std::string recording(const std::string& path) const {
    std::ifstream file(folder / "recordings" / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
  VoiceNode::Addresses addresses;

 private:
  static void write_prompt(const std::filesystem::path& path) {
    constexpr std::uint32_t rate = 8'000;
    std::string out;
    const auto put = [&](std::uint32_t value, int bytes) {
      for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    };
    out += "RIFF";
    put(36 + 2 * rate, 4);
    out += "WAVEfmt ";
    put(16, 4);
    put(1, 2);
    put(1, 2);
    put(rate, 4);
    put(2 * rate, 4);
    put(2, 2);
    put(16, 2);
    out += "data";
    put(2 * rate, 4);
    for (std::uint32_t i = 0; i < rate; ++i) put(static_cast<std::uint16_t>(prompt_level), 2);
    std::ofstream(path, std::ios::binary) << out;
  }

  std::thread thread_;
  VoiceNode* node_ = nullptr;
};

/// A core that keeps every event and waits for the one a test wants.
class Core final : public voice_link::CoreEndHandler {
 public:
  explicit Core(const WholeNode& node, std::uint64_t epoch, std::uint64_t boot = 0, std::uint64_t acked = 0) {
    thread_.run_and_wait([&] {
      end_ = std::make_unique<voice_link::CoreEnd>(voice_link::CoreEndConfig{.address = node.addresses.link,
                                                                             .epoch = epoch,
                                                                             .known_boot_id = boot,
                                                                             .acked_seq = acked,
                                                                             .retry_min = Duration{5}},
                                                   thread_.loop(), *this);
    });
  }
  ~Core() override { kill(); }
  void kill() {
    if (end_) thread_.run_and_wait([&] { end_.reset(); });
  }
  template <class Set>
  void command(Set set) {
    link::FromCore message;
    set(message);
    EXPECT_TRUE(end_->send(std::move(message)));
  }
  /// The first event that fits, past or to come.
  template <class Fits>
  link::FromNode wait(const char* what, Fits fits) {
    std::unique_lock lock(mutex_);
    link::FromNode found;
    const auto look = [&] {
      for (const auto& event : events_)
        if (fits(event)) {
          found = event;
          return true;
        }
      return false;
    };
    if (!changed_.wait_for(lock, signalling::kLimit, look)) ADD_FAILURE() << "no " << what << " came";
    return found;
  }
  link::FromNode wait(link::FromNode::BodyCase kind, std::uint64_t leg = 0) {
    return wait(std::to_string(kind).c_str(), [&](const link::FromNode& event) {
      return event.body_case() == kind && (leg == 0 || voice_link::leg_of(event) == leg);
    });
  }
  std::uint64_t boot() {
    const std::lock_guard lock(mutex_);
    return boot_;
  }
  std::uint64_t last_seq() {
    const std::lock_guard lock(mutex_);
    std::uint64_t last = 0;
    for (const auto& event : events_) last = std::max(last, event.seq());
    return last;
  }
  void acknowledge_all() { end_->acknowledge(boot(), last_seq()); }

  void on_connected(const link::HelloReply& hello) override {
    const std::lock_guard lock(mutex_);
    boot_ = hello.boot_id();
  }
  void on_event(std::uint64_t, const link::FromNode& event) override { add(event); }
  void on_snapshot(const link::Snapshot& snapshot) override {
    link::FromNode message;
    *message.mutable_snapshot() = snapshot;
    add(message);
  }
  void on_stats(const link::Stats&) override {}
  void on_disconnected(const std::string&) override {}
  void on_fenced(std::uint64_t) override {}

 private:
  void add(const link::FromNode& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<link::FromNode> events_;  // guarded by mutex_
  std::uint64_t boot_ = 0;              // guarded by mutex_
  runtime::LoopThread thread_{"core"};
  std::unique_ptr<voice_link::CoreEnd> end_;
};

}  // namespace hotline::voice::node::test
