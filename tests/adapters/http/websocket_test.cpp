// SPDX-License-Identifier: Apache-2.0
// WebSocket endpoints over real sockets.
#include <future>

#include "adapters/http/support.hpp"

namespace hotline::http::test {
namespace {

using namespace std::chrono_literals;

/// An endpoint that echoes and notes what happens.
class WebSocket : public ::testing::Test {
 protected:
  void start_server(WebSocketOptions options = {}, Client::Security security = Client::Security::plain) {
    WebSocketCallbacks callbacks;
    callbacks.authorize = [](const Request& request) -> std::optional<Response> {
      if (request.query("token") == "wrong") return unauthorized();
      return std::nullopt;
    };
    callbacks.on_open = [this](const WebSocketPtr& session) {
      {
        const std::lock_guard lock(mutex_);
        session_ = session;
      }
      opened_.set();
    };
    callbacks.on_text = [this](const WebSocketPtr& session, std::string_view text) {
      if (text == "throw") throw std::runtime_error("callback");
      if (text == "wait") gate_.get_future().wait();
      session->send_text("echo " + std::string(text));
    };
    callbacks.on_close = [this](const WebSocketPtr&, std::uint16_t code) {
      close_code_ = code;
      closed_.set();
    };
    Router router;
    router.websocket("/ws/{topic}", std::move(callbacks), std::move(options));
    auto config = plain_config();
    if (security == Client::Security::tls) {
      config.http_port = std::nullopt;
      config.https_port = 0;
      config.tls.self_made_folder = folder_.path();
    }
    server_ = start(std::move(config), std::move(router));
    security_ = security;
  }
  std::uint16_t port() const {
    return security_ == Client::Security::tls ? server_->https_port() : server_->http_port();
  }
  std::unique_ptr<Client> connect(std::string_view target = "/ws/live") {
    auto client = std::make_unique<Client>(port(), security_);
    const auto reply = client->open_websocket(target);
    EXPECT_TRUE(reply && reply->status == 101);
    return client;
  }
  WebSocketPtr session() {
    const std::lock_guard lock(mutex_);
    return session_;
  }

  TemporaryFolder folder_;
  std::mutex mutex_;
  WebSocketPtr session_;
  Event opened_, closed_;
  std::promise<void> gate_;
  std::atomic<int> close_code_{0};
  Client::Security security_ = Client::Security::plain;
  std::unique_ptr<Server> server_;  // last: its threads use the others
};

TEST_F(WebSocket, echoes_text_and_gives_the_handshakes_request) {
  start_server();
  auto client = connect("/ws/live?since=5");
  ASSERT_TRUE(client->send_text("王"));
  const auto frame = client->frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 1);
  EXPECT_EQ(frame->payload, "echo 王");
  EXPECT_EQ(session()->request().param("topic"), "live");
  EXPECT_EQ(session()->request().query("since"), "5");
  EXPECT_EQ(session()->request().remote_address, "127.0.0.1");
  EXPECT_EQ(server_->stats().websockets, 1U);
  ASSERT_TRUE(client->send_frame(9, "are you there"));
  EXPECT_EQ(client->frame()->opcode, 10);
}

TEST_F(WebSocket, works_over_tls) {
  start_server({}, Client::Security::tls);
  auto client = connect();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client->send_text(std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client->frame()->payload, "echo " + std::to_string(i));
  session()->close(close_code::normal, "bye");
  EXPECT_EQ(client->frame()->close_code(), 1000);
  client->close();
  EXPECT_TRUE(closed_.wait_for());
}

TEST_F(WebSocket, takes_texts_from_many_threads_in_each_ones_order) {
  start_server();
  auto client = connect();
  ASSERT_TRUE(opened_.wait_for());
  std::vector<std::thread> senders;
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(session()->send_text(std::to_string(t * 1000 + i)));
    });
  std::array<int, 4> next{};
  for (int i = 0; i < 400; ++i) {
    const auto frame = client->frame();
    ASSERT_TRUE(frame);
    const int number = std::stoi(frame->payload);
    EXPECT_EQ(number % 1000, next[static_cast<std::size_t>(number / 1000)]++);
  }
  for (auto& sender : senders) sender.join();
}

TEST_F(WebSocket, refuses_before_the_handshake) {
  start_server();
  Client client(port());
  EXPECT_EQ(client.open_websocket("/ws/live?token=wrong")->status, 401);
  Client plain(port());
  const auto reply = plain.get("/ws/live");
  EXPECT_EQ(reply->status, 426);
  EXPECT_EQ(reply->headers.get("Upgrade"), "websocket");
  EXPECT_EQ(opened_.count(), 0);
}

TEST_F(WebSocket, checks_the_origin) {
  WebSocketOptions options;
  options.allowed_origins = {"https://desk.example.org"};
  start_server(std::move(options));
  const auto status = [&](const std::string& origin) {
    Client client(port());
    return client.open_websocket("/ws/live", "Origin: " + origin + "\r\n")->status;
  };
  EXPECT_EQ(status("http://localhost:" + std::to_string(port())), 101);
  EXPECT_EQ(status("https://desk.example.org"), 101);
  EXPECT_EQ(status("https://evil.example.org"), 403);
  EXPECT_EQ(status("null"), 403);
}

TEST_F(WebSocket, closes_on_what_is_too_big_binary_or_no_text) {
  WebSocketOptions options;
  options.message_max = 1000;
  start_server(options);
  auto client = connect();
  ASSERT_TRUE(client->send_text(std::string(1000, 'x')));
  EXPECT_EQ(client->frame()->payload.size(), 1005U);
  ASSERT_TRUE(client->send_text(std::string(1001, 'x')));
  EXPECT_EQ(client->frame()->close_code(), 1009);
  EXPECT_TRUE(closed_.wait_for(1));
  EXPECT_EQ(close_code_, 1009);

  client = connect();
  ASSERT_TRUE(client->send_frame(1, "\xc3\x28"));
  EXPECT_EQ(client->frame()->close_code(), 1007);
  client->close();

  client = connect();
  ASSERT_TRUE(client->send_frame(2, "binary"));
  EXPECT_EQ(client->frame()->close_code(), 1003);
  client->close();
  EXPECT_TRUE(closed_.wait_for(3));
}

TEST_F(WebSocket, reports_the_peers_close_and_a_lost_connection) {
  start_server();
  auto client = connect();
  ASSERT_TRUE(client->send_frame(8, std::string("\x03\xe9", 2) + "leaving"));
  EXPECT_EQ(client->frame()->close_code(), 1001);
  EXPECT_TRUE(closed_.wait_for(1));
  EXPECT_EQ(close_code_, 1001);
  client = connect();
  client->close();
  EXPECT_TRUE(closed_.wait_for(2));
  EXPECT_EQ(close_code_, 1006);
  EXPECT_FALSE(session()->send_text("nobody"));
  EXPECT_FALSE(session()->is_open());
}

TEST_F(WebSocket, closes_a_slow_consumer_with_1013) {
  WebSocketOptions options;
  options.queue_messages_max = 10;
  options.close_timeout = 100ms;
  start_server(options);
  Client client(port(), Client::Security::plain, 4096);
  ASSERT_EQ(client.open_websocket("/ws/live")->status, 101);
  ASSERT_TRUE(opened_.wait_for());
  // The peer reads nothing: what the socket buffers take goes, then the queue fills, then the session ends.
  const auto text = std::make_shared<const std::string>(256 * 1024, 'x');
  while (session()->send_text(text)) {
  }
  EXPECT_FALSE(session()->is_open());
  EXPECT_TRUE(closed_.wait_for()) << "even though the peer takes no close frame";
  EXPECT_EQ(close_code_, 1013);
}

TEST_F(WebSocket, bounds_the_queue_in_bytes_too) {
  WebSocketOptions options;
  options.queue_bytes_max = 1000;
  start_server(options);
  auto client = connect();
  ASSERT_TRUE(opened_.wait_for());
  EXPECT_FALSE(session()->send_text(std::string(1001, 'x')));
  EXPECT_EQ(client->frame()->close_code(), 1013);
}

TEST_F(WebSocket, ends_a_silent_peer_after_a_ping) {
  WebSocketOptions options;
  options.idle_timeout = 100ms;
  start_server(options);
  auto client = connect();
  EXPECT_EQ(client->frame()->opcode, 9);
  EXPECT_TRUE(client->is_at_end());
  EXPECT_TRUE(closed_.wait_for());
  EXPECT_EQ(close_code_, 1006);
}

TEST_F(WebSocket, survives_a_throwing_callback) {
  start_server();
  auto client = connect();
  ASSERT_TRUE(client->send_text("throw"));
  EXPECT_EQ(client->frame()->close_code(), 1011);
  client->close();
  EXPECT_TRUE(closed_.wait_for());
  EXPECT_EQ(connect()->is_connected(), true);
}

TEST_F(WebSocket, reads_the_next_message_only_after_the_callback_has_returned) {
  start_server();
  auto client = connect();
  ASSERT_TRUE(client->send_text("wait"));
  ASSERT_TRUE(client->send_text("second"));
  ASSERT_TRUE(opened_.wait_for());
  session()->send_text("first to arrive");
  EXPECT_EQ(client->frame()->payload, "first to arrive");
  gate_.set_value();
  EXPECT_EQ(client->frame()->payload, "echo wait");
  EXPECT_EQ(client->frame()->payload, "echo second");
}

TEST_F(WebSocket, closes_with_1001_when_the_server_stops_and_handles_outlive_it) {
  start_server();
  auto client = connect();
  ASSERT_TRUE(opened_.wait_for());
  std::thread stopper([&] { server_->stop(30s); });
  const auto frame = client->frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->close_code(), 1001);
  ASSERT_TRUE(client->send_frame(8, frame->payload));
  EXPECT_TRUE(client->is_at_end());
  stopper.join();
  EXPECT_EQ(closed_.count(), 1);
  EXPECT_EQ(close_code_, 1001);
  server_.reset();
  EXPECT_FALSE(session()->send_text("late"));
  session()->close(close_code::normal, "late");
}

}  // namespace
}  // namespace hotline::http::test
