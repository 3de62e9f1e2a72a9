// SPDX-License-Identifier: Apache-2.0
// What stands before libre's parser: its sip_msg_decode() is defined anew here, found through the dynamic linker like
// the timers of timer_heap.cpp, for every transport. Signalling thread.
//
// libre drops what it cannot read, without a word; RFC 3261 section 16.3 and RFC 4475 want requests answered with what
// is wrong. It also takes a few things for messages that are none. So a request that cannot be read comes out of the
// parser as a small request of our own that says what was wrong and what an answer must repeat (find_malformed()).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "voice/signalling/identity.hpp"
#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

inline constexpr std::size_t kHeaderBytesMax = 32 * 1'024;  ///< of one message, without its body

/// False: libre uses its own parser (linked in another way than we expect), and malformed requests go unanswered.
[[nodiscard]] bool decodes_with_us();

struct Malformed {
  unsigned status = 400;              ///< 400, 505 or 513
  std::string reason;                 ///< phrase of the status line
  std::vector<std::string> repeated;  ///< header lines to repeat: Via, From, To, Call-ID, CSeq, unfolded
  bool via_readable = false;          ///< else the answer goes to where the request came from
};
/// What is wrong with a request that could not be read; nullopt for any other.
[[nodiscard]] std::optional<Malformed> find_malformed(const sip_msg& request);

/// What libre is given instead of its own sip_msg_decode(): 0, ENODATA (more is to come on a stream) or EBADMSG.
int decode_for_libre(sip_msg** out, mbuf* buffer);

/// Of the CANCEL that is being served: libre's transactions keep the message to themselves.
[[nodiscard]] Reason reason_of_last_cancel();

}  // namespace hotline::voice::signalling
