// SPDX-License-Identifier: Apache-2.0
// How a recording ended: what the recorder tells the core, so that it can close the recording's record.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::voice::media {

struct RecordingResult {
  RecordingId id;
  LegId leg;
  std::string path;  ///< relative to the recordings folder
  TimePoint started_at, ended_at;
  std::uint64_t frames = 0, bytes = 0;  ///< frames: stereo samples in the file; bytes: size of the whole file
  std::string problem;                  ///< empty when whole
};

}  // namespace hotline::voice::media
