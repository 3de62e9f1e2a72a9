// SPDX-License-Identifier: Apache-2.0
// For supervisors: what the watchdog found and repaired, and the recording ledger by day.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "adapters/api/watch_wire.hpp"
#include "app/ledger/recording_ledger.hpp"
#include "base/unless.hpp"

namespace hotline::api {
namespace {

constexpr std::uint32_t gaps_shown_max = 1'000;

}  // namespace

DifferenceBody body_of(const app::StoredDifference& row) {
  return {row.at,
          row.kind,
          unless_empty(row.node),
          unless_none(row.contact),
          unless_none(row.leg),
          unless_none(row.agent),
          unless_empty(row.phone),
          row.cause,
          row.repair};
}

LedgerDayBody body_of(const app::LedgerDay& row) {
  return {row.day, row.reconciled_at, row.calls, row.complete, row.due_ms, row.recorded_ms, row.paused_ms};
}

LedgerGapBody body_of(const app::LedgerGap& row) {
  const auto colon = row.cause.find(": ");
  LedgerGapBody body{row.contact, row.from, row.to, row.cause.substr(0, colon), std::nullopt};
  if (colon != std::string::npos) body.detail = row.cause.substr(colon + 2);
  return body;
}

http::Response Api::Impl::list_differences(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see what the watchdog found.");
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  std::vector<DifferenceBody> rows;
  for (const app::StoredDifference& row : store.differences(TimePoint{}, *limit)) rows.push_back(body_of(row));
  return http::Response::json(200, items(rows));
}

http::Response Api::Impl::list_ledger_days(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see the recording ledger.");
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  std::vector<LedgerDayBody> days;
  for (const app::LedgerDay& day : store.ledger_days(*limit)) days.push_back(body_of(day));
  return http::Response::json(200, items(days));
}

http::Response Api::Impl::get_ledger_day(const http::Request& request, const Caller& caller, bool reconcile) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see the recording ledger.");
  const std::string asked(request.param("day"));
  const std::string day = asked == "today" ? app::local_day(clock.now(), config.utc_offset) : asked;
  const auto range = app::range_of_day(day, config.utc_offset);
  if (!range) return http::not_found("A day is written as 2026-11-23.");
  if (reconcile) {
    if (!config.reconcile_day) return http::not_found("This core has no recording ledger.");
    if (range->first > clock.now()) return http::conflict("The day has not begun.");
    if (reconciling.exchange(true)) return http::conflict("A day is being reconciled already; try again in a moment.");
    const auto done = std::shared_ptr<void>(nullptr, [this](void*) { reconciling.store(false); });
    app::PutLedgerDay put = config.reconcile_day(store, day, clock.now());
    store.write_and_wait({put});
    audit(caller, "ledger.reconcile", day, request);
  }
  const auto days = store.ledger_days(1'000);
  const auto found = std::find_if(days.begin(), days.end(), [&](const app::LedgerDay& row) { return row.day == day; });
  if (found == days.end()) return http::not_found("This day has not been reconciled yet.");
  LedgerDayGapsBody body{body_of(*found), {}};
  for (const app::LedgerGap& gap : store.ledger_gaps(day, gaps_shown_max)) body.gaps.push_back(body_of(gap));
  return http::Response::json(200, jsonmap::write(body));
}

http::Response Api::Impl::get_wallboard_settings(const Caller& caller) const {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see what the wallboard warns of.");
  app::WallboardSettings settings = app::settings_from(service.views()->world->wallboard);
  if (settings.limits.empty()) settings.limits = app::usual_limits();
  return http::Response::json(200, jsonmap::write(settings));
}

void Api::Impl::set_wallboard_settings(const http::Request& request, const Caller& caller,
                                       const http::Responder& respond) {
  if (!caller.supervisor()) return (void)respond(http::forbidden("Only supervisors set what the wallboard warns of."));
  auto body = read_body<app::WallboardSettings>(request);
  if (!body) return (void)respond(body.error());
  configure(request, caller, respond, "wallboard.settings", "",
            [settings = *body](app::Live& live, app::RequestId reply_to, TimePoint now) {
              return live.set_wallboard(reply_to, settings, now);
            });
}

void Api::Impl::list_agent_figures(const Caller& caller, const http::Responder& respond) {
  if (!caller.supervisor()) return (void)respond(http::forbidden("Only supervisors see the figures of agents."));
  const bool taken = service.post([respond](app::Live& live, TimePoint now) {
    respond(http::Response::json(200, items(live.agent_figures(now))));
    return app::LiveEffects{};
  });
  if (!taken) respond(refused({"unavailable", "The hotline is overloaded; try again in a moment."}));
}

void Api::Impl::watch_routes(http::Router& router) {
  router.get("/api/v1/wallboard/settings", guard(false, [this](const http::Request&, const Caller& caller) {
               return get_wallboard_settings(caller);
             }));
  router.add_async("PUT", "/api/v1/wallboard/settings",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_wallboard_settings(request, caller, respond);
                   }),
                   {.body_max = 65'536});
  router.add_async("GET", "/api/v1/wallboard/agents",
                   guard_read([this](const auto&, const auto& caller, const auto& respond) {
                     list_agent_figures(caller, respond);
                   }));
  router.get("/api/v1/differences", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_differences(request, caller);
             }));
  router.get("/api/v1/recording-ledger", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_ledger_days(request, caller);
             }));
  router.get("/api/v1/recording-ledger/{day}", guard(false, [this](const http::Request& request, const Caller& caller) {
               return get_ledger_day(request, caller, false);
             }));
  router.add("POST", "/api/v1/recording-ledger/{day}",
             guard(true, [this](const http::Request& request,
                                const Caller& caller) { return get_ledger_day(request, caller, true); }),
             {.body_max = 4096});
}

}  // namespace hotline::api
