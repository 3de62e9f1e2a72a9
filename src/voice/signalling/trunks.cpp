// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/trunks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

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

bool Trunk::acquire() {
  if (in_use_ >= config_.channels_max) return false;
  ++in_use_;
  return true;
}

void Trunk::release() {
  assert(in_use_ > 0);
  --in_use_;
}

namespace {

/// "sip:agent@host:port;transport=tcp" and "host:port" alike give "host:port".
std::string_view host_of_contact(std::string_view contact) {
  if (contact.starts_with("sip:")) contact.remove_prefix(4);
  if (const auto at = contact.find('@'); at != std::string_view::npos) contact.remove_prefix(at + 1);
  return contact.substr(0, contact.find(';'));
}

}  // namespace

Result<TrunkTable, Problem> TrunkTable::make(const Config& config) {
  TrunkTable table;
  for (const auto& trunk : config.trunks) {
    const auto problem = [&](std::string what, std::string remedy) {
      return fail(Problem{fmt::format("trunk \"{}\": {}", trunk.name, what), std::move(remedy)});
    };
    if (trunk.name.empty()) return problem("it has no name", "give each trunk a name of its own");
    if (table.find_name(trunk.name)) return problem("the name is taken twice", "give each trunk a name of its own");
    if (trunk.transport != "udp" && trunk.transport != "tcp") {
      return problem(fmt::format("transport \"{}\" is unknown", trunk.transport), "write udp or tcp");
    }
    HostPort target;
    for (const auto& peer : trunk.peers) {
      if (peer == "*") {
        if (table.anyone_ != SIZE_MAX) return problem("a second trunk with the peer \"*\"", "keep \"*\" on one trunk");
        table.anyone_ = table.trunks_.size();
        continue;
      }
      const auto host_port = read_host_port(peer);
      if (!host_port) return problem(host_port.error().what, host_port.error().remedy);
      const auto addresses = resolve(host_port->host);
      if (addresses.empty())
        return problem(fmt::format("the peer \"{}\" has no address", peer), "correct the host name");
      for (const auto& address : addresses) {
        table.peers_.push_back({address, host_port->port, table.trunks_.size()});
      }
      if (target.host.empty()) target = {addresses.front(), host_port->port};
    }
    table.trunks_.emplace_back(trunk, std::move(target));
  }
  for (const auto& contact : config.agent_contacts) {
    const auto host_port = read_host_port(host_of_contact(contact));
    if (!host_port) return fail(Problem{"SIP agent: " + host_port.error().what, host_port.error().remedy});
    for (auto& address : resolve(host_port->host)) table.agents_.insert(std::move(address));
  }
  return table;
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
