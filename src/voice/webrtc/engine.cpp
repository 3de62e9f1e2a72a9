// SPDX-License-Identifier: Apache-2.0
// The shell around Core: what other threads call is posted to the loop's thread.
#include "voice/webrtc/engine.hpp"

#include <openssl/rand.h>

#include <cstdlib>
#include <future>

#include "voice/webrtc/core.hpp"

namespace hotline::voice::webrtc {
namespace {

std::string random_ice_chars(std::size_t count) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static_assert(alphabet.size() == 64);
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) std::abort();
  for (char& c : out) c = alphabet[static_cast<unsigned char>(c) & 63U];
  return out;
}

template <class Number>
Number random_number() {
  Number out{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&out), sizeof out) != 1) std::abort();
  return out;
}

}  // namespace

struct Engine::Shared {
  Config config;
  Loop& loop;
  Fingerprint fingerprint{};
  Core core;
};

Result<std::unique_ptr<Engine>, Problem> Engine::open(Config config, Loop& loop, Sink& sink, Observer& observer) {
  if (config.advertised_address.empty()) config.advertised_address = config.bind_address;
  const auto advertised = Address::parse(config.advertised_address, 0);
  if (!advertised || advertised->ip == Address{}.ip || config.advertised_address == "0.0.0.0") {
    return fail(Problem{"\"" + config.advertised_address + "\" cannot be advertised to browsers",
                        "set the advertised address to the numeric address they reach this machine at"});
  }
  auto certificate = Certificate::make();
  if (!certificate) return fail(certificate.error());
  auto dtls = DtlsContext::make(*certificate);
  if (!dtls) return fail(dtls.error());
  auto socket = UdpSocket::open(config.bind_address, config.port);
  if (!socket) return fail(socket.error());

  auto shared =
      std::shared_ptr<Shared>(new Shared{config, loop, certificate->fingerprint,
                                         Core{config, std::move(*dtls), std::move(*socket), loop, sink, observer}});
  const std::weak_ptr<Shared> weak = shared;
  loop.watch(shared->core.socket().fd(), [weak] {
    if (const auto alive = weak.lock()) alive->core.readable();
  });
  loop.every_tick([weak] {
    if (const auto alive = weak.lock()) alive->core.tick();
  });
  return std::unique_ptr<Engine>{new Engine{std::move(shared)}};
}

Engine::Engine(std::shared_ptr<Shared> shared) : shared_{std::move(shared)} {}

Engine::~Engine() {
  // In order: no leg any more, no event any more, and only then is the socket closed, as its number may be given anew.
  std::promise<void> let_go;
  shared_->loop.run([this] { shared_->core.stop(); });
  shared_->loop.unwatch(shared_->core.socket().fd());
  shared_->loop.run([&let_go] { let_go.set_value(); });
  let_go.get_future().wait();
}

Result<Accepted, Problem> Engine::accept(LegId leg, std::string_view offer_sdp, std::span<const media::Codec> codecs) {
  constexpr std::size_t ufrag_size = 8, password_size = 24;
  if (!shared_->core.reserve()) {
    return fail(Problem{"all browser legs are in use", "try again later, or raise the limit of WebRTC legs"});
  }
  LocalDescription local;
  local.address = shared_->config.advertised_address;
  local.port = port();
  local.fingerprint = shared_->fingerprint;
  local.ice = {random_ice_chars(ufrag_size), random_ice_chars(password_size)};
  local.ssrc = random_number<std::uint32_t>();
  local.session_id = random_number<std::uint64_t>() >> 1;  // some parsers read it signed
  local.codecs.assign(codecs.begin(), codecs.end());
  auto negotiated = answer_offer(offer_sdp, local);
  if (!negotiated) {
    shared_->core.release();
    return fail(negotiated.error());
  }

  Leg::Setup setup{leg,
                   local.ice,
                   negotiated->remote_ufrag,
                   negotiated->remote_fingerprint,
                   local.ssrc,
                   media::clock_rate(negotiated->remote.codec)};
  shared_->loop.run([shared = shared_, setup = std::move(setup)]() mutable { shared->core.add(std::move(setup)); });
  return Accepted{std::move(negotiated->answer_sdp), negotiated->remote};
}

void Engine::close(LegId leg, std::function<void(LegStats)> done) {
  shared_->loop.run([shared = shared_, leg, done = std::move(done)] {
    const LegStats stats = shared->core.close(leg);
    if (done) done(stats);
  });
}

void Engine::leg_stats(LegId leg, std::function<void(std::optional<LegStats>)> done) {
  shared_->loop.run([shared = shared_, leg, done = std::move(done)] {
    const Leg* found = shared->core.find(leg);
    done(found == nullptr ? std::nullopt : std::optional{found->stats()});
  });
}

void Engine::send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) {
  if (capacity_after < SrtpSession::trailer_max) return;  // the contract of PacketPort; never write past it
  shared_->core.send_rtp(leg, packet);
}

media::PortFigures Engine::figures(LegId leg) const {
  const Leg* found = shared_->core.find(leg);
  if (found == nullptr) return {};
  const LegStats stats = found->stats();
  media::PortFigures out;
  if (stats.round_trip) out.rtt_ms = static_cast<std::uint32_t>(stats.round_trip->count());
  out.remote_lost = stats.remote_lost > 0 ? static_cast<std::uint32_t>(stats.remote_lost) : 0;
  out.remote_jitter_ms = stats.remote_jitter_ms;
  return out;
}

std::uint16_t Engine::port() const {
  return shared_->core.socket().port();
}

std::string Engine::udp_address() const {
  return Address::parse(shared_->config.advertised_address, port()).value_or(Address{}).to_string();
}

EngineStats Engine::stats() const {
  return shared_->core.published();
}

const char* to_string(Failure failure) {
  switch (failure) {
    case Failure::unreachable:
      return "no connection from the browser: is UDP to this server blocked?";
    case Failure::handshake_timeout:
      return "the DTLS handshake did not end in time";
    case Failure::handshake:
      return "the DTLS handshake failed";
    case Failure::wrong_fingerprint:
      return "the browser's certificate is not the one of its offer";
  }
  return "";
}

const char* to_string(Loss loss) {
  switch (loss) {
    case Loss::silence:
      return "the browser fell silent";
    case Loss::closed:
      return "the browser closed the connection";
    case Loss::error:
      return "the DTLS connection was broken off";
  }
  return "";
}

}  // namespace hotline::voice::webrtc
