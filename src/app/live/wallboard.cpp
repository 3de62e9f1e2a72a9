// SPDX-License-Identifier: Apache-2.0
// The wallboard (requirement G7): now and since midnight, by queue, service line and team, judged by its limits.
#include <algorithm>
#include <string_view>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"
#include "base/local_time.hpp"

namespace hotline::app {
namespace {

/// One entry a trunk, in the order in which they are first named.
std::vector<TrunkView> sum_of(const std::vector<TrunkStatus>& trunks) {
  std::vector<TrunkView> out;
  for (const TrunkStatus& trunk : trunks) {
    auto sum = std::find_if(out.begin(), out.end(), [&](const TrunkView& view) { return view.name == trunk.name; });
    if (sum == out.end()) {
      out.emplace_back().name = trunk.name;
      sum = out.end() - 1;
    }
    const auto refused = static_cast<std::int64_t>(trunk.refused);
    sum->in_use += trunk.in_use;
    sum->channels_max += trunk.channels_max;
    sum->in += trunk.in;
    sum->out += trunk.out;
    sum->refused += refused;
    sum->nodes.push_back({trunk.node, trunk.in_use, trunk.channels_max, trunk.in, trunk.out, refused});
  }
  return out;
}

/// The members that queues and service lines share.
template <class View>
void put_day(View& view, const DayFigures& day, std::int64_t wrap_up_ms, ServiceLevelFormula shown) {
  view.offered = day.offered;
  view.answered = day.answered;
  view.abandoned = day.abandoned;
  view.short_abandoned = day.short_abandoned;
  view.refused = day.refused;
  view.called_back = day.called_back;
  if (day.answered > 0) view.answer_time_avg_ms = day.answer_time.count() / day.answered;
  if (day.handled > 0) view.handling_time_avg_ms = (day.talk.count() + day.hold.count() + wrap_up_ms) / day.handled;
  if (day.answered + day.abandoned == 0) return;
  view.service_level = service_level(day.service(), shown);
  for (const auto formula :
       {ServiceLevelFormula::abandons_are_failures, ServiceLevelFormula::abandons_in_time_are_served,
        ServiceLevelFormula::abandons_left_out, ServiceLevelFormula::early_abandons_left_out})
    view.service_levels[to_string(formula)] = service_level(day.service(), formula);
}

/// Colours of one queue, line or trunk, and the alarms they make.
class Judge {
 public:
  Judge(const std::vector<BoardLimit>& limits, std::vector<AlarmView>& alarms) : limits_(limits), alarms_(alarms) {}
  void look(std::map<std::string, std::string>& tones, const char* kind, const std::string& scope, const char* figure,
            double value) {
    const BoardLimit* limit = limit_of(limits_, figure, scope);
    // What a limit for all says of its queues need not be said of the line again.
    if (limit == nullptr || (limit->scope.empty() && std::string_view(kind) == "line")) return;
    const std::string tone = judge(*limit, value);
    if (tone.empty()) return;
    tones[figure] = tone;
    alarms_.push_back(
        {kind, scope, figure, tone, value, tone == "bad" ? limit->bad : limit->warn, tone == "bad" && limit->alarm});
  }
  template <class View>
  void look_at_day(View& view, const char* kind) {
    if (view.waiting > 0) {
      look(view.tones, kind, view.code, "waiting", static_cast<double>(view.waiting));
      look(view.tones, kind, view.code, "longest_wait_s", static_cast<double>(view.longest_wait_ms) / 1000);
    }
    if (view.service_level) look(view.tones, kind, view.code, "service_level", *view.service_level);
    if (view.answered > 0)
      look(view.tones, kind, view.code, "answer_time_s", static_cast<double>(view.answer_time_avg_ms) / 1000);
    if (view.answered + view.abandoned > 0)
      look(view.tones, kind, view.code, "abandoned_share",
           static_cast<double>(view.abandoned) / static_cast<double>(view.answered + view.abandoned));
    if (view.refused > 0) look(view.tones, kind, view.code, "refused", static_cast<double>(view.refused));
  }

 private:
  const std::vector<BoardLimit>& limits_;
  std::vector<AlarmView>& alarms_;
};

}  // namespace

TimePoint Live::midnight() const {
  return midnight_of(day_number_, config_.utc_offset);
}

/// Of every agent who was there today; a few times a minute.
void Live::sum_up_staff(TimePoint now) {
  staff_board_ = {};
  for (const auto& [id, day] : agent_days_) {
    const Agent* agent = staff(id);
    if (agent == nullptr) continue;
    const AgentDay today = day.until(now, day_number_, midnight());
    staff_board_.teams[agent->team].add(today);
    for (const QueueId queue : agent->queues) {
      if (const Queue* found = queue_by_id(queue)) staff_board_.queues[found->code].add(today);
    }
    for (const auto& [queue, ms] : today.wrap_up_ms) staff_board_.wrap_up_ms[queue] += ms;
  }
}

void Live::put_teams(Wallboard& board) const {
  std::map<std::string, TeamView> teams;
  for (const Agent& agent : world_.agents) {
    const acd::AgentLive* live = acd_.agent(agent.id);
    if (live == nullptr || agent.role != "agent") continue;
    TeamView& team = teams[agent.team];
    team.team = agent.team;
    ++team.agents[acd::to_string(live->state)];
  }
  for (auto& [name, team] : teams) {
    const auto found = staff_board_.teams.find(name);
    if (found != staff_board_.teams.end()) {
      const StaffFigures& figures = found->second;
      team.offered = figures.offered;
      team.answered = figures.answered;
      team.missed = figures.missed;
      if (figures.answered > 0) team.handling_time_avg_ms = figures.occupied_ms / figures.answered;
      if (figures.available_ms > 0) team.occupancy = figures.occupancy();
    }
    board.teams.push_back(std::move(team));
  }
}

void Live::put_lines(Wallboard& board, ServiceLevelFormula shown) const {
  for (const ServiceLine& line : world_.service_lines) {
    LineView view;
    view.code = line.code;
    view.name = view_of(line.name);
    DayFigures day;
    for (const auto& [key, figures] : day_) {
      if (key.second == line.code) day.add(figures);
    }
    std::int64_t wrap_up = 0;
    for (const QueueView& queue : board.queues) {
      if (queue.service_line != line.code) continue;
      view.waiting += queue.waiting;
      view.longest_wait_ms = std::max(view.longest_wait_ms, queue.longest_wait_ms);
      const auto found = staff_board_.wrap_up_ms.find(queue.code);
      if (found != staff_board_.wrap_up_ms.end()) wrap_up += found->second;
    }
    view.self_service = day.self_service;
    const auto calls = line_calls_.find(line.code);
    view.calls = calls == line_calls_.end() ? 0 : calls->second;
    put_day(view, day, wrap_up, shown);
    board.lines.push_back(std::move(view));
  }
}

Wallboard Live::wallboard(TimePoint now) const {
  Wallboard board;
  board.at_ms = now;
  board.threshold_s = std::chrono::duration_cast<std::chrono::seconds>(config_.service_level_threshold).count();
  board.formula = board_settings_.formula;
  const auto shown = formula_from(board_settings_.formula).value_or(ServiceLevelFormula::abandons_are_failures);
  for (const acd::QueueLive& live : acd_.queues()) {
    const Queue* queue = queue_by_id(live.id);
    if (queue == nullptr) continue;
    QueueView view;
    view.id = queue->id;
    view.code = queue->code;
    view.name = view_of(queue->name);
    view.service_line = unless_empty(queue->service_line);
    view.waiting = live.waiting;
    view.ready = live.ready;
    view.busy = live.busy;
    if (live.oldest) view.longest_wait_ms = std::max<std::int64_t>(0, (now - *live.oldest).count());
    DayFigures day;
    for (auto at = day_.lower_bound({queue->code, ""}); at != day_.end() && at->first.first == queue->code; ++at)
      day.add(at->second);
    const auto wrap_up = staff_board_.wrap_up_ms.find(queue->code);
    put_day(view, day, wrap_up == staff_board_.wrap_up_ms.end() ? 0 : wrap_up->second, shown);
    if (const auto staff = staff_board_.queues.find(queue->code);
        staff != staff_board_.queues.end() && staff->second.available_ms > 0)
      view.occupancy = staff->second.occupancy();
    board.queues.push_back(std::move(view));
  }
  for (const acd::AgentLive* agent : acd_.agents()) ++board.agents[acd::to_string(agent->state)];
  std::map<std::string, std::int64_t> calls_of;
  for (const auto& [id, entry] : calls_) {
    const call::Stage stage = entry.call.stage;
    if (stage == call::Stage::ended || entry.call.waits_to_call_back()) continue;
    ++calls_of[entry.call.node];
    ++board.calls.live;
    if (stage == call::Stage::ivr || stage == call::Stage::arriving) ++board.calls.ivr;
    if (stage == call::Stage::waiting) ++board.calls.queued;
    if (stage == call::Stage::talking || stage == call::Stage::dialing) ++board.calls.talking;
  }
  for (const auto& [name, node] : nodes_) {
    board.voice_nodes.push_back({name, node.connected, node.connected && node.load.draining,
                                 node.connected && node.load.shedding, calls_of[name]});
    if (!node.connected) continue;  // what it said last is not so any more
    for (const TrunkStatus& trunk : node.info.trunks) board.trunks_by_node.emplace_back(trunk).node = name;
  }
  board.trunks = sum_of(board.trunks_by_node);
  board.differences = differences();
  put_lines(board, shown);
  put_teams(board);
  judge_board(board);
  return board;
}

void Live::judge_board(Wallboard& board) const {
  Judge judge(board_settings_.limits.empty() ? usual_limits() : board_settings_.limits, board.alarms);
  for (QueueView& queue : board.queues) {
    judge.look_at_day(queue, "queue");
    if (queue.waiting > 0) judge.look(queue.tones, "queue", queue.code, "ready", static_cast<double>(queue.ready));
    if (queue.occupancy) judge.look(queue.tones, "queue", queue.code, "occupancy", *queue.occupancy);
  }
  for (LineView& line : board.lines) judge.look_at_day(line, "line");
  for (TrunkView& trunk : board.trunks) {
    if (trunk.channels_max > 0)
      judge.look(trunk.tones, "trunk", trunk.name, "trunk_use",
                 static_cast<double>(trunk.in_use) / static_cast<double>(trunk.channels_max));
  }
}

std::vector<AgentFiguresView> Live::agent_figures(TimePoint now) const {
  std::vector<AgentFiguresView> out;
  for (const Agent& agent : world_.agents) {
    const acd::AgentLive* live = acd_.agent(agent.id);
    if (live == nullptr || agent.role != "agent") continue;
    const auto found = agent_days_.find(agent.id);
    const AgentDay day = found == agent_days_.end() ? AgentDay{} : found->second.until(now, day_number_, midnight());
    if (found == agent_days_.end() && live->state == acd::AgentState::signed_out) continue;
    AgentFiguresView view;
    view.id = agent.id;
    view.number = agent.number;
    view.name = agent.name;
    view.team = agent.team;
    view.state = acd::to_string(live->state);
    view.since_ms = live->since;
    view.offered = day.offered;
    view.answered = day.answered;
    view.missed = day.missed;
    view.ready_ms = day.in(acd::AgentState::ready);
    view.busy_ms = day.in(acd::AgentState::busy);
    view.wrap_up_ms = day.in(acd::AgentState::wrap_up);
    view.paused_ms = day.in(acd::AgentState::paused);
    StaffFigures figures;
    figures.add(day);
    if (day.answered > 0) view.handling_time_avg_ms = figures.occupied_ms / day.answered;
    if (figures.available_ms > 0) view.occupancy = figures.occupancy();
    out.push_back(std::move(view));
  }
  return out;
}

LiveEffects Live::set_wallboard(RequestId request, const WallboardSettings& settings, TimePoint now) {
  Work work(*this, now);
  for (const BoardLimit& limit : settings.limits) {
    if (storable(limit.scope)) continue;
    work.refuse(request, "bad_value", "A scope is UTF-8 text without NUL.");
    return work.finish();
  }
  world_.wallboard = jsonmap::write(settings);
  work.change(PutWallboardSettings{world_.wallboard});
  world_changed(work);
  next_wallboard_ = now;
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

}  // namespace hotline::app
