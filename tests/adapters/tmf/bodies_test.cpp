// SPDX-License-Identifier: Apache-2.0
// Goal: an order, an appointment and a contact say the same as TM Forum's resources; what a client sends becomes the
// one command that was meant, or is refused by the member that is wrong.
#include "adapters/tmf/bodies.hpp"

#include <gmock/gmock.h>

#include "adapters/orders/order_files.hpp"

namespace hotline::tmf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const workorder::TypeBook& types() {
  static const workorder::TypeBook book = *orders::load(HOTLINE_SOURCE_DIR "/orders");
  return book;
}
Object json(const char* text) {
  return boost::json::parse(text).get_object();
}

struct Case {
  workorder::Order order;
  app::OrderRow row;
  explicit Case(const std::string& type, const std::string& state) {
    order.id = WorkOrderId{77};
    order.type = type;
    order.title = "重复扣费";
    order.state = state;
    order.lead = "billing";
    order.owner = AgentId{8001};
    order.customer = CustomerId{5};
    order.phone = "059088110001";
    order.person = "王女士";
    order.created_at = order.changed_at = from_unix_ms(1'795'411'801'250);
    order.parts = {{"billing", true, workorder::PartState::accepted, {}, {}, {}}};
    order.fields = {{"category", "charges"}};
    order.version = 3;
    row.id = order.id;
    row.number = "TS2611230001";
    row.type = type;
  }
  [[nodiscard]] OrderView view() const { return {types().at(order.type), row, order}; }
};

TEST(TmfTicket, SaysWhatTheOrderSays) {
  Case one("complaint", "handling");
  one.order.urgent = true;
  one.order.merged = {WorkOrderId{78}};
  const Object ticket = ticket_of(one.view());
  EXPECT_EQ(ticket.at("status"), "inProgress");
  EXPECT_EQ(ticket.at("severity"), "Critical");
  EXPECT_EQ(ticket.at("ticketType"), "complaint");
  EXPECT_EQ(ticket.at("href"), "/tmf-api/troubleTicket/v4/troubleTicket/77");
  EXPECT_EQ(ticket.at("creationDate"), "2026-11-23T05:30:01.250Z");
  EXPECT_EQ(ticket.at("troubleTicketRelationship").at(0).at("relationshipType"), "duplicatedBy");
  EXPECT_EQ(ticket.at("troubleTicketCharacteristic").at(0).at("value"), "charges");
  std::vector<std::string> roles;
  for (const Value& party : ticket.at("relatedParty").get_array()) roles.emplace_back(party.at("role").get_string());
  EXPECT_THAT(roles, ElementsAre("customer", "contact", "owner", "lead"));
}

TEST(TmfTicket, TellsWhenItsStatusChanged) {
  Case one("complaint", "handling");
  std::vector<workorder::Event> history(3);
  const auto line = [&](std::size_t i, workorder::Action kind, const char* state, const char* text) {
    history[i].seq = static_cast<std::int64_t>(i) + 1;
    history[i].kind = kind;
    history[i].state = state;
    history[i].text = text;
    history[i].at = from_unix_ms(1'795'411'801'000 + static_cast<std::int64_t>(i));
  };
  line(0, workorder::Action::create, "accepted", "");
  history[0].opening = workorder::Opening{};
  history[0].opening->type = "complaint";
  line(1, workorder::Action::dispatch, "dispatched", "please look");
  line(2, workorder::Action::accept, "handling", "");
  OrderView view = one.view();
  view.history = history;
  const Object ticket = ticket_of(view);
  EXPECT_EQ(ticket.at("statusChange").get_array().size(), 2u);  // dispatched is acknowledged still
  EXPECT_EQ(ticket.at("statusChangeDate"), "2026-11-23T05:30:01.002Z");
  EXPECT_EQ(ticket.at("note").at(0).at("text"), "please look");
}

TEST(TmfWorkOrder, HasAnItemForTheWorkAndOneForEachDepartment) {
  Case one("product_order", "outside_plant");
  one.order.fields = {{"kind", "remove"}, {"address", "人民路 12 號"}};
  one.order.parts.push_back({"market", false, workorder::PartState::replied, {}, "done", {}});
  const Object work = work_order_of(one.view());
  EXPECT_EQ(work.at("state"), "inProgress");
  const Array& items = work.at("workOrderItem").get_array();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].at("action"), "delete");
  EXPECT_EQ(items[0].at("work").at("place").at(0).at("name"), "人民路 12 號");
  EXPECT_EQ(items[1].at("state"), "inProgress");
  EXPECT_EQ(items[2].at("state"), "completed");
}

TEST(TmfTicket, IsMadeOfWhatAClientSends) {
  const auto made = new_ticket(
      json(R"({"description":"no dial tone","severity":"Urgent","ticketType":"fault_report","externalId":"X-1",
    "relatedParty":[{"id":"5","role":"Customer","@referredType":"Customer"},{"id":"0590","name":"王","role":"contact","@referredType":"Individual"}],
    "relatedEntity":[{"id":"9","role":"contact","@referredType":"PartyInteraction"}],
    "troubleTicketCharacteristic":[{"name":"number","value":"059088110001"},{"name":"n","value":5},{"name":"b","value":true}]})"));
  ASSERT_TRUE(made) << made.error().field << made.error().message;
  EXPECT_EQ(made->opening.title, "no dial tone");
  EXPECT_TRUE(made->opening.urgent);
  EXPECT_EQ(made->opening.customer, CustomerId{5});
  EXPECT_EQ(made->opening.contact, ContactId{9});
  EXPECT_EQ(made->opening.person, "王");
  EXPECT_EQ(made->external_id, "X-1");
  EXPECT_EQ(made->opening.fields.at("n"), "5");
  EXPECT_EQ(made->opening.fields.at("b"), "true");
}

TEST(TmfTicket, IsRefusedByTheMemberThatIsWrong) {
  const auto field = [](const char* member, const char* value) {
    Object body = json(R"({"description":"x","severity":"Minor","ticketType":"complaint"})");
    body[member] = boost::json::parse(value);
    const auto made = new_ticket(body);
    return made ? std::string("made") : made.error().field;
  };
  EXPECT_EQ(field("description", "\"\""), "description");
  EXPECT_EQ(field("description", "5"), "description");
  EXPECT_EQ(field("severity", "null"), "severity");
  EXPECT_EQ(field("status", "\"closed\""), "status");
  EXPECT_EQ(field("relatedParty", "5"), "relatedParty");
  EXPECT_EQ(field("relatedParty", "[5]"), "relatedParty[0]");
  EXPECT_EQ(field("relatedParty", R"([{"role":"customer","id":"five"}])"), "relatedParty.id");
  EXPECT_EQ(field("relatedEntity", R"([{"role":"contact","id":7}])"), "relatedEntity.id");
  EXPECT_EQ(field("troubleTicketCharacteristic", R"([{"name":"a","value":{}}])"), "troubleTicketCharacteristic");
  EXPECT_EQ(field("troubleTicketCharacteristic", R"([{"value":"a"}])"), "troubleTicketCharacteristic");
  EXPECT_EQ(field("status", "\"acknowledged\""), "made");
  // A title is cut between characters.
  std::string text;
  for (int i = 0; i < 100; ++i) text += "障";
  Object body = json(R"({"severity":"Minor","ticketType":"complaint"})");
  body["description"] = text;
  EXPECT_EQ(new_ticket(body)->opening.title.size(), 198u);
}

TEST(TmfWorkOrder, IsMadeOfItsFirstItem) {
  const auto made =
      new_work_order(json(R"({"priority":"0","notificationContact":"0590","workOrderItem":[{"id":"1","action":"add",
    "work":{"name":"Install","workCharacteristic":[{"name":"product","value":"broadband"}]}}]})"),
                     types());
  ASSERT_TRUE(made) << made.error().field;
  EXPECT_EQ(made->opening.type, "product_order");
  EXPECT_EQ(made->opening.fields.at("kind"), "install");
  EXPECT_TRUE(made->opening.urgent);
  EXPECT_EQ(made->opening.phone, "0590");
  for (const auto& [text, field] : {std::pair{R"({})", "workOrderItem"},
                                    {R"({"workOrderItem":[{"id":"1","action":"fly"}]})", "workOrderItem.action"},
                                    {R"({"workOrderItem":[{"action":"add"}]})", "workOrderItem.id"},
                                    {R"({"workOrderItem":[{"id":"1","action":"add"}]})", "description"}})
    EXPECT_EQ(new_work_order(json(text), types()).error().field, field);
}

std::string command(const Case& one, const char* patch) {
  const auto made = command_of(OrderKind::ticket, json(patch), one.view(), ticket_of(one.view()));
  if (!made) return std::to_string(made.error().status) + " " + made.error().field;
  if (!*made) return "nothing";
  std::string text = (*made)->action;
  for (const std::string& part : {(*made)->lead, (*made)->text, (*made)->channel})
    text += part.empty() ? "" : " " + part;
  for (const auto& [name, value] : (*made)->fields) text += " " + name + "=" + value;
  return text;
}

TEST(TmfPatch, BecomesOneCommand) {
  const Case one("complaint", "handling");
  EXPECT_EQ(
      command(
          one,
          R"({"status":"resolved","statusChangeReason":"refunded","relatedEntity":[{"id":"document:7","role":"evidence","@referredType":"Document"}]})"),
      "reply refunded");
  EXPECT_EQ(command(one, R"({"status":"inProgress"})"), "nothing");
  EXPECT_EQ(command(one, R"({"note":[{"text":"called"},{"id":"2","text":"known"},{"text":"again"}]})"),
            "note called\nagain");
  EXPECT_EQ(
      command(
          one,
          R"({"troubleTicketCharacteristic":[{"name":"category","value":"charges"},{"name":"amount","value":500}]})"),
      "set_fields amount=500");
  EXPECT_EQ(command(one, R"({"relatedParty":[{"id":"market","role":"lead"}],"statusChangeReason":"theirs"})"),
            "transfer market theirs");
  EXPECT_EQ(command(one, R"({"status":"pending","statusChangeReason":"asks him"})"), "wait asks him");
  EXPECT_EQ(command(one, R"({"hotlineAction":"chase"})"), "chase");
  // The last reason, read and sent back, is no news.
  const auto known = command_of(OrderKind::ticket, json(R"({"statusChangeReason":"why"})"), one.view(),
                                json(R"({"statusChangeReason":"why"})"));
  EXPECT_TRUE(known && !*known);
  EXPECT_EQ(command(Case("complaint", "replied"),
                    R"({"hotlineAction":"tell","channel":{"id":"phone"},"statusChangeReason":"told"})"),
            "tell told phone");
  // What was read may be sent back as it is.
  EXPECT_EQ(command(one, boost::json::serialize(ticket_of(one.view())).c_str()), "nothing");
}

TEST(TmfPatch, IsRefusedWhereTheLoopOrTheRecordSaysNo) {
  const Case one("complaint", "handling");
  EXPECT_EQ(command(one, R"({"status":"closed"})"), "409 status");
  EXPECT_EQ(command(one, R"({"id":"5"})"), "400 id");
  EXPECT_EQ(command(one, R"({"description":"another story"})"), "400 description");
  EXPECT_EQ(command(one, R"({"creationDate":"2026-01-01T00:00:00Z"})"), "400 creationDate");
  EXPECT_EQ(command(one, R"({"colour":"red"})"), "400 colour");
  EXPECT_EQ(command(one, R"({"note":null})"), "400 note");
  EXPECT_EQ(command(one, R"({"satisfaction":"very"})"), "400 satisfaction");
  EXPECT_EQ(command(Case("complaint", "archived"), R"({"relatedParty":[{"id":"market","role":"lead"}]})"),
            "409 relatedParty");
}

TEST(TmfAppointment, AndItsSlots) {
  EXPECT_EQ(slot_from("7-20779-510"), (appointment::Slot{appointment::CrewId{7}, 20779, 510}));
  EXPECT_EQ(slot_id({appointment::CrewId{7}, 20779, 510}), "7-20779-510");
  for (const char* text :
       {"", "7", "7-1", "7-1-", "-1-1-1", "0-1-1", "7-1-1441", "7-1-1-1", "99999999999999999999-1-1", "7-a-1"})
    EXPECT_FALSE(slot_from(text)) << text;
  const auto made = new_appointment(json(
      R"({"validFor":{"startDateTime":"2026-11-24T00:30:00Z","endDateTime":"2026-11-24T03:30:00Z"},"category":"install",
    "relatedPlace":{"id":"88","role":"x","name":"人民路"},"relatedEntity":[{"id":"77","role":"o","@referredType":"WorkOrder"}],
    "relatedParty":[{"id":"5","role":"customer","name":"王","@referredType":"Customer"}],
    "contactMedium":[{"characteristic":{"phoneNumber":"0590"}}]})"));
  ASSERT_TRUE(made) << made.error().field;
  EXPECT_EQ(made->details.need, (appointment::Need{"88", {"install"}}));
  EXPECT_EQ(made->details.order, WorkOrderId{77});
  EXPECT_EQ(made->details.phone, "0590");
  EXPECT_EQ(made->begins, from_unix_ms(1'795'480'200'000));
  for (
      const auto& [text, field] :
      {std::pair{R"({"relatedPlace":{"id":"88"}})", "validFor.startDateTime"},
       {R"({"validFor":{"startDateTime":"2026-11-24T00:30:00Z"}})", "relatedPlace.id"},
       {R"({"validFor":{"startDateTime":"soon"},"relatedPlace":{"id":"88"}})", "validFor.startDateTime"},
       {R"({"validFor":{"startDateTime":"2026-11-24T00:30:00Z","endDateTime":"2026-11-23T00:30:00Z"},"relatedPlace":{"id":"88"}})",
        "validFor"},
       {R"({"calendarEvent":{"id":"x"},"relatedPlace":{"id":"88"}})", "calendarEvent.id"},
       {R"({"calendarEvent":{"id":"7-20779-510"},"relatedPlace":{"id":"88"},"relatedParty":[{"id":"x","role":"customer"}]})",
        "relatedParty.id"}})
    EXPECT_EQ(new_appointment(json(text)).error().field, field) << text;
  EXPECT_EQ(appointment_patch(json(R"({"status":"flying"})")).error().field, "status");
  EXPECT_EQ(appointment_patch(json(R"({"relatedPlace":{}})")).error().field, "relatedPlace");
  const auto search = slot_search(
      json(R"({"relatedPlace":{"id":"88"},"requestedTimeSlot":[{"validFor":{"endDateTime":"2027-11-24T00:30:00Z"}}]})"),
      {}, from_unix_ms(1'795'480'200'000));
  EXPECT_EQ(search.error().field, "requestedTimeSlot");
}

TEST(TmfInteraction, IsRecordedByOtherSystems) {
  const Object visit = json(R"({"direction":"inbound","reason":"visit","status":"opened","description":"bill",
    "interactionDate":{"startDateTime":"2026-11-24T00:30:00Z"},"channel":[{"id":"shop"}],
    "relatedParty":[{"id":"5","role":"customer","@referredType":"Customer"}],"note":[{"text":"asked"}]})");
  const auto made = new_interaction(visit, 7, AgentId{9}, from_unix_ms(1'795'480'300'000));
  ASSERT_TRUE(made) << made.error().field;
  EXPECT_EQ(made->customer, CustomerId{5});
  EXPECT_EQ(made->channel, "shop");
  EXPECT_FALSE(made->ended);
  EXPECT_THAT(made->body, HasSubstr(R"("id":"x7","href":"/tmf-api/partyInteraction/v4/partyInteraction/x7")"));
  EXPECT_EQ(recorded_id_from("x7"), 7u);
  for (const char* id : {"7", "x", "x0", "xx7", ""}) EXPECT_FALSE(recorded_id_from(id)) << id;
  for (const auto& [name, value, field] :
       {std::tuple{"direction", "\"up\"", "direction"},
        {"status", "\"x\"", "status"},
        {"reason", "\"\"", "reason"},
        {"channel", "[]", "channel"},
        {"channel", "[{}]", "channel.id"},
        {"interactionDate", "{}", "interactionDate.startDateTime"},
        {"interactionDate", "null", "interactionDate"},
        {"relatedParty", R"([{"id":"x","role":"customer","@referredType":"Customer"}])", "relatedParty.id"},
        {"relatedParty", R"([{"id":"x"}])", "relatedParty.@referredType"},
        {"note", "[{}]", "note.text"}}) {
    Object wrong = visit;
    wrong[name] = boost::json::parse(value);
    const auto refused = new_interaction(wrong, 7, AgentId{9}, {});
    ASSERT_FALSE(refused) << name << value;
    EXPECT_EQ(refused.error().field, field) << name << value;
  }
  const auto patch = [&](const char* text) {
    return patched_interaction(*made, json(text), AgentId{8}, from_unix_ms(1'795'480'400'000));
  };
  EXPECT_TRUE(patch(R"({"status":"completed"})")->ended);
  EXPECT_THAT(patch(R"({"note":[{"id":"1","text":"x"},{"text":"paid"}]})")->body,
              HasSubstr(R"("id":"2","author":"8")"));
  const auto back = patched_interaction(*patch(R"({"status":"completed"})"), json(R"({"status":"opened"})"), {}, {});
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().status, 409);
  EXPECT_EQ(patch(R"({"direction":"outbound"})").error().field, "direction");
  EXPECT_EQ(patch(R"({"status":"x"})").error().field, "status");
  EXPECT_EQ(patch(made->body.c_str())->body, made->body);
}

TEST(TmfError, HasItsForm) {
  EXPECT_EQ(
      boost::json::serialize(error_body(409, "wrong_state", "Not now.", "status")),
      R"({"@type":"Error","code":"wrong_state","reason":"Not now.","status":"409","referenceError":"urn:hotline:error:wrong_state","message":"status: Not now."})");
  Value value = json(R"({"href":"/a","x":[{"href":"/b"},{"href":"urn:c"}]})");
  make_absolute(value, "https://h");
  EXPECT_EQ(boost::json::serialize(value), R"({"href":"https://h/a","x":[{"href":"https://h/b"},{"href":"urn:c"}]})");
}

}  // namespace
}  // namespace hotline::tmf
