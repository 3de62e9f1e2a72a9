// SPDX-License-Identifier: Apache-2.0
// Figures for Prometheus, gathered when asked. Any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/http/server.hpp"
#include "adapters/live/live_service.hpp"

namespace hotline::api {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  /// One answered request.
  void answered(const http::AccessRecord& record);
  /// The text format (version 0.0.4) of everything.
  [[nodiscard]] std::string text(const live::Views& views, const live::LiveService::Counters& counters,
                                 const http::ServerStats& server, std::size_t desks, bool store_healthy,
                                 const std::map<std::string, app::NodeFigures>& nodes,
                                 const std::vector<app::RecordingBacklog>& recordings = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::api
