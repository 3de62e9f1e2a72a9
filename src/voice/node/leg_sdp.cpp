// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/node/leg_sdp.hpp"

#include <arpa/inet.h>

#include <cstring>

namespace hotline::voice::node {
namespace {

media::Codec to_media(sdp::Codec codec) {
  return codec == sdp::Codec::pcmu ? media::Codec::pcmu : media::Codec::pcma;
}

}  // namespace

LegSdp::LegSdp(std::string address, std::uint16_t port, std::uint64_t session_id,
               std::optional<media::Codec> preferred) {
  local_.address = std::move(address);
  local_.port = port;
  local_.session_id = session_id;
  local_.version = 0;  // raised before each use
  if (preferred == media::Codec::pcmu) local_.codecs = {sdp::Codec::pcmu, sdp::Codec::pcma};
}

std::string LegSdp::offer() {
  ++local_.version;
  return sdp::write(sdp::make_offer(local_));
}

Result<std::string, Problem> LegSdp::answer(const std::string& offer) {
  const auto parsed = sdp::parse(offer);
  if (!parsed) return fail(parsed.error());
  ++local_.version;
  auto answer = sdp::make_answer(*parsed, local_);
  if (!answer) return fail(std::move(answer.error()));
  agree(std::move(answer->agreed));
  return sdp::write(answer->session);
}

Result<void, Problem> LegSdp::take_answer(const std::string& answer) {
  const auto parsed = sdp::parse(answer);
  if (!parsed) return fail(parsed.error());
  auto agreed = sdp::read_answer(*parsed, local_);
  if (!agreed) return fail(std::move(agreed.error()));
  agree(std::move(*agreed));
  return {};
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
  remote.dtmf_payload_type = agreed_->dtmf_payload_type;
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
