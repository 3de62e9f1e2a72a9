// SPDX-License-Identifier: Apache-2.0
// Goal: a voice node as a process says where it is, survives a kill -9 in its recordings, and ends in order on SIGTERM.
#include "runtime/child_process.hpp"
#include "runtime/clock.hpp"
#include "voice/media/g711.hpp"
#include "voice/node/whole_node.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::node::test {
namespace {

using Event = link::FromNode;
using runtime::ChildProcess;

class NodeProcess {
 public:
  explicit NodeProcess(const std::filesystem::path& folder)
      : child_(ChildProcess::start({.argv = {VOICE_NODE_PROCESS, folder.string()},
                                    .environment = {},
                                    .log_path = (folder / "log").string()})) {
    if (!child_) {
      ADD_FAILURE() << child_.error().what;
      return;
    }
    ready_ = child_->read_line(signalling::kLimit).value_or("");
    std::ifstream log(folder / "log");
    EXPECT_EQ(ready_.rfind("ready ", 0), 0U) << std::string{std::istreambuf_iterator<char>(log), {}};
  }
  ~NodeProcess() {
    if (child_) {
      child_->signal(SIGKILL);
      (void)child_->wait(signalling::kLimit);
    }
  }
  /// "127.0.0.1:40213" for "sip_udp"; empty when the ready line lacks it.
  [[nodiscard]] std::string address(const std::string& name) const {
    const auto at = ready_.find(" " + name + "=");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 2;
    return ready_.substr(begin, ready_.find(' ', begin) - begin);
  }
  ChildProcess& child() { return *child_; }

 private:
  Result<ChildProcess, Problem> child_;
  std::string ready_;
};

TEST(NodeProcess, a_recording_cut_by_kill_is_repaired_told_and_at_most_a_second_short) {
  WholeNode place;  // for its folder and prompts only
  std::string path;
  std::int64_t began = 0;
  std::int64_t killed = 0;
  {
    NodeProcess process(place.folder);
    ASSERT_NE(process.address("sip_udp"), "");
    EXPECT_NE(process.address("sip_tcp"), "");
    EXPECT_NE(process.address("webrtc_udp"), "");
    place.addresses.link = process.address("link");
    Core core(place, 1);
    Phone caller(0x91);
    core.wait(Event::kSnapshot);
    auto calling =
        std::async(std::launch::async, [&] { return caller.call("sip:1000@" + process.address("sip_udp")); });
    const std::uint64_t leg = core.wait(Event::kIncoming).incoming().leg();
    core.command([&](auto& m) { m.mutable_answer()->set_leg(leg); });
    began = core.wait(Event::kAnswered, leg).at_ms();
    calling.get();
    core.command([&](auto& m) {
      m.mutable_start_recording()->set_leg(leg);
      m.mutable_start_recording()->set_recording(77);
    });
    core.command([&](auto& m) {
      m.mutable_play()->set_leg(leg);
      m.mutable_play()->set_play(1);
      m.mutable_play()->set_loop(true);
      m.mutable_play()->add_items()->set_prompt("cmn/welcome");
    });
    ASSERT_TRUE(caller.rtp.wait_heard(g711::encode_alaw(prompt_level), 100));
    process.child().signal(SIGKILL);
    ASSERT_EQ(process.child().wait(signalling::kLimit), 128 + SIGKILL);
    killed = to_unix_ms(runtime::MonotoneClock().now());
  }
  NodeProcess again(place.folder);
  place.addresses.link = again.address("link");
  Core core(place, 2);
  const auto done = core.wait(Event::kRecordingDone).recording_done();
  EXPECT_EQ(done.recording(), 77U);
  EXPECT_EQ(done.problem().rfind("voice node restarted", 0), 0U) << done.problem();
  EXPECT_GE(static_cast<std::int64_t>(done.frames() / 8), killed - began - 1'000);
  EXPECT_EQ(place.recording(done.path()).size(), recorder::wav_header_size + 2 * done.frames());
}

TEST(NodeProcess, sigterm_ends_an_idle_node_at_once_and_takes_its_socket_along) {
  WholeNode place;
  NodeProcess process(place.folder);
  const std::string link = process.address("link");
  EXPECT_TRUE(std::filesystem::exists(link));
  process.child().signal(SIGTERM);
  EXPECT_EQ(process.child().wait(signalling::kLimit), 0);
  EXPECT_FALSE(std::filesystem::exists(link));
}

TEST(NodeProcess, a_second_node_in_the_same_folder_says_why_it_cannot_start) {
  WholeNode place;
  NodeProcess first(place.folder);
  auto second = ChildProcess::start({.argv = {VOICE_NODE_PROCESS, place.folder.string()},
                                     .environment = {},
                                     .log_path = (place.folder / "second").string()});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->wait(signalling::kLimit), 1);
  std::ifstream log(place.folder / "second");
  const std::string said{std::istreambuf_iterator<char>(log), {}};
  EXPECT_NE(said.find("remedy"), std::string::npos) << said;
}

}  // namespace
}  // namespace hotline::voice::node::test
