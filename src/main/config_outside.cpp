// SPDX-License-Identifier: Apache-2.0
// [delivery], [mail], [push], [[partner]] of the configuration: what leaves the program, and for whom.
#include "adapters/http/http_client.hpp"
#include "app/outside/address.hpp"
#include "domain/workorder/departments.hpp"
#include "main/config_sections.hpp"

namespace hotline::main {
namespace {

/// A key that is there and empty names no file; a path that is only the folder it starts at.
void forget_if_empty(fs::path& path) {
  if (path.filename().empty()) path.clear();
}

void read_delivery(TableReader& file, OutsideConfig& config) {
  Section section(file, "delivery");
  section.duration("every", config.deliver_every);
  section.duration("retry_first", config.retry_first);
  section.choice("language", config.language, {"en", "zh_hans", "zh_hant"});
  section.text("page_url", config.page_url);
  section.number("keep_trying_hours", config.keep_trying_hours, 1, 24 * 30);
  section.number("keep_days", config.keep_days, 1, 36'500);
  if (section && config.deliver_every < Duration{100})
    section->problem_of("every", "every is less than 0.1 s", "give at least 0.1");
  if (section && config.retry_first < Duration{100})
    section->problem_of("retry_first", "retry_first is less than 0.1 s", "give at least 0.1");
  if (config.page_url.empty()) return;
  if (!http::https_host(config.page_url) || config.page_url.ends_with('/'))
    section->problem_of("page_url", "page_url is no https URL without a slash at its end",
                        "write e.g. \"https://hotline.example\"");
}

void read_mail(TableReader& file, OutsideConfig& config, const fs::path& base) {
  Section section(file, "mail");
  section.text("server", config.mail_server);
  section.text("from", config.mail_from);
  section.text("from_name", config.mail_from_name);
  section.text("username", config.mail_username);
  section.path("password_file", config.mail_password_file, base);
  section.flag("require_tls", config.mail_require_tls);
  section.path("ca_file", config.mail_ca_file, base);
  section.duration("timeout", config.mail_timeout);
  forget_if_empty(config.mail_password_file);
  forget_if_empty(config.mail_ca_file);
  if (!section || config.mail_server.empty()) return;
  if (!config.mail_server.starts_with("smtp://") && !config.mail_server.starts_with("smtps://"))
    section->problem_of("server", "server is no SMTP URL", "write e.g. \"smtp://mail.example:587\"");
  if (!app::is_mail_address(config.mail_from)) {
    if (config.mail_from.empty())
      section->missing("from", "give the address mails are from, e.g. from = \"hotline@example.com\"");
    else
      section->problem_of("from", "from is no mail address", "write e.g. \"hotline@example.com\"");
  }
  if (config.mail_username.empty() != config.mail_password_file.empty())
    section->problem_here("only one of username and password_file is given", "give both, or none");
  if (config.mail_timeout < Duration{1'000})
    section->problem_of("timeout", "timeout is less than a second", "give at least 1");
}

void read_push(TableReader& file, OutsideConfig& config, const fs::path& base) {
  Section section(file, "push");
  section.text("subject", config.push_subject);
  if (section && section->has("services")) config.push_services = section.texts("services");
  section.path("ca_file", config.push_ca_file, base);
  forget_if_empty(config.push_ca_file);
  if (!section || config.push_subject.empty()) return;
  const bool mail = config.push_subject.starts_with("mailto:") && app::is_mail_address(config.push_subject.substr(7));
  if (!mail && !http::https_host(config.push_subject))
    section->problem_of("subject", "subject is neither mailto: nor https: (RFC 8292 section 2.1)",
                        "write e.g. \"mailto:operations@example.com\"");
}

void read_partner(Section& section, OutsideConfig& config, const fs::path& base);

void read_partners(TableReader& file, OutsideConfig& config, const fs::path& base) {
  if (file.has("partner")) config.partners.clear();
  each_table(file, "partner", [&](Section& section) { read_partner(section, config, base); });
}

void read_partner(Section& section, OutsideConfig& config, const fs::path& base) {
  app::Partner partner;
  partner.code = section->required_string("code");
  partner.name.en = section->required_string("name_en");
  partner.name.zh_hans = section->required_string("name_zh_hans");
  partner.name.zh_hant = section->required_string("name_zh_hant");
  partner.types = section.texts("types");
  section.text("push_url", partner.push_url);
  fs::path secret, authorities;
  section.path("push_secret_file", secret, base);
  section.path("push_ca_file", authorities, base);
  forget_if_empty(secret);
  forget_if_empty(authorities);
  partner.push_ca_file = authorities.string();
  section.text("mail", partner.mail);
  section.number("intake_per_minute", partner.intake_per_minute, 1, 100'000);
  if (!partner.code.empty() && !workorder::is_code(partner.code))
    section->problem_of("code", "code \"" + partner.code + "\" is no code", "use 1 to 32 of a-z, 0-9 and _");
  if (partner.types.empty()) section->missing("types", "name the types of work orders it may raise");
  if (!partner.push_url.empty() && !http::https_host(partner.push_url))
    section->problem_of("push_url", "push_url is no https URL", "write e.g. \"https://partner.example/feedback\"");
  if (!partner.push_url.empty() && secret.empty())
    section->missing("push_secret_file", "name the file with the secret that signs what is sent to push_url");
  if (!partner.mail.empty() && !app::is_mail_address(partner.mail))
    section->problem_of("mail", "mail is no mail address", "write e.g. \"desk@partner.example\"");
  if (config.partners.contains(partner.code))
    section->problem_here("there are two partners \"" + partner.code + "\"", "give each its own code");
  if (!secret.empty()) config.partner_secret_files[partner.code] = secret;
  const std::string code = partner.code;
  config.partners[code] = std::move(partner);
}

}  // namespace

void read_outside(TableReader& file, OutsideConfig& config, const fs::path& base) {
  read_delivery(file, config);
  read_mail(file, config, base);
  read_push(file, config, base);
  read_partners(file, config, base);
}

}  // namespace hotline::main
