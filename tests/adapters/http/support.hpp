// SPDX-License-Identifier: Apache-2.0
// A server on a free port, a folder that goes away, and an event to wait for.
#pragma once

#include <gmock/gmock.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/http/client.hpp"
#include "adapters/http/http.hpp"

namespace hotline::http::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hotline-http-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  std::filesystem::path path_;
};

/// Counts up; wait_for() waits until it has reached a number, ten seconds at most.
class Event {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(int count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return count_ >= count; });
  }
  [[nodiscard]] int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

/// Plain HTTP on a free loopback port.
inline ServerConfig plain_config() {
  ServerConfig config;
  config.bind_address = "127.0.0.1";
  config.https_port = std::nullopt;
  config.http_port = 0;
  config.plain_http = ServerConfig::PlainHttp::serve;
  return config;
}

inline std::unique_ptr<Server> start(ServerConfig config, Router router) {
  auto server = Server::start(std::move(config), std::move(router));
  if (!server) {
    ADD_FAILURE() << server.error().what << "; " << server.error().remedy;
    return nullptr;
  }
  return std::move(*server);
}

}  // namespace hotline::http::test
