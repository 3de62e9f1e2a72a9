// SPDX-License-Identifier: Apache-2.0
// Admission control: which call may still come in when trunks are few. Pure. On the core's live strand.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace hotline::acd {

/// One service line's part of the trunks.
struct TrunkShare {
  std::uint32_t reserved = 0;  ///< kept for it: other lines do not get these
  std::uint32_t most = 0;      ///< of its calls at once; 0: no limit
  std::uint32_t in_use = 0;
};

enum class Admission : std::uint8_t { admitted, line_full, trunks_full };

/// Whether one more call of `line` may come in. `trunks`: channels there are in all; 0: not known, so only `most`
/// counts.
[[nodiscard]] inline Admission admit(std::uint32_t trunks, const std::map<std::string, TrunkShare>& lines,
                                     const std::string& line) {
  const auto own = lines.find(line);
  const TrunkShare mine = own == lines.end() ? TrunkShare{} : own->second;
  if (mine.most > 0 && mine.in_use >= mine.most) return Admission::line_full;
  if (trunks == 0) return Admission::admitted;
  std::uint64_t in_use = 0, kept = 0;  // kept: promised to other lines, and not in use
  for (const auto& [code, share] : lines) {
    in_use += share.in_use;
    if (code != line && share.reserved > share.in_use) kept += share.reserved - share.in_use;
  }
  const std::uint64_t needed = mine.in_use < mine.reserved ? 1 : kept + 1;
  return in_use + needed <= trunks ? Admission::admitted : Admission::trunks_full;
}

}  // namespace hotline::acd
