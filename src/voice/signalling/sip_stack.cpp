// SPDX-License-Identifier: Apache-2.0
// The stack around the sessions: transports and commands. dispatch.cpp has what comes in.
#include "voice/signalling/sip_stack.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>

#include "voice/signalling/sip_stack_impl.hpp"
#include "voice/signalling/timer_heap.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::uint32_t kTransactionBuckets = 32'768;  // a transaction lives 32 s: 1,000 calls/s keep about 64,000
constexpr std::uint32_t kConnectionBuckets = 1'024;
constexpr Duration kTick{200};  // of probes, registrations and idle connections

Ref<dnsc> open_resolver() {
  sa servers[8];
  std::uint32_t count = 8;
  dnsc* client = nullptr;
  if (dns_srv_get(nullptr, 0, servers, &count) == 0 && count > 0) dnsc_alloc(&client, nullptr, servers, count);
  return Ref<dnsc>::adopt(client);
}

Result<void, Problem> add_transport(::sip* stack, sip_transp transport, const std::string& host, std::uint16_t port,
                                    ::tls* secure) {
  const auto where = fmt::format("SIP {} address {}:{}", sip_transp_name(transport), bracketed(host), port);
  sa address{};
  if (sa_set_str(&address, host.c_str(), port) != 0) {
    return fail(Problem{where + " is not numeric", "bind to an IPv4 or IPv6 address of this machine"});
  }
  const int error = sip_transp_add(stack, transport, &address, transport == SIP_TRANSP_TLS ? secure : nullptr);
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

namespace {

/// libre's hook: every message on its way to or from a transport.
void on_passed(bool sent, sip_transp transport, const sa* source, const sa* destination, const std::uint8_t* packet,
               std::size_t length, void* argument) {
  if (length > 65'536) return;
  TracedMessage message;
  message.at_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  message.sent = sent;
  message.transport = sip_transp_name(transport);
  std::transform(message.transport.begin(), message.transport.end(), message.transport.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  message.local = address_port_of(sent ? *source : *destination);
  message.remote = address_port_of(sent ? *destination : *source);
  message.text.assign(reinterpret_cast<const char*>(packet), length);
  static_cast<SipTrace*>(argument)->passed(std::move(message));
}

}  // namespace

SipStack::Impl::Impl(Config config, SessionObserver& observer, IdMaker& ids, TrunkTable trunks)
    : config_(std::move(config)),
      observer_(observer),
      ids_(ids),
      trunks_(std::move(trunks)),
      trace_(config_.trace),
      registrar_(config_.registrar),
      defence_(config_.defence),
      connections_({config_.connections_max, config_.connections_per_source_max, config_.connection_idle},
                   [this](const std::string& peer) {
                     loop_.post([this, peer] {
                       registrar_.lose({peer, "tcp"});
                       registrar_.lose({peer, "tls"});
                     });
                   }) {
  registrar_.on_change([this](const std::string& user) { tell_phone(user); });
}

Result<void, Problem> SipStack::Impl::open() {
  use_log();
  if (!use_timer_heap()) spdlog::warn("sip: libre uses its own timers, many calls a second will be slow");
  if (config_.advertised_address.empty()) config_.advertised_address = config_.bind_address;
  sa advertised{};
  if (sa_set_str(&advertised, config_.advertised_address.c_str(), 0) != 0) {
    return fail(Problem{fmt::format("advertised SIP address \"{}\" is not numeric", config_.advertised_address),
                        "write the IPv4 or IPv6 address that peers reach this node at"});
  }
  const auto resolver = open_resolver();
  if (sip_alloc(sip_.out(), resolver.get(), kTransactionBuckets, kTransactionBuckets, kConnectionBuckets,
                config_.user_agent.c_str(), nullptr, &trace_) != 0) {
    return fail(Problem{"SIP cannot start: out of memory", "free memory"});
  }
  if (config_.trace.enabled) sip_set_trace_handler(sip_.get(), on_passed);
  if (config_.tls) {
    std::vector<std::string> peers;
    for (auto& trunk : config_.trunks) {
      for (const auto& gateway : trunk.gateways)
        if (const auto at = read_host_port(gateway.address)) peers.push_back(at->host);
      for (const auto& peer : trunk.peers)
        if (const auto at = read_host_port(peer)) peers.push_back(at->host);
    }
    auto opened = SipTls::open(*config_.tls, std::move(peers));
    if (!opened) return fail(opened.error());
    tls_ = std::move(*opened);
  }
  auto addresses = config_.more_addresses;
  addresses.insert(addresses.begin(), config_.bind_address);
  for (const auto& address : addresses) {
    if (auto added = open_local(address, sa_af(&advertised)); !added) return added;
  }

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
  for (auto& trunk : trunks_.all()) {
    probes_.push_back(std::make_unique<GatewayProbes>(*this, trunk));
    if (trunk.config().registers) registrations_.push_back(std::make_unique<CarrierRegistration>(*this, trunk));
  }
  tick();
  return {};
}

Result<void, Problem> SipStack::Impl::open_local(const std::string& address, int advertised_family) {
  sa bound{};
  if (sa_set_str(&bound, address.c_str(), 0) == 0 && sa_is_any(&bound)) {
    return fail(Problem{fmt::format("SIP cannot be bound to {}: peers must be told one address", address),
                        "bind to one address of this machine, or to a list of them"});
  }
  const auto add = [&](sip_transp transport, std::uint16_t port) {
    return add_transport(sip_.get(), transport, address, port, tls_ ? tls_->get() : nullptr);
  };
  if (auto added = add(SIP_TRANSP_UDP, config_.udp_port); !added) return added;
  if (auto added = add(SIP_TRANSP_TCP, config_.tcp_port); !added) return added;
  if (tls_) {
    if (auto added = add(SIP_TRANSP_TLS, config_.tls->port); !added) return added;
  }
  Local local{.host = address,
              .advertised = sa_af(&bound) == advertised_family ? config_.advertised_address : address,
              .udp = local_address(sip_.get(), SIP_TRANSP_UDP, address),
              .tcp = local_address(sip_.get(), SIP_TRANSP_TCP, address)};
  if (tls_) local.tls = local_address(sip_.get(), SIP_TRANSP_TLS, address);
  locals_.push_back(std::move(local));
  return {};
}

void SipStack::Impl::tell_traces() {
  for (const SipTrace::Finished& finished : trace_.due(now()))
    observer_.on_trace(finished.leg, finished.messages, finished.left_out);
}

void SipStack::Impl::tick() {
  const auto at = now();
  registrar_.expire(at);
  ping_phones(at);
  connections_.sweep(at);
  for (auto& probe : probes_) probe->tick(at);
  for (auto& registration : registrations_) registration->tick(at);
  tell_traces();
  timer_.start(kTick, [this] { tick(); });
}

Duration SipStack::Impl::now() const {
  return Duration{static_cast<Duration::rep>(tmr_jiffies())};
}

const SipStack::Impl::Local& SipStack::Impl::local_for(const sa& peer) const {
  for (const auto& local : locals_) {
    if (sa_af(&local.udp) == sa_af(&peer)) return local;
  }
  return locals_.front();
}

std::string SipStack::Impl::contact(sip_transp transport, const sa& peer) const {
  const auto& local = local_for(peer);
  const auto& address = transport == SIP_TRANSP_TCP ? local.tcp : transport == SIP_TRANSP_TLS ? local.tls : local.udp;
  return fmt::format("Contact: <sip:hotline@{}:{}{}>\r\n", bracketed(local.advertised), sa_port(&address),
                     sip_transp_param(transport));
}

void SipStack::Impl::advertise(mbuf* request, const sa& peer) const {
  const auto& local = local_for(peer);
  if (local.advertised == local.host) return;
  // "INVITE sip:... SIP/2.0\r\nVia: SIP/2.0/UDP 0.0.0.0:5060;branch=..." as libre begins a request.
  std::string text(reinterpret_cast<const char*>(request->buf), request->end);
  const auto via = text.find("\r\nVia: SIP/2.0/");
  const auto begin = via == std::string::npos ? via : text.find(' ', via + 8);
  const auto end = begin == std::string::npos ? begin : text.find(';', begin);
  if (end == std::string::npos) return;
  const auto port = text.rfind(':', end);
  if (port == std::string::npos || port < begin) return;
  text.replace(begin + 1, port - begin - 1, bracketed(local.advertised));
  mbuf_rewind(request);
  mbuf_write_mem(request, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

void SipStack::Impl::tune_socket(const sip_msg& message) {
  if (auto* connection = sip_msg_tcpconn(&message)) {
    const int on = 1;  // or each answer waits 40 ms for the ACK of the one before
    setsockopt(tcp_conn_fd(connection), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const auto family = static_cast<unsigned>(sa_af(&message.src) == AF_INET6 ? 2 : 1);
  if ((buffers_enlarged_ & family) != 0 || message.tp != SIP_TRANSP_UDP) return;
  buffers_enlarged_ |= family;  // libre shows its sockets only in messages
  auto* socket = static_cast<udp_sock*>(message.sock);
  udp_rxsz_set(socket, 2 * kHeaderBytesMax);  // libre's 8 KiB would cut larger datagrams off without a word
  const int fd = udp_sock_fd(socket, sa_af(&message.src));
  const int bytes = static_cast<int>(config_.receive_buffer);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    udp_sockbuf_set(socket, bytes);  // without privilege: up to net.core.rmem_max
  }
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

void SipStack::progress(LegId leg, unsigned status, const std::string& sdp) {
  if (const auto session = impl_->find(leg)) session->progress(status, sdp);
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
void SipStack::reinvite(LegId leg, const std::string& offer, const std::string& type) {
  if (const auto session = impl_->find(leg)) session->reinvite(offer, type);
}
void SipStack::send_info_digit(LegId leg, char digit, Duration length) {
  if (const auto session = impl_->find(leg)) session->send_info_digit(digit, length);
}
bool SipStack::takes_info(LegId leg) const {
  const auto session = impl_->find(leg);
  return session && session->takes_info();
}
void SipStack::refer(LegId leg, const std::string& target, LegId replaces_leg) {
  if (const auto session = impl_->find(leg)) session->refer(target, replaces_leg);
}
void SipStack::transfer_result(LegId leg, unsigned status) {
  if (const auto session = impl_->find(leg)) session->transfer_result(status);
}
void SipStack::hangup(LegId leg, EndCause cause) {
  if (const auto session = impl_->find(leg)) session->hangup(cause);
}
void SipStack::set_accounts(std::vector<PhoneAccount> accounts) {
  impl_->config_.registrar.awaits_accounts = false;
  impl_->registrar_.set_accounts(std::move(accounts));
}
int SipStack::family_of(const std::string& uri, const std::string& trunk) const {
  return impl_->family_of(uri, trunk);
}
std::vector<PhoneState> SipStack::phones() const {
  return impl_->registrar_.phones();
}
Result<void, Problem> SipStack::reload_certificate() {
  if (!impl_->tls_) return {};
  auto loaded = impl_->tls_->reload();
  if (loaded) spdlog::info("sip: certificate read again");
  return loaded;
}
void SipStack::set_draining(bool on) {
  impl_->draining_ = on;
}
void SipStack::set_shedding(bool on) {
  impl_->shedding_ = on;
}

std::string SipStack::udp_address() const {
  return address_port_of(impl_->locals_.front().udp);
}
std::string SipStack::tcp_address() const {
  return address_port_of(impl_->locals_.front().tcp);
}
std::string SipStack::tls_address() const {
  return impl_->tls_ ? address_port_of(impl_->locals_.front().tls) : std::string{};
}
bool SipStack::gateway_down(LegId leg) const {
  const auto found = impl_->attempts_.find(leg);
  if (found == impl_->attempts_.end() || !found->second.trunk || found->second.gateway == SIZE_MAX) return false;
  return !found->second.trunk->gateways().up(found->second.gateway);
}
std::vector<TrunkUse> SipStack::trunk_use() const {
  return impl_->trunks_.use();
}
std::uint64_t SipStack::rejected() const {
  return impl_->rejected_;
}
DefenceStats SipStack::defence() const {
  return impl_->defence_.stats();
}

}  // namespace hotline::voice::signalling
