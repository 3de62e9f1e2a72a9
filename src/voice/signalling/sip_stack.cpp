// SPDX-License-Identifier: Apache-2.0
// The stack around the sessions: transports, admission of new calls, and which session a message belongs to.
#include "voice/signalling/sip_stack.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <unordered_map>

#include "voice/signalling/body.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/libre_loop.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/session.hpp"
#include "voice/signalling/timer_heap.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::uint32_t kTransactionBuckets = 32'768;  // a transaction lives 32 s: 1,000 calls/s keep about 64,000
constexpr std::uint32_t kConnectionBuckets = 1'024;
constexpr int kSocketBufferBytes = 4 << 20;  // about 4,000 INVITEs: a second of delay costs no call

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

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

struct SipStack::Impl final : SessionHost {
  Impl(Config config, SessionObserver& observer, IdMaker& ids, TrunkTable trunks)
      : config_(std::move(config)), observer_(observer), ids_(ids), trunks_(std::move(trunks)) {}

  ~Impl() override {
    by_call_id_.clear();
    by_leg_.clear();
    sip_close(sip_.get(), true);
    sip_.reset();
  }

  Result<void, Problem> open();

  // SessionHost
  ::sip* sip() override { return sip_.get(); }
  const Config& config() const override { return config_; }
  SessionObserver& observer() override { return observer_; }
  std::string contact(sip_transp transport) const override {
    const auto port = transport == SIP_TRANSP_TCP ? sa_port(&tcp_) : sa_port(&udp_);
    return fmt::format("Contact: <sip:hotline@{}:{}{}>\r\n", bracketed(config_.advertised_address), port,
                       sip_transp_param(transport));
  }
  void advertise(mbuf* request) const override;
  void tune_socket(const sip_msg& message) override;
  void defer(std::function<void()> task) override { loop_.post(std::move(task)); }
  void ended(Session& session) override { by_leg_.erase(session.leg()); }
  void finished(Session& session) override {
    const auto range = by_call_id_.equal_range(session.call_id());
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second.get() == &session) {
        by_call_id_.erase(it);
        return;
      }
    }
  }

  // From the wire.
  void on_request(const sip_msg& request);
  void on_response(const sip_msg& response);
  void on_new_call(const sip_msg& invite);
  void on_options(const sip_msg& options);
  void refuse(const sip_msg& request, const Refusal& refusal);
  void refuse_call(const sip_msg& invite, const Refusal& refusal);
  [[nodiscard]] Refusal full() const {
    return {503, reason_of(503), fmt::format("Retry-After: {}\r\n", config_.retry_after_s)};
  }

  // Commands.
  void invite(const OutgoingCall& call);
  Result<std::string, Problem> target_of(const OutgoingCall& call, const Trunk* trunk) const;
  std::shared_ptr<Session> find(LegId leg) const {
    const auto it = by_leg_.find(leg);
    return it == by_leg_.end() ? nullptr : it->second;
  }
  std::shared_ptr<Session> find(const sip_msg& message) const {
    const auto range = by_call_id_.equal_range(clean_text(view(message.callid)));
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second->owns(message)) return it->second;
    }
    return nullptr;
  }
  void keep(const std::shared_ptr<Session>& session) {
    by_leg_.emplace(session->leg(), session);
    by_call_id_.emplace(session->call_id(), session);
  }

  Config config_;
  SessionObserver& observer_;
  IdMaker& ids_;
  TrunkTable trunks_;
  LibreLoop loop_;
  Ref<::sip> sip_;
  Ref<sip_lsnr> requests_, responses_;
  sa udp_{}, tcp_{};
  bool buffer_enlarged_ = false;
  bool draining_ = false;
  std::atomic<std::uint64_t> rejected_{0};
  std::unordered_map<LegId, std::shared_ptr<Session>> by_leg_;                 ///< not ended
  std::unordered_multimap<std::string, std::shared_ptr<Session>> by_call_id_;  ///< also those with transactions left
};

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

void SipStack::Impl::refuse(const sip_msg& request, const Refusal& refusal) {
  // Without transaction: whoever repeats the request gets the same answer, and strangers cost no memory.
  sip_replyf(sip_.get(), &request, refusal.status, refusal.reason, "%sContent-Length: 0\r\n\r\n",
             refusal.headers.c_str());
}

void SipStack::Impl::refuse_call(const sip_msg& invite, const Refusal& refusal) {
  ++rejected_;
  spdlog::info("sip call-id={} new call from {} refused status={} ({})", clean_text(view(invite.callid)),
               address_port_of(invite.src), refusal.status, refusal.reason);
  refuse(invite, refusal);
}

void SipStack::Impl::on_request(const sip_msg& request) {
  tune_socket(request);
  const auto method = view(request.met);
  if (const auto fault = find_fault(request)) {
    if (!fault->drop && method != "ACK") refuse(request, fault->refusal);
    return;
  }
  if (pl_isset(&request.to.tag)) {
    if (const auto session = find(request)) return session->on_request(request);
    if (method != "ACK") refuse(request, {481, reason_of(481)});
    return;
  }
  if (method == "INVITE") return on_new_call(request);
  if (method == "OPTIONS") return on_options(request);
  if (method == "ACK") return;
  if (method == "CANCEL" || method == "BYE" || method == "INFO" || method == "UPDATE" || method == "REFER") {
    return refuse(request, {481, reason_of(481)});
  }
  for (const auto* known : {"REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "PRACK"}) {
    if (method == known) return refuse(request, {405, reason_of(405), kAllow});
  }
  refuse(request, {501, reason_of(501), kAllow});
}

void SipStack::Impl::on_options(const sip_msg& options) {
  const auto source = address_of(options.src);
  if (!trunks_.find_source(source, sa_port(&options.src), options.tp == SIP_TRANSP_UDP) && !trunks_.is_agent(source)) {
    return refuse(options, {403, reason_of(403)});
  }
  if (draining_) return refuse(options, full());  // a dispatcher in front sends its calls elsewhere
  const auto headers = contact(options.tp) + kAllow + "Accept: application/sdp\r\n";
  sip_replyf(sip_.get(), &options, 200, "OK", "%sContent-Length: 0\r\n\r\n", headers.c_str());
}

void SipStack::Impl::on_new_call(const sip_msg& invite) {
  const auto source = address_of(invite.src);
  auto* trunk = trunks_.find_source(source, sa_port(&invite.src), invite.tp == SIP_TRANSP_UDP);
  if (!trunk && !trunks_.is_agent(source)) return refuse_call(invite, {403, reason_of(403)});
  if (!has_usable_target(invite)) return refuse_call(invite, {400, "Contact Must Be A SIP URI"});
  const auto offer = sdp_of(invite);
  if (!offer) return refuse_call(invite, offer.error());
  if (draining_ || by_leg_.size() >= config_.sessions_max || (trunk && !trunk->acquire())) {
    return refuse_call(invite, full());
  }
  const auto session = std::make_shared<Session>(*this, LegId{ids_.next()}, trunk);
  if (!session->take_invite(invite, offer->has_value())) {
    ++rejected_;
    return;
  }
  keep(session);
  auto parties = parties_of(invite);
  const IncomingCall call{.leg = session->leg(),
                          .trunk = trunk ? trunk->name() : std::string{},
                          .from_user = std::move(parties.from_user),
                          .from_display = std::move(parties.from_display),
                          .to_user = std::move(parties.to_user),
                          .sip_call_id = session->call_id(),
                          .source = address_port_of(invite.src),
                          .offer = *offer};
  spdlog::info("sip leg={} call-id={} incoming trunk={} to={} source={}", call.leg.value(), call.sip_call_id,
               call.trunk, call.to_user, call.source);
  observer_.on_incoming(call);
}

void SipStack::Impl::on_response(const sip_msg& response) {
  tune_socket(response);
  if (!pl_isset(&response.callid) || !pl_isset(&response.from.tag) || !pl_isset(&response.to.tag)) return;
  if (const auto session = find(response)) session->on_stray_response(response);
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
