// SPDX-License-Identifier: Apache-2.0
// The SIP side of a voice node: transports, trunks and our own session layer over libre's parser, transactions and dialogs.
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

namespace hotline::voice::signalling {

struct TrunkConfig {
  std::string name;
  std::vector<std::string> peers;     ///< "host[:port]" addresses that may send to us; the first is where we send calls
  std::uint32_t channels_max = 300;   ///< in both directions together; above: 503 with Retry-After
  std::string transport = "udp";      ///< of outgoing calls: udp or tcp
};

struct Config {
  std::string bind_address = "127.0.0.1";
  std::uint16_t udp_port = 5060, tcp_port = 5060;    ///< 0: any free
  std::string advertised_address;                    ///< in Contact and Via; empty: bind_address
  std::string user_agent = "hotline";
  std::vector<TrunkConfig> trunks;                   ///< a trunk with the peer "*" takes callers from anywhere
  std::vector<std::string> agent_contacts;           ///< hosts of fixed SIP agents, whose requests are answered
  std::uint32_t sessions_max = 2000;
  std::uint32_t retry_after_s = 10;
};

enum class EndCause : std::uint8_t { normal, busy, no_answer, rejected, cancelled, unreachable, capacity, error, shutdown };

struct IncomingCall {
  LegId leg;
  std::string trunk;
  std::string from_user, from_display, to_user, sip_call_id, source;
  std::optional<std::string> offer;   ///< SDP; nullopt: delayed offer, our offer goes into the 200
};

struct OutgoingCall {
  LegId leg;
  std::string uri;                    ///< "sip:user@host:port[;transport=tcp]" or a number when trunk is set
  std::string trunk;
  std::string from_user, from_display;
  std::string offer;                  ///< SDP
  Duration ring_timeout{30'000};
};

/// Told what the far ends do; on the signalling thread.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void on_incoming(const IncomingCall& call) = 0;              ///< answer with accept(), progress() or reject()
  virtual void on_ringing(LegId leg, const std::optional<std::string>& early_sdp) = 0;
  virtual void on_answered(LegId leg, const std::string& remote_sdp) = 0;   ///< outgoing: 200 with SDP. Incoming: ACK came ("" unless it carried the answer)
  /// Re-INVITE (or UPDATE) with an offer: return our answer, nullopt gives 488. An empty offer asks for a new offer of ours.
  virtual std::optional<std::string> on_remote_offer(LegId leg, const std::string& offer) = 0;
  virtual void on_remote_answer(LegId leg, const std::string& sdp) = 0;     ///< to our re-INVITE, or in the ACK of a delayed offer
  virtual void on_info_digit(LegId leg, char digit, Duration length) = 0;   ///< INFO application/dtmf-relay or application/dtmf
  virtual void on_transfer_requested(LegId leg, const std::string& target_user) = 0;
  virtual void on_ended(LegId leg, EndCause cause, unsigned sip_status, bool by_remote) = 0;   ///< exactly once per leg
};

struct TrunkUse {
  std::string name;
  std::uint32_t in_use = 0, channels_max = 0;
};

class SipStack {
 public:
  /// Opens the transports; fails with a Problem naming the port when one is in use. Call on the thread that will run().
  static Result<std::unique_ptr<SipStack>, Problem> open(Config config, SessionObserver& observer, IdMaker& ids);
  ~SipStack();

  void run();                                        ///< libre's loop, until stop()
  void stop();                                       ///< from any thread
  void post(std::function<void()> task);             ///< from any thread; runs on the signalling thread, in order, never dropped
  /// Watches a descriptor for input on the signalling thread (the voice link's socket).
  void watch(int fd, bool want_write, std::function<void(bool readable, bool writable)> ready);
  void unwatch(int fd);
  void after(Duration delay, std::function<void()> task);

  void progress(LegId leg, unsigned status);
  void accept(LegId leg, const std::string& sdp);    ///< 200 with our answer (or offer, when the INVITE had none); retransmitted until ACK
  void reject(LegId leg, unsigned status, std::uint32_t retry_after_s = 0);
  void invite(const OutgoingCall& call);
  void reinvite(LegId leg, const std::string& offer);    ///< queued behind a running one; glare (491) is retried as RFC 3261 14.1 says
  void send_info_digit(LegId leg, char digit, Duration length);
  void hangup(LegId leg, EndCause cause);                ///< CANCEL, BYE or a final response, whichever fits
  void set_draining(bool on);                            ///< new INVITEs get 503

  [[nodiscard]] std::string udp_address() const;         ///< "ip:port", the real one
  [[nodiscard]] std::string tcp_address() const;
  [[nodiscard]] std::vector<TrunkUse> trunk_use() const;
  [[nodiscard]] std::uint64_t rejected() const;

 private:
  struct Impl;
  explicit SipStack(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::voice::signalling
