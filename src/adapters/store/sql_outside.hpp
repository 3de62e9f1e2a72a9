// SPDX-License-Identifier: Apache-2.0
// The port app::OutsideStore over the SQL facade: claims and settlements join the writer's groups, reads go to the
// pool. Thread-safe.
#pragma once

#include "adapters/store/outside_sql.hpp"
#include "adapters/store/read_pool.hpp"
#include "adapters/store/writer.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {

class SqlOutside final : public app::OutsideStore {
 public:
  SqlOutside(ReadPool& readers, Writer& writer) : readers_(readers), writer_(writer) {}

  std::vector<app::OutboxEntry> claim_outbox(TimePoint now, TimePoint until, std::uint32_t limit) override {
    if (!read(any_outbox_due, now)) return {};
    std::vector<app::OutboxEntry> claimed;
    join([&](sql::Connection& c) { claimed = store::claim_outbox(c, now, until, limit); });
    return claimed;
  }
  void spread(std::int64_t outbox, const std::vector<app::Delivery>& deliveries, TimePoint now) override {
    for (const app::Delivery& one : deliveries) require(one.to, one.channel, one.address, one.kind, one.body);
    join([&](sql::Connection& c) { store::spread(c, outbox, deliveries, now); });
  }
  std::vector<app::Delivery> claim_deliveries(const std::string& channel, TimePoint now, TimePoint until,
                                              std::uint32_t limit) override {
    if (!read(any_delivery_due, channel, now)) return {};
    std::vector<app::Delivery> claimed;
    join([&](sql::Connection& c) { claimed = store::claim_deliveries(c, channel, now, until, limit); });
    return claimed;
  }
  void settle_delivery(std::int64_t id, const app::DeliveryOutcome& outcome, TimePoint now) override {
    app::DeliveryOutcome stored = outcome;
    if (!app::storable(stored.trouble)) stored.trouble = "the other side's answer is no text";
    join([&](sql::Connection& c) { store::settle_delivery(c, id, stored, now); });
  }
  std::vector<app::Delivery> deliveries_of(WorkOrderId order) override { return read(store::deliveries_of, order); }
  std::vector<app::Delivery> deliveries_to(const std::string& to, const std::string& state,
                                           std::uint32_t limit) override {
    return read(store::deliveries_to, to, state, limit);
  }
  std::uint32_t forget_deliveries(TimePoint before, std::uint32_t limit) override {
    std::uint32_t gone = 0;
    writer_.run([&](sql::Connection& c) { gone = store::forget_deliveries(c, before, limit); });
    return gone;
  }
  std::vector<app::OutboxEntry> entries_to(const std::string& to, std::int64_t after, std::uint32_t limit) override {
    return read(store::entries_to, to, after, limit);
  }

  std::vector<app::OutboxEntry> entries_of_matter(WorkOrderId order) override {
    return read(store::entries_of_matter, order);
  }

  std::string mail_of(AgentId agent) override { return read(store::mail_of, agent); }
  void set_mail(AgentId agent, const std::string& mail) override {
    run([&](sql::Connection& c) { store::set_mail(c, agent, mail); });
  }
  std::vector<app::PushSubscription> subscriptions_of(AgentId agent) override {
    return read(store::subscriptions_of, agent);
  }
  std::optional<app::PushSubscription> subscription(std::int64_t id) override { return read(store::subscription, id); }
  void save_subscription(const app::PushSubscription& subscription) override {
    run([&](sql::Connection& c) { store::save_subscription(c, subscription); });
  }
  void drop_subscription(const std::string& endpoint) override {
    run([&](sql::Connection& c) { store::drop_subscription(c, endpoint); });
  }

  std::vector<app::PartnerAccount> partner_accounts(const std::string& partner) override {
    return read(store::partner_accounts, partner);
  }
  std::optional<app::PartnerAccount> partner_account(const std::string& username) override {
    return read(store::partner_account, username);
  }
  std::optional<app::PartnerAccount> partner_account_of(std::int64_t id) override {
    return read(store::partner_account_of, id);
  }
  bool save_partner_account(const app::PartnerAccount& account) override {
    bool saved = false;
    run([&](sql::Connection& c) { saved = store::save_partner_account(c, account); });
    return saved;
  }
  std::optional<app::PartnerSession> partner_session(const std::string& token_hash) override {
    return read(store::partner_session, token_hash);
  }
  void save_partner_session(const app::PartnerSession& session, TimePoint now) override {
    run([&](sql::Connection& c) { store::save_partner_session(c, session, now); });
  }
  void drop_partner_session(const std::string& token_hash) override {
    run([&](sql::Connection& c) { store::drop_partner_session(c, token_hash); });
  }
  std::vector<app::PartnerKey> partner_keys(const std::string& partner) override {
    return read(store::partner_keys, partner);
  }
  std::optional<app::PartnerKey> partner_key(const std::string& key_hash) override {
    return read(store::partner_key, key_hash);
  }
  void add_partner_key(const app::PartnerKey& key) override {
    run([&](sql::Connection& c) { store::add_partner_key(c, key); });
  }
  void drop_partner_key(const std::string& partner, std::int64_t id) override {
    run([&](sql::Connection& c) { store::drop_partner_key(c, partner, id); });
  }
  std::optional<WorkOrderId> matter(const std::string& partner, const std::string& reference) override {
    return read(store::matter, partner, reference);
  }

 private:
  template <class... Texts>
  static void require(const Texts&... texts) {
    if (!(app::storable(texts) && ...))
      throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
  }
  template <class Function, class... Args>
  auto read(Function function, const Args&... args)
      -> std::invoke_result_t<Function, sql::Connection&, const Args&...> {
    return readers_.with([&](sql::Connection& connection) { return function(connection, args...); });
  }
  void join(const Writer::Job& work) { writer_.join(work); }
  void run(const Writer::Job& work) { writer_.run(work); }

  ReadPool& readers_;
  Writer& writer_;
};

}  // namespace hotline::store
