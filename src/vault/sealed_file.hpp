// SPDX-License-Identifier: Apache-2.0
// Encrypted files that can be read from any place (docs/adr/0013).
//
//   header   "HLSEAL1\n" · key id, padded with NUL to 32 bytes · 24 random bytes, the file's name     64 bytes
//   piece    secretstream header (24) · ciphertext of 65,536 bytes of plain text (the last: fewer) · 17 bytes
//   ...
// Each piece is a libsodium secretstream (XChaCha20-Poly1305) of one message under the file's own key, BLAKE2b of the
// file's name keyed with the ring's key. The message is bound to the header and to the piece's number, the last one is
// tagged final: no piece can be changed, moved to another place or file, or cut off unnoticed.
#pragma once

#include <array>
#include <vector>

#include "vault/bytes.hpp"
#include "vault/key_ring.hpp"

namespace hotline::vault {

inline constexpr std::size_t sealed_header_size = 64;
inline constexpr std::size_t sealed_piece_size = 65'536;  ///< of plain text
inline constexpr std::size_t sealed_piece_overhead = 24 + 17;

class SealedSink final : public ByteSink {
 public:
  /// `fd` is at its beginning and stays the caller's. sodium_init() must have been called (KeyRing::load does).
  SealedSink(int fd, const Key& key);
  ~SealedSink() override;
  SealedSink(const SealedSink&) = delete;
  SealedSink& operator=(const SealedSink&) = delete;
  Result<void, Problem> write(std::span<const std::uint8_t> bytes) override;
  Result<void, Problem> finish() override;

 private:
  [[nodiscard]] Result<void, Problem> put_piece(bool last);

  PlainSink out_;
  std::array<std::uint8_t, sealed_header_size> header_{};
  std::array<std::uint8_t, 32> file_key_{};
  std::vector<std::uint8_t> plain_;
  std::uint64_t piece_ = 0;
  bool begun_ = false;
};

class SealedSource final : public ByteSource {
 public:
  /// Takes the descriptor. Checks the last piece, so that a file cut short is known at once.
  [[nodiscard]] static Result<std::unique_ptr<ByteSource>, Problem> open(int fd, const KeyRing& keys);
  ~SealedSource() override;
  SealedSource(const SealedSource&) = delete;
  SealedSource& operator=(const SealedSource&) = delete;
  std::uint64_t size() const override { return size_; }
  std::string key_id() const override { return key_id_; }
  Result<std::size_t, Problem> read(std::uint64_t offset, std::span<std::uint8_t> out) override;

 private:
  explicit SealedSource(int fd) : fd_(fd) {}
  [[nodiscard]] Result<void, Problem> begin(const KeyRing& keys);
  [[nodiscard]] Result<void, Problem> load_piece(std::uint64_t piece);

  const int fd_;
  std::array<std::uint8_t, sealed_header_size> header_{};
  std::array<std::uint8_t, 32> file_key_{};
  std::string key_id_;
  std::uint64_t size_ = 0, pieces_ = 0;
  std::uint64_t loaded_ = UINT64_MAX;  // the piece in plain_
  std::vector<std::uint8_t> plain_, sealed_;
};

/// Whether these first bytes of a file are those of a sealed one.
[[nodiscard]] bool is_sealed(std::span<const std::uint8_t> first_bytes);

}  // namespace hotline::vault
