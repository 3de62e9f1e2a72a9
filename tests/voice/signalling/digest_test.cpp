// SPDX-License-Identifier: Apache-2.0
// Digest authentication: the examples of RFC 7616 and RFC 2617, headers of odd shapes, nonces and their counts.
#include "voice/signalling/digest.hpp"

#include <gtest/gtest.h>

#include "voice/signalling/nonces.hpp"

namespace hotline::voice::signalling {
namespace {

using enum DigestAlgorithm;

// RFC 7616 section 3.9.1.
constexpr auto kNonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr auto kCnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

TEST(Digest, TheExamplesOfRfc7616) {
  const auto old = digest_ha1(md5, "Mufasa", "http-auth@example.org", "Circle of Life");
  EXPECT_EQ(digest_response(md5, old, "GET", "/dir/index.html", kNonce, 1, kCnonce, "auth"),
            "8ca523f5e9506fed4657c9700eebdbec");
  const auto sha = digest_ha1(sha256, "Mufasa", "http-auth@example.org", "Circle of Life");
  EXPECT_EQ(digest_response(sha256, sha, "GET", "/dir/index.html", kNonce, 1, kCnonce, "auth"),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(Digest, TheExampleOfRfc2617) {
  const auto ha1 = digest_ha1(md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(ha1, "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(
      digest_response(md5, ha1, "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 1, "0a4f113b", "auth"),
      "6629fae49393a05397450978507c4ef1");
}

TEST(Digest, ACarrierWithoutQopIsAnsweredTheOldWay) {
  const auto challenge = read_challenge("Digest realm=\"a\", nonce=\"n\"");
  ASSERT_TRUE(challenge);
  EXPECT_FALSE(challenge->qop_auth);
  const auto header = write_credentials(*challenge, "u", "p", "INVITE", "sip:1@b", 1, "c");
  EXPECT_EQ(header.find("qop"), std::string::npos);
  const auto ha2 = hash_hex(md5, "INVITE:sip:1@b");
  EXPECT_NE(header.find(hash_hex(md5, digest_ha1(md5, "u", "a", "p") + ":n:" + ha2)), std::string::npos);
}

TEST(Digest, ChallengesOfAllShapesAreRead) {
  const auto full = read_challenge(
      "digest  Realm = \"a \\\"b\\\"\" , nonce=\"n\",opaque=\"o\", algorithm=SHA-256, qop=\"auth-int, auth\", "
      "stale=TRUE");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->realm, "a \"b\"");
  EXPECT_EQ(full->algorithm, sha256);
  EXPECT_TRUE(full->qop_auth);
  EXPECT_TRUE(full->stale);
  EXPECT_EQ(full->opaque, "o");
  for (const std::string bad : {"", "Basic realm=\"a\"", "Digest", "Digest realm=\"a\"", "Digest nonce=\"n",
                                "Digest nonce=\"n\", algorithm=MD5-sess", "Digest nonce=\"n\", qop=\"auth-int\"",
                                "Digestnonce=\"n\"", "Digest nonce"}) {
    EXPECT_FALSE(read_challenge(bad)) << bad;
  }
  EXPECT_FALSE(read_challenge("Digest nonce=\"" + std::string(5'000, 'n') + "\""));
}

TEST(Digest, WhatIsWrittenCannotBreakOutOfItsHeader) {
  DigestChallenge challenge{.realm = "a\"\r\nX: y", .nonce = "n", .opaque = {}};
  const auto header = write_credentials(challenge, "u", "p", "REGISTER", "sip:a", 1, "c");
  EXPECT_EQ(header.find('\n'), std::string::npos);
  EXPECT_NE(header.find("realm=\"a\\\"X: y\""), std::string::npos);
}

class NoncesTest : public testing::Test {
 protected:
  static constexpr Duration t0{1'000'000};
  const std::string realm_ = "hotline";
  DigestSecret secret_{"8001", digest_ha1(md5, "8001", "hotline", "secret"),
                       digest_ha1(sha256, "8001", "hotline", "secret")};
  Nonces nonces_{Duration{300'000}};

  AuthState check(const std::string& nonce, std::uint32_t nc, Duration now, const std::string& password = "secret",
                  DigestAlgorithm algorithm = md5) {
    DigestChallenge challenge{.realm = realm_, .nonce = nonce, .opaque = {}, .algorithm = algorithm, .qop_auth = true};
    const auto header = write_credentials(challenge, "8001", password, "REGISTER", "sip:a", nc, "c");
    return check_credentials({read_credentials(header).value()}, realm_, "REGISTER", &secret_, nonces_, now);
  }
};

TEST_F(NoncesTest, BothAlgorithmsAreGoodAndTheWrongPasswordIsNot) {
  EXPECT_EQ(check(nonces_.make(t0), 1, t0), AuthState::good);
  EXPECT_EQ(check(nonces_.make(t0), 1, t0, "secret", sha256), AuthState::good);
  EXPECT_EQ(check(nonces_.make(t0), 1, t0, "Secret"), AuthState::wrong);
  EXPECT_EQ(check_credentials({}, realm_, "REGISTER", &secret_, nonces_, t0), AuthState::none);
}

TEST_F(NoncesTest, ANonceGetsOldAndForgedOnesAreNeverGood) {
  const auto nonce = nonces_.make(t0);
  EXPECT_EQ(check(nonce, 1, t0 + Duration{300'000}), AuthState::good);
  EXPECT_EQ(check(nonce, 2, t0 + Duration{300'001}), AuthState::stale);
  auto forged = nonce;
  forged[3] = forged[3] == 'f' ? '0' : 'f';  // a younger stamp under the old signature
  EXPECT_EQ(check(forged, 3, t0), AuthState::stale);
  EXPECT_EQ(check("short", 1, t0), AuthState::stale);
  EXPECT_EQ(check(nonce, 3, t0 + Duration{300'001}, "wrong"), AuthState::wrong)
      << "an old nonce is no way around the password";
}

TEST_F(NoncesTest, ACountIsUsedOnceInAnyOrder) {
  const auto nonce = nonces_.make(t0);
  EXPECT_EQ(check(nonce, 1, t0), AuthState::good);
  EXPECT_EQ(check(nonce, 1, t0), AuthState::stale) << "a replay";
  EXPECT_EQ(check(nonce, 5, t0), AuthState::good);
  EXPECT_EQ(check(nonce, 3, t0), AuthState::good) << "overtaken on the way";
  EXPECT_EQ(check(nonce, 3, t0), AuthState::stale);
  EXPECT_EQ(check(nonce, 500, t0), AuthState::good);
  EXPECT_EQ(check(nonce, 6, t0), AuthState::stale) << "too far behind to be told from a replay";
}

TEST_F(NoncesTest, CredentialsForAnotherHopAreLeftAlone) {
  DigestChallenge other{.realm = "elsewhere", .nonce = "n", .opaque = {}, .qop_auth = true};
  const auto header = write_credentials(other, "8001", "secret", "INVITE", "sip:a", 1, "c");
  EXPECT_EQ(check_credentials({read_credentials(header).value()}, realm_, "INVITE", &secret_, nonces_, t0),
            AuthState::none);
}

TEST(Challenged, WhoComesAgainWithoutCredentialsIsKnownUntilItShowsSha256) {
  Challenged challenged;
  EXPECT_FALSE(challenged.again("192.0.2.1:5060", "a"));
  EXPECT_TRUE(challenged.again("192.0.2.1:5060", "a"));
  EXPECT_FALSE(challenged.again("192.0.2.1:5060", "b"));
  EXPECT_FALSE(challenged.again("192.0.2.2:5060", "a"));
  challenged.forget("192.0.2.1:5060", "a");
  EXPECT_FALSE(challenged.again("192.0.2.1:5060", "a"));
}

TEST_F(NoncesTest, WithoutQopThereIsNoCountAndSoNoEntry) {
  DigestChallenge challenge{.realm = realm_, .nonce = nonces_.make(t0), .opaque = {}, .qop_auth = false};
  const auto header = write_credentials(challenge, "8001", "secret", "REGISTER", "sip:a", 1, "c");
  EXPECT_EQ(check_credentials({read_credentials(header).value()}, realm_, "REGISTER", &secret_, nonces_, t0),
            AuthState::wrong);
}

}  // namespace
}  // namespace hotline::voice::signalling
