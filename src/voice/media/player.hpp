// SPDX-License-Identifier: Apache-2.0
// One running play: a list of audio and silences, taken 20 ms at a time. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "voice/media/g711.hpp"
#include "voice/prompts/audio.hpp"

namespace hotline::voice::media {

struct PlayPiece {
  prompts::AudioPtr audio;  ///< null: silence
  std::size_t silence_samples = 0;
  [[nodiscard]] std::size_t samples() const { return audio ? audio->samples() : silence_samples; }
};

class Player {
 public:
  Player(PlayId id, std::vector<PlayPiece> pieces, bool loop, bool stop_on_digit)
      : id_(id), pieces_(std::move(pieces)), stop_on_digit_(stop_on_digit) {
    std::size_t total = 0;
    for (const auto& piece : pieces_) total += piece.samples();
    loop_ = loop && total > 0;
  }

  [[nodiscard]] PlayId id() const { return id_; }
  [[nodiscard]] bool stop_on_digit() const { return stop_on_digit_; }
  [[nodiscard]] bool finished() const { return !loop_ && piece_ >= pieces_.size(); }

  /// Fills one frame; what is left of the last one is silence. false: there was nothing any more, `out` is untouched.
  bool fill(bool ulaw, std::span<std::uint8_t> out) {
    std::size_t filled = 0;
    while (filled < out.size()) {
      skip_finished_pieces();
      if (piece_ >= pieces_.size()) break;
      const auto& piece = pieces_[piece_];
      const auto count = std::min(out.size() - filled, piece.samples() - at_);
      if (piece.audio)
        std::copy_n((ulaw ? piece.audio->ulaw : piece.audio->alaw).begin() + static_cast<std::ptrdiff_t>(at_), count,
                    out.begin() + static_cast<std::ptrdiff_t>(filled));
      else
        fill_silence(ulaw, out.subspan(filled, count));
      filled += count;
      at_ += count;
    }
    if (filled == 0) return false;
    fill_silence(ulaw, out.subspan(filled));
    skip_finished_pieces();
    return true;
  }

  /// What fill() is about to read, into the processor's cache: the list first, then the sound it leads to.
  void fetch_list() const { __builtin_prefetch(pieces_.data() + piece_); }
  void fetch_sound(bool ulaw, std::size_t samples) const {
    if (piece_ >= pieces_.size() || !pieces_[piece_].audio) return;
    const auto& law = ulaw ? pieces_[piece_].audio->ulaw : pieces_[piece_].audio->alaw;
    for (std::size_t i = at_; i < std::min(at_ + samples, law.size()); i += 64) __builtin_prefetch(law.data() + i);
  }

  static void fill_silence(bool ulaw, std::span<std::uint8_t> out) {
    std::fill(out.begin(), out.end(), ulaw ? g711::ulaw_silence : g711::alaw_silence);
  }

 private:
  void skip_finished_pieces() {
    while (piece_ < pieces_.size() && at_ >= pieces_[piece_].samples()) {
      at_ = 0;
      if (++piece_ == pieces_.size() && loop_) piece_ = 0;
    }
  }

  PlayId id_;
  std::vector<PlayPiece> pieces_;
  bool loop_ = false;
  bool stop_on_digit_ = false;
  std::size_t piece_ = 0;
  std::size_t at_ = 0;  // samples of the current piece already taken
};

}  // namespace hotline::voice::media
