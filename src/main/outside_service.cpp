// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "main/outside_service.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>

namespace hotline::main {
namespace {

constexpr std::uint32_t kSpreadMost = 200, kSendMost = 10, kForgetMost = 500;

/// The first line of a file.
Result<std::string, Problem> read_secret(const std::filesystem::path& file, const char* of) {
  std::ifstream in(file);
  std::string secret;
  std::getline(in, secret);
  while (!secret.empty() && (secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (!in || secret.empty() || secret.size() > 1'000)
    return fail(Problem{std::string("the secret of ") + of + " cannot be read from " + file.string(),
                        "put it on the first line of that file, and let this user read it"});
  return secret;
}

}  // namespace

OutsideService::OutsideService(const Config& config, app::OrderStore& orders, const app::OrderDesk* desk,
                               app::Deliverer::Supervisors supervisors)
    : orders_(orders),
      desk_(desk),
      supervisors_(std::move(supervisors)),
      every_(config.outside.deliver_every),
      partners_(config.outside.partners) {
  const OutsideConfig& outside = config.outside;
  deliverer_config_.mail = !outside.mail_server.empty();
  deliverer_config_.web_push = !outside.push_subject.empty();
  deliverer_config_.language = outside.language;
  deliverer_config_.retry_first = outside.retry_first;
  deliverer_config_.keep_trying = std::chrono::hours{outside.keep_trying_hours};
  deliverer_config_.keep = std::chrono::days{outside.keep_days};
  mail_.smtp.url = outside.mail_server;
  mail_.smtp.require_tls = outside.mail_require_tls;
  mail_.smtp.username = outside.mail_username;
  mail_.smtp.ca_file = outside.mail_ca_file.string();
  mail_.smtp.timeout = outside.mail_timeout;
  mail_.from = outside.mail_from;
  mail_.from_name = outside.mail_from_name;
  mail_.page_url = outside.page_url;
  push_.subject = outside.push_subject;
  push_.services = outside.push_services;
  push_.ca_file = outside.push_ca_file.string();
}

Result<std::unique_ptr<OutsideService>, Problem> OutsideService::make(const Config& config, app::OrderStore& orders,
                                                                      const app::OrderDesk* desk,
                                                                      app::Deliverer::Supervisors supervisors) {
  std::unique_ptr<OutsideService> made(new OutsideService(config, orders, desk, std::move(supervisors)));
  const OutsideConfig& outside = config.outside;
  if (!outside.mail_password_file.empty()) {
    auto password = read_secret(outside.mail_password_file, "the mail server");
    if (!password) return fail(password.error());
    made->mail_.smtp.password = *std::move(password);
  }
  for (const auto& [code, file] : outside.partner_secret_files) {
    auto secret = read_secret(file, ("partner " + code).c_str());
    if (!secret) return fail(secret.error());
    made->partners_.at(code).push_secret = *std::move(secret);
  }
  if (desk != nullptr && config.file != std::filesystem::path())
    for (const auto& [code, partner] : made->partners_)
      for (const std::string& type : partner.types)
        if (!desk->types().contains(type))
          return fail(
              Problem{"the partner \"" + code + "\" may raise orders of type \"" + type + "\", which is not there",
                      "correct its types in " + config.file.string() + ", or add " + type + ".toml"});
  if (!outside.push_subject.empty()) {
    auto key = outside::PushKey::load_or_make(config.data / "web-push.key");
    if (!key) return fail(key.error());
    made->push_key_ = *std::move(key);
  }
  return made;
}

void OutsideService::start(const runtime::Clock& clock, app::Deliverer::Notify notify) {
  app::OutsideStore* store = orders_.outside();
  if (store == nullptr) return;
  deliverer_ = std::make_unique<app::Deliverer>(orders_, *store, desk_, partners_, supervisors_, std::move(notify),
                                                deliverer_config_);
  const auto work = [&](const char* name, Duration every, runtime::Periodic::Work what) {
    workers_.push_back(std::make_unique<runtime::Periodic>(
        runtime::Periodic::Config{name, every}, clock, std::move(what),
        [name](const std::string& why) { spdlog::warn("{}: what is to be sent waits: {}", name, why); }));
  };
  const auto way = [&](const char* name, const char* channel, app::Deliverer::Send send) {
    work(name, every_, [this, channel, send = std::move(send)](TimePoint now) {
      return deliverer_->deliver(channel, now, kSendMost, send) == kSendMost;
    });
  };
  work("outbox", every_, [this](TimePoint now) { return deliverer_->spread(now, kSpreadMost) == kSpreadMost; });
  work("deliveries", Duration{60'000},
       [this](TimePoint now) { return deliverer_->forget(now, kForgetMost) == kForgetMost; });
  way("partners", "partner_push",
      [](const app::Outgoing& outgoing, TimePoint) { return outside::send_to_partner(outgoing); });
  if (deliverer_config_.mail)
    way("mail", "mail",
        [this](const app::Outgoing& outgoing, TimePoint now) { return outside::send_mail(mail_, outgoing, now); });
  if (push_key_)
    way("web push", "web_push", [this](const app::Outgoing& outgoing, TimePoint now) {
      return outside::send_push(push_, *push_key_, outgoing, now);
    });
}

void OutsideService::stop() {
  workers_.clear();
}

}  // namespace hotline::main
