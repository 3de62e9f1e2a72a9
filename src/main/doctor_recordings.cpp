// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "main/doctor_recordings.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <unordered_set>

#include "vault/bytes.hpp"
#include "vault/key_ring.hpp"

namespace hotline::main {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t page = 1'000;
constexpr std::size_t rows_max = 1'000'000;
constexpr std::size_t files_max = 2'000'000;
constexpr std::chrono::seconds hashing_max{60};
constexpr std::chrono::minutes young{1};  // what a running node has just made may not be in the store yet
constexpr std::size_t examples_max = 3;

/// A count with the first few names.
struct Tally {
  std::size_t count = 0;
  std::string examples;
  void add(const std::string& name) {
    if (++count <= examples_max) examples += (examples.empty() ? "" : ", ") + name;
  }
  [[nodiscard]] std::string text() const { return examples + (count > examples_max ? ", ..." : ""); }
};

class RecordingsCheck {
 public:
  RecordingsCheck(const Config& config, std::string node, fs::path folder, app::Store& store, Findings& findings)
      : node_(std::move(node)), folder_(std::move(folder)), store_(store), findings_(findings) {
    if (auto keys = vault::KeyRing::load(config.voice.recording_keys))
      keys_ = std::move(*keys);
    else
      findings.bad(keys.error());
  }

  void run() {
    look_at_rows();
    look_at_hashes();
    look_at_files();
    report();
  }

 private:
  struct Archive {
    std::string path, sha256, key;
  };

  void look_at_rows() {
    RecordingId after;
    while (rows_ < rows_max) {
      const auto recordings = store_.recordings_of_node(node_, after, page);
      for (const app::Recording& recording : recordings) look_at(recording);
      rows_ += recordings.size();
      if (recordings.size() < page) return;
      after = recordings.back().id;
    }
  }

  void look_at(const app::Recording& recording) {
    const app::RecordingLedger& ledger = recording.ledger;
    if (recording.state == "running") {
      running_.insert(recording.id.value());
      return;
    }
    if (!ledger.archived_at) unfinished_.insert(recording.id.value());
    if (!recording.path.empty() && !ledger.wav_gone_at) {
      known_.insert(recording.path);
      if (!ledger.archived_at && !ledger.delete_asked_at && recording.frames > 0)
        look_at(recording.path, recording.bytes);
    }
    if (!ledger.path.empty() && !ledger.archive_gone_at) {
      known_.insert(ledger.path);
      if (!ledger.delete_asked_at && look_at(ledger.path, ledger.bytes))
        archives_.push_back({ledger.path, ledger.sha256, ledger.key});
    }
  }

  bool look_at(const std::string& path, std::int64_t bytes) {
    std::error_code ec;
    const auto size = fs::file_size(folder_ / path, ec);
    if (ec)
      missing_.add(path);
    else if (size != static_cast<std::uintmax_t>(bytes))
      wrong_size_.add(path);
    return !ec && size == static_cast<std::uintmax_t>(bytes);
  }

  /// Newest first.
  void look_at_hashes() {
    const auto until = std::chrono::steady_clock::now() + hashing_max;
    for (auto archive = archives_.rbegin(); archive != archives_.rend(); ++archive) {
      if (std::chrono::steady_clock::now() > until) return;
      const auto hash = vault::sha256_of_file(folder_ / archive->path);
      ++hashed_;
      if (!hash || *hash != archive->sha256) {
        wrong_hash_.add(archive->path);
      } else if (!archive->key.empty()) {
        if (auto source = vault::open_source(folder_ / archive->path, keys_); !source) closed_.add(archive->path);
      }
    }
  }

  void look_at_files() {
    std::error_code ec;
    fs::recursive_directory_iterator at(folder_, fs::directory_options::skip_permission_denied, ec);
    for (; !ec && at != fs::recursive_directory_iterator() && files_ < files_max; at.increment(ec)) {
      const auto name = at->path().filename().string();
      if (name == ".open") at.disable_recursion_pending();
      std::error_code stat_error;
      if (!at->is_regular_file(stat_error)) continue;
      ++files_;
      const auto path = fs::relative(at->path(), folder_, stat_error).generic_string();
      if (!known_.contains(path) && !is_at_work_on(name, *at)) unlinked_.add(path);
    }
  }

  /// A file that is being written: of a running recording, or the beginning of an archive.
  [[nodiscard]] bool is_at_work_on(const std::string& name, const fs::directory_entry& file) const {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc{} || *end != '.') return false;
    if (running_.contains(id) || unfinished_.contains(id)) return true;
    std::error_code ec;
    return fs::file_time_type::clock::now() - file.last_write_time(ec) < young;
  }

  void report() {
    const auto bad = [&](const Tally& tally, const char* what, const char* remedy) {
      if (tally.count > 0)
        findings_.bad({fmt::format("{} recordings {}: {}", tally.count, what, tally.text()), remedy});
    };
    bad(missing_, "are missing", "restore them from a backup of the recordings folder");
    bad(wrong_size_, "have another length than stored", "restore them from a backup of the recordings folder");
    bad(wrong_hash_, "are not what was archived, their SHA-256 differs",
        "find out who changed them; restore them from a backup of the recordings folder");
    bad(closed_, "do not open with the configured keys", "name their keys in [[recording_key]] tables after the first");
    if (unlinked_.count > 0)
      findings_.bad({fmt::format("{} files in the recordings folder belong to no recording: {}", unlinked_.count,
                                 unlinked_.text()),
                     "move them away after finding out whence they came"});
    findings_.good(fmt::format("voice node {}: {} recordings and {} files looked at, {} of {} archives hashed", node_,
                               rows_, files_, hashed_, archives_.size()));
  }

  const std::string node_;
  const fs::path folder_;
  app::Store& store_;
  Findings& findings_;
  vault::KeyRing keys_;
  std::size_t rows_ = 0, files_ = 0, hashed_ = 0;
  std::unordered_set<std::string> known_;  // paths of the ledger
  std::set<std::uint64_t> running_, unfinished_;
  std::vector<Archive> archives_;
  Tally missing_, wrong_size_, wrong_hash_, closed_, unlinked_;
};

}  // namespace

void check_recordings(const Config& config, app::Store& store, Findings& findings) {
  const auto check = [&](const std::string& node, const fs::path& folder) {
    std::error_code ec;
    if (fs::is_directory(folder, ec)) RecordingsCheck(config, node, folder, store, findings).run();  // else: none yet
  };
  const auto listed = [&](const auto& node) { return node.name == config.voice.name; };
  if (std::ranges::none_of(config.nodes, listed)) check(config.voice.name, config.voice.recordings_directory);
  for (const voice_adapter::NodeAddress& node : config.nodes) check(node.name, node.recordings);
  for (const app::RecordingBacklog& backlog : store.recording_backlog())
    findings.good(fmt::format("voice node {}: {} recordings to archive, {} files to clear, {} to delete", backlog.node,
                              backlog.to_archive, backlog.to_clear, backlog.to_delete));
}

}  // namespace hotline::main
