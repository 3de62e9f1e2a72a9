// SPDX-License-Identifier: Apache-2.0
// `hotline bench calls`: whole calls through IVR and queue to an agent, at rising rates.
#include <fmt/core.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "bench/bench.hpp"
#include "bench/machine.hpp"
#include "bench/own_hotline.hpp"
#include "voice/sdp/negotiate.hpp"
#include "voice/signalling/sip_stack.hpp"

namespace hotline::bench {
namespace {

using voice::signalling::EndCause;
using voice::signalling::IncomingCall;
using voice::signalling::OutgoingCall;
using voice::signalling::SipStack;

constexpr Duration talk{200};
constexpr Duration call_limit{20'000};  ///< a call that has not been answered by an agent and ended by then has failed
constexpr Duration first_key_after{250}, next_key_after{500}, again_after{1'000};  ///< a person presses no faster

/// Where the sound goes: a socket nobody reads, so that the kernel drops it. At a closed port it would be answered by
/// ICMP, which nobody does in real life and which costs the sender as much again.
class Sink {
 public:
  Sink() : fd_(loopback_socket()) {
    const int least = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  }
  ~Sink() { ::close(fd_); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_of(fd_); }

 private:
  int fd_;
};

/// How fast the first core is while the hotline works on it: the CPU of a bare datagram the size of 20 ms of G.711,
/// sent from as many sockets as the calls have, a few at a time so that they take about 1 % of the core. Machines that
/// others share are as fast as these let them be: a call's cost is to be read beside this.
class BareDatagrams {
 public:
  BareDatagrams() : thread_([this](const std::stop_token& stop) { run(stop); }) {}
  /// Microseconds each.
  [[nodiscard]] double stop() {
    thread_.request_stop();
    thread_.join();
    return static_cast<double>(cpu_ns_) / 1e3 / std::max(sent_, 1U);
  }

 private:
  static constexpr unsigned sockets = 1'200, at_once = 60;
  static constexpr std::int64_t pause_ns = 25'000'000;

  void run(const std::stop_token& stop) {
    pin_to_first_core();
    std::vector<int> fds(sockets);
    for (int& fd : fds) fd = loopback_socket();
    const sockaddr_in to = loopback(sink_.port());
    const auto* const address = reinterpret_cast<const sockaddr*>(&to);
    constexpr std::array<std::uint8_t, 172> datagram{};
    while (!stop.stop_requested()) {
      const std::int64_t start = thread_cpu_ns();
      for (unsigned i = 0; i < at_once; ++i)
        ::sendto(fds[sent_++ % sockets], datagram.data(), datagram.size(), MSG_DONTWAIT, address, sizeof to);
      cpu_ns_ += thread_cpu_ns() - start;
      sleep_until_ns(steady_ns() + pause_ns);
    }
    for (const int fd : fds) ::close(fd);
  }

  Sink sink_;
  std::int64_t cpu_ns_ = 0;
  unsigned sent_ = 0;
  std::jthread thread_;
};

/// Callers and agents on one SIP stack. A caller's number says which call an agent's INVITE belongs to.
class Parties final : public voice::signalling::SessionObserver {
 public:
  void use(SipStack& stack, std::string hotline) {
    stack_ = &stack;
    hotline_ = std::move(hotline);
  }
  /// On the signalling thread.
  void place(LegId leg) {
    const std::string number = std::to_string(++last_number_);
    callers_[leg] = Caller{number};
    OutgoingCall call;
    call.leg = leg;
    call.uri = "sip:1000@" + hotline_;
    call.from_user = number;
    call.offer = description();
    stack_->invite(call);
    stack_->after(call_limit, [this, leg] {
      if (callers_.contains(leg)) stack_->hangup(leg, EndCause::normal);
    });
  }
  [[nodiscard]] std::uint64_t done() const { return done_.load(); }
  [[nodiscard]] std::uint64_t failed() const { return failed_.load(); }

  void on_incoming(const IncomingCall& call) override {
    agents_[call.leg] = call.from_user;
    const auto offer =
        call.offer ? voice::sdp::parse(*call.offer) : Result<voice::sdp::Session, Problem>(fail(Problem{}));
    if (!offer) return stack_->reject(call.leg, 488);
    const auto answer = voice::sdp::make_answer(*offer, local());
    if (!answer) return stack_->reject(call.leg, 488);
    stack_->accept(call.leg, voice::sdp::write(answer->session));
  }
  void on_ringing(LegId, const std::optional<std::string>&) override {}
  void on_answered(LegId leg, const std::string&) override {
    if (callers_.contains(leg)) return stack_->after(first_key_after, [this, leg] { press(leg, '1', next_key_after); });
    const auto agent = agents_.find(leg);  // the hotline's ACK: caller and agent are about to be joined
    if (agent == agents_.end()) return;
    for (auto& [caller_leg, caller] : callers_) {
      if (caller.number != agent->second) continue;
      caller.talked = true;
      stack_->after(talk, [this, id = caller_leg] { stack_->hangup(id, EndCause::normal); });
      return;
    }
  }
  std::optional<std::string> on_remote_offer(LegId, const std::string&) override { return std::nullopt; }
  void on_remote_answer(LegId, const std::string&) override {}
  void on_info_digit(LegId, char, Duration) override {}
  void on_transfer_requested(const voice::signalling::TransferRequest&) override {}
  void on_ended(LegId leg, EndCause, unsigned, bool) override {
    agents_.erase(leg);
    const auto caller = callers_.find(leg);
    if (caller == callers_.end()) return;
    (caller->second.talked ? done_ : failed_).fetch_add(1);
    callers_.erase(caller);
  }

 private:
  struct Caller {
    std::string number;
    bool talked = false;
  };

  [[nodiscard]] voice::sdp::Local local() const {
    voice::sdp::Local end;
    end.address = "127.0.0.1";
    end.port = sound_port_;  // this benchmark is about calls, `bench media` about packets
    return end;
  }
  [[nodiscard]] std::string description() const { return voice::sdp::write(voice::sdp::make_offer(local())); }

  /// 1 for Mandarin, then 0 for an agent, and again every second until one answers.
  void press(LegId leg, char digit, Duration until_next) {
    const auto caller = callers_.find(leg);
    if (caller == callers_.end() || caller->second.talked) return;
    stack_->send_info_digit(leg, digit, Duration{100});
    stack_->after(until_next, [this, leg] { press(leg, '0', again_after); });
  }

  Sink sink_;
  const std::uint16_t sound_port_ = sink_.port();
  SipStack* stack_ = nullptr;
  std::string hotline_;
  std::uint64_t last_number_ = 59'000'000;
  std::map<LegId, Caller> callers_;
  std::map<LegId, std::string> agents_;
  std::atomic<std::uint64_t> done_{0}, failed_{0};
};

/// The stack's thread and its parties.
class Phones {
 public:
  Phones() : ids_(static_cast<std::int64_t>(wall_ns() / 1'000'000'000), IdMaker::Origin::core) {
    thread_ = std::thread([this] {
      voice::signalling::Config config;
      config.bind_address = "127.0.0.1";
      config.udp_port = config.tcp_port = 0;
      config.sessions_max = 40'000;
      config.trunks.push_back({"hotline", {"*"}, 40'000, "udp"});
      auto stack = SipStack::open(std::move(config), parties_, ids_);
      if (stack) stack_ = stack->get();
      opened_.store(true);
      if (stack) (*stack)->run();
    });
    while (!opened_.load()) std::this_thread::yield();
  }
  ~Phones() {
    if (stack_ != nullptr) stack_->stop();
    thread_.join();
  }
  [[nodiscard]] SipStack* stack() { return stack_; }
  [[nodiscard]] Parties& parties() { return parties_; }
  [[nodiscard]] std::uint16_t port() const {
    const std::string address = stack_->udp_address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  /// The address callers call from now on.
  void call(std::string hotline) {
    stack_->post([this, hotline = std::move(hotline)] { parties_.use(*stack_, hotline); });
  }
  void place() {
    stack_->post([this] { parties_.place(LegId{ids_.next()}); });
  }

 private:
  Parties parties_;
  IdMaker ids_;
  std::atomic<bool> opened_{false};
  SipStack* stack_ = nullptr;
  std::thread thread_;
};

struct Step {
  double rate = 0;
  std::uint64_t calls = 0, failed = 0;
  double cpu_ms_per_call = 0;      ///< without archiving
  double archive_ms_per_call = 0;  ///< as far as archiving got
  double bare_datagram_us = 0;     ///< meanwhile
};

/// With a hotline of its own, so that nothing the step before left behind (recordings to archive and to remove) counts.
Result<Step, Problem> run_step(Phones& phones, const CallsOptions& options, unsigned rate) {
  if (options.one_core) pin_to_first_core();  // what is started now stays there with all its threads
  const auto started = OwnHotline::start(options, phones.port());
  if (options.one_core) pin_to_last_core();
  if (!started) return fail(started.error());
  OwnHotline& hotline = **started;
  if (auto ready = hotline.make_ready(options.agents); !ready) return fail(ready.error());
  phones.call(hotline.sip());

  BareDatagrams datagrams;
  const std::uint64_t done = phones.parties().done(), failed = phones.parties().failed();
  const auto cpu = hotline.cpu();
  const std::int64_t start = steady_ns();
  const auto count = static_cast<std::uint64_t>(rate * options.seconds);
  for (std::uint64_t i = 0; i < count; ++i) {
    sleep_until_ns(start + static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / rate));
    phones.place();
  }
  const std::int64_t limit = steady_ns() + call_limit.count() * 1'000'000 + 5'000'000'000;
  while (phones.parties().done() + phones.parties().failed() < done + failed + count && steady_ns() < limit) {
    sleep_until_ns(steady_ns() + 20'000'000);
  }
  Step step;
  step.rate = rate;
  step.calls = count;
  step.failed = count - (phones.parties().done() - done);
  const auto used = hotline.cpu();
  step.cpu_ms_per_call = (used.calls_ms - cpu.calls_ms) / static_cast<double>(count);
  step.archive_ms_per_call = (used.archive_ms - cpu.archive_ms) / static_cast<double>(count);
  step.bare_datagram_us = datagrams.stop();
  return step;
}

}  // namespace

int calls(const CallsOptions& options) {
  raise_open_files();
  if (options.one_core) pin_to_last_core();
  Phones phones;
  if (phones.stack() == nullptr) return fmt::print(stderr, "the SIP stack of the callers cannot be opened\n"), 1;
  Step best;
  std::uint64_t failed = 0;
  boost::json::array steps;
  fmt::print("{:>10} {:>8} {:>8} {:>14} {:>18}\n", "calls/s", "calls", "failed", "CPU ms a call", "bare datagram us");
  for (const unsigned rate : options.rates) {
    const auto made = run_step(phones, options, rate);
    if (!made) return fmt::print(stderr, "{}\n", made.error().what), 1;
    const Step& step = *made;
    fmt::print("{:>10} {:>8} {:>8} {:>14.2f} {:>18.2f}\n", rate, step.calls, step.failed, step.cpu_ms_per_call,
               step.bare_datagram_us);
    steps.push_back(boost::json::object{{"calls_per_second", step.rate},
                                        {"calls", step.calls},
                                        {"failed", step.failed},
                                        {"cpu_ms_per_call", step.cpu_ms_per_call},
                                        {"archive_ms_per_call", step.archive_ms_per_call},
                                        {"bare_datagram_us", step.bare_datagram_us}});
    if (step.failed > 0) {
      if (best.calls == 0) failed = step.failed;
      break;
    }
    best = step;
  }
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"calls_per_second", best.rate},
                                                                  {"failed", failed},
                                                                  {"cpu_ms_per_call", best.cpu_ms_per_call},
                                                                  {"archive_ms_per_call", best.archive_ms_per_call},
                                                                  {"bare_datagram_us", best.bare_datagram_us},
                                                                  {"steps", steps}}));
  }
  return best.calls > 0 ? 0 : 1;
}

}  // namespace hotline::bench
