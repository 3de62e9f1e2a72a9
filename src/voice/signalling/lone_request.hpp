// SPDX-License-Identifier: Apache-2.0
// One request outside of calls (OPTIONS, REGISTER) and its one answer. Signalling thread.
#pragma once

#include <functional>
#include <string>

#include "voice/signalling/libre.hpp"
#include "voice/signalling/session.hpp"
#include "voice/signalling/timer.hpp"

namespace hotline::voice::signalling {

/// What is said about the request in its headers.
struct LoneMessage {
  std::string method;
  std::string uri;       ///< request-URI
  std::string route{};   ///< URI of where it goes by; empty: where `uri` says
  std::string from, to;  ///< URIs
  std::string call_id;
  std::uint32_t cseq = 1;
  std::string headers{};       ///< further lines
  std::string contact{};       ///< parameters behind our Contact, ";expires=60"
  std::string contact_user{};  ///< its user part; "" for the usual one
  bool with_contact = true;
};

class LoneRequest {
 public:
  /// The final response, or nullptr when none came.
  using Done = std::function<void(const sip_msg* response)>;

  explicit LoneRequest(SessionHost& host) : host_(host) {}
  ~LoneRequest() { mem_deref(request_); }
  LoneRequest(const LoneRequest&) = delete;
  LoneRequest& operator=(const LoneRequest&) = delete;

  /// Replaces what is under way. `done` may start the next request; it is called once, unless the object is gone.
  void send(const LoneMessage& message, Authorize authorize, Duration limit, Done done);
  [[nodiscard]] bool running() const { return done_ != nullptr; }

 private:
  void finish(const sip_msg* response);

  SessionHost& host_;
  struct sip_request* request_ = nullptr;
  LoneMessage message_;
  Authorize authorize_;
  Done done_;
  Timer limit_;
};

}  // namespace hotline::voice::signalling
