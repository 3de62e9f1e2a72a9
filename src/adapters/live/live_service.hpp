// SPDX-License-Identifier: Apache-2.0
// Drives the pure live operation: its strand and clock, the store's commits, the voice nodes, and everyone who watches.
//
// Every function may be called from any thread. Inputs run on the live strand in the order posted; what they lead to is
// released, in the same order, only after the change behind it is durable. Listeners are called on the live strand:
// they hand over (a WebSocket's send queue) and return.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/live/live.hpp"
#include "app/ports/store.hpp"
#include "app/ports/voice.hpp"
#include "runtime/clock.hpp"
#include "runtime/strand.hpp"

namespace hotline::live {

/// What is shown outside, as of the last commit. Immutable; readers keep a copy of the pointer as long as they like.
struct Views {
  std::map<AgentId, std::shared_ptr<const app::AgentStatus>> agents;
  std::map<CallId, std::shared_ptr<const app::CallView>> calls;
  std::shared_ptr<const app::Wallboard> wallboard;
  std::map<CallId, std::map<LegId, app::QualityView>> quality;  ///< of live legs, as of the last seconds
  std::shared_ptr<const app::World> world;  ///< for reference lists; another object after each change
};

/// Told what changed; on the live strand.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_agent(const app::AgentStatus& agent) = 0;
  virtual void on_call(const app::CallView& call, const std::vector<AgentId>& tell) = 0;
  virtual void on_quality(const app::QualitySeen&) {}
  virtual void on_sdp(CallId call, std::optional<AgentId> agent, const std::string& sdp) = 0;
  virtual void on_caller(CallId call, const std::string& state, const std::optional<std::string>& cause) = 0;
  virtual void on_wallboard(const app::Wallboard& wallboard) = 0;
};

class LiveService {
 public:
  struct Counters {
    std::uint64_t inputs = 0, refused_full = 0;
  };

  LiveService(app::LiveConfig config, app::Store& store, app::VoicePort& voice, const runtime::Clock& clock);
  ~LiveService();
  LiveService(const LiveService&) = delete;
  LiveService& operator=(const LiveService&) = delete;

  /// Loads the world and the live state from the store and begins. Throws StoreError. Call once, before anything else.
  void start(std::shared_ptr<const call::FlowBook> flows, std::int64_t start_unix_seconds);
  /// Listeners must outlive the service or be removed; add before traffic.
  void add_listener(Listener* listener);

  using Input = std::function<app::LiveEffects(app::Live&, TimePoint now)>;
  using Command = std::function<app::LiveEffects(app::Live&, app::RequestId, TimePoint now)>;
  /// False when the strand's mailbox is full: the caller answers 503.
  bool post(Input input);
  /// Several at once, in order; they take one place in the mailbox. False when it is full: `inputs` is then as it was,
  /// else empty.
  bool post(std::vector<Input>& inputs);
  /// A command with an answer: `done` is called exactly once, on the live strand, after the commit; a full mailbox
  /// gives Refused{"unavailable"} at once on the caller's thread.
  void request(Command command, std::function<void(const app::Reply&)> done);
  /// Runs on the strand and waits; for start-up, shutdown and tests.
  void run_and_wait(std::function<void(app::Live&, TimePoint now)> task);

  [[nodiscard]] std::shared_ptr<const Views> views() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] app::Store& store() { return store_; }
  /// Any thread. False: new calls are refused, because commits fail or the store's queue is full, or did until now.
  [[nodiscard]] bool store_healthy() const { return store_healthy_.load(); }

  /// Stops the strand after what is in its mailbox; what is committed later is released no more, and requests whose
  /// commit is still awaited are answered "unavailable" on this thread.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_.load(); }

 private:
  struct Group {
    std::vector<app::Outward> outward;
  };
  /// What the store's thread touches; it may outlive the service, whose batches the store still holds.
  struct Commits {
    std::atomic<std::uint64_t> groups{0};
    std::atomic<bool> release_posted{false};
    std::mutex mutex;                ///< of service
    LiveService* service = nullptr;  ///< null once it has stopped
  };
  void apply(app::LiveEffects effects);
  void write(app::Batch batch);
  void write_held();
  void look_at_store();
  void release();
  void on_committed();
  void show(app::Outward&& effect);
  void publish();
  void look_up(const app::FindCustomer& question);

  app::LiveConfig config_;
  app::Store& store_;
  app::VoicePort& voice_;
  const runtime::Clock& clock_;
  std::unique_ptr<app::Live> live_;
  std::vector<Listener*> listeners_;

  // On the live strand.
  std::deque<Group> groups_;  // front: oldest not released
  std::uint64_t groups_released_ = 0;
  std::deque<app::Batch> held_;  // the store's queue was full
  std::map<app::RequestId, std::function<void(const app::Reply&)>> waiting_;
  app::RequestId last_request_ = 0;
  Views shown_;
  bool views_changed_ = false;
  TimePoint next_publish_{}, next_health_{};

  std::shared_ptr<Commits> commits_ = std::make_shared<Commits>();
  std::atomic<bool> stopped_{false};
  std::atomic<bool> store_healthy_{true};  ///< as live_ was told
  std::atomic<std::uint64_t> inputs_{0}, refused_full_{0};
  mutable std::mutex views_mutex_;
  std::shared_ptr<const Views> views_;
  std::unique_ptr<runtime::Strand> lookups_;  // reads of the store on behalf of the strand
  std::unique_ptr<runtime::Strand> strand_;
};

}  // namespace hotline::live
