// SPDX-License-Identifier: Apache-2.0
// Both ends of a link in one process, each on a loop of its own, and handlers that write down what they are told.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/event_loop.hpp"
#include "voice_link/core_end.hpp"
#include "voice_link/node_end.hpp"

namespace hotline::voice_link::test {

inline constexpr std::chrono::seconds time_limit{20};

/// A list other threads add to and a test waits on.
class Notes {
 public:
  void add(std::string note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(note));
    changed_.notify_all();
  }
  [[nodiscard]] bool wait_for(const std::function<bool(const std::vector<std::string>&)>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time_limit, [&] { return wanted(notes_); });
  }
  [[nodiscard]] bool wait_for_note(const std::string& note) {
    return wait_for([&](const auto& notes) { return std::find(notes.rbegin(), notes.rend(), note) != notes.rend(); });
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hotline_link_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A node that only writes down; its Snapshot names one leg, the number of commands it has had.
class NodeSide : public NodeEndHandler {
 public:
  explicit NodeSide(std::string address, std::uint64_t boot_id = 77)
      : NodeSide(NodeEndConfig{.address = std::move(address), .boot_id = boot_id}) {}
  explicit NodeSide(NodeEndConfig config) {
    thread.run_and_wait([&] {
      auto opened = NodeEnd::open(std::move(config), thread.loop(), clock, *this);
      if (opened)
        end = std::move(*opened);
      else
        ADD_FAILURE() << opened.error().what;
    });
  }
  ~NodeSide() override {
    thread.run_and_wait([&] { end.reset(); });
  }
  void emit_digit(std::uint64_t leg) {
    thread.loop().post([this, leg] {
      link::FromNode event;
      event.mutable_digit()->set_leg(leg);
      end->emit(std::move(event));
    });
  }
  NodeEnd::Counters counters() {
    NodeEnd::Counters result;
    thread.run_and_wait([&] { result = end->counters(); });
    return result;
  }

  link::HelloReply hello_reply() override {
    link::HelloReply reply;
    reply.set_node("voice1");
    return reply;
  }
  link::Snapshot snapshot() override {
    link::Snapshot result;
    result.add_legs()->set_leg(commands_);
    return result;
  }
  void on_command(const link::FromCore& command) override {
    ++commands_;
    notes.add("command " + std::to_string(command.hangup().leg()) + " epoch " + std::to_string(command.epoch()));
  }
  void on_core_connected(std::uint64_t epoch) override { notes.add("core " + std::to_string(epoch)); }
  void on_core_lost() override { notes.add("core lost"); }
  link::NodeStatus status() override {
    link::NodeStatus status;
    *status.mutable_hello() = hello_reply();
    return status;
  }

  runtime::MonotoneClock clock;
  Notes notes;
  runtime::LoopThread thread{"node"};
  std::unique_ptr<NodeEnd> end;

 private:
  std::uint64_t commands_ = 0;
};

/// A core that writes down what it hears.
class CoreSide : public CoreEndHandler {
 public:
  using OnEvent = std::function<void(CoreEnd& end, std::uint64_t boot_id, const link::FromNode&)>;
  explicit CoreSide(CoreEndConfig config, OnEvent on_event = {}) : on_each_event_(std::move(on_event)) {
    // On the loop, so that nothing is told before `end` is set.
    thread.run_and_wait([&] { end = std::make_unique<CoreEnd>(std::move(config), thread.loop(), *this); });
  }
  ~CoreSide() override { kill(); }
  /// As kill -9 would: the socket closes, nothing more is said.
  void kill() {
    if (end) thread.run_and_wait([&] { end.reset(); });
  }
  [[nodiscard]] bool hang_up(std::uint64_t leg) {
    link::FromCore command;
    command.mutable_hangup()->set_leg(leg);
    return end->send(std::move(command));
  }

  void on_connected(const link::HelloReply& hello) override {
    notes.add("connected " + std::to_string(hello.boot_id()));
  }
  void on_event(std::uint64_t boot_id, const link::FromNode& event) override {
    notes.add("event " + std::to_string(event.seq()) + " leg " + std::to_string(event.digit().leg()));
    if (on_each_event_) on_each_event_(*end, boot_id, event);
  }
  void on_snapshot(const link::Snapshot& snapshot) override {
    notes.add("snapshot " + std::to_string(snapshot.legs(0).leg()));
  }
  void on_stats(const link::Stats& stats) override { notes.add("stats " + std::to_string(stats.legs())); }
  void on_disconnected(const std::string&) override { notes.add("disconnected"); }
  void on_dead() override { notes.add("dead"); }
  void on_fenced(std::uint64_t highest) override { notes.add("fenced by " + std::to_string(highest)); }

  Notes notes;
  runtime::LoopThread thread{"core"};
  std::unique_ptr<CoreEnd> end;

 private:
  const OnEvent on_each_event_;
};

}  // namespace hotline::voice_link::test
