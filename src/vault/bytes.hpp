// SPDX-License-Identifier: Apache-2.0
// Where the bytes of an archived recording come from and go to, encrypted or not. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace hotline::vault {

class KeyRing;

/// Takes bytes in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  [[nodiscard]] virtual Result<void, Problem> write(std::span<const std::uint8_t> bytes) = 0;
  /// Writes what is still held back. Nothing may be written after it.
  [[nodiscard]] virtual Result<void, Problem> finish() = 0;
};

/// Gives bytes from any place.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Of the key the file is encrypted with; empty: it is not.
  [[nodiscard]] virtual std::string key_id() const { return {}; }
  /// Fills `out` from `offset`, less only at the end. Fails when the file was changed or cannot be read.
  [[nodiscard]] virtual Result<std::size_t, Problem> read(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
};

/// Opens a file of either kind: a sealed one is known by its first bytes. `key_id` of a sealed one must be on the ring.
[[nodiscard]] Result<std::unique_ptr<ByteSource>, Problem> open_source(const std::filesystem::path& file,
                                                                       const KeyRing& keys);

/// SHA-256 of a file as it lies on the disk, in lower-case hexadecimal digits.
[[nodiscard]] Result<std::string, Problem> sha256_of_file(const std::filesystem::path& file);

/// Bytes to a descriptor as they are. The descriptor stays the caller's.
class PlainSink final : public ByteSink {
 public:
  explicit PlainSink(int fd) : fd_(fd) {}
  Result<void, Problem> write(std::span<const std::uint8_t> bytes) override;
  Result<void, Problem> finish() override { return {}; }

 private:
  const int fd_;
};

}  // namespace hotline::vault
