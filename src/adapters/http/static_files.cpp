// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/static_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

#include "adapters/http/content.hpp"

namespace hotline::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t gzip_file_max = 16 * 1024 * 1024;
constexpr std::size_t gzip_cache_max = 64 * 1024 * 1024;
constexpr std::uint64_t gzip_worth = 1024;  ///< below this a packet more or less does not matter

struct OpenFile {
  UniqueFd fd;
  std::uint64_t size = 0;
  timespec modified{};
};

std::optional<OpenFile> open_regular(const fs::path& file) {
  // O_NONBLOCK: a pipe in the folder must not hold a worker.
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return OpenFile{std::move(fd), static_cast<std::uint64_t>(info.st_size), info.st_mtim};
}

std::string entity_tag(const OpenFile& file, std::string_view variant) {
  return fmt::format("\"{:x}-{:x}-{:x}{}\"", file.modified.tv_sec, file.modified.tv_nsec, file.size, variant);
}

/// If-None-Match wins over If-Modified-Since (RFC 9110 13.2.2).
bool not_modified(const Request& request, const std::string& etag, std::time_t modified) {
  if (const auto tags = request.headers.find("If-None-Match")) return matches_any_tag(*tags, etag);
  if (const auto since = request.headers.find("If-Modified-Since")) {
    const auto time = parse_http_date(*since);
    return time && modified <= *time;
  }
  return false;
}

/// A range counts only while the file is the one the client knows (RFC 9110 13.1.5: a weak tag never matches).
bool range_applies(const Request& request, const std::string& etag, std::time_t modified) {
  const auto condition = request.headers.find("If-Range");
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == etag;
  const auto time = parse_http_date(*condition);
  return time && *time == modified;
}

FileAnswer answer_open(const Request& request, OpenFile file, std::string_view content_type) {
  FileAnswer answer;
  answer.file = std::move(file.fd);
  answer.length = file.size;
  const auto etag = entity_tag(file, "");
  answer.headers.set("ETag", etag);
  answer.headers.set("Last-Modified", format_http_date(file.modified.tv_sec));
  answer.headers.set("Accept-Ranges", "bytes");
  if (not_modified(request, etag, file.modified.tv_sec)) {
    answer.status = 304;
    answer.length = 0;
    return answer;
  }
  answer.headers.set("Content-Type", std::string(content_type));
  const auto wanted = request.headers.find("Range");
  if (!wanted || request.method != "GET" || !range_applies(request, etag, file.modified.tv_sec)) return answer;
  const auto range = parse_range(*wanted, file.size);
  if (range.kind == ByteRange::Kind::part) {
    answer.status = 206;
    answer.offset = range.first;
    answer.length = range.last - range.first + 1;
    answer.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, file.size));
  } else if (range.kind == ByteRange::Kind::unsatisfiable) {
    answer.status = 416;
    answer.length = 0;
    answer.headers.set("Content-Range", fmt::format("bytes */{}", file.size));
  }
  return answer;
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos)
    return false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    // Names with a leading dot are nobody's business (.git, .env), ".." least of all.
    if (path.substr(begin, end - begin).starts_with('.')) return false;
    begin = end + 1;
  }
  return true;
}

bool is_inside(const fs::path& file, const fs::path& root) {
  return std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first == root.end();
}

std::optional<std::string> read_whole(int fd, std::uint64_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n <= 0) return std::nullopt;
    done += static_cast<std::size_t>(n);
  }
  return text;
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

std::string_view mime_type(const fs::path& file) {
  // IANA names; text types say their charset because our files are UTF-8.
  static const std::map<std::string, std::string_view, std::less<>> types = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".yaml", "application/yaml"},
      {".txt", "text/plain; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".xml", "application/xml"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".wav", "audio/wav"},
      {".ogg", "audio/ogg"},
      {".opus", "audio/ogg"},
      {".mp3", "audio/mpeg"},
      {".wasm", "application/wasm"},
      {".pdf", "application/pdf"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
  auto extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto found = types.find(extension);
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::optional<FileAnswer> answer_file(const Request& request, const fs::path& file, std::string_view content_type) {
  auto open = open_regular(file);
  if (!open) return std::nullopt;
  return answer_open(request, std::move(*open), content_type.empty() ? mime_type(file) : content_type);
}

FileAnswer answer_source(const Request& request, std::shared_ptr<BodySource> source, std::string_view content_type) {
  FileAnswer answer;
  const std::uint64_t size = source->size();
  answer.source = std::move(source);
  answer.length = size;
  answer.headers.set("Content-Type", std::string(content_type));
  answer.headers.set("Accept-Ranges", "bytes");
  const ByteRange range = parse_range(request.header("Range"), size);
  if (range.kind == ByteRange::Kind::unsatisfiable) {
    answer.status = 416;
    answer.length = 0;
    answer.headers.set("Content-Range", fmt::format("bytes */{}", size));
  } else if (range.kind == ByteRange::Kind::part) {
    answer.status = 206;
    answer.offset = range.first;
    answer.length = range.last - range.first + 1;
    answer.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
  }
  return answer;
}

/// Compressed texts by entity tag and path. When the memory is used up the cache starts anew: a web application's files
/// fit many times over, so this happens only after many upgrades in one run.
struct StaticFiles::GzipCache {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const std::string>> entries;
  std::size_t bytes = 0;

  std::shared_ptr<const std::string> find(const std::string& key) {
    const std::lock_guard lock(mutex);
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : found->second;
  }
  void put(const std::string& key, std::shared_ptr<const std::string> text) {
    const std::lock_guard lock(mutex);
    if (bytes + text->size() > gzip_cache_max) {
      entries.clear();
      bytes = 0;
    }
    bytes += text->size();
    entries.insert_or_assign(key, std::move(text));
  }
};

StaticFiles::StaticFiles(StaticFolder folder) : folder_(std::move(folder)), cache_(std::make_unique<GzipCache>()) {
  std::error_code error;
  if (auto real = fs::canonical(folder_.root, error); !error) folder_.root = std::move(real);
  std::stable_sort(folder_.pages.begin(), folder_.pages.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

StaticFiles::~StaticFiles() = default;

std::optional<fs::path> StaticFiles::locate(std::string_view path) const {
  if (!is_safe_path(path)) return std::nullopt;
  const auto inside = [&](std::string_view relative) -> std::optional<fs::path> {
    std::error_code error;
    auto file = fs::canonical(folder_.root / relative, error);
    if (error || !fs::is_regular_file(file, error) || !is_inside(file, folder_.root)) return std::nullopt;
    return file;
  };
  if (auto file = inside(path.substr(1))) return file;
  const auto below = [&](const std::string& prefix) { return path.starts_with(prefix); };
  if (std::any_of(folder_.never_pages.begin(), folder_.never_pages.end(), below)) return std::nullopt;
  if (path.starts_with(folder_.immutable_prefix) || path.substr(path.rfind('/')).find('.') != std::string_view::npos)
    return std::nullopt;
  for (const auto& [prefix, page] : folder_.pages)
    if (below(prefix)) return inside(page);
  return std::nullopt;
}

std::optional<FileAnswer> StaticFiles::answer(const Request& request) const {
  const auto path = locate(request.path);
  if (!path) return std::nullopt;
  auto file = open_regular(*path);
  if (!file) return std::nullopt;
  const auto type = mime_type(*path);
  const auto etag = entity_tag(*file, "-gz");
  const auto size = file->size;
  const auto modified = file->modified.tv_sec;
  auto answer = answer_open(request, std::move(*file), type);
  const bool is_immutable = request.path.starts_with(folder_.immutable_prefix);
  answer.headers.set("Cache-Control", is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!is_compressible(type)) return answer;
  answer.headers.set("Vary", "Accept-Encoding");
  if (!accepts_gzip(request.header("Accept-Encoding")) || request.headers.find("Range") || size < gzip_worth ||
      size > gzip_file_max)
    return answer;

  const auto key = path->string() + etag;
  auto bytes = cache_->find(key);
  if (!bytes) {
    std::optional<std::string> packed;
    if (const auto ready = open_regular(path->string() + ".gz"))
      packed = read_whole(ready->fd.get(), std::min<std::uint64_t>(ready->size, gzip_file_max));
    if (!packed)
      if (const auto text = read_whole(answer.file.get(), size)) packed = gzip(*text);
    if (!packed) return answer;
    bytes = std::make_shared<const std::string>(std::move(*packed));
    cache_->put(key, bytes);
  }
  answer.file = {};
  answer.headers.set("ETag", etag);
  if (not_modified(request, etag, modified)) {
    answer.status = 304;
    answer.length = 0;
    return answer;
  }
  answer.status = 200;
  answer.headers.set("Content-Type", std::string(type));
  answer.headers.set("Content-Encoding", "gzip");
  answer.length = bytes->size();
  answer.bytes = std::move(bytes);
  return answer;
}

}  // namespace hotline::http
