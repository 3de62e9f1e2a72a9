// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/probes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "voice/signalling/body.hpp"
#include "voice/signalling/digest.hpp"
#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr Duration kRetryFirst{2'000}, kRetryMax{120'000};
constexpr unsigned kChallengesMax = 3;

std::string from_uri(const SessionHost& host, const std::string& user) {
  return fmt::format("sip:{}@{}", user, bracketed(host.config().advertised_address));
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

/// Seconds the carrier granted: the expires parameter of our Contact, else the Expires header.
std::optional<std::uint32_t> granted(const sip_msg& response) {
  std::optional<std::uint32_t> out;
  if (const auto* contact = sip_msg_hdr(&response, SIP_HDR_CONTACT)) {
    sip_addr address{};
    pl value{};
    if (sip_addr_decode(&address, &contact->val) == 0 && msg_param_decode(&address.params, "expires", &value) == 0)
      out = number_of(view(value));
  }
  if (!out && pl_isset(&response.expires)) out = number_of(view(response.expires));
  return out;
}

}  // namespace

std::string gateway_uri(const Gateway& gateway, const std::string& user) {
  return fmt::format("sip:{}{}{}{}{}", user.empty() ? "" : escape_user(user), user.empty() ? "" : "@",
                     bracketed(gateway.host), gateway.port != 0 ? fmt::format(":{}", gateway.port) : std::string{},
                     gateway.transport == "udp" ? std::string{} : ";transport=" + gateway.transport);
}

Authorize answer_with(const sip_msg& response, const std::string& user, const std::string& password) {
  const bool proxy = response.scode == 407;
  struct Search {
    std::optional<DigestChallenge> found{};
  } search;
  const auto look = [](const sip_hdr* header, const sip_msg*, void* arg) {
    auto& found = static_cast<Search*>(arg)->found;
    found = read_challenge(view(header->val));
    return found.has_value();
  };
  sip_msg_hdr_apply(&response, true, proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE, look, &search);
  if (!search.found) return {};
  return [challenge = *search.found, user, password, proxy](std::string_view method, std::string_view uri) {
    return fmt::format("{}: {}\r\n", proxy ? "Proxy-Authorization" : "Authorization",
                       write_credentials(challenge, user, password, method, uri, 1, random_hex(8)));
  };
}

GatewayProbes::GatewayProbes(SessionHost& host, Trunk& trunk) : host_(host), trunk_(trunk) {
  for (std::size_t i = 0; i < trunk.gateways().size(); ++i)
    probes_.push_back({std::make_unique<LoneRequest>(host), Duration{0}, random_hex(12)});
}

void GatewayProbes::tick(Duration now) {
  const auto interval = trunk_.config().ping;
  if (interval == Duration{0}) return;
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    auto& probe = probes_[i];
    if (probe.due > now || probe.request->running()) continue;
    probe.due = now + interval;
    const auto uri = gateway_uri(trunk_.gateways().at(i));
    const LoneMessage message{.method = "OPTIONS",
                              .uri = uri,
                              .from = from_uri(host_, "hotline"),
                              .to = uri,
                              .call_id = probe.call_id,
                              .cseq = ++probe.cseq,
                              .headers = "Accept: application/sdp\r\n"};
    const auto sent = std::chrono::steady_clock::now();
    probe.request->send(message, {}, trunk_.config().fail_over_after, [this, i, sent](const sip_msg* response) {
      const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - sent);
      const auto at = std::chrono::system_clock::now().time_since_epoch();
      trunk_.gateways().probed(i, {.at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(at).count(),
                                   .status = response ? unsigned{response->scode} : 0U,
                                   .took = took});
      told(i, response && response->scode != 503 && response->scode != 408);
    });
  }
}

void GatewayProbes::told(std::size_t index, bool answered) {
  auto& gateways = trunk_.gateways();
  const bool changed = answered ? gateways.heard(index) : gateways.failed(index);
  if (!changed) return;
  spdlog::log(answered ? spdlog::level::info : spdlog::level::warn, "sip trunk={} gateway {} is {}", trunk_.name(),
              gateway_uri(gateways.at(index)), answered ? "up again" : "down");
}

CarrierRegistration::CarrierRegistration(SessionHost& host, Trunk& trunk)
    : host_(host),
      trunk_(trunk),
      request_(host),
      call_id_(random_hex(12)),
      order_(trunk.gateways().order([](std::uint32_t bound) { return rand_u32() % bound; })),
      expires_(trunk.config().register_expires) {}

std::string CarrierRegistration::domain() const {
  if (!trunk_.config().domain.empty()) return trunk_.config().domain;
  return bracketed(trunk_.gateways().at(order_.front()).host);
}

void CarrierRegistration::tick(Duration now) {
  now_ = now;
  if (now >= due_ && !request_.running()) send({});
}

void CarrierRegistration::send(Authorize authorize) {
  const auto& gateway = trunk_.gateways().at(order_.front());
  const auto address = fmt::format("sip:{}@{}", escape_user(trunk_.config().user), domain());
  const bool named = !trunk_.config().domain.empty();
  const LoneMessage message{.method = "REGISTER",
                            .uri = named ? "sip:" + domain() : gateway_uri(gateway),
                            .route = named ? gateway_uri(gateway) : std::string{},
                            .from = address,
                            .to = address,
                            .call_id = call_id_,
                            .cseq = ++cseq_,
                            .headers = fmt::format("Expires: {}\r\n", expires_.count() / 1'000),
                            .contact = fmt::format(";expires={}", expires_.count() / 1'000),
                            .contact_user = trunk_.config().user};
  // A registrar may look into its database first: twice what a gateway has.
  request_.send(message, std::move(authorize), 2 * trunk_.config().fail_over_after,
                [this](const sip_msg* response) { on_response(response); });
}

void CarrierRegistration::on_response(const sip_msg* response) {
  if (!response) return retry("no answer", true);
  const auto status = response->scode;
  if (status == 401 || status == 407) {
    auto authorize = answer_with(*response, trunk_.config().user, trunk_.config().password);
    if (!authorize || ++challenges_ > kChallengesMax) return retry("the carrier refuses our credentials", false);
    return send(std::move(authorize));
  }
  if (status == 423) {  // RFC 3261 section 10.2.8
    const auto least = number_of(header_of(*response, SIP_HDR_MIN_EXPIRES));
    if (!least || Duration{std::int64_t{*least} * 1'000} <= expires_ || *least > 86'400)
      return retry("423 without a usable Min-Expires", false);
    expires_ = Duration{std::int64_t{*least} * 1'000};
    return send({});
  }
  if (status >= 300) {
    return retry(fmt::format("{} {}", status, clean_text(view(response->reason))), status == 408 || status >= 500);
  }
  const std::int64_t seconds =
      std::clamp<std::int64_t>(granted(*response).value_or(expires_.count() / 1'000), 1, 86'400);
  if (failures_ > 0 || trunk_.use().registration != "registered")
    spdlog::info("sip trunk={} registered with {} for {} s", trunk_.name(), domain(), seconds);
  failures_ = challenges_ = 0;
  trunk_.set_registration("registered");
  // Early enough for a few attempts more, and not all trunks at once.
  due_ = now_ + Duration{seconds * 1'000 * (60 + rand_u16() % 20) / 100};
}

void CarrierRegistration::retry(const std::string& why, bool next_gateway) {
  if (failures_++ == 0 || trunk_.use().registration == "registered")
    spdlog::warn("sip trunk={} is not registered with {}: {}", trunk_.name(), domain(), why);
  trunk_.set_registration("not registered: " + why);
  challenges_ = 0;
  if (next_gateway) std::rotate(order_.begin(), order_.begin() + 1, order_.end());
  const bool others = next_gateway && failures_ % order_.size() != 0;
  due_ = now_ + (others ? Duration{0} : std::min(kRetryMax, Duration{kRetryFirst.count() << std::min(failures_, 6U)}));
}

}  // namespace hotline::voice::signalling
