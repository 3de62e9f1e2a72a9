// SPDX-License-Identifier: Apache-2.0
#include "voice/signalling/defence.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace hotline::voice::signalling {

bool Defence::Bucket::take(double per_second, Duration now) {
  const double passed = static_cast<double>(std::max<Duration::rep>((now - at).count(), 0)) / 1000;
  tokens = std::min(tokens + passed * per_second, 2 * per_second);
  at = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

Defence::Defence(DefenceConfig config) : config_(config) {
  all_.tokens = 2.0 * config_.answers_max;
}

Defence::Source& Defence::source(std::string_view address, Duration now) {
  auto key = network_of(address);
  if (const auto known = sources_.find(key); known != sources_.end()) {
    heard_.splice(heard_.end(), heard_, known->second.place);
    return known->second;
  }
  if (sources_.size() >= config_.sources_max) {
    sources_.erase(heard_.front());
    heard_.pop_front();
  }
  heard_.push_back(key);
  Source fresh;
  fresh.answers = {.tokens = 2.0 * config_.answers_per_source, .at = now};
  fresh.place = std::prev(heard_.end());
  return sources_.emplace(std::move(key), fresh).first->second;
}

void Defence::silence(Source& source, Duration now) {
  source.silent_until = now + config_.silence;
  source.failures = 0;
  ++stats_.silenced;
}

bool Defence::answer(std::string_view address, std::string_view user_agent, bool proven, Duration now) {
  Source& from = source(address, now);
  bool may = now >= from.silent_until;
  if (may && is_scanner(user_agent)) {
    silence(from, now);
    may = false;
  }
  may = may && from.answers.take(config_.answers_per_source, now) && (proven || all_.take(config_.answers_max, now));
  if (!may) ++stats_.dropped;
  return may;
}

bool Defence::failed(std::string_view address, Duration now) {
  ++stats_.failures;
  Source& from = source(address, now);
  if (from.failures == 0 || now - from.failures_since > config_.failure_window) {
    from.failures = 0;
    from.failures_since = now;
  }
  if (++from.failures < config_.failures_max) return false;
  silence(from, now);
  return true;
}

void Defence::succeeded(std::string_view address) {
  if (const auto known = sources_.find(network_of(address)); known != sources_.end()) known->second.failures = 0;
}

std::string network_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool is_mapped = std::equal(mapped.begin(), mapped.end(), bytes.begin());
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_mapped) return ::inet_ntop(AF_INET, bytes.data() + mapped.size(), out.data(), out.size());
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return ::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
}

bool is_scanner(std::string_view user_agent) {
  std::string name(user_agent.substr(0, 64));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 8> scanners{"friendly-scanner", "sipvicious", "sundayddr", "sip-scan",
                                                     "sipcli",           "pplsip",     "iwar",      "friendly-request"};
  return std::any_of(scanners.begin(), scanners.end(),
                     [&](std::string_view scanner) { return name.find(scanner) != std::string::npos; });
}

}  // namespace hotline::voice::signalling
