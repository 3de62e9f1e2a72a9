// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "vault/sealed_file.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace hotline::vault {
namespace {

constexpr std::string_view magic = "HLSEAL1\n";
constexpr std::size_t id_at = 8, id_size = 32, name_at = 40, name_size = 24;
constexpr std::size_t stride = sealed_piece_size + sealed_piece_overhead;
constexpr std::size_t stream_header = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t stream_tag = crypto_secretstream_xchacha20poly1305_ABYTES;
static_assert(stream_header + stream_tag == sealed_piece_overhead);

using Header = std::array<std::uint8_t, sealed_header_size>;
/// What a piece is bound to: the file and its place in it.
using Bound = std::array<std::uint8_t, sealed_header_size + 8>;

Bound bound_to(const Header& header, std::uint64_t piece) {
  Bound bound{};
  std::copy(header.begin(), header.end(), bound.begin());
  for (std::size_t i = 0; i < 8; ++i) bound[sealed_header_size + i] = static_cast<std::uint8_t>(piece >> (8 * i));
  return bound;
}

void derive(const Header& header, const Key& key, std::array<std::uint8_t, 32>& file_key) {
  crypto_generichash(file_key.data(), file_key.size(), header.data() + name_at, name_size, key.bytes.data(),
                     key.bytes.size());
}

std::uint64_t plain_size_of(std::uint64_t file_size) {
  const std::uint64_t body = file_size - sealed_header_size;
  const std::uint64_t rest = body % stride;
  return body / stride * sealed_piece_size + (rest == 0 ? 0 : rest - sealed_piece_overhead);
}

Problem changed(const char* what) {
  return {fmt::format("the encrypted file is damaged or was changed: {}", what),
          "restore it from a backup; hotline doctor tells whether others are"};
}

bool read_fully(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto size = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    done += static_cast<std::size_t>(size);
  }
  return true;
}

}  // namespace

bool is_sealed(std::span<const std::uint8_t> first_bytes) {
  return first_bytes.size() >= magic.size() && std::memcmp(first_bytes.data(), magic.data(), magic.size()) == 0;
}

SealedSink::SealedSink(int fd, const Key& key) : out_(fd) {
  std::memcpy(header_.data(), magic.data(), magic.size());
  std::memcpy(header_.data() + id_at, key.id.data(), std::min(key.id.size(), id_size - 1));
  randombytes_buf(header_.data() + name_at, name_size);
  derive(header_, key, file_key_);
  plain_.reserve(sealed_piece_size);
}

SealedSink::~SealedSink() {
  sodium_memzero(file_key_.data(), file_key_.size());
}

Result<void, Problem> SealedSink::put_piece(bool last) {
  if (!begun_) {
    begun_ = true;
    if (auto written = out_.write(header_); !written) return written;
  }
  std::vector<std::uint8_t> sealed(plain_.size() + sealed_piece_overhead);
  const Bound bound = bound_to(header_, piece_++);
  crypto_secretstream_xchacha20poly1305_state state;
  crypto_secretstream_xchacha20poly1305_init_push(&state, sealed.data(), file_key_.data());
  crypto_secretstream_xchacha20poly1305_push(
      &state, sealed.data() + stream_header, nullptr, plain_.data(), plain_.size(), bound.data(), bound.size(),
      last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  sodium_memzero(&state, sizeof state);
  plain_.clear();
  return out_.write(sealed);
}

Result<void, Problem> SealedSink::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (plain_.size() == sealed_piece_size)  // written only when more comes: the last piece must be known as the last
      if (auto written = put_piece(false); !written) return written;
    const auto count = std::min(bytes.size(), sealed_piece_size - plain_.size());
    plain_.insert(plain_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
  return {};
}

Result<void, Problem> SealedSink::finish() {
  return put_piece(true);
}

SealedSource::~SealedSource() {
  ::close(fd_);
  sodium_memzero(file_key_.data(), file_key_.size());
}

Result<std::unique_ptr<ByteSource>, Problem> SealedSource::open(int fd, const KeyRing& keys) {
  std::unique_ptr<SealedSource> source(new SealedSource(fd));
  if (auto begun = source->begin(keys); !begun) return fail(std::move(begun.error()));
  return std::unique_ptr<ByteSource>(std::move(source));
}

Result<void, Problem> SealedSource::begin(const KeyRing& keys) {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return fail(changed(std::strerror(errno)));
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  if (file_size < sealed_header_size + sealed_piece_overhead || !read_fully(fd_, 0, header_) || !is_sealed(header_))
    return fail(changed("it has no header"));
  const std::uint64_t rest = (file_size - sealed_header_size) % stride;
  if (rest != 0 && rest < sealed_piece_overhead) return fail(changed("it was cut short"));
  const auto* id = reinterpret_cast<const char*>(header_.data() + id_at);
  const std::string key_id(id, ::strnlen(id, id_size));
  const Key* key = is_key_id(key_id) ? keys.find(key_id) : nullptr;
  if (key == nullptr)
    return fail(Problem{fmt::format("the key '{}' of the encrypted file is not among the configured ones",
                                    is_key_id(key_id) ? key_id : "?"),
                        "name it in a [[recording_key]] table after the one in use"});
  key_id_ = key_id;
  derive(header_, *key, file_key_);
  size_ = plain_size_of(file_size);
  pieces_ = (file_size - sealed_header_size + stride - 1) / stride;
  return load_piece(pieces_ - 1);
}

Result<void, Problem> SealedSource::load_piece(std::uint64_t piece) {
  if (piece == loaded_) return {};
  const bool last = piece + 1 == pieces_;
  const auto plain = static_cast<std::size_t>(last ? size_ - piece * sealed_piece_size : sealed_piece_size);
  sealed_.resize(plain + sealed_piece_overhead);
  plain_.resize(plain);
  loaded_ = UINT64_MAX;
  if (!read_fully(fd_, sealed_header_size + piece * stride, sealed_))
    return fail(changed("it cannot be read to its end"));
  const Bound bound = bound_to(header_, piece);
  crypto_secretstream_xchacha20poly1305_state state;
  unsigned char tag = 0;
  const bool opened =
      crypto_secretstream_xchacha20poly1305_init_pull(&state, sealed_.data(), file_key_.data()) == 0 &&
      crypto_secretstream_xchacha20poly1305_pull(&state, plain_.data(), nullptr, &tag, sealed_.data() + stream_header,
                                                 plain + stream_tag, bound.data(), bound.size()) == 0;
  sodium_memzero(&state, sizeof state);
  const auto wanted =
      last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
  if (!opened) return fail(changed("a piece does not open with its key"));
  if (tag != wanted) return fail(changed("pieces are missing"));
  loaded_ = piece;
  return {};
}

Result<std::size_t, Problem> SealedSource::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && offset < size_) {
    if (auto loaded = load_piece(offset / sealed_piece_size); !loaded) return fail(std::move(loaded.error()));
    const auto at = static_cast<std::size_t>(offset % sealed_piece_size);
    const auto count = std::min(out.size() - done, plain_.size() - at);
    std::memcpy(out.data() + done, plain_.data() + at, count);
    done += count;
    offset += count;
  }
  return done;
}

}  // namespace hotline::vault
