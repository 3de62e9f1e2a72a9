// SPDX-License-Identifier: Apache-2.0
// The ways out: mail to people, partners and customers, web push to browsers, signed messages to partners' programs.
// Each call waits for the network. Any thread.
#pragma once

#include <string>
#include <vector>

#include "adapters/mail/smtp.hpp"
#include "adapters/outside/web_push.hpp"
#include "app/outside/deliverer.hpp"

namespace hotline::outside {

struct MailConfig {
  mail::SmtpConfig smtp{};          ///< url empty: no mail
  std::string from{}, from_name{};  ///< of every mail
  std::string page_url{};           ///< of this hotline's pages, for links; empty: mails have none
};
[[nodiscard]] app::Attempt send_mail(const MailConfig& config, const app::Outgoing& outgoing, TimePoint now);

struct PushConfig {
  std::string subject{};                ///< mailto: or https: of whom a push service can write to
  std::vector<std::string> services{};  ///< hosts that browsers may subscribe at; "*.example" for all below it
  std::string ca_file{};                ///< empty: the system's authorities
};
/// Only these are pushed to: what a browser says is its push service must not make us call anybody else.
[[nodiscard]] bool is_push_service(const PushConfig& config, const std::string& endpoint);
[[nodiscard]] app::Attempt send_push(const PushConfig& config, const PushKey& key, const app::Outgoing& outgoing,
                                     TimePoint now);

/// POST of JSON, signed: X-Hotline-Signature: sha256=HMAC of the body with the shared secret, in hexadecimal;
/// X-Hotline-Delivery is the same for each attempt.
[[nodiscard]] app::Attempt send_to_partner(const app::Outgoing& outgoing);

}  // namespace hotline::outside
