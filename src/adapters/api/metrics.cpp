// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "adapters/api/trunk_metrics.hpp"

namespace hotline::api {

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& requests = prometheus::BuildHistogram()
                                                            .Name("hotline_http_request_seconds")
                                                            .Help("Time from the whole request to its answer")
                                                            .Register(registry);
  prometheus::Family<prometheus::Gauge>& waiting = gauge("hotline_queue_waiting", "Calls waiting in a queue");
  prometheus::Family<prometheus::Gauge>& longest =
      gauge("hotline_queue_longest_wait_seconds", "Wait of the call that waits longest");
  prometheus::Family<prometheus::Gauge>& ready = gauge("hotline_queue_agents_ready", "Ready agents of a queue");
  prometheus::Family<prometheus::Gauge>& today =
      gauge("hotline_queue_calls_today", "Calls of a queue since midnight, by result");
  prometheus::Family<prometheus::Gauge>& agents = gauge("hotline_agents", "Agents by state");
  prometheus::Family<prometheus::Gauge>& calls = gauge("hotline_calls", "Live calls by stage");
  prometheus::Family<prometheus::Gauge>& nodes =
      gauge("hotline_voice_node_connected", "1 when the voice node is connected");
  prometheus::Family<prometheus::Gauge>& voice =
      gauge("hotline_voice_node", "What a voice node counted since its start");
  prometheus::Family<prometheus::Gauge>& recordings =
      gauge("hotline_recordings", "Recordings whose files are not yet as they should be");
  prometheus::Family<prometheus::Gauge>& differences =
      gauge("hotline_watchdog_differences", "Differences the watchdog repaired since the start, by kind");
  prometheus::Family<prometheus::Gauge>& process = gauge("hotline_process", "Figures of the core process");

  prometheus::Family<prometheus::Gauge>& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::answered(const http::AccessRecord& record) {
  static const prometheus::Histogram::BucketBoundaries buckets{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
  impl_->requests
      .Add({{"method", record.method}, {"route", record.route}, {"status", std::to_string(record.status)}}, buckets)
      .Observe(static_cast<double>(record.took.count()) / 1e6);
}

std::string Metrics::text(const live::Views& views, const live::LiveService::Counters& counters,
                          const http::ServerStats& server, std::size_t desks, bool store_healthy,
                          const std::map<std::string, app::NodeFigures>& nodes,
                          const std::vector<app::RecordingBacklog>& recordings) {
  const app::Wallboard& board = *views.wallboard;
  for (const app::QueueView& queue : board.queues) {
    impl_->waiting.Add({{"queue", queue.code}}).Set(static_cast<double>(queue.waiting));
    impl_->longest.Add({{"queue", queue.code}}).Set(static_cast<double>(queue.longest_wait_ms) / 1000.0);
    impl_->ready.Add({{"queue", queue.code}}).Set(static_cast<double>(queue.ready));
    const auto today = [&](const char* result, std::int64_t count) {
      impl_->today.Add({{"queue", queue.code}, {"result", result}}).Set(static_cast<double>(count));
    };
    today("offered", queue.offered);
    today("answered", queue.answered);
    today("abandoned", queue.abandoned);
    today("short_abandoned", queue.short_abandoned);
    today("refused", queue.refused);
    today("called_back", queue.called_back);
  }
  for (const char* state : {"signed_out", "ready", "paused", "offered", "busy", "wrap_up", "unavailable"}) {
    const auto count = board.agents.find(state);
    impl_->agents.Add({{"state", state}}).Set(count == board.agents.end() ? 0.0 : static_cast<double>(count->second));
  }
  impl_->calls.Add({{"stage", "all"}}).Set(static_cast<double>(board.calls.live));
  impl_->calls.Add({{"stage", "ivr"}}).Set(static_cast<double>(board.calls.ivr));
  impl_->calls.Add({{"stage", "queued"}}).Set(static_cast<double>(board.calls.queued));
  impl_->calls.Add({{"stage", "talking"}}).Set(static_cast<double>(board.calls.talking));
  for (const app::NodeView& node : board.voice_nodes)
    impl_->nodes.Add({{"node", node.name}}).Set(node.connected ? 1 : 0);
  for (const auto& [name, figures] : nodes) {
    const auto voice = [this, &node = name](const char* what, std::uint64_t value) {
      impl_->voice.Add({{"node", node}, {"what", what}}).Set(static_cast<double>(value));
    };
    voice("legs", figures.legs);
    voice("calls", figures.calls);
    voice("phones", figures.phones);
    voice("draining", figures.draining ? 1 : 0);
    voice("recordings_open", figures.recordings_open);
    voice("memory_bytes", figures.memory_bytes);
    voice("cpu_ms", figures.cpu_ms);
    voice("start_time_ms", static_cast<std::uint64_t>(figures.started_at_ms));
    voice("rtp_received", figures.rtp_received);
    voice("rtp_sent", figures.rtp_sent);
    voice("rtp_lost", figures.rtp_lost);
    voice("rtp_late", figures.rtp_late);
    voice("recording_errors", figures.recording_errors);
    voice("sip_rejected", figures.sip_rejected);
    voice("sip_dropped", figures.sip_dropped);
    voice("sip_wrong_credentials", figures.sip_wrong_credentials);
    voice("sip_silenced", figures.sip_silenced);
    voice("shedding", figures.shedding ? 1 : 0);
    voice("archive_waiting", figures.archive_waiting);
    voice("archive_done", figures.archive_done);
    voice("archive_failed", figures.archive_failed);
    voice("archive_resting", figures.archive_resting ? 1 : 0);
    voice("recordings_free_bytes", figures.recordings_free);
    voice("recordings_total_bytes", figures.recordings_total);
    voice("recordings_room_alarm", figures.recordings_room);
    voice("outside_recorder_open", figures.outside_open);
    voice("outside_recorder_waiting_alarm", figures.outside_waiting);
    voice("outside_recorder_failures", figures.outside_failures);
    voice("outside_recorder_packets", figures.outside_packets);
    voice("outside_recorder_dropped", figures.outside_dropped);
  }
  for (const app::RecordingBacklog& backlog : recordings) {
    const auto files = [&](const char* what, std::int64_t value) {
      impl_->recordings.Add({{"node", backlog.node}, {"what", what}}).Set(static_cast<double>(value));
    };
    files("to_archive", backlog.to_archive);
    files("to_clear", backlog.to_clear);
    files("to_delete", backlog.to_delete);
  }
  for (const auto& [kind, count] : board.differences)
    impl_->differences.Add({{"kind", kind}}).Set(static_cast<double>(count));
  const auto process = [&](const char* what, double value) { impl_->process.Add({{"what", what}}).Set(value); };
  process("live_inputs", static_cast<double>(counters.inputs));
  process("live_refused_full", static_cast<double>(counters.refused_full));
  process("http_connections", static_cast<double>(server.connections));
  process("websockets", static_cast<double>(server.websockets));
  process("desks", static_cast<double>(desks));
  process("store_healthy", store_healthy ? 1 : 0);
  auto families = impl_->registry.Collect();
  for (auto& family : trunk_metrics(board.trunks_by_node)) families.push_back(std::move(family));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace hotline::api
