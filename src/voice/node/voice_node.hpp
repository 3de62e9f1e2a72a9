// SPDX-License-Identifier: Apache-2.0
// A whole voice node in one object: signalling, media, WebRTC, recorder, prompts and the link, put together. Create,
// run and destroy it on one thread, which becomes the signalling thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "runtime/event_loop.hpp"
#include "voice/node/node_config.hpp"

namespace hotline::voice::node {

class VoiceNode {
 public:
  /// Opens everything: repairs recordings a crash left behind (their RecordingDone waits for the core), loads the
  /// prompts, binds every port. Fails with a Problem naming what is wrong and what would be right.
  static Result<std::unique_ptr<VoiceNode>, Problem> open(NodeConfig config);
  /// Ends what is left without ceremony; run() must have returned.
  ~VoiceNode();
  VoiceNode(const VoiceNode&) = delete;
  VoiceNode& operator=(const VoiceNode&) = delete;

  /// Serves until a shutdown is done or stop() is called.
  void run();
  /// Any thread. First call: refuse new calls, let those there are end, for at most the drain limit. Second call: end
  /// them now. Then run() returns.
  void shut_down();
  /// Any thread. run() returns at once; calls that are left end with the object.
  void stop();
  /// Signalling thread. Reads the SIP certificate again; a bad one is told in the log and the old one stays.
  void reload();

  /// The signalling thread's loop.
  [[nodiscard]] runtime::EventLoop& loop();

  struct Addresses {
    std::string sip_udp, sip_tcp, sip_tls, webrtc_udp, link;
  };
  [[nodiscard]] const Addresses& addresses() const;  ///< the real ones

 private:
  struct Parts;
  explicit VoiceNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hotline::voice::node
