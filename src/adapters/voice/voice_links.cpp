// SPDX-License-Identifier: Apache-2.0
#include "adapters/voice/voice_links.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "adapters/live/live_service.hpp"
#include "adapters/voice/translate.hpp"

namespace hotline::voice_adapter {

/// One node's link; callbacks on the loop thread, commands from any.
class VoiceLinks::Link final : public voice_link::CoreEndHandler {
 public:
  Link(NodeAddress address, std::uint64_t epoch, const app::NodeCursor& cursor, live::LiveService& service,
       const std::function<void()>& fenced, const std::string& outbound_trunk, runtime::EventLoop& loop)
      : name_(std::move(address.name)),
        service_(service),
        fenced_(fenced),
        outbound_trunk_(outbound_trunk),
        loop_(loop) {
    voice_link::CoreEndConfig config;
    config.address = address.address;
    config.epoch = epoch;
    config.known_boot_id = cursor.boot_id;
    config.acked_seq = cursor.seq;
    end_ = std::make_unique<voice_link::CoreEnd>(config, loop, *this);
  }

  void on_connected(const link::HelloReply& hello) override {
    app::NodeInfo info = to_info(hello);
    if (info.name != name_)
      spdlog::warn("voice node {} calls itself {}; it is known here as {}", name_, info.name, name_);
    info.name = name_;
    boot_ = info.boot_id;
    {
      const std::lock_guard lock(mutex_);
      trunk_ = !outbound_trunk_.empty() ? outbound_trunk_ : info.trunks.empty() ? "" : info.trunks.front().name;
    }
    if (!outbound_trunk_.empty() && std::ranges::none_of(info.trunks, [this](const app::TrunkStatus& trunk) {
          return trunk.name == outbound_trunk_;
        }))
      spdlog::error(
          "voice node {} has no trunk {}: outbound calls from it fail; give it that [[trunk]], or set "
          "[outbound] trunk to one it has",
          name_, outbound_trunk_);
    spdlog::info("voice node {} connected: boot {}, sip {} {}, webrtc {}", name_, info.boot_id, info.sip_udp,
                 info.sip_tcp, info.webrtc_udp);
    input([info](app::Live& live, TimePoint now) { return live.node_connected(info, now); });
  }
  void on_event(std::uint64_t, const link::FromNode& message) override {
    auto event = to_event(message);
    if (!event) {  // through the live strand, so that it does not acknowledge earlier events before they are durable
      return input([ack = app::AcknowledgeNode{name_, boot_, message.seq()}](app::Live&, TimePoint) {
        return app::LiveEffects{{}, {ack}};
      });
    }
    input([name = name_, event = std::move(*event)](app::Live& live, TimePoint now) {
      return live.node_event(name, event, now);
    });
  }
  void on_snapshot(const link::Snapshot& snapshot) override {
    input([name = name_, legs = to_snapshot(snapshot)](app::Live& live, TimePoint now) {
      return live.node_snapshot(name, legs, now);
    });
  }
  void on_stats(const link::Stats& stats) override {
    {
      const std::lock_guard lock(mutex_);
      figures_ = to_figures(stats);
    }
    const app::NodeLoad load{.draining = stats.draining(), .shedding = stats.shedding()};
    input([name = name_, trunks = to_trunks(stats.trunks()), load](app::Live& live, TimePoint) {
      live.node_reported(name, trunks, load);
      return app::LiveEffects{};
    });
  }
  void on_quality(const link::LegQuality& quality) override {  // left out when the strand is full: more will come
    (void)service_.post([legs = to_quality(quality)](app::Live& live, TimePoint) { return live.leg_quality(legs); });
  }
  void on_report(const link::LegsReport& report) override {
    input([name = name_, standing = to_standing(report)](app::Live& live, TimePoint now) {
      return live.node_stands(name, standing, now);
    });
  }
  void on_disconnected(const std::string& why) override {
    spdlog::warn("voice node {} disconnected: {}", name_, why);
    input([name = name_](app::Live& live, TimePoint now) { return live.node_disconnected(name, now); });
  }
  void on_dead() override {
    spdlog::error("voice node {} is dead: nobody has its socket", name_);
    input([name = name_](app::Live& live, TimePoint now) { return live.node_dead(name, now); });
  }
  void on_fenced(std::uint64_t highest_epoch) override {
    spdlog::error("voice node {} obeys a core with epoch {}: this core stops", name_, highest_epoch);
    fenced_();
  }

  void send(CallId call, const call::VoiceCommand& command) {
    std::string trunk;
    {
      const std::lock_guard lock(mutex_);
      trunk = trunk_;
    }
    if (!end_->send(to_message(call, command, trunk)))
      spdlog::debug("voice node {} is away: a command is left out", name_);
  }
  void send(const app::FileCommand& command) { (void)end_->send(to_message(command)); }
  void drain(bool on) {
    link::FromCore message;
    message.mutable_drain()->set_on(on);
    (void)end_->send(std::move(message));
  }
  void ask(std::uint64_t mark) {
    link::FromCore message;
    message.mutable_report_legs()->set_mark(mark);
    (void)end_->send(std::move(message));
  }
  void set_accounts(const std::vector<app::PhoneAccount>& accounts) {
    link::FromCore message;
    auto& list = *message.mutable_sip_accounts();
    for (const app::PhoneAccount& account : accounts) {
      auto& added = *list.add_accounts();
      added.set_user(account.user);
      added.set_realm(account.realm);
      added.set_ha1_md5(account.ha1_md5);
      added.set_ha1_sha256(account.ha1_sha256);
    }
    (void)end_->send(std::move(message));
  }
  void acknowledge(std::uint64_t boot_id, std::uint64_t seq) { end_->acknowledge(boot_id, seq); }
  [[nodiscard]] bool connected() const { return end_->connected(); }
  [[nodiscard]] app::NodeFigures figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
  }

 private:
  /// What comes in one round of the loop wakes the live strand once.
  void input(live::LiveService::Input task) {
    inputs_->push_back(std::move(task));
    if (inputs_->size() > 1) return;
    loop_.soon([this, weak = std::weak_ptr(inputs_)] {
      if (!weak.expired()) hand_over();
    });
  }
  /// An event that finds the live strand full must not be lost: the node keeps it until it is acknowledged, but this
  /// connection would not bring it again. So the loop thread waits, which slows the node.
  void hand_over() {
    while (!service_.post(*inputs_) && !service_.stopped()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::string name_;
  live::LiveService& service_;
  const std::function<void()>& fenced_;
  const std::string& outbound_trunk_;
  runtime::EventLoop& loop_;
  std::uint64_t boot_ = 0;  // on the loop thread
  /// On the loop thread; shared so that what runs later sees whether the link is still there.
  std::shared_ptr<std::vector<live::LiveService::Input>> inputs_ =
      std::make_shared<std::vector<live::LiveService::Input>>();
  mutable std::mutex mutex_;
  std::string trunk_;
  app::NodeFigures figures_;
  std::unique_ptr<voice_link::CoreEnd> end_;
};

VoiceLinks::VoiceLinks(std::uint64_t epoch, std::function<void()> fenced, std::string outbound_trunk)
    : epoch_(epoch), fenced_(std::move(fenced)), outbound_trunk_(std::move(outbound_trunk)) {}

VoiceLinks::~VoiceLinks() {
  stop();
}

void VoiceLinks::connect(const std::vector<NodeAddress>& nodes, live::LiveService& service) {
  thread_ = std::make_unique<runtime::LoopThread>("voice-links");
  for (const NodeAddress& node : nodes) {
    app::NodeCursor cursor;
    service.run_and_wait([&](app::Live& live, TimePoint) { cursor = live.cursor(node.name); });
    const std::lock_guard lock(mutex_);
    links_[node.name] =
        std::make_unique<Link>(node, epoch_, cursor, service, fenced_, outbound_trunk_, thread_->loop());
  }
}

void VoiceLinks::stop() {
  if (!thread_) return;
  thread_->run_and_wait([this] {
    const std::lock_guard lock(mutex_);
    links_.clear();
  });
  thread_.reset();
}

VoiceLinks::Link* VoiceLinks::find(const std::string& node) const {
  const auto found = links_.find(node);
  return found == links_.end() ? nullptr : found->second.get();
}

void VoiceLinks::send(const std::string& node, CallId call, const call::VoiceCommand& command) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->send(call, command);
}
void VoiceLinks::acknowledge(const std::string& node, std::uint64_t boot_id, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->acknowledge(boot_id, seq);
}
void VoiceLinks::drain(const std::string& node, bool on) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->drain(on);
}
void VoiceLinks::ask(const std::string& node, std::uint64_t mark) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->ask(mark);
}
void VoiceLinks::send_file_command(const std::string& node, const app::FileCommand& command) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->send(command);
}
void VoiceLinks::set_accounts(const std::string& node, const std::vector<app::PhoneAccount>& accounts) {
  const std::lock_guard lock(mutex_);
  if (Link* link = find(node)) link->set_accounts(accounts);
}
bool VoiceLinks::connected(const std::string& node) const {
  const std::lock_guard lock(mutex_);
  Link* link = find(node);
  return link != nullptr && link->connected();
}
std::map<std::string, app::NodeFigures> VoiceLinks::figures() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, app::NodeFigures> out;
  for (const auto& [name, link] : links_) out[name] = link->figures();
  return out;
}

}  // namespace hotline::voice_adapter
