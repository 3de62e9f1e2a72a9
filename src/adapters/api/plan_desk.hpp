// SPDX-License-Identifier: Apache-2.0
// Computes plans one after the other on a thread of its own, at a low priority: a plan takes seconds of CPU, which
// neither the live strand nor the HTTP workers have. ask() from any thread; `done` is called on the planner's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "app/ports/planner.hpp"
#include "base/ids.hpp"

namespace hotline::api {

class PlanDesk {
 public:
  struct Limits {
    std::size_t waiting_max = 8;        ///< plans that wait for the one being computed
    std::chrono::seconds plan_max{20};  ///< of CPU for one plan; then it is given up
  };
  enum class Taken : std::uint8_t { yes, already_one, too_many };
  /// nullopt: it took too long, or the core is stopping.
  using Done = std::function<void(const std::optional<app::PlanResult>&)>;

  explicit PlanDesk(app::Planner planner) : PlanDesk(std::move(planner), Limits{}) {}
  PlanDesk(app::Planner planner, Limits limits);
  /// Stops the plan that is being computed; those that wait are answered as given up.
  ~PlanDesk();
  PlanDesk(const PlanDesk&) = delete;
  PlanDesk& operator=(const PlanDesk&) = delete;

  /// One plan at a time for each user.
  [[nodiscard]] Taken ask(AgentId user, app::PlanInput input, Done done);

 private:
  struct Job {
    AgentId user;
    app::PlanInput input;
    Done done;
  };
  void work();

  app::Planner planner_;
  Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::set<AgentId> users_;  ///< with a plan that waits or is computed
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hotline::api
