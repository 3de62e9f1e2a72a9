// SPDX-License-Identifier: Apache-2.0
// Web push: the example of RFC 8291 section 5 to the octet, what is no subscription, and the key that stays.
#include "adapters/outside/web_push.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <filesystem>

#include "adapters/http/http_client.hpp"
#include "adapters/outside/channels.hpp"

namespace hotline::outside {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kTheirPoint =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr const char* kTheirSecret = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr const char* kOurScalar = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr const char* kOurPoint =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr const char* kSalt = "DGv6ra1nlYgDCS1FRnbzlw";
constexpr const char* kSealed =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
    "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

TEST(WebPush, SealsTheRfcsExampleToTheOctet) {
  const auto sender = PushKey::of(kOurScalar, kOurPoint);
  ASSERT_TRUE(sender) << sender.error();
  EXPECT_EQ(sender->point(), kOurPoint);
  const std::string salt_bytes = *from_base64url(kSalt);
  std::array<unsigned char, 16> salt{};
  std::copy(salt_bytes.begin(), salt_bytes.end(), salt.begin());
  const auto sealed = seal_push("When I grow up, I want to be a watermelon", kTheirPoint, kTheirSecret, *sender, salt);
  ASSERT_TRUE(sealed) << sealed.error();
  EXPECT_EQ(to_base64url(*sealed), kSealed);
}

TEST(WebPush, EveryMessageHasAKeyAndASaltOfItsOwn) {
  const auto one = seal_push("same", kTheirPoint, kTheirSecret), other = seal_push("same", kTheirPoint, kTheirSecret);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->substr(0, 16), other->substr(0, 16));
  EXPECT_NE(one->substr(21, 65), other->substr(21, 65));
  EXPECT_LE(seal_push(std::string(kPushTextMost, 'x'), kTheirPoint, kTheirSecret)->size(), 4'096U);
  EXPECT_FALSE(seal_push(std::string(kPushTextMost + 1, 'x'), kTheirPoint, kTheirSecret));
}

TEST(WebPush, RefusesWhatIsNoSubscription) {
  EXPECT_EQ(wrong_with_subscription(kTheirPoint, kTheirSecret), "");
  EXPECT_EQ(wrong_with_subscription(std::string(kTheirPoint) + "=", std::string(kTheirSecret) + "=="), "") << "padded";
  std::string off_curve = kTheirPoint;
  off_curve[10] = off_curve[10] == 'A' ? 'B' : 'A';
  for (const std::string& point : {std::string(), std::string("AAAA"), std::string("no base64!"), off_curve,
                                   std::string(kTheirPoint).substr(0, 44)}) {
    EXPECT_THAT(wrong_with_subscription(point, kTheirSecret), HasSubstr("p256dh")) << point;
    EXPECT_FALSE(seal_push("x", point, kTheirSecret));
  }
  for (const char* secret : {"", "AAAA", "no base64!"})
    EXPECT_THAT(wrong_with_subscription(kTheirPoint, secret), HasSubstr("auth")) << secret;
}

TEST(WebPush, TheKeyIsMadeOnceAndItsOwnersAlone) {
  char folder[] = "/tmp/web_push_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::filesystem::path file = std::filesystem::path(folder) / "key";
  const auto made = PushKey::load_or_make(file), again = PushKey::load_or_make(file);
  ASSERT_TRUE(made && again);
  EXPECT_EQ(made->point(), again->point());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all), perms::none);
  std::filesystem::resize_file(file, 20);
  EXPECT_FALSE(PushKey::load_or_make(file)) << "a damaged key is not replaced: browsers are bound to it";
  EXPECT_THAT(vapid_authorization(*made, "https://push.example", "mailto:a@b.example", TimePoint{}),
              testing::AllOf(StartsWith("vapid t=ey"), HasSubstr(", k=" + made->point())));
  std::filesystem::remove_all(folder);
}

TEST(PushServices, AreThoseThatAreConfiguredAndNoOthers) {
  PushConfig config;
  config.services = {"fcm.googleapis.com", "*.push.services.mozilla.com"};
  EXPECT_TRUE(is_push_service(config, "https://fcm.googleapis.com/fcm/send/x"));
  EXPECT_TRUE(is_push_service(config, "https://FCM.googleapis.com:443/x"));
  EXPECT_TRUE(is_push_service(config, "https://updates.push.services.mozilla.com/wpush/v2/x"));
  for (const char* other :
       {"http://fcm.googleapis.com/x", "https://fcm.googleapis.com.example/x", "https://example/fcm.googleapis.com",
        "https://push.services.mozilla.com/x", "https://fcm.googleapis.com@example/x", "https://xfcm.googleapis.com/x",
        "https://example#.push.services.mozilla.com", "https://example\\.push.services.mozilla.com/", "https://", "",
        "https://127.0.0.1/x"})
    EXPECT_FALSE(is_push_service(config, other)) << other;
}

TEST(HttpClient, SaysWhatIsNotThereAndWhetherToTryAgain) {
  http::ClientRequest request;
  request.url = "https://127.0.0.1:1/secret-path";
  const auto answer = http::ask(request);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().again);
  EXPECT_THAT(answer.error().what, testing::Not(HasSubstr("secret-path")));
  request.url = "http://127.0.0.1:1/";
  const auto plain = http::ask(request);
  ASSERT_FALSE(plain);
  EXPECT_FALSE(plain.error().again) << "never in the clear";
}

}  // namespace
}  // namespace hotline::outside
