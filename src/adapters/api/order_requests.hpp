// SPDX-License-Identifier: Apache-2.0
// What the routes of work orders share: refusals as answers, requests as the use cases take them. Private to this
// folder.
#pragma once

#include "adapters/api/impl.hpp"

namespace hotline::api {

[[nodiscard]] inline http::Response refused(const app::OrderRefusal& refusal) {
  const int status = refusal.code == "not_found"   ? 404
                     : refusal.code == "forbidden" ? 403
                     : refusal.code == "bad_value" || refusal.code == "missing" || refusal.code == "unknown_action" ||
                             refusal.code == "unknown_department"
                         ? 400
                         : 409;
  return http::Response::error(status, refusal.code, refusal.message, refusal.field);
}

[[nodiscard]] inline http::Response no_orders() {
  return http::unavailable("No work-order types are configured here ([orders] directory).", std::chrono::seconds(60));
}

/// `content`: what makes this command another one than others with the same id.
[[nodiscard]] inline app::OrderRequest request_of(const http::Request& request, const Caller& caller,
                                                  const std::string& command_id, const app::OrderDesk& desk,
                                                  const std::string& content) {
  app::OrderRequest out;
  out.command_id = command_id;
  out.by = desk.actor_of(caller.agent);
  out.fingerprint = desk.fingerprint(caller.agent.id.to_string() + '\n' + request.path + '\n' + content);
  return out;
}

}  // namespace hotline::api
