// SPDX-License-Identifier: Apache-2.0
// What the outside recorder is told of a call: recording metadata, version 1 (RFC 7865 section 10), always the whole of
// it ("complete"). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::voice::siprec {

inline constexpr std::string_view metadata_type = "application/rs-metadata+xml";
/// Of the elements that RFC 7865 has no place for (section 10: any element of another namespace).
inline constexpr std::string_view extension_namespace = "urn:hotline:siprec:1";
/// Of the two streams: what the customer says, and what they hear.
inline constexpr std::string_view label_said = "1", label_heard = "2";

struct Participant {
  std::uint64_t id = 0;  ///< the same over the whole call, below 2^62
  std::string role{};    ///< customer, agent, external, service
  std::string number{};  ///< user part of the address of record; empty: withheld
  std::string name{};    ///< UTF-8
  std::string agent{};   ///< id of the agent, empty for others
  bool talks = false;    ///< the customer hears them now
  TimePoint since{};
  std::optional<TimePoint> until{};  ///< has left
};

struct Metadata {
  CallId call;  ///< also the contact: the communication session and its group are named by it
  RecordingId recording;
  std::string service_line, direction;
  TimePoint started_at{};  ///< of the recording
  std::string domain;      ///< of addresses of record
  std::vector<Participant> participants;
};

[[nodiscard]] std::string write_metadata(const Metadata& metadata);

/// Base64 of a UUID (RFC 9562 version 8) of a call and something of it; the low 60 and 62 bits count.
[[nodiscard]] std::string uuid_text(std::uint64_t call, std::uint64_t part);
/// For element text and attributes alike. What XML 1.0 cannot hold is left out.
[[nodiscard]] std::string escape_xml(std::string_view text);
[[nodiscard]] std::string xml_time(TimePoint at);  ///< "2026-04-30T12:00:00.250Z"
/// "sip:13800138000@domain"; a number that is withheld: RFC 3323 section 4.1.1.3.
[[nodiscard]] std::string address_of_record(std::string_view number, std::string_view domain);

}  // namespace hotline::voice::siprec
