// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/hub.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "adapters/http/http_client.hpp"
#include "app/orders/order_text.hpp"

namespace hotline::tmf {
namespace {

constexpr Duration look_every{200};
constexpr std::uint32_t changes_most = 100, deliveries_most = 50;
constexpr Duration lease_more{5'000}, clean_every{600'000}, first_pause{1'000};

Object body_of(const app::TmfResource& resource) {
  boost::system::error_code ec;
  Value body = boost::json::parse(resource.body, ec);
  return !ec && body.is_object() ? std::move(body.get_object()) : Object{};
}

std::string crew_name(app::AppointmentDesk& desk, appointment::CrewId id) {
  for (const app::CrewRow& row : desk.store().crews())
    if (row.crew.id == id) return row.crew.name;
  return {};
}

}  // namespace

Duration pause_after(std::int64_t tries, Duration most) {
  return std::min(most, first_pause * (std::int64_t{1} << std::clamp<std::int64_t>(tries, 0, 20)));
}

std::vector<TopicFilter> topic_filters(app::TmfStore& store) {
  std::vector<TopicFilter> out;
  for (const app::TmfResource& topic : store.resources("topic", {0, 200}).rows)
    if (auto filter = topic_filter(topic)) out.push_back(*std::move(filter));
  return out;
}

std::vector<Listener> listeners(app::TmfStore& store) {
  std::vector<Listener> out;
  for (const app::TmfHub& hub : store.hubs({}))
    if (auto filter = EventFilter::of(hub.query)) out.push_back({hub.id, hub.topic, *std::move(filter)});
  return out;
}

Hub::Hub(HubConfig config, OrderKinds kinds, Stores stores, const runtime::Clock& clock)
    : config_(std::move(config)), kinds_(std::move(kinds)), stores_(stores), clock_(clock) {
  const auto periodic = [&](std::string name, runtime::Periodic::Work work) {
    return std::make_unique<runtime::Periodic>(runtime::Periodic::Config{name, look_every}, clock_, std::move(work),
                                               [name](const std::string& what) { spdlog::warn("{}: {}", name, what); });
  };
  maker_ = periodic("tmf-events", [this](TimePoint now) { return make_events(now); });
  for (unsigned i = 0; i < config_.senders; ++i)
    senders_.push_back(periodic(fmt::format("tmf-send-{}", i + 1), [this](TimePoint now) { return deliver(now); }));
}

Hub::~Hub() {
  stop_.store(true);
}

std::vector<Happening> Hub::order_changed(const app::TmfChange& change) {
  const auto record = stores_.orders.find(WorkOrderId{change.object});
  if (!record) return {};
  const auto type = stores_.orders.types().find(record->order.type);
  if (type == stores_.orders.types().end()) return {};
  const OrderKind kind = kinds_.of(type->first);
  // The order as it was after this very line, whatever came later.
  workorder::Order order;
  std::string before;
  for (const workorder::SealedEvent& line : stores_.orders.store().history(record->order.id)) {
    const auto event = app::read_event(line);
    if (!event) return {};
    before = event->seq == 1 ? "" : status_of(kind, type->second, order);
    apply(order, *event);
    if (event->seq < change.seq) continue;
    app::OrderRow row = record->row;
    if (event->seq != record->order.version) row.due_at.reset();
    const OrderView view{type->second, row, order};
    return order_happenings(kind, before, *event, status_of(kind, type->second, order), order_of(kind, view));
  }
  return {};
}

std::vector<Happening> Hub::happenings_of(const app::TmfChange& change) {
  if (change.kind == "order") return order_changed(change);
  if (change.kind == "appointment") {
    const auto row = stores_.appointments.find(appointment::AppointmentId{change.object});
    if (!row) return {};
    return happenings(change,
                      appointment_of(*row, crew_name(stores_.appointments, row->state.visits.back().slot.crew)));
  }
  if (change.kind == "contact") {
    const auto contact = stores_.store.contact(ContactId{change.object});
    if (!contact) return {};
    return happenings(change, interaction_of({.contact = *contact}));
  }
  const std::string& body = change.is_now.empty() ? change.was : change.is_now;
  return happenings(change, body_of({change.kind, change.object, {}, body}));
}

bool Hub::make_events(TimePoint now) {
  if (now - cleaned_ >= clean_every) clean_up(now);
  const auto changes = stores_.tmf.changes(changes_most);
  if (changes.empty()) return false;
  // Read after the changes: whoever listened when one was made is in it.
  const auto topics = topic_filters(stores_.tmf);
  const auto listening = listeners(stores_.tmf);
  std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>> made;
  for (const app::TmfChange& change : changes) {
    std::vector<app::TmfDraft> drafts;
    for (const Happening& happening : happenings_of(change)) drafts.push_back(draft_of(happening, topics, listening));
    made.emplace_back(change, std::move(drafts));
  }
  stores_.tmf.publish(made);
  return changes.size() == changes_most;
}

bool Hub::deliver(TimePoint now) {
  const auto hub = stores_.tmf.claim_hub(now, now + 2 * config_.timeout + lease_more);
  if (!hub) return false;
  std::vector<std::int64_t> accepted;
  std::string trouble;
  const auto callback = callback_of(hub->callback);
  if (!callback || !is_allowed(*callback, config_.callback_hosts)) {
    trouble = "its host is not among [tmf] callback_hosts";
  } else {
    for (const app::TmfEvent& event : stores_.tmf.to_deliver(hub->id, deliveries_most)) {
      Value body = event_of(event);
      make_absolute(body, hub->base_url);
      http::ClientRequest request;
      request.url = callback->address_for(event.type);
      request.headers.add("Content-Type", "application/json;charset=utf-8");
      request.body = boost::json::serialize(body);
      request.ca_file = config_.callback_ca.string();
      request.plain_allowed = true;  // callback_hosts says where to
      request.timeout = config_.timeout;
      request.stop = &stop_;
      const auto answer = http::ask(request);
      if (!answer) trouble = answer.error().what;
      if (answer && (answer->status < 200 || answer->status > 299))
        trouble = fmt::format("answered {}", answer->status);
      if (!trouble.empty()) break;
      accepted.push_back(event.id);
      if (clock_.now() - now > config_.timeout) break;  // the lease holds for one more
    }
  }
  const std::int64_t failed = accepted.empty() ? hub->tries : 0;
  if (!trouble.empty() && failed == 0) spdlog::warn("events for {} wait: {}", hub->callback, trouble);
  const TimePoint then = clock_.now();
  stores_.tmf.settle_hub(hub->id, accepted, trouble.empty() ? then : then + pause_after(failed, config_.retry_most),
                         trouble);
  return !stop_.load();
}

void Hub::clean_up(TimePoint now) {
  cleaned_ = now;
  for (const app::TmfHub& hub : stores_.tmf.hubs_behind(now - config_.give_up_after)) {
    if (hub.trouble.empty()) continue;  // it is slow, and catches up
    if (!stores_.tmf.drop_hub(hub.id)) continue;
    spdlog::error("the listener {} of {} is dropped: it has accepted nothing for too long ({})", hub.callback,
                  hub.topic, hub.trouble);
    stores_.store.write_and_wait(
        {app::AddAudit{{now, std::nullopt, "tmf_hub.give_up", std::to_string(hub.id), hub.callback, "{}"}}});
  }
  stores_.tmf.forget(now - config_.events_kept, "searchTimeSlot", now - config_.searches_kept);
}

}  // namespace hotline::tmf
