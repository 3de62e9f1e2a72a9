// SPDX-License-Identifier: Apache-2.0
// A SipStack on a thread of its own whose observer writes down what happens, for tests that wait for events.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "voice/signalling/sip_stack.hpp"

namespace hotline::voice::signalling {

inline constexpr std::chrono::seconds kLimit{10};  ///< of every wait; nothing here needs so long

inline std::string sdp(const std::string& direction = "sendrecv") {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=" +
         direction + "\r\n";
}

struct Event {
  std::string kind;  ///< "incoming", "ringing", "answered", "offer", "answer", "digit", "transfer", "ended"
  LegId leg{};
  std::string text{};
  EndCause cause = EndCause::normal;
  unsigned status = 0;
  bool by_remote = false;
  IncomingCall call{};
  TransferRequest transfer{};
};

class Node final : public SessionObserver {
 public:
  using OnIncoming = std::function<void(SipStack&, const IncomingCall&)>;
  using OnOffer = std::function<std::optional<std::string>(const std::string& offer)>;

  static Config config() {
    Config config;
    config.udp_port = config.tcp_port = 0;
    config.t1 = Duration{20};
    config.trunks = {{.name = "any", .peers = {"*"}}};
    return config;
  }
  /// Answers a call at once with 180 and 200.
  static void answer(SipStack& stack, const IncomingCall& call) {
    stack.progress(call.leg, 180);
    stack.accept(call.leg, sdp());
  }

  explicit Node(Config config = Node::config(), OnIncoming on_incoming_call = answer)
      : on_incoming_(std::move(on_incoming_call)) {
    (void)spdlog::default_logger_raw();  // made before the threads: ThreadSanitizer does not see into its library
    std::promise<void> opened;
    thread_ = std::thread([this, &opened, config = std::move(config)]() mutable {
      IdMaker ids(1, IdMaker::Origin::voice_node);
      auto stack = SipStack::open(std::move(config), *this, ids);
      if (!stack) {
        problem_ = stack.error();
        opened.set_value();
        return;
      }
      stack_ = stack->get();
      udp_ = stack_->udp_address();
      tcp_ = stack_->tcp_address();
      opened.set_value();
      stack_->run();
    });
    opened.get_future().wait();
  }
  ~Node() override {
    if (stack_) stack_->stop();
    thread_.join();
  }

  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }
  [[nodiscard]] const std::string& udp() const { return udp_; }
  [[nodiscard]] const std::string& tcp() const { return tcp_; }
  [[nodiscard]] std::uint64_t rejected() const { return stack_->rejected(); }

  /// Runs on the signalling thread and waits until it is done.
  void run(const std::function<void(SipStack&)>& task) {
    std::promise<void> done;
    stack_->post([&] {
      task(*stack_);
      done.set_value();
    });
    done.get_future().wait();
  }
  std::vector<TrunkUse> trunk_use() {
    std::vector<TrunkUse> use;
    run([&](SipStack& stack) { use = stack.trunk_use(); });
    return use;
  }
  LegId call(const std::string& uri, std::string offer = sdp(), Duration ring = Duration{8'000}) {
    const LegId leg{next_leg_++};
    run([&](SipStack& stack) {
      stack.invite({.leg = leg,
                    .uri = uri,
                    .trunk = "",
                    .from_user = "1000",
                    .from_display = "Hotline \"A\"",
                    .offer = std::move(offer),
                    .ring_timeout = ring});
    });
    return leg;
  }
  std::atomic<bool> takes_replacements{true};
  void on_offer(OnOffer handler) {
    run([&](SipStack&) { on_offer_ = std::move(handler); });
  }

  /// The next event of this kind; events of other kinds stay. Fails the test after kLimit.
  Event wait(const std::string& kind) {
    std::unique_lock lock(mutex_);
    std::optional<Event> found;
    const auto take = [&] {
      for (auto it = events_.begin(); it != events_.end(); ++it) {
        if (it->kind != kind) continue;
        found = *it;
        events_.erase(it);
        return true;
      }
      return false;
    };
    if (!changed_.wait_for(lock, kLimit, take)) ADD_FAILURE() << "no event \"" << kind << "\" came";
    return found.value_or(Event{.kind = "none"});
  }
  std::size_t count(const std::string& kind) {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(events_, [&](const Event& e) { return e.kind == kind; }));
  }

  void on_incoming(const IncomingCall& call) override {
    add({.kind = "incoming", .leg = call.leg, .text = call.offer.value_or(""), .call = call});
    on_incoming_(*stack_, call);
  }
  void on_ringing(LegId leg, const std::optional<std::string>& early) override {
    add({.kind = "ringing", .leg = leg, .text = early.value_or("")});
  }
  void on_answered(LegId leg, const std::string& remote) override {
    add({.kind = "answered", .leg = leg, .text = remote});
  }
  std::optional<std::string> on_remote_offer(LegId leg, const std::string& offer) override {
    add({.kind = "offer", .leg = leg, .text = offer});
    return on_offer_ ? on_offer_(offer) : std::optional(sdp());
  }
  void on_remote_answer(LegId leg, const std::string& answer) override {
    add({.kind = "answer", .leg = leg, .text = answer});
  }
  void on_info_digit(LegId leg, char digit, Duration length) override {
    add({.kind = "digit", .leg = leg, .text = std::string(1, digit) + ":" + std::to_string(length.count())});
  }
  void on_transfer_requested(const TransferRequest& request) override {
    add({.kind = "transfer", .leg = request.leg, .text = request.target_user, .transfer = request});
  }
  void on_metadata_request(LegId leg) override { add({.kind = "metadata", .leg = leg}); }
  void on_refer_progress(LegId leg, unsigned status) override { add({.kind = "refer", .leg = leg, .status = status}); }
  std::optional<std::string> on_replaced(LegId leg, const std::optional<std::string>& offer) override {
    add({.kind = "replaced", .leg = leg, .text = offer.value_or("")});
    return takes_replacements ? std::optional(sdp()) : std::nullopt;
  }
  void on_reason(LegId leg, const std::string& reason) override { add({.kind = "reason", .leg = leg, .text = reason}); }
  void on_phone(const PhoneState& phone) override {
    add({.kind = phone.registered ? "phone" : "phone_gone", .text = phone.user + " " + phone.contact});
  }
  void on_ended(LegId leg, EndCause cause, unsigned status, bool by_remote) override {
    add({.kind = "ended", .leg = leg, .cause = cause, .status = status, .by_remote = by_remote});
  }

 private:
  void add(Event event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  OnIncoming on_incoming_;
  OnOffer on_offer_;
  SipStack* stack_ = nullptr;
  std::optional<Problem> problem_;
  std::string udp_, tcp_;
  std::uint64_t next_leg_ = 1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
  std::thread thread_;
};

}  // namespace hotline::voice::signalling
