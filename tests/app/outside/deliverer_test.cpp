// SPDX-License-Identifier: Apache-2.0
// What is in the outbox goes to everybody it is for, by each way they have, once where it arrives and again where it
// does not, over SQLite and PostgreSQL.
#include "app/outside/deliverer.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "app/demo/organisation.hpp"
#include "app/outside/address.hpp"
#include "app/outside/notice_text.hpp"
#include "support/postgres.hpp"
#include "vault/sha256.hpp"

namespace hotline::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr TimePoint monday = from_unix_ms(1'795'392'000'000);

class DelivererTest : public testing::TestWithParam<std::string> {
 protected:
  DelivererTest() {
    if (GetParam() == "Sqlite") {
      std::string name = "/tmp/hotline_outside_XXXXXX";
      folder_ = mkdtemp(name.data());
      store_ = std::move(*store::open_store("sqlite:" + folder_ + "/hotline.db"));
    } else {
      store_ = std::move(*store::open_store(hotline::test::shared_postgres().make_database()));
    }
    store_->orders()->save_organisation(demo::make_organisation(1, {}).organisation);
    desk_.emplace(*store_->orders(), std::move(*orders::load(HOTLINE_SOURCE_DIR "/orders")), vault::sha256_hex,
                  OrderDesk::Config{.start_seconds = 1'795'392'000});
    Deliverer::Config config;
    config.mail = config.web_push = true;
    config.language = "en";
    config.retry_first = seconds{10};
    partners_ = usual_partners();
    partners_.at("110").push_url = "https://police.example/feedback";
    partners_.at("110").mail = "desk@police.example";
    deliverer_.emplace(
        *store_->orders(), outside(), &*desk_, partners_, [] { return std::vector<AgentId>{AgentId{8901}}; },
        [this](const std::vector<AgentId>& people, const OutboxEntry& entry) {
          told_.push_back(entry.kind + " to " + std::to_string(people.size()));
        },
        config);
  }
  ~DelivererTest() override {
    store_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  OutsideStore& outside() { return *store_->orders()->outside(); }

  WorkOrderId make(const std::string& partner = "") {
    workorder::Opening opening;
    opening.type = partner.empty() ? "complaint" : "joint_response_110";
    opening.title = "Charged twice";
    opening.partner = partner;
    opening.partner_reference = partner.empty() ? "" : "JQ-" + std::to_string(++commands_);
    if (partner.empty()) {
      opening.owner = AgentId{8001};
      opening.fields = {{"category", "charges"}};
    } else {
      opening.fields = {{"place", "Harbour Road 12"}, {"danger", "manhole"}};
    }
    return desk_->create(request(AgentId{8001}), std::move(opening), monday)->row.id;
  }
  OrderRequest request(AgentId by) {
    Agent agent;
    agent.id = by;
    agent.role = by.value() > 8900 ? "supervisor" : "agent";
    const std::string id = "command-" + std::to_string(++commands_);
    return {id, "print of " + id, std::nullopt, desk_->actor_of(agent)};
  }
  void act(WorkOrderId id, std::uint64_t by, const std::string& action, const std::string& lead = "") {
    workorder::Command command;
    command.action = action;
    command.text = "go on";
    command.lead = lead;
    command.evidence = {"document:photograph"};
    command.channel = "partner";
    const auto done = desk_->act(id, request(AgentId{by}), command, {}, monday);
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Sends what is due of a channel; `answer` says how it went.
  std::vector<std::string> send(const std::string& channel, TimePoint now, Attempt answer) {
    std::vector<std::string> sent;
    deliverer_->deliver(channel, now, 50, [&](const Outgoing& outgoing, TimePoint) {
      sent.push_back(outgoing.delivery.kind + " to " + outgoing.delivery.to);
      last_ = outgoing;
      return answer;
    });
    return sent;
  }
  static Attempt arrived() {
    Attempt attempt;
    attempt.delivered = true;
    return attempt;
  }
  static Attempt busy() {
    Attempt attempt;
    attempt.again = true;
    attempt.trouble = "busy";
    return attempt;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::optional<OrderDesk> desk_;
  Partners partners_;
  std::optional<Deliverer> deliverer_;
  std::vector<std::string> told_;
  Outgoing last_;
  int commands_ = 0;
};

TEST_P(DelivererTest, GoesToEverybodyByEachWayTheyHave) {
  outside().set_mail(AgentId{8236}, "zhang@example.com");
  outside().save_subscription({0, AgentId{8236}, "https://push.example/1", "p", "a", monday});
  outside().save_subscription({0, AgentId{8234}, "https://push.example/2", "p", "a", monday});
  const WorkOrderId id = make();
  act(id, 8001, "dispatch", "billing");
  EXPECT_EQ(deliverer_->spread(monday, 100), 1U);
  EXPECT_EQ(deliverer_->spread(monday + hours{1}, 100), 0U) << "once";
  EXPECT_THAT(told_, ElementsAre("dispatch to 5")) << "desks of all in the department";
  EXPECT_THAT(send("mail", monday, arrived()), ElementsAre("dispatch to agent:8236"));
  EXPECT_EQ(last_.delivery.address, "zhang@example.com");
  EXPECT_THAT(last_.title, HasSubstr("Order dispatched to you · TS"));
  EXPECT_EQ(last_.path, "/orders/" + id.to_string());
  EXPECT_THAT(send("web_push", monday, arrived()),
              UnorderedElementsAre("dispatch to agent:8234", "dispatch to agent:8236"));
  EXPECT_THAT(send("mail", monday + hours{40}, arrived()), IsEmpty());
  const auto story = outside().deliveries_of(id);
  ASSERT_THAT(story, SizeIs(3));
  for (const Delivery& one : story) EXPECT_EQ(one.state, "delivered");
}

TEST_P(DelivererTest, TriesAgainWithGrowingPausesAndGivesUpInTheEnd) {
  outside().set_mail(AgentId{8236}, "zhang@example.com");
  const WorkOrderId id = make();
  act(id, 8001, "dispatch", "billing");
  deliverer_->spread(monday, 100);
  TimePoint now = monday;
  EXPECT_THAT(send("mail", now, busy()), SizeIs(1));
  EXPECT_THAT(send("mail", now + seconds{9}, busy()), IsEmpty());
  EXPECT_THAT(send("mail", now += seconds{10}, busy()), SizeIs(1));
  EXPECT_THAT(send("mail", now + seconds{19}, busy()), IsEmpty());
  EXPECT_THAT(send("mail", now += seconds{20}, busy()), SizeIs(1));
  Attempt later = busy();
  later.retry_after = minutes{30};
  EXPECT_THAT(send("mail", now += seconds{40}, later), SizeIs(1));
  EXPECT_THAT(send("mail", now + minutes{29}, busy()), IsEmpty()) << "as the other side wishes";
  int tries = 4;
  for (now += minutes{30}; now < monday + hours{72}; now += minutes{10})
    tries += static_cast<int>(send("mail", now, busy()).size());
  EXPECT_GT(tries, 40);
  EXPECT_LT(tries, 60) << "at most once an hour, for two days";
  const Delivery last = outside().deliveries_of(id).front();
  EXPECT_EQ(last.state, "failed");
  EXPECT_EQ(last.tries, tries);
  EXPECT_EQ(last.trouble, "busy");
}

TEST_P(DelivererTest, WhoDiesWhileSendingSendsAgain) {
  outside().set_mail(AgentId{8236}, "zhang@example.com");
  make();
  const WorkOrderId id = make();
  act(id, 8001, "dispatch", "billing");
  ASSERT_THAT(outside().claim_outbox(monday, monday + minutes{10}, 10), SizeIs(1));  // and dies
  EXPECT_EQ(deliverer_->spread(monday + minutes{9}, 100), 0U) << "it is somebody's";
  EXPECT_EQ(deliverer_->spread(monday + minutes{10}, 100), 1U);
  ASSERT_THAT(outside().claim_deliveries("mail", monday, monday + minutes{10}, 10), IsEmpty());
  ASSERT_THAT(outside().claim_deliveries("mail", monday + minutes{10}, monday + minutes{20}, 10), SizeIs(1));
  EXPECT_THAT(send("mail", monday + minutes{19}, arrived()), IsEmpty());
  EXPECT_THAT(send("mail", monday + minutes{20}, arrived()), SizeIs(1));
  outside().settle_delivery(outside().deliveries_of(id).front().id, {false, monday + hours{1}, "late"},
                            monday + minutes{21});
  EXPECT_EQ(outside().deliveries_of(id).front().state, "delivered") << "what arrived stays arrived";
}

TEST_P(DelivererTest, ABrowserThatEndedItsSubscriptionIsForgotten) {
  outside().save_subscription({0, AgentId{8236}, "https://push.example/1", "p", "a", monday});
  const WorkOrderId id = make();
  act(id, 8001, "dispatch", "billing");
  act(id, 8901, "chase");
  deliverer_->spread(monday, 100);
  Attempt gone;
  gone.gone = true;
  gone.trouble = "410";
  EXPECT_THAT(send("web_push", monday, gone), SizeIs(1)) << "of two: the second finds no subscription any more";
  EXPECT_THAT(outside().subscriptions_of(AgentId{8236}), IsEmpty());
  for (const Delivery& one : outside().deliveries_of(id)) EXPECT_EQ(one.state, "failed");
}

TEST_P(DelivererTest, APartnerHearsHowFarItsMatterIs) {
  const WorkOrderId id = make("110");
  act(id, 8901, "take_over");
  act(id, 8901, "dispatch", "billing");
  act(id, 8236, "accept");
  act(id, 8236, "reply");
  act(id, 8901, "tell");
  deliverer_->spread(monday, 100);
  EXPECT_THAT(send("partner_push", monday, arrived()),
              ElementsAre("dispatch to partner:110", "accept to partner:110", "tell to partner:110"));
  EXPECT_THAT(last_.feedback, HasSubstr(R"("reference":"JQ-1")"));
  EXPECT_THAT(last_.feedback, HasSubstr(R"("kind":"tell")"));
  EXPECT_THAT(last_.feedback, HasSubstr(R"("text":"go on")"));
  EXPECT_THAT(send("mail", monday, arrived()), SizeIs(3));
  EXPECT_EQ(last_.delivery.address, "desk@police.example");
  const auto fetched = outside().entries_to("partner:110", 0, 10);
  ASSERT_THAT(fetched, SizeIs(3));
  EXPECT_THAT(outside().entries_to("partner:110", fetched[1].id, 10), SizeIs(1)) << "from where it left off";
}

TEST_P(DelivererTest, WhatCameByItselfIsSaidToTheSupervisors) {
  workorder::Opening opening;
  opening.type = "joint_response_110";
  opening.title = "Manhole open";
  opening.partner = "110";
  opening.partner_reference = "JQ-9";
  opening.fields = {{"place", "Harbour Road 12"}, {"danger", "manhole"}};
  workorder::Actor police;
  police.partner = "110";
  const auto ask = [&](const char* command) {
    return desk_->create({command, std::string("print of ") + command, std::nullopt, police}, opening, monday);
  };
  const auto made = ask("matter-1");
  ASSERT_TRUE(made);
  EXPECT_EQ(outside().matter("110", "JQ-9"), made->row.id);
  const auto again = ask("matter-2");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "reference_used");
  EXPECT_EQ(ask("matter-1")->row.id, made->row.id) << "the same command is the same matter";
  deliverer_->spread(monday, 100);
  EXPECT_THAT(told_, ElementsAre("create to 1"));
}

TEST_P(DelivererTest, SettledOnesAreForgottenAfterTheirTime) {
  outside().set_mail(AgentId{8236}, "zhang@example.com");
  const WorkOrderId id = make();
  act(id, 8001, "dispatch", "billing");
  act(id, 8901, "chase");
  deliverer_->spread(monday, 100);
  deliverer_->deliver("mail", monday, 1, [](const Outgoing&, TimePoint) { return arrived(); });
  EXPECT_EQ(deliverer_->forget(monday + hours{24 * 89}, 100), 0U);
  EXPECT_EQ(deliverer_->forget(monday + hours{24 * 91}, 100), 1U);
  EXPECT_THAT(outside().deliveries_of(id), SizeIs(1)) << "what is not settled stays";
}

TEST_P(DelivererTest, AccountsKeysAndSessionsOfPartners) {
  PartnerAccount account{0, "110", "officer", "Officer", "hash", true, monday};
  EXPECT_TRUE(outside().save_partner_account(account));
  account.partner = "12315";
  EXPECT_FALSE(outside().save_partner_account(account)) << "another partner's user name";
  const auto kept = outside().partner_account("officer");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->partner, "110");
  outside().save_partner_session({"token", kept->id, "csrf", monday, monday + hours{1}}, monday);
  EXPECT_TRUE(outside().partner_session("token"));
  account.partner = "110";
  account.enabled = false;
  EXPECT_TRUE(outside().save_partner_account(account));
  EXPECT_FALSE(outside().partner_session("token")) << "whoever had the old one is out";
  EXPECT_FALSE(outside().partner_account_of(kept->id)->enabled);
  outside().save_partner_session({"other", kept->id, "csrf", monday, monday + hours{1}}, monday);
  outside().save_partner_session({"third", kept->id, "csrf", monday, monday + hours{9}}, monday + hours{2});
  EXPECT_FALSE(outside().partner_session("other")) << "expired ones go";
  outside().drop_partner_session("third");
  EXPECT_FALSE(outside().partner_session("third"));
  outside().add_partner_key({0, "110", "case system", "key hash", monday});
  const auto key = outside().partner_key("key hash");
  ASSERT_TRUE(key);
  outside().drop_partner_key("12315", key->id);
  EXPECT_THAT(outside().partner_keys("110"), SizeIs(1)) << "not another partner's";
  outside().drop_partner_key("110", key->id);
  EXPECT_FALSE(outside().partner_key("key hash"));
}

INSTANTIATE_TEST_SUITE_P(, DelivererTest, testing::Values("Sqlite", "Postgres"),
                         [](const auto& store) { return store.param; });

TEST(Notices, SayAVisitInTheCrewsTime) {
  Delivery delivery;
  delivery.kind = "visit_booked";
  delivery.appointment = 7;
  delivery.to = "customer";
  delivery.body =
      R"({"begins_ms":1795395600000,"ends_ms":1795402800000,"utc_offset_min":480,"place":"Harbour Road","text":"secret"})";
  const NoticeText text = notice_text(delivery, nullptr, "en");
  EXPECT_EQ(text.title, "Your visit is booked");
  EXPECT_EQ(text.text, "Time: 2026-11-23 09:00 – 11:00\nPlace: Harbour Road");
}

TEST(Notices, HaveOneLineAboveAndWholeCharacters) {
  OrderRow row;
  row.number = "TS1\r\nBcc: x";
  EXPECT_THAT(notice_text({}, &row, "en").title, testing::Not(HasSubstr("\n")));
  EXPECT_EQ(shortened("超时", 5), "超");
  EXPECT_EQ(shortened("超时", 6), "超时");
  EXPECT_EQ(shortened("超", 2), "");
  EXPECT_EQ(pause_after(1, seconds{10}), seconds{10});
  EXPECT_EQ(pause_after(4, seconds{10}), seconds{80});
  EXPECT_EQ(pause_after(1'000'000, seconds{10}), hours{1});
}

TEST(MailAddress, IsOneThatCanStandInAHeader) {
  for (const char* good : {"a@b", "first.last+tag@sub.example-domain.com", "o'neil@b.c"})
    EXPECT_TRUE(is_mail_address(good)) << good;
  for (const char* bad :
       {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a..b@c", ".a@b", "名@b", "a@b."})
    EXPECT_FALSE(is_mail_address(bad)) << bad;
}

}  // namespace
}  // namespace hotline::app
