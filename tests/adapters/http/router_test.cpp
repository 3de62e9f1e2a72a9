// SPDX-License-Identifier: Apache-2.0
// The router and the small grammars of HTTP, without a socket.
#include <gmock/gmock.h>

#include <stdexcept>

#include "adapters/http/content.hpp"
#include "adapters/http/http.hpp"
#include "adapters/http/response_head.hpp"
#include "adapters/http/target.hpp"

namespace hotline::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Response nothing(const Request&) {
  return Response::no_content();
}

Router::Match match(const Router& router, std::string_view method, std::string_view target) {
  const auto parsed = parse_target(target);
  return parsed ? router.match(method, parsed->segments) : Router::Match{};
}

TEST(Router, prefers_literal_segments_whatever_the_order_of_adding) {
  Router router;
  router.get("/agents/{id}", nothing);
  router.get("/{kind}/me", nothing);
  router.get("/agents/me", nothing);
  EXPECT_EQ(match(router, "GET", "/agents/me").route->pattern, "/agents/me");
  EXPECT_EQ(match(router, "GET", "/agents/7").route->pattern, "/agents/{id}");
  EXPECT_EQ(match(router, "GET", "/queues/me").route->pattern, "/{kind}/me");
}

TEST(Router, gives_decoded_parameters_and_takes_no_empty_ones) {
  Router router;
  router.get("/customers/{id}/notes/{note}", nothing);
  EXPECT_THAT(match(router, "GET", "/customers/%E7%8E%8B%2F1/notes/2").params,
              ElementsAre(Pair("id", "王/1"), Pair("note", "2")));
  EXPECT_EQ(match(router, "GET", "/customers//notes/2").route, nullptr);
  EXPECT_EQ(match(router, "GET", "/customers/1/notes/2/").route, nullptr);
}

TEST(Router, names_the_allowed_methods_when_only_the_method_is_wrong) {
  Router router;
  router.get("/a/{x}", nothing);
  router.put("/a/b", nothing);
  EXPECT_THAT(match(router, "POST", "/a/b").allowed, ElementsAre("GET", "HEAD", "PUT"));
  EXPECT_TRUE(match(router, "POST", "/b").allowed.empty());
  EXPECT_NE(match(router, "HEAD", "/a/1").route, nullptr);
}

TEST(Router, refuses_what_only_a_bug_would_add) {
  Router router;
  router.get("/a/{x}", nothing);
  EXPECT_THROW(router.get("/a/{y}", nothing), std::logic_error);
  EXPECT_THROW(router.get("a", nothing), std::logic_error);
  EXPECT_THROW(router.get("/a/x{y}", nothing), std::logic_error);
}

TEST(Responder, delivers_the_first_answer_and_500_when_there_is_none) {
  std::vector<int> statuses;
  {
    const Responder responder([&](const Response& response) { statuses.push_back(response.status); });
    const Responder copy = responder;
    EXPECT_TRUE(copy.respond(Response::json(201, "{}")));
    EXPECT_FALSE(responder.respond(Response::json(200, "{}")));
  }
  {
    const Responder forgotten([&](const Response& response) { statuses.push_back(response.status); });
  }
  EXPECT_THAT(statuses, ElementsAre(201, 500));
}

TEST(Content, reads_ranges) {
  const auto check = [](std::string_view field, ByteRange::Kind kind, std::uint64_t first = 0, std::uint64_t last = 0) {
    const auto range = parse_range(field, 1000);
    EXPECT_EQ(range.kind, kind) << field;
    EXPECT_EQ(range.first, first) << field;
    EXPECT_EQ(range.last, last) << field;
  };
  using Kind = ByteRange::Kind;
  check("bytes=0-0", Kind::part, 0, 0);
  check("bytes=500-", Kind::part, 500, 999);
  check("bytes=-1", Kind::part, 999, 999);
  check("bytes=-5000", Kind::part, 0, 999);
  check("bytes=999-99999999999999", Kind::part, 999, 999);
  check("bytes=1000-", Kind::unsatisfiable);
  check("bytes=-0", Kind::unsatisfiable);
  for (const char* ignored :
       {"bytes=0-1,5-6", "bytes=5-4", "bytes=", "bytes=a-b", "lines=0-1", "bytes=-", "bytes=99999999999999999999-"})
    check(ignored, Kind::whole);
  EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
}

TEST(Content, reads_and_writes_dates_tags_and_encodings) {
  EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
  EXPECT_TRUE(matches_any_tag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(matches_any_tag("*", "\"b\""));
  EXPECT_FALSE(matches_any_tag("\"a\",", "\"b\""));
  EXPECT_TRUE(accepts_gzip("br, GZIP;q=0.5"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0, br"));
  EXPECT_FALSE(accepts_gzip("br"));
}

TEST(Target, refuses_what_is_no_origin_form_or_no_text) {
  for (const char* bad :
       {"", "a", "http://x/", "/%", "/%0", "/%00", "/%ff", "/?a=%00", "/?%c3%28=1", "/a b", "/%ed%a0%80"})
    EXPECT_FALSE(parse_target(bad)) << bad;
  const auto target = parse_target("/a%20b/?q=%E7%8E%8B+x&flag&q=2");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/");
  EXPECT_THAT(target->query, ElementsAre(Pair("q", "王 x"), Pair("flag", ""), Pair("q", "2")));
}

TEST(Target, checks_origins_by_host) {
  EXPECT_TRUE(is_allowed_origin("https://Desk:8443", "desk:8443", {}));
  EXPECT_TRUE(is_allowed_origin(std::nullopt, "desk", {}));
  EXPECT_TRUE(is_allowed_origin("https://other", "desk", {"https://other"}));
  for (const char* bad : {"https://desk.evil", "https://evil/desk", "null", "", "desk", "https://desk:1"})
    EXPECT_FALSE(is_allowed_origin(bad, "desk", {"https://other"})) << bad;
}

TEST(Message, reads_cookies_and_ids) {
  Request request;
  request.headers.add("cookie", "a=1; session=\"x=y\" ;b");
  request.params = {{"id", "18446744073709551615"}, {"bad", "1x"}, {"zero", "0"}};
  EXPECT_EQ(request.cookie("session"), "x=y");
  EXPECT_FALSE(request.cookie("b"));
  EXPECT_EQ(request.id_param("id"), 18446744073709551615ULL);
  EXPECT_FALSE(request.id_param("bad"));
  EXPECT_FALSE(request.id_param("zero"));
  EXPECT_FALSE(request.id_param("absent"));
}

TEST(Message, writes_cookies_safe_by_default_and_refuses_bad_ones) {
  Response response;
  Cookie cookie{"session", "abc"};
  cookie.max_age = std::chrono::seconds(60);
  response.set_cookie(cookie);
  EXPECT_EQ(response.headers.get("Set-Cookie"), "session=abc; Path=/; SameSite=Strict; Max-Age=60; HttpOnly; Secure");
  EXPECT_THROW(response.set_cookie({"a", "b; Domain=evil"}), std::invalid_argument);
  EXPECT_THROW(response.set_cookie({"a b", "c"}), std::invalid_argument);
}

TEST(ResponseHead, lets_no_value_add_a_field) {
  Headers extra;
  extra.add("X-Name", "a\r\nSet-Cookie: evil=1\r\n\r\n<body>");
  const auto text = response_head({}, extra);
  EXPECT_THAT(text, HasSubstr("X-Name: a  Set-Cookie: evil=1"));
  EXPECT_EQ(text.find("\r\n\r\n"), text.size() - 4);
}

TEST(ResponseHead, carries_the_security_fields_and_hsts_only_on_tls) {
  ResponseHead head;
  head.content_security_policy = "default-src 'self'";
  EXPECT_THAT(response_head(head, {}), HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(response_head(head, {}), HasSubstr("Content-Security-Policy: default-src 'self'\r\n"));
  EXPECT_THAT(response_head(head, {}), Not(HasSubstr("Strict-Transport-Security")));
  head.is_tls = true;
  EXPECT_THAT(response_head(head, {}), HasSubstr("Strict-Transport-Security"));
}

}  // namespace
}  // namespace hotline::http
