// SPDX-License-Identifier: Apache-2.0
// What a voice node is told at its start; read from TOML by the command line. Every port may be 0: any free one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "vault/key_ring.hpp"
#include "voice/archive/archiver.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/sdp/negotiate.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/siprec/client.hpp"
#include "voice/webrtc/engine.hpp"

namespace hotline::voice::node {

struct NodeConfig {
  std::string name = "voice1";
  std::string version;  ///< of the program, for those who ask
  signalling::Config sip;
  media::Config media;
  /// Numeric, in our SDP, at most one of each address family that media is bound to; where there is none:
  /// sip.advertised_address if it is of that family, else the address media is bound to.
  std::vector<std::string> media_advertised_addresses;
  std::vector<media::Codec> codecs{media::Codec::pcma, media::Codec::pcmu, media::Codec::g722,
                                   media::Codec::opus};  ///< the best first; G.711 is always there
  std::map<std::string, sdp::SrtpPolicy> srtp_by_trunk;
  sdp::SrtpPolicy srtp_phones = sdp::SrtpPolicy::off;
  bool silence_ends = false;
  webrtc::Config webrtc;
  std::vector<std::filesystem::path> prompt_directories;  ///< searched in order
  std::filesystem::path recordings_directory;             ///< made if missing
  archive::Config archiving;                              ///< its directory and keys are filled in at start
  std::vector<vault::KeyFile> recording_keys;             ///< the first encrypts; none: archives are not encrypted
  siprec::Config siprec;                                  ///< the outside recorder
  std::string link_path;                                  ///< of the Unix socket on which the core finds this node
  std::uint32_t calls_max = 400;  ///< incoming SIP calls at once (legs: twice as many); above: 503 with Retry-After
  bool shed = true;               ///< refuse new calls while the node is overloaded
  Duration drain_limit{300'000};  ///< after SIGTERM: how long calls may go on before they are ended
};

}  // namespace hotline::voice::node
