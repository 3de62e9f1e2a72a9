// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/siprec/metadata.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace hotline::voice::siprec {
namespace {

// Parts of a call that have UUIDs of their own; participants have their ids above.
constexpr std::uint64_t kind_shift = 59;
constexpr std::uint64_t of_session = std::uint64_t{7} << kind_shift;
constexpr std::uint64_t of_group = of_session + 1;
constexpr std::uint64_t of_said = of_session + 2;
constexpr std::uint64_t of_heard = of_session + 3;

std::string base64(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t one = bytes[i], two = i + 1 < bytes.size() ? bytes[i + 1] : 0U,
                        three = i + 2 < bytes.size() ? bytes[i + 2] : 0U;
    const auto word = one << 16U | two << 8U | three;
    for (unsigned k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : digits[word >> (18U - 6U * k) & 63U];
  }
  return out;
}

bool talks_to_customer(const Participant& p) {
  return p.role != "customer" && p.talks && !p.until;
}

}  // namespace

std::string uuid_text(std::uint64_t call, std::uint64_t part) {
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(call >> (8 * i));
  bytes[6] = static_cast<std::uint8_t>(0x80U | (call >> 48U & 0x0FU));
  bytes[7] = static_cast<std::uint8_t>(call >> 52U);
  bytes[8] = static_cast<std::uint8_t>(0x80U | (part >> 56U & 0x3FU));
  for (unsigned i = 0; i < 7; ++i) bytes[9 + i] = static_cast<std::uint8_t>(part >> (8 * i));
  return base64(bytes);
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
  }
  return out;
}

std::string xml_time(TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

std::string address_of_record(std::string_view number, std::string_view domain) {
  if (number.empty()) return "sip:anonymous@anonymous.invalid";
  std::string user;  // what RFC 3261 section 25.1 does not allow in a user part becomes %HH
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*()&=+$,?/";
  for (const char c : number) {
    if (plain.find(c) != std::string_view::npos)
      user += c;
    else
      fmt::format_to(std::back_inserter(user), "%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("sip:{}@{}", user, domain);
}

std::string write_metadata(const Metadata& m) {
  const auto call = m.call.value();
  const auto session = uuid_text(call, of_session);
  const auto group = uuid_text(call, of_group);
  const auto said = uuid_text(call, of_said);
  const auto heard = uuid_text(call, of_heard);
  const auto started = xml_time(m.started_at);
  std::string out;
  const auto line = [&]<class... Values>(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
    out += "\r\n";
  };
  line(R"(<?xml version="1.0" encoding="UTF-8"?>)");
  line(R"(<recording xmlns="urn:ietf:params:xml:ns:recording:1">)");
  line("<datamode>complete</datamode>");
  line(R"(<group group_id="{}"><associate-time>{}</associate-time></group>)", group, started);
  line(R"(<session session_id="{}"><group-ref>{}</group-ref><start-time>{}</start-time></session>)", session, group,
       started);
  for (const auto& p : m.participants) {
    line(R"(<participant participant_id="{}"><nameID aor="{}">{}</nameID>)", uuid_text(call, p.id),
         escape_xml(address_of_record(p.number, m.domain)),
         p.name.empty() ? std::string{} : "<name>" + escape_xml(p.name) + "</name>");
    line(R"(<part xmlns="{}" role="{}"{}/></participant>)", extension_namespace, escape_xml(p.role),
         p.agent.empty() ? std::string{} : " agent=\"" + escape_xml(p.agent) + "\"");
  }
  line(R"(<stream stream_id="{}" session_id="{}"><label>{}</label></stream>)", said, session, label_said);
  line(R"(<stream stream_id="{}" session_id="{}"><label>{}</label></stream>)", heard, session, label_heard);
  line(R"(<sessionrecordingassoc session_id="{}"><associate-time>{}</associate-time></sessionrecordingassoc>)", session,
       started);
  for (const auto& p : m.participants) {
    line(
        R"(<participantsessionassoc participant_id="{}" session_id="{}"><associate-time>{}</associate-time>{}</participantsessionassoc>)",
        uuid_text(call, p.id), session, xml_time(p.since),
        p.until ? "<disassociate-time>" + xml_time(*p.until) + "</disassociate-time>" : std::string{});
  }
  for (const auto& p : m.participants) {
    const bool customer = p.role == "customer";
    if (!customer && !talks_to_customer(p)) continue;
    line(R"(<participantstreamassoc participant_id="{}"><send>{}</send><recv>{}</recv></participantstreamassoc>)",
         uuid_text(call, p.id), customer ? said : heard, customer ? heard : said);
  }
  line(R"(<call xmlns="{}" contact="{}" recording="{}" service_line="{}" direction="{}"/>)", extension_namespace, call,
       m.recording.value(), escape_xml(m.service_line), escape_xml(m.direction));
  line("</recording>");
  return out;
}

}  // namespace hotline::voice::siprec
