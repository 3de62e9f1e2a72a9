// SPDX-License-Identifier: Apache-2.0
// `hotline bench quality`: speech through a node's media plane over real sockets, compared with itself.
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "bench/bench.hpp"
#include "bench/machine.hpp"
#include "bench/node.hpp"
#include "bench/sound.hpp"
#include "bench/temporary_directory.hpp"
#include "voice/media/coder.hpp"
#include "voice/media/g711.hpp"
#include "voice/media/resampler.hpp"
#include "voice/media/rtp.hpp"

namespace hotline::bench {
namespace {

using namespace voice::media;
using Sound = std::vector<std::int16_t>;

constexpr std::int64_t ms = 1'000'000;
constexpr double afterwards = 0.5;  // seconds in which the last of it still comes
constexpr unsigned seed = 20'261;
constexpr std::int32_t lead = 800;  // samples at 8 kHz before the first packet that came, for those it overtook

/// One way of the speech: what its first leg says is heard by the second.
struct Way {
  const char* name;
  const char* key;
  Codec from, to;
  bool conference = false;  ///< a third leg listens, so that all is decoded and summed
  bool recorded = false;
};
constexpr std::array ways{
    Way{"G.711 relayed", "relayed", Codec::pcma, Codec::pcma, false, true},
    Way{"G.711 to G.722", "pcma_to_g722", Codec::pcma, Codec::g722},
    Way{"G.722 to G.711", "g722_to_pcma", Codec::g722, Codec::pcma},
    Way{"G.711 to Opus", "pcma_to_opus", Codec::pcma, Codec::opus},
    Way{"Opus to G.711", "opus_to_pcma", Codec::opus, Codec::pcma},
    Way{"conference of 3, G.711", "conference", Codec::pcma, Codec::pcma, true},
};

Sound at_8k(const Sound& sound, unsigned rate) {
  Sound out(sound.size() * narrowband / rate);
  RateChange change;
  change.process(sound, rate, out, narrowband);
  return out;
}

/// A far end: sends what it says in its codec, decodes what comes. One that speaks sends over a bad path.
class End {
 public:
  End(Codec codec, const Sound& says)
      : codec_(codec),
        says_(says),
        encoder_(Encoder::make(codec)),
        decoder_(Decoder::make(codec)),
        fd_(loopback_socket()) {}
  ~End() {
    if (fd_ >= 0) ::close(fd_);
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_of(fd_); }
  bool connect(std::uint16_t port) { return connect_to(fd_, port); }
  [[nodiscard]] Codec codec() const { return codec_; }

  /// The next 20 ms; silence at the end.
  [[nodiscard]] std::vector<std::uint8_t> next_packet() {
    std::vector<std::int16_t> pcm(frame_samples(sample_rate(codec_)), 0);
    for (auto& sample : pcm) sample = at_ < says_.size() ? says_[at_++] : std::int16_t{0};
    std::vector<std::uint8_t> packet(rtp_header_size + payload_bytes_max);
    const auto size = encoder_->encode(pcm, std::span(packet).subspan(rtp_header_size));
    write_rtp_header(packet.data(), static_cast<std::uint8_t>(codec_), sequence_ == 1, sequence_, timestamp_,
                     static_cast<std::uint32_t>(fd_));
    ++sequence_;
    timestamp_ += samples_a_frame * clock_scale(codec_);
    packet.resize(rtp_header_size + size);
    return packet;
  }
  void send(std::span<const std::uint8_t> packet) const {
    [[maybe_unused]] const auto sent = ::send(fd_, packet.data(), packet.size(), 0);
  }
  /// What the node sends comes in order over loopback; what is missing of a relayed stream is silence.
  void hear() {
    std::array<std::uint8_t, 2'048> packet;
    for (ssize_t size = 0; (size = ::recv(fd_, packet.data(), packet.size(), MSG_DONTWAIT)) > 0;) {
      const auto bytes = std::span(packet).first(static_cast<std::size_t>(size));
      const auto rtp = parse_rtp(bytes);
      if (!rtp || is_rtcp(bytes)) continue;
      std::array<std::int16_t, packet_samples_max> pcm{};
      const auto count = decoder_->decode(bytes.subspan(rtp->payload_offset, rtp->payload_size), pcm);
      if (heard_.empty()) first_ = rtp->timestamp;
      const auto times = static_cast<std::int32_t>(sample_rate(codec_) / narrowband);
      const auto behind =
          static_cast<std::int32_t>(rtp->timestamp - first_) / static_cast<std::int32_t>(clock_scale(codec_));
      const auto at = (behind + lead) * times;  // what overtook the first packet is before it
      if (at < 0 || at > 3'000'000) continue;
      const auto begin = static_cast<std::size_t>(at);
      if (heard_.size() < begin + count) heard_.resize(begin + count, 0);
      std::copy_n(pcm.begin(), count, heard_.begin() + static_cast<std::ptrdiff_t>(begin));
    }
  }
  [[nodiscard]] const Sound& heard() const { return heard_; }

 private:
  const Codec codec_;
  const Sound& says_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Decoder> decoder_;
  int fd_;
  std::size_t at_ = 0;
  std::uint16_t sequence_ = 1;
  std::uint32_t timestamp_ = 12'345, first_ = 0;
  Sound heard_;
};

/// Every packet's fate is drawn from the same numbers, whatever happens to the others.
struct Path {
  double loss;
  unsigned jitter_ms;
  std::mt19937 random{seed};
  /// By how much the next packet is late; nullopt: it is lost.
  std::optional<std::int64_t> next() {
    const bool lost = static_cast<double>(random()) < loss * 4'294'967'296.0;
    const auto late = static_cast<std::int64_t>(random() % (jitter_ms * 1'000 + 1)) * 1'000;
    return lost ? std::nullopt : std::optional(late);
  }
};

/// What one side of a recording has.
Sound recorded(const std::filesystem::path& file, std::size_t side) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  Sound out;
  const auto data = bytes.find("data");
  for (std::size_t i = data + 8 + side; data != std::string::npos && i < bytes.size(); i += 2)
    out.push_back(voice::g711::decode_alaw(static_cast<std::uint8_t>(bytes[i])));
  return out;
}

struct Call {
  std::vector<std::unique_ptr<End>> ends;
  Path path;
};

bool set_up(Node& node, Call& call, unsigned first_leg, const Way& way) {
  std::vector<MixMember> members;
  for (unsigned i = 0; i < call.ends.size(); ++i) {
    const LegId leg{first_leg + i};
    const auto port = node.plane.open(leg, LegId{first_leg});
    if (!port || !call.ends[i]->connect(*port)) return false;
    Remote remote;
    const auto address = loopback(call.ends[i]->port());
    std::memcpy(&remote.address, &address, sizeof address);
    remote.codec = call.ends[i]->codec();
    node.plane.set_remote(leg, remote);
    members.push_back({leg});
  }
  if (way.conference)
    node.plane.mix(MixId{first_leg}, members);
  else
    node.plane.bridge(LegId{first_leg}, LegId{first_leg + 1});
  if (way.recorded) node.plane.start_recording(LegId{first_leg}, RecordingId{first_leg}, "quality.wav");
  return true;
}

/// In real time: what is said goes over the paths, what is heard is gathered.
void talk(std::vector<Call>& calls, double seconds) {
  std::multimap<std::int64_t, std::pair<End*, std::vector<std::uint8_t>>> in_flight;
  const auto begin = steady_ns();
  const auto ticks = static_cast<std::int64_t>((seconds + afterwards) * 1'000 / 5);
  for (std::int64_t tick = 0; tick < ticks; ++tick) {
    const auto due = begin + tick * 5 * ms;
    if (steady_ns() < due) sleep_until_ns(due);
    for (auto& call : calls) {
      if (tick % 4 == 0) {
        for (std::size_t i = 0; i < call.ends.size(); ++i) {
          auto packet = call.ends[i]->next_packet();
          const auto late = i == 0 ? call.path.next() : std::optional<std::int64_t>(0);
          if (late) in_flight.emplace(due + *late, std::pair(call.ends[i].get(), std::move(packet)));
        }
      }
      for (const auto& end : call.ends) end->hear();
    }
    while (!in_flight.empty() && in_flight.begin()->first <= due) {
      in_flight.begin()->second.first->send(in_flight.begin()->second.second);
      in_flight.erase(in_flight.begin());
    }
  }
}

/// `ahead`: samples that `heard` has before its time begins.
boost::json::object report(const char* name, const Sound& reference, const Sound& heard, long ahead) {
  const auto whole = compare(reference, heard, ahead + 8 * 300);
  const auto pieces = compare_pieces(reference, heard, whole.lag);
  fmt::print("{:<24} {:>10.4f} {:>8.1f} dB {:>6} ms {:>10.4f} {:>8.1f} dB {:>8.2f} dB\n", name, whole.correlation,
             whole.snr, (whole.lag - ahead) / 8, pieces.correlation, pieces.snr, pieces.distance);
  const auto rounded = [](double value) { return std::round(value * 10'000) / 10'000; };
  return {{"correlation", rounded(whole.correlation)}, {"snr_db", rounded(whole.snr)},
          {"delay_ms", (whole.lag - ahead) / 8},       {"piece_correlation", rounded(pieces.correlation)},
          {"piece_snr_db", rounded(pieces.snr)},       {"spectral_distance_db", rounded(pieces.distance)}};
}

}  // namespace

int quality(const QualityOptions& options) {
  const TemporaryDirectory directory({});
  Config config;
  config.concealment = options.concealment;
  Node node(directory.path(), directory.path(), config);
  std::map<unsigned, Sound> said;
  for (const unsigned rate : {8'000U, 16'000U}) said[rate] = speech(rate, options.seconds);
  const Sound nothing;
  std::vector<Call> calls;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    auto& call = calls.emplace_back(Call{{}, {options.loss, options.jitter_ms}});
    call.ends.push_back(std::make_unique<End>(ways[i].from, said.at(sample_rate(ways[i].from))));
    call.ends.push_back(std::make_unique<End>(ways[i].to, nothing));
    if (ways[i].conference) call.ends.push_back(std::make_unique<End>(ways[i].to, nothing));
    if (!set_up(node, call, static_cast<unsigned>(10 * i + 1), ways[i]))
      return fmt::print(stderr, "{} cannot be set up: sockets are short\n", ways[i].name), 1;
  }
  talk(calls, options.seconds);
  for (unsigned leg = 1; leg < 10 * ways.size(); ++leg) node.plane.close(LegId{leg});
  for (int waited = 0; node.recorded == 0 && waited < 500; ++waited) sleep_until_ns(steady_ns() + 10 * ms);

  fmt::print("{} s of speech, {} % lost, delayed by 0 to {} ms, concealment {}\n", options.seconds, 100 * options.loss,
             options.jitter_ms, options.concealment ? "on" : "off");
  fmt::print("{:<24} {:>10} {:>11} {:>9} {:>10} {:>11} {:>11}\n", "way", "corr.", "SNR", "delay", "60 ms", "60 ms",
             "spectra");
  const auto& reference = said.at(narrowband);
  boost::json::object result;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto& listener = *calls[i].ends[1];
    result[ways[i].key] = report(ways[i].name, reference, at_8k(listener.heard(), sample_rate(listener.codec())), lead);
  }
  result["recorded"] = report("G.711 recorded", reference, recorded(directory.path() / "quality.wav", 0), 0);
  if (options.json) fmt::print("{}\n", boost::json::serialize(result));
  return 0;
}

}  // namespace hotline::bench
