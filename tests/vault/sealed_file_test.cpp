// SPDX-License-Identifier: Apache-2.0
// Goal: what was sealed comes back from any place of the file, and no change to a sealed file goes unnoticed.
#include "vault/sealed_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

namespace hotline::vault {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

class SealedFileTest : public ::testing::Test {
 protected:
  SealedFileTest() {
    EXPECT_GE(sodium_init(), 0);
    std::string name = (fs::temp_directory_path() / "sealed.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    Key key{.id = "k1", .bytes = {}};
    key.bytes.fill(7);
    ring_.add(key);
  }
  ~SealedFileTest() override { fs::remove_all(folder_); }

  fs::path seal(const Bytes& plain, const std::string& name = "a", std::size_t step = 10'000) {
    const auto file = folder_ / name;
    const int fd = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    SealedSink sink(fd, *ring_.active());
    for (std::size_t at = 0; at < plain.size(); at += step)
      EXPECT_TRUE(sink.write(std::span(plain).subspan(at, std::min(step, plain.size() - at))));
    EXPECT_TRUE(sink.finish());
    ::close(fd);
    return file;
  }
  Result<Bytes, Problem> open(const fs::path& file) {
    auto source = open_source(file, ring_);
    if (!source) return fail(source.error());
    Bytes out((*source)->size());
    auto read = (*source)->read(0, out);
    if (!read) return fail(read.error());
    EXPECT_EQ(*read, out.size());
    return out;
  }
  static Bytes raw(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const fs::path& file, const Bytes& bytes) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  fs::path folder_;
  KeyRing ring_;
};

constexpr std::size_t piece = sealed_piece_size;
constexpr std::size_t stride = sealed_piece_size + sealed_piece_overhead;

TEST_F(SealedFileTest, ComesBackWholeAtEveryLengthAroundTheBordersOfPieces) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 77}) {
    const Bytes plain = pattern(size);
    const auto back = open(seal(plain));
    ASSERT_TRUE(back) << size << " " << back.error().what;
    EXPECT_EQ(*back, plain) << size;
  }
}

TEST_F(SealedFileTest, CanBeReadFromAnyPlace) {
  const Bytes plain = pattern(4 * piece + 123);
  auto source = open_source(seal(plain), ring_);
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->key_id(), "k1");
  for (const std::size_t at : {4 * piece, std::size_t{0}, 2 * piece - 5, piece, plain.size() - 3, plain.size()}) {
    Bytes out(20);
    const auto count = (*source)->read(at, out);
    ASSERT_TRUE(count);
    EXPECT_EQ(*count, std::min<std::size_t>(20, plain.size() - at));
    EXPECT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<long>(*count), plain.begin() + static_cast<long>(at)));
  }
}

TEST_F(SealedFileTest, ShowsNothingOfItsPlainText) {
  const Bytes plain(2 * piece, 'x');
  const Bytes sealed = raw(seal(plain));
  const Bytes run(8, 'x');
  EXPECT_EQ(std::search(sealed.begin(), sealed.end(), run.begin(), run.end()), sealed.end());
  EXPECT_NE(raw(seal(plain, "b")), sealed) << "the same twice must not look the same";
}

TEST_F(SealedFileTest, EveryFlippedByteIsNoticed) {
  const auto file = seal(pattern(2 * piece + 10));
  const Bytes good = raw(file);
  std::vector<std::size_t> places(sealed_header_size);
  std::iota(places.begin(), places.end(), 0U);
  for (const std::size_t at : {std::size_t{64}, std::size_t{90}, std::size_t{5'000}, 64 + stride - 1, 64 + stride,
                               64 + stride + 30, 64 + 2 * stride, 64 + 2 * stride + 24, good.size() - 1})
    places.push_back(at);
  for (const std::size_t at : places) {
    Bytes bad = good;
    bad[at] ^= 0x20;
    put(file, bad);
    if (at < 8) {
      EXPECT_FALSE(is_sealed(bad));  // no sealed file any more: it is given as it is, and is no sound
      continue;
    }
    EXPECT_FALSE(open(file)) << "byte " << at;
  }
}

TEST_F(SealedFileTest, PiecesCannotBeLeftOutSwappedRepeatedOrTakenFromAnotherFile) {
  const auto file = seal(pattern(3 * piece + 10));
  const auto other = raw(seal(pattern(3 * piece + 10), "b"));
  const Bytes good = raw(file);
  const auto at = [](std::size_t number) { return static_cast<long>(64 + number * stride); };
  const auto refused = [&](const Bytes& bytes, const char* what) {
    put(file, bytes);
    EXPECT_FALSE(open(file)) << what;
  };
  Bytes bad(good.begin(), good.begin() + at(3));
  refused(bad, "the last piece is cut off");
  bad.assign(good.begin(), good.begin() + at(2) + 1'000);
  refused(bad, "cut within a piece");
  bad.assign(good.begin(), good.end() - 1);
  refused(bad, "the last byte is missing");
  bad = good;
  bad.push_back(0);
  refused(bad, "a byte too many");
  bad = good;
  bad.erase(bad.begin() + at(1), bad.begin() + at(2));
  refused(bad, "a piece is left out");
  bad = good;
  std::swap_ranges(bad.begin() + at(0), bad.begin() + at(1), bad.begin() + at(1));
  refused(bad, "two pieces are swapped");
  bad = good;
  std::copy(other.begin() + at(1), other.begin() + at(2), bad.begin() + at(1));
  refused(bad, "a piece of another file");
  put(file, good);
  EXPECT_TRUE(open(file));
}

TEST_F(SealedFileTest, OpensWithItsOwnKeyOnlyAndThatMayBeAnOldOne) {
  const auto file = seal(pattern(100));
  KeyRing rotated;
  Key young{.id = "k2", .bytes = {}};
  young.bytes.fill(9);
  rotated.add(young);
  auto refused = open_source(file, rotated);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("'k1'"));
  rotated.add(*ring_.active());
  EXPECT_TRUE(open_source(file, rotated));
  KeyRing wrong;
  young.id = "k1";
  wrong.add(young);
  EXPECT_FALSE(open_source(file, wrong)) << "another key of the same name";
}

TEST_F(SealedFileTest, APlainFileIsGivenAsItIs) {
  const Bytes plain = pattern(1'000);
  put(folder_ / "plain", plain);
  auto source = open_source(folder_ / "plain", {});
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->size(), 1'000U);
  EXPECT_EQ((*source)->key_id(), "");
  EXPECT_EQ(*open(folder_ / "plain"), plain);
  EXPECT_EQ(*sha256_of_file(folder_ / "plain"), *sha256_of_file(folder_ / "plain"));
  put(folder_ / "abc", {'a', 'b', 'c'});
  EXPECT_EQ(*sha256_of_file(folder_ / "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class KeyRingTest : public SealedFileTest {
 protected:
  KeyFile key(const std::string& id, const std::string& text, unsigned mode = 0600) {
    const auto file = folder_ / ("key-" + std::to_string(++count_));
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return {id, file};
  }
  int count_ = 0;
};

TEST_F(KeyRingTest, ReadsKeysAndTheFirstIsTheActiveOne) {
  const auto ring = KeyRing::load({key("new", std::string(64, 'a') + "\n"), key("old", std::string(64, 'b'), 0640)});
  ASSERT_TRUE(ring) << ring.error().what;
  EXPECT_EQ(ring->active()->id, "new");
  EXPECT_EQ(ring->find("old")->bytes[0], 0xBB);
  EXPECT_EQ(ring->find("none"), nullptr);
}

TEST_F(KeyRingTest, SaysWhatIsWrongWithAKeyAndNeverWhatIsInIt) {
  const std::string secret(64, 'c');
  const auto problem = [](const std::vector<KeyFile>& files) {
    const auto ring = KeyRing::load(files);
    return ring ? std::string() : ring.error().what + "; " + ring.error().remedy;
  };
  EXPECT_THAT(problem({{"a", folder_ / "none"}}), HasSubstr("cannot be read"));
  EXPECT_THAT(problem({key("a", secret, 0644)}), HasSubstr("chmod o="));
  EXPECT_THAT(problem({key("a", secret.substr(1))}), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(problem({key("a", secret + "0")}), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(problem({key("a", "")}), HasSubstr("empty"));
  EXPECT_THAT(problem({key("Big", secret)}), HasSubstr("'Big'"));
  EXPECT_THAT(problem({key("a", secret), key("a", secret)}), HasSubstr("two recording keys"));
  EXPECT_EQ(problem({key("a", "xyz" + secret.substr(3))}).find("ccc"), std::string::npos);
}

}  // namespace
}  // namespace hotline::vault
