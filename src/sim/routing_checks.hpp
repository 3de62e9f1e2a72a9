// SPDX-License-Identifier: Apache-2.0
// What must hold of the order of those who wait, of call-backs and of admission, in every step of a simulated world:
// recomputed from what the core gives out, without its own books.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/live/live.hpp"
#include "sim/scripted_store.hpp"

namespace hotline::sim {

class RoutingChecks {
 public:
  using Complain = std::function<void(const std::string&)>;
  /// `trunks`: channels there are; 0: not known.
  RoutingChecks(std::int64_t trunks, Complain complain) : trunks_(trunks), complain_(std::move(complain)) {}

  void after_input(const app::LiveEffects& effects, const app::Live& live);
  /// What was decided and not stored never was.
  void core_died(const ScriptedStore& store);
  /// Over the records, when nothing is on its way: each customer who was promised a call has one, and one only.
  void inspect(const ScriptedStore& store);

 private:
  void check_order(const std::vector<const app::ContactEvent*>& offers, const std::vector<acd::WaitingSeen>& order);
  void check_call_backs(const std::vector<const app::ContactEvent*>& events, const app::Live& live);
  void check_admission(const std::vector<const app::Contact*>& contacts, const app::Live& live);
  void check_abandoned(const app::Contact& contact, const app::Live& live);

  std::int64_t trunks_;
  Complain complain_;
  std::vector<acd::WaitingSeen> before_;
  std::set<CallId> offered_;                    ///< in the input that is looked at
  std::map<ContactId, std::int64_t> since_of_;  ///< the waiting clock of each call-back as it was noted, Unix ms
  std::map<std::string, std::set<ContactId>> on_line_;  ///< incoming calls on trunks, by service line
};

/// A member of an event's data (a JSON object of texts, as Work::history writes it); "" when it has none.
[[nodiscard]] std::string member(const app::ContactEvent& event, const std::string& name);

}  // namespace hotline::sim
