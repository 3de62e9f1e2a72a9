// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "vault/bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "vault/sealed_file.hpp"

namespace hotline::vault {
namespace {

Problem trouble(const std::filesystem::path& file, const char* doing) {
  return {fmt::format("{} cannot be {}: {}", file.string(), doing, std::strerror(errno)),
          "see that the file is there and readable for this user"};
}

class PlainSource final : public ByteSource {
 public:
  PlainSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  ~PlainSource() override { ::close(fd_); }
  PlainSource(const PlainSource&) = delete;
  PlainSource& operator=(const PlainSource&) = delete;
  std::uint64_t size() const override { return size_; }
  Result<std::size_t, Problem> read(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto count = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(trouble("the file", "read"));
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

 private:
  const int fd_;
  const std::uint64_t size_;
};

}  // namespace

Result<void, Problem> PlainSink::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Problem{fmt::format("writing failed: {}", std::strerror(errno)), "free space on the disk"});
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::unique_ptr<ByteSource>, Problem> open_source(const std::filesystem::path& file, const KeyRing& keys) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return fail(trouble(file, "opened"));
  std::array<std::uint8_t, 8> first{};
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return fail(Problem{file.string() + " is no file", "restore it from a backup"});
  }
  if (::pread(fd, first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()) && is_sealed(first))
    return SealedSource::open(fd, keys);
  return std::unique_ptr<ByteSource>(std::make_unique<PlainSource>(fd, static_cast<std::uint64_t>(status.st_size)));
}

Result<std::string, Problem> sha256_of_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return fail(trouble(file, "opened"));
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<std::uint8_t> piece(256 * 1024);
  for (;;) {
    const auto count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      auto problem = trouble(file, "read");
      ::close(fd);
      return fail(std::move(problem));
    }
    if (count == 0) break;
    crypto_hash_sha256_update(&state, piece.data(), static_cast<unsigned long long>(count));
  }
  ::close(fd);
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_final(&state, hash.data());
  std::string text(2 * hash.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

}  // namespace hotline::vault
