// SPDX-License-Identifier: Apache-2.0
// The registrar on the wire, and who must prove themselves before they call. Signalling thread.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "voice/signalling/digest.hpp"
#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kContactsMax = 10, kUriMax = 256, kCredentialsMax = 4;
constexpr Duration kPingLimit{5'000};
constexpr Duration kFlowTimer{120'000};  // RFC 5626 section 4.4: the phone's own pings come at least so often

const char* name_of(sip_transp transport) {
  return transport == SIP_TRANSP_TLS ? "tls" : transport == SIP_TRANSP_TCP ? "tcp" : "udp";
}

std::optional<Duration> seconds_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return Duration{std::int64_t{value} * 1'000};
}

std::vector<DigestCredentials> credentials_of(const sip_msg& request, sip_hdrid header) {
  std::vector<DigestCredentials> out;
  const auto collect = [](const sip_hdr* value, const sip_msg*, void* arg) {
    auto& list = *static_cast<std::vector<DigestCredentials>*>(arg);
    if (auto read = read_credentials(view(value->val))) list.push_back(std::move(*read));
    return list.size() >= kCredentialsMax;
  };
  sip_msg_hdr_apply(&request, true, header, collect, &out);
  return out;
}

/// The Contacts of a REGISTER; nullopt: one cannot be used.
std::optional<RegisterWish> wish_of(const sip_msg& request) {
  struct Reading {
    RegisterWish wish{};
    bool good = true, secure = false;
  } reading;
  reading.secure = request.tp == SIP_TRANSP_TLS;
  const auto take = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& [wish, good, secure] = *static_cast<Reading*>(arg);
    if (view(header->val) == "*") {
      wish.all = true;
      return false;
    }
    sip_addr address{};
    pl value{};
    good = sip_addr_decode(&address, &header->val) == 0 &&
           (pl_strcasecmp(&address.uri.scheme, "sip") == 0 || (secure && is_sips(address.uri))) &&
           pl_isset(&address.uri.host) && address.auri.l <= kUriMax && wish.contacts.size() < kContactsMax &&
           view(address.auri).find_first_of("<>\" \r\n\t") == std::string_view::npos;
    if (!good) return true;
    ContactWish contact{.uri = std::string(view(address.auri)), .instance = {}, .expires = {}};
    if (msg_param_decode(&address.params, "expires", &value) == 0) {
      contact.expires = seconds_of(view(value));
      good = contact.expires.has_value();
    }
    pl instance{}, id{};
    if (msg_param_decode(&address.params, "+sip.instance", &instance) == 0 &&
        msg_param_decode(&address.params, "reg-id", &id) == 0 && instance.l <= 128 && id.l <= 8)
      contact.instance = fmt::format("{};{}", view(instance), view(id));
    wish.contacts.push_back(std::move(contact));
    return !good;
  };
  sip_msg_hdr_apply(&request, true, SIP_HDR_CONTACT, take, &reading);
  auto& wish = reading.wish;
  if (pl_isset(&request.expires)) {
    wish.expires = seconds_of(view(request.expires));
    if (!wish.expires) return std::nullopt;
  }
  if (!reading.good) return std::nullopt;
  wish.flow = flow_of(request);
  wish.agent = clean_text(header_of(request, SIP_HDR_USER_AGENT), 64);
  wish.call_id = clean_text(view(request.callid));
  wish.cseq = request.cseq.num;
  return std::move(wish);
}

/// The proxy a REGISTER came through (RFC 3327), ready for a Route of ours; "" when there is none, nullopt when it
/// cannot be used.
std::optional<std::string> path_of(const sip_msg& request) {
  const auto count = sip_msg_hdr_count(&request, SIP_HDR_PATH);
  if (count == 0) return std::string{};
  const auto* header = sip_msg_hdr(&request, SIP_HDR_PATH);
  sip_addr address{};
  if (count > 1 || sip_addr_decode(&address, &header->val) != 0 || address.auri.l > kUriMax) return std::nullopt;
  if (pl_strcasecmp(&address.uri.scheme, "sip") != 0 || !pl_isset(&address.uri.host)) return std::nullopt;
  std::string uri{view(address.auri)};
  if (uri.find_first_of("<>\" \r\n\t?") != std::string::npos) return std::nullopt;
  pl loose{};
  if (msg_param_exists(&address.uri.params, "lr", &loose) != 0) return std::nullopt;  // RFC 3327 section 5.2
  if (const auto at = uri.find(";lr"); at != std::string::npos)                       // our Route says it by itself
    uri.erase(at, std::min(uri.find(';', at + 1), uri.size()) - at);
  return uri;
}

}  // namespace

Flow flow_of(const sip_msg& message) {
  return {address_port_of(message.src), name_of(message.tp)};
}

void SipStack::Impl::challenge(const sip_msg& request, const std::string& realm, bool stale, bool md5_known) {
  const bool again = challenged_.again(address_port_of(request.src), view(request.callid));
  const bool sha256 = config_.registrar.sha256 && !md5_known && !again;
  refuse(request, {401, "Unauthorized", write_challenges(realm, nonces_.make(now()), stale, sha256)});
}

void SipStack::Impl::on_register(const sip_msg& request) {
  const auto user = user_of(request.to.uri);
  const auto* secret = registrar_.secret(user);
  const auto& realm = registrar_.config().realm;
  const auto credentials = credentials_of(request, SIP_HDR_AUTHORIZATION);
  const bool md5 =
      std::ranges::any_of(credentials, [](const auto& given) { return given.algorithm == DigestAlgorithm::md5; });
  if (!md5 && !credentials.empty()) challenged_.forget(address_port_of(request.src), view(request.callid));
  const auto state = check_credentials(credentials, realm, "REGISTER", secret, nonces_, now());
  if (state == AuthState::none || state == AuthState::stale)  // the same for a user there is and one there is not
    return challenge(request, realm, state == AuthState::stale, md5);
  if (state == AuthState::wrong) {
    wrong_credentials(request, "registration as " + clean_text(user, 32));
    return refuse(request, {403, reason_of(403)});
  }
  defence_.succeeded(address_of(request.src));
  auto wish = wish_of(request);
  if (!wish) return refuse(request, {400, "Bad Contact"});
  wish->md5 = md5;
  if (is_known(request)) {  // a proxy of ours may speak for phones; a phone itself may not send us elsewhere
    auto path = path_of(request);
    if (!path) return refuse(request, {400, "One Loose Path At Most"});
    wish->path = std::move(*path);
  }
  switch (registrar_.update(user, *wish, now())) {
    case Registrar::Outcome::done:
      break;
    case Registrar::Outcome::too_brief: {
      const auto least = registrar_.config().expires_min.count() / 1'000;
      return refuse(request, {423, "Interval Too Brief", fmt::format("Min-Expires: {}\r\n", least)});
    }
    case Registrar::Outcome::out_of_order:
      return refuse(request, {500, "Out Of Order"});
    case Registrar::Outcome::too_many:
      return refuse(request, {403, "Too Many Bindings"});
    case Registrar::Outcome::bad:
      return refuse(request, {400, "Bad Contact"});
  }
  std::string headers;
  bool outbound = false;
  for (const auto& binding : registrar_.bindings(user)) {
    headers += fmt::format("Contact: <{}>;expires={}\r\n", binding.contact,
                           std::max<std::int64_t>((binding.expires_at - now()).count() / 1'000, 0));
    outbound = outbound || !binding.instance.empty();
  }
  if (!wish->path.empty()) headers += fmt::format("Path: <{};lr>\r\nSupported: path\r\n", wish->path);
  if (outbound) headers += fmt::format("Require: outbound\r\nFlow-Timer: {}\r\n", kFlowTimer.count() / 1'000);
  sip_treplyf(nullptr, nullptr, sip_.get(), &request, true, 200, "OK", "%sContent-Length: 0\r\n\r\n", headers.c_str());
}

void SipStack::Impl::tell_phone(const std::string& user) {
  const auto state = registrar_.state(user);
  const auto known = told_.find(user);
  const bool was = known != told_.end();
  if (was == state.registered && (!was || known->second.contact == state.contact)) return;
  if (!state.registered || !was)
    spdlog::info("sip phone {} {} {}", user, state.registered ? "registered at" : "is gone", state.contact);
  if (state.registered) {
    told_[user] = state;
  } else {
    told_.erase(user);
  }
  observer_.on_phone(state);
}

bool SipStack::Impl::is_phone(const sip_msg& invite, const Trunk* trunk) const {
  if (!registrar_.has_accounts()) return false;
  if (!registrar_.user_at(flow_of(invite)).empty()) return true;
  return !trunk && !trunks_.is_agent(address_of(invite.src));
}

bool SipStack::Impl::may_call(const sip_msg& invite, bool phone, const Trunk* trunk) {
  const DigestSecret* secret = nullptr;
  std::string realm;
  if (phone) {
    secret = registrar_.secret(user_of(invite.from.uri));
    realm = registrar_.config().realm;
  } else if (trunk && trunk->inbound_secret()) {
    secret = trunk->inbound_secret();
    realm = kTrunkRealm;
  } else {
    return true;
  }
  const auto state =
      check_credentials(credentials_of(invite, SIP_HDR_AUTHORIZATION), realm, "INVITE", secret, nonces_, now());
  if (state == AuthState::good) return true;
  if (state == AuthState::wrong) {
    wrong_credentials(invite, "call");
    refuse_call(invite, {403, reason_of(403)});
    return false;
  }
  challenge(invite, realm, state == AuthState::stale, phone && registrar_.knows_md5_alone(flow_of(invite)));
  return false;
}

void SipStack::Impl::ping_phones(Duration at) {
  for (const auto& [user, binding] : registrar_.due_pings(at)) {
    auto& ping = pings_[user + " " + binding.uri];
    if (!ping) ping = std::make_unique<LoneRequest>(*this);
    if (ping->running()) continue;
    const auto way = split_route(binding.uri);
    const LoneMessage message{.method = "OPTIONS",
                              .uri = way.uri,
                              .route = way.route,
                              .from = fmt::format("sip:hotline@{}", bracketed(config_.advertised_address)),
                              .to = way.uri,
                              .call_id = random_hex(12)};
    ping->send(message, {}, kPingLimit, [this, user = user, uri = binding.uri](const sip_msg* response) {
      registrar_.ping_result(user, uri, response != nullptr);
      loop_.post([this, key = user + " " + uri] {  // not from inside its own answer
        if (const auto done = pings_.find(key); done != pings_.end() && !done->second->running()) pings_.erase(done);
      });
    });
  }
}

}  // namespace hotline::voice::signalling
