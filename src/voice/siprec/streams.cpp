// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/siprec/streams.hpp"

#include <fmt/format.h>

#include <charconv>

#include "voice/sdp/sdp.hpp"
#include "voice/siprec/metadata.hpp"

namespace hotline::voice::siprec {
namespace {

using sdp::CryptoSuite;

const char* protocol_of(const LocalStreams& local) {
  return local.encrypted ? "RTP/SAVP" : "RTP/AVP";
}

/// Tags in our descriptions.
std::uint32_t tag_of(CryptoSuite suite) {
  return static_cast<std::uint32_t>(suite) + 1;
}

const sdp::SrtpKey& key_of(const LocalStreams& local, std::size_t index, CryptoSuite suite) {
  return local.keys[index][static_cast<std::size_t>(suite)];
}

media::SrtpProfile profile_of(CryptoSuite suite) {
  switch (suite) {
    case CryptoSuite::aead_aes_128_gcm:
      return media::SrtpProfile::aead_aes_128_gcm;
    case CryptoSuite::aes_cm_128_hmac_sha1_80:
      return media::SrtpProfile::aes128_cm_sha1_80;
    case CryptoSuite::aes_cm_128_hmac_sha1_32:
      return media::SrtpProfile::aes128_cm_sha1_32;
  }
  return media::SrtpProfile::aes128_cm_sha1_80;
}

/// The first line we can use; in an answer it must name one of ours by its tag.
std::optional<sdp::CryptoLine> crypto_of(const sdp::Media& media, bool is_answer) {
  for (const auto value : sdp::find_all(media.attributes, "crypto")) {
    const auto line = sdp::read_crypto(value);
    if (line && (!is_answer || line->tag == tag_of(line->suite))) return line;
  }
  return std::nullopt;
}

sdp::Session begin(const LocalStreams& local) {
  const sdp::Connection connection{local.address, local.address.find(':') != std::string::npos};
  sdp::Session session;
  session.origin = {"hotline", std::to_string(local.session_id), std::to_string(local.version), connection};
  session.connection = connection;
  return session;
}

sdp::Media stream_of(const LocalStreams& local, std::size_t index) {
  sdp::Media media;
  media.kind = "audio";
  media.port = local.ports[index];
  media.protocol = protocol_of(local);
  media.formats = {"8", "0"};
  media.attributes = {{"rtpmap", "8 PCMA/8000"},
                      {"rtpmap", "0 PCMU/8000"},
                      {"ptime", "20"},
                      {"label", std::string(index == 0 ? label_said : label_heard)},
                      {local.paused ? "inactive" : "sendonly", ""}};
  return media;
}

sdp::Media offered_stream(const LocalStreams& local, std::size_t index) {
  auto media = stream_of(local, index);
  if (!local.encrypted) return media;
  for (const auto suite :
       {CryptoSuite::aead_aes_128_gcm, CryptoSuite::aes_cm_128_hmac_sha1_80, CryptoSuite::aes_cm_128_hmac_sha1_32})
    media.attributes.push_back({"crypto", sdp::write_crypto({tag_of(suite), suite, key_of(local, index, suite)})});
  return media;
}

std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

FarStream read_stream(const sdp::Session& session, const LocalStreams& local, std::size_t index, bool is_answer) {
  const auto& media = session.media[index];
  FarStream out;
  if (media.kind != "audio" || media.port == 0 || media.protocol != protocol_of(local)) return out;
  if (local.encrypted) {
    const auto crypto = crypto_of(media, is_answer);
    if (!crypto) return out;
    out.keys = media::SrtpKeys{profile_of(crypto->suite), crypto->key, key_of(local, index, crypto->suite)};
  }
  for (const auto& format : media.formats) {
    if (format != "8" && format != "0") continue;
    out.taken = true;
    out.ulaw = format == "0";
    out.payload_type = out.ulaw ? 0 : 8;
    break;
  }
  if (!out.taken) return out;
  const auto& connection = media.connection ? media.connection : session.connection;
  out.address = connection ? connection->address : std::string{};
  out.port = media.port;
  out.rtcp_port = static_cast<std::uint16_t>(media.port + 1);
  if (const auto* rtcp = sdp::find(media.attributes, "rtcp"))  // RFC 3605
    out.rtcp_port = read_port(rtcp->substr(0, rtcp->find(' ')));
  const auto says = [&](const char* direction) { return sdp::find(session, media, direction) != nullptr; };
  out.wanted = !says("inactive") && !says("sendonly");
  return out;
}

}  // namespace

std::string write_offer(const LocalStreams& local) {
  auto session = begin(local);
  for (std::size_t i = 0; i < stream_count; ++i) session.media.push_back(offered_stream(local, i));
  return sdp::write(session);
}

Result<FarStreams, Problem> read_answer(const std::string& answer, const LocalStreams& local) {
  const auto parsed = sdp::parse(answer);
  if (!parsed) return fail(parsed.error());
  if (parsed->media.size() != stream_count)
    return fail(Problem{fmt::format("the recorder answers {} streams with {}", stream_count, parsed->media.size()),
                        "the answer must have as many m= lines as the offer (RFC 3264 section 6)"});
  FarStreams out;
  for (std::size_t i = 0; i < stream_count; ++i) out[i] = read_stream(*parsed, local, i, true);
  return out;
}

Result<OfferAnswered, Problem> answer_offer(const std::string& offer, const LocalStreams& local) {
  const auto parsed = sdp::parse(offer);
  if (!parsed) return fail(parsed.error());
  OfferAnswered out;
  auto session = begin(local);
  bool any = false;
  for (std::size_t i = 0; i < parsed->media.size(); ++i) {
    const auto& wanted = parsed->media[i];
    const auto far = i < stream_count ? read_stream(*parsed, local, i, false) : FarStream{};
    if (i < stream_count) out.streams[i] = far;
    if (!far.taken) {
      session.media.push_back({.kind = wanted.kind, .port = 0, .protocol = wanted.protocol, .formats = wanted.formats});
      continue;
    }
    any = true;
    auto ours = stream_of(local, i);
    ours.formats = {far.ulaw ? "0" : "8"};
    std::erase_if(ours.attributes, [&](const sdp::Attribute& a) {
      return a.name == "rtpmap" && !a.value.starts_with(ours.formats.front() + " ");
    });
    ours.attributes.back().name = far.wanted && !local.paused ? "sendonly" : "inactive";
    if (const auto crypto = crypto_of(wanted, false); local.encrypted && crypto)
      ours.attributes.push_back(
          {"crypto", sdp::write_crypto({crypto->tag, crypto->suite, key_of(local, i, crypto->suite)})});
    session.media.push_back(std::move(ours));
  }
  if (!any) return fail(Problem{"the recorder's offer has neither of our streams", "offer audio with PCMA or PCMU"});
  out.answer = sdp::write(session);
  return out;
}

}  // namespace hotline::voice::siprec
