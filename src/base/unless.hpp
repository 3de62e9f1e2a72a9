// SPDX-License-Identifier: Apache-2.0
// A value that says nothing, as no value: for columns and members of JSON that are left out then. Pure.
#pragma once

#include <optional>

namespace hotline {

/// Of texts and lists.
template <class Text>
[[nodiscard]] std::optional<Text> unless_empty(const Text& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
/// Of ids: 0 is none.
template <class IdType>
[[nodiscard]] std::optional<IdType> unless_none(IdType id) {
  return id ? std::optional(id) : std::nullopt;
}

}  // namespace hotline
