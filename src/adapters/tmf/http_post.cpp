// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/http_post.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace hotline::tmf {
namespace {

constexpr std::size_t answer_most = 64 * 1024;

/// Read and thrown away; too much of it ends the exchange.
std::size_t take(char*, std::size_t size, std::size_t count, void* seen) {
  auto& bytes = *static_cast<std::size_t*>(seen);
  bytes += size * count;
  return bytes > answer_most ? 0 : size * count;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

}  // namespace

Result<int, std::string> http_post(const std::string& url, const std::string& body, const PostOptions& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(ready == CURLE_OK ? curl_easy_init() : nullptr,
                                                                 curl_easy_cleanup);
  if (!curl) return fail(std::string("libcurl cannot be used"));
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  std::array<char, CURL_ERROR_SIZE> why{};
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json;charset=utf-8");
  list = curl_slist_append(list, "Expect:");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, curl_slist_free_all);
  std::size_t seen = 0;
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROXY, "");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_USERAGENT, "hotline");
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDS, body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(CURLOPT_WRITEFUNCTION, take);
  set(CURLOPT_WRITEDATA, &seen);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count() / 3));
  set(CURLOPT_ERRORBUFFER, why.data());
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.stop != nullptr) {
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, is_stopped);
    set(CURLOPT_XFERINFODATA, static_cast<const void*>(options.stop));
  }
  const CURLcode done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return fail(std::string(why[0] != '\0' ? why.data() : curl_easy_strerror(done)));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

}  // namespace hotline::tmf
