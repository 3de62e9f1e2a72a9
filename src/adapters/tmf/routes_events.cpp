// SPDX-License-Identifier: Apache-2.0
// Listeners, and topics with their events (TMF688). Events tell of everybody's matters: supervisors and admins only.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/tmf/impl.hpp"

namespace hotline::tmf {
namespace {

constexpr const char* listen = "listen to events";

bool is_own(const std::string& topic) {
  const auto& own = own_topics();
  return std::find(own.begin(), own.end(), topic) != own.end();
}

Object own_topic(const std::string& id) {
  return {{"@type", "Topic"}, {"id", id}, {"href", fmt::format("{}/{}", topic_path, id)}, {"name", id}};
}

Object hub_object(const app::TmfHub& hub, bool whole) {
  Object out{{"id", std::to_string(hub.id)}, {"callback", hub.callback}};
  put(out, "query", hub.query);
  if (!whole) return out;
  // How it goes, for whoever looks after it.
  out["@type"] = "Hub";
  out["failedAttempts"] = hub.tries;
  put(out, "lastTrouble", hub.trouble);
  return out;
}

std::int64_t number_in(const Asking& asking, const char* param) {
  const auto id = asking.request.id_param(param).value_or(0);
  return id >> 63U ? 0 : static_cast<std::int64_t>(id);
}

}  // namespace

Answered TmfApi::Impl::add_hub(const Asking& asking, const std::string& topic, const std::string& path, bool whole) {
  if (auto refusal = supervisors_only(asking, listen)) return fail(*std::move(refusal));
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const auto url = text_in(*body, "callback", 1'000), query = text_in(*body, "query", 1'000);
  if (!url) return fail(url.error());
  if (!query) return fail(query.error());
  const auto callback = callback_of(*url);
  if (!callback) return fail(callback.error());
  if (!is_allowed(*callback, config.hub.callback_hosts))
    return fail(Refusal{403, "callback_host",
                        fmt::format("Events are not sent to {}; its host has to be in the configuration, [tmf] "
                                    "callback_hosts.",
                                    callback->host),
                        "callback"});
  if (auto filter = EventFilter::of(*query); !filter) return fail(filter.error());
  const auto all = stores.tmf.hubs({});
  if (std::any_of(all.begin(), all.end(), [&](const app::TmfHub& one) {
        return one.topic == topic && one.callback == *url && one.query == *query;
      }))
    return fail(Refusal{409, "exists", "This callback listens here already.", "callback"});
  if (all.size() >= config.hubs_most)
    return fail(Refusal{409, "too_many", fmt::format("There are {} listeners already.", all.size())});
  app::TmfHub hub_row{0, topic, *url, *query, asking.base_url, asking.agent.id, asking.now, 0, asking.now, {}};
  hub_row.id = stores.tmf.add_hub(hub_row);
  stores.store.write_and_wait({app::AddAudit{
      {asking.now, asking.agent.id, "tmf_hub.add", std::to_string(hub_row.id), asking.request.remote_address, "{}"}}});
  Answer answer{201, hub_object(hub_row, whole)};
  answer.headers.emplace_back("Location", fmt::format("{}/{}", path, hub_row.id));
  return answer;
}

Answered TmfApi::Impl::drop_hub(const Asking& asking, const std::string& topic) {
  if (auto refusal = supervisors_only(asking, listen)) return fail(*std::move(refusal));
  const auto found = stores.tmf.hub(number_in(asking, "id"));
  if (!found || found->topic != topic || !stores.tmf.drop_hub(found->id)) return fail(not_found("listener"));
  stores.store.write_and_wait({app::AddAudit{
      {asking.now, asking.agent.id, "tmf_hub.drop", std::to_string(found->id), asking.request.remote_address, "{}"}}});
  return Answer{204, nullptr};
}

void TmfApi::Impl::hub_routes(http::Router& router, const std::string& path, const std::string& topic) {
  const std::string hubs = path + "/hub";
  on(router, "POST", hubs, [this, topic, hubs](const Asking& a) { return add_hub(a, topic, hubs, false); });
  on(router, "DELETE", hubs + "/{id}", [this, topic](const Asking& a) { return drop_hub(a, topic); });
}

Result<std::string, Refusal> TmfApi::Impl::topic_in(const Asking& asking, const char* param) {
  std::string id(asking.request.param(param));
  if (is_own(id)) return id;
  const auto number = id_from(id);
  if (!number || !stores.tmf.resource("topic", *number)) return fail(not_found("topic"));
  return id;
}

Answered TmfApi::Impl::create_topic(const Asking& asking) {
  if (auto refusal = supervisors_only(asking, "make topics")) return fail(*std::move(refusal));
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const auto name = text_in(*body, "name", 100), header = text_in(*body, "headerQuery", 1'000),
             content = text_in(*body, "contentQuery", 1'000);
  for (const auto* one : {&name, &header, &content})
    if (!*one) return fail(one->error());
  if (name->empty()) return fail(bad_value("name", "1 to 100 bytes"));
  if (stores.tmf.resources("topic", {0, 1}).total >= config.topics_most)
    return fail(Refusal{409, "too_many", fmt::format("There are {} topics already.", config.topics_most)});
  const std::uint64_t id = next_id();
  Object out{
      {"@type", "Topic"}, {"id", std::to_string(id)}, {"href", fmt::format("{}/{}", topic_path, id)}, {"name", *name}};
  put(out, "headerQuery", *header);
  put(out, "contentQuery", *content);
  const app::TmfResource resource{"topic", id, asking.now, boost::json::serialize(out)};
  if (const auto filter = topic_filter(resource); !filter) return fail(filter.error());
  stores.tmf.put_resource(resource, asking.now);
  return made(std::move(out));
}

Answered TmfApi::Impl::publish(const Asking& asking) {
  if (auto refusal = supervisors_only(asking, "publish events")) return fail(*std::move(refusal));
  const auto topic = topic_in(asking, "topicId");
  if (!topic) return fail(topic.error());
  if (is_own(*topic))
    return fail(
        Refusal{403, "own_topic", "In this topic the hotline itself tells what happened; make one of your own."});
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const auto type = text_in(*body, "eventType", 100), description = text_in(*body, "description", 2'000);
  if (!type) return fail(type.error());
  if (!description) return fail(description.error());
  const bool is_name =
      !type->empty() && std::all_of(type->begin(), type->end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  if (!is_name) return fail(bad_value("eventType", "a name of letters and digits: listeners get it below /listener/"));
  const auto at = date_in(*body, "eventTime");
  if (!at) return fail(at.error());
  const auto payload = object_in(*body, "event");
  if (!payload) return fail(payload.error());
  Object event{{"eventType", *type},
               {"eventTime", date_time(at->value_or(asking.now))},
               {"domain", "hotline"},
               {"event", *payload == nullptr ? Object{} : **payload},
               {"reportingSystem", Object{{"id", asking.agent.id.to_string()}, {"name", asking.agent.name}}}};
  put(event, "description", *description);
  app::TmfDraft draft{{0, *type, asking.now, boost::json::serialize(event)}, {*topic}, {}};
  for (const Listener& listener : listeners(stores.tmf))
    if (listener.topic == *topic && listener.filter.wants(event)) draft.hubs.push_back(listener.id);
  draft.event.id = stores.tmf.publish_now(draft);
  Answer answer{201, event_of(draft.event)};
  answer.headers.emplace_back("Location", fmt::format("{}/{}/event/{}", topic_path, *topic, draft.event.id));
  return answer;
}

void TmfApi::Impl::event_routes(http::Router& router) {
  const std::string topics = topic_path, topic = topics + "/{id}", events = topics + "/{topicId}/event",
                    hubs = topics + "/{topicId}/hub";
  on(router, "GET", topics, [this](const Asking& a) -> Answered {
    const auto page = paging_of(a.request);
    if (!page) return fail(page.error());
    if (auto filters = Filters::of(a.request, {}, {}); !filters) return fail(filters.error());
    Array all;
    for (const std::string& id : own_topics()) all.push_back(own_topic(id));
    for (const app::TmfResource& one : stores.tmf.resources("topic", {0, 200}).rows) all.push_back(document_of(one));
    const Fields fields = Fields::of(a.request);
    Array list;
    for (std::size_t i = page->offset; i < all.size() && list.size() < page->limit; ++i) {
      fields.keep(all[i].get_object(), {});
      list.push_back(std::move(all[i]));
    }
    return page_of(std::move(list), static_cast<std::uint32_t>(all.size()));
  });
  on(router, "POST", topics, [this](const Asking& a) { return create_topic(a); });
  on(router, "GET", topic, [this](const Asking& a) -> Answered {
    const std::string id(a.request.param("id"));
    Object whole;
    if (is_own(id)) {
      whole = own_topic(id);
    } else {
      const auto found = find_resource(a, "topic");
      if (!found) return fail(found.error());
      whole = document_of(*found);
    }
    Fields::of(a.request).keep(whole, {});
    return Answer{200, std::move(whole)};
  });
  on(router, "DELETE", topic, [this](const Asking& a) -> Answered {
    if (auto refusal = supervisors_only(a, "take topics away")) return fail(*std::move(refusal));
    const std::string id(a.request.param("id"));
    if (is_own(id)) return fail(Refusal{403, "own_topic", "This topic is the hotline's own."});
    for (const app::TmfHub& one : stores.tmf.hubs(id)) (void)stores.tmf.drop_hub(one.id);
    if (!stores.tmf.drop_resource("topic", id_from(id).value_or(0), a.now)) return fail(not_found("topic"));
    return Answer{204, nullptr};
  });

  on(router, "GET", events, [this](const Asking& a) -> Answered {
    if (auto refusal = supervisors_only(a, "read events")) return fail(*std::move(refusal));
    const auto id = topic_in(a, "topicId");
    if (!id) return fail(id.error());
    const auto page = paging_of(a.request);
    if (!page) return fail(page.error());
    if (auto filters = Filters::of(a.request, {}, {}); !filters) return fail(filters.error());
    const auto found = stores.tmf.events(*id, *page);
    const Fields fields = Fields::of(a.request);
    Array list;
    for (const app::TmfEvent& event : found.rows) {
      Object one = event_of(event);
      fields.keep(one, {"eventId", "eventType"});
      list.push_back(std::move(one));
    }
    return page_of(std::move(list), found.total);
  });
  on(router, "POST", events, [this](const Asking& a) { return publish(a); });
  on(router, "GET", events + "/{id}", [this](const Asking& a) -> Answered {
    if (auto refusal = supervisors_only(a, "read events")) return fail(*std::move(refusal));
    const auto id = topic_in(a, "topicId");
    if (!id) return fail(id.error());
    const auto found = stores.tmf.event(*id, number_in(a, "id"));
    if (!found) return fail(not_found("event"));
    Object whole = event_of(*found);
    Fields::of(a.request).keep(whole, {"eventId", "eventType"});
    return Answer{200, std::move(whole)};
  });

  on(router, "GET", hubs, [this](const Asking& a) -> Answered {
    if (auto refusal = supervisors_only(a, listen)) return fail(*std::move(refusal));
    const auto id = topic_in(a, "topicId");
    if (!id) return fail(id.error());
    const auto page = paging_of(a.request);
    if (!page) return fail(page.error());
    if (auto filters = Filters::of(a.request, {}, {}); !filters) return fail(filters.error());
    const auto all = stores.tmf.hubs(*id);
    const Fields fields = Fields::of(a.request);
    Array list;
    for (std::size_t i = page->offset; i < all.size() && list.size() < page->limit; ++i) {
      Object one = hub_object(all[i], true);
      fields.keep(one, {"callback"});
      list.push_back(std::move(one));
    }
    return page_of(std::move(list), static_cast<std::uint32_t>(all.size()));
  });
  on(router, "POST", hubs, [this](const Asking& a) -> Answered {
    const auto id = topic_in(a, "topicId");
    if (!id) return fail(id.error());
    return add_hub(a, *id, fmt::format("{}/{}/hub", topic_path, *id), true);
  });
  on(router, "GET", hubs + "/{id}", [this](const Asking& a) -> Answered {
    if (auto refusal = supervisors_only(a, listen)) return fail(*std::move(refusal));
    const auto found = stores.tmf.hub(number_in(a, "id"));
    if (!found || found->topic != a.request.param("topicId")) return fail(not_found("listener"));
    Object whole = hub_object(*found, true);
    Fields::of(a.request).keep(whole, {"callback"});
    return Answer{200, std::move(whole)};
  });
  on(router, "DELETE", hubs + "/{id}",
     [this](const Asking& a) { return drop_hub(a, std::string(a.request.param("topicId"))); });
  hub_routes(router, "/tmf-api/event/v4", "topic");
}

}  // namespace hotline::tmf
