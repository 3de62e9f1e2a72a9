// SPDX-License-Identifier: Apache-2.0
// What the node needs of signalling, media, WebRTC and the link, as narrow interfaces: the real ones are in
// real_ports.hpp, tests give their own. All are called on the signalling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voice/archive/archiver.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/webrtc/engine.hpp"
#include "voice_link.pb.h"

namespace hotline::voice::node {

/// signalling::SipStack; what the functions mean is said there.
class SipPort {
 public:
  virtual ~SipPort() = default;
  virtual void progress(LegId leg, unsigned status, const std::string& sdp) = 0;
  virtual void refer(LegId leg, const std::string& target, LegId replaces_leg) = 0;
  virtual void accept(LegId leg, const std::string& sdp) = 0;
  virtual void reject(LegId leg, unsigned status, std::uint32_t retry_after_s) = 0;
  virtual void invite(const signalling::OutgoingCall& call) = 0;
  virtual void send_info_digit(LegId leg, char digit, Duration length) = 0;
  [[nodiscard]] virtual bool takes_info(LegId leg) const {
    (void)leg;
    return true;
  }
  virtual void transfer_result(LegId leg, unsigned status) = 0;
  virtual void reinvite(LegId leg, const std::string& offer) = 0;
  virtual void hangup(LegId leg, signalling::EndCause cause) = 0;
  virtual void set_draining(bool on) = 0;
  virtual void set_shedding(bool on) = 0;
  [[nodiscard]] virtual std::vector<signalling::TrunkUse> trunk_use() const = 0;
  [[nodiscard]] virtual std::uint64_t rejected() const = 0;
  [[nodiscard]] virtual signalling::DefenceStats defence() const = 0;
  virtual void set_accounts(std::vector<signalling::PhoneAccount> accounts) { (void)accounts; }
  [[nodiscard]] virtual std::vector<signalling::PhoneState> phones() const { return {}; }
  [[nodiscard]] virtual int family_of(const std::string& uri, const std::string& trunk) const {
    (void)uri, (void)trunk;
    return AF_UNSPEC;
  }
};

/// media::MediaPlane; what the functions mean is said there.
class MediaPort {
 public:
  virtual ~MediaPort() = default;
  virtual Result<std::uint16_t, Problem> open(LegId leg, std::optional<LegId> near, int family) = 0;
  virtual void open_external(LegId leg) = 0;
  virtual void set_remote(LegId leg, const media::Remote& remote) = 0;
  virtual void bridge(LegId a, LegId b) = 0;
  virtual void unbridge(LegId leg) = 0;
  virtual void mix(MixId mix, std::vector<media::MixMember> members) = 0;  ///< empty: the mix ends
  virtual void play(LegId leg, media::PlayRequest request) = 0;
  virtual void stop_play(LegId leg) = 0;
  virtual void send_digits(LegId leg, std::string digits, Duration digit_length, Duration gap) = 0;
  virtual void start_recording(LegId leg, RecordingId recording, std::string path) = 0;
  virtual void stop_recording(LegId leg) = 0;
  virtual void pause_recording(LegId leg, bool paused) = 0;
  /// `done` may be called on any thread.
  virtual void close(LegId leg, std::function<void(media::SessionStats)> done) = 0;
  [[nodiscard]] virtual media::PlaneStats stats() const = 0;
  /// `done` is called on another thread, once, when every media thread has come round.
  virtual void ping(std::function<void()> done) = 0;
  /// `done` is called on other threads, once a media thread.
  virtual void quality(std::function<void(std::vector<media::SessionQuality>)> done) = 0;
  [[nodiscard]] virtual std::uint64_t recording_errors() const = 0;
  [[nodiscard]] virtual std::uint64_t recordings_open() const { return 0; }
  /// The core has committed this recording's end.
  virtual void recording_settled(RecordingId recording) = 0;
};

/// archive::Archiver; what the functions mean is said there.
class FilesPort {
 public:
  virtual ~FilesPort() = default;
  virtual void archive(RecordingId recording, std::string wav_path) = 0;
  virtual void remove(RecordingId recording, std::string path, std::string kept_as) = 0;
  [[nodiscard]] virtual archive::Stats stats() const = 0;
};

/// webrtc::Engine; what the functions mean is said there.
class WebrtcPort {
 public:
  virtual ~WebrtcPort() = default;
  virtual Result<webrtc::Accepted, Problem> accept(LegId leg, std::string_view offer,
                                                   const std::vector<media::Codec>& codecs) = 0;
  virtual void close(LegId leg) = 0;
};

/// voice_link::NodeEnd; what the functions mean is said there.
class LinkPort {
 public:
  virtual ~LinkPort() = default;
  virtual void emit(link::FromNode event) = 0;
  virtual void emit_unkept(link::FromNode message) = 0;
  [[nodiscard]] virtual bool core_connected() const = 0;
};

}  // namespace hotline::voice::node
