// SPDX-License-Identifier: Apache-2.0
#include "voice/signalling/sip_trace.hpp"

#include <algorithm>

#include "voice/signalling/text.hpp"

namespace hotline::voice::signalling {
namespace {

/// Calls `act(line, offset)` for each line without its end; stops when it returns false.
template <class Act>
void each_line(std::string_view text, Act&& act) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!act(line, at)) return;
    at = end + 1;
  }
}

std::string_view name_of(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  return name;
}

std::string call_id_of(std::string_view text) {
  std::string found;
  each_line(text, [&](std::string_view line, std::size_t) {
    if (line.empty()) return false;
    const std::string_view name = name_of(line);
    if (!same(name, "call-id") && !same(name, "i")) return true;
    std::string_view value = line.substr(line.find(':') + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    found = std::string(value.substr(0, 256));
    return false;
  });
  return found;
}

void overwrite(std::string& text, std::size_t from, std::size_t to) {
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(from), text.begin() + static_cast<std::ptrdiff_t>(to), '*');
}

bool is_secret_header(std::string_view name) {
  return same(name, "authorization") || same(name, "proxy-authorization") || same(name, "authentication-info") ||
         same(name, "proxy-authentication-info") || same(name, "identity");
}

}  // namespace

void mask_secrets(std::string& message) {
  bool body = false, continued = false;
  each_line(message, [&](std::string_view line, std::size_t at) {  // what is overwritten has no line end in it
    const std::size_t end = at + line.size();
    if (body) {
      if (line.starts_with("a=crypto:")) {
        if (const auto key = line.find("inline:"); key != std::string_view::npos) overwrite(message, at + key + 7, end);
      } else if (line.starts_with("k=") || line.starts_with("a=key-mgmt:")) {
        overwrite(message, at + line.find('=') + 1, end);
      } else if (same(line.substr(0, 6), "signal")) {
        if (const auto sign = line.find('='); sign != std::string_view::npos) overwrite(message, at + sign + 1, end);
      } else if (line.size() <= 2 && !line.empty()) {  // application/dtmf: the digit alone
        overwrite(message, at, end);
      }
      return true;
    }
    if (line.empty()) {
      body = true;
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (continued) overwrite(message, at + 1, end);
    } else {
      continued = is_secret_header(name_of(line));
      if (continued) overwrite(message, at + line.find(':') + 1, end);
    }
    return true;
  });
}

void SipTrace::passed(TracedMessage message) {
  if (!config_.enabled) return;
  const std::string call_id = call_id_of(message.text);
  if (call_id.empty()) return;
  auto found = calls_.find(call_id);
  if (found == calls_.end()) {
    if (!message.text.starts_with("INVITE ")) return;
    found = calls_.emplace(call_id, Call{}).first;
    strangers_.push_back(call_id);
    found->second.place = std::prev(strangers_.end());
  }
  Call& call = found->second;
  message.seq = ++seq_;
  if (call.messages.size() >= config_.messages_max || call.bytes + message.text.size() > config_.bytes_max) {
    ++call.left_out;  // how a call began says more than how often it was refreshed
    return;
  }
  mask_secrets(message.text);
  call.bytes += message.text.size();
  bytes_ += message.text.size();
  call.messages.push_back(std::move(message));
  shrink();
}

void SipTrace::pin(const std::string& call_id) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end() || found->second.pinned) return;
  found->second.pinned = true;
  ours_.splice(ours_.end(), strangers_, found->second.place);
}

void SipTrace::ended(LegId leg, const std::string& call_id, Duration now) {
  if (calls_.contains(call_id)) endings_.push_back({leg, call_id, now + config_.linger});
}

std::vector<SipTrace::Finished> SipTrace::due(Duration now) {
  std::vector<Finished> out;
  while (!endings_.empty() && endings_.front().at <= now) {
    const Ending ending = std::move(endings_.front());
    endings_.pop_front();
    const auto found = calls_.find(ending.call_id);
    if (found == calls_.end()) continue;
    Finished finished{ending.leg, {}, found->second.left_out};
    for (TracedMessage& message : found->second.messages) finished.messages.push_back(std::move(message));
    drop(ending.call_id);
    out.push_back(std::move(finished));
  }
  return out;
}

void SipTrace::drop(const std::string& call_id) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) return;
  bytes_ -= found->second.bytes;
  (found->second.pinned ? ours_ : strangers_).erase(found->second.place);
  calls_.erase(found);
}

void SipTrace::shrink() {
  while (bytes_ > config_.total_bytes_max || strangers_.size() > 1'000) {
    if (!strangers_.empty())
      drop(std::string(strangers_.front()));
    else if (!ours_.empty())
      drop(std::string(ours_.front()));
    else
      return;
  }
}

}  // namespace hotline::voice::signalling
