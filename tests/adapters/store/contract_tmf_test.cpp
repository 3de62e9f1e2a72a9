// SPDX-License-Identifier: Apache-2.0
// The store's contract for the TM Forum APIs: changes are noted only while somebody listens, each becomes its events
// once, a delivery stays until it was accepted, and pages come with their totals.
#include <gmock/gmock.h>

#include "adapters/store/store.hpp"
#include "adapters/store/store_fixture.hpp"
#include "app/appointments/appointment_desk.hpp"
#include "app/ports/tmf.hpp"

namespace hotline::store::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StoreTmfTest : public StoreTest {
 protected:
  app::TmfStore& tmf() { return *tmf_of(store()); }
  std::int64_t listen(const std::string& topic, TimePoint since = at(0)) {
    return tmf().add_hub({0, topic, "http://a/" + topic, "", "https://h", AgentId{9}, since, 0, since, {}});
  }
  static app::OrderRow row(std::uint64_t id, const std::string& type, const std::string& state) {
    app::OrderRow out;
    out.id = WorkOrderId{id};
    out.type = type;
    out.state = state;
    out.title = "title";
    out.customer = CustomerId{id % 2 + 1};
    out.owner = AgentId{9};
    out.created_at = out.changed_at = at(static_cast<std::int64_t>(id));
    out.version = 1;
    out.document = "{}";
    return out;
  }
  void save(app::OrderRow row, std::vector<app::OrderPart> parts = {}) {
    app::OrderCommit commit;
    commit.now = at(0);
    app::OrderWrite write;
    write.row = std::move(row);
    write.number_prefix = "X";
    write.parts = std::move(parts);
    write.events = {{write.row.id, 1, write.row.created_at, AgentId{9}, "create", "{}", "hash"}};
    commit.writes.push_back(std::move(write));
    ASSERT_EQ(store().orders()->commit(commit).outcome, app::CommitOutcome::done);
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const app::TmfChange& change : tmf().changes(100))
      out.push_back(change.kind + ":" + std::to_string(change.object) + ":" + change.was + ">" + change.is_now);
    return out;
  }
  /// An event for these listeners, out of the oldest change.
  void make_event(const std::vector<std::int64_t>& hubs, TimePoint when = at(5)) {
    const auto changes = tmf().changes(1);
    ASSERT_EQ(changes.size(), 1u);
    tmf().publish({{changes.front(), {{{0, "XEvent", when, R"({"a":1})"}, {"t"}, hubs}}}});
  }
};

TEST_P(StoreTmfTest, ChangesAreNotedOnlyWhileSomebodyListens) {
  save(row(1, "complaint", "accepted"));
  store().write_and_wait({make_contact(50, 1)});
  EXPECT_THAT(kinds(), IsEmpty());
  listen("troubleTicket");
  save(row(2, "complaint", "accepted"));
  app::Contact contact = make_contact(51, 1);
  contact.outcome = "live";
  store().write_and_wait({contact});
  contact.outcome = "answered";
  store().write_and_wait({contact});
  store().write_and_wait({app::PutWrapUp{contact.id, "fault", "done", "note"}});
  tmf().put_resource({"topic", 7, at(1), R"({"id":"7"})"}, at(1));
  EXPECT_TRUE(tmf().drop_resource("topic", 7, at(2)));
  EXPECT_FALSE(tmf().drop_resource("topic", 7, at(2)));
  EXPECT_THAT(kinds(), ElementsAre("order:2:>", "contact:51:>live", "contact:51:live>answered",
                                   "contact:51:answered>answered", R"(topic:7:>{"id":"7"})", R"(topic:7:{"id":"7"}>)"));
  EXPECT_EQ(tmf().changes(1).front().seq, 1);
}

TEST_P(StoreTmfTest, AppointmentsAreNotedWithTheirStates) {
  app::AppointmentStore& appointments = *store().appointments();
  app::CrewRow crew{{appointment::CrewId{1}, "East", {"east"}, {}}, ""};
  for (int day = 0; day < 7; ++day) crew.crew.week[day] = {{600, 720, 2}};
  appointments.save_crew(crew);
  listen("appointment");
  app::AppointmentDesk desk(appointments, {{}, 1'700'000'000});
  app::AppointmentDetails details;
  details.need.area = "east";
  details.slot = {appointment::CrewId{1}, 20'516, 600};
  details.customer = CustomerId{5};
  const auto held = desk.hold({"", "f", {}, AgentId{9}}, details, at(0));
  ASSERT_TRUE(held);
  ASSERT_TRUE(desk.act(held->state.id, {"", "f", {}, AgentId{9}}, appointment::Book{}, at(1)));
  const std::string id = held->state.id.to_string();
  EXPECT_THAT(kinds(), ElementsAre("appointment:" + id + ":>held", "appointment:" + id + ":held>booked"));
  app::TmfAppointmentQuery query;
  query.states = {"booked", "on_site"};
  query.customer = CustomerId{5};
  query.begins.from = at(0);
  EXPECT_EQ(tmf().appointment_page(query).total, 1u);
  EXPECT_EQ(tmf().appointment_page(query).rows.front().state.id, held->state.id);
  query.states = {"held"};
  EXPECT_EQ(tmf().appointment_page(query).total, 0u);
}

TEST_P(StoreTmfTest, AChangeBecomesItsEventsOnceAndADeliveryStaysUntilItIsAccepted) {
  const auto first = listen("t"), second = listen("t");
  save(row(1, "complaint", "accepted"));
  const auto changes = tmf().changes(10);
  const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>> made{
      {changes.front(),
       {{{0, "AEvent", at(5), R"({"a":1})"}, {"t", "77"}, {first, second}},
        {{0, "BEvent", at(6), "{}"}, {"t"}, {first}}}}};
  tmf().publish(made);
  tmf().publish(made);  // by another core, which read the same
  EXPECT_THAT(kinds(), IsEmpty());
  EXPECT_EQ(tmf().events("t", {}).total, 2u);
  EXPECT_EQ(tmf().events("77", {}).rows.front().type, "AEvent");
  EXPECT_EQ(tmf().events("t", {0, 1}).rows.front().type, "BEvent");
  reopen();
  const auto claimed = tmf().claim_hub(at(10), at(100));
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->id, first);
  EXPECT_EQ(tmf().claim_hub(at(10), at(100))->id, second);
  EXPECT_FALSE(tmf().claim_hub(at(10), at(100))) << "both are somebody's";
  auto waiting = tmf().to_deliver(first, 10);
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].type, "AEvent");
  EXPECT_EQ(tmf().event("t", waiting[0].id)->body, R"({"a":1})");
  EXPECT_FALSE(tmf().event("other", waiting[0].id));
  tmf().settle_hub(first, {waiting[0].id}, at(30), "answered 500");
  EXPECT_EQ(tmf().hub(first)->tries, 1);
  EXPECT_EQ(tmf().hub(first)->trouble, "answered 500");
  EXPECT_FALSE(tmf().claim_hub(at(29), at(100)));
  ASSERT_TRUE(tmf().claim_hub(at(30), at(100)));
  tmf().settle_hub(first, {}, at(60), "answered 500");
  EXPECT_EQ(tmf().hub(first)->tries, 2);
  // Its lease ends with the core that had it.
  EXPECT_EQ(tmf().claim_hub(at(100), at(200))->id, first);
  EXPECT_EQ(tmf().claim_hub(at(100), at(200))->id, second);
  waiting = tmf().to_deliver(first, 10);
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].type, "BEvent");
  tmf().settle_hub(first, {waiting[0].id}, at(101), "");
  EXPECT_EQ(tmf().hub(first)->tries, 0);
  EXPECT_THAT(tmf().to_deliver(first, 10), IsEmpty());
  EXPECT_FALSE(tmf().claim_hub(at(150), at(300))) << "the one has nothing, the other is somebody's";
  EXPECT_TRUE(tmf().drop_hub(second));
  EXPECT_FALSE(tmf().drop_hub(second));
  EXPECT_THAT(tmf().to_deliver(second, 10), IsEmpty());
  EXPECT_EQ(tmf().hubs("t").size(), 1u);
  EXPECT_EQ(tmf().hubs("").size(), 1u);
}

TEST_P(StoreTmfTest, ForgetsWhatNobodyWaitsFor) {
  const auto hub = listen("t");
  save(row(1, "complaint", "accepted"));
  make_event({hub}, at(5));
  save(row(2, "complaint", "accepted"));
  make_event({}, at(6));
  tmf().put_resource({"searchTimeSlot", 1, at(1), "{}"}, at(1));
  tmf().put_resource({"searchTimeSlot", 2, at(50), "{}"}, at(50));
  tmf().put_resource({"searchTimeSlot", 2, at(50), R"({"b":2})"}, at(51));
  EXPECT_EQ(tmf().resources("searchTimeSlot", {}).total, 2u);
  EXPECT_EQ(tmf().resource("searchTimeSlot", 2)->body, R"({"b":2})");
  EXPECT_THAT(tmf().hubs_behind(at(5)), IsEmpty());
  ASSERT_EQ(tmf().hubs_behind(at(6)).size(), 1u);
  tmf().forget(at(100), "searchTimeSlot", at(50));
  EXPECT_EQ(tmf().events("t", {}).total, 1u) << "the one that waits for a listener stays";
  EXPECT_EQ(tmf().to_deliver(hub, 10).size(), 1u);
  EXPECT_EQ(tmf().resources("searchTimeSlot", {}).total, 1u);
  EXPECT_FALSE(tmf().resource("searchTimeSlot", 1));
  const auto now = tmf().publish_now({{0, "YEvent", at(200), "{}"}, {"mine"}, {hub}});
  EXPECT_EQ(tmf().event("mine", now)->type, "YEvent");
  EXPECT_EQ(tmf().to_deliver(hub, 10).size(), 2u);
}

TEST_P(StoreTmfTest, PagesOfOrders) {
  for (std::uint64_t id = 1; id <= 5; ++id) save(row(id, "complaint", "accepted"), {{"billing", true, false}});
  app::OrderRow waits = row(6, "complaint", "handling");
  waits.document = R"({"waiting_since":5,"parts":[{"state":"replied"}]})";
  waits.urgent = true;
  save(waits);
  app::OrderRow fault = row(7, "fault_report", "accepted");
  fault.document = R"({"text":"\"waiting_since\":"})";  // a customer's words are no state
  fault.owner = AgentId{8};
  save(fault);
  const auto found = [&](auto change) {
    app::TmfOrderQuery query;
    query.types = {"complaint", "fault_report"};
    change(query);
    const auto page = tmf().order_page(query);
    std::string out = std::to_string(page.total) + ":";
    for (const app::OrderRow& one : page.rows) out += " " + one.id.to_string();
    return out;
  };
  using Q = app::TmfOrderQuery;
  EXPECT_EQ(found([](Q&) {}), "7: 7 6 5 4 3 2 1");
  EXPECT_EQ(found([](Q& q) { q.page = {2, 3}; }), "7: 5 4 3");
  EXPECT_EQ(found([](Q& q) { q.page = {7, 3}; }), "7:");
  EXPECT_EQ(found([](Q& q) { q.types = {"fault_report"}; }), "1: 7");
  EXPECT_EQ(found([](Q& q) { q.types = {}; }), "0:");
  EXPECT_EQ(found([](Q& q) { q.customer = CustomerId{2}; }), "4: 7 5 3 1");
  EXPECT_EQ(found([](Q& q) { q.urgent = true; }), "1: 6");
  EXPECT_EQ(found([](Q& q) {
              q.department = "billing";
              q.page.limit = 2;
            }),
            "5: 5 4");
  EXPECT_EQ(found([](Q& q) { q.created = {at(2), at(4)}; }), "2: 3 2");
  EXPECT_EQ(found([](Q& q) { q.cases = std::vector<Q::Case>{{"complaint", "handling", true, {}}}; }), "1: 6");
  EXPECT_EQ(found([](Q& q) { q.cases = std::vector<Q::Case>{{"complaint", "handling", false, {}}}; }), "0:");
  EXPECT_EQ(
      found([](Q& q) {
        q.cases = std::vector<Q::Case>{{"complaint", "handling", {}, true}, {"fault_report", "accepted", false, false}};
      }),
      "2: 7 6");
  EXPECT_EQ(found([](Q& q) { q.cases = std::vector<Q::Case>{}; }), "0:");
  EXPECT_EQ(found([](Q& q) { q.visible = Q::Visible{{"billing"}, AgentId{8}}; }), "6: 7 5 4 3 2 1");
  EXPECT_EQ(found([](Q& q) { q.visible = Q::Visible{{}, AgentId{8}}; }), "1: 7");
  EXPECT_EQ(found([](Q& q) { q.id = WorkOrderId{4}; }), "1: 4");
}

TEST_P(StoreTmfTest, PagesOfContacts) {
  app::Contact live = make_contact(60, 3);
  live.outcome = "live";
  live.direction = "outbound";
  app::Contact other = make_contact(61, 2);
  other.customer = CustomerId{5};
  other.outcome = "answered";
  app::Contact oldest = make_contact(62, 1);
  oldest.outcome = "abandoned";
  app::ContactPart part;
  part.contact = other.id;
  part.agent = AgentId{9};
  part.started_at = other.started_at;
  store().write_and_wait({live, other, oldest, part});
  const auto found = [&](auto change) {
    app::TmfContactQuery query;
    change(query);
    const auto page = tmf().interaction_page(query);
    std::string out = std::to_string(page.total) + ":";
    for (const auto& one : page.rows)
      out += std::holds_alternative<app::Contact>(one) ? " " + std::get<app::Contact>(one).id.to_string()
                                                       : " x" + std::to_string(std::get<app::TmfInteraction>(one).id);
    return out;
  };
  using Q = app::TmfContactQuery;
  EXPECT_EQ(found([](Q&) {}), "3: 60 61 62");
  EXPECT_EQ(found([](Q& q) { q.ended = false; }), "1: 60");
  EXPECT_EQ(found([](Q& q) { q.agent = AgentId{9}; }), "1: 61");
  EXPECT_EQ(found([](Q& q) { q.customer = CustomerId{5}; }), "1: 61");
  EXPECT_EQ(found([](Q& q) { q.direction = "outbound"; }), "1: 60");
  app::TmfInteraction shop{
      61, at(2), "shop", "inbound", "visit", CustomerId{5}, false, AgentId{9}, R"({"status":"opened"})"};
  tmf().put_interaction(shop, at(9));
  EXPECT_EQ(tmf().interaction(61), shop);
  EXPECT_EQ(tmf().interaction(60), std::nullopt);
  EXPECT_EQ(found([](Q&) {}), "4: 60 61 x61 62");
  EXPECT_EQ(found([](Q& q) { q.page = {1, 2}; }), "4: 61 x61");
  EXPECT_EQ(found([](Q& q) { q.page = {3, 2}; }), "4: 62");
  EXPECT_EQ(found([](Q& q) { q.agent = AgentId{9}; }), "2: 61 x61");
  EXPECT_EQ(found([](Q& q) { q.ended = false; }), "2: 60 x61");
  EXPECT_EQ(found([](Q& q) { q.channel = "shop"; }), "1: x61");
  EXPECT_EQ(found([](Q& q) { q.id = ContactId{61}; }), "1: 61");
  shop.ended = true;
  shop.body = R"({"status":"completed"})";
  listen("partyInteraction");
  tmf().put_interaction(shop, at(10));
  EXPECT_THAT(kinds(), ElementsAre(R"(interaction:61:{"status":"opened"}>{"status":"completed"})"));
  EXPECT_EQ(found([](Q& q) { q.ended = true; }), "3: 61 x61 62");
  EXPECT_EQ(found([](Q& q) {
              q.started = {at(1), at(3)};
              q.page = {2, 1};
            }),
            "3: 62");
}

INSTANTIATE_TEST_SUITE_P(Databases, StoreTmfTest, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& info) { return info.param == Kind::sqlite ? "sqlite" : "postgres"; });

}  // namespace
}  // namespace hotline::store::test
