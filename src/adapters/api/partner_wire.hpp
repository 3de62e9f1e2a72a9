// SPDX-License-Identifier: Apache-2.0
// Bodies of notices, deliveries and outside bodies, named as in openapi.yaml.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/api/order_wire.hpp"
#include "app/outside/partner.hpp"
#include "app/ports/outside.hpp"

namespace hotline::api {

// ---- notices of staff
struct NoticeSettingsBody {
  std::string mail;
  std::optional<std::string> push_key;  ///< what to subscribe with; none: there is no web push here
  std::int64_t browsers = 0;            ///< that are subscribed
};
BOOST_DESCRIBE_STRUCT(NoticeSettingsBody, (), (mail, push_key, browsers))
struct SetNoticesBody {
  std::string mail;
};
BOOST_DESCRIBE_STRUCT(SetNoticesBody, (), (mail))
void validate(const SetNoticesBody& value, jsonmap::Report& report);
struct PushSubscriptionBody {
  std::string endpoint, p256dh, auth;
};
BOOST_DESCRIBE_STRUCT(PushSubscriptionBody, (), (endpoint, p256dh, auth))
void validate(const PushSubscriptionBody& value, jsonmap::Report& report);
struct PushEndpointBody {
  std::string endpoint;
};
BOOST_DESCRIBE_STRUCT(PushEndpointBody, (), (endpoint))

// ---- partners, for staff
struct PartnerBody {
  std::string code;
  app::NamesView name;
  std::vector<std::string> types;
  bool push = false, mail = false;  ///< feedback goes out by itself
  std::int64_t open = 0, overdue = 0;
};
BOOST_DESCRIBE_STRUCT(PartnerBody, (), (code, name, types, push, mail, open, overdue))
struct PartnerAccountBody {
  std::string username, name;
  bool enabled = true;
  TimePoint made_ms{};
};
BOOST_DESCRIBE_STRUCT(PartnerAccountBody, (), (username, name, enabled, made_ms))
struct PartnerKeyBody {
  std::string id, name;
  TimePoint made_ms{};
};
BOOST_DESCRIBE_STRUCT(PartnerKeyBody, (), (id, name, made_ms))
struct PartnerDetailBody {
  PartnerBody partner;
  std::vector<PartnerAccountBody> accounts;
  std::vector<PartnerKeyBody> keys;
};
BOOST_DESCRIBE_STRUCT(PartnerDetailBody, (), (partner, accounts, keys))
struct SetPartnerAccountBody {
  std::string name;
  std::optional<std::string> password;  ///< of a new one; left out: it stays
  bool enabled = true;
};
BOOST_DESCRIBE_STRUCT(SetPartnerAccountBody, (), (name, password, enabled))
void validate(const SetPartnerAccountBody& value, jsonmap::Report& report);
struct NewPartnerKeyBody {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(NewPartnerKeyBody, (), (name))
void validate(const NewPartnerKeyBody& value, jsonmap::Report& report);
struct MadePartnerKeyBody {
  std::string name, key;
};
BOOST_DESCRIBE_STRUCT(MadePartnerKeyBody, (), (name, key))
struct PartnerDeliveryBody {
  OrderDeliveryBody delivery;
  std::optional<WorkOrderId> order_id;
};
BOOST_DESCRIBE_STRUCT(PartnerDeliveryBody, (), (delivery, order_id))
[[nodiscard]] PartnerBody body_of(const app::Partner& partner);

// ---- a partner's own
struct PartnerSessionBody {
  std::string partner;
  app::NamesView partner_name;
  std::string name;
  std::optional<std::string> csrf_token;  ///< none: a program
};
BOOST_DESCRIBE_STRUCT(PartnerSessionBody, (), (partner, partner_name, name, csrf_token))
struct NewMatterBody {
  std::string reference, type, title;
  std::optional<std::string> text, person, phone;
  std::optional<bool> urgent;
  std::optional<std::map<std::string, std::string>> fields;
};
BOOST_DESCRIBE_STRUCT(NewMatterBody, (), (reference, type, title, text, person, phone, urgent, fields))
void validate(const NewMatterBody& value, jsonmap::Report& report);
struct MatterBody {
  WorkOrderId id;
  std::string number, type, state, title;
  app::NamesView state_name;
  bool closed = false, urgent = false;
  TimePoint created_ms{}, changed_ms{};
  std::optional<TimePoint> closed_ms, due_ms;
};
BOOST_DESCRIBE_STRUCT(MatterBody, (),
                      (id, number, type, state, title, state_name, closed, urgent, created_ms, changed_ms, closed_ms,
                       due_ms))
struct FeedbackBody {
  std::string id, kind, order_number, reference, state, title, text;
  WorkOrderId matter_id;
  TimePoint at_ms{};
};
BOOST_DESCRIBE_STRUCT(FeedbackBody, (), (id, kind, order_number, reference, state, title, text, matter_id, at_ms))
struct MatterClockBody {
  std::string clock;
  app::NamesView name;
  std::optional<TimePoint> due_ms;
  bool overdue = false;
};
BOOST_DESCRIBE_STRUCT(MatterClockBody, (), (clock, name, due_ms, overdue))
struct MatterDetailBody {
  MatterBody matter;
  std::string reference, text;
  std::optional<std::string> person, phone, result;  ///< result: once it was told
  std::map<std::string, std::string> fields;
  std::vector<MatterClockBody> clocks;
  std::vector<FeedbackBody> feedback;
};
BOOST_DESCRIBE_STRUCT(MatterDetailBody, (), (matter, reference, text, person, phone, result, fields, clocks, feedback))
struct MatterActionBody {
  std::string command_id, action, text;
};
BOOST_DESCRIBE_STRUCT(MatterActionBody, (), (command_id, action, text))
void validate(const MatterActionBody& value, jsonmap::Report& report);

}  // namespace hotline::api
