// SPDX-License-Identifier: Apache-2.0
#include "sim/link.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

constexpr Duration retry_after{200};  // as core_end.cpp: a broken stream is opened again

}  // namespace

Link::Link(Timeline& time, Trace& trace, ScriptedNode& node, std::uint64_t seed)
    : time_(time), trace_(trace), node_(node), chance_(seed, "link") {
  node_.on_event = [this](const app::VoiceEvent& event) {
    if (node_stream_ != 0) send_event(node_stream_, event);
  };
}

Duration Link::delay() {
  if (faults.late > 0 && chance_.chance(faults.late)) return chance_.between(Duration{50}, faults.late_max);
  return Duration{static_cast<std::int64_t>(chance_.below(3))};
}

/// To the core, unless the stream has broken meanwhile.
void Link::up(std::uint64_t stream, std::function<void()> arrive) {
  ++in_flight_;
  time_.at(in_order(last_up_), [this, stream, arrive = std::move(arrive)] {
    --in_flight_;
    if (core_runs_ && stream == stream_ && stream > broken_) arrive();
  });
}

/// To the node: also what a core sent that has died since, until a higher epoch is there.
void Link::down(std::uint64_t epoch, std::function<void()> arrive) {
  ++in_flight_;
  time_.at(in_order(last_down_), [this, epoch, stream = stream_, arrive = std::move(arrive)] {
    --in_flight_;
    if (!node_.runs() || stream <= broken_) return;
    if (epoch < node_epoch_) {
      ++refused_epochs_;
      return;
    }
    if (stream == node_stream_) arrive();
  });
}

void Link::core_starts(std::uint64_t epoch, std::uint64_t boot, std::uint64_t acked) {
  epoch_ = epoch;
  boot_ = boot;
  acked_ = delivered_ = acked;
  core_runs_ = true;
  stage_ = Stage::down;
  stream_ = 0;
  try_connect();
}

void Link::core_dies() {
  core_runs_ = false;
  stage_ = Stage::down;
  stream_ = 0;  // what comes up is not heard any more
}

void Link::try_connect() {
  if (!core_runs_ || stage_ != Stage::down) return;
  stage_ = Stage::connecting;
  const std::uint64_t stream = ++streams_;
  stream_ = stream;
  time_.after(Duration{1} + delay(), [this, stream, epoch = epoch_, boot = boot_, acked = acked_] {
    if (stream != stream_) return;
    if (!node_.runs()) {
      stage_ = Stage::down;
      stream_ = 0;
      time_.after(retry_after, [this] { try_connect(); });
      return;
    }
    if (epoch < node_epoch_) {
      ++refused_epochs_;
      return;
    }
    node_epoch_ = epoch;
    if (boot == node_.boot()) node_.acknowledged(acked);
    node_hello(stream);
  });
}

/// Hello, every event that was not acknowledged, then what the node has.
void Link::node_hello(std::uint64_t stream) {
  node_stream_ = stream;
  app::NodeInfo info;
  info.name = node_name;
  info.boot_id = node_.boot();
  info.calls_max = 1000;
  if (node_.trunks > 0) {
    app::TrunkStatus trunk;
    trunk.name = "trunk";
    trunk.channels_max = node_.trunks;
    info.trunks.push_back(std::move(trunk));
  }
  up(stream, [this, stream, info] { core_hello(stream, info); });
  const auto kept = node_.kept();
  for (const app::VoiceEvent& event : kept) send_event(stream, event);
  up(stream, [this, snapshot = node_.snapshot()] { core_.snapshot(snapshot); });
}

void Link::core_hello(std::uint64_t stream, const app::NodeInfo& info) {
  if (stream != stream_) return;
  stage_ = Stage::up;
  if (boot_ != info.boot_id) {
    boot_ = info.boot_id;
    acked_ = delivered_ = 0;
  }
  core_.connected(info);
}

void Link::send_event(std::uint64_t stream, const app::VoiceEvent& event) {
  const int times = faults.doubled > 0 && chance_.chance(faults.doubled) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    up(stream, [this, event, again = i > 0] {
      if (event.seq <= delivered_ && !again) return;  // it is on its way to the store already
      delivered_ = std::max(delivered_, event.seq);
      core_.event(event);
    });
  }
}

void Link::send(CallId call, const call::VoiceCommand& command) {
  if (stage_ != Stage::up) return;  // the snapshot settles what it should have done
  const int times = faults.doubled > 0 && chance_.chance(faults.doubled) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    down(epoch_, [this, call, command] {
      trace_.add(time_.now(), "node: command", command.index(), call.value());
      node_.obey(call, command);
    });
  }
}

void Link::acknowledge(std::uint64_t boot, std::uint64_t seq) {
  if (boot != boot_ || seq <= acked_) return;
  acked_ = seq;
  if (stage_ != Stage::up) return;
  down(epoch_, [this, boot, seq] {
    if (boot == node_.boot()) node_.acknowledged(seq);
  });
}

void Link::ask(std::uint64_t mark) {
  if (stage_ != Stage::up) return;
  down(epoch_, [this, mark, stream = stream_] {
    up(stream, [this, standing = app::NodeStanding{mark, node_.snapshot(), 0}] { core_.standing(standing); });
  });
}

void Link::cut(Duration notice) {
  if (stream_ == 0) return;
  node_stream_ = 0;
  broken_ = stream_;
  const std::uint64_t broken = stream_;
  time_.after(notice, [this, broken] {
    if (!core_runs_ || stream_ != broken) return;
    const bool knew = stage_ == Stage::up;
    stage_ = Stage::down;
    stream_ = 0;
    if (knew) core_.disconnected();
    time_.after(retry_after, [this] { try_connect(); });
  });
}

}  // namespace hotline::sim
