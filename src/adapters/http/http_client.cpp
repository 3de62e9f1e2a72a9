// SPDX-License-Identifier: Apache-2.0
// See the header. libcurl does the work (ADR 31).
#include "adapters/http/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

namespace hotline::http {
namespace {

struct Taken {
  std::string body;
  std::size_t most = 0;
  bool too_long = false;
  Headers headers;
  std::size_t header_bytes = 0;
};

constexpr std::size_t kHeaderBytesMost = 32'768;

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* to) {
  auto& taken = *static_cast<Taken*>(to);
  const std::size_t bytes = size * count;
  if (taken.body.size() + bytes > taken.most) {
    taken.too_long = true;
    return 0;  // ends the transfer
  }
  taken.body.append(data, bytes);
  return bytes;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) {
  auto& taken = *static_cast<Taken*>(to);
  std::string_view line(data, size * count);
  taken.header_bytes += line.size();
  if (taken.header_bytes > kHeaderBytesMost) {
    taken.too_long = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;  // the status line, the empty one
  const auto trimmed = [](std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return std::string(text);
  };
  taken.headers.add(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return size * count;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

bool is_passing(CURLcode done) {
  switch (done) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
      return false;
    default:
      // A certificate that is refused today may be mended tomorrow, as the network may be.
      return true;
  }
}

}  // namespace

std::optional<std::string> https_host(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme) || url.size() > 2'000) return std::nullopt;
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7F; })) return std::nullopt;
  url.remove_prefix(scheme.size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  if (url.find('#') != std::string_view::npos || authority.find_first_of("@\\") != std::string_view::npos)
    return std::nullopt;
  std::string host(authority.substr(0, authority.starts_with('[') ? authority.find(']') : authority.find(':')));
  if (authority.starts_with('[')) host += ']';
  if (host.empty()) return std::nullopt;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

Result<ClientAnswer, ClientError> ask(const ClientRequest& request) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(ready == CURLE_OK ? curl_easy_init() : nullptr,
                                                                 curl_easy_cleanup);
  if (!curl) return fail(ClientError{true, "libcurl cannot be used"});
  const auto set = [&](CURLoption option, auto value) { return curl_easy_setopt(curl.get(), option, value); };
  Taken taken;
  taken.most = request.answer_max;
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no round trip before the body
  for (const auto& [name, value] : request.headers) list = curl_slist_append(list, (name + ": " + value).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, curl_slist_free_all);
  set(CURLOPT_PROTOCOLS_STR, request.plain_allowed ? "https,http" : "https");
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET" && request.method != "DELETE") {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_PROXY, "");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count() / 3));
  if (request.stop != nullptr) {
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, is_stopped);
    set(CURLOPT_XFERINFODATA, static_cast<const void*>(request.stop));
  }
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, &taken);
  set(CURLOPT_HEADERFUNCTION, take_header);
  set(CURLOPT_HEADERDATA, &taken);
  set(CURLOPT_USERAGENT, "hotline");
  const CURLcode done = curl_easy_perform(curl.get());
  if (taken.too_long) return fail(ClientError{false, "the answer is longer than expected"});
  if (done != CURLE_OK) return fail(ClientError{is_passing(done), curl_easy_strerror(done)});
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return ClientAnswer{static_cast<int>(status), std::move(taken.headers), std::move(taken.body)};
}

}  // namespace hotline::http
