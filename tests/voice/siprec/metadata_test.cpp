// SPDX-License-Identifier: Apache-2.0
// Recording metadata: well-formed whatever callers call themselves, and of the structure of RFC 7865 section 10.
#include "voice/siprec/metadata.hpp"

#include <gmock/gmock.h>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <map>
#include <set>
#include <sstream>

namespace hotline::voice::siprec {
namespace {

using boost::property_tree::ptree;

Metadata talk() {
  Metadata m;
  m.call = CallId{(std::uint64_t{1'714'479'000} << 24U) | 7};
  m.recording = RecordingId{4711};
  m.service_line = "112";
  m.direction = "inbound";
  m.started_at = from_unix_ms(1'714'479'000'250);
  m.domain = "hotline.example";
  m.participants = {
      {.id = 1,
       .role = "customer",
       .number = "13800138000",
       .name = "張 <三> & \"Co\"",
       .talks = true,
       .since = m.started_at},
      {.id = 2, .role = "service", .number = "112", .name = "service line 112", .talks = false, .since = m.started_at},
      {.id = (std::uint64_t{1} << 58U) | 17,
       .role = "agent",
       .number = "8001",
       .name = "O'Neil",
       .agent = "17",
       .talks = true,
       .since = m.started_at + Duration{9'000}},
      {.id = (std::uint64_t{1} << 58U) | 18,
       .role = "agent",
       .number = "8002",
       .name = "",
       .agent = "18",
       .talks = false,
       .since = m.started_at + Duration{2'000},
       .until = m.started_at + Duration{8'000}},
  };
  return m;
}

ptree parse(const std::string& xml) {
  std::istringstream in(xml);
  ptree out;
  boost::property_tree::read_xml(in, out, boost::property_tree::xml_parser::trim_whitespace);
  return out;
}

bool is_time(const std::string& text) {
  constexpr auto form = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z";
  return testing::Matches(testing::MatchesRegex(form))(text);
}
bool is_id(const std::string& text) {
  return testing::Matches(testing::MatchesRegex("[A-Za-z0-9+/]{22}=="))(text);  // 16 bytes
}

/// What RFC 7865 section 10 says of one element's children: names in the order of its sequence.
void expect_children(const ptree& element, const std::vector<std::string>& sequence, const std::string& extension) {
  std::size_t at = 0;
  for (const auto& [name, child] : element) {
    if (name == "<xmlattr>") continue;
    if (name == extension) {  // xs:any of another namespace stands at the end of the sequence
      at = sequence.size();
      EXPECT_EQ(child.get<std::string>("<xmlattr>.xmlns"), extension_namespace);
      continue;
    }
    while (at < sequence.size() && sequence[at] != name) ++at;
    ASSERT_LT(at, sequence.size()) << name << " stands where RFC 7865 has no place for it";
  }
}

/// The whole document against the structure: order, ids, times, references.
void expect_structure(const ptree& document) {
  ASSERT_EQ(document.size(), 1U);
  const auto& recording = document.get_child("recording");
  EXPECT_EQ(recording.get<std::string>("<xmlattr>.xmlns"), "urn:ietf:params:xml:ns:recording:1");
  expect_children(recording,
                  {"datamode", "group", "session", "participant", "stream", "sessionrecordingassoc",
                   "participantsessionassoc", "participantstreamassoc"},
                  "call");
  EXPECT_EQ(recording.get<std::string>("datamode"), "complete");
  std::map<std::string, std::set<std::string>> ids;
  const auto define = [&](const std::string& kind, const std::string& id) {
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_TRUE(ids[kind].insert(id).second) << "twice: " << id;
  };
  const auto refer = [&](const std::string& kind, const std::string& id) {
    EXPECT_TRUE(ids[kind].contains(id)) << kind << " " << id << " is not defined";
  };
  for (const auto& [name, element] : recording) {
    const auto attribute = [&e = element](const char* which) {
      return e.get<std::string>(std::string("<xmlattr>.") + which);
    };
    if (name == "group") {
      define(name, attribute("group_id"));
      expect_children(element, {"associate-time", "disassociate-time"}, "-");
    } else if (name == "session") {
      define(name, attribute("session_id"));
      expect_children(element, {"sipSessionID", "reason", "group-ref", "start-time", "stop-time"}, "-");
      refer("group", element.get<std::string>("group-ref"));
      EXPECT_TRUE(is_time(element.get<std::string>("start-time")));
    } else if (name == "participant") {
      define(name, attribute("participant_id"));
      expect_children(element, {"nameID"}, "part");
      EXPECT_TRUE(element.get<std::string>("nameID.<xmlattr>.aor").starts_with("sip:"));
      expect_children(element.get_child("nameID"), {"name"}, "-");
    } else if (name == "stream") {
      define(name, attribute("stream_id"));
      refer("session", attribute("session_id"));
      expect_children(element, {"label"}, "-");
    } else if (name == "sessionrecordingassoc") {
      refer("session", attribute("session_id"));
      expect_children(element, {"associate-time", "disassociate-time"}, "-");
    } else if (name == "participantsessionassoc") {
      refer("participant", attribute("participant_id"));
      refer("session", attribute("session_id"));
      expect_children(element, {"associate-time", "disassociate-time"}, "-");
      EXPECT_TRUE(is_time(element.get<std::string>("associate-time")));
    } else if (name == "participantstreamassoc") {
      refer("participant", attribute("participant_id"));
      expect_children(element, {"send", "recv", "associate-time", "disassociate-time"}, "-");
      refer("stream", element.get<std::string>("send"));
      refer("stream", element.get<std::string>("recv"));
    }
  }
  EXPECT_EQ(ids["stream"].size(), 2U);
}

TEST(SiprecMetadata, HasTheStructureOfRfc7865) {
  expect_structure(parse(write_metadata(talk())));
}

TEST(SiprecMetadata, SaysWhoSpeaksInWhichStream) {
  const auto document = parse(write_metadata(talk()));
  const auto& recording = document.get_child("recording");
  std::map<std::string, std::string> label_of, number_of;
  for (const auto& [name, element] : recording) {
    if (name == "stream") label_of[element.get<std::string>("<xmlattr>.stream_id")] = element.get<std::string>("label");
    if (name == "participant")
      number_of[element.get<std::string>("<xmlattr>.participant_id")] =
          element.get<std::string>("nameID.<xmlattr>.aor");
  }
  std::map<std::string, std::string> sends, left;
  for (const auto& [name, element] : recording) {
    const auto who = [&] { return number_of[element.get<std::string>("<xmlattr>.participant_id")]; };
    if (name == "participantstreamassoc") sends[who()] = label_of[element.get<std::string>("send")];
    if (name == "participantsessionassoc") left[who()] = element.get<std::string>("disassociate-time", "");
  }
  EXPECT_EQ(sends, (std::map<std::string, std::string>{{"sip:13800138000@hotline.example", "1"},
                                                       {"sip:8001@hotline.example", "2"}}));
  EXPECT_EQ(left["sip:8002@hotline.example"], "2024-04-30T12:10:08.250Z");
  EXPECT_EQ(left["sip:8001@hotline.example"], "");
}

TEST(SiprecMetadata, NamesSurviveXml) {
  const auto document = parse(write_metadata(talk()));
  std::set<std::string> names;
  for (const auto& [name, element] : document.get_child("recording"))
    if (name == "participant") names.insert(element.get<std::string>("nameID.name", "-"));
  EXPECT_EQ(names, (std::set<std::string>{"張 <三> & \"Co\"", "service line 112", "O'Neil", "-"}));
}

TEST(SiprecMetadata, HostileTextCannotAddElements) {
  auto m = talk();
  m.participants[0].name = std::string("</name></nameID><session/>\x01\x7f]]>\n", 30);
  m.participants[0].number = "1\"><x>@ \r\n";
  m.service_line = "\"/><evil a=\"";
  m.participants[0].role = "<!--";
  const auto text = write_metadata(m);
  expect_structure(parse(text));
  EXPECT_EQ(text.find("<evil"), std::string::npos);
  EXPECT_EQ(text.find('\x01'), std::string::npos);
}

TEST(SiprecMetadata, AWithheldNumberIsAnonymous) {
  EXPECT_EQ(address_of_record("", "h"), "sip:anonymous@anonymous.invalid");
  EXPECT_EQ(address_of_record("+8613@x y", "[::1]"), "sip:+8613%40x%20y@[::1]");
}

TEST(SiprecMetadata, IdsAreUuidsOfTheirOwn) {
  std::set<std::string> seen;
  for (std::uint64_t call = 1; call < 40; ++call)
    for (const std::uint64_t part :
         {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 58U, std::uint64_t{7} << 59U})
      EXPECT_TRUE(seen.insert(uuid_text(call << 50U | call, part + call)).second);
  for (const auto& id : seen) EXPECT_TRUE(is_id(id)) << id;
}

TEST(SiprecMetadata, TimesAreUtcWithMilliseconds) {
  EXPECT_EQ(xml_time(from_unix_ms(1'714'479'000'007)), "2024-04-30T12:10:00.007Z");
}

}  // namespace
}  // namespace hotline::voice::siprec
