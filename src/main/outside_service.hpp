// SPDX-License-Identifier: Apache-2.0
// The threads that carry out what is in the outbox: one that spreads it, one for each way out, so that a mail server
// that is slow keeps no partner waiting.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "adapters/outside/channels.hpp"
#include "main/config.hpp"
#include "runtime/periodic.hpp"

namespace hotline::main {

class OutsideService {
 public:
  /// Reads the secrets and the key of web push; fails with what is wrong with them. Sends nothing yet.
  [[nodiscard]] static Result<std::unique_ptr<OutsideService>, Problem> make(const Config& config,
                                                                             app::OrderStore& orders,
                                                                             const app::OrderDesk* desk,
                                                                             app::Deliverer::Supervisors supervisors);
  /// From now on. `notify` tells desks (see app::Deliverer).
  void start(const runtime::Clock& clock, app::Deliverer::Notify notify);
  /// Waits for what is under way.
  void stop();

  [[nodiscard]] const app::Partners& partners() const { return partners_; }
  [[nodiscard]] const std::optional<outside::PushKey>& push_key() const { return push_key_; }
  [[nodiscard]] const outside::PushConfig& push() const { return push_; }

 private:
  OutsideService(const Config& config, app::OrderStore& orders, const app::OrderDesk* desk,
                 app::Deliverer::Supervisors supervisors);

  app::OrderStore& orders_;
  const app::OrderDesk* desk_;
  app::Deliverer::Supervisors supervisors_;
  app::Deliverer::Config deliverer_config_;
  Duration every_;
  app::Partners partners_;
  outside::MailConfig mail_;
  outside::PushConfig push_;
  std::optional<outside::PushKey> push_key_;
  std::unique_ptr<app::Deliverer> deliverer_;
  std::vector<std::unique_ptr<runtime::Periodic>> workers_;
};

}  // namespace hotline::main
