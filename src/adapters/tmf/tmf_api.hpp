// SPDX-License-Identifier: Apache-2.0
// TM Forum's APIs as server, v4: TMF621 trouble tickets, TMF697 work orders, TMF646 appointments, TMF683 party
// interactions, TMF688 events. Handlers run on the HTTP server's workers. What maps to what: docs/tmf.md, ADR 29.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/http/http.hpp"
#include "adapters/tmf/hub.hpp"

namespace hotline::tmf {

struct TmfConfig {
  /// "https://hotline.example.com": how clients reach this server, for href. Empty: as the request says.
  std::string public_url;
  /// Types of orders that are trouble tickets; every other is a work order.
  std::set<std::string> tickets{"complaint",          "consumer_line_12315", "enquiry_follow_up", "fault_report",
                                "joint_response_110", "media_matter",        "regulator_appeal"};
  HubConfig hub;
  std::size_t hubs_most = 100, topics_most = 100, searches_most = 10'000;
  std::int64_t start_seconds = 0;  ///< of this process, for ids (ADR 7)
};

class TmfApi {
 public:
  /// Who makes a request; `changes`: it is to change something. The error is the answer.
  using Authorize = std::function<Result<app::Agent, http::Response>(const http::Request&, bool changes)>;
  /// Everything referred to must outlive it, and it the HTTP server. Begins to deliver events.
  TmfApi(TmfConfig config, Stores stores, Authorize authorize, const runtime::Clock& clock);
  ~TmfApi();
  TmfApi(const TmfApi&) = delete;
  TmfApi& operator=(const TmfApi&) = delete;

  void add_routes(http::Router& router);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// For http::ServerConfig::shape_refusal: under /tmf-api/ a refusal has TM Forum's form. Any thread.
void shape_refusal(const http::Request& request, http::Response& response);

}  // namespace hotline::tmf
