// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/api/sip_account.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace hotline::api {
namespace {

constexpr std::size_t kPasswordLength = 20;

std::string hash_hex(const EVP_MD* kind, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr) != 1) std::abort();  // no memory
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", out[i]);
  return hex;
}

}  // namespace

NewSipAccount make_sip_account(const std::string& number, const std::string& realm, const std::string& password) {
  static constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789";
  NewSipAccount out{password, {}};
  for (std::size_t i = 0; password.empty() && i < kPasswordLength; ++i)
    out.password += letters[randombytes_uniform(static_cast<std::uint32_t>(letters.size()))];
  const auto a1 = fmt::format("{}:{}:{}", number, realm, out.password);
  out.account = {realm, hash_hex(EVP_md5(), a1), hash_hex(EVP_sha256(), a1)};
  return out;
}

}  // namespace hotline::api
