// SPDX-License-Identifier: Apache-2.0
#include "sim/month.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hotline::sim {
namespace {

using std::chrono::seconds;

constexpr std::size_t intervals_a_day = 288;
/// Share of a day's calls in each hour: quiet nights, a peak before noon, a second one in the afternoon.
constexpr std::array<double, 24> hours{0.9, 0.5, 0.3, 0.3, 0.3, 0.5, 1.3, 3.0, 6.2, 8.0, 8.4, 7.2,
                                       5.2, 5.4, 6.6, 7.2, 6.8, 6.0, 5.2, 5.6, 5.8, 4.6, 3.0, 1.7};
constexpr std::array<double, 7> weekdays{1.15, 1.08, 1.04, 1.03, 1.05, 0.88, 0.77};  ///< from Monday

std::shared_ptr<const call::FlowBook> month_flow() {
  auto book = std::make_shared<call::FlowBook>();
  call::Flow& flow = book->flows["entry"];
  flow.name = "entry";
  flow.start = "welcome";
  const auto add = [&](const std::string& node, call::NodeKind kind) { flow.nodes[node] = {node, std::move(kind), 1}; };
  const auto say = [](const std::string& prompt) { return call::Speech{call::SpeechPrompt{prompt, {}}}; };
  add("welcome", call::PlayNode{say("welcome"), true, "menu"});
  add("menu",
      call::MenuNode{
          .speech = say("menu"),
          .choices =
              {{'1', "bill"}, {'2', "fault"}, {'3', "order"}, {'4', "complaint"}, {'5', "directory"}, {'0', "general"}},
          .no_input = {2, say("no_input"), "general"},
          .no_match = {2, say("no_match"), "general"}});
  add("bill", call::CollectNode{.speech = say("number"),
                                .variable = "phone",
                                .digits_min = 4,
                                .digits_max = 4,
                                .no_input = {2, say("no_input"), "general"},
                                .no_match = {2, say("no_match"), "general"},
                                .next = "balance"});
  add("balance", call::SayNode{call::SayKind::money, "${phone}", "more"});
  add("more", call::MenuNode{.speech = say("more"),
                             .choices = {{'1', "menu"}, {'0', "general"}},
                             .timeout = Duration{2'000},
                             .no_input = {1, {}, "bye"},
                             .no_match = {2, say("no_match"), "bye"}});
  for (const char* queue : {"fault", "order", "complaint", "directory", "general"})
    add(queue, call::QueueNode{.queue = queue, .priority = queue[0] == 'c' ? 5 : 0, .refused = "busy"});
  add("busy", call::HangUpNode{say("all_busy")});
  add("bye", call::HangUpNode{say("goodbye")});
  return book;
}

/// Whole numbers that make up `total`, each near its share: drawn one after the other from what is left.
std::vector<double> counts(const std::vector<double>& weights, std::int64_t total, Stream chance) {
  double left = 0;
  for (const double weight : weights) left += weight;
  std::vector<double> out;
  for (const double weight : weights) {
    const double p = std::min(1.0, weight / left);
    const double mean = static_cast<double>(total) * p;
    const double normal = std::sqrt(-2 * std::log(chance.uniform())) * std::cos(2 * M_PI * chance.uniform());
    const double drawn = std::round(mean + normal * std::sqrt(mean * (1 - p)));  // binomial, by its normal limit
    const auto count = std::clamp<std::int64_t>(static_cast<std::int64_t>(drawn), 0, total);
    out.push_back(static_cast<double>(count));
    total -= count;
    left -= weight;
  }
  out.back() += static_cast<double>(total);
  return out;
}

}  // namespace

TrafficScript month_script(const MonthOptions& options) {
  TrafficScript script;
  script.seed = options.seed;
  script.flows = month_flow();
  script.flow = "entry";
  script.trunks = options.trunks;
  const char* const codes[] = {"general", "fault", "order", "complaint", "directory"};
  for (std::uint64_t i = 0; i < 5; ++i) {
    acd::QueueConfig queue;
    queue.id = QueueId{i + 1};
    queue.code = codes[i];
    queue.offer_timeout = seconds{20};
    queue.wrap_up = seconds{60};
    queue.waiting_max = 100;
    queue.announce = {.first = seconds{5}, .every = seconds{20}};
    queue.exits.digits['1'] = "call_back";
    if (i != 0) {  // the others' callers go to the general queue when they wait for long, and after hours
      queue.exits.wait_max = seconds{40};
      queue.exits.wait = "queue:general";
      queue.exits.closed = "queue:general";
      for (int weekday = 0; i == 3 && weekday < 7; ++weekday) queue.hours.week[weekday] = {{8 * 60, 20 * 60}};
      queue.exits.empty_at_close = true;
      queue.hours.utc_offset = std::chrono::minutes{0};
    }
    script.queues.push_back(queue);
  }
  for (std::uint64_t id = 1; id <= options.seats; ++id) {  // everyone on three of the five queues
    acd::AgentConfig agent;
    agent.id = AgentId{id};
    for (const std::uint64_t step : {0U, 1U, 2U}) agent.queues.push_back(QueueId{(id + step) % 5 + 1});
    script.agents.push_back(agent);
  }
  std::vector<double> weights;
  const double hour_max = *std::max_element(hours.begin(), hours.end());
  for (std::uint32_t day = 0; day < options.days; ++day) {
    for (std::size_t i = 0; i < intervals_a_day; ++i) {
      const double hour = hours[i / 12];
      weights.push_back(hour * weekdays[day % 7]);
      // Seats are filled by the hour of the day, on Mondays as on Sundays.
      const double share = 0.05 + 0.85 * hour / hour_max;  // enough on most days, hardly on Mondays
      script.staff.push_back(static_cast<std::uint32_t>(std::ceil(share * options.seats)));
    }
  }
  script.calls = counts(weights, options.calls, Stream(options.seed, "month"));
  script.exact_calls = true;
  script.intents = {{0.52, "1 4711"},   {0.08, "1 4712 1 1 4713"},
                    {0.05, "1 4714 0"}, {0.11, "2"},
                    {0.09, "3"},        {0.03, "4"},
                    {0.05, "5"},        {0.03, "0"},
                    {0.02, "7 0"},      {0.02, ""}};
  script.patience = seconds{150};
  script.handling = seconds{220};
  script.handling_variation = 0.9;
  script.wrap_up = seconds{25};
  script.reaction = seconds{2};
  script.pick_up = Duration{80};
  script.prompt = seconds{3};
  script.no_answer = 0.004;
  script.wants_call_back = 0.3;
  return script;
}

}  // namespace hotline::sim
