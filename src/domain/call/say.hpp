// SPDX-License-Identifier: Apache-2.0
// Values spoken by concatenation of recorded words (requirement A2), in Mandarin and English. Pure.
#pragma once

#include <string>
#include <vector>

#include "domain/call/flow.hpp"

namespace hotline::call {

/// Prompt keys (without language folder) that speak a value, e.g. cmn 1,234 -> digits/1, number/thousand, number/liang,
/// … number: an integer below 10^16, or a decimal fraction; money: whole cents of a yuan; date: YYYY-MM-DD; digits and
/// phone: each digit (phone, Mandarin: digits_phone/1, 幺, for 1). A language without rules of its own is spoken as
/// digits. Invalid values are spoken digit by digit, never thrown.
[[nodiscard]] std::vector<std::string> say(SayKind kind, const std::string& value, const Language& language);

/// What a waiting caller is told: their place (1 is next), and the wait to be expected; with language folder.
[[nodiscard]] std::vector<std::string> say_waiting(std::optional<std::uint32_t> position, std::optional<Duration> wait,
                                                   const Language& language);

/// Every key say() can produce for a language, so that the prompt maker and validate() know the word list.
[[nodiscard]] std::vector<std::string> say_vocabulary(const Language& language);

}  // namespace hotline::call
