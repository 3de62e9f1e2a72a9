// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/multipart.hpp"

#include <fmt/format.h>

#include <iterator>

#include "voice/signalling/text.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kPartsMax = 32;
constexpr int kDepthMax = 3;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 section 5.1.1

/// The value of "name=value" among parameters that semicolons part; a quoted one without its quotes.
std::string_view parameter(std::string_view parameters, std::string_view name) {
  const auto folded = lower(parameters);
  for (auto at = folded.find(name); at != std::string::npos; at = folded.find(name, at + 1)) {
    const bool begins = at == 0 || folded[at - 1] == ';' || kSpace.find(folded[at - 1]) != std::string_view::npos;
    auto value = parameters.substr(at + name.size());
    const auto equals = value.find_first_not_of(kSpace);
    if (!begins || equals == std::string_view::npos || value[equals] != '=') continue;
    value = trim(value.substr(equals + 1));
    if (!value.starts_with('"')) return trim(value.substr(0, value.find_first_of("; \t")));
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
  }
  return {};
}

/// The next delimiter at the start of a line, from `from` on.
std::size_t find_delimiter(std::string_view body, std::string_view delimiter, std::size_t from) {
  for (auto at = body.find(delimiter, from); at != std::string_view::npos; at = body.find(delimiter, at + 1)) {
    if (at == 0 || body[at - 1] == '\n' || body[at - 1] == '\r') return at;
  }
  return std::string_view::npos;
}

void read(std::string_view parameters, std::string_view body, int depth, std::vector<BodyPart>& out);

void read_part(std::string_view text, int depth, std::vector<BodyPart>& out) {
  // Behind the delimiter: its line's end, headers, an empty line, the content. No headers at all is a part as well.
  std::string type = "text/plain", type_parameters, disposition;
  auto rest = text;
  const auto next_line = [&rest] {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  };
  next_line();
  bool whole = false;
  std::string header;
  const auto take_header = [&] {
    const auto colon = header.find(':');
    if (colon != std::string::npos) {
      const auto name = lower(trim(std::string_view(header).substr(0, colon)));
      const auto value = trim(std::string_view(header).substr(colon + 1));
      const auto semicolon = value.find(';');
      if (name == "content-type" || name == "c") {
        type = lower(trim(value.substr(0, semicolon)));
        type_parameters = semicolon == std::string_view::npos ? "" : std::string(value.substr(semicolon + 1));
      } else if (name == "content-disposition") {
        disposition = value;
      }
    }
    header.clear();
  };
  while (!rest.empty()) {
    const auto line = next_line();
    if (line.empty()) {
      whole = true;
      break;
    }
    if (line.front() == ' ' || line.front() == '\t') {  // a folded line belongs to the one before
      header += ' ';
      header += trim(line);
      continue;
    }
    take_header();
    header = line;
  }
  take_header();
  if (!whole) return;
  if (type.starts_with("multipart/")) return read(type_parameters, rest, depth + 1, out);
  if (out.size() >= kPartsMax) return;
  out.push_back(
      {std::move(type), says_handling(disposition, "required"), says_handling(disposition, "optional"), rest});
}

void read(std::string_view parameters, std::string_view body, int depth, std::vector<BodyPart>& out) {
  const auto boundary = parameter(parameters, "boundary");
  if (depth >= kDepthMax || boundary.empty() || boundary.size() > kBoundaryMax) return;
  const auto delimiter = "--" + std::string(boundary);
  auto at = find_delimiter(body, delimiter, 0);
  while (at != std::string_view::npos && out.size() < kPartsMax) {
    const auto begin = at + delimiter.size();
    if (body.substr(begin).starts_with("--")) return;
    at = find_delimiter(body, delimiter, begin);
    auto text = body.substr(begin, at == std::string_view::npos ? at : at - begin);
    if (at != std::string_view::npos) {  // the line end before a delimiter belongs to the delimiter
      if (text.ends_with('\n')) text.remove_suffix(1);
      if (text.ends_with('\r')) text.remove_suffix(1);
    }
    read_part(text, depth, out);
  }
}

}  // namespace

bool says_handling(std::string_view disposition, std::string_view what) {
  return lower(parameter(disposition, "handling")) == what;
}

std::vector<BodyPart> read_multipart(std::string_view parameters, std::string_view body) {
  std::vector<BodyPart> out;
  read(parameters, body, 0, out);
  return out;
}

std::optional<std::string> sdp_of_multipart(std::string_view parameters, std::string_view body) {
  for (const auto& part : read_multipart(parameters, body)) {
    if (part.type == "application/sdp") return std::string(part.content);
  }
  return std::nullopt;
}

std::string write_multipart(std::string_view boundary, const std::vector<PartToWrite>& parts) {
  std::string out;
  for (const auto& part : parts) {
    fmt::format_to(std::back_inserter(out), "--{}\r\nContent-Type: {}\r\n", boundary, part.type);
    if (!part.disposition.empty())
      fmt::format_to(std::back_inserter(out), "Content-Disposition: {}\r\n", part.disposition);
    fmt::format_to(std::back_inserter(out), "\r\n{}\r\n", part.content);
  }
  return out + fmt::format("--{}--\r\n", boundary);
}

}  // namespace hotline::voice::signalling
