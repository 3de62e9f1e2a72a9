// SPDX-License-Identifier: Apache-2.0
// Signatures: JPEG (ITU-T T.81 B.1.1.3), PNG (RFC 2083 3.1), GIF89a, WebP and WAV (RIFF), PDF (ISO 32000 7.5.2), MP3
// (ID3v2, or a frame's sync word of ISO 11172-3), ISO base media (ISO 14496-12 4.3), Office Open XML (ECMA-376 part 2:
// a ZIP whose first names are its parts).
#include "adapters/orders/content_type.hpp"

#include <algorithm>

#include "app/ports/stored_text.hpp"

namespace hotline::orders {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameBytesMost = 120;
/// A ZIP's directory of parts is looked for in so much at its end; its name is "[Content_Types].xml" and those beside.
constexpr std::size_t kZipLooked = 256 * 1024;

bool starts(std::string_view bytes, std::string_view with) {
  return bytes.substr(0, with.size()) == with;
}

/// The parts' names are plain in the central directory, at the end.
std::optional<ContentType> office(std::string_view bytes) {
  if (!starts(bytes, "PK\x03\x04"sv)) return std::nullopt;
  const std::string_view end = bytes.substr(bytes.size() - std::min(bytes.size(), kZipLooked));
  if (end.find("[Content_Types].xml") == std::string_view::npos) return std::nullopt;
  // With macros it is another type, which is not taken.
  if (end.find("vbaProject.bin") != std::string_view::npos) return std::nullopt;
  const std::string vendor = "application/vnd.openxmlformats-officedocument.";
  if (end.find("word/document.xml") != std::string_view::npos)
    return ContentType{vendor + "wordprocessingml.document", ".docx"};
  if (end.find("xl/workbook.xml") != std::string_view::npos)
    return ContentType{vendor + "spreadsheetml.sheet", ".xlsx"};
  return std::nullopt;
}

std::optional<ContentType> media(std::string_view bytes) {
  if (starts(bytes, "RIFF") && bytes.size() >= 12) {
    if (bytes.substr(8, 4) == "WEBP") return ContentType{"image/webp", ".webp", true};
    if (bytes.substr(8, 4) == "WAVE") return ContentType{"audio/wav", ".wav"};
  }
  if (bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp") {
    const std::string_view brand = bytes.substr(8, 4);
    if (brand == "M4A ") return ContentType{"audio/mp4", ".m4a"};
    if (brand == "isom" || brand == "mp42" || brand == "mp41" || brand == "iso2" || brand == "avc1")
      return ContentType{"video/mp4", ".mp4"};
    return std::nullopt;
  }
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const bool frame = bytes.size() >= 4 && byte(0) == 0xFF && (byte(1) & 0xE6U) == 0xE2U && (byte(2) & 0xF0U) != 0xF0U;
  if (starts(bytes, "ID3") || frame) return ContentType{"audio/mpeg", ".mp3"};
  return std::nullopt;
}

/// Readable: UTF-8 without control characters but line ends and tabs.
bool is_text(std::string_view bytes) {
  return app::storable(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
         });
}

/// Length of a character that is not to be in a name; 0: it may be.
std::size_t unfit(std::string_view at) {
  const auto byte = static_cast<unsigned char>(at.front());
  if (byte < 0x20 || byte == 0x7F || at.front() == '"' || at.front() == '<' || at.front() == '>') return 1;
  if (starts(at, "\xC2"sv) && at.size() > 1 && static_cast<unsigned char>(at[1]) < 0xA0) return 2;  // C1 controls
  // Marks of direction (U+200E, U+200F, U+202A to E, U+2066 to 9): they make "exe.jpg" of "gpj.exe".
  for (const std::string_view mark :
       {"\xE2\x80\x8E"sv, "\xE2\x80\x8F"sv, "\xE2\x80\xAA"sv, "\xE2\x80\xAB"sv, "\xE2\x80\xAC"sv, "\xE2\x80\xAD"sv,
        "\xE2\x80\xAE"sv, "\xE2\x81\xA6"sv, "\xE2\x81\xA7"sv, "\xE2\x81\xA8"sv, "\xE2\x81\xA9"sv, "\xE2\x80\xA8"sv,
        "\xE2\x80\xA9"sv})
    if (starts(at, mark)) return mark.size();
  return 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::optional<ContentType> content_type_of(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  if (starts(bytes, "\xFF\xD8\xFF"sv)) return ContentType{"image/jpeg", ".jpg", true};
  if (starts(bytes, "\x89PNG\r\n\x1A\n"sv)) return ContentType{"image/png", ".png", true};
  if (starts(bytes, "GIF87a") || starts(bytes, "GIF89a")) return ContentType{"image/gif", ".gif", true};
  if (starts(bytes, "%PDF-")) return ContentType{"application/pdf", ".pdf"};
  if (auto found = office(bytes)) return found;
  if (auto found = media(bytes)) return found;
  if (is_text(bytes)) return ContentType{"text/plain; charset=utf-8", ".txt"};
  return std::nullopt;
}

std::string display_name(std::string_view sent, const ContentType& type) {
  if (const auto folder = sent.find_last_of("/\\"); folder != std::string_view::npos) sent.remove_prefix(folder + 1);
  std::string name;
  for (std::size_t at = 0; at < sent.size();) {
    if (const std::size_t skipped = unfit(sent.substr(at)); skipped > 0)
      at += skipped;
    else
      name += sent[at++];
  }
  if (!app::storable(name)) name.clear();
  while (!name.empty() && (name.front() == '.' || name.front() == ' ')) name.erase(0, 1);
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
  const std::string as_sent = lower(name);
  const bool jpeg = type.extension == ".jpg" && as_sent.ends_with(".jpeg");
  if (as_sent.ends_with(type.extension)) name.resize(name.size() - type.extension.size());
  if (jpeg) name.resize(name.size() - std::string_view(".jpeg").size());
  std::size_t most = kNameBytesMost - type.extension.size();
  if (name.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xC0U) == 0x80U) --most;  // no half character
    name.resize(most);
  }
  return (name.empty() ? "attachment" : name) + type.extension;
}

}  // namespace hotline::orders
