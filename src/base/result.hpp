// SPDX-License-Identifier: Apache-2.0
// Result<T, E>: how a refusal is returned. Exceptions are for bugs and for libraries that throw, at their edge.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hotline {

template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
[[nodiscard]] auto fail(E error) {
  return tl::unexpected<E>(std::move(error));
}

/// An error for a person: what is wrong, and what would be right.
struct Problem {
  std::string what;
  std::string remedy;
  friend bool operator==(const Problem&, const Problem&) = default;
};

}  // namespace hotline
