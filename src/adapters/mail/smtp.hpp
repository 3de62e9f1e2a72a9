// SPDX-License-Identifier: Apache-2.0
// Sending a mail to the operator's mail server over SMTP (RFC 5321), with STARTTLS or TLS and a password where wanted.
#pragma once

#include "adapters/mail/message.hpp"
#include "base/result.hpp"

namespace hotline::mail {

struct SmtpConfig {
  std::string url{};  ///< smtp://mail.example.com:587, smtps://…
  bool require_tls = true;
  std::string username{}, password{};  ///< empty: none
  std::string ca_file{};               ///< empty: the system's
  Duration timeout{30'000};            ///< of the whole conversation
};

/// Why it was not sent.
struct SmtpError {
  bool again = false;  ///< the server is away, or said 4xx: the same later may succeed
  std::string what;
};

/// Waits. Any thread. The password appears in no error.
[[nodiscard]] Result<void, SmtpError> send(const SmtpConfig& config, const Message& message, TimePoint now);

}  // namespace hotline::mail
