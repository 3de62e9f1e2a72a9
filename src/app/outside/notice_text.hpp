// SPDX-License-Identifier: Apache-2.0
// What a notice says to a person, by mail or on a locked screen: enough to know what to do, no more of the customer
// than that. Pure.
#pragma once

#include <string>

#include "app/ports/outside.hpp"

namespace hotline::app {

/// A line for a subject or a screen, and a short text.
struct NoticeText {
  std::string title, text;
};

/// `language`: en, zh_hans, zh_hant. `order`: the order it is about, where there is one.
[[nodiscard]] NoticeText notice_text(const Delivery& delivery, const OrderRow* order, const std::string& language);

/// At most so many bytes, whole characters.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t most);

/// What a partner's program is sent, and fetches: JSON with id, kind, at_ms, order_number, reference, state and what
/// was said. `id` rises with time; the same id twice is the same message.
[[nodiscard]] std::string feedback_text(const OutboxEntry& entry, const OrderRow* order);

/// How long to wait after the n-th attempt (from 1): `first`, doubled each time, at most an hour.
[[nodiscard]] Duration pause_after(std::int64_t tries, Duration first);

}  // namespace hotline::app
