// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/node/leg_sdp.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace hotline::voice::node {
namespace {

media::Codec to_media(sdp::Codec codec) {
  return static_cast<media::Codec>(codec);  // the same numbers on purpose
}

media::SrtpKeys to_media(const sdp::Keys& keys) {
  media::SrtpKeys out;
  switch (keys.suite) {
    case sdp::CryptoSuite::aead_aes_128_gcm:
      out.profile = media::SrtpProfile::aead_aes_128_gcm;
      break;
    case sdp::CryptoSuite::aes_cm_128_hmac_sha1_80:
      out.profile = media::SrtpProfile::aes128_cm_sha1_80;
      break;
    case sdp::CryptoSuite::aes_cm_128_hmac_sha1_32:
      out.profile = media::SrtpProfile::aes128_cm_sha1_32;
      break;
  }
  out.client = keys.theirs;
  out.server = keys.ours;
  return out;
}

}  // namespace

std::vector<media::Codec> codec_order(const std::vector<media::Codec>& configured, std::optional<media::Codec> near) {
  using media::Codec;
  std::vector<Codec> out;
  const auto add = [&](Codec codec) {
    if (std::find(out.begin(), out.end(), codec) == out.end()) out.push_back(codec);
  };
  if (near) {
    // A trunk that lists its codecs means it: one that is not among them is not offered, whatever the other leg has.
    if (media::is_g711(*near) || std::find(configured.begin(), configured.end(), *near) != configured.end()) add(*near);
    for (const Codec codec : configured)
      if (!media::is_g711(*near) && !media::is_g711(codec)) add(codec);
    for (const Codec codec : configured)
      if (media::is_g711(codec)) add(codec);
  } else {
    for (const Codec codec : configured) add(codec);
  }
  add(Codec::pcma);
  add(Codec::pcmu);
  return out;
}

int family_of_sdp(const std::string& sdp) {
  if (sdp.find("IN IP6") == std::string::npos) return AF_INET;
  const auto parsed = sdp::parse(sdp);
  if (!parsed) return AF_INET;
  for (const auto& section : parsed->media) {
    if (section.kind != "audio" || section.port == 0) continue;
    const auto& connection = section.connection ? section.connection : parsed->connection;
    if (connection) return connection->ipv6 ? AF_INET6 : AF_INET;
  }
  return AF_INET;
}

LegSdp::LegSdp(std::string address, std::uint16_t port, std::uint64_t session_id, const SdpOptions& options) {
  local_.address = std::move(address);
  local_.port = port;
  local_.session_id = session_id;
  local_.version = 0;  // raised before each use
  local_.codecs.clear();
  for (const media::Codec codec : options.codecs) local_.codecs.push_back(static_cast<sdp::Codec>(codec));
  local_.comfort_noise = true;
  local_.rtcp_mux = true;
  local_.srtp = options.srtp;
  local_.srtp_keys = options.srtp_keys;
}

std::string LegSdp::offer() {
  ++local_.version;
  return sdp::write(sdp::make_offer(local_));
}

bool LegSdp::insist_on_keys() {
  if (local_.srtp != sdp::SrtpPolicy::offered) return false;
  local_.srtp = sdp::SrtpPolicy::required;
  return true;
}

Result<std::string, Problem> LegSdp::answer(const std::string& offer) {
  const auto parsed = sdp::parse(offer);
  if (!parsed) return fail(parsed.error());
  ++local_.version;
  auto answer = sdp::make_answer(*parsed, local_);
  if (!answer) return fail(std::move(answer.error()));
  if (auto reachable = check_family(answer->agreed); !reachable) return fail(std::move(reachable.error()));
  agree(std::move(answer->agreed));
  return sdp::write(answer->session);
}

Result<void, Problem> LegSdp::take_answer(const std::string& answer) {
  const auto parsed = sdp::parse(answer);
  if (!parsed) return fail(parsed.error());
  auto agreed = sdp::read_answer(*parsed, local_);
  if (!agreed) return fail(std::move(agreed.error()));
  if (auto reachable = check_family(*agreed); !reachable) return fail(std::move(reachable.error()));
  agree(std::move(*agreed));
  return {};
}

Result<void, Problem> LegSdp::check_family(const sdp::Agreed& agreed) const {
  const bool here = local_.address.find(':') != std::string::npos;
  if (agreed.address.empty() || agreed.ipv6 == here) return {};
  return fail(Problem{agreed.ipv6 ? "its sound is to go to an IPv6 address, ours to an IPv4 address"
                                  : "its sound is to go to an IPv4 address, ours to an IPv6 address",
                      "give [media] bind an address of both families"});
}

void LegSdp::agree(sdp::Agreed agreed) {
  if (!agreed.address.empty()) {
    last_address_ = agreed.address;
    last_port_ = agreed.port;
  }
  agreed_ = std::move(agreed);
}

std::optional<media::Remote> LegSdp::remote() const {
  if (!agreed_) return std::nullopt;
  media::Remote remote;
  const auto address = to_socket_address(last_address_, last_port_);
  if (address) remote.address = *address;
  remote.codec = to_media(agreed_->codec);
  remote.payload_type = agreed_->payload_type;
  remote.payload_type_in = agreed_->payload_type_in;
  remote.dtmf_payload_type = agreed_->dtmf_payload_type;
  remote.dtmf_payload_type_in = agreed_->dtmf_payload_type_in;
  remote.dtmf_clock = agreed_->dtmf_clock;
  remote.noise_payload_type = agreed_->noise_payload_type;
  remote.inband_digits = !agreed_->dtmf_payload_type;
  remote.rtcp = media::Remote::Rtcp{.mux = agreed_->rtcp_mux};
  if (const auto rtcp = to_socket_address(last_address_, agreed_->rtcp_port)) remote.rtcp->address = *rtcp;
  if (agreed_->keys) remote.srtp = to_media(*agreed_->keys);
  remote.send = sdp::sends(agreed_->direction) && !agreed_->held_by_remote && address.has_value();
  remote.receive = sdp::receives(agreed_->direction);
  return remote;
}

std::optional<sockaddr_storage> to_socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_storage result{};
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&result, &v4, sizeof v4);
    return result;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&result, &v6, sizeof v6);
    return result;
  }
  return std::nullopt;
}

const char* to_string(media::Codec codec) {
  return media::name_of(codec);
}

}  // namespace hotline::voice::node
