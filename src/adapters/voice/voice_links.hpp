// SPDX-License-Identifier: Apache-2.0
// The core's links to its voice nodes: translates between the app's values and the protocol, one CoreEnd a node, all on
// one loop thread. Port functions may be called from any thread (the live strand does).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/ports/voice.hpp"
#include "runtime/event_loop.hpp"
#include "voice_link/core_end.hpp"

namespace hotline::live {
class LiveService;
}

namespace hotline::voice_adapter {

struct NodeAddress {
  std::string name;                    ///< as the node names itself
  std::string address;                 ///< see voice_link::connect()
  std::filesystem::path recordings{};  ///< its folder, as it is reached from here
};

class VoiceLinks final : public app::VoicePort {
 public:
  /// `fenced` is called when a core with a higher epoch is in charge: this process must stop. `outbound_trunk` is the
  /// trunk group of calls to outside numbers; empty: each node's first.
  VoiceLinks(std::uint64_t epoch, std::function<void()> fenced, std::string outbound_trunk = {});
  ~VoiceLinks() override;

  /// Begins to connect. The live service must have been started: it knows how far each node's events were taken up.
  void connect(const std::vector<NodeAddress>& nodes, live::LiveService& service);
  /// Ends every link; no input reaches the service any more.
  void stop();

  void send(const std::string& node, CallId call, const call::VoiceCommand& command) override;
  void acknowledge(const std::string& node, std::uint64_t boot_id, std::uint64_t seq) override;
  void drain(const std::string& node, bool on) override;
  void ask(const std::string& node, std::uint64_t mark) override;
  void send_file_command(const std::string& node, const app::FileCommand& command) override;
  void set_accounts(const std::string& node, const std::vector<app::PhoneAccount>& accounts) override;

  [[nodiscard]] bool connected(const std::string& node) const;
  /// What each node last reported of itself. Any thread.
  [[nodiscard]] std::map<std::string, app::NodeFigures> figures() const;

 private:
  class Link;
  Link* find(const std::string& node) const;

  std::uint64_t epoch_;
  std::function<void()> fenced_;
  std::string outbound_trunk_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Link>> links_;
  std::unique_ptr<runtime::LoopThread> thread_;
};

}  // namespace hotline::voice_adapter
