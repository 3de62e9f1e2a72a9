// SPDX-License-Identifier: Apache-2.0
// store_child URL FIRST MODE: opens the store and writes batches of a contact, two events and an audit entry with ids
// from FIRST on, without end; each committed id goes to standard output as 8 bytes, from the committed callback. MODE
// "stream" until it is killed; "bad" writes ten, then one that no store can keep, then waits for its death.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <semaphore>
#include <string>

#include "adapters/store/store.hpp"

namespace {

using namespace hotline;

void acknowledge(std::uint64_t id) {
  if (::write(STDOUT_FILENO, &id, sizeof id) != sizeof id) std::_Exit(3);
}

app::Batch batch_of(std::uint64_t id) {
  app::Contact contact;
  contact.id = ContactId{id};
  contact.from = "059088110001";
  contact.started_at = from_unix_ms(static_cast<std::int64_t>(id));
  return {contact, app::ContactEvent{contact.id, 1, contact.started_at, "started", "{}"},
          app::ContactEvent{contact.id, 2, contact.started_at, "ended", "{}"},
          app::AddAudit{{contact.started_at, std::nullopt, "child", std::to_string(id), "", "{}"}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("child"));
  auto opened = store::open_store(argv[1]);
  if (!opened) {
    std::cerr << opened.error().what << '\n';
    return 1;
  }
  app::Store& store = **opened;
  const std::uint64_t first = std::strtoull(argv[2], nullptr, 10);
  std::counting_semaphore<> room(200);
  if (std::string(argv[3]) == "bad") {
    for (std::uint64_t id = first; id < first + 10; ++id) (void)store.write(batch_of(id), [id] { acknowledge(id); });
    app::Leg leg;
    leg.id = LegId{~0ULL};
    (void)store.write({leg}, [] { acknowledge(0); });
    for (;;) pause();
  }
  for (std::uint64_t id = first;; ++id) {
    room.acquire();
    (void)store.write(batch_of(id), [id, &room] {
      acknowledge(id);
      room.release();
    });
  }
}
