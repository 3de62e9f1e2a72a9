// SPDX-License-Identifier: Apache-2.0
// The keys recordings are encrypted with. New files use the first; the others only open what was written with them, so
// a key is changed by putting a new one in front (docs/adr/0013). Read once at start; immutable after that, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hotline::vault {

struct KeyFile {
  std::string id;              ///< 1 to 31 of a-z, 0-9, '-' and '_'; stands in each file and in the ledger
  std::filesystem::path file;  ///< 64 hexadecimal digits; not readable by others
};

struct Key {
  std::string id;
  std::array<std::uint8_t, 32> bytes{};
};

class KeyRing {
 public:
  KeyRing() = default;  ///< no keys: new files are not encrypted
  ~KeyRing();           ///< overwrites the keys
  KeyRing(const KeyRing&) = default;
  KeyRing& operator=(const KeyRing&) = default;

  /// The Problem names the file and what is wrong with it, never what is in it.
  [[nodiscard]] static Result<KeyRing, Problem> load(const std::vector<KeyFile>& files);

  [[nodiscard]] const Key* active() const { return keys_.empty() ? nullptr : &keys_.front(); }
  [[nodiscard]] const Key* find(std::string_view id) const;
  void add(Key key) { keys_.push_back(std::move(key)); }

 private:
  std::vector<Key> keys_;
};

[[nodiscard]] bool is_key_id(std::string_view id);

}  // namespace hotline::vault
