// SPDX-License-Identifier: Apache-2.0
#include "adapters/search/asked.hpp"

#include <algorithm>

namespace hotline::search {
namespace {

constexpr std::size_t kPrefixMost = 4, kDayDigits = 6, kNumberMost = 24, kPhoneLeast = 3, kPhoneMost = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// In capitals; empty: it is none.
std::string number_of(const std::string& typed) {
  const auto letters = std::find_if_not(typed.begin(), typed.end(), is_letter);
  const auto prefix = static_cast<std::size_t>(letters - typed.begin());
  if (prefix == 0 || prefix > kPrefixMost || typed.size() < prefix + kDayDigits || typed.size() > kNumberMost)
    return {};
  if (!std::all_of(letters, typed.end(), is_digit)) return {};
  std::string out = typed;
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string phone_of(const std::string& typed) {
  std::string out;
  for (const char c : typed) {
    if (is_digit(c))
      out.push_back(c);
    else if (c != ' ' && c != '-' && c != '+')
      return {};
  }
  return out.size() >= kPhoneLeast && out.size() <= kPhoneMost ? out : std::string{};
}

}  // namespace

Asked asked_for(std::string_view typed) {
  const std::string words = trimmed(typed.substr(0, kAskedMost * 4));
  Asked out;
  out.number_from = number_of(words);
  if (!out.number_from.empty()) {
    out.number_end = out.number_from + ':';  // what follows every number that begins so: ':' comes after '9'
    return out;
  }
  out.digits = phone_of(words);
  out.text = query_for(words);
  return out;
}

}  // namespace hotline::search
