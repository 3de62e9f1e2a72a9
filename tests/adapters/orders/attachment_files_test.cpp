// SPDX-License-Identifier: Apache-2.0
// Goal: a file is what its bytes say, whatever its name; its name cannot deceive; it is stored once, whole or not at
// all.
#include "adapters/orders/attachment_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "adapters/orders/content_type.hpp"

namespace hotline::orders {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

std::string extension_of(std::string_view bytes) {
  const auto type = content_type_of(bytes);
  return type ? type->extension : "";
}

TEST(ContentType, IsKnownByTheBytes) {
  EXPECT_EQ(extension_of("\xFF\xD8\xFF\xE0\x00\x10JFIF"sv), ".jpg");
  EXPECT_EQ(extension_of("\x89PNG\r\n\x1A\n...."sv), ".png");
  EXPECT_EQ(extension_of("GIF89a.."), ".gif");
  EXPECT_EQ(extension_of("RIFF\x10\x00\x00\x00WEBPVP8 "sv), ".webp");
  EXPECT_EQ(extension_of("RIFF\x10\x00\x00\x00WAVEfmt "sv), ".wav");
  EXPECT_EQ(extension_of("%PDF-1.7\n"), ".pdf");
  EXPECT_EQ(extension_of("ID3\x04\x00\x00"sv), ".mp3");
  EXPECT_EQ(extension_of("\xFF\xFB\x90\x00"sv), ".mp3");
  EXPECT_EQ(extension_of("\x00\x00\x00\x20"
                         "ftypisom...."sv),
            ".mp4");
  EXPECT_EQ(extension_of("PK\x03\x04....[Content_Types].xml....word/document.xml"), ".docx");
  EXPECT_EQ(extension_of("PK\x03\x04....[Content_Types].xml....xl/workbook.xml"), ".xlsx");
  EXPECT_EQ(extension_of("客戶說明\r\n\t第二行"), ".txt");
}

TEST(ContentType, WhatRunsIsNotTaken) {
  for (const auto bytes :
       {"MZ\x90\x00\x03"sv,
        "\x7F"
        "ELF\x02\x01"sv,
        "PK\x03\x04 evil.exe"sv, ""sv, "a\x00b"sv, "\xFF\xFE\x00\x01"sv,
        "PK\x03\x04[Content_Types].xml word/document.xml word/vbaProject.bin"sv, "RIFF\x01"sv, "\xCA\xFE\xBA\xBE"sv,
        "\x00\x00\x00\x20"
        "ftypevil"sv})
    EXPECT_EQ(extension_of(bytes), "") << bytes;
  EXPECT_EQ(content_type_of("<html><script>alert(1)</script>")->mime, "text/plain; charset=utf-8") << "never as a page";
  EXPECT_FALSE(content_type_of("<svg xmlns='http://www.w3.org/2000/svg'>")->shown);
}

TEST(DisplayName, CannotDeceive) {
  const ContentType jpg{"image/jpeg", ".jpg", true}, text{"text/plain", ".txt"};
  EXPECT_EQ(display_name("照片.JPG", jpg), "照片.jpg");
  EXPECT_EQ(display_name("a.jpeg", jpg), "a.jpg");
  EXPECT_EQ(display_name("../../etc/passwd", text), "passwd.txt");
  EXPECT_EQ(display_name("C:\\Users\\x\\b.txt", text), "b.txt");
  EXPECT_EQ(display_name("invoice.exe", jpg), "invoice.exe.jpg");
  EXPECT_EQ(display_name("\xE2\x80\xAEgpj.exe", jpg), "gpj.exe.jpg") << "no marks of direction";
  EXPECT_EQ(display_name("a\r\nSet-Cookie: x\x01\"<b>", text), "aSet-Cookie: xb.txt");
  EXPECT_EQ(display_name("...", text), "attachment.txt");
  EXPECT_EQ(display_name("", text), "attachment.txt");
  EXPECT_EQ(display_name("\xff\xfe", text), "attachment.txt");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "很";
  EXPECT_EQ(display_name(many, text).size(), 38u * 3 + 4) << "whole characters";
}

class AttachmentFilesTest : public testing::Test {
 protected:
  AttachmentFilesTest() {
    std::string name = "/tmp/hotline_attachments_XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~AttachmentFilesTest() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  fs::path folder;
};

TEST_F(AttachmentFilesTest, KeepsEachContentOnce) {
  const AttachmentFiles kept(folder / "attachments");
  const auto stored = kept.store("hello"), again = kept.store("hello");
  ASSERT_TRUE(stored && again);
  EXPECT_EQ(stored->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(stored->path, again->path);
  EXPECT_EQ(files(), 1u) << "and nothing half-written beside it";
  std::ifstream in(*kept.find(stored->path));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "hello");
  EXPECT_TRUE(kept.is_whole(stored->path, stored->sha256));
  std::ofstream(*kept.find(stored->path)) << "changed";
  EXPECT_FALSE(kept.is_whole(stored->path, stored->sha256));
  EXPECT_FALSE(kept.is_whole("ab/cd", stored->sha256));
}

TEST_F(AttachmentFilesTest, NothingOutsideItsFolderIsFound) {
  const AttachmentFiles kept(folder / "attachments");
  std::ofstream(folder / "secret") << "x";
  for (const char* path : {"../secret", "/etc/passwd", "", "..", "2c/../../secret", "2c"})
    EXPECT_FALSE(kept.find(path)) << path;
}

TEST_F(AttachmentFilesTest, SaysWhatTheDiskSaid) {
  std::ofstream(folder / "file") << "x";
  const auto stored = AttachmentFiles(folder / "file").store("hello");
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().find("cannot be made"), std::string::npos);
}

}  // namespace
}  // namespace hotline::orders
