// SPDX-License-Identifier: Apache-2.0
// A load for legs that are decoded or encrypted: each endpoint sends prepared packets of its codec every 20 ms, under
// SRTP where asked, and counts what comes back without looking into it. One thread on the last core.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "voice/media/codec.hpp"
#include "voice/media/srtp.hpp"

namespace hotline::bench {

class SoundLoad {
 public:
  struct End {
    voice::media::Codec codec = voice::media::Codec::pcma;
    std::optional<voice::media::SrtpKeys> keys{};  ///< the far end's side of them
    bool speaks = true;                            ///< false: sends silence, as a listener in a conference
    int fd = -1;  ///< a connected socket instead of one of the load's; it is closed here
  };
  explicit SoundLoad(std::vector<End> ends);
  ~SoundLoad();
  SoundLoad(const SoundLoad&) = delete;
  SoundLoad& operator=(const SoundLoad&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::uint16_t port(unsigned end) const { return ports_[end]; }
  void connect(unsigned end, std::uint16_t port);
  void start();
  void stop();
  [[nodiscard]] std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }

 private:
  struct Endpoint {
    End end;
    int fd = -1;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::size_t at = 0;
    std::optional<voice::media::SrtpSession> srtp;
  };
  void run();
  void send(Endpoint& endpoint);

  bool ok_ = true;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint16_t> ports_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hotline::bench
