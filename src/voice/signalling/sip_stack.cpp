// SPDX-License-Identifier: Apache-2.0
// The stack around the sessions: transports and commands. dispatch.cpp has what comes in.
#include "voice/signalling/sip_stack.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <cstring>

#include "voice/signalling/sip_stack_impl.hpp"
#include "voice/signalling/timer_heap.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::uint32_t kTransactionBuckets = 32'768;  // a transaction lives 32 s: 1,000 calls/s keep about 64,000
constexpr std::uint32_t kConnectionBuckets = 1'024;
constexpr int kSocketBufferBytes = 4 << 20;  // about 4,000 INVITEs: a second of delay costs no call

Ref<dnsc> open_resolver() {
  sa servers[8];
  std::uint32_t count = 8;
  dnsc* client = nullptr;
  if (dns_srv_get(nullptr, 0, servers, &count) == 0 && count > 0) dnsc_alloc(&client, nullptr, servers, count);
  return Ref<dnsc>::adopt(client);
}

Result<void, Problem> add_transport(::sip* stack, sip_transp transport, const std::string& host, std::uint16_t port) {
  const auto where = fmt::format("SIP {} address {}:{}", sip_transp_name(transport), bracketed(host), port);
  sa address{};
  if (sa_set_str(&address, host.c_str(), port) != 0) {
    return fail(Problem{where + " is not numeric", "bind to an IPv4 or IPv6 address of this machine"});
  }
  const int error = sip_transp_add(stack, transport, &address);
  if (error == EADDRINUSE) {
    return fail(Problem{where + " is in use", "stop the other program, choose another port, or 0 for any free one"});
  }
  if (error != 0) return fail(Problem{where + " cannot be opened: " + strerror(error), "check address and permission"});
  return {};
}

sa local_address(::sip* stack, sip_transp transport, const std::string& host) {
  sa any{}, out{};
  sa_set_str(&any, host.c_str(), 0);
  sip_transp_laddr(stack, &out, transport, &any);
  return out;
}

}  // namespace

Result<void, Problem> SipStack::Impl::open() {
  use_log();
  if (!use_timer_heap()) spdlog::warn("sip: libre uses its own timers, many calls a second will be slow");
  if (config_.advertised_address.empty()) config_.advertised_address = config_.bind_address;
  sa advertised{};
  if (sa_set_str(&advertised, config_.advertised_address.c_str(), 0) != 0) {
    return fail(Problem{fmt::format("advertised SIP address \"{}\" is not numeric", config_.advertised_address),
                        "write the IPv4 or IPv6 address that peers reach this node at"});
  }
  sa bound{};
  if (sa_set_str(&bound, config_.bind_address.c_str(), 0) == 0 && sa_is_any(&bound)) {
    return fail(Problem{fmt::format("SIP cannot be bound to {}: peers must be told one address", config_.bind_address),
                        "bind to one address of this machine"});
  }
  const auto resolver = open_resolver();
  if (sip_alloc(sip_.out(), resolver.get(), kTransactionBuckets, kTransactionBuckets, kConnectionBuckets,
                config_.user_agent.c_str(), nullptr, nullptr) != 0) {
    return fail(Problem{"SIP cannot start: out of memory", "free memory"});
  }
  if (auto added = add_transport(sip_.get(), SIP_TRANSP_UDP, config_.bind_address, config_.udp_port); !added)
    return added;
  if (auto added = add_transport(sip_.get(), SIP_TRANSP_TCP, config_.bind_address, config_.tcp_port); !added)
    return added;
  udp_ = local_address(sip_.get(), SIP_TRANSP_UDP, config_.bind_address);
  tcp_ = local_address(sip_.get(), SIP_TRANSP_TCP, config_.bind_address);

  const auto request = [](const sip_msg* message, void* arg) {
    static_cast<Impl*>(arg)->on_request(*message);
    return true;
  };
  const auto response = [](const sip_msg* message, void* arg) {
    static_cast<Impl*>(arg)->on_response(*message);
    return true;
  };
  sip_listen(requests_.out(), sip_.get(), true, request, this);
  sip_listen(responses_.out(), sip_.get(), false, response, this);
  return {};
}

void SipStack::Impl::advertise(mbuf* request) const {
  if (config_.advertised_address == config_.bind_address) return;
  // "INVITE sip:... SIP/2.0\r\nVia: SIP/2.0/UDP 0.0.0.0:5060;branch=..." as libre begins a request.
  std::string text(reinterpret_cast<const char*>(request->buf), request->end);
  const auto via = text.find("\r\nVia: SIP/2.0/");
  const auto begin = via == std::string::npos ? via : text.find(' ', via + 8);
  const auto end = begin == std::string::npos ? begin : text.find(';', begin);
  if (end == std::string::npos) return;
  const auto port = text.rfind(':', end);
  if (port == std::string::npos || port < begin) return;
  text.replace(begin + 1, port - begin - 1, bracketed(config_.advertised_address));
  mbuf_rewind(request);
  mbuf_write_mem(request, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

void SipStack::Impl::tune_socket(const sip_msg& message) {
  if (auto* connection = sip_msg_tcpconn(&message)) {
    const int on = 1;  // or each answer waits 40 ms for the ACK of the one before
    setsockopt(tcp_conn_fd(connection), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (buffer_enlarged_ || message.tp != SIP_TRANSP_UDP) return;
  buffer_enlarged_ = true;  // libre shows its socket only in messages
  auto* socket = static_cast<udp_sock*>(message.sock);
  const int fd = udp_sock_fd(socket, sa_af(&udp_));
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBufferBytes, sizeof kSocketBufferBytes) != 0) {
    udp_sockbuf_set(socket, kSocketBufferBytes);  // without privilege: up to net.core.rmem_max
  }
}

Result<std::string, Problem> SipStack::Impl::target_of(const OutgoingCall& call, const Trunk* trunk) const {
  const bool is_uri = call.uri.starts_with("sip:");
  if (!is_uri && !trunk) return fail(Problem{"the target is no SIP URI", "write sip:user@host:port, or name a trunk"});
  if (!is_uri) {
    const auto& to = trunk->target();
    if (to.host.empty()) return fail(Problem{"the trunk has no address to send to", "give it a peer besides \"*\""});
    return fmt::format("sip:{}@{}{}{}", escape_user(call.uri), bracketed(to.host),
                       to.port ? fmt::format(":{}", to.port) : std::string{},
                       trunk->transport() == "tcp" ? ";transport=tcp" : "");
  }
  uri parsed{};
  const auto text = to_pl(call.uri);
  if (call.uri.find_first_of("<>\" \r\n\t") != std::string::npos || uri_decode(&parsed, &text) != 0) {
    return fail(Problem{"the target URI cannot be read", "write sip:user@host:port"});
  }
  const auto host = view(parsed.host);
  if (host != "localhost") return call.uri;  // numeric, or a name that DNS knows
  auto target = call.uri;
  target.replace(static_cast<std::size_t>(parsed.host.p - call.uri.data()), host.size(),
                 sa_af(&udp_) == AF_INET6 ? "[::1]" : "127.0.0.1");
  return target;
}

void SipStack::Impl::invite(const OutgoingCall& call) {
  const auto refuse_leg = [&](EndCause cause, unsigned status, std::string_view why) {
    spdlog::warn("sip leg={} cannot call: {}", call.leg.value(), why);
    loop_.post([this, leg = call.leg, cause, status] { observer_.on_ended(leg, cause, status, false); });
  };
  if (by_leg_.contains(call.leg)) return spdlog::error("sip leg={} is in use already", call.leg.value());
  Trunk* trunk = nullptr;
  if (!call.trunk.empty()) {
    trunk = trunks_.find_name(call.trunk);
    if (!trunk) return refuse_leg(EndCause::error, 0, fmt::format("no trunk \"{}\"", clean_text(call.trunk)));
  }
  const auto target = target_of(call, trunk);
  if (!target) return refuse_leg(EndCause::unreachable, 0, target.error().what);
  if (by_leg_.size() >= config_.sessions_max) return refuse_leg(EndCause::capacity, 503, "too many sessions");
  if (trunk && !trunk->acquire()) return refuse_leg(EndCause::capacity, 503, "every channel of the trunk is in use");

  const auto session = std::make_shared<Session>(*this, call.leg, trunk);
  if (!session->start_call(call, *target)) return refuse_leg(EndCause::unreachable, 0, "the INVITE cannot be sent");
  keep(session);
  spdlog::info("sip leg={} call-id={} calling trunk={}", call.leg.value(), session->call_id(), call.trunk);
}

Result<std::unique_ptr<SipStack>, Problem> SipStack::open(Config config, SessionObserver& observer, IdMaker& ids) {
  auto trunks = TrunkTable::make(config);
  if (!trunks) return fail(trunks.error());
  auto impl = std::make_unique<Impl>(std::move(config), observer, ids, std::move(*trunks));
  if (auto opened = impl->open(); !opened) return fail(opened.error());
  return std::unique_ptr<SipStack>(new SipStack(std::move(impl)));
}

SipStack::SipStack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SipStack::~SipStack() = default;

void SipStack::run() {
  impl_->loop_.run();
}
void SipStack::stop() {
  impl_->loop_.stop();
}
void SipStack::post(std::function<void()> task) {
  impl_->loop_.post(std::move(task));
}
runtime::EventLoop& SipStack::loop() {
  return impl_->loop_;
}
void SipStack::watch(int fd, bool want_write, std::function<void(bool readable, bool writable)> ready) {
  impl_->loop_.watch(fd, want_write, std::move(ready));
}
void SipStack::unwatch(int fd) {
  impl_->loop_.unwatch(fd);
}
void SipStack::after(Duration delay, std::function<void()> task) {
  impl_->loop_.after(delay, std::move(task));
}

void SipStack::progress(LegId leg, unsigned status) {
  if (const auto session = impl_->find(leg)) session->progress(status);
}
void SipStack::accept(LegId leg, const std::string& sdp) {
  if (const auto session = impl_->find(leg)) session->accept(sdp);
}
void SipStack::reject(LegId leg, unsigned status, std::uint32_t retry_after_s) {
  if (const auto session = impl_->find(leg)) session->reject(status, retry_after_s);
}
void SipStack::invite(const OutgoingCall& call) {
  impl_->invite(call);
}
void SipStack::reinvite(LegId leg, const std::string& offer) {
  if (const auto session = impl_->find(leg)) session->reinvite(offer);
}
void SipStack::send_info_digit(LegId leg, char digit, Duration length) {
  if (const auto session = impl_->find(leg)) session->send_info_digit(digit, length);
}
void SipStack::transfer_result(LegId leg, unsigned status) {
  if (const auto session = impl_->find(leg)) session->transfer_result(status);
}
void SipStack::hangup(LegId leg, EndCause cause) {
  if (const auto session = impl_->find(leg)) session->hangup(cause);
}
void SipStack::set_draining(bool on) {
  impl_->draining_ = on;
}

std::string SipStack::udp_address() const {
  return address_port_of(impl_->udp_);
}
std::string SipStack::tcp_address() const {
  return address_port_of(impl_->tcp_);
}
std::vector<TrunkUse> SipStack::trunk_use() const {
  return impl_->trunks_.use();
}
std::uint64_t SipStack::rejected() const {
  return impl_->rejected_;
}

}  // namespace hotline::voice::signalling
