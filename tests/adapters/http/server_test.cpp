// SPDX-License-Identifier: Apache-2.0
// Requests over real sockets: routing, keep-alive, answers now and later, limits, overload, stop.
#include <future>

#include "adapters/http/support.hpp"

namespace hotline::http::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Router echo_router() {
  Router router;
  router.get("/hello/{name}", [](const Request& request) {
    return Response::text(200, std::string(request.param("name")) + "|" +
                                   std::string(request.query("q").value_or("-")) + "|" + request.remote_address);
  });
  router.post("/echo", [](const Request& request) { return Response::json(201, request.body); });
  router.get("/throws", [](const Request&) -> Response { throw std::runtime_error("secret detail"); });
  RouteOptions small;
  small.body_max = 10;
  router.add(
      "PUT", "/small", [](const Request&) { return Response::no_content(); }, small);
  return router;
}

TEST(Server, answers_many_requests_on_one_connection) {
  const auto server = start(plain_config(), echo_router());
  Client client(server->http_port());
  const auto first = client.get("/hello/%E7%8E%8B?q=1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "王|1|127.0.0.1");
  ASSERT_TRUE(client.request("POST", "/echo", {}, R"({"a":1})"));
  const auto second = client.reply();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 201);
  EXPECT_EQ(second->body, R"({"a":1})");
  EXPECT_EQ(second->headers.get("Content-Type"), "application/json");
  EXPECT_EQ(server->stats().requests, 2U);
  EXPECT_EQ(server->stats().connections, 1U);
}

TEST(Server, answers_pipelined_requests_in_order) {
  const auto server = start(plain_config(), echo_router());
  Client client(server->http_port());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /hello/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body, std::to_string(i) + "|-|127.0.0.1");
  }
}

TEST(Server, closes_when_the_client_wants_it_or_speaks_http_1_0) {
  const auto server = start(plain_config(), echo_router());
  Client asked(server->http_port());
  EXPECT_EQ(asked.get("/hello/a", "Connection: close\r\n")->headers.get("Connection"), "close");
  EXPECT_TRUE(asked.is_at_end());
  Client old(server->http_port());
  ASSERT_TRUE(old.send("GET /hello/a HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.reply()->status, 200);
  EXPECT_TRUE(old.is_at_end());
}

TEST(Server, answers_errors_as_json_and_goes_on) {
  const auto server = start(plain_config(), echo_router());
  Client client(server->http_port());
  auto reply = client.get("/nowhere");
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->body, R"({"error":{"code":"not_found","message":"nothing is served at /nowhere","field":null}})");
  reply = client.get("/echo");
  EXPECT_EQ(reply->status, 405);
  EXPECT_EQ(reply->headers.get("Allow"), "POST");
  reply = client.get("/throws");
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->body.find("secret"), std::string::npos);
  ASSERT_TRUE(client.request("OPTIONS", "/hello/a"));
  reply = client.reply();
  EXPECT_EQ(reply->status, 204);
  EXPECT_EQ(reply->headers.get("Allow"), "GET, HEAD");
  ASSERT_TRUE(client.request("HEAD", "/hello/abc"));
  reply = client.reply(true);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->headers.get("Content-Length"), "15");
  EXPECT_EQ(client.get("/hello/still")->status, 200) << "the body of HEAD was not sent";
}

TEST(Server, refuses_malformed_requests_with_400) {
  const auto server = start(plain_config(), echo_router());
  for (const char* bad : {"GET\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
                          "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
                          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    Client client(server->http_port());
    ASSERT_TRUE(client.send(bad));
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << bad;
    EXPECT_EQ(reply->status, 400) << bad;
    EXPECT_THAT(reply->body, HasSubstr(R"("code":"bad_request")")) << bad;
    EXPECT_TRUE(client.is_at_end()) << bad;
  }
}

TEST(Server, refuses_a_header_over_the_limit_with_431) {
  const auto server = start(plain_config(), echo_router());
  Client fits(server->http_port());
  EXPECT_EQ(fits.get("/hello/a", "X-Fill: " + std::string(15'000, 'x') + "\r\n")->status, 200);
  Client client(server->http_port());
  const auto reply = client.get("/hello/a", "X-Fill: " + std::string(20'000, 'x') + "\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 431);
  EXPECT_TRUE(client.is_at_end());
}

TEST(Server, refuses_a_body_over_the_routes_limit_with_413) {
  const auto server = start(plain_config(), echo_router());
  Client fits(server->http_port());
  ASSERT_TRUE(fits.request("PUT", "/small", {}, "0123456789"));
  EXPECT_EQ(fits.reply()->status, 204);
  // Told beforehand, even when the whole body is on its way.
  std::optional<Reply> reply;
  for (const std::size_t size : {200'000, 12'000'000}) {
    Client told(server->http_port());
    ASSERT_TRUE(told.request("PUT", "/small", {}, std::string(size, 'x'))) << size;
    reply = told.reply();
    ASSERT_TRUE(reply) << size;
    EXPECT_EQ(reply->status, 413);
    EXPECT_THAT(reply->body, HasSubstr("at most 10 bytes"));
  }
  Client chunked(server->http_port());
  ASSERT_TRUE(chunked.send(
      "PUT /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n"));
  reply = chunked.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  // The default limit is a mebibyte.
  Client large(server->http_port());
  ASSERT_TRUE(large.request("POST", "/echo", {}, std::string(1024 * 1024, 'x')));
  EXPECT_EQ(large.reply()->status, 201);
}

TEST(Server, asks_for_the_body_only_when_it_will_take_it) {
  const auto server = start(plain_config(), echo_router());
  Client client(server->http_port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(client.reply()->status, 100);
  ASSERT_TRUE(client.send("{}"));
  EXPECT_EQ(client.reply()->body, "{}");
  Client refused(server->http_port());
  ASSERT_TRUE(refused.send("PUT /small HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"));
  EXPECT_EQ(refused.reply()->status, 413);
}

TEST(Server, takes_an_answer_from_another_thread_after_the_handler_has_returned) {
  std::promise<Responder> handed;
  Router router;
  router.add_async("POST", "/later", [&](Request request, Responder responder) {
    EXPECT_EQ(request.body, "{}");
    handed.set_value(std::move(responder));
  });
  const auto server = start(plain_config(), std::move(router));
  Client client(server->http_port());
  ASSERT_TRUE(client.request("POST", "/later", {}, "{}"));
  {
    const auto responder = handed.get_future().get();
    std::thread([&] { EXPECT_TRUE(responder.respond(Response::json(202, R"("done")"))); }).join();
    EXPECT_FALSE(responder.respond(Response::json(200, "{}")));
  }
  const auto reply = client.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 202);
}

TEST(Server, answers_504_in_time_and_takes_the_late_answer_without_harm) {
  std::promise<Responder> handed;
  Router router;
  RouteOptions options;
  options.timeout = 50ms;
  router.add_async(
      "GET", "/never", [&](const Request&, Responder responder) { handed.set_value(std::move(responder)); }, options);
  router.get("/alive", [](const Request&) { return Response::no_content(); });
  router.add_async("GET", "/forgets", [](const Request&, const Responder&) {});
  auto server = start(plain_config(), std::move(router));
  Client client(server->http_port());
  EXPECT_EQ(client.get("/never")->status, 504);
  auto responder = std::make_unique<Responder>(handed.get_future().get());
  responder->respond(Response::json(200, "{}"));
  EXPECT_EQ(client.get("/alive")->status, 204);
  EXPECT_EQ(client.get("/forgets")->status, 500);
  server.reset();
  responder.reset();  // may outlive the server
}

TEST(Server, answers_503_when_the_queue_is_full_and_recovers) {
  Event begun;
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  Router router;
  router.get("/slow", [&](const Request&) {
    begun.set();
    open.wait();
    return Response::no_content();
  });
  auto config = plain_config();
  config.worker_threads = 1;
  config.limits.queue_max = 1;
  const auto server = start(std::move(config), std::move(router));
  Client running(server->http_port());
  ASSERT_TRUE(running.request("GET", "/slow"));
  ASSERT_TRUE(begun.wait_for(1));
  // Of two more, one waits and the other is refused, whichever comes first.
  Client a(server->http_port());
  Client b(server->http_port());
  ASSERT_TRUE(a.request("GET", "/slow"));
  while (server->stats().queued == 0) std::this_thread::yield();
  const auto refused = b.get("/slow");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.get("Retry-After"), "1");
  EXPECT_EQ(server->stats().overload_answers, 1U);
  gate.set_value();
  EXPECT_EQ(running.reply()->status, 204);
  EXPECT_EQ(a.reply()->status, 204);
  EXPECT_EQ(b.get("/slow")->status, 204);
}

TEST(Server, closes_slow_and_idle_connections) {
  auto config = plain_config();
  config.limits.header_timeout = 100ms;
  config.limits.body_timeout = 100ms;
  config.limits.idle_timeout = 100ms;
  const auto server = start(std::move(config), echo_router());
  Client silent(server->http_port());
  EXPECT_TRUE(silent.is_at_end());
  Client header(server->http_port());
  ASSERT_TRUE(header.send("GET /hello/a HTTP/1.1\r\nHo"));
  EXPECT_TRUE(header.is_at_end());
  Client body(server->http_port());
  ASSERT_TRUE(body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"));
  EXPECT_TRUE(body.is_at_end());
  Client idle(server->http_port());
  EXPECT_EQ(idle.get("/hello/a")->status, 200);
  EXPECT_TRUE(idle.is_at_end());
}

TEST(Server, closes_a_connection_whose_client_does_not_read) {
  Router router;
  router.get("/large", [](const Request&) { return Response::text(200, std::string(32 * 1024 * 1024, 'x')); });
  auto config = plain_config();
  config.limits.write_timeout = 100ms;
  Event answered;
  config.on_answered = [&](const AccessRecord&) { answered.set(); };
  const auto server = start(std::move(config), std::move(router));
  Client client(server->http_port(), Client::Security::plain, 4096);
  ASSERT_TRUE(client.request("GET", "/large"));
  EXPECT_TRUE(answered.wait_for(1)) << "the write was given up";
  EXPECT_FALSE(client.reply());
}

TEST(Server, caps_connections_in_all_and_by_address) {
  auto config = plain_config();
  config.limits.connections_per_address_max = 2;
  const auto server = start(std::move(config), echo_router());
  Client first(server->http_port());
  Client second(server->http_port());
  EXPECT_EQ(first.get("/hello/a")->status, 200);
  EXPECT_EQ(second.get("/hello/a")->status, 200);
  Client third(server->http_port());
  EXPECT_TRUE(third.is_at_end());
  EXPECT_EQ(server->stats().refused_connections, 1U);
  first.close();
  while (server->stats().connections > 1) std::this_thread::yield();
  Client fourth(server->http_port());
  EXPECT_EQ(fourth.get("/hello/a")->status, 200);
}

TEST(Server, stops_idle_connections_at_once_and_lets_running_requests_finish) {
  Event begun;
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  auto router = echo_router();
  router.get("/slow", [&](const Request&) {
    begun.set();
    open.wait();
    return Response::json(200, "{}");
  });
  auto server = start(plain_config(), std::move(router));
  const auto port = server->http_port();
  Client idle(port);
  EXPECT_EQ(idle.get("/hello/a")->status, 200);
  Client busy(port);
  ASSERT_TRUE(busy.request("GET", "/slow"));
  ASSERT_TRUE(begun.wait_for(1));
  std::thread stopper([&] { server->stop(30s); });
  EXPECT_TRUE(idle.is_at_end());
  gate.set_value();
  const auto reply = busy.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->headers.get("Connection"), "close");
  EXPECT_TRUE(busy.is_at_end());
  busy.close();
  idle.close();
  stopper.join();
  Client late(port);
  EXPECT_FALSE(late.is_connected());
}

TEST(Server, cuts_what_is_still_waiting_when_the_stop_limit_is_over) {
  std::promise<Responder> handed;
  Router router;
  router.add_async("GET", "/never",
                   [&](const Request&, Responder responder) { handed.set_value(std::move(responder)); });
  auto server = start(plain_config(), std::move(router));
  Client client(server->http_port());
  ASSERT_TRUE(client.request("GET", "/never"));
  const auto responder = handed.get_future().get();
  server->stop(10ms);
  EXPECT_TRUE(client.is_at_end());
}

TEST(Server, says_which_port_is_in_use_and_what_to_do) {
  const auto server = start(plain_config(), Router{});
  auto config = plain_config();
  config.http_port = server->http_port();
  const auto second = Server::start(std::move(config), Router{});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "the HTTP port " + std::to_string(server->http_port()) + " is already in use");
  EXPECT_THAT(second.error().remedy, HasSubstr("configure another port"));
}

TEST(Server, refuses_configurations_that_cannot_work) {
  auto config = plain_config();
  config.http_port = std::nullopt;
  EXPECT_FALSE(Server::start(config, Router{}));
  config = plain_config();
  config.plain_http = ServerConfig::PlainHttp::redirect;
  EXPECT_FALSE(Server::start(config, Router{}));
  config = plain_config();
  config.bind_address = "203.0.113.77";
  const auto far = Server::start(config, Router{});
  ASSERT_FALSE(far);
  EXPECT_THAT(far.error().what, HasSubstr("203.0.113.77"));
}

TEST(Server, reports_each_answer_with_its_route) {
  Event answered;
  std::mutex mutex;
  std::vector<std::string> seen;
  auto config = plain_config();
  config.on_answered = [&](const AccessRecord& record) {
    {
      const std::lock_guard lock(mutex);
      seen.push_back(record.method + " " + record.route + " " + std::to_string(record.status));
    }
    answered.set();
  };
  const auto server = start(std::move(config), echo_router());
  Client client(server->http_port());
  client.get("/hello/a");
  client.get("/nowhere");
  ASSERT_TRUE(answered.wait_for(2));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(seen, ElementsAre("GET /hello/{name} 200", "GET  404"));
}

}  // namespace
}  // namespace hotline::http::test
