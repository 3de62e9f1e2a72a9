// SPDX-License-Identifier: Apache-2.0
// The engine alone, sending every voice packet back, for a trial with a real browser (run.mjs). Line by line on stdin
// and stdout, SDP with its line ends written as "\n":
//   offer LEG SDP  →  answer LEG CODEC SDP | refused LEG why
//   stats LEG      →  stats LEG received sent lost refused round_trip_ms peak      (peak: loudest sample heard, 0 to 1)
//   close LEG      →  closed LEG
// and by itself: connected LEG, failed LEG why, lost LEG why. Ends with its input.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "voice/media/g711.hpp"
#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/test_loop.hpp"

namespace hotline::voice::webrtc {
namespace {

std::mutex output;

void say(const std::string& line) {
  const std::lock_guard lock{output};
  std::cout << line << std::endl;
}

class Announce final : public Observer {
 public:
  void on_connected(LegId leg) override { say("connected " + leg.to_string()); }
  void on_failed(LegId leg, Failure why) override { say("failed " + leg.to_string() + " " + to_string(why)); }
  void on_lost(LegId leg, Loss why) override { say("lost " + leg.to_string() + " " + to_string(why)); }
};

/// Sends back, and measures what is heard.
class Echo final : public Sink {
 public:
  void on_rtp(LegId leg, std::span<std::uint8_t> packet) override {
    constexpr std::size_t header = 12;
    const unsigned type = packet[1] & 0x7fU;
    int& peak = peaks_[leg];
    for (const std::uint8_t octet : packet.subspan(header)) {
      if (type == 8) peak = std::max(peak, std::abs(int{g711::decode_alaw(octet)}));
      if (type == 0) peak = std::max(peak, std::abs(int{g711::decode_ulaw(octet)}));
    }
    std::array<std::uint8_t, 2048> buffer;
    std::copy(packet.begin(), packet.end(), buffer.begin());
    engine->send_rtp(leg, std::span{buffer}.first(packet.size()), buffer.size() - packet.size());
  }
  double peak(LegId leg) { return peaks_[leg] / 32768.0; }
  Engine* engine = nullptr;

 private:
  std::map<LegId, int> peaks_;  // loop's thread
};

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

int run() {
  TestLoop loop{TestLoop::Clock::real};
  Announce announce;
  Echo echo;
  auto engine = Engine::open({}, loop, echo, announce);
  if (!engine) {
    std::cerr << engine.error().what << "; " << engine.error().remedy << "\n";
    return 1;
  }
  echo.engine = engine->get();
  say("ready " + (*engine)->udp_address());

  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string verb, rest;
    std::uint64_t number = 0;
    words >> verb >> number;
    std::getline(words >> std::ws, rest);
    const LegId leg{number};
    if (verb == "offer") {
      const auto accepted = (*engine)->accept(leg, replace_all(rest, "\\n", "\r\n"));
      if (!accepted) {
        say("refused " + leg.to_string() + " " + accepted.error().what + "; " + accepted.error().remedy);
      } else {
        const char* codec = accepted->remote.codec == media::Codec::pcma ? "PCMA" : "PCMU";
        say("answer " + leg.to_string() + " " + codec + " " + replace_all(accepted->answer_sdp, "\r\n", "\\n"));
      }
    } else if (verb == "stats") {
      (*engine)->leg_stats(leg, [leg, &echo](std::optional<LegStats> stats) {
        const LegStats s = stats.value_or(LegStats{});
        std::ostringstream out;
        out << "stats " << leg.value() << ' ' << s.packets_received << ' ' << s.packets_sent << ' ' << s.packets_lost
            << ' ' << s.refused << ' ' << (s.round_trip ? s.round_trip->count() : -1) << ' ' << echo.peak(leg);
        say(out.str());
      });
    } else if (verb == "close") {
      (*engine)->close(leg, [leg](const LegStats&) { say("closed " + leg.to_string()); });
    }
  }
  return 0;
}

}  // namespace
}  // namespace hotline::voice::webrtc

int main() {
  return hotline::voice::webrtc::run();
}
