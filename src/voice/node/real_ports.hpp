// SPDX-License-Identifier: Apache-2.0
// The node's ports on the real signalling, media, WebRTC and link, and the way back: reports from the media threads are
// posted to the signalling thread.
#pragma once

#include <utility>

#include "runtime/event_loop.hpp"
#include "voice/node/node.hpp"
#include "voice/node/ports.hpp"
#include "voice/recorder/recorder.hpp"
#include "voice_link/node_end.hpp"

namespace hotline::voice::node {

class RealSip final : public SipPort {
 public:
  explicit RealSip(signalling::SipStack& stack) : stack_(stack) {}
  void progress(LegId leg, unsigned status, const std::string& sdp) override { stack_.progress(leg, status, sdp); }
  void refer(LegId leg, const std::string& target, LegId replaces) override { stack_.refer(leg, target, replaces); }
  void accept(LegId leg, const std::string& sdp) override { stack_.accept(leg, sdp); }
  void reject(LegId leg, unsigned status, std::uint32_t retry_after_s) override {
    stack_.reject(leg, status, retry_after_s);
  }
  void invite(const signalling::OutgoingCall& call) override { stack_.invite(call); }
  void send_info_digit(LegId leg, char digit, Duration length) override { stack_.send_info_digit(leg, digit, length); }
  bool takes_info(LegId leg) const override { return stack_.takes_info(leg); }
  void transfer_result(LegId leg, unsigned status) override { stack_.transfer_result(leg, status); }
  void reinvite(LegId leg, const std::string& offer) override { stack_.reinvite(leg, offer); }
  void hangup(LegId leg, signalling::EndCause cause) override { stack_.hangup(leg, cause); }
  void set_draining(bool on) override { stack_.set_draining(on); }
  void set_shedding(bool on) override { stack_.set_shedding(on); }
  std::vector<signalling::TrunkUse> trunk_use() const override { return stack_.trunk_use(); }
  std::uint64_t rejected() const override { return stack_.rejected(); }
  signalling::DefenceStats defence() const override { return stack_.defence(); }
  void set_accounts(std::vector<signalling::PhoneAccount> accounts) override {
    stack_.set_accounts(std::move(accounts));
  }
  std::vector<signalling::PhoneState> phones() const override { return stack_.phones(); }
  int family_of(const std::string& uri, const std::string& trunk) const override {
    return stack_.family_of(uri, trunk);
  }

 private:
  signalling::SipStack& stack_;
};

class RealMedia final : public MediaPort {
 public:
  RealMedia(media::MediaPlane& plane, media::PacketPort& browsers, recorder::Recorder& recorder)
      : plane_(plane), browsers_(browsers), recorder_(recorder) {}
  Result<std::uint16_t, Problem> open(LegId leg, std::optional<LegId> near, int family) override {
    return plane_.open(leg, near, family);
  }
  void open_external(LegId leg) override { plane_.open_external(leg, browsers_); }
  void set_remote(LegId leg, const media::Remote& remote) override { plane_.set_remote(leg, remote); }
  void bridge(LegId a, LegId b) override { plane_.bridge(a, b); }
  void unbridge(LegId leg) override { plane_.unbridge(leg); }
  void mix(MixId mix, std::vector<media::MixMember> members) override { plane_.mix(mix, std::move(members)); }
  void play(LegId leg, media::PlayRequest request) override { plane_.play(leg, std::move(request)); }
  void stop_play(LegId leg) override { plane_.stop_play(leg); }
  void send_digits(LegId leg, std::string digits, Duration digit_length, Duration gap) override {
    plane_.send_digits(leg, std::move(digits), digit_length, gap);
  }
  void start_recording(LegId leg, RecordingId recording, std::string path) override {
    plane_.start_recording(leg, recording, std::move(path));
  }
  void stop_recording(LegId leg) override { plane_.stop_recording(leg); }
  void pause_recording(LegId leg, bool paused) override { plane_.pause_recording(leg, paused); }
  void close(LegId leg, std::function<void(media::SessionStats)> done) override { plane_.close(leg, std::move(done)); }
  media::PlaneStats stats() const override { return plane_.stats(); }
  void ping(std::function<void()> done) override { plane_.ping(std::move(done)); }
  void quality(std::function<void(std::vector<media::SessionQuality>)> done) override {
    plane_.quality(std::move(done));
  }
  std::uint64_t recording_errors() const override {
    const recorder::Stats stats = recorder_.stats();
    return stats.errors + stats.overruns;
  }
  std::uint64_t recordings_open() const override { return recorder_.stats().open; }
  void recording_settled(RecordingId recording) override { recorder_.settled(recording); }

 private:
  media::MediaPlane& plane_;
  media::PacketPort& browsers_;
  recorder::Recorder& recorder_;
};

class RealFiles final : public FilesPort {
 public:
  explicit RealFiles(archive::Archiver& archiver) : archiver_(archiver) {}
  void archive(RecordingId recording, std::string wav_path) override {
    (void)archiver_.archive(recording, std::move(wav_path));  // a full queue: the core says it again
  }
  void remove(RecordingId recording, std::string path, std::string kept_as) override {
    (void)archiver_.remove(recording, std::move(path), std::move(kept_as));
  }
  archive::Stats stats() const override { return archiver_.stats(); }

 private:
  archive::Archiver& archiver_;
};

class RealWebrtc final : public WebrtcPort {
 public:
  explicit RealWebrtc(webrtc::Engine& engine) : engine_(engine) {}
  Result<webrtc::Accepted, Problem> accept(LegId leg, std::string_view offer,
                                           const std::vector<media::Codec>& codecs) override {
    return engine_.accept(leg, offer, codecs);
  }
  void close(LegId leg) override { engine_.close(leg); }

 private:
  webrtc::Engine& engine_;
};

class RealLink final : public LinkPort {
 public:
  explicit RealLink(voice_link::NodeEnd& end) : end_(end) {}
  void emit(link::FromNode event) override { end_.emit(std::move(event)); }
  void emit_unkept(link::FromNode message) override { end_.emit_unkept(std::move(message)); }
  bool core_connected() const override { return end_.core_connected(); }

 private:
  voice_link::NodeEnd& end_;
};

/// Hears from the media and recorder threads and tells the node on the signalling thread.
class Reports final : public media::MediaObserver, public webrtc::Observer {
 public:
  /// `loop` and `node` must outlive the threads that report; `loop` may come later, before the first leg is opened.
  explicit Reports(Node& node) : node_(node) {}
  void attach(runtime::EventLoop& loop) { loop_ = &loop; }

  void on_digit(LegId leg, char digit, Duration length) override {
    loop_->post([this, leg, digit, length] { node_.on_digit(leg, digit, length); });
  }
  void on_play_done(LegId leg, PlayId play, media::PlayEnd end, const std::string& missing_prompt) override {
    loop_->post([this, leg, play, end, missing_prompt] { node_.on_play_done(leg, play, end, missing_prompt); });
  }
  void on_media_timeout(LegId leg) override {
    loop_->post([this, leg] { node_.on_media_timeout(leg); });
  }
  void on_long_silence(LegId leg, Duration length) override {
    loop_->post([this, leg, length] { node_.on_long_silence(leg, length); });
  }
  void on_recording_done(const media::RecordingResult& result) override {
    loop_->post([this, result] { node_.on_recording_done(result); });
  }
  void on_archived(const archive::Archived& result) {
    loop_->post([this, result] { node_.on_archived(result); });
  }
  void on_deleted(const archive::Deleted& result) {
    loop_->post([this, result] { node_.on_deleted(result); });
  }
  void on_connected(LegId leg) override {
    loop_->post([this, leg] { node_.on_webrtc_connected(leg); });
  }
  void on_failed(LegId leg, webrtc::Failure why) override {
    loop_->post([this, leg, why] { node_.on_webrtc_failed(leg, why); });
  }
  void on_lost(LegId leg, webrtc::Loss why) override {
    loop_->post([this, leg, why] { node_.on_webrtc_lost(leg, why); });
  }

 private:
  Node& node_;
  runtime::EventLoop* loop_ = nullptr;
};

}  // namespace hotline::voice::node
