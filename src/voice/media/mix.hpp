// SPDX-License-Identifier: Apache-2.0
// Sound of several legs put together: conferences, and bridges between codecs that cannot be relayed (a pair). Every
// 20 ms each member's sound is taken, and each member gets the sum of the others. Shard thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "voice/media/codec.hpp"

namespace hotline::voice::media {

class Session;

/// A member of a conference: all others are heard by it but those in `not_heard`.
struct MixMember {
  LegId leg;
  std::vector<LegId> not_heard{};
  friend bool operator==(const MixMember&, const MixMember&) = default;
};
inline constexpr std::size_t mix_members_max = 32;

class Mix {
 public:
  Mix(MixId id, std::size_t slot) : id_(id), slot_(slot) {}
  ~Mix();
  Mix(const Mix&) = delete;
  Mix& operator=(const Mix&) = delete;

  [[nodiscard]] MixId id() const { return id_; }  ///< none: a pair
  [[nodiscard]] std::size_t slot() const { return slot_; }
  [[nodiscard]] bool empty() const { return members_.empty(); }
  void add(Session& session);
  void remove(Session& session);
  void set_not_heard(const Session& session, std::vector<LegId> legs);
  [[nodiscard]] std::vector<Session*> sessions() const;
  /// The next 20 ms.
  void run();

 private:
  struct Member {
    Session* session = nullptr;
    std::vector<LegId> not_heard;
    std::vector<std::size_t> not_heard_at;  // in members_
    std::vector<LegId> not_heard_before;    // in the last frame, when it was another
    bool changed = false;
    bool ran = false;    // has been given a frame
    bool fresh = false;  // nothing has been heard of it yet: it begins softly
    bool begins = false;
    bool heard = false;
    std::array<std::int16_t, frame_samples_max> sound{};
  };
  /// What dies away of one who has left in the middle of a word.
  struct Tail {
    std::array<std::int16_t, frame_samples_max> sound{};
    std::size_t count = 0;
    std::vector<LegId> heard_by;
  };
  void find_not_heard();
  void change_softly(Member& member, std::span<std::int32_t> rest) const;
  void leave_softly(const Member& member);
  [[nodiscard]] unsigned rate() const;

  const MixId id_;
  const std::size_t slot_;
  std::vector<Member> members_;
  std::vector<Tail> tails_;
  std::size_t last_count_ = 0;  // samples of the last frame
  float gain_ = 1;              // of the limiter
};

/// The mixes of one shard.
class MixTable {
 public:
  /// Makes the conference's members those named and present (`sessions` are on this shard). A new member leaves its
  /// bridge or mix, and its play ends.
  void set(MixId id, const std::vector<std::pair<Session*, std::vector<LegId>>>& members);
  void end(MixId id);
  /// A bridge whose codecs differ: to be called for both again when it is over (leave).
  void pair(Session& a, Session& b);
  /// Takes a session out of whatever mix it is in.
  void leave(Session& session);
  [[nodiscard]] bool empty() const { return mixes_.empty(); }
  [[nodiscard]] std::size_t size() const { return mixes_.size(); }
  void run(std::uint64_t tick);

 private:
  Mix& make(MixId id);
  void drop(const Mix& mix);
  std::vector<std::unique_ptr<Mix>> mixes_;
  std::size_t next_slot_ = 0;
};

}  // namespace hotline::voice::media
