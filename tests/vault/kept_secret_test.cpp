// SPDX-License-Identifier: Apache-2.0
// Goal: a kept secret is random, private, the same at the next start, and never guessed when its file is damaged.
#include "vault/kept_secret.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <fstream>

namespace hotline::vault {
namespace {

namespace fs = std::filesystem;

class KeptSecret : public testing::Test {
 protected:
  KeptSecret() {
    EXPECT_GE(sodium_init(), 0);
    std::string pattern = (fs::temp_directory_path() / "hotline_secret_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~KeptSecret() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(KeptSecret, the_second_start_finds_what_the_first_has_made) {
  const auto first = kept_secret(folder_ / "one.key");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), kept_secret_bytes);
  EXPECT_EQ(fs::status(folder_ / "one.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(kept_secret(folder_ / "one.key").value(), *first);
  EXPECT_NE(kept_secret(folder_ / "other.key").value(), *first);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 2) << "nothing is left beside them";
}

TEST_F(KeptSecret, a_damaged_file_is_named_with_what_to_do) {
  for (const std::string& content : {std::string("short"), std::string(33, 'x'), std::string()}) {
    std::ofstream(folder_ / "one.key") << content;
    const auto secret = kept_secret(folder_ / "one.key");
    ASSERT_FALSE(secret) << content;
    EXPECT_NE(secret.error().what.find("one.key has not 32 bytes"), std::string::npos) << secret.error().what;
    EXPECT_NE(secret.error().remedy.find("remove the file"), std::string::npos);
  }
}

TEST_F(KeptSecret, a_folder_that_is_not_there_is_an_error) {
  EXPECT_FALSE(kept_secret(folder_ / "none" / "one.key"));
}

}  // namespace
}  // namespace hotline::vault
