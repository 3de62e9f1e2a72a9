// SPDX-License-Identifier: Apache-2.0
// TLS of SIP: our certificate, which can be replaced while calls run, and whom we trust. Signalling thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/sip_stack.hpp"

namespace hotline::voice::signalling {

class SipTls {
 public:
  /// `peers` are the names and addresses of the gateways we may connect to: their certificate must be for one of them.
  static Result<std::unique_ptr<SipTls>, Problem> open(TlsConfig config, std::vector<std::string> peers);

  /// Reads the files again. Fails, and changes nothing, when certificate and key do not fit each other.
  [[nodiscard]] Result<void, Problem> reload();

  [[nodiscard]] ::tls* get() const { return tls_.get(); }
  [[nodiscard]] const TlsConfig& config() const { return config_; }
  [[nodiscard]] bool is_peer(void* certificate) const;  ///< an X509: names one of the peers

 private:
  SipTls(TlsConfig config, std::vector<std::string> peers) : config_(std::move(config)), peers_(std::move(peers)) {}

  TlsConfig config_;
  std::vector<std::string> peers_;
  Ref<::tls> tls_;
};

}  // namespace hotline::voice::signalling
