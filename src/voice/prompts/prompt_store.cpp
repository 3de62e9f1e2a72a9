// SPDX-License-Identifier: Apache-2.0
// Prompts by key, loaded and reloaded from files. Any thread.
#include "voice/prompts/prompt_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>

#include "voice/prompts/wav.hpp"

namespace hotline::voice::prompts {
namespace {

namespace fs = std::filesystem;

/// Keys come from flows and from the core: they must not lead out of the prompt directories.
bool key_is_sound(std::string_view key) {
  if (key.empty() || key.size() > 200 || key.front() == '/' || key.find("..") != std::string_view::npos) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/' || c == '.';
  });
}

Result<AudioPtr, Problem> load(const fs::path& path, std::size_t bytes_max) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  // The size of the file that is open: by now another may have taken its name.
  const std::streamoff size = stream.tellg();
  if (size > static_cast<std::streamoff>(bytes_max))
    return fail(
        Problem{fmt::format("prompt file {} has {} bytes, at most {} are allowed", path.string(), size, bytes_max),
                "shorten it, or split it into several prompts"});
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::max<std::streamoff>(size, 0)));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream)
    return fail(Problem{fmt::format("prompt file {} cannot be read", path.string()), "check its permissions"});
  auto samples = parse_prompt_wav(bytes);
  if (!samples)
    return fail(
        Problem{fmt::format("prompt file {}: {}", path.string(), samples.error().what), samples.error().remedy});
  return encode_audio(*samples);
}

}  // namespace

Result<AudioPtr, Problem> PromptStore::find(std::string_view key) {
  if (!key_is_sound(key))
    return fail(Problem{fmt::format("'{}' is no prompt key", key.substr(0, 200)),
                        "use letters, digits, '_', '-', '.' and '/', e.g. cmn/welcome"});
  const auto now = Clock::now();
  const std::string name(key);
  {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end() && found->second.audio && now - found->second.checked_at < config_.recheck_after)
      return found->second.audio;
  }
  const std::unique_lock lock(mutex_);
  auto& entry = entries_[name];
  look_again(key, entry);
  entry.checked_at = now;
  if (entry.audio) return entry.audio;
  auto problem = entry.problem;
  entries_.erase(name);  // a stranger's keys must not fill the memory
  return fail(std::move(problem));
}

void PromptStore::look_again(std::string_view key, Entry& entry) const {
  for (const auto& directory : config_.directories) {
    const fs::path path = directory / (std::string(key) + ".wav");
    std::error_code error;
    if (!fs::is_regular_file(path, error) || error) continue;
    const auto changed_at = fs::last_write_time(path, error);
    const auto bytes = error ? 0 : fs::file_size(path, error);
    if (error) continue;
    if (entry.audio && entry.path == path && entry.changed_at == changed_at && entry.bytes == bytes) return;
    auto audio = load(path, config_.file_bytes_max);
    if (!audio) {  // perhaps half written: keep what we have, and try the next directory only when we have nothing
      entry.problem = audio.error();
      if (entry.audio) return;
      continue;
    }
    entry = Entry{std::move(*audio), path, changed_at, bytes, entry.checked_at, {}};
    return;
  }
  if (entry.problem.what.empty() || entry.audio) {
    std::string places;
    for (const auto& directory : config_.directories) places += (places.empty() ? "" : " or ") + directory.string();
    entry.problem =
        Problem{fmt::format("there is no prompt '{}'", key), fmt::format("put {}.wav into {}", key, places)};
  }
  entry.audio.reset();
}

std::vector<Problem> PromptStore::load_all() {
  std::vector<Problem> problems;
  for (const auto& directory : config_.directories) {
    std::error_code error;
    fs::recursive_directory_iterator at(directory, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (at->path().extension() != ".wav") continue;
      const auto key = fs::relative(at->path(), directory).replace_extension().generic_string();
      if (auto audio = find(key); !audio) problems.push_back(audio.error());
    }
  }
  return problems;
}

std::size_t PromptStore::size() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

}  // namespace hotline::voice::prompts
