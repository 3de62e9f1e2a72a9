// SPDX-License-Identifier: Apache-2.0
// The event hub: makes events of what has changed, and delivers them to listeners until they are accepted. Everything
// is in the store, so a core that dies goes on where it stopped; a listener may get an event twice, never not at all.
// Threads of its own: one makes events, a few deliver, each to one listener at a time and in order.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/tmf/bodies.hpp"
#include "adapters/tmf/events.hpp"
#include "app/ports/store.hpp"
#include "runtime/periodic.hpp"

namespace hotline::tmf {

struct HubConfig {
  std::vector<std::string> callback_hosts;  ///< where events may be sent; empty: nowhere
  std::filesystem::path callback_ca;
  Duration timeout{10'000};                ///< of one delivery
  Duration retry_most{300'000};            ///< between two attempts; the first is repeated after a second
  Duration give_up_after{7 * 86'400'000};  ///< a listener that has accepted nothing for so long is dropped
  Duration events_kept{7 * 86'400'000};    ///< to be read back
  Duration searches_kept{86'400'000};      ///< of time slots
  unsigned senders = 4;
};

/// What the hub and the routes work on. Everything must outlive them.
struct Stores {
  app::Store& store;
  app::TmfStore& tmf;
  app::OrderDesk& orders;
  app::AppointmentDesk& appointments;
};

class Hub {
 public:
  Hub(HubConfig config, OrderKinds kinds, Stores stores, const runtime::Clock& clock);
  /// Gives up deliveries under way.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  [[nodiscard]] const HubConfig& config() const { return config_; }

 private:
  bool make_events(TimePoint now);
  [[nodiscard]] std::vector<Happening> happenings_of(const app::TmfChange& change);
  [[nodiscard]] std::vector<Happening> order_changed(const app::TmfChange& change);
  bool deliver(TimePoint now);
  void clean_up(TimePoint now);

  const HubConfig config_;
  const OrderKinds kinds_;
  const Stores stores_;
  const runtime::Clock& clock_;
  TimePoint cleaned_{};  ///< on the thread that makes events
  std::atomic<bool> stop_{false};
  std::unique_ptr<runtime::Periodic> maker_;
  std::vector<std::unique_ptr<runtime::Periodic>> senders_;
};

/// How long until the next attempt after so many failed ones in a row.
[[nodiscard]] Duration pause_after(std::int64_t tries, Duration most);
/// Topics and listeners as they are now.
[[nodiscard]] std::vector<TopicFilter> topic_filters(app::TmfStore& store);
[[nodiscard]] std::vector<Listener> listeners(app::TmfStore& store);

}  // namespace hotline::tmf
