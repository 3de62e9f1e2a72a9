// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "vault/key_ring.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace hotline::vault {
namespace {

constexpr std::size_t id_max = 31;
constexpr const char* how_to_make = "make one with: (umask 027; openssl rand -hex 32 > FILE)";

Result<Key, Problem> read_key(const KeyFile& entry) {
  const auto problem = [&](const std::string& what, const std::string& remedy) {
    return fail(Problem{fmt::format("the recording key {}: {}", entry.file.string(), what), remedy});
  };
  struct stat status {};
  if (::stat(entry.file.c_str(), &status) != 0) return problem("the file cannot be read", how_to_make);
  if (!S_ISREG(status.st_mode)) return problem("this is no file", how_to_make);
  if ((status.st_mode & S_IRWXO) != 0)
    return problem("everyone on this machine may use it", "take that away: chmod o= " + entry.file.string());
  std::ifstream in(entry.file);
  std::string text;
  if (!(in >> text)) return problem("the file cannot be read, or is empty", how_to_make);
  Key key;
  key.id = entry.id;
  std::size_t length = 0;
  const char* end = nullptr;
  const bool read =
      ::sodium_hex2bin(key.bytes.data(), key.bytes.size(), text.data(), text.size(), nullptr, &length, &end) == 0 &&
      length == key.bytes.size() && end == text.data() + text.size();
  ::sodium_memzero(text.data(), text.size());
  if (!read) return problem("it is not 64 hexadecimal digits", how_to_make);
  return key;
}

}  // namespace

bool is_key_id(std::string_view id) {
  return !id.empty() && id.size() <= id_max && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

KeyRing::~KeyRing() {
  for (Key& key : keys_) ::sodium_memzero(key.bytes.data(), key.bytes.size());
}

Result<KeyRing, Problem> KeyRing::load(const std::vector<KeyFile>& files) {
  if (::sodium_init() < 0) return fail(Problem{"libsodium cannot be initialised", "check the machine's random source"});
  KeyRing ring;
  for (const KeyFile& file : files) {
    if (!is_key_id(file.id))
      return fail(Problem{fmt::format("'{}' is no name for a recording key", file.id),
                          "use 1 to 31 lower-case letters, digits, '-' and '_'"});
    if (ring.find(file.id) != nullptr)
      return fail(Problem{fmt::format("two recording keys are called '{}'", file.id), "give each its own id"});
    auto key = read_key(file);
    if (!key) return fail(std::move(key.error()));
    ring.keys_.push_back(std::move(*key));
  }
  return ring;
}

const Key* KeyRing::find(std::string_view id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace hotline::vault
