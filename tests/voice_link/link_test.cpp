// SPDX-License-Identifier: Apache-2.0
// Goal: the contract of the voice link. Nothing is lost, doubled or reordered over broken streams, killed cores and
// restarted nodes; the opening keeps its order; the highest epoch alone commands.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <random>

#include "runtime/fd.hpp"
#include "voice_link/ask_status.hpp"

#include "voice_link/link_harness.hpp"

namespace hotline::voice_link::test {
namespace {

using Strings = std::vector<std::string>;

class LinkTest : public ::testing::Test {
 protected:
  [[nodiscard]] CoreEndConfig core_config(std::uint64_t epoch, std::uint64_t acked = 0, std::uint64_t boot = 77) const {
    return {.address = address,
            .epoch = epoch,
            .known_boot_id = boot,
            .acked_seq = acked,
            .retry_min = Duration{1},
            .retry_max = Duration{20}};
  }
  TemporaryFolder folder;
  std::string address = folder.file("link");
};

TEST_F(LinkTest, the_opening_is_hello_then_the_events_not_acknowledged_then_the_snapshot_then_new_ones) {
  NodeSide node(address);
  for (std::uint64_t leg = 1; leg <= 4; ++leg) node.emit_digit(leg);
  CoreSide core(core_config(1, 2));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  node.emit_digit(5);
  ASSERT_TRUE(core.notes.wait_for_note("event 5 leg 5"));
  EXPECT_EQ(core.notes.all(),
            (Strings{"connected 77", "event 3 leg 3", "event 4 leg 4", "snapshot 0", "event 5 leg 5"}));
}

TEST_F(LinkTest, what_a_core_knows_of_another_boot_counts_for_nothing) {
  NodeSide node(address, 88);
  node.emit_digit(1);
  CoreSide core(core_config(1, 5, 77));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  EXPECT_EQ(core.notes.all(), (Strings{"connected 88", "event 1 leg 1", "snapshot 0"}));
}

TEST_F(LinkTest, commands_arrive_in_order_and_with_the_epoch) {
  NodeSide node(address);
  CoreSide core(core_config(3));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  for (std::uint64_t leg = 1; leg <= 3; ++leg) ASSERT_TRUE(core.hang_up(leg));
  ASSERT_TRUE(node.notes.wait_for_note("command 3 epoch 3"));
  EXPECT_EQ(node.notes.all(), (Strings{"core 3", "command 1 epoch 3", "command 2 epoch 3", "command 3 epoch 3"}));
}

TEST_F(LinkTest, a_command_is_refused_while_no_node_answers_and_the_core_finds_the_node_when_it_comes) {
  CoreSide core(core_config(1));
  EXPECT_FALSE(core.hang_up(1));
  NodeSide node(address);
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  EXPECT_TRUE(core.hang_up(1));
  EXPECT_TRUE(node.notes.wait_for_note("command 1 epoch 1"));
}

TEST_F(LinkTest, stats_are_given_on_but_not_kept) {
  NodeSide node(address);
  const auto emit_stats = [&](std::uint32_t legs) {
    node.thread.run_and_wait([&] {
      link::FromNode message;
      message.mutable_stats()->set_legs(legs);
      node.end->emit_unkept(std::move(message));
    });
  };
  emit_stats(1);
  CoreSide core(core_config(1));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  emit_stats(2);
  ASSERT_TRUE(core.notes.wait_for_note("stats 2"));
  EXPECT_EQ(core.notes.all(), (Strings{"connected 77", "snapshot 0", "stats 2"}));
}

TEST_F(LinkTest, a_core_of_a_higher_epoch_takes_over_and_the_former_one_is_fenced_for_good) {
  NodeSide node(address);
  CoreSide old_core(core_config(1));
  ASSERT_TRUE(old_core.notes.wait_for_note("snapshot 0"));
  CoreSide new_core(core_config(2));
  ASSERT_TRUE(new_core.notes.wait_for_note("snapshot 0"));
  ASSERT_TRUE(old_core.notes.wait_for_note("fenced by 2"));
  EXPECT_FALSE(old_core.hang_up(9));

  CoreSide stale_core(core_config(1));
  ASSERT_TRUE(stale_core.notes.wait_for_note("fenced by 2"));
  EXPECT_EQ(stale_core.notes.all(), Strings{"fenced by 2"}) << "it was never connected";

  ASSERT_TRUE(new_core.hang_up(1));
  ASSERT_TRUE(node.notes.wait_for_note("command 1 epoch 2"));
  EXPECT_EQ(node.notes.all(), (Strings{"core 1", "core lost", "core 2", "command 1 epoch 2"}));
  EXPECT_EQ(node.counters().fenced, 2U);
}

TEST_F(LinkTest, a_stream_that_does_not_speak_the_protocol_is_closed_and_harms_nobody) {
  NodeSide node(address);
  CoreSide core(core_config(1));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  link::FromCore command_first;
  command_first.set_epoch(99);
  command_first.mutable_hangup()->set_leg(1);
  std::string command_frame;
  ASSERT_TRUE(append_frame(command_frame, command_first.SerializeAsString()));
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\0\0\2\xff\xff", 6), command_frame}) {
    auto stream = connect(address);
    ASSERT_TRUE(stream);
    ASSERT_EQ((*stream)->write(bytes).bytes, bytes.size());
    ASSERT_TRUE(core.hang_up(0)) << "the loop goes round: the stranger was served before this command";
    std::array<char, 16> buffer{};
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    IoResult got{.state = IoResult::State::again};
    while (got.state == IoResult::State::again && std::chrono::steady_clock::now() < deadline)
      got = (*stream)->read(buffer);
    EXPECT_EQ(got.state, IoResult::State::closed);
  }
  ASSERT_TRUE(core.hang_up(5));
  ASSERT_TRUE(node.notes.wait_for_note("command 5 epoch 1"));
  for (const auto& note : node.notes.all()) EXPECT_EQ(note.find("epoch 99"), std::string::npos);
}

TEST_F(LinkTest, who_asks_how_the_node_is_gets_an_answer_with_and_without_a_core_and_takes_nobodys_place) {
  NodeSide node(address);
  node.emit_digit(1);
  const auto alone = ask_status(address);
  ASSERT_TRUE(alone) << alone.error().what;
  EXPECT_EQ(alone->hello().node(), "voice1");
  EXPECT_EQ(alone->hello().boot_id(), 77U);
  EXPECT_FALSE(alone->core_connected());
  EXPECT_EQ(alone->outbox_events(), 1U);
  CoreSide core(core_config(4));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  const auto with_core = ask_status(address);
  ASSERT_TRUE(with_core) << with_core.error().what;
  EXPECT_TRUE(with_core->core_connected());
  EXPECT_EQ(with_core->core_epoch(), 4U);
  ASSERT_TRUE(core.hang_up(3));
  ASSERT_TRUE(node.notes.wait_for_note("command 3 epoch 4"));
  EXPECT_EQ(node.notes.all(), (Strings{"core 4", "command 3 epoch 4"})) << "the core went on undisturbed";
}

TEST_F(LinkTest, who_asks_where_no_node_runs_is_told_so) {
  const auto missing = ask_status(address);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find("no voice node answers at " + address), std::string::npos);
}

/// A socket file whose process is gone, as kill -9 leaves it.
void leave_dead_socket(const std::string& path) {
  const runtime::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
}

TEST_F(LinkTest, a_dead_nodes_socket_tells_the_core_at_once_and_once_until_a_node_is_there) {
  leave_dead_socket(address);
  CoreSide core(core_config(1));
  ASSERT_TRUE(core.notes.wait_for_note("dead"));
  {
    NodeSide node(address);
    ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  }
  ASSERT_TRUE(core.notes.wait_for_note("disconnected"));
  leave_dead_socket(address);
  ASSERT_TRUE(
      core.notes.wait_for([](const Strings& notes) { return std::count(notes.begin(), notes.end(), "dead") == 2; }));
  EXPECT_EQ(core.notes.all(), (Strings{"dead", "connected 77", "snapshot 0", "disconnected", "dead"}));
}

TEST_F(LinkTest, two_nodes_cannot_share_a_path_and_a_left_socket_file_is_replaced) {
  {
    NodeSide node(address);
    runtime::PollLoop loop;
    const auto second = NodeEnd::open({.address = address, .boot_id = 1}, loop, node.clock, node);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find("in use"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(address)) << "a node that ends takes its file along";
  {
    auto listener = listen(address);
    ASSERT_TRUE(listener);
    std::filesystem::create_hard_link(address, address + "2");
  }
  std::filesystem::rename(address + "2", address);  // as after a crash: a file nobody listens on
  NodeSide node(address);
  CoreSide core(core_config(1));
  EXPECT_TRUE(core.notes.wait_for_note("snapshot 0"));
}

TEST_F(LinkTest, an_acknowledged_event_leaves_the_node_and_one_of_another_boot_does_not) {
  NodeSide node(address);
  CoreSide core(core_config(1));
  for (std::uint64_t leg = 1; leg <= 3; ++leg) node.emit_digit(leg);
  ASSERT_TRUE(core.notes.wait_for_note("event 3 leg 3"));
  core.end->acknowledge(76, 3);
  core.end->acknowledge(77, 2);
  ASSERT_TRUE(core.hang_up(1));
  ASSERT_TRUE(node.notes.wait_for_note("command 1 epoch 1"));
  EXPECT_EQ(node.counters().outbox_events, 1U);
}

TEST_F(LinkTest, the_same_core_on_a_new_stream_hears_no_event_twice) {
  auto node = std::make_unique<NodeSide>(address);
  CoreSide core(core_config(1));
  for (std::uint64_t leg = 1; leg <= 3; ++leg) node->emit_digit(leg);
  ASSERT_TRUE(core.notes.wait_for_note("event 3 leg 3"));
  // A second stream with the same epoch makes the node drop the first; the core then comes back and drops the second.
  auto other = connect(address);
  ASSERT_TRUE(other);
  link::FromCore hello;
  hello.set_epoch(1);
  hello.mutable_hello()->set_protocol(1);
  std::string frame;
  ASSERT_TRUE(append_frame(frame, hello.SerializeAsString()));
  ASSERT_EQ((*other)->write(frame).bytes, frame.size());
  ASSERT_TRUE(
      core.notes.wait_for([](const auto& notes) { return std::count(notes.begin(), notes.end(), "snapshot 0") == 2; }));
  node->emit_digit(4);
  ASSERT_TRUE(core.notes.wait_for_note("event 4 leg 4"));
  for (const char* event : {"event 1 leg 1", "event 2 leg 2", "event 3 leg 3"}) {
    const auto notes = core.notes.all();
    EXPECT_EQ(std::count(notes.begin(), notes.end(), event), 1) << event;
  }
}

TEST_F(LinkTest, more_events_than_the_stream_takes_at_once_all_arrive_in_order) {
  constexpr std::uint64_t events = 100'000;  // about 2 MiB, twice what is handed to a stream ahead
  NodeSide node(address);
  node.thread.run_and_wait([&] {
    for (std::uint64_t leg = 1; leg <= events; ++leg) {
      link::FromNode event;
      event.mutable_digit()->set_leg(leg);
      node.end->emit(std::move(event));
    }
  });
  CoreSide core(core_config(1));
  ASSERT_TRUE(core.notes.wait_for_note("snapshot 0"));
  const auto notes = core.notes.all();
  ASSERT_EQ(notes.size(), events + 2);
  for (std::uint64_t i = 1; i <= events; ++i) ASSERT_EQ(notes[i], fmt::format("event {} leg {}", i, i));
}

TEST_F(LinkTest, a_stream_without_a_hello_and_a_core_that_falls_silent_are_given_up) {
  NodeSide node(
      NodeEndConfig{.address = address, .boot_id = 77, .hello_within = Duration{1}, .silent_after = Duration{1}});
  const auto wait_closed = [](ByteStream& stream) {
    std::array<char, 4096> buffer{};
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    while (std::chrono::steady_clock::now() < deadline)
      if (stream.read(buffer).state == IoResult::State::closed) return true;
    return false;
  };
  auto stranger = connect(address);
  ASSERT_TRUE(stranger);
  EXPECT_TRUE(wait_closed(**stranger));

  auto core = connect(address);
  ASSERT_TRUE(core);
  link::FromCore hello;
  hello.set_epoch(4);
  hello.mutable_hello()->set_protocol(1);
  std::string frame;
  ASSERT_TRUE(append_frame(frame, hello.SerializeAsString()));
  ASSERT_EQ((*core)->write(frame).bytes, frame.size());
  ASSERT_TRUE(node.notes.wait_for_note("core 4"));
  EXPECT_TRUE(node.notes.wait_for_note("core lost"));
  EXPECT_TRUE(wait_closed(**core));
}

// What the store of a core would hold: an event is committed, then acknowledged; a kill loses what was not committed.
TEST_F(LinkTest, over_many_killed_cores_every_event_is_committed_once_and_in_order) {
  constexpr std::uint64_t events = 3'000;
  NodeSide node(address);
  std::mt19937 random(20'240'601);
  std::mutex mutex;
  std::condition_variable changed;
  Strings store;
  std::uint64_t stored_seq = 0;

  std::uint64_t emitted = 0;
  std::uint64_t epoch = 0;
  while (epoch < 1'000) {
    const std::uint64_t batch = 1 + random() % 20;  // committed together
    std::uint64_t die_after = 1 + random() % 200;   // events heard by this core before it is killed
    std::uint64_t heard = 0;
    Strings uncommitted;
    CoreSide core(core_config(++epoch, stored_seq), [&](CoreEnd& end, std::uint64_t boot, const link::FromNode& event) {
      const std::lock_guard lock(mutex);
      ++heard;
      uncommitted.push_back(std::to_string(event.digit().leg()));
      if (uncommitted.size() >= batch || event.seq() == events) {
        store.insert(store.end(), uncommitted.begin(), uncommitted.end());
        uncommitted.clear();
        stored_seq = event.seq();
        end.acknowledge(boot, event.seq());
      }
      changed.notify_all();
    });
    for (std::uint64_t burst = random() % 300; burst > 0 && emitted < events; --burst) node.emit_digit(++emitted);
    std::unique_lock lock(mutex);
    die_after = std::min(die_after, emitted - stored_seq);
    ASSERT_TRUE(changed.wait_for(lock, time_limit, [&] { return heard >= die_after || stored_seq == events; }));
    if (stored_seq == events) break;
  }
  ASSERT_EQ(store.size(), events);
  for (std::uint64_t i = 0; i < events; ++i) ASSERT_EQ(store[i], std::to_string(i + 1));
}

}  // namespace
}  // namespace hotline::voice_link::test
