// SPDX-License-Identifier: Apache-2.0
// What a file that a stranger sent is, by its own bytes: neither its name nor what the browser said is believed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hotline::orders {

/// A kind of file that may be attached to a work order.
struct ContentType {
  std::string mime;
  std::string extension;  ///< with its dot
  bool shown = false;     ///< a browser may show it in the page: a picture
};
/// JPEG, PNG, GIF, WebP, PDF, WAV, MP3, MP4 and M4A, Word and Excel (Office Open XML), and plain text in UTF-8.
/// nullopt: none of these, and not taken. What only looks like text to a browser (HTML, SVG) is plain text here and
/// served so.
[[nodiscard]] std::optional<ContentType> content_type_of(std::string_view bytes);

/// A name fit for people's lists and for a file of this type: without folders, control and direction characters, at
/// most 120 bytes, ending as its content says.
[[nodiscard]] std::string display_name(std::string_view sent, const ContentType& type);

}  // namespace hotline::orders
