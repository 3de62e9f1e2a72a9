// SPDX-License-Identifier: Apache-2.0
// The media plane: RTP sessions, bridges, prompts and recording taps, on threads of its own (shards).
//
// Every public function may be called from any one other thread (the signalling thread); it posts to the shard that
// owns the session and returns at once. What happens is reported through MediaObserver, on the shard's thread: an
// observer must hand over and return. A session has the id of its leg. Unknown ids are ignored (the leg may just have
// ended).
//
// A bridge relays payloads without decoding them when both legs use the same codec (requirement A1); A-law and µ-law
// are converted by table. Between other codecs a bridge decodes and encodes, as a mix does. RFC 4733 events pass a
// bridge with their payload type and clock mapped, and are reported from either leg.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "voice/media/codec.hpp"
#include "voice/media/mix.hpp"
#include "voice/media/recording_result.hpp"
#include "voice/media/srtp.hpp"

namespace hotline::voice::prompts {
class PromptStore;
}
namespace hotline::voice::recorder {
class Recorder;
class Tap;
}  // namespace hotline::voice::recorder

namespace hotline::voice::media {

/// The far end as the SDP answer fixed it.
struct Remote {
  sockaddr_storage address{};  ///< where to send; replaced by the source of the first valid packet (symmetric RTP)
  Codec codec = Codec::pcma;
  std::optional<std::uint8_t> dtmf_payload_type;  ///< RFC 4733, 8 kHz clock; nullopt: none agreed
  bool send = true;                               ///< false while the far end is sendonly/inactive (it holds us)
  bool receive = true;
  std::optional<std::uint8_t> payload_type{};          ///< what the far end wants; nullopt: the codec's own number
  std::optional<std::uint8_t> payload_type_in{};       ///< what we asked it to send; nullopt: the same
  std::optional<std::uint8_t> dtmf_payload_type_in{};  ///< likewise, of RFC 4733
  std::uint32_t dtmf_clock = 8'000;                    ///< of its events: 8,000, or 48,000 beside Opus (RFC 4733 2.1)
  std::optional<std::uint8_t> noise_payload_type{};    ///< comfort noise (RFC 3389), both ways; nullopt: none agreed
  bool inband_digits = false;                          ///< look for DTMF tones in its sound: no events were agreed
  struct Rtcp {
    bool mux = false;            ///< on the RTP port (RFC 5761); else on ours and theirs one above
    sockaddr_storage address{};  ///< where to, without mux
  };
  std::optional<Rtcp> rtcp{};
  std::optional<SrtpKeys> srtp{};  ///< by SDES: `client` the far end's key, `server` ours. UDP sessions only
};

struct SessionStats {
  std::uint64_t packets_received = 0, packets_sent = 0, packets_lost = 0;  ///< lost: gaps in received sequence numbers
  std::uint32_t jitter_ms = 0;                                             ///< RFC 3550 6.4.1, last value
  std::uint32_t level_peak = 0;        ///< greatest sample received, 0 to 32768; 0 also where nothing was decoded
  std::uint32_t loss_x100 = 0;         ///< percent of what the far end sent, times 100
  std::uint32_t rtt_ms = 0;            ///< by RTCP; 0: not known
  std::uint32_t mos_x100 = 0;          ///< of what is received (quality.hpp); 0: nothing was
  std::uint32_t remote_loss_x100 = 0;  ///< of what we send, as the far end says by RTCP
  std::uint32_t remote_jitter_ms = 0;
  Codec codec = Codec::pcma;
};
using SessionQuality = std::pair<LegId, SessionStats>;

/// What a PacketPort knows by RTCP of its own.
struct PortFigures {
  std::uint32_t rtt_ms = 0, remote_lost = 0, remote_jitter_ms = 0;
};

struct PlayItem {
  struct Prompt {
    std::string key;
  };
  struct Tone {
    std::string name;
  };
  struct Silence {
    Duration length{};
  };
  std::variant<Prompt, Tone, Silence> what;
};
struct PlayRequest {
  PlayId id;
  std::vector<PlayItem> items;
  bool loop = false;
  bool stop_on_digit = false;
};
enum class PlayEnd : std::uint8_t { finished, digit, stopped, missing };

/// Told what happens, on a shard's thread (recording_done: on the recorder's thread).
class MediaObserver {
 public:
  virtual ~MediaObserver() = default;
  virtual void on_digit(LegId leg, char digit, Duration length) = 0;
  virtual void on_play_done(LegId leg, PlayId play, PlayEnd end, const std::string& missing_prompt) = 0;
  /// Nothing has arrived for Config::dead_after although the session should receive.
  virtual void on_media_timeout(LegId leg) = 0;
  virtual void on_recording_done(const RecordingResult& result) = 0;
  /// Nothing louder than silence has been heard for Config::silence_after. Once, until something is.
  virtual void on_long_silence(LegId /*leg*/, Duration /*length*/) {}
};

/// Where packets of a session go that has no UDP socket of its own: the WebRTC engine implements it (SRTP, one port for
/// all).
class PacketPort {
 public:
  virtual ~PacketPort() = default;
  /// On the session's shard thread. `packet` is a whole RTP packet; the port may change it in place, and has
  /// `capacity_after` further bytes behind it for an authentication tag (at least 32).
  virtual void send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) = 0;
  /// On the session's shard thread.
  [[nodiscard]] virtual PortFigures figures(LegId /*leg*/) const { return {}; }
};

struct Config {
  unsigned shards = 1;                       ///< media threads
  std::string bind_address = "127.0.0.1";    ///< IPv4 or IPv6, of the RTP sockets
  std::string other_bind_address{};          ///< of the other family, for legs that want it; empty: none
  std::uint16_t port_min = 0, port_max = 0;  ///< RTP port range, even ports; 0,0: any free port
  Duration dead_after{30'000};               ///< without RTP and RTCP
  Duration silence_after{0};                 ///< 0: silence is not looked for
  std::string country = "cn";                ///< of the tones: see tones.hpp
  bool concealment = true;  ///< false: silence for what was lost (bench quality, to see the difference)
};

struct PlaneStats {
  std::uint64_t rtp_received = 0, rtp_sent = 0, rtp_lost = 0, rtp_late = 0;
  std::uint64_t cpu_ns = 0;  ///< CPU time of the shard threads
};

class MediaPlane {
 public:
  MediaPlane(Config config, prompts::PromptStore& prompts, recorder::Recorder& recorder, MediaObserver& observer);
  ~MediaPlane();
  MediaPlane(const MediaPlane&) = delete;
  MediaPlane& operator=(const MediaPlane&) = delete;

  /// Opens a UDP session and returns its local port. `near` is the leg it will be bridged to (same shard), if known.
  /// `family` is AF_INET or AF_INET6, what the far end speaks; where there is no address of it, the first one is taken.
  /// Fails with a Problem when no port of the range is free.
  Result<std::uint16_t, Problem> open(LegId leg, std::optional<LegId> near = std::nullopt, int family = AF_UNSPEC);
  /// Opens a session whose packets travel through `port` (WebRTC); it lives on shard 0, where receive() is called.
  void open_external(LegId leg, PacketPort& port);
  /// A decrypted RTP packet of an external session. On the thread of shard 0 only (see run_on_shard).
  void receive(LegId leg, std::span<std::uint8_t> packet);

  void set_remote(LegId leg, const Remote& remote);  ///< first and every later offer/answer
  void bridge(LegId a, LegId b);  ///< ends plays and former bridges of both; moves one to the other's shard if need be
  void unbridge(LegId leg);
  /// A conference, said whole each time and as often as one likes: members that are named no more fall silent and are
  /// free, new ones leave their bridge or mix and their plays end. Legs may be of different codecs. At most
  /// mix_members_max; unknown legs are left out. A leg that is bridged, or closed, leaves by itself. A member can be
  /// played to (in place of the others' sound) and recorded: what it says and what it hears.
  void mix(MixId mix, std::vector<MixMember> members);
  void unmix(MixId mix);                      ///< every member falls silent
  void play(LegId leg, PlayRequest request);  ///< replaces a running play (which ends as stopped)
  void stop_play(LegId leg);
  void send_digits(LegId leg, std::string digits, Duration digit_length, Duration gap);
  void start_recording(LegId leg, RecordingId recording, std::string path);  ///< from now to stop_recording or close
  void stop_recording(LegId leg);
  void pause_recording(LegId leg, bool paused);  ///< silence while paused; the recording's length goes on
  /// Puts the leg's sound into a second tap as well, that of the outside recorder, until it is stopped or closed. The
  /// caller is its consumer.
  void start_copy(LegId leg, std::shared_ptr<recorder::Tap> tap);
  void stop_copy(LegId leg);
  /// Ends the session, its play and recording; `done` gets its statistics on the shard's thread.
  void close(LegId leg, std::function<void(SessionStats)> done = {});

  /// For the WebRTC engine: runs `task` on shard 0's thread / watches a descriptor there for input until it is removed.
  void run_on_shard0(std::function<void()> task);
  void watch_on_shard0(int fd, std::function<void()> readable);
  void unwatch_on_shard0(int fd);
  /// For the WebRTC engine: called on shard 0's thread every 20 ms (DTLS timers).
  void every_tick_on_shard0(std::function<void(TimePoint now)> tick);

  [[nodiscard]] PlaneStats stats() const;
  /// `done` is called once, on one of the media threads, when all of them have come round.
  void ping(std::function<void()> done);
  /// The figures of every session so far: `done` is called once a shard, on its thread.
  void quality(std::function<void(std::vector<SessionQuality>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::voice::media
