// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/api/partner_wire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/api/command_id.hpp"
#include "app/outside/address.hpp"

namespace hotline::api {
namespace {

using jsonmap::Report;

void require_length(Report& report, const std::optional<std::string>& text, const char* member, std::size_t most) {
  report.require(!text || text->size() <= most, member, fmt::format("at most {} bytes", most));
}

bool is_plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

}  // namespace

void validate(const SetNoticesBody& value, Report& report) {
  report.require(value.mail.empty() || app::is_mail_address(value.mail), "mail", "a mail address, or nothing");
}

void validate(const PushSubscriptionBody& value, Report& report) {
  report.require(value.endpoint.size() <= 2'000, "endpoint", "at most 2000 bytes");
}

void validate(const SetPartnerAccountBody& value, Report& report) {
  report.require(!value.name.empty() && value.name.size() <= 100 && is_plain(value.name), "name", "1 to 100 bytes");
  report.require(!value.password || (value.password->size() >= 10 && value.password->size() <= 200), "password",
                 "10 to 200 bytes");
}

void validate(const NewPartnerKeyBody& value, Report& report) {
  report.require(!value.name.empty() && value.name.size() <= 100 && is_plain(value.name), "name", "1 to 100 bytes");
}

void validate(const NewMatterBody& value, Report& report) {
  report.require(!value.reference.empty() && value.reference.size() <= 100 && is_plain(value.reference), "reference",
                 "your own number for the matter, 1 to 100 bytes");
  report.require(!value.title.empty() && value.title.size() <= workorder::kTitleMost, "title", "1 to 200 bytes");
  require_length(report, value.text, "text", workorder::kTextMost);
  require_length(report, value.person, "person", 100);
  require_length(report, value.phone, "phone", 32);
  report.require(!value.fields || value.fields->size() <= 100, "fields", "at most 100 fields");
}

void validate(const MatterActionBody& value, Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(value.action == "note" || value.action == "chase", "action", "note or chase");
  report.require(!value.text.empty() && value.text.size() <= workorder::kTextMost, "text", "1 to 8000 bytes");
}

PartnerBody body_of(const app::Partner& partner) {
  PartnerBody body;
  body.code = partner.code;
  body.name = app::view_of(app::Names{partner.name.en, partner.name.zh_hans, partner.name.zh_hant});
  body.types = partner.types;
  body.push = !partner.push_url.empty();
  body.mail = !partner.mail.empty();
  return body;
}

}  // namespace hotline::api
