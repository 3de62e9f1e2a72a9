// SPDX-License-Identifier: Apache-2.0
// The voice link in virtual time, with what the real one guarantees (voice_link/): an ordered stream each way; events
// are numbered, kept by the node until acknowledged, and sent again on a new stream; the node obeys the highest epoch
// only. Within that, everything may go wrong: messages are late, a stream breaks and loses what was on its way, one end
// notices late, commands are repeated, a former core's commands come in late.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "app/live/effects.hpp"
#include "sim/random.hpp"
#include "sim/scripted_node.hpp"
#include "sim/timeline.hpp"
#include "sim/trace.hpp"

namespace hotline::sim {

inline constexpr const char* node_name = "voice1";

struct LinkFaults {
  double late = 0;     ///< share of messages that take up to `late_max`
  double doubled = 0;  ///< share of commands and events that come twice in a row
  Duration late_max{3'000};
};

class Link {
 public:
  /// The core's side, called as messages arrive there.
  struct CoreSide {
    std::function<void(const app::NodeInfo&)> connected;
    std::function<void()> disconnected;
    std::function<void(const app::VoiceEvent&)> event;
    std::function<void(const app::NodeSnapshot&)> snapshot;
    std::function<void(const app::NodeStanding&)> standing;
  };

  Link(Timeline& time, Trace& trace, ScriptedNode& node, std::uint64_t seed);
  void set_core(CoreSide core) { core_ = std::move(core); }
  LinkFaults faults;

  // -- core
  /// A core of this epoch comes up; it knows the node's events up to here.
  void core_starts(std::uint64_t epoch, std::uint64_t boot, std::uint64_t acked);
  /// Its process is gone: what it had sent may still arrive.
  void core_dies();
  void send(CallId call, const call::VoiceCommand& command);
  void acknowledge(std::uint64_t boot, std::uint64_t seq);
  /// The node's standing comes back with this mark.
  void ask(std::uint64_t mark);

  // -- faults
  /// The stream breaks; what is on its way is lost. The core's end notices after `notice`.
  void cut(Duration notice);
  /// The node's process is gone; its end of the stream with it.
  void node_died() { cut(Duration{0}); }

  /// Both ends have the same stream and nothing is on its way.
  [[nodiscard]] bool quiet() const { return stage_ == Stage::up && stream_ == node_stream_ && in_flight_ == 0; }
  [[nodiscard]] std::uint64_t refused_epochs() const { return refused_epochs_; }

 private:
  enum class Stage : std::uint8_t { down, connecting, up };
  void try_connect();
  void node_hello(std::uint64_t stream);
  void core_hello(std::uint64_t stream, const app::NodeInfo& info);
  void up(std::uint64_t stream, std::function<void()> arrive);
  void down(std::uint64_t epoch, std::function<void()> arrive);
  void send_event(std::uint64_t stream, const app::VoiceEvent& event);
  Duration delay();
  TimePoint in_order(TimePoint& last) { return last = std::max(last, time_.now() + delay()); }

  Timeline& time_;
  Trace& trace_;
  ScriptedNode& node_;
  Stream chance_;
  CoreSide core_;
  Stage stage_ = Stage::down;  ///< as the core sees it
  bool core_runs_ = false;
  std::uint64_t stream_ = 0, node_stream_ = 0;  ///< number of the stream; 0: none. The ends may differ after a break
  std::uint64_t epoch_ = 0, node_epoch_ = 0;    ///< the core's; the highest the node has heard
  std::uint64_t streams_ = 0, broken_ = 0, boot_ = 0, acked_ = 0, delivered_ = 0, refused_epochs_ = 0;
  TimePoint last_up_{}, last_down_{};
  int in_flight_ = 0;
};

}  // namespace hotline::sim
