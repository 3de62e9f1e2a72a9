// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/ledger/reconcile.hpp"

#include "app/ledger/recording_ledger.hpp"

namespace hotline::ledger {

app::PutLedgerDay reconcile_day(app::Store& store, const std::string& day, std::chrono::minutes utc_offset,
                                TimePoint now) {
  app::LedgerSum sum(day, now);
  const auto range = app::range_of_day(day, utc_offset);
  app::ContactQuery query;
  query.limit = 200;
  if (range) {
    query.from = range->first;
    query.to = range->second;
  }
  while (range) {
    const auto contacts = store.contacts(query);
    for (const app::Contact& contact : contacts) {
      if (contact.outcome == "live") continue;
      if (auto entry = app::reconcile(contact, store.events(contact.id), store.recordings(contact.id)))
        sum.add(contact.id, std::move(*entry));
    }
    if (contacts.size() < query.limit) break;
    query.before = contacts.back().id;
  }
  return {sum.result().day, sum.result().gaps};
}

}  // namespace hotline::ledger
