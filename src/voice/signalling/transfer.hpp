// SPDX-License-Identifier: Apache-2.0
// What Replaces (RFC 3891), Refer-To (RFC 3515), Referred-By (RFC 3892) and the NOTIFY of a transfer say. Signalling
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "voice/signalling/dialog.hpp"
#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

/// "call-id;to-tag=x;from-tag=y;early-only", as the sender of the header writes it: to-tag is ours when we hold the
/// dialog.
struct Replaces {
  Dialog::Id dialog;
  bool early_only = false;
};
/// nullopt: a tag is missing or there twice, or it is longer than 512 bytes.
[[nodiscard]] std::optional<Replaces> read_replaces(std::string_view value);
/// For a dialog of ours, seen by whoever is to replace it at the far end.
[[nodiscard]] std::string write_replaces(const Dialog::Id& dialog);

/// Where a REFER wants the far end to be.
struct ReferTarget {
  std::string uri;                   ///< without its headers
  std::string user;                  ///< number or name, unescaped
  std::string method;                ///< "INVITE" unless the URI says otherwise
  std::optional<Replaces> replaces;  ///< an attended transfer: the dialog it is to take the place of
  bool broken_replaces = false;      ///< there is one, which cannot be read
};
/// nullopt: no Refer-To, several, or one that cannot be read.
[[nodiscard]] std::optional<ReferTarget> read_refer_to(const sip_msg& refer);

/// User part of the Referred-By; "" when there is none.
[[nodiscard]] std::string referrer_of(const sip_msg& message);

/// Status code in a body message/sipfrag ("SIP/2.0 180 Ringing"); 0 when it cannot be read.
[[nodiscard]] unsigned status_of_fragment(std::string_view body);

}  // namespace hotline::voice::signalling
