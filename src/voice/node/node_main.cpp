// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/node/node_main.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>

#include "runtime/fd.hpp"
#include "runtime/signals.hpp"
#include "voice/node/voice_node.hpp"

namespace hotline::voice::node {

int run(const NodeConfig& config) {
  runtime::ignore_sigpipe();
  // A call has two legs, a leg one socket (two with RTCP), a recording one file.
  const std::size_t files_wanted = std::size_t{8} * config.calls_max;
  if (const std::size_t files = runtime::raise_open_files_limit(); files < files_wanted)
    spdlog::warn("only {} files may be open, {} calls may want {}: raise the limit (ulimit -n, LimitNOFILE)", files,
                 config.calls_max, files_wanted);
  runtime::SignalFd signals({SIGTERM, SIGINT, SIGHUP});
  auto opened = VoiceNode::open(config);
  if (!opened) {
    spdlog::error("the voice node cannot start: {}; {}", opened.error().what, opened.error().remedy);
    std::fprintf(stderr, "hotline voice: %s\n  remedy: %s\n", opened.error().what.c_str(),
                 opened.error().remedy.c_str());
    return 1;
  }
  VoiceNode& node = **opened;
  node.loop().watch(signals.fd(), false, [&](bool, bool) {
    while (const auto signal = signals.read()) {
      if (*signal == SIGHUP) {
        node.reload();
        continue;
      }
      spdlog::info("signal {}: shutting down, calls may end within {} ms", *signal, config.drain_limit.count());
      node.shut_down();
    }
  });
  const VoiceNode::Addresses& at = node.addresses();
  const std::string tls = at.sip_tls.empty() ? "" : " sip_tls=" + at.sip_tls;
  std::printf("ready sip_udp=%s sip_tcp=%s%s webrtc_udp=%s link=%s\n", at.sip_udp.c_str(), at.sip_tcp.c_str(),
              tls.c_str(), at.webrtc_udp.c_str(), at.link.c_str());
  std::fflush(stdout);
  node.run();
  node.loop().unwatch(signals.fd());
  spdlog::info("voice node ended");
  return 0;
}

}  // namespace hotline::voice::node
