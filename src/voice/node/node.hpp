// SPDX-License-Identifier: Apache-2.0
// The voice node: a table of legs, and the translation between the voice link and signalling, media and WebRTC.
//
// Everything on the signalling thread; whoever reports from another thread posts to the loop first. The node knows
// calls and no business: what happens next is the core's word. Without a core, talking, music and recording go on; new
// calls wait briefly for one and are refused then.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/clock.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/own_process.hpp"
#include "voice/node/leg.hpp"
#include "voice/node/overload.hpp"
#include "voice/node/ports.hpp"
#include "voice/siprec/client.hpp"
#include "voice/siprec/forwarder.hpp"
#include "voice_link/node_end.hpp"

namespace hotline::voice::node {

class Node final : public signalling::SessionObserver, public voice_link::NodeEndHandler {
 public:
  struct Config {
    std::string name = "voice1";
    std::string media_address;                 ///< numeric, in our SDP
    std::string other_media_address;           ///< of the other address family; empty: none
    std::string sip_udp, sip_tcp, webrtc_udp;  ///< the real addresses, told to the core
    std::string sip_realm = "hotline";         ///< of phones' accounts; those of another realm are of no use
    std::string recordings_directory;
    std::uint32_t calls_max = 400;
    std::uint32_t retry_after_s = 10;
    Duration core_wait{3'000};        ///< a new call waits so long for a core when there is none
    Duration take_up_within{60'000};  ///< an offered leg no core has taken up is rejected
    Duration orphan_grace{2'000};     ///< no core: after its partner ended, a bridged leg is ended
    Duration stats_interval{2'000};
    Duration quality_interval{5'000};  ///< of LegQuality, for the legs in a call
    std::vector<media::Codec> codecs{media::Codec::pcma, media::Codec::pcmu};  ///< the best first
    std::map<std::string, std::vector<media::Codec>> codecs_by_trunk;          ///< in place of `codecs`
    std::map<std::string, sdp::SrtpPolicy> srtp_by_trunk;
    sdp::SrtpPolicy srtp_phones = sdp::SrtpPolicy::off;  ///< of legs without a trunk
    bool silence_ends = false;                           ///< long silence ends the leg, not only tells of it
    bool shed = true;                                    ///< refuse new calls while overloaded
    /// CPU time of the signalling thread, on which it is called.
    std::function<std::chrono::nanoseconds()> signalling_cpu;
    /// Called when a media thread has not come round for `media_hangs_after`: every call is silent then, and only a new
    /// process helps. Not set: nobody looks.
    std::function<void()> media_hangs;
    Duration media_hangs_after{10'000};
    std::string version;                       ///< of the program
    std::function<runtime::OwnProcess()> own;  ///< memory and processor time of this process
  };
  struct Ports {
    runtime::EventLoop& loop;
    SipPort& sip;
    MediaPort& media;
    WebrtcPort& webrtc;
    LinkPort& link;
    FilesPort* files = nullptr;                    ///< none: files are left alone, as the core then sees
    siprec::Client* outside = nullptr;             ///< none: calls are not copied to an outside recorder
    const siprec::Forwarder* forwarder = nullptr;  ///< for its figures; with `outside`
  };

  explicit Node(const runtime::Clock& clock) : clock_(clock) {}
  /// Before the loop runs; starts the node's timers. What the ports refer to must outlive the node's last event.
  void start(Config config, const Ports& ports);

  /// Refuses new calls (503) while on; those there are go on.
  void drain(bool on);
  /// Drains for good: no later command of a core takes it back.
  void begin_shutdown();
  /// Ends every leg with CAUSE_SHUTDOWN.
  void end_all();
  /// Closes what legs hold in media and WebRTC and says nothing more: the last thing before those are destroyed.
  void abandon();
  /// Calls `task` once no leg is left (at once when there is none).
  void when_empty(std::function<void()> task);
  [[nodiscard]] std::size_t leg_count() const { return legs_.size(); }

  // voice_link::NodeEndHandler
  link::HelloReply hello_reply() override;
  link::Snapshot snapshot() override;
  void on_command(const link::FromCore& command) override;
  void on_core_connected(std::uint64_t epoch) override;
  void on_core_lost() override;
  link::NodeStatus status() override;
  void on_recording_settled(std::uint64_t recording) override;

  // signalling::SessionObserver
  void on_incoming(const signalling::IncomingCall& call) override;
  void on_ringing(LegId leg, const std::optional<std::string>& early_sdp) override;
  void on_answered(LegId leg, const std::string& remote_sdp) override;
  std::optional<std::string> on_remote_offer(LegId leg, const std::string& offer) override;
  void on_remote_answer(LegId leg, const std::string& sdp) override;
  void on_info_digit(LegId leg, char digit, Duration length) override;
  void on_transfer_requested(const signalling::TransferRequest& request) override;
  void on_metadata_request(LegId leg) override;
  void on_refer_progress(LegId leg, unsigned status) override;
  std::optional<std::string> on_replaced(LegId leg, const std::optional<std::string>& offer) override;
  void on_reason(LegId leg, const std::string& reason) override;
  void on_ended(LegId leg, signalling::EndCause cause, unsigned sip_status, bool by_remote) override;
  void on_trace(LegId leg, const std::vector<signalling::TracedMessage>& messages, std::uint32_t left_out) override;
  void on_phone(const signalling::PhoneState& phone) override;

  /// From the client of the outside recorder: this session is for the call of this leg (SIP traces).
  void on_outside_session(LegId session, LegId leg);
  /// For the contact's history.
  void on_outside_told(LegId leg, RecordingId recording, const std::string& server, const std::string& problem);

  // What media and WebRTC report, posted here from their threads.
  void on_digit(LegId leg, char digit, Duration length);
  void on_play_done(LegId leg, PlayId play, media::PlayEnd end, const std::string& missing_prompt);
  void on_media_timeout(LegId leg);
  void on_long_silence(LegId leg, Duration length);
  void on_recording_done(const media::RecordingResult& result);
  void on_archived(const archive::Archived& result);
  void on_deleted(const archive::Deleted& result);
  void on_webrtc_connected(LegId leg);
  void on_webrtc_failed(LegId leg, webrtc::Failure why);
  void on_webrtc_lost(LegId leg, webrtc::Loss why);

 private:
  // node.cpp: the table and time
  /// The address in our SDP for a far end of this family (AF_INET, AF_INET6); the first one where there is none of it.
  [[nodiscard]] const std::string& media_address_for(int family) const;
  [[nodiscard]] Leg* find(std::uint64_t leg);  ///< nullptr for one that is gone or ending
  [[nodiscard]] Leg* find(LegId leg) { return find(leg.value()); }
  Leg& add(Leg leg);
  void end_leg(Leg& leg, LegEnd end);
  void finish_leg(LegId leg, LegEnd end, const media::SessionStats& stats);
  void part(Leg& leg);
  void reject_incoming(Leg& leg, unsigned status, link::HangupCause cause);
  void every_second();
  void look_after_media();
  void look_at_load(TimePoint now);
  void end_overdue_pauses(TimePoint now);
  void fill_stats(link::Stats& stats) const;
  void send_stats();
  void send_quality(const std::vector<media::SessionQuality>& qualities);
  [[nodiscard]] SdpOptions sdp_options(const std::string& trunk, std::optional<media::Codec> near) const;
  void fill_trunks(google::protobuf::RepeatedPtrField<link::TrunkStatus>& trunks, bool recorder_too = true) const;
  void fill_phones(google::protobuf::RepeatedPtrField<link::PhoneChanged>& phones) const;
  void fill_outside(link::Stats& stats) const;
  void emit(link::FromNode event) { ports_->link.emit(std::move(event)); }

  // node_sip.cpp
  void announce(Leg& leg);
  void mark_answered(Leg& leg);
  void apply_remote(Leg& leg);
  void report_digit(Leg& leg, char digit, Duration length);

  // node_commands.cpp
  [[nodiscard]] Leg* wanted(std::uint64_t leg, const char* command);  ///< reports CommandFailed when it is not there
  void fail_command(std::uint64_t leg, const char* command, const std::string& why);
  void fail_new_leg(std::uint64_t leg, const char* command, const std::string& why, LegEnd end);
  [[nodiscard]] bool may_add(std::uint64_t leg, const char* command);
  void answer(const link::Answer& command);
  void reject(const link::Reject& command);
  void progress(const link::Progress& command);
  void originate_sip(const link::OriginateSip& command);
  void set_accounts(const link::SipAccounts& command);
  void accept_webrtc(const link::AcceptWebrtc& command);
  void hangup(const link::Hangup& command);
  void refer(const link::Refer& command);
  void transfer_result(const link::TransferResult& command);
  void play(const link::Play& command);
  void stop_play(const link::StopPlay& command);
  void send_digits(const link::SendDigits& command);
  void send_info_digits(LegId leg, std::string digits, Duration digit_length, Duration gap);
  void bridge(const link::Bridge& command);
  void unbridge(const link::Unbridge& command);
  void mix(const link::Mix& command);
  void unmix(const link::Unmix& command);
  void start_recording(const link::StartRecording& command);
  void begin_recording(Leg& leg, RecordingId recording);
  void report_legs(const link::ReportLegs& command);
  void stop_recording(const link::StopRecording& command);
  void pause_recording(const link::PauseRecording& command);
  void resume_recording(const link::ResumeRecording& command);
  void set_recording_paused(Leg& leg, bool paused);
  void record_outside(const link::RecordOutside& command);  // node_outside.cpp
  /// Whether this is a session with the outside recorder, not a leg.
  [[nodiscard]] bool is_outside(LegId id) const { return ports_->outside != nullptr && ports_->outside->owns(id); }

  const runtime::Clock& clock_;
  Config config_;
  std::optional<Ports> ports_;
  std::unordered_map<LegId, CallId> traced_;  // ended SIP legs whose messages are still to come; bounded
  std::unordered_map<LegId, Leg> legs_;       // references stay valid until erased
  std::size_t incoming_ = 0;                  ///< of legs_
  Overload overload_;
  TimePoint load_seen_at_{};
  std::chrono::nanoseconds signalling_cpu_{0};
  std::uint64_t sent_seen_ = 0, late_seen_ = 0;
  bool draining_ = false;
  bool shutting_down_ = false;
  std::optional<TimePoint> core_lost_at_;  // set while there is none
  TimePoint started_at_{};
  TimePoint stats_due_{}, quality_due_{};
  Duration media_unanswered_{0};  ///< since the media threads were asked, in seconds of this loop
  std::function<void()> when_empty_;
};

}  // namespace hotline::voice::node
