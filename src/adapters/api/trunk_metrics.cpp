// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/trunk_metrics.hpp"

#include <map>
#include <string>
#include <utility>

namespace hotline::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

/// Gathers values family by family, in the order in which families are first named.
class Families {
 public:
  void gauge(const char* name, const char* help, Labels labels, double value) {
    add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void counter(const char* name, const char* help, Labels labels, std::uint64_t value) {
    add(name, help, MetricType::Counter, std::move(labels)).counter.value = static_cast<double>(value);
  }
  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  ClientMetric& add(const std::string& name, const char* help, MetricType type, Labels labels) {
    const auto [place, added] = places_.try_emplace(name, families_.size());
    if (added) families_.push_back({name, help, type, {}});
    ClientMetric& metric = families_[place->second].metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
  std::vector<MetricFamily> families_;
  std::map<std::string, std::size_t> places_;
};

Labels with(Labels labels, const char* name, const std::string& value) {
  labels.push_back({name, value});
  return labels;
}

void add_gateway(Families& families, const Labels& trunk, const app::GatewayStatus& gateway) {
  const Labels labels = with(trunk, "gateway", gateway.address);
  families.gauge("hotline_gateway_up", "1 when a trunk's gateway answers", labels, gateway.up ? 1 : 0);
  families.counter("hotline_gateway_calls_total", "Calls sent to a gateway", labels, gateway.calls);
  families.counter("hotline_gateway_failures_total", "Calls and probes a gateway did not take", labels,
                   gateway.failures);
  if (!gateway.probed_at) return;
  families.gauge("hotline_gateway_last_probe_timestamp_seconds", "When the last OPTIONS to a gateway came to an end",
                 labels, static_cast<double>(to_unix_ms(*gateway.probed_at)) / 1'000);
  if (gateway.probe_status != 0)
    families.gauge("hotline_gateway_probe_duration_seconds", "How long the answer to the last OPTIONS took", labels,
                   static_cast<double>(gateway.probe_took.count()) / 1'000);
}

}  // namespace

std::vector<MetricFamily> trunk_metrics(const std::vector<app::TrunkStatus>& trunks) {
  Families families;
  for (const app::TrunkStatus& trunk : trunks) {
    const Labels labels{{"node", trunk.node}, {"trunk", trunk.name}};
    families.gauge("hotline_trunk_channels_limit", "Channels a trunk group has at a node, both directions together",
                   labels, static_cast<double>(trunk.channels_max));
    const auto direction = [&](const char* name, std::int64_t in_use, std::int64_t limit, std::uint64_t calls,
                               std::uint64_t refused) {
      const Labels one = with(labels, "direction", name);
      families.gauge("hotline_trunk_channels_in_use", "Channels of a trunk group that carry a call", one,
                     static_cast<double>(in_use));
      if (limit > 0)
        families.gauge("hotline_trunk_direction_channels_limit", "Limit of one direction, where there is one", one,
                       static_cast<double>(limit));
      families.counter("hotline_trunk_calls_total", "Calls from and to a trunk", one, calls);
      families.counter("hotline_trunk_calls_refused_total", "Calls of a trunk that found no channel", one, refused);
    };
    direction("in", trunk.in, trunk.in_max, trunk.calls_in, trunk.refused_in);
    direction("out", trunk.out, trunk.out_max, trunk.calls_out, trunk.refused_out);
    if (!trunk.registration.empty())
      families.gauge("hotline_trunk_registered", "1 when a trunk that registers with its carrier is registered", labels,
                     trunk.registration == "registered" ? 1 : 0);
    for (const app::GatewayStatus& gateway : trunk.gateways) add_gateway(families, labels, gateway);
  }
  return families.take();
}

}  // namespace hotline::api
