// SPDX-License-Identifier: Apache-2.0
// Files for browsers: a folder of a built web application, and single files such as recordings. Called on worker
// threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http/message.hpp"

namespace hotline::http {

struct StaticFolder {
  std::filesystem::path root;
  /// Paths below `first` that name no file (and have no extension) get the page `second`, for client-side routes; the
  /// longest prefix wins.
  std::vector<std::pair<std::string, std::string>> pages = {{"/", "index.html"}};
  /// Below these a missing file is a JSON 404, never a page.
  std::vector<std::string> never_pages = {"/api/", "/tmf-api/", "/ws"};
  /// Names below this carry a hash of their content (Vite), so browsers may keep them for ever.
  std::string immutable_prefix = "/assets/";
};

/// "text/html; charset=utf-8" for index.html; application/octet-stream when the extension is unknown.
[[nodiscard]] std::string_view mime_type(const std::filesystem::path& file);

/// An open file that closes itself.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// What to send for a request on a file: a status, header fields, and bytes [offset, offset+length) of the open file
/// or, for a file sent compressed, the bytes in memory.
struct FileAnswer {
  int status = 200;
  Headers headers;
  std::shared_ptr<const std::string> bytes;  ///< set: send these instead of the file
  UniqueFd file;
  std::shared_ptr<BodySource> source;  ///< set: the bytes come from here
  std::uint64_t offset = 0, length = 0;
};

/// Applies conditions and Range (RFC 9110 13, 14; one range only, several are answered with the whole file) to an
/// existing file. nullopt: it does not exist or is no regular file.
[[nodiscard]] std::optional<FileAnswer> answer_file(const Request& request, const std::filesystem::path& file,
                                                    std::string_view content_type);

/// The same for a source, which has no conditions: only Range.
[[nodiscard]] FileAnswer answer_source(const Request& request, std::shared_ptr<BodySource> source,
                                       std::string_view content_type);

class StaticFiles {
 public:
  explicit StaticFiles(StaticFolder folder);
  ~StaticFiles();
  /// nullopt: there is no such file (404). Text is sent gzip-compressed to those who accept it: NAME.gz beside the file
  /// if there, else compressed once and kept in memory (64 MiB in all). Links that lead out of the root are not
  /// followed.
  [[nodiscard]] std::optional<FileAnswer> answer(const Request& request) const;

 private:
  struct GzipCache;
  std::optional<std::filesystem::path> locate(std::string_view path) const;
  StaticFolder folder_;
  std::unique_ptr<GzipCache> cache_;
};

}  // namespace hotline::http
