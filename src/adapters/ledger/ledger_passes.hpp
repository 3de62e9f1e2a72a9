// SPDX-License-Identifier: Apache-2.0
// What the core does about recordings that are not as they should be (docs/adr/0013): reads a few of them and says to
// their nodes what is to be done; lets those go whose time is over. It goes by the store alone, so that a core may die
// between any two lines of it; what it keeps in memory only spares nodes the same command twice within seconds.
//
// One thread at a time. Reads the store and waits for its commits: not for the live strand.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/ledger/retention.hpp"
#include "app/ports/store.hpp"
#include "app/ports/voice.hpp"

namespace hotline::ledger {

struct Config {
  bool archive = true;  ///< false: WAV files stay WAV files; retention goes on
  app::Retention retention;
  std::vector<std::string> nodes;
  std::chrono::minutes utc_offset{480};  ///< the days of the recording ledger
  Duration pass_every{2'000};
  Duration expire_every{60'000};        ///< and at each pass while a disk has little room
  Duration reconcile_every{600'000};    ///< how often it is seen whether yesterday has been reconciled
  Duration reconcile_after{1'800'000};  ///< after its end: calls that began before midnight are over
  Duration repeat_after{15'000};        ///< the same command is not said again before this
  std::uint32_t commands_max = 32;      ///< a node, kind and pass
  std::uint32_t ages_max = 500;         ///< recordings whose age is looked at in a pass
};

class LedgerPasses {
 public:
  /// `room_is_low`: whether any node's disk is below its warning.
  LedgerPasses(Config config, app::Store& store, app::VoicePort& voice, std::function<bool()> room_is_low)
      : config_(std::move(config)), store_(store), voice_(voice), room_is_low_(std::move(room_is_low)) {}

  /// Throws StoreError.
  void pass(TimePoint now);
  [[nodiscard]] const Config& config() const { return config_; }

 private:
  void command(const std::string& node, RecordingId id, app::FileCommand command, const std::string& path,
               TimePoint now);
  void work(const std::string& node, app::RecordingWork::Kind kind, TimePoint now);
  void expire(TimePoint now);
  /// Yesterday, once.
  void reconcile(TimePoint now);

  const Config config_;
  app::Store& store_;
  app::VoicePort& voice_;
  const std::function<bool()> room_is_low_;
  std::map<std::pair<RecordingId, std::string>, TimePoint> said_;  // bounded by what is younger than repeat_after
  TimePoint expire_at_{}, reconcile_at_{};
  TimePoint walked_to_{};  // how far the ages have been looked at
  RecordingId walked_to_id_;
};

}  // namespace hotline::ledger
