// SPDX-License-Identifier: Apache-2.0
// The SIP side of a voice node: transports, trunks and our own session layer over libre's parser, transactions and
// dialogs.
//
// Everything here lives on one thread, the signalling thread, which runs libre's loop (run()). Other threads come in
// through post(). Observer calls are made on that thread, never from inside a call into the stack for the same session.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "runtime/event_loop.hpp"
#include "voice/signalling/defence.hpp"
#include "voice/signalling/number_rules.hpp"
#include "voice/signalling/sip_trace.hpp"

namespace hotline::voice::signalling {

struct GatewayConfig {
  std::string address{};       ///< "host[:port]"; may send to us as well
  std::string transport{};     ///< udp, tcp or tls; empty: the trunk's
  std::uint32_t priority = 1;  ///< the lowest is asked first
  std::uint32_t weight = 1;    ///< share among those of one priority
};

struct TrunkConfig {
  std::string name;
  std::vector<std::string> peers{};  ///< "host[:port]" addresses that may send to us; "*": anyone
  std::uint32_t channels_max = 300;  ///< in both directions together; above: 503 with Retry-After
  std::string transport = "udp";     ///< of outgoing calls: udp, tcp or tls
  bool trusted_identity = false;     ///< its P-Asserted-Identity counts, and it is told ours (RFC 3325)
  bool follow_redirects = false;     ///< a 3xx to a call of ours is followed, 5 times at most
  std::uint32_t channels_in_max = 0, channels_out_max = 0;  ///< of one direction; 0: channels_max alone
  std::vector<GatewayConfig> gateways{};                    ///< where calls go out; none: the first peer
  Duration ping{30'000};                                    ///< between two OPTIONS to a gateway; 0: none
  std::uint32_t down_after = 3;     ///< so many failures in a row: down, until a probe is answered again
  Duration fail_over_after{4'000};  ///< a gateway that has sent nothing for so long: the next one is tried
  std::string domain{};             ///< host of request-URI and From towards the carrier; empty: the gateway's, ours
  std::string user{}, password{};   ///< ours at the carrier: answers its 401 and 407
  bool registers = false;           ///< the carrier wants a REGISTER of ours
  Duration register_expires{3'600'000};
  std::string inbound_user{},
      inbound_password{};  ///< the carrier's here: calls from it are challenged; empty: by address alone
  std::vector<NumberRule> rules{};
  std::string caller_default{};  ///< number shown when the call has none, or one that caller_prefixes forbids
  std::vector<std::string>
      caller_prefixes{};              ///< after the rules: what a number must begin with to be shown; none: any
  std::vector<std::string> codecs{};  ///< names in order of preference; none: the node's own order
  bool takes_calls = true;            ///< false: calls only go out; its gateways are strangers when they call us
};

struct TlsConfig {
  std::uint16_t port = 5061;         ///< 0: any free
  std::string certificate{}, key{};  ///< PEM files; the certificate with its chain
  std::string ca{};    ///< PEM of the authorities that gateways' certificates are checked against; empty: the system's
  bool verify = true;  ///< of gateways we connect to
};

/// What registers here, as the core has it (RFC 7616: HA1 in both algorithms, never the password).
struct PhoneAccount {
  std::string user{}, ha1_md5{}, ha1_sha256{};
  friend bool operator==(const PhoneAccount&, const PhoneAccount&) = default;
};

struct RegistrarConfig {
  std::string realm = "hotline";
  bool sha256 = true;  ///< challenges in SHA-256 besides MD5; false for phones that stumble over it
  bool awaits_accounts =
      false;  ///< until set_accounts() phones are told to come back later, not that nobody registers here
  Duration expires_min{60'000}, expires_max{3'600'000};
  std::size_t bindings_max = 5;  ///< of one account
  Duration ping{25'000};         ///< between two OPTIONS to a phone: keeps a NAT open and finds who is gone; 0: none
};

struct Config {
  std::string bind_address = "127.0.0.1";          ///< one numeric address, not 0.0.0.0 or ::
  std::vector<std::string> more_addresses;         ///< further ones, e.g. the IPv6 address
  std::uint16_t udp_port = 5060, tcp_port = 5060;  ///< 0: any free
  std::optional<TlsConfig> tls;
  std::string advertised_address;  ///< in Contact and Via; empty: bind_address. Of its address family only
  RegistrarConfig registrar;
  std::uint32_t connections_max = 2'000, connections_per_source_max = 100;  ///< TCP and TLS connections of others to us
  Duration connection_idle{180'000};         ///< such a connection without traffic is closed
  std::uint32_t receive_buffer = 4U << 20U;  ///< bytes of a UDP socket; about 4,000 INVITEs
  std::string user_agent = "hotline";
  std::vector<TrunkConfig> trunks;          ///< a trunk with the peer "*" takes callers from anywhere
  std::vector<std::string> agent_contacts;  ///< hosts of fixed SIP agents, whose requests are answered
  DefenceConfig defence;                    ///< against strangers
  std::uint32_t sessions_max = 2000;
  std::uint32_t retry_after_s = 10;
  std::uint32_t session_expires_s = 1'800;   ///< RFC 4028: what we ask for; 0: only when the far end asks
  std::uint32_t session_expires_min_s = 90;  ///< what we agree to at least; below it: 422
  TraceConfig trace;
  Duration t1{500};  ///< RFC 3261 T1, of what repeats a 2xx until its ACK (64 T1 at most)
};

enum class EndCause : std::uint8_t {
  normal,
  busy,
  no_answer,
  rejected,
  cancelled,
  unreachable,
  capacity,
  error,
  shutdown,
  elsewhere  ///< of an outgoing call that is given up: another phone has answered, so that nothing was missed
};

struct IncomingCall {
  LegId leg;
  std::string trunk;
  std::string from_user, from_display, to_user, sip_call_id, source;
  std::string asserted_user{};  ///< the caller as a trusted network says, also when the number is withheld
  std::string diverted_from{};  ///< the number that was called and sends its calls here; "" for none
  std::string referred_by{};    ///< who transferred the caller here
  std::string account{};        ///< whose password the phone has proved; "" for trunks and fixed addresses
  bool record_aware = false;    ///< the far end shows its user whether it is recorded (RFC 7866 section 6.2)
  std::optional<std::string>
      offer;  ///< SDP; nullopt: delayed offer, our offer goes into the 200, the answer comes with on_answered()
};

struct OutgoingCall {
  LegId leg;
  /// "sip:user@host:port[;transport=tcp]"; a number when trunk is set; "account:8001": the phones registered as 8001
  std::string uri;
  std::string trunk;
  std::string from_user{}, from_display{};  ///< shown to the called party; no user: withheld
  std::string from_domain{};                ///< host of From; empty: our own address
  std::string offer{};                      ///< SDP
  Duration ring_timeout{30'000};  ///< then CANCEL, and the leg ends: no_answer, or unreachable when nothing was heard
  Duration silence_max{0};      ///< until the first response of any kind; then it is tried elsewhere. 0: no such limit
  std::string asserted_user{};  ///< told to a trusted trunk as the caller's number; empty: from_user
  std::string referred_by{};    ///< number of whoever transferred the call
  std::string offer_type = "application/sdp";  ///< Content-Type of `offer`: another one has the SDP in a part of it
  std::string headers{};             ///< of the INVITE and of each re-INVITE of ours besides the usual; lines with CRLF
  std::string contact_parameters{};  ///< in every Contact of this leg, ";+sip.src"
};

/// A REFER that came, answered with 202.
struct TransferRequest {
  LegId leg;
  std::string target_user{};  ///< where to; may be empty when replaces_leg says it
  LegId replaces_leg{};       ///< attended: the far end's other leg, in whose place the party of this one is to be put
  std::string referred_by{};
};

/// A phone that has registered, or one that is gone.
struct PhoneState {
  std::string user{};
  bool registered = false;
  std::string contact{};  ///< SIP URI where it is reached: the source it registered from
  std::string agent{};    ///< its User-Agent
};

/// Told what the far ends do; on the signalling thread, never from inside a command for the same leg.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void on_incoming(
      const IncomingCall& call) = 0;  ///< answer with accept(), progress() or reject(), now or later
  /// 180 or 183, the first of them; again when one brings other SDP. `early_sdp` is the answer for early media.
  virtual void on_ringing(LegId leg, const std::optional<std::string>& early_sdp) = 0;
  /// Outgoing: the 200 came, with its SDP. Incoming: the ACK came; "" unless it carried the answer to our offer.
  virtual void on_answered(LegId leg, const std::string& remote_sdp) = 0;
  /// Re-INVITE or UPDATE with an offer, or the 200 of a call we made without one: return our answer, nullopt gives 488.
  /// An empty offer asks for a new offer of ours (re-INVITE without SDP). Hold shows in the direction of the SDP.
  virtual std::optional<std::string> on_remote_offer(LegId leg, const std::string& offer) = 0;
  /// To our re-INVITE, or in the ACK of a re-INVITE that asked for our offer. "": refused, what was agreed before
  /// holds.
  virtual void on_remote_answer(LegId leg, const std::string& sdp) = 0;
  virtual void on_info_digit(LegId leg, char digit,
                             Duration length) = 0;  ///< INFO application/dtmf-relay or application/dtmf
  /// REFER; 202 has been sent. Tell the outcome with transfer_result(); after 60 s without it the far end is told 503.
  virtual void on_transfer_requested(const TransferRequest& request) = 0;
  /// The outside recorder asks for its metadata; answered like any request, say it again with reinvite().
  virtual void on_metadata_request(LegId /*leg*/) {}
  /// Of our refer(): 1xx while under way, then one final status.
  virtual void on_refer_progress(LegId /*leg*/, unsigned /*status*/) {}
  /// An INVITE with Replaces takes over this leg (RFC 3891): its SDP from now on, or nullopt when it has none. Return
  /// our answer, or our offer; nullopt gives 488 and the leg stays as it is. on_answered() follows with the ACK.
  virtual std::optional<std::string> on_replaced(LegId /*leg*/, const std::optional<std::string>& /*offer*/) {
    return std::nullopt;
  }
  /// Why the far end ends the leg (Reason, RFC 3326): "Q.850 17 (User busy)". Comes just before on_ended().
  virtual void on_reason(LegId /*leg*/, const std::string& /*reason*/) {}
  /// Exactly once per leg, also for refused ones; commands for the leg are ignored from here on. `sip_status` is the
  /// status that ended the set-up, 0 when there was none.
  virtual void on_ended(LegId leg, EndCause cause, unsigned sip_status, bool by_remote) = 0;
  /// What was said in SIP for a leg that has ended; once for each way that was tried.
  virtual void on_trace(LegId leg, const std::vector<TracedMessage>& messages, std::uint32_t left_out) {
    (void)leg, (void)messages, (void)left_out;
  }
  /// An account has its first binding, has lost its last one, or is reached elsewhere.
  virtual void on_phone(const PhoneState& phone) { (void)phone; }
};

struct GatewayUse {
  std::string address{};  ///< "192.0.2.1:5060;transport=udp"
  bool up = true;
  std::uint64_t calls = 0, failures = 0;  ///< calls sent to it; calls and probes without a useful answer
  std::int64_t probed_at_ms = 0;          ///< end of the last OPTIONS, ms since 1970; 0: none
  unsigned probe_status = 0;              ///< of its answer; 0: none came
  Duration probe_took{};
};

struct TrunkUse {
  std::string name{};
  std::uint32_t in_use = 0, channels_max = 0;
  std::uint32_t in = 0, out = 0, in_max = 0, out_max = 0;  ///< by direction; maximum 0: none of its own
  std::uint64_t refused = 0;                               ///< calls that found no channel
  std::uint64_t refused_in = 0, refused_out = 0;           ///< of them
  std::uint64_t calls_in = 0, calls_out = 0;               ///< taken in, and sent out, since the start
  std::vector<GatewayUse> gateways{};
  std::string registration{};  ///< "registered", "not registered: 403 Forbidden"; "" when it does not register
};

class SipStack {
 public:
  /// Opens the transports; fails with a Problem naming the port when one is in use, or the entry of `config` that is
  /// wrong. Call on the thread that will run() and destroy it: one stack a thread. Resolves host names (blocking).
  static Result<std::unique_ptr<SipStack>, Problem> open(Config config, SessionObserver& observer, IdMaker& ids);
  ~SipStack();
  SipStack(const SipStack&) = delete;
  SipStack& operator=(const SipStack&) = delete;

  void run();                             ///< libre's loop, until stop()
  void stop();                            ///< from any thread; what was posted before still runs
  void post(std::function<void()> task);  ///< from any thread; runs on the signalling thread, in order, never dropped
  [[nodiscard]] runtime::EventLoop& loop();  ///< the same loop, for what else lives on the signalling thread
  /// Watches a descriptor for input on the signalling thread (the voice link's socket).
  void watch(int fd, bool want_write, std::function<void(bool readable, bool writable)> ready);
  void unwatch(int fd);
  void after(Duration delay, std::function<void()> task);

  // Commands, on the signalling thread. Unknown or ended legs, and what does not fit the state of a leg, are ignored.
  /// 101-199 to an incoming call. `sdp`: our answer for early media (our offer, when the INVITE had none and the
  /// caller knows 100rel); what accept() gives then must be the same.
  void progress(LegId leg, unsigned status, const std::string& sdp = {});
  void accept(
      LegId leg,
      const std::string& sdp);  ///< 200 with our answer (or offer, when the INVITE had none); repeated until ACK
  void reject(LegId leg, unsigned status, std::uint32_t retry_after_s = 0);
  void invite(const OutgoingCall& call);  ///< what fails at once is told by on_ended() like the rest
  void reinvite(LegId leg, const std::string& offer,
                const std::string& type =
                    "application/sdp");  ///< queued behind a running one; glare (491) is retried as RFC 3261 14.1 says
  void send_info_digit(LegId leg, char digit, Duration length);
  [[nodiscard]] bool takes_info(LegId leg) const;  ///< false: the far end has said that it serves other methods alone
  /// Asks the far end to call `target` (a URI or number) instead, or to take the place of `replaces_leg` there.
  void refer(LegId leg, const std::string& target, LegId replaces_leg = {});
  void transfer_result(LegId leg, unsigned status);  ///< of a REFER: 1xx while under way, then one final status
  void hangup(LegId leg, EndCause cause);            ///< CANCEL, BYE or a final response, whichever fits
  void set_draining(bool on);                        ///< new INVITEs and OPTIONS outside calls get 503
  void set_shedding(bool on);                        ///< new INVITEs get 503: there is more to do than can be done well

  void set_accounts(std::vector<PhoneAccount> accounts);  ///< all of them; phones of those that are gone are removed
  [[nodiscard]] std::vector<PhoneState> phones() const;   ///< registered ones, by user
  /// AF_INET or AF_INET6: what an OutgoingCall with this `uri` and `trunk` first goes out by. AF_UNSPEC: not known yet.
  [[nodiscard]] int family_of(const std::string& uri, const std::string& trunk) const;
  /// Reads certificate and key again; connections that are open keep the old one. The old ones stay when the new are
  /// bad.
  [[nodiscard]] Result<void, Problem> reload_certificate();

  [[nodiscard]] std::string udp_address() const;  ///< "ip:port", the real one
  [[nodiscard]] std::string tcp_address() const;
  [[nodiscard]] std::string tls_address() const;  ///< "" without TLS
  /// Whether the gateway that has this call of ours does not answer probes (OPTIONS) now. Signalling thread.
  [[nodiscard]] bool gateway_down(LegId leg) const;
  [[nodiscard]] std::vector<TrunkUse> trunk_use() const;  ///< signalling thread
  [[nodiscard]] std::uint64_t rejected() const;           ///< new calls refused; any thread
  [[nodiscard]] DefenceStats defence() const;             ///< signalling thread

 private:
  struct Impl;
  explicit SipStack(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::voice::signalling
