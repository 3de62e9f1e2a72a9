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

bool offers(const Media& media, Codec codec) {
  const auto format = std::to_string(static_cast<unsigned>(codec));
  if (std::find(media.formats.begin(), media.formats.end(), format) == media.formats.end()) return false;
  if (!std::ranges::any_of(find_all(media.attributes, "rtpmap"),
                           [&](std::string_view value) { return take_word(value) == format; })) {
    return true;  // static payload types need no rtpmap
  }
  const auto map = rtpmap(media, format);
  return map && map->clock == 8000 && same_ignoring_case(map->encoding, to_string(codec));
}

/// Browsers list telephone-event at 48 kHz as well; with G.711 only the one at 8 kHz fits (RFC 4733 section 2.1).
std::optional<std::uint8_t> telephone_event(const Media& media) {
  for (const auto& format : media.formats) {
    const auto type = to_number<std::uint8_t>(format);
    const auto map = rtpmap(media, format);
    if (type && *type < 128 && map && map->clock == 8000 && same_ignoring_case(map->encoding, "telephone-event"))
      return type;
  }
  return std::nullopt;
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
  const auto taken = [&](Codec codec) { return offers(media, codec); };
  if (our_preference) {
    const auto codec = std::ranges::find_if(local.codecs, taken);
    if (codec == local.codecs.end()) return fail(Problem{"no codec in common", "offer PCMA or PCMU"});
    agreed.codec = *codec;
  } else {
    const auto format = std::ranges::find_if(media.formats, [&](const std::string& f) {
      return std::ranges::any_of(local.codecs,
                                 [&](Codec c) { return f == std::to_string(static_cast<unsigned>(c)) && taken(c); });
    });
    if (format == media.formats.end())
      return fail(Problem{"the answer takes no codec that was offered", "answer with PCMA or PCMU"});
    agreed.codec = *format == "0" ? Codec::pcmu : Codec::pcma;
  }
  agreed.dtmf_payload_type = telephone_event(media);

  auto theirs = direction_of(session, media);
  if (agreed.address.empty()) theirs = both(theirs, Direction::sendonly);  // c=0.0.0.0: hold of RFC 2543
  agreed.held_by_remote = !receives(theirs);
  agreed.direction = both(mirror(theirs), local.direction);
  return agreed;
}

bool usable(const Media& media, const Local& local) {
  return media.kind == "audio" && media.port != 0 && std::ranges::any_of(local.protocols, [&](const std::string& p) {
           return same_ignoring_case(p, media.protocol);
         });
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

Media audio_section(const Local& local, std::string protocol, const std::vector<Codec>& codecs,
                    std::optional<std::uint8_t> dtmf, Direction direction) {
  Media media{.kind = "audio", .port = local.port, .protocol = std::move(protocol)};
  for (const auto codec : codecs)
    add_format(media, static_cast<unsigned>(codec), fmt::format("{}/8000", to_string(codec)));
  if (dtmf) {
    add_format(media, *dtmf, "telephone-event/8000");
    media.attributes.push_back({"fmtp", fmt::format("{} 0-15", *dtmf)});
  }
  media.attributes.push_back({"ptime", "20"});
  media.attributes.push_back({to_string(direction), ""});
  media.attributes.insert(media.attributes.end(), local.media_attributes.begin(), local.media_attributes.end());
  return media;
}

}  // namespace

const char* to_string(Codec codec) {
  return codec == Codec::pcma ? "PCMA" : "PCMU";
}

const char* to_string(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)].data();
}

Session make_offer(const Local& local) {
  auto session = frame(local);
  session.media.push_back(
      audio_section(local, local.protocols.front(), local.codecs, local.dtmf_payload_type, local.direction));
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
      ours = audio_section(local, theirs.protocol, {agreed->codec}, agreed->dtmf_payload_type, agreed->direction);
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
