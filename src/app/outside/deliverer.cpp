// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/outside/deliverer.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

#include "app/outside/address.hpp"
#include "app/outside/notice_text.hpp"

namespace hotline::app {
namespace {

constexpr std::size_t kTroubleMost = 300;

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::string after(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string();
}

std::string customers_mail(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (error || !value.is_object()) return {};
  const auto* mail = value.get_object().if_contains("mail");
  return mail != nullptr && mail->is_string() ? std::string(mail->get_string()) : std::string();
}

}  // namespace

Deliverer::Deliverer(OrderStore& orders, OutsideStore& outside, const OrderDesk* desk, const Partners& partners,
                     Supervisors supervisors, Notify notify, Config config)
    : orders_(orders),
      outside_(outside),
      desk_(desk),
      partners_(partners),
      supervisors_(std::move(supervisors)),
      notify_(std::move(notify)),
      config_(std::move(config)) {}

std::vector<AgentId> Deliverer::people_of(const std::string& to) const {
  if (to == "supervisors") return supervisors_();
  if (const std::string id = after(to, "agent:"); !id.empty())
    return {AgentId{static_cast<std::uint64_t>(number_of(id))}};
  std::vector<AgentId> people;
  if (const std::string code = after(to, "department:"); !code.empty() && desk_ != nullptr) {
    const auto organised = desk_->organisation();
    if (const workorder::Department* department = organised->departments.find(code))
      for (const workorder::Member& member : department->members)
        if (std::find(people.begin(), people.end(), member.agent) == people.end()) people.push_back(member.agent);
  }
  return people;
}

std::vector<Delivery> Deliverer::deliveries_of(const OutboxEntry& entry, const std::vector<AgentId>& people) {
  std::vector<Delivery> out;
  const auto add = [&](const std::string& to, const char* channel, std::string address) {
    Delivery one;
    one.outbox = entry.id;
    one.order = entry.order;
    one.appointment = entry.appointment;
    one.to = to;
    one.channel = channel;
    one.address = std::move(address);
    one.kind = entry.kind;
    one.body = entry.body;
    one.at = entry.at;
    out.push_back(std::move(one));
  };
  if (const std::string code = after(entry.to, "partner:"); !code.empty()) {
    const auto partner = partners_.find(code);
    if (partner == partners_.end()) return out;  // it fetches, or is no partner any more
    if (!partner->second.push_url.empty()) add(entry.to, "partner_push", "");
    if (!partner->second.mail.empty() && config_.mail) add(entry.to, "mail", partner->second.mail);
    return out;
  }
  if (entry.to == "customer") {
    const std::string mail = customers_mail(entry.body);
    if (config_.mail && is_mail_address(mail)) add(entry.to, "mail", mail);
    return out;
  }
  for (const AgentId person : people) {
    const std::string to = "agent:" + person.to_string();
    if (config_.mail)
      if (std::string mail = outside_.mail_of(person); !mail.empty()) add(to, "mail", std::move(mail));
    if (config_.web_push)
      for (const PushSubscription& subscription : outside_.subscriptions_of(person))
        add(to, "web_push", std::to_string(subscription.id));
  }
  return out;
}

std::size_t Deliverer::spread(TimePoint now, std::uint32_t limit) {
  const auto claimed = outside_.claim_outbox(now, now + config_.lease, limit);
  for (const OutboxEntry& entry : claimed) {
    const auto people = people_of(entry.to);
    outside_.spread(entry.id, deliveries_of(entry, people), now);
    if (notify_ && !people.empty()) notify_(people, entry);
  }
  return claimed.size();
}

Outgoing Deliverer::outgoing_of(const Delivery& delivery) {
  Outgoing out;
  out.delivery = delivery;
  std::optional<OrderRow> row;
  if (delivery.order) row = orders_.order(delivery.order);
  NoticeText text = notice_text(delivery, row ? &*row : nullptr, config_.language);
  out.title = std::move(text.title);
  out.text = std::move(text.text);
  out.path = delivery.order ? "/orders/" + delivery.order.to_string() : "/appointments";
  if (const std::string code = after(delivery.to, "partner:"); !code.empty()) {
    const auto partner = partners_.find(code);
    if (partner != partners_.end()) out.partner = &partner->second;
    OutboxEntry entry;
    entry.id = delivery.outbox;
    entry.kind = delivery.kind;
    entry.at = delivery.at;
    entry.body = delivery.body;
    out.feedback = feedback_text(entry, row ? &*row : nullptr);
  }
  if (delivery.channel == "web_push") out.subscription = outside_.subscription(number_of(delivery.address));
  return out;
}

DeliveryOutcome Deliverer::outcome_of(const Delivery& delivery, const Attempt& attempt, TimePoint now) const {
  DeliveryOutcome outcome;
  outcome.delivered = attempt.delivered;
  outcome.trouble = shortened(attempt.trouble, kTroubleMost);
  if (attempt.delivered || !attempt.again) return outcome;
  const Duration wished = std::min(attempt.retry_after.value_or(Duration{}), Duration{3'600'000});
  const TimePoint again = now + std::max(pause_after(delivery.tries, config_.retry_first), wished);
  if (again < delivery.at + config_.keep_trying) outcome.again = again;
  return outcome;
}

std::size_t Deliverer::deliver(const std::string& channel, TimePoint now, std::uint32_t limit, const Send& send) {
  const auto claimed = outside_.claim_deliveries(channel, now, now + config_.lease, limit);
  for (const Delivery& delivery : claimed) {
    const Outgoing outgoing = outgoing_of(delivery);
    Attempt attempt;
    if (channel == "web_push" && !outgoing.subscription)
      attempt.trouble = "the browser's subscription is no more";
    else if (channel == "partner_push" && (outgoing.partner == nullptr || outgoing.partner->push_url.empty()))
      attempt.trouble = "the partner is not configured to be sent anything any more";
    else
      attempt = send(outgoing, now);
    if (attempt.gone && outgoing.subscription) outside_.drop_subscription(outgoing.subscription->endpoint);
    outside_.settle_delivery(delivery.id, outcome_of(delivery, attempt, now), now);
  }
  return claimed.size();
}

std::size_t Deliverer::forget(TimePoint now, std::uint32_t limit) {
  return outside_.forget_deliveries(now - config_.keep, limit);
}

}  // namespace hotline::app
