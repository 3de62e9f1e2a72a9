// SPDX-License-Identifier: Apache-2.0
// What is in the outbox goes out: an entry is spread once into deliveries, one an address (people's mail, their
// browsers, partners), and every delivery is tried until it arrives or its time is over. At least once: a core that
// dies between sending and writing that down sends again. Any thread; each method on one thread at a time; waits for
// the store's commits, so never on the live strand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/orders/order_desk.hpp"
#include "app/outside/partner.hpp"
#include "app/ports/outside.hpp"

namespace hotline::app {

/// What a channel says of an attempt.
struct Attempt {
  bool delivered = false;
  bool again = false;                     ///< another attempt later may succeed
  bool gone = false;                      ///< the address is no more (a push subscription that ended)
  std::optional<Duration> retry_after{};  ///< as the other side wishes
  std::string trouble{};                  ///< for people; nothing secret
};

/// A delivery as a channel sends it.
struct Outgoing {
  Delivery delivery;
  std::string title, text;  ///< for people
  std::string path;         ///< of the page it is about: "/orders/12"
  std::string feedback;     ///< JSON for a partner's program
  std::optional<PushSubscription> subscription;
  const Partner* partner = nullptr;
};

class Deliverer {
 public:
  struct Config {
    bool mail = false, web_push = false;  ///< whether there is such a channel
    std::string language = "zh_hans";     ///< of what people read
    Duration lease{600'000};              ///< longer than a batch with every time-out in it
    Duration retry_first{10'000};         ///< after the first attempt that failed; doubled each time, at most an hour
    Duration keep_trying{172'800'000};
    Duration keep{7'776'000'000};  ///< settled deliveries, for people to look at
  };
  using Supervisors = std::function<std::vector<AgentId>()>;
  /// Desks of these people are told at once; called after the commit, for every entry that people read.
  using Notify = std::function<void(const std::vector<AgentId>& people, const OutboxEntry& entry)>;
  using Send = std::function<Attempt(const Outgoing& outgoing, TimePoint now)>;

  /// All that is referred to must outlive it.
  Deliverer(OrderStore& orders, OutsideStore& outside, const OrderDesk* desk, const Partners& partners,
            Supervisors supervisors, Notify notify, Config config);

  /// Spreads up to `limit` entries. Returns how many it took; as many as `limit`: call again.
  std::size_t spread(TimePoint now, std::uint32_t limit);
  /// Sends up to `limit` deliveries of a channel, likewise.
  std::size_t deliver(const std::string& channel, TimePoint now, std::uint32_t limit, const Send& send);
  /// Old ones go.
  std::size_t forget(TimePoint now, std::uint32_t limit);

  /// The people an entry is for: agent, members of a department, supervisors. Partners and customers are none.
  [[nodiscard]] std::vector<AgentId> people_of(const std::string& to) const;

 private:
  [[nodiscard]] std::vector<Delivery> deliveries_of(const OutboxEntry& entry, const std::vector<AgentId>& people);
  [[nodiscard]] Outgoing outgoing_of(const Delivery& delivery);
  [[nodiscard]] DeliveryOutcome outcome_of(const Delivery& delivery, const Attempt& attempt, TimePoint now) const;

  OrderStore& orders_;
  OutsideStore& outside_;
  const OrderDesk* desk_;  ///< null: no departments
  const Partners& partners_;
  const Supervisors supervisors_;
  const Notify notify_;
  const Config config_;
};

}  // namespace hotline::app
