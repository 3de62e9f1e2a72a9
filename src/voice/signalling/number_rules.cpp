// SPDX-License-Identifier: Apache-2.0
// See the header. POSIX expressions without back references: matching takes a time bounded by the lengths, which are.
#include "voice/signalling/number_rules.hpp"

#include <fmt/format.h>

#include <array>

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kNumberMax = 64, kPatternMax = 128, kGroups = 10;

Result<std::shared_ptr<const regex_t>, Problem> compile(const std::string& pattern) {
  const auto problem = [&](std::string_view why) {
    return fail(Problem{fmt::format("the pattern \"{}\" {}", pattern, why),
                        "write a POSIX extended regular expression, e.g. \"0(9[0-9]{8})\""});
  };
  if (pattern.size() > kPatternMax) return problem(fmt::format("has more than {} characters", kPatternMax));
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    if (pattern[i + 1] >= '1' && pattern[i + 1] <= '9') return problem("has a back reference");
    ++i;
  }
  auto* raw = new regex_t{};
  const auto whole = "^(" + pattern + ")$";
  if (const int error = regcomp(raw, whole.c_str(), REG_EXTENDED); error != 0) {
    std::array<char, 128> text{};
    regerror(error, raw, text.data(), text.size());
    delete raw;
    return problem(fmt::format("is not usable: {}", text.data()));
  }
  return std::shared_ptr<const regex_t>(raw, [](const regex_t* done) {
    regfree(const_cast<regex_t*>(done));
    delete done;
  });
}

std::string replace(const std::string& text, const std::string& number, const std::array<regmatch_t, kGroups>& groups) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() <= kNumberMax; ++i) {
    if (text[i] != '\\' || i + 1 >= text.size() || text[i + 1] < '0' || text[i + 1] > '8') {
      out += text[i];
      continue;
    }
    // The pattern stands in a group of its own: the configured \1 is the second. \0 is the whole number.
    const auto& group = groups[static_cast<std::size_t>(text[++i] - '0') + 1];
    if (group.rm_so >= 0)
      out += number.substr(static_cast<std::size_t>(group.rm_so), static_cast<std::size_t>(group.rm_eo - group.rm_so));
  }
  return out;
}

}  // namespace

Result<NumberRules, Problem> NumberRules::make(const std::vector<NumberRule>& rules, std::string_view direction,
                                               std::string_view number) {
  NumberRules out;
  for (const auto& rule : rules) {
    if (rule.direction != direction || rule.number != number) continue;
    Rule added{rule, nullptr};
    if (!rule.pattern.empty()) {
      if (!rule.prefix.empty())
        return fail(
            Problem{fmt::format("a rule has the prefix \"{}\" and a pattern", rule.prefix), "give one of them"});
      auto compiled = compile(rule.pattern);
      if (!compiled) return fail(compiled.error());
      added.pattern = std::move(*compiled);
    }
    out.rules_.push_back(std::move(added));
  }
  return out;
}

std::string NumberRules::apply(const std::string& number) const {
  if (number.empty() || number.size() > kNumberMax) return number;
  for (const auto& [rule, pattern] : rules_) {
    if (!pattern) {
      if (!number.starts_with(rule.prefix)) continue;
      return rule.add + (rule.strip < number.size() ? number.substr(rule.strip) : std::string{});
    }
    std::array<regmatch_t, kGroups> groups{};
    if (regexec(pattern.get(), number.c_str(), groups.size(), groups.data(), 0) != 0) continue;
    if (!rule.add.empty()) return replace(rule.add, number, groups);
    return rule.strip < number.size() ? number.substr(rule.strip) : std::string{};
  }
  return number;
}

}  // namespace hotline::voice::signalling
