// SPDX-License-Identifier: Apache-2.0
// The store's port for what leaves the program: deliveries, people's addresses, outside bodies' accounts and keys.
// SQLite and PostgreSQL pass the same contract tests (tests/adapters/store). Any thread; not on the live strand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/ports/orders.hpp"

namespace hotline::app {

/// One notice to one address: delivered at least once, tried again with growing pauses, given up after a time.
struct Delivery {
  std::int64_t id = 0;      ///< given by the store
  std::int64_t outbox = 0;  ///< the entry it came of
  WorkOrderId order;        ///< none: of an appointment without one
  std::uint64_t appointment = 0;
  std::string to;       ///< agent:ID, partner:CODE, customer
  std::string channel;  ///< mail, web_push, partner_push
  std::string address;  ///< mail address, id of a push subscription; empty: as the partner is configured
  std::string kind;
  std::string body = "{}";  ///< JSON object
  TimePoint at{};
  std::int64_t tries = 0;
  std::string state = "waiting";  ///< waiting, delivered, failed
  std::optional<TimePoint> settled_at{};
  std::string trouble{};  ///< why it did not arrive last time; nothing secret
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

/// What became of an attempt: delivered, to be tried `again`, or failed for good.
struct DeliveryOutcome {
  bool delivered = false;
  std::optional<TimePoint> again{};
  std::string trouble{};
};

struct PushSubscription {
  std::int64_t id = 0;
  AgentId agent;
  std::string endpoint;      ///< https URL of the browser's push service; knowing it is being allowed to push
  std::string p256dh, auth;  ///< base64url (RFC 8291 section 3.1)
  TimePoint made_at{};
  friend bool operator==(const PushSubscription&, const PushSubscription&) = default;
};

struct PartnerAccount {
  std::int64_t id = 0;
  std::string partner, username, name, password_hash;
  bool enabled = true;
  TimePoint made_at{};
  friend bool operator==(const PartnerAccount&, const PartnerAccount&) = default;
};
struct PartnerSession {
  std::string token_hash;
  std::int64_t account = 0;
  std::string csrf_token;
  TimePoint seen_at{}, expires_at{};
  friend bool operator==(const PartnerSession&, const PartnerSession&) = default;
};
struct PartnerKey {
  std::int64_t id = 0;
  std::string partner, name, key_hash;
  TimePoint made_at{};
  friend bool operator==(const PartnerKey&, const PartnerKey&) = default;
};

inline constexpr std::size_t kPushSubscriptionsMost = 10;  ///< of one person; the oldest gives way

class OutsideStore {
 public:
  virtual ~OutsideStore() = default;

  /// Entries of the outbox that nobody has spread yet, oldest first; this caller's until `until`.
  virtual std::vector<OutboxEntry> claim_outbox(TimePoint now, TimePoint until, std::uint32_t limit) = 0;
  /// The entry is done, and these are to be delivered, in one commit. Again for the same entry: nothing happens.
  virtual void spread(std::int64_t outbox, const std::vector<Delivery>& deliveries, TimePoint now) = 0;
  /// Deliveries of a channel that are due and nobody else has; this caller's until `until`.
  virtual std::vector<Delivery> claim_deliveries(const std::string& channel, TimePoint now, TimePoint until,
                                                 std::uint32_t limit) = 0;
  virtual void settle_delivery(std::int64_t id, const DeliveryOutcome& outcome, TimePoint now) = 0;
  virtual std::vector<Delivery> deliveries_of(WorkOrderId order) = 0;  ///< oldest first, at most 200
  /// Newest first; `state` empty: all.
  virtual std::vector<Delivery> deliveries_to(const std::string& to, const std::string& state, std::uint32_t limit) = 0;
  /// Settled before `before` and not wanted any more: at most `limit` go. Returns how many went.
  virtual std::uint32_t forget_deliveries(TimePoint before, std::uint32_t limit) = 0;
  /// Outbox entries to somebody, oldest first after `after`: what a partner fetches.
  virtual std::vector<OutboxEntry> entries_to(const std::string& to, std::int64_t after, std::uint32_t limit) = 0;

  /// What a matter's partner was told of it, oldest first, at most 200.
  virtual std::vector<OutboxEntry> entries_of_matter(WorkOrderId order) = 0;

  virtual std::string mail_of(AgentId agent) = 0;  ///< empty: none
  virtual void set_mail(AgentId agent, const std::string& mail) = 0;
  virtual std::vector<PushSubscription> subscriptions_of(AgentId agent) = 0;
  virtual std::optional<PushSubscription> subscription(std::int64_t id) = 0;
  /// The endpoint's, whoever had it before.
  virtual void save_subscription(const PushSubscription& subscription) = 0;
  virtual void drop_subscription(const std::string& endpoint) = 0;

  virtual std::vector<PartnerAccount> partner_accounts(const std::string& partner) = 0;
  virtual std::optional<PartnerAccount> partner_account(const std::string& username) = 0;
  virtual std::optional<PartnerAccount> partner_account_of(std::int64_t id) = 0;
  /// By user name: new, or with a new name, password hash and state. False: the user name is another partner's.
  virtual bool save_partner_account(const PartnerAccount& account) = 0;
  virtual std::optional<PartnerSession> partner_session(const std::string& token_hash) = 0;
  /// Expired ones go.
  virtual void save_partner_session(const PartnerSession& session, TimePoint now) = 0;
  virtual void drop_partner_session(const std::string& token_hash) = 0;
  virtual std::vector<PartnerKey> partner_keys(const std::string& partner) = 0;
  virtual std::optional<PartnerKey> partner_key(const std::string& key_hash) = 0;
  virtual void add_partner_key(const PartnerKey& key) = 0;
  virtual void drop_partner_key(const std::string& partner, std::int64_t id) = 0;
  /// The order a partner's own number was taken for.
  virtual std::optional<WorkOrderId> matter(const std::string& partner, const std::string& reference) = 0;
};

}  // namespace hotline::app
