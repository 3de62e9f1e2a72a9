// SPDX-License-Identifier: Apache-2.0
// Text of strangers made fit for events and logs. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hotline::voice::node {

/// `text` as valid UTF-8 (RFC 3629) without control characters and of at most `bytes_max` bytes, cut between
/// characters; what is none becomes U+FFFD. The voice link's strings must be UTF-8: one that is not makes the whole
/// event unreadable for the core, and a caller chooses what his phone sends.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t bytes_max = 256);

}  // namespace hotline::voice::node
