// SPDX-License-Identifier: Apache-2.0
// One leg's media: what arrives is checked, counted, recorded and relayed to the peer; what is generated for the leg
// (prompts, tones, digits) takes precedence over the peer's sound. Lives on one shard's thread at a time; knows no
// clock: the shard puts the time into the Context.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "voice/media/audio_in.hpp"
#include "voice/media/audio_out.hpp"
#include "voice/media/dtmf.hpp"
#include "voice/media/in_stream.hpp"
#include "voice/media/inband_digits.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/media/mix.hpp"
#include "voice/media/out_stream.hpp"
#include "voice/media/passed_on.hpp"
#include "voice/media/player.hpp"
#include "voice/media/rtcp.hpp"
#include "voice/media/rtp.hpp"
#include "voice/media/srtp.hpp"
#include "voice/media/udp_socket.hpp"
#include "voice/media/wheel.hpp"
#include "voice/recorder/placement.hpp"
#include "voice/recorder/tap.hpp"

namespace hotline::voice::media {

/// What sessions of one shard share.
struct Context {
  MediaObserver* observer = nullptr;
  Duration dead_after{30'000};
  Duration silence_after{0};
  bool concealment = true;
  std::uint64_t now_us = 0;  ///< a steady clock, read once a wake
  TimePoint wall{};          ///< the wall clock of the same moment
  bool late = false;         ///< the shard woke so late that packets may have waited more than 40 ms
  std::uint64_t received = 0, sent = 0, late_packets = 0;
  Wheel wheel;
  MixTable mixes;
  std::array<std::uint8_t, 2048> packet{};  ///< where generated and copied packets are built

  [[nodiscard]] std::uint64_t now() const { return now_us / 125; }  ///< samples at 8 kHz
};

/// The recorder takes sound up to this long ago; a packet later than that is missing in the recording.
inline constexpr std::uint64_t recording_delay = 8 * 80;  // samples
/// A leg that leaves a bridge or a mix and comes into another this soon goes on talking there.
inline constexpr std::uint64_t goes_on_us = 100'000;

class Session {
 public:
  Session(LegId leg, UdpSocket socket, Context& context);
  Session(LegId leg, PacketPort& port, Context& context);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] LegId leg() const { return leg_; }
  [[nodiscard]] bool external() const { return port_ != nullptr; }
  [[nodiscard]] UdpSocket& socket() { return socket_; }
  [[nodiscard]] Session* peer() const { return peer_; }
  [[nodiscard]] Codec codec() const { return remote_.codec; }
  [[nodiscard]] Mix* mix() const { return mix_; }
  [[nodiscard]] SessionStats stats() const;
  [[nodiscard]] std::uint64_t lost() const { return in_.lost(); }
  /// Its RTCP socket, or -1: the shard watches it.
  [[nodiscard]] int rtcp_fd() const { return rtcp_ && rtcp_->socket ? rtcp_->socket->fd() : -1; }
  void on_rtcp_readable(std::span<std::uint8_t> buffer);
  Wheel::Place& wheel_place() { return wheel_place_; }

  /// Leaves its shard: unbridged, out of its mix, off the wheel. enter() is called on the new shard's thread.
  void leave();
  void enter(Context& context);

  void set_remote(const Remote& remote);
  void bridge(Session& other);
  void unbridge();
  void play(Player player);
  void stop_play(PlayEnd end);
  void send_digits(std::string_view digits, Duration length, Duration gap);
  void start_recording(std::shared_ptr<recorder::Tap> tap);
  void stop_recording();
  /// A second tap beside the recording's, for the outside recorder; each begins and ends for itself.
  void start_copy(std::shared_ptr<recorder::Tap> tap);
  void stop_copy();
  /// While paused nothing is put into the rings, which hold silence; their time goes on.
  void pause_recording(bool paused) { recording_paused_ = paused; }

  /// Reads at most `packets_max` packets from the socket into `buffer` and handles them.
  void on_readable(std::span<std::uint8_t> buffer, int packets_max);
  /// A received packet. The bytes may be changed; `capacity_after` bytes behind them may be written.
  /// Returns whether it was a packet of this session.
  bool on_packet(std::span<std::uint8_t> packet, std::size_t capacity_after);
  /// The wheel's turn: the next 20 ms of generated sound.
  void generate();
  /// That turn comes soon: asks the processor to fetch into its cache what generate() will touch. A thousand sessions
  /// do not fit there, and each has its turn but once in 20 ms. Each step follows pointers that the one before fetched.
  enum class Fetch : std::uint8_t { itself, lists, sound };
  void fetch(Fetch step) const;

  // For Mix alone: which one has it (true: its sound goes on in it without a break), the next 20 ms of what it says
  // (false: nothing), and what it is to hear.
  bool set_mix(Mix* mix);
  bool take_frame(std::span<std::int16_t> out, unsigned rate);
  void give_frame(std::span<const std::int16_t> pcm, unsigned rate);

  /// Ten times a second: lost ends of digits, the recording's head, a leg gone silent.
  void sweep();

 private:
  enum class Kind : std::uint8_t { other, audio, event, noise };
  [[nodiscard]] Kind kind_of(std::uint8_t payload_type) const;
  bool take_datagram(std::span<std::uint8_t> datagram, std::size_t capacity_after);
  void learn(const sockaddr_storage& from);
  void relay_from(const RtpPacket& rtp, Kind kind, std::span<std::uint8_t> packet, std::size_t capacity_after);
  void on_event(const RtpPacket& rtp, std::span<const std::uint8_t> payload);
  void report(const Digit& digit);
  void generate_digit();
  void send_generated_frame(std::span<const std::uint8_t> frame);
  void send_payload(std::span<const std::uint8_t> payload);
  void send_pcm(std::span<const std::int16_t> pcm, unsigned rate);
  // session_rtcp.cpp
  void set_rtcp();
  void set_srtp();
  void on_rtcp(std::span<std::uint8_t> packet);
  void report_rtcp();
  bool send_encrypted(std::span<std::uint8_t> packet, std::size_t capacity_after);
  // session_sound.cpp: what is decoded, and everything that plain relaying need not do
  void couple();
  void set_extra();
  void on_audio_extra(const RtpPacket& rtp, Kind kind, std::span<std::uint8_t> packet, std::size_t capacity_after);
  void record_pcm(recorder::Channel channel, std::span<const std::int16_t> pcm, unsigned rate);
  void hear(std::span<const std::int16_t> narrow);
  void note_level(int peak);
  void look_for_silence();
  void look_at(std::uint8_t payload_type, std::span<const std::uint8_t> payload);
  void on_noise(const RtpPacket& rtp, std::span<const std::uint8_t> payload);
  bool end_noise();
  void forward_event(const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint32_t clock);
  [[nodiscard]] bool can_send() const;
  void transmit(std::span<std::uint8_t> packet, std::size_t capacity_after);
  void record(recorder::Channel channel, recorder::Placement& placement, std::uint32_t timestamp, bool ulaw,
              std::span<const std::uint8_t> payload);
  std::uint64_t begin_tap(recorder::Tap& tap);
  void note_recorded();
  void advance_taps(std::uint64_t wall);
  static void put(recorder::Tap& tap, std::uint64_t offset, recorder::Channel channel, std::uint64_t position,
                  bool ulaw, std::span<const std::uint8_t> payload);
  void record_coded(recorder::Channel channel, std::uint32_t timestamp, std::span<const std::uint8_t> payload);

  // Touched by each packet.
  Context* context_;
  Session* peer_ = nullptr;
  PacketPort* port_ = nullptr;
  UdpSocket socket_;
  bool has_remote_ = false;
  bool generating_ = false;  // a play or digits run: the peer's sound waits
  bool dead_ = false;        // reported as silent, until something arrives
  bool extra_ = false;       // packets need more than recording and relaying: see on_audio_extra
  std::uint8_t audio_type_ = 8, audio_type_or_ = 0;  // payload types of its sound
  std::uint8_t type_out_ = 8;
  std::uint64_t last_received_us_ = 0;
  std::uint64_t sent_ = 0;
  std::uint32_t sent_bytes_ = 0;  // of payloads, as RTCP counts: modulo 2^32
  std::unique_ptr<SrtpSession> srtp_;
  bool recorded_ = false;                           // there is a tap_ or a copy_
  bool recording_paused_ = false;                   // of both
  std::shared_ptr<recorder::Tap> tap_;              // our recording's
  std::shared_ptr<recorder::Tap> copy_;             // the outside recorder's
  std::uint64_t recording_from_ = 0;                // samples of the steady clock at position 0 of the first of them
  std::uint64_t tap_offset_ = 0, copy_offset_ = 0;  // where each begins on that clock
  recorder::Placement left_, right_;
  InStream in_;
  OutStream out_;
  Remote remote_;
  DtmfDetector detector_;

  const LegId leg_;
  Wheel::Place wheel_place_;
  std::optional<Player> player_;
  DtmfSender digits_;
  // Symmetric RTP: where packets really come from, and after a new answer where they came from before.
  sockaddr_storage source_{};
  sockaddr_storage former_source_{};
  std::uint64_t former_until_us_ = 0;

  Mix* mix_ = nullptr;
  std::unique_ptr<AudioIn> ear_;  // while in a mix
  // Until the next bridge or mix, which follows at once or not at all:
  std::unique_ptr<AudioIn> former_ear_;
  std::uint64_t parted_us_ = 0;
  PassedOn passed_on_;
  std::unique_ptr<AudioOut> mouth_;  // from the first time something is encoded
  /// Sound on its way into the recording where that is not G.711 already.
  struct RecordingWay {
    std::unique_ptr<Decoder> decoder;
    RateChange rate_change;
    std::uint32_t timestamp = 0;  // of frames that come from a mix
    std::array<std::int16_t, packet_samples_max> pcm{};
  };
  std::array<std::unique_ptr<RecordingWay>, 2> recording_ways_;
  std::unique_ptr<InbandDigits> inband_;
  std::optional<ComfortNoise> noise_;  // is being made in place of a peer that is silent on purpose
  // What the peer's sound is like: one packet in 100 ms is looked at where nothing is decoded anyway.
  bool level_wanted_ = false;
  int level_peak_ = 0;
  std::uint64_t loud_us_ = 0;  // when something was last louder than silence, or could not be told from it
  bool silence_told_ = false;
  struct Rtcp {
    std::optional<UdpSocket> socket;  // none: on the RTP port
    Transmission sent{};
    std::optional<LastSenderReport> last_sender_report{};
    std::uint64_t due_us = 0;
    std::uint32_t rtt_ms = 0, remote_lost = 0, remote_jitter_ms = 0;
  };
  std::unique_ptr<Rtcp> rtcp_;
  // An event that is passed on between bridged legs of different clocks.
  std::uint32_t event_timestamp_ = 0;
  std::uint64_t event_until_us_ = 0;
};

}  // namespace hotline::voice::media
