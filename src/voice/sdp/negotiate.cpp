// SPDX-License-Identifier: Apache-2.0
// Offer/answer for audio. Pure; any thread.
#include "voice/sdp/negotiate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "voice/sdp/text.hpp"

namespace hotline::voice::sdp {
namespace {

constexpr std::string_view kDirections[] = {"inactive", "sendonly", "recvonly", "sendrecv"};

Direction mirror(Direction d) {
  const auto bits = static_cast<unsigned>(d);
  return static_cast<Direction>(((bits & 1U) << 1) | (bits >> 1));
}

Direction both(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/// As written in the description: from its sender's side. Default sendrecv (RFC 8866 section 6.7).
Direction direction_of(const Session& session, const Media& media) {
  for (const auto* attributes : {&media.attributes, &session.attributes}) {
    for (const auto& attribute : *attributes) {
      const auto* found = std::find(std::begin(kDirections), std::end(kDirections), attribute.name);
      if (found != std::end(kDirections)) return static_cast<Direction>(found - std::begin(kDirections));
    }
  }
  return Direction::sendrecv;
}

struct RtpMap {
  std::string_view encoding;
  std::uint32_t clock = 0;
};

std::optional<RtpMap> rtpmap(const Media& media, std::string_view format) {
  for (auto value : find_all(media.attributes, "rtpmap")) {
    if (take_word(value) != format) continue;
    const auto mapping = take_word(value);
    const auto slash = mapping.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto rest = mapping.substr(slash + 1);
    const auto clock = to_number<std::uint32_t>(rest.substr(0, rest.find('/')));
    if (!clock) return std::nullopt;
    return RtpMap{mapping.substr(0, slash), *clock};
  }
  return std::nullopt;
}

/// The payload type under which a section has the codec.
std::optional<std::uint8_t> offered_as(const Media& media, Codec codec) {
  if (codec == Codec::opus) {
    for (const auto& format : media.formats) {
      const auto type = to_number<std::uint8_t>(format);
      const auto map = rtpmap(media, format);
      if (type && *type < 128 && map && map->clock == clock_rate(codec) && same_ignoring_case(map->encoding, "opus"))
        return type;
    }
    return std::nullopt;
  }
  const auto number = static_cast<std::uint8_t>(codec);
  const auto format = std::to_string(number);
  if (std::find(media.formats.begin(), media.formats.end(), format) == media.formats.end()) return std::nullopt;
  if (!std::ranges::any_of(find_all(media.attributes, "rtpmap"),
                           [&](std::string_view value) { return take_word(value) == format; })) {
    return number;  // static payload types need no rtpmap
  }
  const auto map = rtpmap(media, format);
  if (!map || map->clock != clock_rate(codec) || !same_ignoring_case(map->encoding, to_string(codec)))
    return std::nullopt;
  return number;
}

/// Browsers list telephone-event at 48 kHz as well as at 8 kHz: it shares the clock of the codec (RFC 4733 2.1).
std::optional<std::uint8_t> telephone_event(const Media& media, std::uint32_t clock) {
  for (const auto& format : media.formats) {
    const auto type = to_number<std::uint8_t>(format);
    const auto map = rtpmap(media, format);
    if (type && *type < 128 && map && map->clock == clock && same_ignoring_case(map->encoding, "telephone-event"))
      return type;
  }
  return std::nullopt;
}

constexpr std::uint8_t comfort_noise_type = 13;  // RFC 3389 4: static, at 8 kHz

bool is_secure(std::string_view protocol) {
  return protocol.find("SAVP") != std::string_view::npos;
}

/// Keys for a section, by its a=crypto lines. `tag_of_ours`: a line of an answer must name one of our offer.
Result<std::optional<Keys>, Problem> read_keys(const Media& media, const Local& local, bool is_answer) {
  if (local.srtp == SrtpPolicy::off) return std::optional<Keys>{};
  std::optional<CryptoLine> best;
  for (const auto value : find_all(media.attributes, "crypto")) {
    const auto line = read_crypto(value);
    if (!line || (is_answer && line->tag != static_cast<std::uint32_t>(line->suite) + 1)) continue;
    if (!best || line->suite < best->suite) best = line;
  }
  if (best)
    return std::optional(
        Keys{best->suite, local.srtp_keys[static_cast<std::size_t>(best->suite)], best->key, best->tag});
  if (local.srtp == SrtpPolicy::required || is_secure(media.protocol))
    return fail(Problem{"no key for SRTP that can be used",
                        "send a=crypto with AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32"});
  return std::optional<Keys>{};
}

std::uint16_t rtcp_port(const Media& media) {
  if (const auto* value = find(media.attributes, "rtcp")) {
    std::string_view rest = *value;
    if (const auto port = to_number<std::uint16_t>(take_word(rest)); port && *port != 0) return *port;
  }
  return static_cast<std::uint16_t>(media.port + 1);
}

/// Unicast numeric addresses only: we neither resolve names for a stranger nor send voice to a multicast group.
Result<std::string, Problem> media_address(const Connection& connection) {
  in_addr v4{};
  in6_addr v6{};
  const auto problem = [&] {
    return fail(Problem{fmt::format("media address \"{}\" cannot be used", connection.address.substr(0, 64)),
                        "send a numeric unicast address in c="});
  };
  if (!connection.ipv6) {
    if (inet_pton(AF_INET, connection.address.c_str(), &v4) != 1) return problem();
    if (v4.s_addr == 0) return std::string{};
    if (ntohl(v4.s_addr) >= 0xe0000000U) return problem();
  } else {
    if (inet_pton(AF_INET6, connection.address.c_str(), &v6) != 1) return problem();
    if (IN6_IS_ADDR_UNSPECIFIED(&v6)) return std::string{};
    if (IN6_IS_ADDR_MULTICAST(&v6)) return problem();
  }
  return connection.address;
}

Result<Agreed, Problem> read_section(const Session& session, std::size_t index, const Local& local,
                                     bool our_preference) {
  const auto& media = session.media[index];
  const auto& connection = media.connection ? media.connection : session.connection;
  if (!connection) return fail(Problem{"the audio section has no address", "send c= in the session or in the section"});
  const auto address = media_address(*connection);
  if (!address) return fail(address.error());

  Agreed agreed{.address = *address, .ipv6 = connection->ipv6, .port = media.port, .media_index = index};
  if (our_preference) {
    const auto codec = std::ranges::find_if(local.codecs, [&](Codec c) { return offered_as(media, c).has_value(); });
    if (codec == local.codecs.end()) return fail(Problem{"no codec in common", "offer PCMA or PCMU"});
    agreed.codec = *codec;
    agreed.payload_type = agreed.payload_type_in = *offered_as(media, *codec);  // an answer takes the offer's numbers
  } else {
    std::optional<Codec> first;
    for (const auto& format : media.formats) {
      const auto codec = std::ranges::find_if(local.codecs, [&](Codec c) {
        const auto type = offered_as(media, c);
        return type && format == std::to_string(*type);
      });
      if (codec == local.codecs.end()) continue;
      first = *codec;
      break;
    }
    if (!first) return fail(Problem{"the answer takes no codec that was offered", "answer with PCMA or PCMU"});
    agreed.codec = *first;
    agreed.payload_type = *offered_as(media, *first);
    agreed.payload_type_in = static_cast<std::uint8_t>(*first);
  }
  agreed.dtmf_clock = clock_rate(agreed.codec);
  agreed.dtmf_payload_type = telephone_event(media, agreed.dtmf_clock);
  if (!agreed.dtmf_payload_type && agreed.dtmf_clock != 8'000) {  // better digits of another clock than none
    agreed.dtmf_clock = 8'000;
    agreed.dtmf_payload_type = telephone_event(media, agreed.dtmf_clock);
  }
  agreed.dtmf_payload_type_in = agreed.dtmf_payload_type;
  if (agreed.dtmf_payload_type && !our_preference)
    agreed.dtmf_payload_type_in = agreed.dtmf_clock == 8'000 ? local.dtmf_payload_type : local.dtmf_payload_type_48k;
  if (local.comfort_noise && clock_rate(agreed.codec) == 8'000 &&
      std::ranges::find(media.formats, std::to_string(comfort_noise_type)) != media.formats.end())
    agreed.noise_payload_type = comfort_noise_type;
  agreed.rtcp_mux = local.rtcp_mux && find(media.attributes, "rtcp-mux") != nullptr;
  agreed.rtcp_port = rtcp_port(media);
  auto keys = read_keys(media, local, !our_preference);
  if (!keys) return fail(keys.error());
  agreed.keys = *keys;

  auto theirs = direction_of(session, media);
  if (agreed.address.empty()) theirs = both(theirs, Direction::sendonly);  // c=0.0.0.0: hold of RFC 2543
  agreed.held_by_remote = !receives(theirs);
  agreed.direction = both(mirror(theirs), local.direction);
  return agreed;
}

bool usable(const Media& media, const Local& local) {
  if (media.kind != "audio" || media.port == 0) return false;
  const auto listed = [&](std::string_view protocol) {
    return std::ranges::any_of(local.protocols, [&](const std::string& p) { return same_ignoring_case(p, protocol); });
  };
  if (local.srtp == SrtpPolicy::off) return listed(media.protocol);
  if (media.protocol == "RTP/SAVP" || media.protocol == "RTP/SAVPF") return true;
  return local.srtp == SrtpPolicy::offered && listed(media.protocol);
}

Result<Agreed, Problem> read_first_audio(const Session& session, const Local& local, bool our_preference) {
  Problem why{"no audio section that can be used", "send m=audio with a port and RTP/AVP"};
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    if (!usable(session.media[i], local)) continue;
    auto agreed = read_section(session, i, local, our_preference);
    if (agreed) return agreed;
    why = agreed.error();
  }
  return fail(std::move(why));
}

Session frame(const Local& local) {
  Session session;
  const Connection here{local.address, local.address.find(':') != std::string::npos};
  session.origin = {"hotline", std::to_string(local.session_id), std::to_string(local.version), here};
  session.connection = here;
  session.attributes = local.session_attributes;
  return session;
}

void add_format(Media& media, unsigned type, std::string_view mapping) {
  media.formats.push_back(std::to_string(type));
  media.attributes.push_back({"rtpmap", fmt::format("{} {}", type, mapping)});
}

/// What one section of ours says beside address and protocol.
struct Section {
  std::string protocol;
  std::vector<std::pair<Codec, std::uint8_t>> codecs;          // with their payload types
  std::vector<std::pair<std::uint8_t, std::uint32_t>> events;  // payload types and clocks
  bool comfort_noise = false, rtcp_mux = false;
  Direction direction = Direction::sendrecv;
  std::vector<CryptoLine> crypto;
};

Media audio_section(const Local& local, const Section& section) {
  Media media{.kind = "audio", .port = local.port, .protocol = section.protocol};
  for (const auto& [codec, type] : section.codecs) {
    add_format(media, type,
               fmt::format("{}/{}{}", to_string(codec), clock_rate(codec),
                           codec == Codec::opus ? "/2" : ""));  // RFC 7587 7: always "/2"
    // Mono, with copies against loss; 7.1 of RFC 7587.
    if (codec == Codec::opus)
      media.attributes.push_back({"fmtp", fmt::format("{} minptime=10;useinbandfec=1;stereo=0", type)});
  }
  if (section.comfort_noise) add_format(media, comfort_noise_type, "CN/8000");
  for (const auto& [type, clock] : section.events) {
    add_format(media, type, fmt::format("telephone-event/{}", clock));
    media.attributes.push_back({"fmtp", fmt::format("{} 0-15", type)});
  }
  media.attributes.push_back({"ptime", "20"});
  media.attributes.push_back({to_string(section.direction), ""});
  if (section.rtcp_mux) media.attributes.push_back({"rtcp-mux", ""});
  for (const auto& line : section.crypto) media.attributes.push_back({"crypto", write_crypto(line)});
  media.attributes.insert(media.attributes.end(), local.media_attributes.begin(), local.media_attributes.end());
  return media;
}

}  // namespace

const char* to_string(Codec codec) {
  switch (codec) {
    case Codec::pcmu:
      return "PCMU";
    case Codec::pcma:
      return "PCMA";
    case Codec::g722:
      return "G722";
    case Codec::opus:
      return "opus";
  }
  return "";
}

const char* to_string(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)].data();
}

Session make_offer(const Local& local) {
  auto session = frame(local);
  Section section;
  section.protocol = local.srtp == SrtpPolicy::required ? "RTP/SAVP" : local.protocols.front();
  bool other_clock = false;
  for (const auto codec : local.codecs) {
    section.codecs.emplace_back(codec, static_cast<std::uint8_t>(codec));
    other_clock |= clock_rate(codec) != 8'000;
  }
  section.events.emplace_back(local.dtmf_payload_type, 8'000);
  if (other_clock) section.events.emplace_back(local.dtmf_payload_type_48k, 48'000);
  section.direction = local.direction;
  section.rtcp_mux = local.rtcp_mux;
  if (local.srtp != SrtpPolicy::off)
    for (const auto suite :
         {CryptoSuite::aead_aes_128_gcm, CryptoSuite::aes_cm_128_hmac_sha1_80, CryptoSuite::aes_cm_128_hmac_sha1_32})
      section.crypto.push_back(
          {static_cast<std::uint32_t>(suite) + 1, suite, local.srtp_keys[static_cast<std::size_t>(suite)]});
  session.media.push_back(audio_section(local, section));
  return session;
}

Result<Agreed, Problem> read_offer(const Session& offer, const Local& local) {
  return read_first_audio(offer, local, true);
}

Result<Answer, Problem> make_answer(const Session& offer, const Local& local) {
  const auto agreed = read_offer(offer, local);
  if (!agreed) return fail(agreed.error());

  Answer answer{frame(local), *agreed};
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const auto& theirs = offer.media[i];
    Media ours;
    if (i == agreed->media_index) {
      Section section;
      section.protocol = theirs.protocol;
      section.codecs.emplace_back(agreed->codec, agreed->payload_type_in);
      if (agreed->dtmf_payload_type_in) section.events.emplace_back(*agreed->dtmf_payload_type_in, agreed->dtmf_clock);
      section.comfort_noise = agreed->noise_payload_type.has_value();
      section.rtcp_mux = agreed->rtcp_mux;
      section.direction = agreed->direction;
      if (agreed->keys) section.crypto.push_back({agreed->keys->tag, agreed->keys->suite, agreed->keys->ours});
      ours = audio_section(local, section);
    } else {
      // RFC 3264 section 6: as many sections as the offer, in its order; a rejected one keeps kind, protocol and a
      // format.
      ours = Media{.kind = theirs.kind, .port = 0, .protocol = theirs.protocol, .formats = theirs.formats};
      if (ours.formats.empty()) ours.formats.emplace_back("0");
    }
    if (const auto* mid = find(theirs.attributes, "mid")) ours.attributes.push_back({"mid", *mid});
    answer.session.media.push_back(std::move(ours));
  }
  const auto* mid = find(offer.media[agreed->media_index].attributes, "mid");
  const auto bundle = group(offer, "BUNDLE");
  if (mid && std::ranges::find(bundle, *mid) != bundle.end()) {
    answer.session.attributes.push_back({"group", "BUNDLE " + *mid});
  }
  return answer;
}

Result<Agreed, Problem> read_answer(const Session& answer, const Local& local) {
  return read_first_audio(answer, local, false);
}

}  // namespace hotline::voice::sdp
