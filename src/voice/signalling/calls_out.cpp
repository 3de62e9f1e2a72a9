// SPDX-License-Identifier: Apache-2.0
// Calls we make: which ways there are (gateways of a trunk, bindings of a phone, one address), and the next one when a
// way fails before anybody rings. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::string_view kAccount = "account:";
constexpr std::size_t kUdpMax = 1'300;       // RFC 3261 section 18.1.1: larger requests go over TCP
constexpr std::size_t kHeadersOfOurs = 520;  // of an INVITE without its URIs and its body
constexpr Duration kTcpSilenceMax{2'000};    // then it goes over UDP all the same
constexpr Duration kPhoneSilenceMax{4'000};

bool is_tcp(const std::string& uri) {
  return uri.find(";transport=") != std::string::npos;
}

/// Whether another way may do better: not there, overloaded, broken; a phone also when it is not the one that is at
/// hand.
bool worth_another(unsigned status, bool phone) {
  if (phone) return status != 486 && status != 600 && status != 603 && status != 487;
  return status == 408 || (status >= 500 && status < 600);
}

}  // namespace

Result<std::deque<SipStack::Impl::Attempt>, Problem> SipStack::Impl::ways_of(const OutgoingCall& call,
                                                                             Trunk* trunk) const {
  std::deque<Attempt> ways;
  const bool large = call.offer.size() + 3 * call.uri.size() + kHeadersOfOurs > kUdpMax;
  const auto add = [&](Attempt way) {
    if (large && !is_tcp(way.route.empty() ? way.uri : way.route)) {
      auto over_tcp = way;
      (way.route.empty() ? over_tcp.uri : over_tcp.route) += ";transport=tcp";
      over_tcp.silence_max = kTcpSilenceMax;
      ways.push_back(std::move(over_tcp));
    }
    ways.push_back(std::move(way));
  };
  if (call.uri.starts_with(kAccount)) {
    const auto user = call.uri.substr(kAccount.size());
    for (auto& binding : registrar_.bindings(user)) {  // their flow is the way to them, whatever the size
      auto way = split_route(binding.uri);
      ways.push_back({.uri = std::move(way.uri), .route = std::move(way.route), .silence_max = kPhoneSilenceMax});
    }
    if (ways.empty())
      return fail(Problem{fmt::format("no phone is registered as {}", clean_text(user)), "register it"});
    return ways;
  }
  if (call.uri.starts_with("sip:")) {
    uri parsed{};
    auto [target, route] = split_route(call.uri);
    const auto text = to_pl(target);
    if ((target + route).find_first_of("<>\" \r\n\t") != std::string::npos || uri_decode(&parsed, &text) != 0)
      return fail(Problem{"the target URI cannot be read", "write sip:user@host:port"});
    const auto host = view(parsed.host);
    if (host == "localhost") {  // no name that DNS knows
      target.replace(static_cast<std::size_t>(parsed.host.p - target.data()), host.size(),
                     sa_af(&locals_.front().udp) == AF_INET6 ? "[::1]" : "127.0.0.1");
    }
    add({.uri = std::move(target), .route = std::move(route)});
    return ways;
  }
  if (!trunk) return fail(Problem{"the target is no SIP URI", "write sip:user@host:port, or name a trunk"});
  const auto& gateways = trunk->gateways();
  if (gateways.size() == 0)
    return fail(Problem{"the trunk has no address to send to", "give it a gateway, or a peer besides \"*\""});
  const auto number = trunk->called_out(call.uri);
  const auto order = gateways.order([](std::uint32_t bound) { return rand_u32() % bound; });
  for (const auto index : order) {
    const auto& gateway = gateways.at(index);
    Attempt way{.uri = gateway_uri(gateway, number), .gateway = index, .silence_max = trunk->config().fail_over_after};
    if (!gateway.domain.empty()) {
      way.uri = fmt::format("sip:{}@{}", escape_user(number), gateway.domain);
      way.route = gateway_uri(gateway);
    }
    add(std::move(way));
  }
  return ways;
}

int SipStack::Impl::family_of(const std::string& target, const std::string& trunk) {
  std::string host;
  if (const auto* group = trunk.empty() ? nullptr : trunks_.find_name(trunk)) {
    const auto& gateways = group->gateways();  // of one rank any may be chosen: those of a trunk are of one family
    if (gateways.size() > 0) host = gateways.at(gateways.order([](std::uint32_t) { return 0U; }).front()).host;
  } else {
    auto address = target;
    if (target.starts_with(kAccount)) {
      const auto bindings = registrar_.bindings(target.substr(kAccount.size()));
      if (!bindings.empty()) address = bindings.front().uri;
    }
    uri parsed{};
    const auto text = to_pl(address);
    if (uri_decode(&parsed, &text) == 0) host = view(parsed.host);
    if (host == "localhost") return sa_af(&locals_.front().udp);
  }
  sa numeric{};
  return sa_set_str(&numeric, host.c_str(), 0) == 0 ? sa_af(&numeric) : AF_UNSPEC;
}

void SipStack::Impl::invite(const OutgoingCall& call) {
  const auto refuse_leg = [&](EndCause cause, unsigned status, std::string_view why) {
    attempts_.erase(call.leg);
    spdlog::warn("sip leg={} cannot call: {}", call.leg.value(), why);
    loop_.post([this, leg = call.leg, cause, status] { observer_.on_ended(leg, cause, status, false); });
  };
  if (by_leg_.contains(call.leg)) return spdlog::error("sip leg={} is in use already", call.leg.value());
  Trunk* trunk = nullptr;
  if (!call.trunk.empty()) {
    trunk = trunks_.find_name(call.trunk);
    if (!trunk) return refuse_leg(EndCause::error, 0, fmt::format("no trunk \"{}\"", clean_text(call.trunk)));
  }
  auto ways = ways_of(call, trunk);
  if (!ways) return refuse_leg(EndCause::unreachable, 0, ways.error().what);
  if (by_leg_.size() >= config_.sessions_max) return refuse_leg(EndCause::capacity, 503, "too many sessions");

  auto& attempts = attempts_[call.leg] =
      Attempts{.call = call, .trunk = trunk, .phone = call.uri.starts_with(kAccount), .left = std::move(*ways)};
  if (trunk) {
    attempts.call.from_user = trunk->caller_out(call.from_user);
    if (attempts.call.from_domain.empty()) attempts.call.from_domain = trunk->config().domain;
  }
  if (trunk && !trunk->acquire(Direction::out))
    return refuse_leg(EndCause::capacity, 503, "every channel of the trunk is in use");
  if (trunk) {
    trunk->release(Direction::out);  // each attempt takes it for itself
    trunk->count_call(Direction::out);
  }
  if (!start_next(attempts)) refuse_leg(EndCause::unreachable, 0, "the INVITE cannot be sent");
}

bool SipStack::Impl::start_next(Attempts& attempts) {
  while (!attempts.left.empty()) {
    const auto way = std::move(attempts.left.front());
    attempts.left.pop_front();
    attempts.gateway = way.gateway;
    auto call = attempts.call;
    call.silence_max = way.silence_max;
    if (attempts.trunk && !attempts.trunk->acquire(Direction::out)) return false;
    if (attempts.trunk && way.gateway != SIZE_MAX) attempts.trunk->gateways().count_call(way.gateway);
    const auto session = std::make_shared<Session>(*this, call.leg, attempts.trunk);
    if (!session->start_call(call, way.uri, way.route)) continue;
    keep(session);
    spdlog::info("sip leg={} call-id={} calling trunk={} by {}", call.leg.value(), session->call_id(), call.trunk,
                 way.route.empty() ? way.uri.substr(way.uri.find('@') + 1) : way.route);
    return true;
  }
  return false;
}

bool SipStack::Impl::try_elsewhere(Session& session, unsigned status) {
  const auto found = attempts_.find(session.leg());
  if (found == attempts_.end()) return false;
  auto& attempts = found->second;
  if (attempts.trunk && attempts.gateway != SIZE_MAX && (status == 408 || status == 503)) {
    if (attempts.trunk->gateways().failed(attempts.gateway))
      spdlog::warn("sip trunk={} gateway {} is down", attempts.trunk->name(),
                   gateway_uri(attempts.trunk->gateways().at(attempts.gateway)));
  }
  const bool again = worth_another(status, attempts.phone) && start_next(attempts);
  if (!again) attempts_.erase(found);
  return again;
}

Authorize SipStack::Impl::answer_challenge(const Session& session, const sip_msg& challenge) {
  const auto* trunk = session.trunk();
  if (!trunk || trunk->config().user.empty()) return {};
  return answer_with(challenge, trunk->config().user, trunk->config().password);
}

}  // namespace hotline::voice::signalling
