// SPDX-License-Identifier: Apache-2.0
// `hotline voice`: a voice node as a process.
#pragma once

#include "voice/node/node_config.hpp"

namespace hotline::voice::node {

/// Opens the node, writes one line `ready sip_udp=… sip_tcp=… webrtc_udp=… link=…` to standard output and serves.
/// SIGTERM or SIGINT drains (for at most the drain limit), a second one ends the calls at once. Call on the main thread
/// before any other thread is started: it blocks these signals. Returns the exit status: 0 after an orderly end, 1 when
/// the node could not be opened, with the reason and the remedy on standard error.
int run(const NodeConfig& config);

}  // namespace hotline::voice::node
