// SPDX-License-Identifier: Apache-2.0
// Goal: dates, pages, filters, listeners' queries and callbacks are read as they are meant, and what a stranger slips
// into them is refused.
#include "adapters/tmf/query.hpp"

#include <gmock/gmock.h>

#include "adapters/tmf/events.hpp"
#include "adapters/tmf/hub.hpp"

namespace hotline::tmf {
namespace {

using testing::HasSubstr;

http::Request asked(http::Pairs query) {
  http::Request request;
  request.query_params = std::move(query);
  return request;
}

TEST(TmfDate, IsReadWithAnyOffset) {
  const TimePoint at = from_unix_ms(1'795'411'801'250);
  EXPECT_EQ(date_time(at), "2026-11-23T05:30:01.250Z");
  for (const char* text :
       {"2026-11-23T05:30:01.25Z", "2026-11-23T13:30:01.250+08:00", "2026-11-22t23:30:01.2501-06:00"})
    EXPECT_EQ(date_time_from(text), at) << text;
  EXPECT_EQ(date_time_from("2026-11-23"), from_unix_ms(1'795'392'000'000));
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-11-23T25:00:00Z", "2026-11-23T05:30:01", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00", "2026-11-23T05:30:01.Z", "2026-11-23T05:30:01Zx", "-2026-11-23",
        "2026-11-23T05:30:01+8:00", "9999-12-31T23:59:59-01:00"})
    EXPECT_FALSE(date_time_from(text)) << text;
}

TEST(TmfPaging, HasBounds) {
  EXPECT_EQ(paging_of(asked({}))->limit, 50u);
  EXPECT_EQ(paging_of(asked({{"offset", "7"}, {"limit", "200"}}))->offset, 7u);
  for (const auto& [name, value] : http::Pairs{{"limit", "0"},
                                               {"limit", "201"},
                                               {"limit", "x"},
                                               {"limit", ""},
                                               {"offset", "-1"},
                                               {"offset", "100001"},
                                               {"offset", "1.5"}})
    EXPECT_EQ(paging_of(asked({{name, value}})).error().field, name) << value;
}

TEST(TmfFields, KeepWhatIsAskedForAndWhatMustBeThere) {
  Object object{{"id", "1"}, {"href", "/x"}, {"status", "closed"}, {"note", Array{}}, {"validFor", Object{}}};
  Object some = object;
  Fields::of(asked({{"fields", "status,relatedParty.name"}})).keep(some, {"validFor"});
  EXPECT_EQ(boost::json::serialize(some), R"({"id":"1","href":"/x","status":"closed","validFor":{}})");
  Object all = object;
  Fields::of(asked({})).keep(all, {});
  EXPECT_EQ(all, object);
}

TEST(TmfFilters, AreThoseOfTheList) {
  const auto of = [](http::Pairs query) {
    return Filters::of(asked(std::move(query)), {"status", "id"}, {"creationDate"});
  };
  const auto filters = of({{"status", "closed"},
                           {"offset", "5"},
                           {"creationDate.gte", "2026-11-23"},
                           {"creationDate.lt", "2026-11-24T00:00:00Z"}});
  ASSERT_TRUE(filters);
  EXPECT_EQ(*filters->text("status"), "closed");
  EXPECT_EQ(filters->span("creationDate")->to, from_unix_ms(1'795'478'400'000));
  EXPECT_EQ(of({{"creationDate", "2026-11-23"}})->span("creationDate")->to, from_unix_ms(1'795'478'400'000));
  EXPECT_EQ(of({{"creationDate.gt", "2026-11-23T00:00:00Z"}})->span("creationDate")->from,
            from_unix_ms(1'795'392'000'001));
  for (const auto& [name, value] : http::Pairs{{"colour", "red"},
                                               {"creationDate.near", "x"},
                                               {"status.gt", "x"},
                                               {"status", ""},
                                               {"status", std::string(201, 'x')}})
    EXPECT_EQ(of({{name, value}}).error().field, name);
  EXPECT_EQ(of({{"status", "a"}, {"status", "b"}}).error().field, "status");
  EXPECT_EQ(of({{"creationDate.lt", "soon"}})->span("creationDate").error().field, "creationDate.lt");
  EXPECT_EQ(of({{"id", "7"}})->id<WorkOrderId>("id"), WorkOrderId{7});
  EXPECT_EQ(of({})->id<WorkOrderId>("id"), std::nullopt);
  EXPECT_EQ(of({{"id", "18446744073709551615"}})->id<WorkOrderId>("id"), of({{"id", "seven"}})->id<WorkOrderId>("id"));
}

TEST(TmfEventFilter, LooksAtHeaderAndContent) {
  const Object event{
      {"eventType", "TroubleTicketStatusChangeEvent"},
      {"event", Object{{"troubleTicket", Object{{"status", "closed"},
                                                {"relatedParty", Array{Object{{"id", "7"}}, Object{{"id", "8"}}}}}}}}};
  for (const char* query :
       {"", "?", "eventType=TroubleTicketStatusChangeEvent", "eventType=X,TroubleTicketStatusChangeEvent",
        "eventType=X&eventType=TroubleTicketStatusChangeEvent",
        "event.troubleTicket.status=closed&event.troubleTicket.relatedParty.id=8"})
    EXPECT_TRUE(EventFilter::of(query)->wants(event)) << query;
  for (const char* query :
       {"eventType=X", "event.troubleTicket.status=open", "event.nothing.at.all=1", "event=1", "eventType.x=1",
        "eventType=TroubleTicketStatusChangeEvent&event.troubleTicket.status=open"})
    EXPECT_FALSE(EventFilter::of(query)->wants(event)) << query;
  for (const std::string& query : {std::string("eventType"), std::string("=x"), std::string("a b=c"), std::string("a="),
                                   std::string("a=b&") + std::string(1000, 'x')})
    EXPECT_EQ(EventFilter::of(query).error().field, "query") << query;
}

TEST(TmfCallback, IsAnAddressAndNothingElse) {
  const auto plain = callback_of("http://Listener.example.com:8080/tmf/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "listener.example.com");
  EXPECT_EQ(plain->address_for("TroubleTicketCreateEvent"),
            "http://listener.example.com:8080/tmf/listener/troubleTicketCreateEvent");
  EXPECT_EQ(callback_of("https://a/listener")->address_for("XEvent"), "https://a:443/listener/xEvent");
  EXPECT_EQ(callback_of("http://[::1]:81")->port, 81);
  for (const char* url : {"",
                          "listener.example.com",
                          "ftp://a/b",
                          "file:///etc/passwd",
                          "http://",
                          "http:///x",
                          "http://user@a/",
                          "http://user:x@a/",
                          "http://a:0/",
                          "http://a:65536/",
                          "http://a:x/",
                          "http://a b/",
                          "http://a/b?c=d",
                          "http://a/b#c",
                          "http://a\\@b/",
                          "http://[::1",
                          "http://a/\r\nX: y",
                          "gopher://a",
                          "HTTP//a",
                          "http://a:80:90/"})
    EXPECT_FALSE(callback_of(url)) << url;
}

TEST(TmfCallback, OnlyConfiguredHostsAreCalled) {
  const std::vector<std::string> allowed{"listener.example.com", "10.0.0.5:8080", "*.partner.example"};
  for (const char* url : {"http://listener.example.com/x", "https://LISTENER.example.com:99", "http://10.0.0.5:8080",
                          "https://a.b.partner.example"})
    EXPECT_TRUE(is_allowed(*callback_of(url), allowed)) << url;
  for (const char* url :
       {"http://example.com", "http://10.0.0.5", "http://169.254.169.254/", "http://localhost",
        "https://partner.example", "https://evilpartner.example", "http://listener.example.com.evil.org"})
    EXPECT_FALSE(is_allowed(*callback_of(url), allowed)) << url;
  EXPECT_FALSE(is_allowed(*callback_of("http://localhost"), {}));
}

TEST(TmfHub, PausesGrowToTheirMost) {
  EXPECT_EQ(pause_after(0, Duration{300'000}), Duration{1'000});
  EXPECT_EQ(pause_after(3, Duration{300'000}), Duration{8'000});
  EXPECT_EQ(pause_after(1'000'000, Duration{300'000}), Duration{300'000});
}

TEST(TmfEvents, GoToTheirTopicsAndListeners) {
  const Happening happening{
      "troubleTicket", "TroubleTicketCreateEvent", from_unix_ms(5),
      envelope("TroubleTicketCreateEvent", from_unix_ms(5), "troubleTicket", {{"id", "7"}, {"severity", "Critical"}})};
  std::vector<TopicFilter> topics{
      *topic_filter({"topic", 11, {}, R"({"contentQuery":"troubleTicket.severity=Critical"})"}),
      *topic_filter({"topic", 12, {}, R"({"headerQuery":"eventType=WorkOrderCreateEvent"})"})};
  std::vector<Listener> listeners{{1, "troubleTicket", *EventFilter::of("")},
                                  {2, "workOrder", *EventFilter::of("")},
                                  {3, "11", *EventFilter::of("")},
                                  {4, "troubleTicket", *EventFilter::of("eventType=Other")},
                                  {5, "12", *EventFilter::of("")}};
  const app::TmfDraft draft = draft_of(happening, topics, listeners);
  EXPECT_THAT(draft.topics, testing::ElementsAre("troubleTicket", "11"));
  EXPECT_THAT(draft.hubs, testing::ElementsAre(1, 3));
  EXPECT_THAT(draft.event.body, HasSubstr(R"("correlationId":"7")"));
  EXPECT_FALSE(topic_filter({"topic", 13, {}, R"({"contentQuery":"broken"})"}));
}

TEST(TmfEvents, OfAnOrdersHistory) {
  workorder::Event event;
  event.kind = workorder::Action::create;
  const auto types = [&](const char* before, const char* after, OrderKind kind = OrderKind::ticket) {
    std::vector<std::string> names;
    for (const Happening& one : order_happenings(kind, before, event, after, {{"id", "7"}})) names.push_back(one.type);
    return names;
  };
  EXPECT_THAT(types("", "acknowledged"), testing::ElementsAre("TroubleTicketCreateEvent"));
  event.kind = workorder::Action::reply;
  EXPECT_THAT(types("inProgress", "resolved"),
              testing::ElementsAre("TroubleTicketStatusChangeEvent", "TroubleTicketResolvedEvent"));
  EXPECT_THAT(types("inProgress", "completed", OrderKind::work), testing::ElementsAre("WorkOrderStateChangeEvent"));
  event.kind = workorder::Action::wait;
  EXPECT_THAT(types("inProgress", "pending"),
              testing::ElementsAre("TroubleTicketStatusChangeEvent", "TroubleTicketInformationRequiredEvent"));
  event.kind = workorder::Action::set_fields;
  EXPECT_THAT(types("inProgress", "inProgress"), testing::ElementsAre("TroubleTicketAttributeValueChangeEvent"));
  EXPECT_EQ(order_happenings(OrderKind::ticket, "a", event, "a", {}).front().body.at("fieldPath"),
            "troubleTicketCharacteristic");
  event.kind = workorder::Action::escalate;
  EXPECT_THAT(types("inProgress", "inProgress"), testing::IsEmpty());
}

TEST(TmfEvents, OfAppointmentsAndContacts) {
  const auto type = [](const char* kind, const char* was, const char* is_now) {
    const auto all = happenings({0, kind, 7, 0, {}, was, is_now}, {{"id", "7"}});
    return all.size() == 1 ? all.front().type : std::to_string(all.size());
  };
  EXPECT_EQ(type("appointment", "", "held"), "AppointmentCreateEvent");
  EXPECT_EQ(type("appointment", "held", "booked"), "AppointmentStateChangeEvent");
  EXPECT_EQ(type("appointment", "booked", "booked"), "AppointmentAttributeValueChangeEvent");
  EXPECT_EQ(type("appointment", "booked", "on_site"), "AppointmentAttributeValueChangeEvent");
  EXPECT_EQ(type("contact", "live", "abandoned"), "PartyInteractionStatusChangeEvent");
  EXPECT_EQ(type("contact", "answered", "answered"), "PartyInteractionAttributeValueChangeEvent");
  EXPECT_EQ(type("searchTimeSlot", "{}", ""), "SearchTimeSlotDeleteEvent");
  EXPECT_EQ(type("searchTimeSlot", R"({"status":"done"})", R"({"status":"done","a":1})"),
            "SearchTimeSlotAttributeValueChangeEvent");
  EXPECT_EQ(type("searchTimeSlot", R"({"status":"done"})", R"({"status":"rejected"})"),
            "SearchTimeSlotStateChangeEvent");
  EXPECT_EQ(type("topic", "", "{}"), "TopicCreateEvent");
  EXPECT_EQ(type("moon", "", "full"), "0");
}

}  // namespace
}  // namespace hotline::tmf
