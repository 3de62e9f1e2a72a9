// SPDX-License-Identifier: Apache-2.0
// `hotline voice --stats`: asks the voice node of a data folder how it is, and prints it as a table or as JSON.
#include "main/voice_stats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>

#include "main/commands.hpp"

namespace hotline::main {
namespace {

namespace json = boost::json;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const char* room_of(std::uint32_t room) {
  constexpr std::array names{"enough", "low", "short"};
  return names.at(std::min<std::size_t>(room, names.size() - 1));
}

/// "3 d 4 h", "2 h 5 min", "1 min 12 s": the two largest units.
std::string span(std::int64_t ms) {
  const std::int64_t s = std::max<std::int64_t>(ms, 0) / 1'000;
  if (s >= 86'400) return fmt::format("{} d {} h", s / 86'400, s % 86'400 / 3'600);
  if (s >= 3'600) return fmt::format("{} h {} min", s / 3'600, s % 3'600 / 60);
  if (s >= 60) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} s", s);
}

std::string bytes(std::uint64_t count) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(count);
  std::size_t unit = 0;
  for (; value >= 1'000 && unit + 1 < units.size(); ++unit) value /= 1'000;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units.at(unit));
}

std::string state_of(const link::Stats& stats) {
  if (stats.draining()) return "draining: new calls get 503, those there are go on";
  if (stats.shedding()) return "overloaded: new calls get 503";
  return "takes calls";
}

std::string limit_of(std::uint32_t used, std::uint32_t most) {
  return most == 0 ? fmt::format("{}", used) : fmt::format("{} of {}", used, most);
}

std::string probe_of(const link::GatewayStatus& gateway, std::int64_t now) {
  if (gateway.probed_at_ms() == 0) return "not probed";
  const std::string ago = span(now - gateway.probed_at_ms()) + " ago";
  if (gateway.probe_status() == 0) return "no answer, " + ago;
  return fmt::format("{} in {} ms, {}", gateway.probe_status(), gateway.probe_ms(), ago);
}

json::object gateway_json(const link::GatewayStatus& gateway) {
  json::object out{{"address", gateway.address()},
                   {"up", gateway.up()},
                   {"calls", gateway.calls()},
                   {"failures", gateway.failures()},
                   {"last_probe", nullptr}};
  if (gateway.probed_at_ms() == 0) return out;
  json::object probe{{"at_ms", gateway.probed_at_ms()}, {"answered", gateway.probe_status() != 0}};
  if (gateway.probe_status() != 0) {
    probe["status"] = gateway.probe_status();
    probe["took_ms"] = gateway.probe_ms();
  }
  out["last_probe"] = std::move(probe);
  return out;
}

json::object trunk_json(const link::TrunkStatus& trunk) {
  const auto limit = [](std::uint32_t most) { return most == 0 ? json::value(nullptr) : json::value(most); };
  json::object out{
      {"name", trunk.name()},
      {"channels", {{"in_use", trunk.in_use()}, {"limit", trunk.channels_max()}}},
      {"in",
       {{"in_use", trunk.in()},
        {"limit", limit(trunk.in_max())},
        {"calls", trunk.calls_in()},
        {"refused", trunk.refused_in()}}},
      {"out",
       {{"in_use", trunk.out()},
        {"limit", limit(trunk.out_max())},
        {"calls", trunk.calls_out()},
        {"refused", trunk.refused_out()}}},
      {"registration", trunk.registration().empty() ? json::value(nullptr) : json::value(trunk.registration())}};
  json::array gateways;
  for (const auto& gateway : trunk.gateways()) gateways.push_back(gateway_json(gateway));
  out["gateways"] = std::move(gateways);
  return out;
}

}  // namespace

std::string stats_json(const link::NodeStatus& status, std::int64_t now) {
  const link::HelloReply& hello = status.hello();
  const link::Stats& stats = status.stats();
  json::array trunks, phones;
  for (const auto& trunk : stats.trunks()) trunks.push_back(trunk_json(trunk));
  for (const auto& phone : status.phones())
    phones.push_back(
        json::object{{"user", phone.user()}, {"contact", phone.contact()}, {"user_agent", phone.user_agent()}});
  const json::object out{
      {"node", hello.node()},
      {"version", stats.version()},
      {"process", status.process()},
      {"started_at_ms", stats.started_at_ms()},
      {"uptime_s", std::max<std::int64_t>(now - stats.started_at_ms(), 0) / 1'000},
      {"state", stats.draining()   ? "draining"
                : stats.shedding() ? "overloaded"
                                   : "takes calls"},
      {"draining", stats.draining()},
      {"overloaded", stats.shedding()},
      {"addresses", {{"sip_udp", hello.sip_udp()}, {"sip_tcp", hello.sip_tcp()}, {"webrtc_udp", hello.webrtc_udp()}}},
      {"core",
       {{"connected", status.core_connected()},
        {"epoch", status.core_epoch()},
        {"events_waiting", status.outbox_events()},
        {"bytes_waiting", status.outbox_bytes()}}},
      {"calls", {{"in_use", stats.calls()}, {"limit", hello.calls_max()}, {"refused", stats.sip_rejected()}}},
      {"legs", {{"all", stats.legs()}, {"answered", stats.legs_answered()}}},
      {"rtp",
       {{"received", stats.rtp_received()},
        {"sent", stats.rtp_sent()},
        {"lost", stats.rtp_lost()},
        {"late", stats.rtp_late()}}},
      {"recordings",
       {{"open", stats.recordings_open()},
        {"errors", stats.recording_errors()},
        {"archive",
         {{"queued", stats.archive_waiting()},
          {"done", stats.archive_done()},
          {"failed", stats.archive_failed()},
          {"resting", stats.archive_resting()}}},
        {"disk",
         {{"free_bytes", stats.recordings_free()},
          {"total_bytes", stats.recordings_total()},
          {"room", room_of(stats.recordings_room())}}}}},
      {"strangers",
       {{"dropped", stats.sip_dropped()},
        {"wrong_credentials", stats.sip_wrong_credentials()},
        {"silenced", stats.sip_silenced()}}},
      {"memory_bytes", stats.memory_bytes()},
      {"cpu_ms", stats.cpu_ms()},
      {"trunks", std::move(trunks)},
      {"phones", std::move(phones)}};
  return json::serialize(out) + "\n";
}

std::string stats_table(const link::NodeStatus& status, std::int64_t now) {
  const link::HelloReply& hello = status.hello();
  const link::Stats& stats = status.stats();
  std::string out;
  const auto line = [&out](std::string_view name, const std::string& text) {
    out += fmt::format("{:<12}{}\n", name, text);
  };
  out += fmt::format("voice node {}, version {}, process {}, up {}\n", hello.node(), stats.version(), status.process(),
                     span(now - stats.started_at_ms()));
  line("state", state_of(stats));
  line("core", status.core_connected() ? fmt::format("connected (epoch {}), {} events not yet committed",
                                                     status.core_epoch(), status.outbox_events())
                                       : fmt::format("none: {} events wait for one", status.outbox_events()));
  line("addresses",
       fmt::format("SIP {} (UDP), {} (TCP), WebRTC {}", hello.sip_udp(), hello.sip_tcp(), hello.webrtc_udp()));
  line("calls", fmt::format("{} in, {} refused since the start", limit_of(stats.calls(), hello.calls_max()),
                            stats.sip_rejected()));
  line("legs", fmt::format("{}, {} answered", stats.legs(), stats.legs_answered()));
  line("RTP", fmt::format("{} received, {} sent, {} lost, {} late", stats.rtp_received(), stats.rtp_sent(),
                          stats.rtp_lost(), stats.rtp_late()));
  line("recordings",
       fmt::format("{} open, {} errors; archive: {} queued, {} done, {} failed{}", stats.recordings_open(),
                   stats.recording_errors(), stats.archive_waiting(), stats.archive_done(), stats.archive_failed(),
                   stats.archive_resting() ? ", resting" : ""));
  line("disk", fmt::format("{} free of {} ({})", bytes(stats.recordings_free()), bytes(stats.recordings_total()),
                           room_of(stats.recordings_room())));
  line("strangers", fmt::format("{} dropped, {} wrong credentials, {} silenced", stats.sip_dropped(),
                                stats.sip_wrong_credentials(), stats.sip_silenced()));
  line("process", fmt::format("{} memory, {:.1f} s processor time", bytes(stats.memory_bytes()),
                              static_cast<double>(stats.cpu_ms()) / 1'000));
  out += fmt::format("\n{:<14}{:<14}{:<14}{:<14}{:<16}{:<14}{}\n", "trunk", "channels", "in", "out", "calls in/out",
                     "refused", "registration");
  for (const auto& trunk : stats.trunks()) {
    out +=
        fmt::format("{:<14}{:<14}{:<14}{:<14}{:<16}{:<14}{}\n", trunk.name(),
                    limit_of(trunk.in_use(), trunk.channels_max()), limit_of(trunk.in(), trunk.in_max()),
                    limit_of(trunk.out(), trunk.out_max()), fmt::format("{}/{}", trunk.calls_in(), trunk.calls_out()),
                    fmt::format("{}/{}", trunk.refused_in(), trunk.refused_out()),
                    trunk.registration().empty() ? "none" : trunk.registration());
    for (const auto& gateway : trunk.gateways())
      out += fmt::format("  gateway {} {}, {} calls, {} failures, probe: {}\n", gateway.address(),
                         gateway.up() ? "up" : "DOWN", gateway.calls(), gateway.failures(), probe_of(gateway, now));
  }
  out += fmt::format("\nphones      {} registered\n", status.phones_size());
  for (const auto& phone : status.phones())
    out += fmt::format("  {} at {} ({})\n", phone.user(), phone.contact(), phone.user_agent());
  return out;
}

int voice_stats(const std::filesystem::path& file, const std::filesystem::path& data, bool as_json) {
  const auto config = config_or_complain(file, data);
  if (!config) return 1;
  const auto status = voice_link::ask_status(config->voice.link_path);
  if (!status) {
    complain({status.error().what, status.error().remedy + "; --config and --data must be those of the node"});
    return 1;
  }
  fmt::print("{}", as_json ? stats_json(*status, now_ms()) : stats_table(*status, now_ms()));
  return 0;
}

}  // namespace hotline::main
