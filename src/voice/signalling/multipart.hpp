// SPDX-License-Identifier: Apache-2.0
// Multipart message bodies (RFC 2046 section 5.1, RFC 5621): what carriers and recorders put beside SDP. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotline::voice::signalling {

struct BodyPart {
  std::string type;            ///< "application/sdp": lower case, without parameters
  bool required = false;       ///< says handling=required: whoever does not understand it must refuse (415)
  bool optional = false;       ///< says handling=optional
  std::string_view content{};  ///< inside the body that was read
};

/// The parts of a body, those of nested multiparts among them (three deep), 32 at most. `parameters` are those of its
/// Content-Type, with the boundary. Empty: no boundary, or nothing that is a part.
[[nodiscard]] std::vector<BodyPart> read_multipart(std::string_view parameters, std::string_view body);

/// The first application/sdp part. nullopt: none.
[[nodiscard]] std::optional<std::string> sdp_of_multipart(std::string_view parameters, std::string_view body);

/// Whether `disposition`, a Content-Disposition, says handling=`what`.
[[nodiscard]] bool says_handling(std::string_view disposition, std::string_view what);

struct PartToWrite {
  std::string type;         ///< its Content-Type
  std::string disposition;  ///< its Content-Disposition; empty: none
  std::string content;
};
/// `boundary` must not stand at the start of a line of any content.
[[nodiscard]] std::string write_multipart(std::string_view boundary, const std::vector<PartToWrite>& parts);

}  // namespace hotline::voice::signalling
