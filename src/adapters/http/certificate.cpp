// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/certificate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace hotline::http {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

constexpr auto validity = hours(24 * 397);  // browsers refuse more than 398 days
constexpr auto renewal = hours(24 * 30);

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

Problem openssl_problem(const std::string& what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return {what + ": " + text.data(), "check the OpenSSL library of this machine"};
}

/// subjectAltName in OpenSSL's notation, sorted so that the same names give the same text.
std::string alternative_names(const std::vector<std::string>& configured) {
  std::vector<std::string> names = configured;
  names.insert(names.end(), {"localhost", "127.0.0.1", "::1"});
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0') names.emplace_back(host.data());
  std::vector<std::string> entries;
  for (const auto& name : names) {
    std::array<unsigned char, 16> address{};
    const bool is_address = ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                            ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
    entries.push_back((is_address ? "IP:" : "DNS:") + name);
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  std::string text;
  for (const auto& entry : entries) text += (text.empty() ? "" : ",") + entry;
  return text;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& names, std::time_t now) {
  // 127 random bits: two certificates with one serial make browsers refuse both.
  std::array<unsigned char, 16> serial{};
  if (RAND_bytes(serial.data(), serial.size()) != 1) return false;
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) return false;
  auto* subject = X509_get_subject_name(certificate);
  const auto* name = reinterpret_cast<const unsigned char*>("hotline (self-made)");
  // An hour back: the clocks of desks differ.
  const std::time_t from = now - 3600;
  const std::time_t until = now + std::chrono::duration_cast<std::chrono::seconds>(validity).count();
  return X509_set_version(certificate, X509_VERSION_3) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, const_cast<std::time_t*>(&from)) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), 0, 0, const_cast<std::time_t*>(&until)) != nullptr &&
         add_extension(certificate, NID_subject_alt_name, names) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         // The wanted names in our own words, to see later whether they still fit.
         add_extension(certificate, NID_netscape_comment, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// Whole or not at all: a temporary file, synced, then renamed.
Result<void, Problem> write_file(const fs::path& path, const std::string& text, mode_t mode) {
  const auto temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  const auto refused = [&] {
    return fail(
        Problem{fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                "make the data folder writable for the user the hotline runs as, and see that its disk is not full"});
  };
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return refused();
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) return refused();
  return {};
}

CertificatePtr load(const fs::path& path) {
  const BioPtr bio(BIO_new_file(path.c_str(), "r"));
  if (!bio) return nullptr;
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool is_still_good(const CertificateFiles& files, const std::string& names, std::time_t now) {
  const auto certificate = load(files.certificate);
  const BioPtr key_bio(BIO_new_file(files.key.c_str(), "r"));
  if (!certificate || !key_bio) return false;
  const KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (!key || X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  std::time_t limit = now + std::chrono::duration_cast<std::chrono::seconds>(renewal).count();
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &limit) <= 0) return false;
  const int place = X509_get_ext_by_NID(certificate.get(), NID_netscape_comment, -1);
  if (place < 0) return false;
  const auto* raw = X509_EXTENSION_get_data(X509_get_ext(certificate.get(), place));
  // DER of an IA5String: its text is at the end.
  const std::string der(reinterpret_cast<const char*>(ASN1_STRING_get0_data(raw)),
                        static_cast<std::size_t>(ASN1_STRING_length(raw)));
  return der.size() > names.size() && der.size() <= names.size() + 4 && der.ends_with(names);
}

Result<void, Problem> make(const CertificateFiles& files, const std::string& names, std::time_t now) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate(X509_new());
  if (!key || !certificate) return fail(openssl_problem("cannot make a TLS key"));
  if (!fill(certificate.get(), key.get(), names, now)) {
    auto problem = openssl_problem("cannot make a TLS certificate for " + names);
    problem.remedy = "check the names configured for the certificate";
    return fail(std::move(problem));
  }
  const BioPtr key_text(BIO_new(BIO_s_mem()));
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  if (!key_text || !certificate_text ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
    return fail(openssl_problem("cannot write the TLS certificate"));
  // The key first: a stop between the two leaves a pair that does not fit, which is made anew at the next start.
  if (auto done = write_file(files.key, contents(key_text.get()), 0600); !done) return done;
  return write_file(files.certificate, contents(certificate_text.get()), 0644);
}

}  // namespace

Result<CertificateFiles, Problem> prepare_certificate(const TlsConfig& config,
                                                      std::chrono::system_clock::time_point now) {
  if (config.certificate_file.empty() != config.key_file.empty())
    return fail(Problem{"only one of TLS certificate and key is configured",
                        "give both files, or neither for a self-made one"});
  if (!config.certificate_file.empty()) return CertificateFiles{config.certificate_file, config.key_file};
  if (config.self_made_folder.empty())
    return fail(Problem{"TLS is on, but there is neither a certificate nor a folder for a self-made one",
                        "configure the certificate and key files, or a data folder"});
  std::error_code error;
  fs::create_directories(config.self_made_folder, error);
  const CertificateFiles files{config.self_made_folder / "server.crt", config.self_made_folder / "server.key"};
  const auto names = alternative_names(config.names);
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  if (!is_still_good(files, names, seconds))
    if (auto made = make(files, names, seconds); !made) return fail(std::move(made.error()));
  return files;
}

}  // namespace hotline::http
