// SPDX-License-Identifier: Apache-2.0
// One POST to a listener. Follows no redirection, goes through no proxy of the environment, reads little of the answer.
// Any thread; waits.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::tmf {

struct PostOptions {
  Duration timeout{10'000};                 ///< of the whole exchange; a third of it for the connection
  std::filesystem::path ca_file;            ///< PEM, for https; empty: the system's authorities
  const std::atomic<bool>* stop = nullptr;  ///< true: the exchange is given up at once
};
/// The status; the error is a sentence without anything secret.
[[nodiscard]] Result<int, std::string> http_post(const std::string& url, const std::string& body,
                                                 const PostOptions& options);

}  // namespace hotline::tmf
