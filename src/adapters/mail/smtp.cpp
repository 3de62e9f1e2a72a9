// SPDX-License-Identifier: Apache-2.0
#include "adapters/mail/smtp.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace hotline::mail {
namespace {

struct Text {
  std::string_view rest;
};
std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
  auto& text = *static_cast<Text*>(from);
  const std::size_t bytes = std::min(size * count, text.rest.size());
  std::memcpy(into, text.rest.data(), bytes);
  text.rest.remove_prefix(bytes);
  return bytes;
}

/// What another attempt could mend: the network, and what the server calls passing (4xx).
bool is_passing(CURLcode done, long answer) {
  if (answer >= 400) return answer < 500;
  switch (done) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<void, SmtpError> send(const SmtpConfig& config, const Message& message, TimePoint now) {
  if (const auto problem = problem_of(message)) return fail(SmtpError{false, *problem});
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return fail(SmtpError{true, "libcurl has no memory"});
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  std::array<char, CURL_ERROR_SIZE> why{};
  const std::string mail = written(message, now);
  Text text{mail};
  curl_slist* list = nullptr;
  for (const std::string& to : message.to) list = curl_slist_append(list, ("<" + to + ">").c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(list, curl_slist_free_all);
  const std::string from = "<" + message.from + ">";
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_URL, config.url.c_str());
  set(CURLOPT_USE_SSL, static_cast<long>(config.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!config.ca_file.empty()) set(CURLOPT_CAINFO, config.ca_file.c_str());
  if (!config.username.empty()) {
    set(CURLOPT_USERNAME, config.username.c_str());
    set(CURLOPT_PASSWORD, config.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, give);
  set(CURLOPT_READDATA, &text);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(config.timeout.count()));
  set(CURLOPT_ERRORBUFFER, why.data());
  const CURLcode done = curl_easy_perform(curl.get());
  if (done == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
  std::string what = why[0] != '\0' ? why.data() : curl_easy_strerror(done);
  if (answer >= 400) what += fmt::format(" (the server answered {})", answer);
  return fail(SmtpError{is_passing(done, answer), std::move(what)});
}

}  // namespace hotline::mail
