// SPDX-License-Identifier: Apache-2.0
// HTTPS: the self-made certificate, certificates from files, protocol versions, the redirect.
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "adapters/http/certificate.hpp"
#include "adapters/http/support.hpp"

namespace hotline::http::test {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;
using ::testing::HasSubstr;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ServerConfig tls_config(const TemporaryFolder& folder) {
  auto config = plain_config();
  config.https_port = 0;
  config.http_port = std::nullopt;
  config.tls.self_made_folder = folder.path() / "tls";
  return config;
}

Router hello() {
  Router router;
  router.get("/hello", [](const Request& request) { return Response::text(200, request.is_tls ? "secure" : "plain"); });
  return router;
}

TEST(Tls, serves_with_a_certificate_it_makes_itself_and_keeps) {
  const TemporaryFolder folder;
  auto config = tls_config(folder);
  config.tls.names = {"desk.example.org", "192.0.2.7"};
  std::string first;
  {
    const auto server = start(config, hello());
    Client client(server->https_port(), Client::Security::tls);
    ASSERT_TRUE(client.is_connected());
    const auto reply = client.get("/hello");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "secure");
    EXPECT_TRUE(reply->headers.find("Strict-Transport-Security"));
    EXPECT_EQ(client.tls_version(), "TLSv1.3");
    first = client.peer_certificate();
  }
  struct stat info {};
  ASSERT_EQ(::stat((folder.path() / "tls/server.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  BIO* bio = BIO_new_mem_buf(first.data(), static_cast<int>(first.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  ASSERT_NE(certificate, nullptr);
  for (const char* name : {"localhost", "desk.example.org"})
    EXPECT_EQ(X509_check_host(certificate, name, 0, 0, nullptr), 1) << name;
  for (const char* address : {"127.0.0.1", "::1", "192.0.2.7"})
    EXPECT_EQ(X509_check_ip_asc(certificate, address, 0), 1) << address;
  EXPECT_EQ(X509_check_host(certificate, "evil.example.org", 0, 0, nullptr), 0);
  EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)), 256);
  X509_free(certificate);
  BIO_free(bio);

  const auto again = start(config, hello());
  Client client(again->https_port(), Client::Security::tls);
  EXPECT_EQ(client.peer_certificate(), first) << "kept over restarts, so that browsers ask only once";
}

TEST(Tls, makes_the_certificate_anew_before_it_ends_when_names_change_and_when_it_is_damaged) {
  const TemporaryFolder folder;
  TlsConfig config;
  config.self_made_folder = folder.path();
  const auto now = system_clock::now();
  const auto pem = [&](system_clock::time_point at) {
    const auto files = prepare_certificate(config, at);
    EXPECT_TRUE(files);
    return files ? read_file(files->certificate) : std::string{};
  };
  const auto first = pem(now);
  EXPECT_EQ(pem(now + hours(24 * 360)), first);
  const auto second = pem(now + hours(24 * 370));
  EXPECT_NE(second, first);
  config.names = {"new.example.org"};
  const auto third = pem(now + hours(24 * 370));
  EXPECT_NE(third, second);
  folder.write("server.key", "damaged");
  EXPECT_NE(pem(now + hours(24 * 370)), third);
}

TEST(Tls, names_the_file_that_cannot_be_used) {
  const TemporaryFolder folder;
  auto config = tls_config(folder);
  config.tls.certificate_file = folder.path() / "missing.crt";
  auto server = Server::start(config, Router{});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("only one of"));
  config.tls.key_file = folder.path() / "missing.key";
  server = Server::start(config, Router{});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("missing.crt"));
  // A key that belongs to another certificate.
  TlsConfig one;
  TlsConfig two;
  one.self_made_folder = folder.path() / "one";
  two.self_made_folder = folder.path() / "two";
  config.tls.certificate_file = prepare_certificate(one, system_clock::now())->certificate;
  config.tls.key_file = prepare_certificate(two, system_clock::now())->key;
  server = Server::start(config, Router{});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("server.key"));
  config.tls.key_file = prepare_certificate(one, system_clock::now())->key;
  EXPECT_TRUE(Server::start(config, Router{}));
}

TEST(Tls, says_that_the_data_folder_cannot_be_written) {
  const TemporaryFolder folder;
  folder.write("file", "in the way");
  auto config = tls_config(folder);
  config.tls.self_made_folder = folder.path() / "file";
  const auto server = Server::start(config, Router{});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().remedy, HasSubstr("data folder"));
}

TEST(Tls, redirects_plain_http_to_the_same_place_on_https) {
  const TemporaryFolder folder;
  auto config = tls_config(folder);
  config.http_port = 0;
  config.plain_http = ServerConfig::PlainHttp::redirect;
  const auto server = start(std::move(config), hello());
  Client client(server->http_port());
  const auto reply = client.get("/hello?a=%20b");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 308);
  EXPECT_EQ(reply->headers.get("Location"),
            "https://localhost:" + std::to_string(server->https_port()) + "/hello?a=%20b");
  EXPECT_FALSE(reply->headers.find("Strict-Transport-Security"));
  Client evil(server->http_port());
  ASSERT_TRUE(evil.send("GET / HTTP/1.1\r\nHost: a/@b\r\n\r\n"));
  EXPECT_EQ(evil.reply()->status, 400);
}

TEST(Tls, drops_who_speaks_plain_http_to_the_https_port) {
  const TemporaryFolder folder;
  const auto server = start(tls_config(folder), hello());
  Client client(server->https_port());
  EXPECT_FALSE(client.get("/hello"));
  Client next(server->https_port(), Client::Security::tls);
  EXPECT_EQ(next.get("/hello")->status, 200);
}

TEST(Tls, sends_large_answers_and_takes_large_bodies) {
  const TemporaryFolder folder;
  Router router;
  RouteOptions options;
  options.body_max = 8 * 1024 * 1024;
  router.add(
      "POST", "/echo", [](const Request& request) { return Response::text(200, request.body); }, options);
  const auto server = start(tls_config(folder), std::move(router));
  Client client(server->https_port(), Client::Security::tls);
  const std::string body(4'000'000, 'y');
  ASSERT_TRUE(client.request("POST", "/echo", {}, body));
  const auto reply = client.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, body);
}

}  // namespace
}  // namespace hotline::http::test
