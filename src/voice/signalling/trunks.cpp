// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/trunks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace hotline::voice::signalling {

Result<HostPort, Problem> read_host_port(std::string_view text) {
  const auto problem = [&] {
    return fail(Problem{fmt::format("\"{}\" is no address", text), "write host, host:port or [IPv6]:port"});
  };
  HostPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return problem();
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    const bool bare_v6 = colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos;
    out.host = bare_v6 ? text : text.substr(0, colon);
    if (!bare_v6 && colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (out.host.empty()) return problem();
  if (!rest.empty()) {
    const auto* end = rest.data() + rest.size();
    const auto [ptr, error] = std::from_chars(rest.data() + 1, end, out.port);
    if (rest[0] != ':' || error != std::errc{} || ptr != end || out.port == 0) return problem();
  }
  return out;
}

std::vector<std::string> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  std::vector<std::string> out;
  for (const auto* a = found; a; a = a->ai_next) {
    char text[INET6_ADDRSTRLEN] = "";
    const void* address = a->ai_family == AF_INET6
                              ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr)
                              : &reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr;
    if (inet_ntop(a->ai_family, address, text, sizeof text)) out.emplace_back(text);
  }
  freeaddrinfo(found);
  return out;
}

Result<Trunk, Problem> Trunk::make(const TrunkConfig& config, std::vector<Gateway> gateways) {
  Trunk trunk(config);
  trunk.gateways_ = Gateways(std::move(gateways), std::max(config.down_after, 1U));
  struct Part {
    NumberRules& rules;
    const char *direction, *number;
  };
  for (const auto& part : {Part{trunk.called_in_, "in", "called"}, Part{trunk.caller_in_, "in", "caller"},
                           Part{trunk.called_out_, "out", "called"}, Part{trunk.caller_out_, "out", "caller"}}) {
    auto rules = NumberRules::make(config.rules, part.direction, part.number);
    if (!rules) return fail(rules.error());
    part.rules = std::move(*rules);
  }
  if (config.inbound_user.empty() != config.inbound_password.empty())
    return fail(Problem{"only one of inbound_user and inbound_password is given", "give both or none"});
  if (!config.inbound_user.empty()) {
    const auto ha1 = [&](DigestAlgorithm algorithm) {
      return digest_ha1(algorithm, config.inbound_user, kTrunkRealm, config.inbound_password);
    };
    trunk.secret_ = {config.inbound_user, ha1(DigestAlgorithm::md5), ha1(DigestAlgorithm::sha256)};
  }
  if (config.registers && (config.user.empty() || trunk.gateways_.size() == 0))
    return fail(Problem{"it registers, but has no user or no gateway", "give user, password and a gateway"});
  if (config.registers) trunk.registration_ = "not registered yet";
  return trunk;
}

TrunkUse Trunk::use() const {
  TrunkUse use{.name = config_.name,
               .in_use = in_ + out_,
               .channels_max = config_.channels_max,
               .in = in_,
               .out = out_,
               .in_max = config_.channels_in_max,
               .out_max = config_.channels_out_max,
               .refused = refused_in_ + refused_out_,
               .refused_in = refused_in_,
               .refused_out = refused_out_,
               .calls_in = calls_in_,
               .calls_out = calls_out_};
  for (std::size_t i = 0; i < gateways_.size(); ++i) {
    const auto& gateway = gateways_.at(i);
    const auto host = gateway.host.find(':') == std::string::npos ? gateway.host : "[" + gateway.host + "]";
    const auto port = gateway.port != 0 ? fmt::format(":{}", gateway.port) : std::string{};
    const ProbeResult& probe = gateways_.last_probe(i);
    use.gateways.push_back({fmt::format("{}{};transport={}", host, port, gateway.transport), gateways_.up(i),
                            gateways_.calls(i), gateways_.failures(i), probe.at_ms, probe.status, probe.took});
  }
  use.registration = registration_;
  return use;
}

bool Trunk::acquire(Direction direction) {
  auto& used = direction == Direction::in ? in_ : out_;
  const auto most = direction == Direction::in ? config_.channels_in_max : config_.channels_out_max;
  if (in_ + out_ >= config_.channels_max || (most != 0 && used >= most)) {
    ++(direction == Direction::in ? refused_in_ : refused_out_);
    return false;
  }
  ++used;
  return true;
}

void Trunk::release(Direction direction) {
  auto& used = direction == Direction::in ? in_ : out_;
  assert(used > 0);
  --used;
}

std::string Trunk::caller_out(const std::string& number) const {
  if (number.empty()) return config_.caller_default;
  auto shown = caller_out_.apply(number);
  const auto& allowed = config_.caller_prefixes;
  const bool may = allowed.empty() || std::ranges::any_of(allowed, [&](const auto& p) { return shown.starts_with(p); });
  return may ? shown : config_.caller_default;
}

namespace {

/// "sip:agent@host:port;transport=tcp" and "host:port" alike give "host:port".
std::string_view host_of_contact(std::string_view contact) {
  if (contact.starts_with("sip:")) contact.remove_prefix(4);
  if (const auto at = contact.find('@'); at != std::string_view::npos) contact.remove_prefix(at + 1);
  return contact.substr(0, contact.find(';'));
}

bool is_transport(const std::string& name) {
  return name == "udp" || name == "tcp" || name == "tls";
}

}  // namespace

Result<TrunkTable, Problem> TrunkTable::make(const Config& config) {
  TrunkTable table;
  for (const auto& trunk : config.trunks) {
    if (auto added = table.add(trunk); !added) {
      return fail(Problem{fmt::format("trunk \"{}\": {}", trunk.name, added.error().what), added.error().remedy});
    }
  }
  for (const auto& contact : config.agent_contacts) {
    const auto host_port = read_host_port(host_of_contact(contact));
    if (!host_port) return fail(Problem{"SIP agent: " + host_port.error().what, host_port.error().remedy});
    for (auto& address : resolve(host_port->host)) table.agents_.insert(std::move(address));
  }
  return table;
}

/// Takes in where requests may come from; the addresses of the peer are the answer.
Result<std::vector<HostPort>, Problem> TrunkTable::add_peer(const std::string& peer, bool may_call) {
  const auto host_port = read_host_port(peer);
  if (!host_port) return fail(host_port.error());
  std::vector<HostPort> out;
  for (auto& address : resolve(host_port->host)) {
    if (may_call) peers_.push_back({address, host_port->port, trunks_.size()});
    names_.emplace_back(address, host_port->host);
    out.push_back({std::move(address), host_port->port});
  }
  if (out.empty()) return fail(Problem{fmt::format("the peer \"{}\" has no address", peer), "correct the host name"});
  return out;
}

Result<void, Problem> TrunkTable::add(const TrunkConfig& trunk) {
  if (trunk.name.empty()) return fail(Problem{"it has no name", "give each trunk a name of its own"});
  if (find_name(trunk.name)) return fail(Problem{"the name is taken twice", "give each trunk a name of its own"});
  std::vector<Gateway> gateways;
  for (const auto& peer : trunk.peers) {
    if (peer == "*") {
      if (anyone_ != SIZE_MAX) return fail(Problem{"a second trunk with the peer \"*\"", "keep \"*\" on one trunk"});
      anyone_ = trunks_.size();
      continue;
    }
    const auto addresses = add_peer(peer);
    if (!addresses) return fail(addresses.error());
    if (trunk.gateways.empty() && gateways.empty())
      gateways.push_back(
          {.host = addresses->front().host, .port = addresses->front().port, .transport = trunk.transport});
  }
  for (const auto& gateway : trunk.gateways) {
    const auto addresses = add_peer(gateway.address, trunk.takes_calls);
    if (!addresses) return fail(addresses.error());
    gateways.push_back({.host = addresses->front().host,
                        .port = addresses->front().port,
                        .transport = gateway.transport.empty() ? trunk.transport : gateway.transport,
                        .priority = gateway.priority,
                        .weight = gateway.weight});
  }
  for (auto& gateway : gateways) {
    gateway.domain = trunk.domain;
    if (!is_transport(gateway.transport))
      return fail(Problem{fmt::format("transport \"{}\" is unknown", gateway.transport), "write udp, tcp or tls"});
  }
  if (!is_transport(trunk.transport))
    return fail(Problem{fmt::format("transport \"{}\" is unknown", trunk.transport), "write udp, tcp or tls"});
  auto made = Trunk::make(trunk, std::move(gateways));
  if (!made) return fail(made.error());
  trunks_.push_back(std::move(*made));
  return {};
}

std::vector<std::string> TrunkTable::names_of(std::string_view address) const {
  std::vector<std::string> out;
  for (const auto& [at, name] : names_) {
    if (at == address) out.push_back(name);
  }
  return out;
}

Trunk* TrunkTable::find_source(std::string_view address, std::uint16_t port, bool udp) {
  Trunk* without_port = nullptr;
  for (const auto& peer : peers_) {
    if (peer.address != address) continue;
    if (peer.port != 0 && (peer.port == port || !udp)) return &trunks_[peer.trunk];
    if (peer.port == 0 && !without_port) without_port = &trunks_[peer.trunk];
  }
  if (without_port) return without_port;
  return anyone_ == SIZE_MAX ? nullptr : &trunks_[anyone_];
}

Trunk* TrunkTable::find_name(std::string_view name) {
  for (auto& trunk : trunks_) {
    if (trunk.name() == name) return &trunk;
  }
  return nullptr;
}

std::vector<TrunkUse> TrunkTable::use() const {
  std::vector<TrunkUse> out;
  for (const auto& trunk : trunks_) out.push_back(trunk.use());
  return out;
}

}  // namespace hotline::voice::signalling
