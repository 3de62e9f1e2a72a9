// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/outside/web_push.hpp"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cstring>
#include <stdexcept>

namespace hotline::outside {
namespace {

using Bytes = std::string;  // raw octets

struct Free {
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(BIGNUM* p) const { BN_clear_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using Own = std::unique_ptr<T, Free>;

const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

/// OpenSSL refuses these only for want of memory or for a broken build: nothing that a caller could mend.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) {
  return {key, [](EVP_PKEY* p) { EVP_PKEY_free(p); }};
}

/// A key of a public point, with its private scalar where it is known; null: no point of the curve.
std::shared_ptr<EVP_PKEY> key_of(const Bytes& point, const Bytes* scalar) {
  const Own<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
  must(build != nullptr, "make a key");
  Own<BIGNUM> number;
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  if (scalar != nullptr) {
    number.reset(BN_bin2bn(octets(*scalar), static_cast<int>(scalar->size()), nullptr));
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
  }
  const Own<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(build.get()));
  const Own<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  const int selection = scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1)
    return nullptr;
  auto owned = shared(key);
  const Own<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? owned : nullptr;
}

Bytes point_of(EVP_PKEY* key) {
  Bytes point(65, '\0');
  std::size_t size = 0;
  must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets(point), point.size(), &size) == 1 &&
           size == point.size(),
       "give a public point");
  return point;
}

Bytes hmac(const Bytes& key, const Bytes& text) {
  Bytes out(32, '\0');
  unsigned int size = 0;
  must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(), octets(out), &size) !=
           nullptr,
       "compute an HMAC");
  return out;
}
/// RFC 5869 with one block: at most 32 bytes.
Bytes hkdf(const Bytes& salt, const Bytes& secret, const Bytes& info, std::size_t size) {
  return hmac(hmac(salt, secret), info + '\x01').substr(0, size);
}

Bytes shared_secret(EVP_PKEY* ours, EVP_PKEY* theirs) {
  const Own<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(ours, nullptr));
  std::size_t size = 32;
  Bytes secret(size, '\0');
  must(context && EVP_PKEY_derive_init(context.get()) == 1 && EVP_PKEY_derive_set_peer(context.get(), theirs) == 1 &&
           EVP_PKEY_derive(context.get(), octets(secret), &size) == 1 && size == secret.size(),
       "agree on a secret");
  return secret;
}

Bytes aes128gcm(const Bytes& key, const Bytes& nonce, const Bytes& text) {
  const Own<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  Bytes out(text.size() + 16, '\0');
  int size = 0;
  must(context && EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, octets(key), octets(nonce)) == 1 &&
           EVP_EncryptUpdate(context.get(), octets(out), &size, octets(text), static_cast<int>(text.size())) == 1 &&
           EVP_EncryptFinal_ex(context.get(), octets(out) + size, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, 16, octets(out) + text.size()) == 1,
       "encrypt");
  return out;
}

/// ES256 (RFC 7518 section 3.4): r and s, 32 bytes each, where OpenSSL gives DER.
Bytes es256(EVP_PKEY* key, const Bytes& text) {
  const Own<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  must(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestSign(context.get(), nullptr, &size, octets(text), text.size()) == 1,
       "sign");
  Bytes der(size, '\0');
  must(EVP_DigestSign(context.get(), octets(der), &size, octets(text), text.size()) == 1, "sign");
  const unsigned char* at = octets(der);
  const Own<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  must(signature != nullptr, "read its own signature");
  Bytes out(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(out), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(out) + 32, 32);
  return out;
}

}  // namespace

std::string to_base64url(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), octets(bytes), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::optional<std::string> from_base64url(const std::string& given) {
  std::string text = given;
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(octets(bytes), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

PushKey PushKey::make() {
  EVP_PKEY* key = EVP_EC_gen("prime256v1");
  must(key != nullptr, "make a key pair");
  return PushKey(shared(key));
}

Result<PushKey, std::string> PushKey::of(const std::string& secret, const std::string& point) {
  const auto scalar = from_base64url(secret), public_point = from_base64url(point);
  if (!scalar || !public_point || scalar->size() != 32) return fail(std::string("no key in base64url"));
  auto key = key_of(*public_point, &*scalar);
  if (!key) return fail(std::string("no key pair of P-256"));
  return PushKey(std::move(key));
}

Result<PushKey, Problem> PushKey::load_or_make(const std::filesystem::path& file) {
  const auto problem = [&](const std::string& what) {
    return fail(Problem{"the key of web push " + file.string() + " " + what,
                        "restore it from a backup; with another key all browsers have to subscribe again"});
  };
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const Own<BIO> in(BIO_new_file(file.c_str(), "r"));
    EVP_PKEY* key = in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr;
    if (key == nullptr) return problem("cannot be read");
    auto owned = shared(key);
    if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_bits(key) != 256) return problem("is no key of P-256");
    return PushKey(std::move(owned));
  }
  PushKey made = make();
  const Own<BIO> memory(BIO_new(BIO_s_mem()));
  must(memory && PEM_write_bio_PrivateKey(memory.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write a key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  const auto temporary = file.string() + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, text, static_cast<std::size_t>(size)) == size && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (written) std::filesystem::rename(temporary, file, error);
  if (!written || error)
    return fail(Problem{"the key of web push cannot be written to " + file.string(), "make the data folder writable"});
  return made;
}

std::string PushKey::point() const {
  return to_base64url(point_of(key_.get()));
}

std::string wrong_with_subscription(const std::string& p256dh, const std::string& auth) {
  const auto point = from_base64url(p256dh), secret = from_base64url(auth);
  if (!point || point->size() != 65 || point->front() != '\x04' || !key_of(*point, nullptr))
    return "p256dh is no point of P-256 in base64url";
  if (!secret || secret->size() != 16) return "auth is no 16 bytes in base64url";
  return {};
}

Result<std::string, std::string> seal_push(const std::string& text, const std::string& p256dh, const std::string& auth,
                                           const PushKey& sender, const std::array<unsigned char, 16>& salt) {
  if (text.size() > kPushTextMost) return fail(std::string("the text is too long"));
  if (std::string wrong = wrong_with_subscription(p256dh, auth); !wrong.empty()) return fail(std::move(wrong));
  const Bytes theirs = *from_base64url(p256dh), secret = *from_base64url(auth), ours = point_of(sender.get());
  // RFC 8291 section 3.4.
  const auto their_key = key_of(theirs, nullptr);
  const Bytes agreed = shared_secret(sender.get(), their_key.get());
  const Bytes keying = hkdf(secret, agreed, Bytes("WebPush: info") + '\0' + theirs + ours, 32);
  // RFC 8188 section 2: one record, its padding delimiter 2 for the last.
  const Bytes salted(reinterpret_cast<const char*>(salt.data()), salt.size());
  const Bytes key = hkdf(salted, keying, Bytes("Content-Encoding: aes128gcm") + '\0', 16);
  const Bytes nonce = hkdf(salted, keying, Bytes("Content-Encoding: nonce") + '\0', 12);
  Bytes out = salted;
  out += Bytes("\0\0\x10\0", 4);  // record size 4096
  out += static_cast<char>(ours.size());
  out += ours;
  out += aes128gcm(key, nonce, text + '\x02');
  return out;
}

Result<std::string, std::string> seal_push(const std::string& text, const std::string& p256dh,
                                           const std::string& auth) {
  std::array<unsigned char, 16> salt{};
  randombytes_buf(salt.data(), salt.size());
  return seal_push(text, p256dh, auth, PushKey::make(), salt);
}

std::string vapid_authorization(const PushKey& key, const std::string& origin, const std::string& subject,
                                TimePoint now) {
  const auto expires =
      std::chrono::floor<std::chrono::seconds>(now + std::chrono::hours{12}).time_since_epoch().count();
  const boost::json::object claims{{"aud", origin}, {"exp", expires}, {"sub", subject}};
  const std::string token =
      to_base64url(R"({"typ":"JWT","alg":"ES256"})") + "." + to_base64url(boost::json::serialize(claims));
  return "vapid t=" + token + "." + to_base64url(es256(key.get(), token)) + ", k=" + key.point();
}

}  // namespace hotline::outside
