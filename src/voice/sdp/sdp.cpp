// SPDX-License-Identifier: Apache-2.0
// The SDP parser and writer. Pure; any thread.
#include "voice/sdp/sdp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "voice/sdp/text.hpp"

namespace hotline::voice::sdp {
namespace {

using Outcome = Result<void, Problem>;

tl::unexpected<Problem> bad(std::size_t line, std::string_view what, std::string_view remedy) {
  return fail(Problem{fmt::format("SDP line {}: {}", line, what), std::string(remedy)});
}

/// Splits off one line and its CRLF, LF or CR.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find_first_of("\r\n");
  auto line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    const bool crlf = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (crlf ? 2 : 1));
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

std::optional<Connection> read_connection(std::string_view value) {
  const auto net = take_word(value);
  const auto type = take_word(value);
  auto address = take_word(value);
  if (!same_ignoring_case(net, "IN")) return std::nullopt;
  const bool ipv6 = same_ignoring_case(type, "IP6");
  if (!ipv6 && !same_ignoring_case(type, "IP4")) return std::nullopt;
  address = address.substr(0, address.find('/'));
  if (address.empty()) return std::nullopt;
  return Connection{std::string(address), ipv6};
}

/// One pass over the lines; `media_` is the section being filled, none in the session part.
class Parser {
 public:
  Result<Session, Problem> run(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      const auto line = take_line(text);
      if (line.empty()) {
        if (text.find_first_not_of("\r\n \t") == std::string_view::npos) break;
        continue;
      }
      if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
        return bad(line_, "not of the form <letter>=<value>", "send session descriptions as RFC 8866 has them");
      }
      if (!version_seen_ && line[0] != 'v') return bad(line_, "does not begin with v=0", "send v=0 first");
      if (auto outcome = take(line[0], line.substr(2)); !outcome) return fail(outcome.error());
    }
    if (!version_seen_) return fail(Problem{"the SDP is empty", "send a session description beginning with v=0"});
    return std::move(session_);
  }

 private:
  Outcome take(char type, std::string_view value) {
    switch (type) {
      case 'v':
        if (version_seen_ || value != "0") return bad(line_, "unknown version", "only one v=0 is understood");
        version_seen_ = true;
        return {};
      case 'o':
        return origin(value);
      case 's':
        session_.name = value;
        return {};
      case 'c':
        return connection(value);
      case 'm':
        return media(value);
      case 'a':
        return attribute(value);
      default:
        return {};  // not needed here; RFC 8866 section 5 has us pass over unknown lines
    }
  }

  Outcome origin(std::string_view value) {
    Origin origin;
    const auto username = take_word(value), id = take_word(value), version = take_word(value);
    const auto address = read_connection(value);
    if (!address) return bad(line_, "o= needs six fields", "o=<user> <id> <version> IN IP4|IP6 <address>");
    origin = Origin{std::string(username), std::string(id), std::string(version), *address};
    session_.origin = std::move(origin);
    return {};
  }

  Outcome connection(std::string_view value) {
    auto read = read_connection(value);
    if (!read) return bad(line_, "c= is not understood", "c=IN IP4|IP6 <address>");
    auto& slot = session_.media.empty() ? session_.connection : session_.media.back().connection;
    if (!slot) slot = std::move(read);  // further ones are layers of hierarchical multicast: the first counts
    return {};
  }

  Outcome media(std::string_view value) {
    if (session_.media.size() == kMediaMax)
      return bad(line_, "too many m= lines", fmt::format("at most {}", kMediaMax));
    Media media;
    media.kind = take_word(value);
    const auto ports = take_word(value);
    const auto port = to_number<std::uint16_t>(ports.substr(0, ports.find('/')));
    media.protocol = take_word(value);
    if (media.kind.empty() || !port || media.protocol.empty()) {
      return bad(line_, "m= is not understood", "m=<kind> <port 0-65535> <protocol> <formats>");
    }
    media.port = *port;
    for (auto format = take_word(value); !format.empty(); format = take_word(value)) {
      if (media.formats.size() == kFormatsMax)
        return bad(line_, "too many formats", fmt::format("at most {}", kFormatsMax));
      media.formats.emplace_back(format);
    }
    session_.media.push_back(std::move(media));
    return {};
  }

  Outcome attribute(std::string_view value) {
    auto& attributes = session_.media.empty() ? session_.attributes : session_.media.back().attributes;
    if (attributes.size() == kAttributesMax) {
      return bad(line_, "too many attributes", fmt::format("at most {} a section", kAttributesMax));
    }
    const auto colon = value.find(':');
    const auto name = value.substr(0, colon);
    if (name.empty()) return bad(line_, "an attribute without a name", "a=<name> or a=<name>:<value>");
    if (name.find_first_of(" \t") != std::string_view::npos) return {};  // no token: nobody can mean one we know
    attributes.push_back(
        {std::string(name), colon == std::string_view::npos ? "" : std::string(value.substr(colon + 1))});
    return {};
  }

  Session session_;
  std::size_t line_ = 0;
  bool version_seen_ = false;
};

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
}

void append_connection(std::string& out, const Connection& connection) {
  out += connection.ipv6 ? "IN IP6 " : "IN IP4 ";
  append_clean(out, connection.address);
  out += "\r\n";
}

void append_attributes(std::string& out, const Attributes& attributes) {
  for (const auto& attribute : attributes) {
    out += "a=";
    append_clean(out, attribute.name);
    if (!attribute.value.empty()) {
      out += ':';
      append_clean(out, attribute.value);
    }
    out += "\r\n";
  }
}

}  // namespace

Result<Session, Problem> parse(std::string_view text) {
  if (text.size() > kBytesMax) {
    return fail(Problem{fmt::format("the SDP has {} bytes", text.size()), fmt::format("send at most {}", kBytesMax)});
  }
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t';
  };
  if (std::ranges::any_of(text, is_control)) return fail(Problem{"the SDP holds a control character", "send text"});
  return Parser{}.run(text);
}

std::string write(const Session& session) {
  std::string out = "v=0\r\no=";
  for (const auto* field : {&session.origin.username, &session.origin.session_id, &session.origin.version}) {
    append_clean(out, *field);
    out += ' ';
  }
  append_connection(out, session.origin.address);
  out += "s=";
  append_clean(out, session.name.empty() ? "-" : session.name);
  out += "\r\n";
  if (session.connection) {
    out += "c=";
    append_connection(out, *session.connection);
  }
  out += "t=0 0\r\n";
  append_attributes(out, session.attributes);
  for (const auto& media : session.media) {
    out += "m=";
    append_clean(out, media.kind);
    out += fmt::format(" {} ", media.port);
    append_clean(out, media.protocol);
    for (const auto& format : media.formats) {
      out += ' ';
      append_clean(out, format);
    }
    out += "\r\n";
    if (media.connection) {
      out += "c=";
      append_connection(out, *media.connection);
    }
    append_attributes(out, media.attributes);
  }
  return out;
}

const std::string* find(const Attributes& attributes, std::string_view name) {
  for (const auto& attribute : attributes) {
    if (attribute.name == name) return &attribute.value;
  }
  return nullptr;
}

const std::string* find(const Session& session, const Media& media, std::string_view name) {
  const auto* own = find(media.attributes, name);
  return own ? own : find(session.attributes, name);
}

std::vector<std::string_view> find_all(const Attributes& attributes, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& attribute : attributes) {
    if (attribute.name == name) values.emplace_back(attribute.value);
  }
  return values;
}

std::vector<std::string_view> group(const Session& session, std::string_view semantics) {
  std::vector<std::string_view> members;
  for (auto value : find_all(session.attributes, "group")) {
    if (take_word(value) != semantics) continue;
    for (auto mid = take_word(value); !mid.empty(); mid = take_word(value)) members.push_back(mid);
    break;
  }
  return members;
}

const Media* find_mid(const Session& session, std::string_view mid) {
  for (const auto& media : session.media) {
    const auto* own = find(media.attributes, "mid");
    if (own && *own == mid) return &media;
  }
  return nullptr;
}

}  // namespace hotline::voice::sdp
