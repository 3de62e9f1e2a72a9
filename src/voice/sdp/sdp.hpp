// SPDX-License-Identifier: Apache-2.0
// Session descriptions (RFC 8866, RFC 4566) as values: a bounded parser for what strangers send, and a writer.
//
// Pure; any thread. Lines that neither audio over SIP nor WebRTC need (i= u= e= p= b= r= z= k=) are read over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hotline::voice::sdp {

inline constexpr std::size_t kBytesMax = 16 * 1024;
inline constexpr std::size_t kMediaMax = 16;
inline constexpr std::size_t kAttributesMax = 256;  ///< of one media section, and of the session part
inline constexpr std::size_t kFormatsMax = 64;      ///< of one media line

/// "a=name" or "a=name:value". `value` is empty for a flag such as "rtcp-mux".
struct Attribute {
  std::string name{};
  std::string value{};
  friend bool operator==(const Attribute&, const Attribute&) = default;
};
using Attributes = std::vector<Attribute>;

/// "c=IN IP4 192.0.2.1"; a multicast TTL ("/127") is cut off. The address may be a host name: see negotiate.hpp.
struct Connection {
  std::string address{};
  bool ipv6 = false;
  friend bool operator==(const Connection&, const Connection&) = default;
};

struct Origin {
  std::string username = "-";
  std::string session_id = "0";  ///< digits; kept as text, they may exceed 64 bits
  std::string version = "0";
  Connection address{"0.0.0.0", false};
  friend bool operator==(const Origin&, const Origin&) = default;
};

/// One "m=" section. Port 0: rejected or switched off.
struct Media {
  std::string kind{};  ///< "audio", "video", "application", ...
  std::uint16_t port = 0;
  std::string protocol{};  ///< "RTP/AVP", "UDP/TLS/RTP/SAVPF"
  std::vector<std::string> formats{};
  std::optional<Connection> connection{};
  Attributes attributes{};
  friend bool operator==(const Media&, const Media&) = default;
};

struct Session {
  Origin origin;
  std::string name = "-";
  std::optional<Connection> connection{};
  Attributes attributes{};
  std::vector<Media> media{};
  friend bool operator==(const Session&, const Session&) = default;
};

/// Reads a description. Lines may end in CRLF, LF or CR; a missing s= or t= line, blank lines at the end and white
/// space before a line end are tolerated. Fails on what is over the limits above, on control characters, and on lines
/// that are no SDP.
[[nodiscard]] Result<Session, Problem> parse(std::string_view text);

/// Writes with CRLF. Control characters inside values become spaces, so that no value can add a line.
[[nodiscard]] std::string write(const Session& session);

/// The first attribute with this name (case-sensitive, RFC 8866 section 5.13), or nullptr.
[[nodiscard]] const std::string* find(const Attributes& attributes, std::string_view name);

/// The attribute of a media section, falling back to the session's (as fingerprint, setup, ice-ufrag, ... are read).
[[nodiscard]] const std::string* find(const Session& session, const Media& media, std::string_view name);

/// Every value of a repeated attribute ("candidate", "rtpmap", "group"), in order.
[[nodiscard]] std::vector<std::string_view> find_all(const Attributes& attributes, std::string_view name);

/// Members of the first "group" attribute with these semantics (RFC 5888): group(s, "BUNDLE") gives mids. Empty: none.
[[nodiscard]] std::vector<std::string_view> group(const Session& session, std::string_view semantics);

/// The media section with "a=mid:<mid>", or nullptr.
[[nodiscard]] const Media* find_mid(const Session& session, std::string_view mid);

}  // namespace hotline::voice::sdp
