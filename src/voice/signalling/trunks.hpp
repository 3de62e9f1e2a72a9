// SPDX-License-Identifier: Apache-2.0
// Trunk groups: which of them a stranger's request belongs to, how many channels each has in use, which gateway takes a
// call, and what becomes of its numbers. Signalling thread only; no libre in it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "voice/signalling/gateways.hpp"
#include "voice/signalling/nonces.hpp"
#include "voice/signalling/number_rules.hpp"
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

enum class Direction : std::uint8_t { in, out };

class Trunk {
 public:
  /// Fails naming the entry that is wrong.
  static Result<Trunk, Problem> make(const TrunkConfig& config, std::vector<Gateway> gateways);

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const TrunkConfig& config() const { return config_; }
  [[nodiscard]] Gateways& gateways() { return gateways_; }
  [[nodiscard]] const Gateways& gateways() const { return gateways_; }
  [[nodiscard]] TrunkUse use() const;
  void set_registration(std::string state) { registration_ = std::move(state); }

  [[nodiscard]] bool acquire(Direction direction);  ///< false when every channel is in use
  void release(Direction direction);                ///< one acquired before
  /// One more call of the trunk, however many gateways it tries.
  void count_call(Direction direction) { ++(direction == Direction::in ? calls_in_ : calls_out_); }

  /// The secret a caller on this trunk must prove; nullptr: its address is enough.
  [[nodiscard]] const DigestSecret* inbound_secret() const { return secret_.user.empty() ? nullptr : &secret_; }

  [[nodiscard]] std::string called_in(const std::string& number) const { return called_in_.apply(number); }
  [[nodiscard]] std::string caller_in(const std::string& number) const { return caller_in_.apply(number); }
  [[nodiscard]] std::string called_out(const std::string& number) const { return called_out_.apply(number); }
  /// The number to show to the carrier: by the rules, or the trunk's own where ours may not be shown.
  [[nodiscard]] std::string caller_out(const std::string& number) const;

 private:
  explicit Trunk(const TrunkConfig& config) : config_(config) {}

  TrunkConfig config_;
  Gateways gateways_;
  NumberRules called_in_, caller_in_, called_out_, caller_out_;
  DigestSecret secret_;
  std::string registration_;
  std::uint32_t in_ = 0, out_ = 0;
  std::uint64_t refused_in_ = 0, refused_out_ = 0, calls_in_ = 0, calls_out_ = 0;
};

/// Realm in which a trunk proves itself to us.
inline constexpr std::string_view kTrunkRealm = "hotline-trunk";

class TrunkTable {
 public:
  /// Reads the trunks of `config` and resolves their peers and gateways. Fails naming the trunk and the entry.
  static Result<TrunkTable, Problem> make(const Config& config);

  /// The trunk of a source. A peer written with a port takes only requests from that port over UDP (TCP ports are the
  /// sender's choice); it goes before a peer without one, and that before "*". nullptr: a stranger.
  [[nodiscard]] Trunk* find_source(std::string_view address, std::uint16_t port, bool udp);
  [[nodiscard]] Trunk* find_name(std::string_view name);
  [[nodiscard]] bool is_agent(std::string_view address) const { return agents_.contains(address); }
  [[nodiscard]] std::vector<TrunkUse> use() const;
  [[nodiscard]] std::vector<Trunk>& all() { return trunks_; }
  /// Names that the certificate of a gateway at this address may have; empty: none of ours.
  [[nodiscard]] std::vector<std::string> names_of(std::string_view address) const;

 private:
  struct Peer {
    std::string address;
    std::uint16_t port = 0;
    std::size_t trunk = 0;
  };
  Result<void, Problem> add(const TrunkConfig& trunk);
  Result<std::vector<HostPort>, Problem> add_peer(const std::string& peer, bool may_call = true);

  std::vector<Trunk> trunks_;  ///< never changed after make(): sessions point into it
  std::vector<Peer> peers_;
  std::vector<std::pair<std::string, std::string>> names_;  ///< gateway address, configured host name
  std::size_t anyone_ = SIZE_MAX;                           ///< index of the trunk with the peer "*"
  std::set<std::string, std::less<>> agents_;
};

}  // namespace hotline::voice::signalling
