// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/outside/channels.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

#include "adapters/http/http_client.hpp"
#include "app/outside/notice_text.hpp"

namespace hotline::outside {
namespace {

std::optional<Duration> retry_after(const http::ClientAnswer& answer) {
  const std::string_view text = answer.headers.get("Retry-After");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > 86'400) return std::nullopt;
  return std::chrono::seconds{seconds};
}

/// Not inlined: gcc 12 takes the copy of a long literal for an overread.
[[gnu::noinline]] void add(http::ClientRequest& request, std::string_view name, std::string value) {
  request.headers.add(std::string(name), std::move(value));
}

/// 2xx arrived; what may pass is tried again: the server's own trouble, too many, a time-out.
app::Attempt judge(const Result<http::ClientAnswer, http::ClientError>& answer) {
  app::Attempt attempt;
  if (!answer) {
    attempt.again = answer.error().again;
    attempt.trouble = answer.error().what;
    return attempt;
  }
  attempt.delivered = answer->status >= 200 && answer->status < 300;
  if (attempt.delivered) return attempt;
  attempt.again = answer->status >= 500 || answer->status == 429 || answer->status == 408 || answer->status == 425;
  attempt.retry_after = retry_after(*answer);
  attempt.trouble = "the other side answered " + std::to_string(answer->status);
  return attempt;
}

std::string hex_hmac(const std::string& secret, const std::string& body) {
  unsigned char digest[32];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest, &size) == nullptr)
    return {};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4U];
    out += digits[digest[i] & 15U];
  }
  return out;
}

std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', std::string_view("https://").size()));
}

}  // namespace

app::Attempt send_mail(const MailConfig& config, const app::Outgoing& outgoing, TimePoint now) {
  mail::Message message;
  message.from = config.from;
  message.from_name = config.from_name;
  message.to = {outgoing.delivery.address};
  message.subject = outgoing.title;
  message.text = outgoing.text;
  const bool ours = outgoing.delivery.to.starts_with("agent:");
  if (ours && !config.page_url.empty()) message.text += "\n\n" + config.page_url + outgoing.path;
  message.text += "\n";
  message.id = "delivery-" + std::to_string(outgoing.delivery.id);
  const auto sent = mail::send(config.smtp, message, now);
  app::Attempt attempt;
  attempt.delivered = sent.has_value();
  if (!sent) {
    attempt.again = sent.error().again;
    attempt.trouble = sent.error().what;
  }
  return attempt;
}

bool is_push_service(const PushConfig& config, const std::string& endpoint) {
  const auto host = http::https_host(endpoint);
  if (!host) return false;
  return std::any_of(config.services.begin(), config.services.end(), [&](const std::string& one) {
    if (one.starts_with("*.")) return host->size() > one.size() - 1 && host->ends_with(one.substr(1));
    return *host == one;
  });
}

app::Attempt send_push(const PushConfig& config, const PushKey& key, const app::Outgoing& outgoing, TimePoint now) {
  const app::PushSubscription& to = *outgoing.subscription;
  app::Attempt attempt;
  if (!is_push_service(config, to.endpoint)) {
    attempt.gone = true;
    attempt.trouble = "the subscription is at no push service that is configured";
    return attempt;
  }
  const boost::json::object text{{"title", outgoing.title},
                                 {"text", app::shortened(outgoing.text, 1'000)},
                                 {"path", outgoing.path},
                                 {"kind", outgoing.delivery.kind}};
  auto sealed = seal_push(boost::json::serialize(text), to.p256dh, to.auth);
  if (!sealed) {
    attempt.gone = true;
    attempt.trouble = sealed.error();
    return attempt;
  }
  http::ClientRequest request;
  request.url = to.endpoint;
  request.body = *std::move(sealed);
  request.ca_file = config.ca_file;
  add(request, "Content-Type", "application/octet-stream");
  add(request, "Content-Encoding", "aes128gcm");
  add(request, "TTL", "43200");  // a browser that is off for longer sees it when it signs in (RFC 8030 5.2)
  add(request, "Urgency",
      outgoing.delivery.kind == "escalate" || outgoing.delivery.kind == "dispatch" ? "high" : "normal");
  add(request, "Authorization", vapid_authorization(key, origin_of(to.endpoint), config.subject, now));
  const auto answer = http::ask(request);
  attempt = judge(answer);
  // RFC 8030 section 7.3: the subscription has ended.
  attempt.gone = answer && (answer->status == 404 || answer->status == 410);
  return attempt;
}

app::Attempt send_to_partner(const app::Outgoing& outgoing) {
  http::ClientRequest request;
  request.url = outgoing.partner->push_url;
  request.ca_file = outgoing.partner->push_ca_file;
  request.body = outgoing.feedback;
  add(request, "Content-Type", "application/json");
  add(request, "X-Hotline-Delivery", std::to_string(outgoing.delivery.outbox));
  add(request, "X-Hotline-Signature", "sha256=" + hex_hmac(outgoing.partner->push_secret, request.body));
  app::Attempt attempt = judge(http::ask(request));
  // A partner's program that refuses today may be mended tomorrow, and its clock runs here: until the time is over.
  if (!attempt.delivered) attempt.again = true;
  return attempt;
}

}  // namespace hotline::outside
