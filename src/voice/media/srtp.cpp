// SPDX-License-Identifier: Apache-2.0
#include "voice/media/srtp.hpp"

#include <srtp2/srtp.h>

#include <algorithm>

#include "voice/media/bytes.hpp"

namespace hotline::voice::media {
namespace {

static_assert(SRTP_MAX_TRAILER_LEN >= 16);
constexpr std::size_t srtcp_index = 4;
constexpr std::size_t gcm_tag = 16;
static_assert(SrtpSession::trailer_max >= gcm_tag + srtcp_index);

/// libsrtp wants one initialisation a process, before anything else.
bool library_ready() {
  static const bool ready = srtp_init() == srtp_err_status_ok;
  return ready;
}

srtp_t create(const SrtpKeys& keys, const std::array<std::uint8_t, SrtpKeys::size_max>& key, srtp_ssrc_type_t ssrcs) {
  srtp_policy_t policy{};
  if (keys.profile == SrtpProfile::aead_aes_128_gcm) {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else if (keys.profile == SrtpProfile::aes128_cm_sha1_32) {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  } else {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  }
  std::array<std::uint8_t, SrtpKeys::size_max> bytes = key;  // the policy's pointer is not const
  policy.ssrc.type = ssrcs;
  policy.key = bytes.data();
  policy.window_size = SrtpSession::replay_window;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return nullptr;
  return session;
}

SrtpSession::Opened opened(srtp_err_status_t status, int size) {
  if (status == srtp_err_status_ok && size > 0) return {.size = static_cast<std::size_t>(size)};
  const bool replayed = status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old;
  return {.size = 0, .error = replayed ? SrtpError::replayed : SrtpError::refused};
}

}  // namespace

const char* to_string(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aead_aes_128_gcm:
      return "AEAD_AES_128_GCM";
    case SrtpProfile::aes128_cm_sha1_80:
      return "AES128_CM_SHA1_80";
    case SrtpProfile::aes128_cm_sha1_32:
      return "AES128_CM_SHA1_32";
  }
  return "";
}

void SrtpSession::Free::operator()(srtp_ctx_t_* session) const {
  srtp_dealloc(session);
}

std::optional<SrtpSession> SrtpSession::make(const SrtpKeys& keys, Side side) {
  if (!library_ready()) return std::nullopt;
  const bool server = side == Side::server;
  Handle in{create(keys, server ? keys.client : keys.server, ssrc_any_inbound)};
  Handle out{create(keys, server ? keys.server : keys.client, ssrc_any_outbound)};
  if (!in || !out) return std::nullopt;
  return SrtpSession{std::move(in), std::move(out)};
}

std::size_t SrtpSession::protect_rtp(std::uint8_t* packet, std::size_t size) {
  int length = static_cast<int>(size);
  return srtp_protect(out_.get(), packet, &length) == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

std::size_t SrtpSession::protect_rtcp(std::uint8_t* packet, std::size_t size) {
  int length = static_cast<int>(size);
  return srtp_protect_rtcp(out_.get(), packet, &length) == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

SrtpSession::Opened SrtpSession::unprotect_rtp(std::span<std::uint8_t> packet) {
  constexpr std::size_t header = 12, ssrc_at = 8;
  if (packet.size() < header) return {};
  const std::uint32_t ssrc = read_u32(packet.data() + ssrc_at);
  if (!may_open(ssrc)) return {};
  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect(in_.get(), packet.data(), &length);
  if (status == srtp_err_status_ok) remember(ssrc);
  return opened(status, length);
}

SrtpSession::Opened SrtpSession::unprotect_rtcp(std::span<std::uint8_t> packet) {
  constexpr std::size_t header = 8, ssrc_at = 4;
  if (packet.size() < header) return {};
  const std::uint32_t ssrc = read_u32(packet.data() + ssrc_at);
  if (!may_open(ssrc)) return {};
  int length = static_cast<int>(packet.size());
  const auto status = srtp_unprotect_rtcp(in_.get(), packet.data(), &length);
  if (status == srtp_err_status_ok) remember(ssrc);
  return opened(status, length);
}

bool SrtpSession::may_open(std::uint32_t ssrc) const {
  if (remote_ssrc_count_ < remote_ssrcs_.size()) return true;
  return std::find(remote_ssrcs_.begin(), remote_ssrcs_.end(), ssrc) != remote_ssrcs_.end();
}

void SrtpSession::remember(std::uint32_t ssrc) {
  const auto end = remote_ssrcs_.begin() + static_cast<std::ptrdiff_t>(remote_ssrc_count_);
  if (std::find(remote_ssrcs_.begin(), end, ssrc) != end) return;
  remote_ssrcs_[remote_ssrc_count_++] = ssrc;
}

}  // namespace hotline::voice::media
