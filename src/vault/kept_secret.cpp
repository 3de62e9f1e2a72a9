// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "vault/kept_secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace hotline::vault {
namespace {

Problem trouble(const std::filesystem::path& file, const char* doing) {
  return {fmt::format("the secret {} cannot be {}: {}", file.string(), doing, std::strerror(errno)),
          "make the data folder readable and writable for this user"};
}

}  // namespace

Result<std::string, Problem> kept_secret(const std::filesystem::path& file) {
  if (std::ifstream in(file, std::ios::binary); in) {
    std::array<char, kept_secret_bytes + 1> bytes{};
    in.read(bytes.data(), bytes.size());
    if (in.bad()) return fail(trouble(file, "read"));
    if (in.gcount() == kept_secret_bytes) return std::string(bytes.data(), kept_secret_bytes);
    return fail(Problem{fmt::format("the secret {} has not {} bytes", file.string(), kept_secret_bytes),
                        "remove the file: a new one is made, and what the old one signed is void"});
  }
  if (errno != ENOENT) return fail(trouble(file, "read"));
  std::array<char, kept_secret_bytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  // Beside it first: a power cut leaves no half secret under the name.
  const std::string fresh = file.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(trouble(file, "made"));
  const bool written =
      ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(fresh.c_str(), file.c_str()) != 0) return fail(trouble(file, "made"));
  return std::string(bytes.data(), bytes.size());
}

}  // namespace hotline::vault
