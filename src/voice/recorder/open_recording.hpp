// SPDX-License-Identifier: Apache-2.0
// One recording being written: its tap, its file, and what could not be written. Recorder thread only.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "voice/media/recording_result.hpp"
#include "voice/recorder/journal.hpp"
#include "voice/recorder/tap.hpp"

namespace hotline::voice::recorder {

class OpenRecording {
 public:
  using Done = std::function<void(const media::RecordingResult&)>;
  OpenRecording(const std::filesystem::path& directory, Journal& journal, std::shared_ptr<Tap> tap, std::string path,
                Done done, std::uint64_t first_write)
      : directory_(directory),
        journal_(journal),
        tap_(std::move(tap)),
        path_(std::move(path)),
        done_(std::move(done)),
        first_write_(first_write) {}
  ~OpenRecording();
  OpenRecording(const OpenRecording&) = delete;
  OpenRecording& operator=(const OpenRecording&) = delete;

  enum class Outcome : std::uint8_t { idle, written, failed };

  /// Writes what the tap has ready, once that is at least `bytes_min` of file ending on a page's border; writes of
  /// whole pages cost least. 0: writes all there is. `scratch` is working memory. On failure the sound is dropped; a
  /// later flush fills its place with silence.
  Outcome flush(std::vector<std::uint8_t>& scratch, std::uint64_t bytes_min);
  /// The last flush, the header, the result in the journal; then tells `done`.
  Outcome close(std::vector<std::uint8_t>& scratch);

  [[nodiscard]] const Tap& tap() const { return *tap_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  bool open_file();
  bool write_frames(const std::uint8_t* frames, std::size_t count);
  bool fill_with_silence(std::uint64_t up_to, std::vector<std::uint8_t>& scratch);
  void failed(const char* doing);

  const std::filesystem::path& directory_;
  Journal& journal_;
  std::shared_ptr<Tap> tap_;
  const std::string path_;
  const Done done_;
  const std::uint64_t first_write_;  // bytes of the first write: recordings begun together do not write together
  int fd_ = -1;
  bool refused_ = false;       // the file cannot be made, and trying again is no use
  std::uint64_t written_ = 0;  // frames in the file
  std::uint64_t lost_ = 0;     // frames that were dropped because writing failed
  std::string last_error_;
};

}  // namespace hotline::voice::recorder
