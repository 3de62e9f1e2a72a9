// SPDX-License-Identifier: Apache-2.0
// The engine's inside: all legs behind the one port. Everything here runs on the loop's thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "voice/webrtc/dtls.hpp"
#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/leg.hpp"
#include "voice/webrtc/loop.hpp"
#include "voice/webrtc/stun.hpp"
#include "voice/webrtc/udp_socket.hpp"

namespace hotline::voice::webrtc {

class Core {
 public:
  Core(Config config, DtlsContext dtls, std::unique_ptr<UdpSocket> socket, Loop& loop, Sink& sink, Observer& observer);

  /// From any thread: room for one more leg, to be given to add() or back by release(). False at legs_max.
  [[nodiscard]] bool reserve();
  void release();

  /// With room from reserve(). A leg of the same id is replaced.
  void add(Leg::Setup setup);
  /// Ends the leg with close_notify; its statistics, zeros when there is no such leg.
  LegStats close(LegId leg);
  [[nodiscard]] const Leg* find(LegId leg) const;
  void send_rtp(LegId leg, std::span<std::uint8_t> packet);
  /// Reads the socket.
  void readable();
  void tick();
  /// Closes every leg without a report; nothing happens afterwards.
  void stop();

  [[nodiscard]] const UdpSocket& socket() const { return *socket_; }
  /// From any thread; at most a tick old.
  [[nodiscard]] EngineStats published() const;

 private:
  void on_datagram(const Address& from, std::span<std::uint8_t> datagram);
  void on_stun(const Address& from, std::span<const std::uint8_t> packet);
  void refuse_check(const Address& from, const stun::Message& request, const Leg& leg, std::uint16_t code);
  bool learn(const Address& from, Leg& leg, bool nominated);
  void on_dtls(const Address& from, std::span<const std::uint8_t> datagram, Leg& leg);
  void tick_handshakes();
  void tick_slot();
  void settle_dtls(Leg& leg, DtlsState before, DtlsState after);
  /// Takes the leg out and closes it.
  void remove(Leg& leg);
  void fail_leg(Leg& leg, Failure why);
  void lose_leg(Leg& leg, Loss why);
  void publish();

  // The legs are visited a second apart, each tick a part of them, so that 2,000 legs make no burst of work or reports.
  static constexpr std::size_t slots = 50;

  const Config config_;
  const DtlsContext dtls_;
  const std::unique_ptr<UdpSocket> socket_;
  Loop& loop_;
  Sink& sink_;
  Observer& observer_;
  bool stopped_ = false;
  Moment now_{};

  std::unordered_map<LegId, std::unique_ptr<Leg>> legs_;
  std::unordered_map<std::string_view, Leg*> by_username_;  // keys live in the legs
  std::unordered_map<Address, Leg*> by_address_;
  std::vector<Leg*> handshakes_;
  std::array<std::vector<Leg*>, slots> wheel_;
  std::size_t next_slot_ = 0, slot_now_ = 0;

  std::atomic<std::uint64_t> reserved_{0};
  EngineStats count_;
  mutable std::mutex published_mutex_;
  EngineStats published_;
};

}  // namespace hotline::voice::webrtc
