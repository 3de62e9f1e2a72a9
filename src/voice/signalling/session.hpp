// SPDX-License-Identifier: Apache-2.0
// One call leg over SIP: its dialog, its INVITE transactions in both directions, and its end. Signalling thread only.
//
//   incoming: offered --accept()--> accepted --ACK--> confirmed --BYE--> ended
//   outgoing: calling --200, ACK--> confirmed --BYE--> ended;  calling --hangup()--> ended, CANCEL under way
//
// end() is told to the observer once and frees the trunk's channel at once; the object lives on until the last
// transaction is over (BYE answered, CANCEL crossed by a 200, a late fork), then it leaves the table.
// session_incoming.cpp, session_outgoing.cpp, session_offer.cpp and session_requests.cpp hold the parts.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "voice/signalling/libre.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/signalling/timer.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

class Session;

/// The header line with the credentials for a request, "Authorization: Digest …\r\n" (RFC 8760).
using Authorize = std::function<std::string(std::string_view method, std::string_view request_uri)>;

/// Methods of requests we serve; in Allow.
inline constexpr const char* kAllow = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER\r\n";

/// What a session needs of the stack around it.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  [[nodiscard]] virtual ::sip* sip() = 0;
  [[nodiscard]] virtual const Config& config() const = 0;
  [[nodiscard]] virtual SessionObserver& observer() = 0;
  /// "Contact: <sip:hotline@host:port;transport=tcp>\r\n", of the address family of `peer`
  [[nodiscard]] virtual std::string contact(sip_transp transport, const sa& peer) const = 0;
  /// Puts the advertised address into the Via that libre wrote at the start of `request`.
  virtual void advertise(mbuf* request, const sa& peer) const = 0;
  virtual void tune_socket(const sip_msg& message) = 0;  ///< of the connection a message came by
  virtual void defer(std::function<void()> task) = 0;
  /// An outgoing call failed before it rang, and the session has given its leg back (ended()). True: the call goes on
  /// elsewhere under the same leg, and the observer is told nothing.
  virtual bool try_elsewhere(Session& session, unsigned status) = 0;
  /// Answers the challenge of a 401 or 407 to a request of this session; empty when we have no credentials for it.
  [[nodiscard]] virtual Authorize answer_challenge(const Session& session, const sip_msg& challenge) = 0;
  virtual void ended(Session& session) = 0;     ///< the leg is over: free its id
  virtual void finished(Session& session) = 0;  ///< nothing is under way any more: let it go
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `trunk` (may be null) has one channel acquired for this session; it is released at the end.
  Session(SessionHost& host, LegId leg, Trunk* trunk);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Takes up a new INVITE that find_fault() passed. False: it was refused here, the session is not to be kept.
  [[nodiscard]] bool take_invite(const sip_msg& invite, bool has_offer);
  /// Sends the first INVITE for `target`, by way of `route` (a URI) unless that is empty. False: it could not be sent
  /// (no transport, bad address).
  [[nodiscard]] bool start_call(const OutgoingCall& call, const std::string& target, const std::string& route = {});

  [[nodiscard]] LegId leg() const { return leg_; }
  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  [[nodiscard]] Trunk* trunk() const { return trunk_; }
  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] bool attempt_failed() const { return attempt_failed_; }

  // Commands; ignored when they do not fit the state.
  void progress(unsigned status);
  void accept(const std::string& sdp);
  void reject(unsigned status, std::uint32_t retry_after_s);
  void reinvite(const std::string& offer);
  void send_info_digit(char digit, Duration length);
  void transfer_result(unsigned status);
  void hangup(EndCause cause);

  // From the wire.
  [[nodiscard]] bool owns(
      const sip_msg& message) const;  ///< this request or response belongs to our dialog or its forks
  void on_request(const sip_msg& request);
  void on_stray_response(const sip_msg& response);  ///< a response without transaction: repeated or forked 2xx

 private:
  enum class State { idle, offered, accepted, calling, confirmed, over };

  /// One of our requests; libre clears `request` when it is done.
  struct Pending {
    Session* session = nullptr;
    struct sip_request* request = nullptr;
    bool with_contact = false;
    std::string method{}, text{};  ///< kept to send it again with credentials
    Ref<sip_dialog> dialog{};
    Authorize authorize{};
    std::function<void(int error, const sip_msg* response)> on_response{};
  };
  /// An INVITE of the far end that has no ACK yet.
  struct ServerInvite {
    Ref<sip_msg> message;
    sip_strans* transaction = nullptr;  ///< ours until the final response
    Ref<mbuf> response;                 ///< the 2xx, sent again until ACK
    sa destination{};
    Duration interval{}, elapsed{};
    bool initial = true;
    bool offer_in_response = false;  ///< the INVITE had no offer: the ACK must carry the answer
    Timer timer;
    ~ServerInvite() { mem_deref(transaction); }
  };
  struct Fork {
    Ref<sip_dialog> dialog;
  };

  // session.cpp
  using ResponseHandler = std::function<void(int error, const sip_msg* response)>;
  bool send(const std::string& method, sip_dialog* dialog, const std::string& headers_and_body, ResponseHandler handler,
            Authorize authorize = {});
  bool send_authorized(const Pending& refused, const sip_msg& challenge);
  void send_ack(sip_dialog* dialog, std::uint32_t cseq, const std::string& sdp);
  void send_bye(sip_dialog* dialog);
  void end(EndCause cause, unsigned status, bool by_remote);
  void finish_if_idle();
  void reply(const sip_msg& request, unsigned status, const std::string& headers_and_body = {});
  void refuse(const sip_msg& request, const Refusal& refusal);
  void update_target(const sip_msg& message);
  static std::string with_body(std::string headers, std::string_view type, std::string_view body);

  // session_incoming.cpp
  void reply_invite(unsigned status, const std::string& headers);
  void send_invite_answer(const std::string& sdp);
  void resend_answer();
  void on_ack(const sip_msg& ack);
  void on_cancel();

  // session_outgoing.cpp
  void on_invite_response(int error, const sip_msg* response);
  void on_provisional(const sip_msg& response);
  void on_success(const sip_msg& response);
  void on_first_success(const sip_msg& response);
  void drop_fork(const sip_msg& response);
  void cancel_call();
  void fail_call(EndCause cause, unsigned status, bool by_remote);

  // session_offer.cpp
  void on_reinvite(const sip_msg& invite);
  void on_update(const sip_msg& update);
  void send_next_offer();
  void on_reinvite_response(int error, const sip_msg* response, std::uint32_t cseq);
  void on_glare();

  // session_requests.cpp
  void on_bye(const sip_msg& bye);
  void on_info(const sip_msg& info);
  void on_options(const sip_msg& options);
  void on_refer(const sip_msg& refer);
  void notify_transfer(unsigned status, const char* subscription_state);

  SessionHost& host_;
  const LegId leg_;
  Trunk* const trunk_;
  std::string call_id_;
  State state_ = State::idle;
  bool outgoing_ = false;
  bool ended_ = false;
  bool bye_sent_ = false;

  Ref<sip_dialog> dialog_;  ///< of the call; none while an outgoing call has no 2xx
  std::unique_ptr<ServerInvite> server_invite_;
  std::list<Pending> pending_;

  // Outgoing calls.
  Ref<sip_dialog> first_dialog_;  ///< of the first INVITE, kept without remote tag so that every 2xx can fork from it
  std::vector<Fork> forks_;       ///< further 2xx: acknowledged and ended
  struct sip_request** invite_request_ = nullptr;  ///< of the first INVITE while it runs, else null
  std::uint32_t invite_cseq_ = 0;
  bool offered_ = false;  ///< our INVITE carried the offer
  bool heard_ = false;    ///< any provisional response came
  bool rang_ = false, answered_by_any_ = false;
  bool attempt_failed_ = false;  ///< ends because the far end could not take the call: it may be tried elsewhere
  std::string early_sdp_;
  Timer ring_timer_;
  Timer silence_timer_;  ///< until the first response of any kind
  Timer linger_timer_;   ///< late 2xx are possible while it runs

  // Offers in the dialog.
  std::deque<std::string> offers_;  ///< ours, waiting; the front one is under way while reinvite_running_
  bool reinvite_running_ = false;
  std::uint32_t acked_cseq_ = 0;  ///< of the last INVITE of ours that was acknowledged, with its ACK's body
  std::string acked_sdp_;
  Timer glare_timer_;

  // A transfer the far end asked for (RFC 3515).
  bool transfer_open_ = false;
  Timer transfer_timer_;
};

}  // namespace hotline::voice::signalling
