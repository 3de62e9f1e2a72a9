// SPDX-License-Identifier: Apache-2.0
#include "adapters/live/live_service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>

#include "base/local_time.hpp"

namespace hotline::live {
namespace {

constexpr Duration publish_every{100};
constexpr Duration health_every{500};

std::string digits_of(const std::string& number) {
  std::string digits;
  std::copy_if(number.begin(), number.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

/// Those of the last hour, oldest first; of a great many the newest.
std::vector<app::Contact> recent_contacts(app::Store& store, TimePoint now) {
  constexpr std::size_t kept_max = 20'000;
  std::vector<app::Contact> out;
  app::ContactQuery query;
  query.from = now - Duration{3'600'000};
  query.limit = 200;
  while (out.size() < kept_max) {
    auto page = store.contacts(query);
    if (page.empty()) break;
    query.before = page.back().id;
    std::move(page.begin(), page.end(), std::back_inserter(out));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

LiveService::LiveService(app::LiveConfig config, app::Store& store, app::VoicePort& voice, const runtime::Clock& clock)
    : config_(std::move(config)), store_(store), voice_(voice), clock_(clock), views_(std::make_shared<Views>()) {}

LiveService::~LiveService() {
  stop();
}

void LiveService::start(std::shared_ptr<const call::FlowBook> flows, std::int64_t start_unix_seconds) {
  const TimePoint now = clock_.now();
  app::LiveStart start;
  start.world = store_.load_world();
  start.flows = std::move(flows);
  start.state = store_.load_live();
  start.open_contacts = store_.open_contacts();
  for (const app::NodeCursor& cursor : start.state.cursors) {
    for (app::Recording& recording : store_.running_recordings(cursor.node))
      start.running_recordings.push_back(std::move(recording));
  }
  start.recent = recent_contacts(store_, now);
  const Duration short_abandon = app::rules_of(start.world).short_abandon_ms;
  start.day = store_.queue_days(midnight_of(local_day(now, config_.utc_offset), config_.utc_offset),
                                config_.service_level_threshold,
                                short_abandon > Duration::zero() ? short_abandon : config_.short_abandon);
  spdlog::info("live start: {} agents, {} queues, {} calls to go on with", start.world.agents.size(),
               start.world.queues.size(), start.state.calls.size());
  shown_.world = std::make_shared<const app::World>(start.world);
  live_ = std::make_unique<app::Live>(config_, IdMaker(start_unix_seconds, IdMaker::Origin::core));
  lookups_ = std::make_unique<runtime::Strand>(runtime::Strand::Config{.name = "lookups", .mailbox_max = 4096}, clock_);
  runtime::Strand::DueHook hook;
  hook.next_due = [this]() -> std::optional<TimePoint> {
    std::optional<TimePoint> due = earlier(live_->next_due(), next_health_);
    return views_changed_ ? earlier(due, next_publish_) : due;
  };
  hook.run = [this](TimePoint now_due) {
    if (now_due >= next_health_) {
      next_health_ = now_due + health_every;
      look_at_store();
      write_held();
    }
    if (const auto due = live_->next_due(); due && *due <= now_due) apply(live_->tick(now_due));
    release();
    if (views_changed_ && now_due >= next_publish_) publish();
  };
  strand_ = std::make_unique<runtime::Strand>(runtime::Strand::Config{.name = "live"}, clock_, std::move(hook));
  commits_->service = this;
  run_and_wait([&](app::Live& live, TimePoint at) {
    apply(live.start(std::move(start), at));
    for (const app::Agent& agent : live.world().agents) {
      shown_.agents[agent.id] = std::make_shared<const app::AgentStatus>(live.agent_status(agent.id));
    }
    shown_.wallboard = std::make_shared<const app::Wallboard>(live.wallboard(at));
    publish();
  });
}

void LiveService::add_listener(Listener* listener) {
  if (strand_ == nullptr) {
    listeners_.push_back(listener);
  } else {
    run_and_wait([&](app::Live&, TimePoint) { listeners_.push_back(listener); });
  }
}

bool LiveService::post(Input input) {
  const bool taken = strand_->post([this, input = std::move(input)] {
    inputs_.fetch_add(1, std::memory_order_relaxed);
    apply(input(*live_, clock_.now()));
  });
  if (!taken) refused_full_.fetch_add(1, std::memory_order_relaxed);
  return taken;
}

bool LiveService::post(std::vector<Input>& inputs) {
  auto all = std::make_shared<std::vector<Input>>(std::move(inputs));
  inputs.clear();
  const bool taken = strand_->post([this, all] {
    for (Input& input : *all) {
      inputs_.fetch_add(1, std::memory_order_relaxed);
      apply(input(*live_, clock_.now()));
    }
  });
  if (taken) return true;
  refused_full_.fetch_add(1, std::memory_order_relaxed);
  inputs = std::move(*all);
  return false;
}

void LiveService::request(Command command, std::function<void(const app::Reply&)> done) {
  auto shared_done = std::make_shared<std::function<void(const app::Reply&)>>(std::move(done));
  const bool taken = strand_->post([this, command = std::move(command), shared_done] {
    inputs_.fetch_add(1, std::memory_order_relaxed);
    const app::RequestId id = ++last_request_;
    waiting_.emplace(id, std::move(*shared_done));
    apply(command(*live_, id, clock_.now()));
  });
  if (taken) return;
  refused_full_.fetch_add(1, std::memory_order_relaxed);
  (*shared_done)(
      app::Reply{0, app::Refused{"unavailable", "The hotline is overloaded; try again in a moment."}, {}, {}});
}

void LiveService::run_and_wait(std::function<void(app::Live&, TimePoint)> task) {
  std::promise<void> done;
  const auto work = [&] {
    task(*live_, clock_.now());
    done.set_value();
  };
  while (!strand_->post(work)) std::this_thread::yield();
  done.get_future().wait();
}

// ---- commit, then release

void LiveService::apply(app::LiveEffects effects) {
  if (effects.changes.empty() && effects.outward.empty()) return;
  groups_.push_back(Group{std::move(effects.outward)});
  write(std::move(effects.changes));
}

/// One group, one batch, also an empty one, so that the count of commits tells which groups may leave.
void LiveService::write(app::Batch batch) {
  if (batch.empty() && held_.empty() && groups_released_ + groups_.size() - 1 == commits_->groups.load()) {
    commits_->groups.fetch_add(1);  // nothing to make durable, and nothing before it still is
    return release();
  }
  held_.push_back(std::move(batch));
  write_held();
}

void LiveService::write_held() {
  while (!held_.empty()) {
    const bool taken = store_.write(std::move(held_.front()), [commits = commits_] {
      commits->groups.fetch_add(1);
      if (commits->release_posted.exchange(true)) return;
      const std::lock_guard lock(commits->mutex);
      if (commits->service != nullptr) commits->service->on_committed();
    });
    if (!taken) return;
    held_.pop_front();
  }
}

/// What it says is what new calls go by, and /readyz.
void LiveService::look_at_store() {
  const bool healthy = store_.health().has_value() && held_.empty();
  live_->set_store_healthy(healthy);
  store_healthy_ = healthy;
}

/// On the store's thread.
void LiveService::on_committed() {
  const bool posted = strand_->post([this] {
    commits_->release_posted.store(false);
    release();
    write_held();
    if (!store_healthy_) look_at_store();  // it commits again: nobody is refused until the next health_every
  });
  if (!posted) commits_->release_posted.store(false);  // the due hook releases too, within health_every
}

void LiveService::release() {
  std::map<std::string, app::AcknowledgeNode> acknowledged;  // the last of each node says it for those before
  while (groups_released_ < commits_->groups.load() && !groups_.empty()) {
    Group group = std::move(groups_.front());
    groups_.pop_front();
    ++groups_released_;
    for (app::Outward& effect : group.outward) {
      if (auto* ack = std::get_if<app::AcknowledgeNode>(&effect))
        acknowledged[ack->node] = std::move(*ack);
      else
        show(std::move(effect));
    }
  }
  for (const auto& [node, ack] : acknowledged) voice_.acknowledge(node, ack.boot_id, ack.seq);
}

void LiveService::show(app::Outward&& effect) {
  if (const auto* command = std::get_if<app::ToNode>(&effect)) {
    voice_.send(command->node, command->call, command->command);
  } else if (const auto* drain = std::get_if<app::DrainNode>(&effect)) {
    voice_.drain(drain->node, drain->on);
  } else if (const auto* ask = std::get_if<app::AskNode>(&effect)) {
    voice_.ask(ask->node, ask->mark);
  } else if (const auto* accounts = std::get_if<app::AccountsToNode>(&effect)) {
    voice_.set_accounts(accounts->node, accounts->accounts);
  } else if (const auto* answer = std::get_if<app::Answer>(&effect)) {
    if (auto found = waiting_.extract(answer->reply->request)) found.mapped()(*answer->reply);
  } else if (auto* agent = std::get_if<app::AgentSeen>(&effect)) {
    const auto status = std::make_shared<const app::AgentStatus>(std::move(agent->agent));
    shown_.agents[status->id] = status;
    views_changed_ = true;
    for (Listener* listener : listeners_) listener->on_agent(*status);
  } else if (auto* call = std::get_if<app::CallSeen>(&effect)) {
    for (Listener* listener : listeners_) listener->on_call(*call->call, call->tell);
    if (call->for_everyone) {
      const CallId id = call->call->id;
      shown_.calls[id] = std::move(call->call);
      views_changed_ = true;
    }
  } else if (const auto* world = std::get_if<app::WorldSeen>(&effect)) {
    shown_.world = world->world;
    publish();  // who is answered that it is in force reads it so
  } else if (const auto* quality = std::get_if<app::QualitySeen>(&effect)) {
    auto& legs = shown_.quality[quality->call];
    for (const app::LegQualityView& leg : quality->legs) legs[leg.leg_id] = leg.quality;
    views_changed_ = true;
    for (Listener* listener : listeners_) listener->on_quality(*quality);
  } else if (const auto* gone = std::get_if<app::CallGone>(&effect)) {
    shown_.calls.erase(gone->call);
    shown_.quality.erase(gone->call);
    views_changed_ = true;
  } else if (const auto* sdp = std::get_if<app::SdpForBrowser>(&effect)) {
    for (Listener* listener : listeners_) listener->on_sdp(sdp->call, sdp->agent, sdp->sdp);
  } else if (const auto* caller = std::get_if<app::CallerSeen>(&effect)) {
    for (Listener* listener : listeners_) listener->on_caller(caller->call, caller->state, caller->cause);
  } else if (const auto* board = std::get_if<app::WallboardSeen>(&effect)) {
    shown_.wallboard = std::make_shared<const app::Wallboard>(board->wallboard);
    views_changed_ = true;
    for (Listener* listener : listeners_) listener->on_wallboard(board->wallboard);
  } else if (const auto* question = std::get_if<app::FindCustomer>(&effect)) {
    look_up(*question);
  } else if (const auto* line = std::get_if<app::Logged>(&effect)) {
    spdlog::info("call={} {}", line->call.value(), line->what);
  }
}

void LiveService::publish() {
  views_changed_ = false;
  next_publish_ = clock_.now() + publish_every;
  auto views = std::make_shared<const Views>(shown_);
  const std::lock_guard lock(views_mutex_);
  views_ = std::move(views);
}

/// Asks the store who calls; a full queue only means that this call has no screen pop.
void LiveService::look_up(const app::FindCustomer& question) {
  const std::string digits = digits_of(question.number);
  if (digits.empty()) return;
  (void)lookups_->post([this, digits, call = question.call] {
    try {
      if (auto customer = store_.customer_by_phone(digits)) {
        (void)post([call, customer = std::move(*customer)](app::Live& live, TimePoint now) {
          return live.customer_found(call, customer, now);
        });
      }
    } catch (const app::StoreError& error) {
      spdlog::warn("call={} customer lookup failed: {}", call.value(), error.what());
    }
  });
}

std::shared_ptr<const Views> LiveService::views() const {
  const std::lock_guard lock(views_mutex_);
  return views_;
}

LiveService::Counters LiveService::counters() const {
  return {inputs_.load(), refused_full_.load()};
}

void LiveService::stop() {
  if (lookups_) {
    lookups_->stop();
    lookups_->join();
  }
  {
    const std::lock_guard lock(commits_->mutex);
    commits_->service = nullptr;
  }
  if (!strand_) return;
  stopped_.store(true);
  strand_->stop();
  strand_->join();
  for (auto& [id, done] : std::exchange(waiting_, {})) {
    done(app::Reply{id, app::Refused{"unavailable", "The hotline is stopping."}, {}, {}});
  }
}

}  // namespace hotline::live
