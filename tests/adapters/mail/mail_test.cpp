// SPDX-License-Identifier: Apache-2.0
// Goal: a mail arrives as it was meant, in Chinese too; nothing can be slipped into its headers; what may be tried
// again is told from what may not.
#include <gmock/gmock.h>

#include "adapters/mail/smtp.hpp"
#include "adapters/mail/smtp_server.hpp"

namespace hotline::mail {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const TimePoint at = from_unix_ms(1'763'859'600'000);  // 2025-11-23 01:00 UTC

Message message() {
  return {"客戶服務熱線 1000",         "hotline@example.com",
          {"chen@repair.example.com"}, "超時提醒:障礙單 GZ2511230042 將於兩小時後到期,請盡快處理",
          "陳主任:\n請處理。\n",       "outbox-42"};
}

TEST(Mail, IsWrittenForAnyServer) {
  const std::string mail = written(message(), at);
  EXPECT_THAT(mail, HasSubstr("Date: Sun, 23 Nov 2025 01:00:00 +0000\r\n"));
  EXPECT_THAT(mail, HasSubstr("To: chen@repair.example.com\r\n"));
  EXPECT_THAT(mail, HasSubstr("Message-ID: <outbox-42@example.com>\r\n"));
  EXPECT_THAT(mail, HasSubstr("\r\n\r\n6Zmz5Li75Lu7Og0K6KuL6JmV55CG44CCDQo=\r\n"));
  for (std::size_t from = 0; from < mail.size();) {
    const auto end = mail.find("\r\n", from);
    EXPECT_LE(end - from, 78u) << mail.substr(from, end - from);
    from = end + 2;
  }
  for (const char c : mail) EXPECT_TRUE(c == '\r' || c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(Mail, EncodedWordsNeverPartACharacter) {
  Message long_subject = message();
  long_subject.subject = "a";
  for (int i = 0; i < 60; ++i) long_subject.subject += "障";
  const std::string mail = written(long_subject, at);
  // 42 bytes hold "a" and 13 characters, then 14 each: their base64 ends without a broken character's bytes.
  EXPECT_THAT(mail, HasSubstr("Subject: =?UTF-8?B?YemanOmanOmanOmanOmanOmanOmanOmanOmanOmanOmanOmanOmanA==?=\r\n"));
  EXPECT_THAT(mail, HasSubstr("?=\r\n =?UTF-8?B?6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc6Zqc?=\r\n"));
}

TEST(Mail, NothingIsSlippedIntoItsHeaders) {
  EXPECT_EQ(problem_of(message()), std::nullopt);
  Message bad = message();
  bad.subject = "hello\r\nBcc: everybody@example.com";
  EXPECT_THAT(problem_of(bad).value_or(""), HasSubstr("line breaks"));
  for (const char* address :
       {"", "a", "@b", "a@", "a@b>,<c@d", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a..b@c", ".a@b", "a@-b..c", "名@b"})
    EXPECT_FALSE(is_address(address)) << address;
  for (const char* address : {"a@b", "first.last+tag@sub.example-domain.com", "o'neil@b.c"})
    EXPECT_TRUE(is_address(address)) << address;
}

TEST(Smtp, Delivers) {
  test::SmtpServer server;
  const auto sent = send({.url = server.url(), .require_tls = false}, message(), at);
  ASSERT_TRUE(sent) << sent.error().what;
  const auto lines = server.lines();
  EXPECT_THAT(lines, Contains(testing::StartsWith("MAIL FROM:<hotline@example.com>")));
  EXPECT_THAT(lines, Contains("RCPT TO:<chen@repair.example.com>"));
  EXPECT_THAT(lines, Contains("6Zmz5Li75Lu7Og0K6KuL6JmV55CG44CCDQo="));
}

TEST(Smtp, TellsWhatMayBeTriedAgain) {
  {
    test::SmtpServer server("RCPT", "550 no such user");
    const auto sent = send({.url = server.url(), .require_tls = false}, message(), at);
    ASSERT_FALSE(sent);
    EXPECT_FALSE(sent.error().again);
    EXPECT_THAT(sent.error().what, HasSubstr("550"));
  }
  {
    test::SmtpServer server("RCPT", "451 try later");
    const auto sent = send({.url = server.url(), .require_tls = false}, message(), at);
    ASSERT_FALSE(sent);
    EXPECT_TRUE(sent.error().again);
  }
  std::string gone;
  {
    test::SmtpServer server;
    gone = server.url();
  }
  const auto away = send({.url = gone, .require_tls = false}, message(), at);
  ASSERT_FALSE(away);
  EXPECT_TRUE(away.error().again);
}

TEST(Smtp, SendsNothingInTheClearWhenTlsIsAskedFor) {
  test::SmtpServer server;  // offers none
  const auto sent =
      send({.url = server.url(), .require_tls = true, .username = "me", .password = "secret"}, message(), at);
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().what, Not(HasSubstr("secret")));
  EXPECT_THAT(server.lines(), Not(Contains(testing::StartsWith("MAIL"))));
}

TEST(Smtp, GivesUpAfterItsTime) {
  test::SmtpServer server("EHLO", "");  // then says nothing more
  const auto sent = send({.url = server.url(), .require_tls = false, .timeout = Duration{300}}, message(), at);
  ASSERT_FALSE(sent);
  EXPECT_TRUE(sent.error().again);
}

}  // namespace
}  // namespace hotline::mail
