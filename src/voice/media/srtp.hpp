// SPDX-License-Identifier: Apache-2.0
// SRTP and SRTCP of one leg, both directions (RFC 3711, RFC 7714), on libsrtp2.
//
// Not thread-safe: a session lives on one thread at a time. No call allocates once an SSRC is known.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct srtp_ctx_t_;

namespace hotline::voice::media {

enum class SrtpProfile : std::uint8_t {
  aead_aes_128_gcm,
  aes128_cm_sha1_80,
  aes128_cm_sha1_32  ///< by SDES alone: the short tag is for RTP, RTCP keeps the long one (RFC 4568 6.2.2)
};
[[nodiscard]] const char* to_string(SrtpProfile profile);

/// Master key and salt of each direction: 16 + 12 bytes (GCM) or 16 + 14 (counter mode).
struct SrtpKeys {
  static constexpr std::size_t key_size = 16, size_max = 30;
  SrtpProfile profile = SrtpProfile::aead_aes_128_gcm;
  std::array<std::uint8_t, size_max> client{}, server{};
  friend bool operator==(const SrtpKeys&, const SrtpKeys&) = default;

  [[nodiscard]] static constexpr std::size_t salt_size(SrtpProfile profile) {
    return profile == SrtpProfile::aead_aes_128_gcm ? 12 : 14;
  }
};

enum class SrtpError : std::uint8_t {
  replayed,  ///< seen before, or older than the window of 1024 packets
  refused,   ///< not authentic, malformed, or one SSRC too many
};

class SrtpSession {
 public:
  enum class Side : std::uint8_t { client, server };
  static constexpr std::size_t trailer_max = 32;      ///< bytes that protecting RTP or RTCP adds, at most
  static constexpr std::size_t remote_ssrcs_max = 8;  ///< a peer cannot make the session's memory grow by new SSRCs
  static constexpr unsigned replay_window = 1024;     ///< packets

  /// nullopt when libsrtp refuses the keys (a bug, or a library without GCM).
  static std::optional<SrtpSession> make(const SrtpKeys& keys, Side side);

  /// In place; `packet` needs trailer_max bytes behind `size`. The new size, 0 when refused.
  std::size_t protect_rtp(std::uint8_t* packet, std::size_t size);
  std::size_t protect_rtcp(std::uint8_t* packet, std::size_t size);

  struct Opened {
    std::size_t size = 0;  ///< 0: see error
    SrtpError error = SrtpError::refused;
  };
  /// In place. On an error the packet's bytes are undefined.
  Opened unprotect_rtp(std::span<std::uint8_t> packet);
  Opened unprotect_rtcp(std::span<std::uint8_t> packet);

 private:
  struct Free {
    void operator()(srtp_ctx_t_* session) const;
  };
  using Handle = std::unique_ptr<srtp_ctx_t_, Free>;

  SrtpSession(Handle in, Handle out) : in_(std::move(in)), out_(std::move(out)) {}
  [[nodiscard]] bool may_open(std::uint32_t ssrc) const;
  void remember(std::uint32_t ssrc);

  Handle in_, out_;
  std::array<std::uint32_t, remote_ssrcs_max> remote_ssrcs_{};
  std::size_t remote_ssrc_count_ = 0;
};

}  // namespace hotline::voice::media
