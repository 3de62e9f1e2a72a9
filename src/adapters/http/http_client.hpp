// SPDX-License-Identifier: Apache-2.0
// One request to somebody else's server: over TLS with the certificate checked, one time-out over the whole, a bounded
// answer, no redirects, no proxy from the environment. Waits; any thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::http {

struct ClientRequest {
  std::string method = "POST";
  std::string url;  ///< https://…; http:// only with `plain_allowed`
  Headers headers;
  std::string body;
  std::string ca_file;                      ///< PEM with the authorities to trust instead of the system's
  bool plain_allowed = false;               ///< loopback and tests
  Duration timeout{15'000};                 ///< of the whole exchange; a third of it for the connection
  std::size_t answer_max = 65'536;          ///< bytes of the body; a longer answer is an error
  const std::atomic<bool>* stop = nullptr;  ///< true: the exchange is given up at once
};

struct ClientAnswer {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Why there is no answer. Names neither the path nor the query of the URL: they may be secrets.
struct ClientError {
  bool again = false;  ///< the same later may succeed
  std::string what;
};

/// Any status is an answer.
[[nodiscard]] Result<ClientAnswer, ClientError> ask(const ClientRequest& request);

/// "https" and a host, without user, password and fragment; the host comes back, lower case, without its port.
[[nodiscard]] std::optional<std::string> https_host(std::string_view url);

}  // namespace hotline::http
