// SPDX-License-Identifier: Apache-2.0
// store_rate URL BATCHES IN_FLIGHT: how many batches a second the store commits, and what they cost this process. Not a
// test. A batch is what the core writes for one step of a call: the contact, two events, the agent's and the call's
// state.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <semaphore>

#include "adapters/store/store.hpp"

namespace {

using namespace hotline;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

app::Batch step_of_call(std::uint64_t id, std::int64_t step, TimePoint now) {
  app::Contact contact;
  contact.id = ContactId{id};
  contact.from = "059088110001";
  contact.to = "1000";
  contact.queue = "general";
  contact.started_at = now;
  contact.agent = AgentId{8001 + id % 150};
  contact.customer = CustomerId{id % 2000 + 1};
  contact.outcome = step == 3 ? "answered" : "live";
  app::Batch batch{contact, app::ContactEvent{contact.id, 2 * step + 1, now, "queued", R"({"queue":"general"})"},
                   app::ContactEvent{contact.id, 2 * step + 2, now, "offered", R"({"agent":8001})"},
                   app::LiveAgent{*contact.agent, std::string(200, 'a')}};
  if (step == 3)
    batch.push_back(app::DropLiveCall{CallId{id}});
  else
    batch.push_back(app::LiveCall{CallId{id}, "voice-1", std::string(600, 'c')});
  return batch;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("store_rate URL BATCHES IN_FLIGHT\n", stderr);
    return 2;
  }
  const auto store = store::open_store(argv[1]);
  if (!store) {
    std::fprintf(stderr, "%s\n%s\n", store.error().what.c_str(), store.error().remedy.c_str());
    return 1;
  }
  const int batches = std::atoi(argv[2]);
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const auto first = static_cast<std::uint64_t>(to_unix_ms(now)) * 1000;
  std::counting_semaphore<> room(std::atoi(argv[3]));
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = cpu_seconds();
  for (int i = 0; i < batches; ++i) {
    room.acquire();
    (void)(*store)->write(step_of_call(first + static_cast<std::uint64_t>(i / 4), i % 4, now), [&] { room.release(); });
  }
  (*store)->write_and_wait({});
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%.0f batches/s, %.0f changes/s, %.1f us of CPU a batch in this process\n", batches / wall,
              5 * batches / wall, (cpu_seconds() - cpu_begin) * 1e6 / batches);
}
