// SPDX-License-Identifier: Apache-2.0
// The session recording client (RFC 7866, RFC 7245): one recording session (SIP) with the outside recorder for each
// call that is to be copied there, kept up while the call lasts, with metadata that follows the call.
//
//   waiting --INVITE--> calling --200--> open --BYE of ours--> (the call is over)
//      ^                   | refused, no answer  | BYE of the recorder, session timer
//      +---- a while later-+---------------------+
//
// The call itself never waits for any of this. Signalling thread only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/siprec/metadata.hpp"
#include "voice/siprec/streams.hpp"

namespace hotline::voice::siprec {

/// The trunk by which the stack knows the recorder's servers: fail-over, probing and limits are those of a trunk.
inline constexpr const char* trunk_name = "siprec";

struct Config {
  bool enabled = false;
  std::vector<std::string> servers{};  ///< "host[:port]", the first is asked first
  std::string transport = "udp";       ///< udp, tcp, tls
  bool srtp = false;                   ///< the streams are encrypted by SDES, or not sent
  std::string user{};                  ///< user part of the recorder's URI
  std::string login{}, password{};     ///< answers the recorder's 401
  std::string domain{};                ///< of addresses of record in the metadata; empty: the node's address
  std::uint32_t sessions_max = 400;
  Duration ping{10'000};                         ///< between two OPTIONS to a server; 0: none
  Duration fail_over_after{4'000};               ///< a server that has sent nothing for so long: the next one
  Duration answer_within{10'000};                ///< no final answer: tried again later
  Duration retry_min{1'000}, retry_max{30'000};  ///< pause before another try; doubles in between
};

/// The trunk that stands for the recorder; calls from it are not taken.
[[nodiscard]] signalling::TrunkConfig trunk_of(const Config& config);

/// What the client needs around it.
class Ports {
 public:
  virtual ~Ports() = default;
  virtual void invite(const signalling::OutgoingCall& call) = 0;
  virtual void reinvite(LegId session, const std::string& body, const std::string& type) = 0;
  virtual void hangup(LegId session) = 0;
  /// The server that has this session does not answer probes.
  [[nodiscard]] virtual bool is_down(LegId session) const = 0;
  virtual void after(Duration delay, std::function<void()> task) = 0;
  /// Opens the sockets of a session's two streams; their ports.
  virtual Result<std::array<std::uint16_t, stream_count>, Problem> open(LegId session, RecordingId recording,
                                                                        LegId leg) = 0;
  virtual void send(LegId session, const FarStreams& far) = 0;  ///< from now on, or there from now on
  virtual void pause(LegId session, bool paused) = 0;
  virtual void close(LegId session) = 0;
  /// For the contact's history. `problem` empty: the recorder takes the call.
  virtual void told(LegId leg, RecordingId recording, const std::string& server, const std::string& problem) = 0;
};

struct Stats {
  std::uint32_t open = 0, waiting = 0;
  std::uint64_t failures = 0;
};

class Client {
 public:
  /// `address`: numeric, of our streams. Ids are taken from `ids`, which the SIP stack shares.
  Client(Config config, std::string address, Ports& ports, const runtime::Clock& clock, IdMaker& ids);

  // What the node says.
  /// The call of `leg` is to be copied, with these participants; `wanted` has no times and no domain.
  void record(LegId leg, const Metadata& wanted, bool paused);
  void pause(LegId leg, RecordingId recording, bool paused);
  void leg_ended(LegId leg);
  /// Every second: sessions whose server has gone away are set up elsewhere, or anew.
  void look_around();

  // What signalling says of sessions that are ours.
  [[nodiscard]] bool owns(LegId session) const { return sessions_.contains(session); }
  void on_answered(LegId session, const std::string& sdp);
  void on_remote_answer(LegId session, const std::string& sdp);
  std::optional<std::string> on_remote_offer(LegId session, const std::string& offer);
  void on_metadata_request(LegId session);
  void on_ended(LegId session, signalling::EndCause cause, unsigned status, bool by_remote);

  [[nodiscard]] Stats stats() const;

 private:
  enum class State : std::uint8_t { waiting, calling, open };
  struct Copy {
    LegId leg;
    Metadata metadata;
    State state = State::waiting;
    LegId session{};  ///< none while waiting
    LocalStreams local;
    bool paused = false;
    bool offering = false;  ///< an offer of ours is under way
    bool changed = false;   ///< and what it said is not true any more
    bool given_up = false;  ///< the recorder does not want this call
    bool told_away = false;
    bool was_down = false;       ///< its server did not answer probes to begin with: that says nothing
    std::uint32_t failures = 0;  ///< in a row
    std::uint64_t attempt = 0;   ///< tells a timer whether it is still meant
  };
  Copy* of_session(LegId session);
  void begin(Copy& copy);
  void say(Copy& copy);
  void said(Copy& copy);
  void take(Copy& copy, const FarStreams& far);
  void drop_session(Copy& copy);
  void failed(Copy& copy, const std::string& why, bool for_good);
  [[nodiscard]] std::string body_of(const Copy& copy) const;

  const Config config_;
  const std::string address_;
  Ports& ports_;
  const runtime::Clock& clock_;
  IdMaker& ids_;
  std::unordered_map<LegId, Copy> copies_;     // by the customer's leg
  std::unordered_map<LegId, LegId> sessions_;  // recording session -> the customer's leg
  std::uint64_t failures_ = 0;
  bool alarmed_ = false;  ///< the log has been told that the recorder is away
};

}  // namespace hotline::voice::siprec
