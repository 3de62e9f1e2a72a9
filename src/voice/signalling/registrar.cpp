// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace hotline::voice::signalling {
namespace {

constexpr unsigned kPingsMissedMax = 2;

bool same_binding(const Binding& binding, const ContactWish& wish) {
  if (!wish.instance.empty() || !binding.instance.empty()) return binding.instance == wish.instance;
  return binding.contact == wish.uri;
}

constexpr std::string_view kRoute = "?Route=";

bool stands_for_itself(unsigned char c) {
  return std::isalnum(c) || std::string_view("-_.!~*'()").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

std::string uri_by_way_of(std::string_view uri, std::string_view route) {
  std::string out{uri.substr(0, uri.find('?'))};
  out += kRoute;
  for (const char c : fmt::format("<{}>", route)) {
    const auto byte = static_cast<unsigned char>(c);
    if (stands_for_itself(byte))
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

RoutedUri split_route(const std::string& text) {
  const auto at = text.find(kRoute);
  if (at == std::string::npos) return {text};
  std::string route;
  const std::string_view escaped = std::string_view(text).substr(at + kRoute.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    unsigned value = 0;
    const auto* digits = escaped.data() + i + 1;
    const bool coded =
        escaped[i] == '%' && i + 2 < escaped.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    route += coded ? static_cast<char>(value) : escaped[i];
    if (coded) i += 2;
  }
  if (route.size() < 3 || route.front() != '<' || route.back() != '>') return {text.substr(0, at)};
  return {text.substr(0, at), route.substr(1, route.size() - 2)};
}

std::string reachable_uri(std::string_view contact, const Flow& flow) {
  // scheme:user@host:port;parameters?headers; of the schemes sip and sips (whose flow is TLS) alone
  contact.remove_prefix(contact.find(':') + 1);
  const auto at = contact.find('@');
  const auto user = at == std::string_view::npos ? std::string_view{} : contact.substr(0, at + 1);
  auto rest = contact.substr(at == std::string_view::npos ? 0 : at + 1);
  const auto semicolon = rest.find(';');
  auto parameters = semicolon == std::string_view::npos ? std::string_view{} : rest.substr(semicolon);
  parameters = parameters.substr(0, parameters.find('?'));
  std::string kept;
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';', 1), parameters.size());
    const auto one = parameters.substr(0, end);
    if (!one.starts_with(";transport=") && !one.starts_with(";maddr=")) kept += one;
    parameters.remove_prefix(end);
  }
  if (flow.transport != "udp") kept += ";transport=" + flow.transport;
  return fmt::format("sip:{}{}{}", user, flow.source, kept);
}

void Registrar::set_accounts(std::vector<PhoneAccount> accounts) {
  std::map<std::string, Account, std::less<>> next;
  std::set<std::string> touched;
  for (auto& given : accounts) {
    Account account{{given.user, given.ha1_md5, given.ha1_sha256}, {}};
    if (const auto old = accounts_.find(given.user); old != accounts_.end()) {
      // A new password is a new start: whoever had the old one has to prove themselves.
      const bool same = old->second.secret.md5 == given.ha1_md5 && old->second.secret.sha256 == given.ha1_sha256;
      if (same) account.bindings = std::move(old->second.bindings);
    }
    next.insert_or_assign(given.user, std::move(account));
  }
  for (const auto& [user, account] : accounts_) {
    if (!account.bindings.empty() && (!next.contains(user) || next.find(user)->second.bindings.empty()))
      touched.insert(user);
  }
  // Bindings that were moved on left an empty list behind: those users did not change.
  accounts_ = std::move(next);
  if (!told_) return;
  for (const auto& user : touched) told_(user);
}

const DigestSecret* Registrar::secret(const std::string& user) const {
  const auto found = accounts_.find(user);
  return found == accounts_.end() ? nullptr : &found->second.secret;
}

Registrar::Outcome Registrar::update(const std::string& user, const RegisterWish& wish, Duration now) {
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return Outcome::bad;
  auto next = found->second.bindings;
  const auto behind = [&](const Binding& binding) {
    return binding.call_id == wish.call_id && binding.cseq >= wish.cseq;  // RFC 3261 section 10.3, step 7
  };
  if (wish.all) {
    if (!wish.contacts.empty() || wish.expires != Duration{0}) return Outcome::bad;
    if (std::ranges::any_of(next, behind)) return Outcome::out_of_order;
    next.clear();
  }
  for (const auto& contact : wish.contacts) {
    const auto asked = contact.expires.value_or(wish.expires.value_or(config_.expires_max));
    if (asked > Duration{0} && asked < config_.expires_min) return Outcome::too_brief;
    if (!contact.uri.starts_with("sip:")) return Outcome::bad;
    const auto at = std::ranges::find_if(next, [&](const Binding& b) { return same_binding(b, contact); });
    if (at != next.end() && behind(*at)) return Outcome::out_of_order;
    if (at != next.end()) next.erase(at);
    if (asked == Duration{0}) continue;
    Binding binding{
        .contact = contact.uri,
        .instance = contact.instance,
        .uri = wish.path.empty() ? reachable_uri(contact.uri, wish.flow) : uri_by_way_of(contact.uri, wish.path),
        .flow = wish.path.empty() ? wish.flow : Flow{},
        .agent = wish.agent,
        .call_id = wish.call_id,
        .cseq = wish.cseq,
        .expires_at = now + std::min(asked, config_.expires_max),
        .order = ++order_,
        .md5 = wish.md5};
    binding.ping_at = now + config_.ping;
    next.push_back(std::move(binding));
  }
  if (next.size() > config_.bindings_max) return Outcome::too_many;
  found->second.bindings = std::move(next);
  if (told_) told_(user);
  return Outcome::done;
}

std::vector<Binding> Registrar::bindings(const std::string& user) const {
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return {};
  auto out = found->second.bindings;
  std::ranges::sort(out, std::ranges::greater{}, &Binding::order);
  return out;
}

PhoneState Registrar::state(const std::string& user) const {
  const auto list = bindings(user);
  if (list.empty()) return {.user = user, .registered = false, .contact = {}, .agent = {}};
  return {.user = user, .registered = true, .contact = list.front().uri, .agent = list.front().agent};
}

std::vector<PhoneState> Registrar::phones() const {
  std::vector<PhoneState> out;
  for (const auto& [user, account] : accounts_) {
    if (!account.bindings.empty()) out.push_back(state(user));
  }
  return out;
}

std::string Registrar::user_at(const Flow& flow) const {
  for (const auto& [user, account] : accounts_) {
    if (std::ranges::any_of(account.bindings, [&](const Binding& b) { return b.flow == flow; })) return user;
  }
  return {};
}

bool Registrar::knows_md5_alone(const Flow& flow) const {
  return std::ranges::any_of(accounts_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.bindings, [&](const Binding& b) { return b.flow == flow && b.md5; });
  });
}

template <class Gone>
void Registrar::remove(const Gone& gone) {
  std::vector<std::string> touched;
  for (auto& [user, account] : accounts_) {
    if (std::erase_if(account.bindings, gone) > 0) touched.push_back(user);
  }
  if (!told_) return;
  for (const auto& user : touched) told_(user);
}

void Registrar::expire(Duration now) {
  remove([&](const Binding& binding) { return binding.expires_at <= now; });
}

void Registrar::lose(const Flow& flow) {
  remove([&](const Binding& binding) { return binding.flow == flow; });
}

std::vector<std::pair<std::string, Binding>> Registrar::due_pings(Duration now) {
  std::vector<std::pair<std::string, Binding>> out;
  if (config_.ping == Duration{0}) return out;
  for (auto& [user, account] : accounts_) {
    for (auto& binding : account.bindings) {
      if (binding.ping_at > now) continue;
      binding.ping_at = now + config_.ping;
      out.emplace_back(user, binding);
    }
  }
  return out;
}

void Registrar::ping_result(const std::string& user, const std::string& uri, bool answered) {
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return;
  auto& list = found->second.bindings;
  const auto at = std::ranges::find(list, uri, &Binding::uri);
  if (at == list.end()) return;
  at->pings_missed = answered ? 0 : at->pings_missed + 1;
  if (at->pings_missed < kPingsMissedMax) return;
  list.erase(at);
  if (told_) told_(user);
}

}  // namespace hotline::voice::signalling
