// SPDX-License-Identifier: Apache-2.0
// What a trunk does without a call: OPTIONS to its gateways, and our registration with a carrier. Signalling thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "voice/signalling/lone_request.hpp"
#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

/// "sip:user@host:port;transport=tcp" of a gateway; user may be empty.
[[nodiscard]] std::string gateway_uri(const Gateway& gateway, const std::string& user = {});
/// The answer to the first challenge of `response` that we can answer; empty when there is none (RFC 8760 section 2.4).
[[nodiscard]] Authorize answer_with(const sip_msg& response, const std::string& user, const std::string& password);

/// Asks each gateway of a trunk with OPTIONS whether it is there (RFC 3261 section 11): any final response but 503 says
/// yes.
class GatewayProbes {
 public:
  GatewayProbes(SessionHost& host, Trunk& trunk);
  /// Sends what is due. `now` is monotone.
  void tick(Duration now);

 private:
  struct Probe {
    std::unique_ptr<LoneRequest> request;
    Duration due{};
    std::string call_id;
    std::uint32_t cseq = 0;
  };
  void told(std::size_t index, bool answered);

  SessionHost& host_;
  Trunk& trunk_;
  std::vector<Probe> probes_;
};

/// Our REGISTER with a carrier (RFC 3261 section 10.2): refreshed before it runs out, with digest, and with the next
/// gateway when one does not answer.
class CarrierRegistration {
 public:
  CarrierRegistration(SessionHost& host, Trunk& trunk);
  void tick(Duration now);

 private:
  void send(Authorize authorize);
  void on_response(const sip_msg* response);
  void retry(const std::string& why, bool next_gateway);
  [[nodiscard]] std::string domain() const;

  SessionHost& host_;
  Trunk& trunk_;
  LoneRequest request_;
  std::string call_id_;
  std::uint32_t cseq_ = 0;
  std::vector<std::size_t> order_;  ///< gateways; the first is the one in use
  Duration expires_;
  Duration now_{}, due_{};
  unsigned failures_ = 0;
  unsigned challenges_ = 0;  ///< answered since the last success
};

}  // namespace hotline::voice::signalling
