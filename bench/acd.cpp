// SPDX-License-Identifier: Apache-2.0
// `hotline bench acd`: how long the routing core takes for one decision in the largest world it is meant for. It is the
// domain itself, without strand, store and voice nodes.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <random>
#include <vector>

#include "bench/bench.hpp"
#include "domain/acd/acd.hpp"

namespace hotline::bench {
namespace {

using acd::AgentState;
using Clock = std::chrono::steady_clock;

struct World {
  const AcdOptions& options;
  acd::Acd acd;
  TimePoint now = from_unix_ms(1'700'000'000'000);
  std::mt19937_64 chance{7};
  std::uint64_t next_call = 0;
  std::size_t offers = 0;
  std::deque<std::pair<CallId, AgentId>> ringing, talking;
  std::vector<float> times_us;

  explicit World(const AcdOptions& o) : options(o) {}

  std::uint64_t below(std::uint64_t n) { return chance() % n; }
  SkillId skill() { return SkillId{1 + below(40)}; }

  void configure() {
    for (std::uint64_t q = 1; q <= options.queues; ++q) {
      acd::QueueConfig config;
      config.id = QueueId{q};
      config.code = "queue" + std::to_string(q);
      config.offer_timeout = Duration{3'600'000};
      config.wrap_up = Duration::zero();
      config.waiting_max = 1'000'000;
      config.weight = static_cast<int>(q % 5);
      config.ring_plan = {
          {.after = Duration{60'000}, .relax = 2, .without = {}, .also = {}},
          {.after = Duration{180'000}, .relax = 9, .without = {}, .also = {QueueId{q % options.queues + 1}}}};
      acd.configure_queue(std::move(config));
    }
    for (std::uint64_t a = 1; a <= options.agents; ++a) {
      acd::AgentConfig config;
      config.id = AgentId{a};
      const std::uint64_t home = a % options.queues;  // four queues of a neighbourhood
      for (std::uint64_t i = 0; i < 4; ++i) config.queues.push_back(QueueId{(home + i * 7) % options.queues + 1});
      for (int i = 0; i < 3; ++i) config.skills[skill()] = static_cast<int>(1 + below(9));
      (void)acd.configure_agent(std::move(config), now);
    }
  }

  /// One input of the routing core, timed with everything it leads to.
  template <class Input>
  void decide(Input&& input) {
    const auto begin = Clock::now();
    const acd::Effects effects = input();
    times_us.push_back(std::chrono::duration<float, std::micro>(Clock::now() - begin).count());
    take(effects);
  }
  void take(const acd::Effects& effects) {
    for (const acd::Effect& effect : effects) {
      const auto* made = std::get_if<acd::OfferMade>(&effect);
      if (made == nullptr) continue;
      ++offers;
      ringing.emplace_back(made->call, made->agent);
    }
  }

  acd::WaitingCall new_call() {
    acd::WaitingCall call;
    call.call = CallId{++next_call};
    call.queue = QueueId{1 + below(options.queues)};
    call.priority = static_cast<int>(below(10));
    call.enqueued_at = now;
    if (below(2) == 0) call.skills[skill()] = static_cast<int>(1 + below(6));
    call.vip = below(20) == 0;
    if (below(10) == 0) call.preferred.push_back({AgentId{1 + below(options.agents)}, acd::PreferredAs::last});
    return call;
  }
  void arrive() {
    decide([&] { return acd.enqueue(new_call(), now).value_or(acd::Effects{}); });
  }
  void answer() {
    const auto [call, agent] = ringing.front();
    ringing.pop_front();
    decide([&] { return acd.accept(call, agent, now).value_or(acd::Effects{}); });
    talking.emplace_back(call, agent);
  }
  void end() {
    const auto [call, agent] = talking.front();
    talking.pop_front();
    decide([&] { return acd.call_finished(agent, call, now).value_or(acd::Effects{}); });
  }
  void pass(Duration time) {
    now += time;
    if (const auto due = acd.next_due(); due && *due <= now) decide([&] { return acd.tick(now); });
  }

  /// Everybody is at work, and as many wait as were asked for.
  void fill() {
    for (std::uint64_t a = 1; a <= options.agents; ++a)
      take(acd.set_state(AgentId{a}, AgentState::ready, "", now).value_or(acd::Effects{}));
    while (offers < options.agents && next_call < options.agents * 4)
      take(acd.enqueue(new_call(), now).value_or(acd::Effects{}));
    while (!ringing.empty()) answer();
    while (waiting() < options.waiting) {
      for (int i = 0; i < 1000; ++i) take(acd.enqueue(new_call(), now).value_or(acd::Effects{}));
      while (!ringing.empty()) answer();
    }
    times_us.clear();
    offers = 0;
  }
  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const auto& queue : acd.queues()) sum += queue.waiting;
    return sum;
  }
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}  // namespace

int acd(const AcdOptions& options) {
  World world(options);
  world.configure();
  world.fill();
  std::fprintf(stderr, "%zu agents, %zu queues, %zu calls waiting\n", options.agents, options.queues, world.waiting());
  world.times_us.reserve(options.decisions * 2);
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  // The load of such a world: calls come, are answered and end at the same rate; 15,000 stay waiting.
  while (world.times_us.size() < options.decisions) {
    world.pass(Duration{10});
    world.arrive();
    if (!world.talking.empty()) world.end();
    while (!world.ringing.empty()) world.answer();
  }
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  const double busy = cpu_seconds() - cpu;
  const std::vector<std::string> broken = world.acd.violations(world.now);
  for (const std::string& line : broken) std::fprintf(stderr, "%s\n", line.c_str());
  auto& times = world.times_us;
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return static_cast<double>(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]);
  };
  const double rate = static_cast<double>(times.size()) / busy;
  std::printf("%zu decisions, %zu offers in %.2f s (%.2f s of one core): %.0f a second of CPU\n", times.size(),
              world.offers, wall, busy, rate);
  std::printf("one decision: median %.1f us, p99 %.1f us, p99.9 %.1f us, longest %.1f us\n", at(0.5), at(0.99),
              at(0.999), at(1.0));
  if (options.json) {
    std::printf(
        "{\"agents\":%zu,\"queues\":%zu,\"waiting\":%zu,\"decisions\":%zu,\"assignments\":%zu,"
        "\"decisions_per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
        "\"violations\":%zu}\n",
        options.agents, options.queues, world.waiting(), times.size(), world.offers, rate, at(0.5), at(0.99), at(0.999),
        at(1.0), broken.size());
  }
  return broken.empty() ? 0 : 1;
}

}  // namespace hotline::bench
