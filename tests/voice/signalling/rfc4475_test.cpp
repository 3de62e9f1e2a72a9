// SPDX-License-Identifier: Apache-2.0
// Goal: the 49 torture messages of RFC 4475 are each handled as that RFC says, and the node goes on.
//
// The messages are not part of this repository: HOTLINE_RFC4475_DIR (CMake) names their folder, one <name>.dat each, as
// the RFC's appendix has them. Without the folder the test is skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Message {
  const char* name;
  const char* status;        ///< of our answer; "": none may come
  const char* header = "";   ///< a header line the answer must have
  const char* to_user = "";  ///< of the call that must be taken in; "": none may
};

void PrintTo(const Message& message, std::ostream* out) {
  *out << message.name;
}

// Where the RFC leaves a choice (strict or liberal), the comment says which one is taken and why.
constexpr Message kMessages[] = {
    // 3.1.1 valid messages
    {"wsinv", "481"},  // read whole: its To has a tag, and there is no such dialog
    {"intmeth", "501", "Allow: INVITE"},
    {"esc01", "200", "", "sips:user@example.com"},
    {"escnull", "405", "Allow: INVITE"},  // read whole; REGISTER itself is not served by this configuration
    {"esc02", "501"},                     // "RE%47IST%45R" is not REGISTER
    {"lwsdisp", "200"},
    {"longreq", "200", "", "user"},
    {"dblreq", "405"},  // the INVITE behind the first message's end is no part of it
    {"semiuri", "200"},
    {"transports", "200"},
    {"mpart01", "405"},
    {"unreason", ""},
    {"noreason", ""},
    // 3.1.2 invalid messages
    {"badinv01", "400"},
    {"clerr", "400"},
    {"ncl", "400"},
    {"scalar02", "400"},
    {"scalarlg", ""},
    {"quotbal", "400"},
    {"ltgtruri", "400"},
    {"lwsruri", "400"},
    {"lwsstart", "400"},
    {"trws", "400"},
    {"escruri", "400"},              // headers in the Request-URI: refused rather than passed over
    {"baddate", "200", "", "user"},  // nobody here reads Date
    {"regbadct", "400"},
    {"badaspec", "400"},
    {"baddn", "200"},  // an unquoted display name is read as it is: carriers send them every day
    {"badvers", "505"},
    {"mismatch01", "400"},
    {"mismatch02", "400"},
    {"bigcode", ""},
    // 3.2 transaction layer
    {"badbranch", "200"},
    // 3.3 application layer
    {"insuf", "400"},
    {"unkscm", "416"},
    {"novelsc", "416"},
    {"unksm2", "400"},  // a registrar's answer: To is no SIP URI (section 3.3.4)
    {"bext01", "420", "Unsupported: nothingSupportsThis, nothingSupportsThisEither"},
    {"invut", "415", "Accept: application/sdp"},
    {"regaut01", "405"},
    {"multi01", "400"},
    {"mcl01", "400"},
    {"bcast", ""},
    {"zeromf", "200"},  // OPTIONS ends here whatever its Max-Forwards
    {"cparam01", "405"},
    {"cparam02", "405"},
    {"regescrt", "405"},
    {"sdp01", "406", "Accept: application/sdp"},
    // 3.4 backward compatibility
    {"inv2543", "200", "", "UserB"},
};

std::filesystem::path folder() {
  return HOTLINE_RFC4475_DIR;
}

/// Asks for the answer to come back to us (RFC 3581) at the end of the topmost Via: the messages name hosts that are
/// not there. Nothing else changes; the Via that cannot be read is left as it is.
std::string with_rport(std::string text) {
  for (auto line = text.find('\n'); line != std::string::npos; line = text.find('\n', line + 1)) {
    const auto name = text.substr(line + 1, text.find_first_of(" :", line + 1) - line - 1);
    if (name != "Via" && name != "v" && name != "VIA") continue;
    auto end = text.find("\r\n", line + 1);
    while (text[end + 2] == ' ') end = text.find("\r\n", end + 2);  // folded
    return text.find(";;", line) < end ? text : text.insert(end, ";rport");
  }
  return text;
}

class Rfc4475 : public ::testing::TestWithParam<Message> {};

TEST_P(Rfc4475, IsHandledAsTheRfcSays) {
  const auto& message = GetParam();
  const auto file = folder() / (std::string(message.name) + ".dat");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the messages of RFC 4475 are not at " << folder();
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  Node node(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.accept(call.leg, sdp()); });
  RawPeer peer(node.udp());
  peer.send(with_rport(text.str()));
  if (message.status[0] != '\0') {
    const auto answer = peer.expect("SIP/2.0 ");
    EXPECT_THAT(answer, StartsWith(std::string("SIP/2.0 ") + message.status));
    EXPECT_THAT(answer, HasSubstr(message.header));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\n"));
  }
  if (message.to_user[0] != '\0') {
    EXPECT_EQ(node.wait("incoming").call.to_user, message.to_user);
  }
  peer.send(peer.request("OPTIONS", "alive", 1));
  auto next = peer.receive();
  while (message.to_user[0] != '\0' && next.find("Call-ID: alive") == std::string::npos && !next.empty())
    next = peer.receive();  // 2xx repeated
  EXPECT_THAT(next, HasSubstr("Call-ID: alive")) << "nothing else may have been answered";
  EXPECT_EQ(node.count("incoming"), 0U);
  EXPECT_EQ(node.count("ended"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Torture, Rfc4475, ::testing::ValuesIn(kMessages),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Rfc4475Messages, EveryOneOfThemIsAsserted) {
  if (!std::filesystem::exists(folder())) GTEST_SKIP() << "the messages of RFC 4475 are not at " << folder();
  std::set<std::string> asserted, there;
  for (const auto& message : kMessages) asserted.insert(message.name);
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    if (file.path().extension() == ".dat") there.insert(file.path().stem());
  }
  EXPECT_EQ(asserted, there);
  EXPECT_EQ(asserted.size(), 49U);
}

}  // namespace
}  // namespace hotline::voice::signalling
