// SPDX-License-Identifier: Apache-2.0
// Static files and single files over real sockets: types, pages, ranges, conditions, compression, no way out of the
// folder.
#include <zlib.h>

#include "adapters/http/support.hpp"

namespace hotline::http::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string text(1024 * 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return whole ? text : "not gzip";
}

/// "0123456789012..." without being anywhere.
class Digits final : public BodySource {
 public:
  static constexpr std::uint64_t length = 250'001;
  std::uint64_t size() const override { return length; }
  bool read(std::uint64_t offset, std::span<char> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>('0' + (offset + i) % 10);
    return true;
  }
};

class Files : public ::testing::Test {
 protected:
  Files() {
    site_.write("index.html", "<h1>desk</h1>");
    site_.write("call.html", "<h1>call</h1>");
    site_.write("assets/app.3f.js", script_);
    site_.write("assets/packed.js", script_);
    site_.write("assets/packed.js.gz", "ready-made");
    site_.write(".env", "secret");
    site_.write("recording.wav", "0123456789");
    outside_.write("passwd", "secret");
    fs::create_symlink(outside_.path() / "passwd", site_.path() / "link.txt");
    Router router;
    StaticFolder folder;
    folder.root = site_.path();
    folder.pages = {{"/", "index.html"}, {"/call", "call.html"}};
    router.static_files(std::move(folder));
    router.get("/api/recording",
               [this](const Request&) { return Response::from_file(site_.path() / "recording.wav"); });
    router.get("/api/gone", [this](const Request&) { return Response::from_file(site_.path() / "no.wav"); });
    router.get("/api/save", [this](const Request&) {
      auto response = Response::from_file(site_.path() / "recording.wav");
      response.download_name = "a\"b.wav";
      return response;
    });
    router.get("/api/made", [](const Request&) {
      Response response;
      response.source = std::make_shared<Digits>();
      response.content_type = "audio/ogg";
      return response;
    });
    server_ = start(plain_config(), std::move(router));
    client_ = std::make_unique<Client>(server_->http_port());
  }
  Reply get(std::string_view target, std::string_view fields = {}) {
    auto reply = client_->get(target, fields);
    EXPECT_TRUE(reply) << target;
    return reply.value_or(Reply{});
  }

  const std::string script_ = "export const x = '" + std::string(5000, 'x') + "';";
  TemporaryFolder site_, outside_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(Files, serves_files_with_their_type_and_cache_rules) {
  auto reply = get("/");
  EXPECT_EQ(reply.body, "<h1>desk</h1>");
  EXPECT_EQ(reply.headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.headers.get("Cache-Control"), "no-cache");
  EXPECT_THAT(std::string(reply.headers.get("Content-Security-Policy")), HasSubstr("frame-ancestors 'none'"));
  reply = get("/assets/app.3f.js");
  EXPECT_EQ(reply.body, script_);
  EXPECT_EQ(reply.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(reply.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(Files, gives_pages_to_client_side_routes_only) {
  EXPECT_EQ(get("/wallboard/today").body, "<h1>desk</h1>");
  EXPECT_EQ(get("/call/1000").body, "<h1>call</h1>");
  for (const char* missing : {"/assets/old.js", "/assets/old", "/favicon.ico", "/api/v1/none", "/ws"}) {
    const auto reply = get(missing);
    EXPECT_EQ(reply.status, 404) << missing;
    EXPECT_EQ(reply.headers.get("Content-Type"), "application/json") << missing;
  }
}

TEST_F(Files, lets_nobody_out_of_the_folder) {
  for (const char* path :
       {"/../passwd", "/%2e%2e/passwd", "/..%2fpasswd", "/assets/../../passwd", "/%2e%2e%2fpasswd.txt", "/.env",
        "/link.txt", "/assets/..%5c..%5cpasswd.js", "//etc/passwd.txt"}) {
    const auto reply = get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.body.find("secret"), std::string::npos) << path;
  }
}

TEST_F(Files, compresses_text_for_those_who_take_it) {
  for (int i = 0; i < 2; ++i) {  // made, then from memory
    const auto reply = get("/assets/app.3f.js", "Accept-Encoding: br, gzip\r\n");
    EXPECT_EQ(reply.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(reply.headers.get("Vary"), "Accept-Encoding");
    EXPECT_LT(reply.body.size(), 500U);
    EXPECT_EQ(gunzip(reply.body), script_);
  }
  EXPECT_EQ(get("/assets/packed.js", "Accept-Encoding: gzip\r\n").body, "ready-made");
  EXPECT_EQ(get("/assets/packed.js", "Accept-Encoding: gzip;q=0\r\n").body, script_);
  const auto plain = get("/assets/app.3f.js");
  const auto packed = get("/assets/app.3f.js", "Accept-Encoding: gzip\r\n");
  EXPECT_NE(plain.headers.get("ETag"), packed.headers.get("ETag"));
  const auto again = get("/assets/app.3f.js",
                         "Accept-Encoding: gzip\r\nIf-None-Match: " + std::string(packed.headers.get("ETag")) + "\r\n");
  EXPECT_EQ(again.status, 304);
}

TEST_F(Files, answers_304_to_who_has_the_file_already_and_sees_a_change) {
  const auto first = get("/");
  const auto etag = std::string(first.headers.get("ETag"));
  const auto condition = "If-None-Match: \"x\", " + etag + "\r\n";
  const auto second = get("/", condition);
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
  EXPECT_EQ(second.headers.get("ETag"), etag);
  EXPECT_EQ(get("/", "If-Modified-Since: " + std::string(first.headers.get("Last-Modified")) + "\r\n").status, 304);
  EXPECT_EQ(get("/", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
  site_.write("index.html", "<h1>new desk</h1>");
  EXPECT_EQ(get("/", condition).body, "<h1>new desk</h1>");
}

TEST_F(Files, serves_single_ranges) {
  auto reply = get("/api/recording", "Range: bytes=2-4\r\n");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body, "234");
  EXPECT_EQ(reply.headers.get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(reply.headers.get("Content-Type"), "audio/wav");
  EXPECT_EQ(get("/api/recording", "Range: bytes=-3\r\n").body, "789");
  EXPECT_EQ(get("/recording.wav", "Range: bytes=8-\r\n").body, "89");
  reply = get("/api/recording", "Range: bytes=10-\r\n");
  EXPECT_EQ(reply.status, 416);
  EXPECT_EQ(reply.headers.get("Content-Range"), "bytes */10");
  EXPECT_EQ(get("/api/recording", "Range: bytes=0-1,4-5\r\n").body, "0123456789");
}

TEST_F(Files, a_body_that_is_made_on_the_way_is_served_with_ranges_too) {
  auto reply = get("/api/made");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), Digits::length);
  EXPECT_EQ(reply.body.substr(0, 12), "012345678901");
  EXPECT_EQ(reply.headers.get("Accept-Ranges"), "bytes");
  EXPECT_EQ(reply.headers.get("Content-Type"), "audio/ogg");
  reply = get("/api/made", "Range: bytes=199995-200004\r\n");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body, "5678901234");
  EXPECT_EQ(reply.headers.get("Content-Range"), "bytes 199995-200004/250001");
  EXPECT_EQ(get("/api/made", "Range: bytes=-3\r\n").body, "890");
  reply = get("/api/made", "Range: bytes=250001-\r\n");
  EXPECT_EQ(reply.status, 416);
  EXPECT_EQ(reply.headers.get("Content-Range"), "bytes */250001");
  ASSERT_TRUE(client_->request("HEAD", "/api/made"));
  const auto head = client_->reply(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->headers.get("Content-Length"), "250001");
}

TEST_F(Files, honours_if_range) {
  const auto etag = std::string(get("/api/recording").headers.get("ETag"));
  EXPECT_EQ(get("/api/recording", "Range: bytes=0-0\r\nIf-Range: " + etag + "\r\n").status, 206);
  EXPECT_EQ(get("/api/recording", "Range: bytes=0-0\r\nIf-Range: \"other\"\r\n").status, 200);
  EXPECT_EQ(get("/api/recording", "Range: bytes=0-0\r\nIf-Range: W/" + etag + "\r\n").status, 200);
}

TEST_F(Files, answers_head_names_downloads_and_404) {
  ASSERT_TRUE(client_->request("HEAD", "/api/recording"));
  const auto head = client_->reply(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.get("Content-Length"), "10");
  EXPECT_EQ(get("/api/save").headers.get("Content-Disposition"), "attachment; filename=\"a_b.wav\"");
  EXPECT_EQ(get("/api/gone").status, 404);
}

TEST_F(Files, sends_a_large_file_whole) {
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) large += std::to_string(i) + ' ';
  site_.write("recording.wav", large);
  EXPECT_EQ(get("/api/recording").body, large);
}

}  // namespace
}  // namespace hotline::http::test
