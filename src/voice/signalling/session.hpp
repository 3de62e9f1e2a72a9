// SPDX-License-Identifier: Apache-2.0
// One call leg over SIP: its dialogs, its INVITE transactions in both directions, and its end. Signalling thread only.
//
//   incoming: offered --accept()--> accepted --ACK--> confirmed --BYE--> ended
//   outgoing: calling --200, ACK--> confirmed --BYE--> ended;  calling --hangup()--> ended, CANCEL under way
//
// end() is told to the observer once and frees the trunk's channel at once; the object lives on until the last
// transaction is over (BYE answered, CANCEL crossed by a 200, a late fork), then it leaves the table.
//
//   session.cpp            what both directions share: sending, replying, the end
//   session_incoming.cpp   INVITEs of the far end: responses, the 2xx until its ACK, CANCEL
//   session_reliable.cpp   100rel (RFC 3262), both roles
//   session_outgoing.cpp   our INVITE: early dialogs, forks, 422, redirection
//   session_cancel.cpp     our CANCEL
//   session_offer.cpp      re-INVITE and UPDATE (RFC 3311), glare
//   session_refresh.cpp    session timers (RFC 4028)
//   session_transfer.cpp   REFER and NOTIFY, both roles; Replaces
//   session_requests.cpp   BYE, INFO, OPTIONS
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "voice/signalling/dialog.hpp"
#include "voice/signalling/identity.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/session_timer.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/signalling/timer.hpp"
#include "voice/signalling/transfer.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

class Session;

/// The header line with the credentials for a request, "Authorization: Digest ...\r\n" (RFC 8760).
using Authorize = std::function<std::string(std::string_view method, std::string_view request_uri)>;

/// Methods of requests we serve; in Allow.
inline constexpr const char* kAllow =
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, SUBSCRIBE\r\n";
/// Extensions we serve; message.cpp has the same names for Require.
inline constexpr const char* kSupported = "Supported: 100rel, timer, replaces, norefersub\r\n";

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
  /// The URI at which `trunk` (nullptr: we ourselves) reaches a number.
  [[nodiscard]] virtual std::string uri_of_number(const Trunk* trunk, const std::string& number) const = 0;
  [[nodiscard]] virtual std::string own_address() const = 0;  ///< "<sip:hotline@host>", in Referred-By
  /// The session that has this dialog, seen from our side; also one that has just ended. nullptr: none.
  [[nodiscard]] virtual std::shared_ptr<Session> find_dialog(const Dialog::Id& dialog) = 0;
  [[nodiscard]] virtual std::shared_ptr<Session> find_leg(LegId leg) = 0;
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
  [[nodiscard]] bool is_outgoing() const { return outgoing_; }

  // Commands; ignored when they do not fit the state.
  void progress(unsigned status, const std::string& sdp);
  void accept(const std::string& sdp);
  void reject(unsigned status, std::uint32_t retry_after_s);
  void reinvite(const std::string& offer, const std::string& type = "application/sdp");
  void send_info_digit(char digit, Duration length);
  [[nodiscard]] bool takes_info() const { return far_takes_info_; }
  void transfer_result(unsigned status);
  void refer(const std::string& target, LegId replaces_leg);
  void hangup(EndCause cause);

  // Replaces (RFC 3891).
  [[nodiscard]] bool has_dialog(const Dialog::Id& dialog) const;
  /// The final response to an INVITE that wants to take this one's place; 0: it may.
  [[nodiscard]] unsigned refuse_replacement(const Replaces& replaces) const;
  /// Another dialog takes over the leg: this one is ended without a word to the observer. The trunk's channel goes with
  /// the leg when `trunk` is the same.
  void yield_leg(const Trunk* trunk);
  void forget_trunk() { trunk_ = nullptr; }  ///< no channel of it belongs to this session
  void take_channel_of(const Session& other) { channel_ = other.channel_; }
  void refuse_unseen(unsigned status);  ///< ends an INVITE the observer was never told of
  [[nodiscard]] bool has_local_tag(std::string_view tag) const {
    return first_dialog_ && first_dialog_->id().local_tag == tag;
  }

  // From the wire.
  [[nodiscard]] bool owns(
      const sip_msg& message) const;  ///< this request or response belongs to our dialog or its forks
  void on_request(const sip_msg& request);
  void on_stray_response(const sip_msg& response);  ///< a response without transaction: repeated or forked 2xx

 private:
  enum class State { idle, offered, accepted, calling, confirmed, over };
  /// Of offer and answer in the first INVITE (RFC 3264, RFC 3262 section 5).
  enum class Exchange { none, ours, theirs, done };
  using DialogPtr = std::shared_ptr<Dialog>;
  using ResponseHandler = std::function<void(int error, const sip_msg* response)>;

  /// One of our requests; libre clears `request` when it is done.
  struct Pending {
    Session* session = nullptr;
    struct sip_request* request = nullptr;
    std::string method{}, text{};  ///< kept to send it again with credentials
    DialogPtr dialog{};
    Authorize authorize{};
    ResponseHandler on_response{};
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
    std::string timer_headers;       ///< for the 2xx: what was agreed on session timers
    Timer timer;
    ~ServerInvite() { mem_deref(transaction); }
  };
  /// Provisional responses that the far end acknowledges with PRACK (RFC 3262 section 3).
  struct Reliable {
    struct Waiting {
      unsigned status = 0;
      std::string sdp;
    };
    bool supported = false, required = false;
    std::uint32_t rseq = 0;  ///< of the last one sent
    Ref<mbuf> unacked;       ///< until its PRACK
    bool sdp_unacked = false;
    Duration interval{}, elapsed{};
    std::deque<Waiting> waiting;
    std::optional<std::string> accept_after;  ///< accept() that waits for the PRACK
    Timer timer;
  };
  /// What one branch of our INVITE has said before its 2xx.
  struct Early {
    DialogPtr dialog;
    std::string sdp;
    bool agreed = false;  ///< offer and answer are done, reliably: UPDATE may follow
    std::uint32_t rseq = 0;
  };
  /// Our CANCEL, sent until it is answered: libre's own cannot carry a Reason.
  struct Cancel {
    std::string via, uri, route;  ///< of the INVITE as it was sent last
    sa destination{};
    sip_transp transport = SIP_TRANSP_NONE;
    bool wanted = false, sent = false;
    Reason reason;
    Ref<mbuf> text;
    Duration interval{}, elapsed{};
    Timer timer;
  };

  // session.cpp
  bool send(const std::string& method, const DialogPtr& dialog, const std::string& headers_and_body,
            ResponseHandler handler, Authorize authorize = {});
  bool send_authorized(const Pending& refused, const sip_msg& challenge);
  void send_ack(const DialogPtr& dialog, std::uint32_t cseq, const std::string& sdp);
  void send_bye(const DialogPtr& dialog, const Reason& reason = {});
  /// The dialog is over by our decision: BYE once, then end().
  void end_with_bye(EndCause cause, unsigned status, const Reason& reason);
  void end(EndCause cause, unsigned status, bool by_remote);
  void stop_timers();
  void finish_if_idle();
  void reply(const sip_msg& request, unsigned status, const std::string& headers_and_body = {});
  void refuse(const sip_msg& request, const Refusal& refusal);
  void note_abilities(const sip_msg& message);
  void report_reason(const Reason& reason);
  [[nodiscard]] DialogPtr dialog_of(const sip_msg& request) const;
  static std::string with_body(std::string headers, std::string_view type, std::string_view body);
  static Reason reason_of_end(EndCause cause, unsigned status);

  // session_incoming.cpp
  void reply_invite(unsigned status, const std::string& headers);
  void send_provisional(unsigned status, const std::string& sdp);
  void send_invite_answer(const std::string& sdp);
  void resend_answer();
  void on_ack(const sip_msg& ack);
  void on_cancel();

  // session_reliable.cpp
  [[nodiscard]] bool needs_reliable(const std::string& sdp) const;
  void send_reliable(unsigned status, const std::string& sdp);
  void resend_reliable();
  void on_prack(const sip_msg& prack);
  void answer_prack(const sip_msg& prack);
  void go_on_after_prack();
  void take_reliable(Early& early, const sip_msg& response);

  // session_outgoing.cpp
  bool send_invite();
  [[nodiscard]] std::string own_host() const;
  /// Our Contact towards `peer`; sips: in a dialog that began with it (RFC 3261 section 12.1.1).
  [[nodiscard]] std::string own_contact(sip_transp transport, const sa& peer) const;
  void on_invite_response(int error, const sip_msg* response);
  void on_provisional(const sip_msg& response);
  Early* early_of(const sip_msg& response);
  void on_success(const sip_msg& response);
  void on_first_success(const sip_msg& response);
  void drop_fork(const sip_msg& response);
  bool send_again(const sip_msg& response);
  bool follow_redirection(const sip_msg& response);
  void fail_call(EndCause cause, unsigned status, bool by_remote);

  // session_cancel.cpp
  void note_sent_invite(sip_transp transport, const sa& destination, std::string_view start);
  void cancel_call(const Reason& reason);
  void send_cancel();
  void resend_cancel();

  // session_offer.cpp
  void on_reinvite(const sip_msg& invite);
  void on_update(const sip_msg& update, const DialogPtr& dialog);
  [[nodiscard]] unsigned clash_of_update() const;
  void send_next_offer();
  void on_reinvite_response(int error, const sip_msg* response);
  void on_update_response(int error, const sip_msg* response);
  void take_offer_response(unsigned status, const sip_msg* response);
  void on_glare(Duration at_least);

  // session_refresh.cpp
  [[nodiscard]] SessionTimerPolicy timer_policy() const;
  [[nodiscard]] std::string timer_request_headers() const;
  void start_session_timer(const SessionTimer& timer);
  void refresh();
  void on_refresh_response(int error, const sip_msg* response);
  void expire();

  // session_transfer.cpp
  void on_refer(const sip_msg& refer);
  void on_notify(const sip_msg& notify);
  void on_subscribe(const sip_msg& subscribe);
  void notify_transfer(unsigned status, const std::string& subscription_state);
  void end_our_refer(unsigned status);

  // session_requests.cpp
  void on_bye(const sip_msg& bye);
  void on_info(const sip_msg& info);
  void on_options(const sip_msg& options);

  SessionHost& host_;
  const LegId leg_;
  Trunk* trunk_;
  Direction channel_ = Direction::in;  ///< which of the trunk's channels is ours
  std::string call_id_;
  State state_ = State::idle;
  bool outgoing_ = false;
  bool ended_ = false;
  bool bye_sent_ = false;
  bool far_updates_ = false;    ///< the far end's Allow has UPDATE
  bool far_takes_info_ = true;  ///< and INFO; who has none may know it all the same

  DialogPtr dialog_;  ///< of the call; none while an outgoing call has no 2xx
  std::unique_ptr<ServerInvite> server_invite_;
  std::list<Pending> pending_;
  Exchange exchange_ = Exchange::none;
  std::unique_ptr<Reliable> reliable_;  ///< of an incoming call that is not answered

  // Outgoing calls.
  OutgoingCall call_;
  DialogPtr first_dialog_;        ///< of the first INVITE, without remote tag: every early dialog and 2xx forks from it
  std::list<Early> early_;        ///< one a branch, at most kEarlyMax
  std::vector<DialogPtr> forks_;  ///< further 2xx: acknowledged and ended
  struct sip_request** invite_request_ = nullptr;  ///< of the first INVITE while it runs, else null
  std::uint32_t invite_cseq_ = 0;
  bool by_sips_ = false;                               ///< the far end called a sips: URI
  std::uint32_t invite_expires_ = 0, invite_min_ = 0;  ///< of the session timer in the INVITE
  unsigned tries_ = 0;
  std::vector<std::string> visited_, redirected_to_;
  bool heard_ = false;  ///< any provisional response came
  bool rang_ = false, answered_by_any_ = false;
  bool attempt_failed_ = false;  ///< ends because the far end could not take the call: it may be tried elsewhere
  std::string early_sdp_;
  Cancel cancel_;
  Timer ring_timer_;
  Timer silence_timer_;  ///< until the first response of any kind
  Timer linger_timer_;   ///< late 2xx are possible while it runs

  // Offers in the dialog.
  struct Offer {
    std::string body, type;
  };
  std::deque<Offer> offers_;  ///< ours, waiting; the front one is under way while an offer of ours runs
  bool reinvite_running_ = false, update_running_ = false;
  std::uint32_t acked_cseq_ = 0;  ///< of the last INVITE of ours that was acknowledged, with its ACK's body
  std::string acked_sdp_;
  Timer glare_timer_;

  // Session timer (RFC 4028).
  SessionTimer session_timer_;
  bool refresh_running_ = false;
  Timer refresh_timer_, expiry_timer_;

  // A transfer the far end asked for (RFC 3515), and one we asked for.
  bool transfer_open_ = false;
  unsigned transfer_status_ = 100;
  std::uint32_t transfer_id_ = 0;  ///< CSeq of the REFER
  bool transfer_named_ = false;    ///< not the first of the dialog: its NOTIFYs carry the id
  Timer transfer_timer_;
  bool refer_running_ = false;
  Timer refer_timer_;
};

}  // namespace hotline::voice::signalling
