// SPDX-License-Identifier: Apache-2.0
// The offers and answers of one SIP leg over its life (RFC 3264): first, re-INVITE, delayed offer. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/sdp/negotiate.hpp"

namespace hotline::voice::node {

/// What a leg may agree on.
struct SdpOptions {
  std::vector<media::Codec> codecs{media::Codec::pcma, media::Codec::pcmu};  ///< the best first
  sdp::SrtpPolicy srtp = sdp::SrtpPolicy::off;
  std::array<sdp::SrtpKey, 3> srtp_keys{};  ///< random, when srtp is not off
};

/// The codecs of a leg in the order it shall like them: `configured`, but when it is to be bridged to a leg with
/// `near`, that first and only what is as wide, then G.711, which everyone has.
[[nodiscard]] std::vector<media::Codec> codec_order(const std::vector<media::Codec>& configured,
                                                    std::optional<media::Codec> near);

class LegSdp {
 public:
  LegSdp() = default;
  /// `address` (numeric) and `port` are where we receive.
  LegSdp(std::string address, std::uint16_t port, std::uint64_t session_id, const SdpOptions& options = {});

  /// "on", "off" or "paused" in our descriptions from now on (a=record, RFC 7866 section 6.3).
  void set_record(const char* state) { local_.media_attributes = {{"record", state}}; }
  /// A description of ours that asks for an answer; its version is one higher each time.
  [[nodiscard]] std::string offer();
  /// Where keys were offered besides the clear: from now on nothing goes without (RTP/SAVP). False: nothing changes.
  [[nodiscard]] bool insist_on_keys();
  /// Our answer to an offer of the far end; on failure (488) what was agreed before stays in force.
  [[nodiscard]] Result<std::string, Problem> answer(const std::string& offer);
  /// The far end's answer to our offer; on failure what was agreed before stays in force.
  [[nodiscard]] Result<void, Problem> take_answer(const std::string& answer);

  [[nodiscard]] const std::optional<sdp::Agreed>& agreed() const { return agreed_; }
  [[nodiscard]] bool held_by_remote() const { return agreed_ && agreed_->held_by_remote; }
  /// What was agreed, for the media plane; nullopt before anything was. A hold by address 0.0.0.0 (RFC 2543) keeps the
  /// address that was known.
  [[nodiscard]] std::optional<media::Remote> remote() const;

 private:
  void agree(sdp::Agreed agreed);
  /// A socket of one address family reaches no address of the other.
  [[nodiscard]] Result<void, Problem> check_family(const sdp::Agreed& agreed) const;

  sdp::Local local_;
  std::optional<sdp::Agreed> agreed_;
  std::string last_address_;
  std::uint16_t last_port_ = 0;
};

/// AF_INET6 when the audio of a description is received there, else AF_INET; AF_INET too for what cannot be read.
[[nodiscard]] int family_of_sdp(const std::string& sdp);

/// "192.0.2.1" or "2001:db8::1" as a socket address; nullopt when it is no numeric address.
[[nodiscard]] std::optional<sockaddr_storage> to_socket_address(const std::string& address, std::uint16_t port);

[[nodiscard]] const char* to_string(media::Codec codec);  ///< "PCMA", "PCMU"

}  // namespace hotline::voice::node
