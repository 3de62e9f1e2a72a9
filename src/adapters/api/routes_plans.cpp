// SPDX-License-Identifier: Apache-2.0
// The capacity planner.
#include "adapters/api/impl.hpp"
#include "adapters/api/plan_wire.hpp"

namespace hotline::api {
namespace {

/// A day of intervals with some text each.
constexpr std::size_t body_max = 65'536;
/// Of the answer: the plans that wait before it, and its own time.
constexpr std::chrono::seconds answer_max{200};

http::Response later(unsigned status, const char* code, const char* message) {
  http::Response response = http::Response::error(status, code, message);
  response.set_header("Retry-After", "5");
  return response;
}

}  // namespace

void Api::Impl::make_plan(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  if (!caller.supervisor()) return (void)respond(http::forbidden("Only supervisors and admins plan capacity."));
  jsonmap::Limits limits;
  limits.missing_ok = true;
  auto body = jsonmap::read<PlanBody>(request.body, limits);
  if (!body) return (void)respond(bad_body(body.error()));
  if (!plans) return (void)respond(later(503, "unavailable", "This core has no planner."));
  const auto taken = plans->ask(caller.agent.id, input_of(*body), [respond](const auto& result) {
    if (result) return (void)respond(http::Response::json(200, jsonmap::write(body_of(*result))));
    respond(later(503, "plan_too_large",
                  "The plan was given up: it took too long. Simulate fewer days, or fewer intervals."));
  });
  if (taken == PlanDesk::Taken::already_one)
    respond(later(429, "plan_running", "Your last plan is still being computed; one at a time."));
  if (taken == PlanDesk::Taken::too_many)
    respond(later(503, "unavailable", "Several plans wait to be computed already; try again in a moment."));
}

void Api::Impl::plan_routes(http::Router& router) {
  router.add_async("POST", "/api/v1/plans",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     make_plan(request, caller, respond);
                   }),
                   {.body_max = body_max, .timeout = answer_max});
}

}  // namespace hotline::api
