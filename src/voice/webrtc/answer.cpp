// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/answer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "voice/sdp/negotiate.hpp"
#include "voice/sdp/sdp.hpp"

namespace hotline::voice::webrtc {
namespace {

constexpr std::string_view savpf = "UDP/TLS/RTP/SAVPF", savp = "UDP/TLS/RTP/SAVP";

sdp::Codec to_sdp(media::Codec codec) {
  return static_cast<sdp::Codec>(codec);  // the same numbers on purpose
}
media::Codec to_media(sdp::Codec codec) {
  return static_cast<media::Codec>(codec);
}

sdp::Local describe(const LocalDescription& local) {
  // Type preference 126 (host), the highest local preference, component 1 (RFC 8445 section 5.1.2.1).
  constexpr std::uint32_t priority = 126U << 24 | 65535U << 8 | 255U;
  sdp::Local out;
  out.address = local.address;
  out.port = local.port;
  out.codecs.clear();
  for (const media::Codec codec : local.codecs) out.codecs.push_back(to_sdp(codec));
  out.session_id = local.session_id;
  out.protocols = {std::string{savpf}, std::string{savp}};
  out.session_attributes = {{"ice-lite", ""}};
  out.media_attributes = {
      {"rtcp-mux", ""},
      {"setup", "passive"},
      {"fingerprint", "sha-256 " + to_string(local.fingerprint)},
      {"ice-ufrag", local.ice.ufrag},
      {"ice-pwd", local.ice.password},
      {"candidate", fmt::format("1 1 udp {} {} {} typ host", priority, local.address, local.port)},
      {"end-of-candidates", ""},
      {"msid", "hotline audio"},
      {"ssrc", fmt::format("{} cname:hotline", local.ssrc)},
  };
  return out;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char t) {
           return l == (t >= 'A' && t <= 'Z' ? static_cast<char>(t - 'A' + 'a') : t);
         });
}

/// The sha-256 one of the section or, when the section has none at all, of the session.
std::optional<Fingerprint> fingerprint_in(const sdp::Session& offer, const sdp::Media& audio) {
  constexpr std::string_view algorithm = "sha-256 ";
  auto lines = sdp::find_all(audio.attributes, "fingerprint");
  if (lines.empty()) lines = sdp::find_all(offer.attributes, "fingerprint");
  for (const std::string_view line : lines) {
    if (starts_with_ignoring_case(line, algorithm)) return parse_fingerprint(line.substr(algorithm.size()));
  }
  return std::nullopt;
}

auto refuse(std::string what, std::string remedy) {
  return fail(Problem{std::move(what), std::move(remedy)});
}

}  // namespace

Result<Negotiated, Problem> answer_offer(std::string_view offer_sdp, const LocalDescription& local) {
  auto offer = sdp::parse(offer_sdp);
  if (!offer) return fail(offer.error());
  // With ICE the address in c= means nothing (RFC 8839 section 4.2.1.2); browsers put 0.0.0.0, which is not a hold
  // here.
  for (auto& media : offer->media) media.connection = sdp::Connection{"127.0.0.1", false};

  const sdp::Local ours = describe(local);
  const auto agreed = sdp::read_offer(*offer, ours);
  if (!agreed) {
    const bool has_audio = std::ranges::any_of(offer->media, [](const sdp::Media& media) {
      return media.kind == "audio" && media.port != 0 && (media.protocol == savpf || media.protocol == savp);
    });
    if (has_audio) return fail(agreed.error());
    return refuse("no audio section over UDP/TLS/RTP/SAVPF", "offer m=audio with a port and UDP/TLS/RTP/SAVPF");
  }

  const sdp::Media& audio = offer->media[agreed->media_index];
  const auto fingerprint = fingerprint_in(*offer, audio);
  if (!fingerprint) return refuse("no sha-256 fingerprint", "offer a=fingerprint:sha-256 with the certificate's hash");
  const std::string* ufrag = sdp::find(*offer, audio, "ice-ufrag");
  constexpr std::size_t ufrag_max = 256;
  if (ufrag == nullptr || ufrag->empty() || ufrag->size() > ufrag_max ||
      sdp::find(*offer, audio, "ice-pwd") == nullptr) {
    return refuse("no ICE credentials", "offer a=ice-ufrag and a=ice-pwd");
  }
  if (sdp::find(audio.attributes, "rtcp-mux") == nullptr) {
    return refuse("no rtcp-mux", "offer a=rtcp-mux: RTP and RTCP share the one port here");
  }
  const std::string* setup = sdp::find(*offer, audio, "setup");
  if (setup == nullptr || (*setup != "actpass" && *setup != "active")) {
    return refuse("the offer does not let its sender be the DTLS client", "offer a=setup:actpass");
  }
  if (sdp::find(*offer, audio, "ice-lite") != nullptr) {
    return refuse("both sides are ICE-lite, none would check", "offer full ICE");
  }

  const auto answer = sdp::make_answer(*offer, ours);
  if (!answer) return fail(answer.error());
  Negotiated out;
  out.answer_sdp = sdp::write(answer->session);
  out.remote.codec = to_media(agreed->codec);
  out.remote.payload_type = agreed->payload_type;
  out.remote.payload_type_in = agreed->payload_type_in;
  out.remote.dtmf_payload_type = agreed->dtmf_payload_type;
  out.remote.dtmf_payload_type_in = agreed->dtmf_payload_type_in;
  out.remote.dtmf_clock = agreed->dtmf_clock;
  out.remote.send = sdp::sends(agreed->direction);
  out.remote.receive = sdp::receives(agreed->direction);
  out.remote_ufrag = *ufrag;
  out.remote_fingerprint = *fingerprint;
  return out;
}

}  // namespace hotline::voice::webrtc
