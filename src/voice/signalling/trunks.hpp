// SPDX-License-Identifier: Apache-2.0
// Which trunk a stranger's request belongs to, and how many channels each trunk has in use. Signalling thread only;
// no libre in it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "voice/signalling/sip_stack.hpp"

namespace hotline::voice::signalling {

struct HostPort {
  std::string host;        ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;  ///< 0: not given
};

/// "host", "host:port", "[v6]:port", "[v6]". Fails on an empty host or a port that is no number.
[[nodiscard]] Result<HostPort, Problem> read_host_port(std::string_view text);

/// Numeric addresses of a host, by the system's resolver. Blocks: at start only. Empty when there are none.
[[nodiscard]] std::vector<std::string> resolve(const std::string& host);

class Trunk {
 public:
  Trunk(const TrunkConfig& config, HostPort target) : config_(config), target_(std::move(target)) {}

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const std::string& transport() const { return config_.transport; }
  [[nodiscard]] const HostPort& target() const { return target_; }  ///< numeric host of outgoing calls
  [[nodiscard]] TrunkUse use() const { return {config_.name, in_use_, config_.channels_max}; }

  [[nodiscard]] bool acquire();  ///< false when every channel is in use
  void release();                ///< one acquired before

 private:
  TrunkConfig config_;
  HostPort target_;
  std::uint32_t in_use_ = 0;
};

class TrunkTable {
 public:
  /// Reads the trunks of `config` and resolves their peers. Fails naming the trunk and the entry.
  static Result<TrunkTable, Problem> make(const Config& config);

  /// The trunk of a source. A peer written with a port takes only requests from that port over UDP (TCP ports are the
  /// sender's choice); it goes before a peer without one, and that before "*". nullptr: a stranger.
  [[nodiscard]] Trunk* find_source(std::string_view address, std::uint16_t port, bool udp);
  [[nodiscard]] Trunk* find_name(std::string_view name);
  [[nodiscard]] bool is_agent(std::string_view address) const { return agents_.contains(address); }
  [[nodiscard]] std::vector<TrunkUse> use() const;

 private:
  struct Peer {
    std::string address;
    std::uint16_t port = 0;
    std::size_t trunk = 0;
  };
  std::vector<Trunk> trunks_;
  std::vector<Peer> peers_;
  std::size_t anyone_ = SIZE_MAX;  ///< index of the trunk with the peer "*"
  std::set<std::string, std::less<>> agents_;
};

}  // namespace hotline::voice::signalling
