// SPDX-License-Identifier: Apache-2.0
// `hotline serve`: the composition root. Opens the store, starts or adopts the voice node, runs the live strand and the
// web server; on SIGTERM drains and ends everything it started, on SIGQUIT leaves the voice node and its calls to the
// next core, which is how a core is upgraded during calls.
#include <fmt/core.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "adapters/api/api.hpp"
#include "adapters/flows/flow_files.hpp"
#include "adapters/flows/flow_watcher.hpp"
#include "adapters/ledger/ledger_service.hpp"
#include "adapters/ledger/reconcile.hpp"
#include "adapters/live/live_service.hpp"
#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "adapters/tmf/tmf_api.hpp"
#include "adapters/voice/voice_links.hpp"
#include "app/appointments/appointment_desk.hpp"
#include "app/orders/order_desk.hpp"
#include "main/commands.hpp"
#include "main/demo_accounts.hpp"
#include "main/node_keeper.hpp"
#include "main/outside_service.hpp"
#include "runtime/child_process.hpp"
#include "runtime/periodic.hpp"
#include "runtime/signals.hpp"
#include "sim/plan.hpp"
#include "vault/kept_secret.hpp"
#include "vault/sha256.hpp"

namespace hotline::main {
namespace {

using Clock = std::chrono::steady_clock;

/// What flows may name, as the store and the prompt folders have it.
call::FlowContext flow_context(const app::World& world, const Config& config) {
  call::FlowContext context;
  for (const app::Queue& queue : world.queues) context.queues.push_back(queue.code);
  for (const app::Skill& skill : world.skills) context.skills.push_back(skill.code);
  for (const auto& directory : config.voice.prompt_directories) {
    for (std::string& key : flows::list_prompts(directory)) context.prompts.push_back(std::move(key));
  }
  return context;
}

void complain(const flows::FlowProblems& problems) {
  for (const call::FlowProblem& problem : problems) spdlog::error("{}", to_string(problem));
}

/// Deadlines of one kind worked off in one go.
constexpr std::uint32_t kDueMost = 100, kForgetMost = 500;

/// Everything that runs, in the order of its start; ends in the reverse order.
class Running {
 public:
  Running(const ServeOptions& options, Config config) : options_(options), config_(std::move(config)) {}

  Result<void, Problem> start();
  void wait_and_stop(runtime::SignalFd& signals);

 private:
  Result<void, Problem> open_store();
  Result<void, Problem> load_flows();
  Result<void, Problem> start_orders();
  void start_appointments();
  Result<void, Problem> prepare_outside();
  [[nodiscard]] std::unique_ptr<runtime::Periodic> work_off(const char* name, Duration every,
                                                            std::function<bool(TimePoint)> work);
  Result<void, Problem> start_voice();
  void start_tmf();
  Result<void, Problem> start_web();
  void announce() const;
  void look_at_flows();
  void reload_order_types();
  void drain(runtime::SignalFd& signals);
  void reload();

  const ServeOptions& options_;
  Config config_;
  std::optional<runtime::PidFile> pid_file_;
  std::int64_t start_seconds_ = 0;  ///< of this start: no other on this data folder has it (IdMaker)
  runtime::MonotoneClock clock_;
  std::unique_ptr<app::Store> store_;
  std::optional<DemoAccounts> demo_;
  std::unique_ptr<flows::FlowWatcher> flows_;
  std::unique_ptr<voice_adapter::VoiceLinks> links_;
  std::unique_ptr<live::LiveService> service_;
  std::shared_ptr<const vault::KeyRing> recording_keys_;
  std::unique_ptr<NodeKeeper> keeper_;
  std::unique_ptr<ledger::LedgerService> ledger_;
  std::unique_ptr<app::OrderDesk> orders_;
  std::unique_ptr<app::AppointmentDesk> appointments_;
  std::unique_ptr<runtime::Periodic> order_clock_, order_ids_, appointment_clock_;
  std::unique_ptr<OutsideService> outside_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<tmf::TmfApi> tmf_;
  std::unique_ptr<http::Server> server_;
};

Result<void, Problem> Running::start() {
  std::error_code ec;
  std::filesystem::create_directories(config_.data, ec);
  if (ec)
    return fail(Problem{"the data folder " + config_.data.string() + " cannot be made: " + ec.message(),
                        "give a writable folder with --data"});
  const auto pid_path = config_.data / "serve.pid";
  const auto former = std::filesystem::last_write_time(pid_path, ec);
  const bool had_former = !ec;
  auto pid_file = runtime::PidFile::acquire(pid_path.string());
  if (!pid_file) return fail(pid_file.error());
  // Ids begin with the second of the start (IdMaker): no two starts on one data folder share a second.
  while (had_former && std::filesystem::file_time_type::clock::now() - former < std::chrono::seconds(1)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  pid_file_.emplace(std::move(*pid_file));
  // The second that counts is read once, and what the next start waits from is written after it: a start that took its
  // second late (the store was slow to open) would else share it with one that came quickly.
  start_seconds_ = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  std::filesystem::last_write_time(pid_path, std::filesystem::file_time_type::clock::now(), ec);
  if (auto step = open_store(); !step) return step;
  if (auto step = load_flows(); !step) return step;
  if (auto step = start_orders(); !step) return step;
  start_appointments();
  if (auto step = prepare_outside(); !step) return step;
  if (auto step = start_voice(); !step) return step;
  if (auto step = start_web(); !step) return step;
  if (outside_)
    outside_->start(clock_, [this](const std::vector<AgentId>& people, const app::OutboxEntry& entry) {
      api_->notify(people, entry);
    });
  announce();
  return {};
}

Result<void, Problem> Running::open_store() {
  auto store = store::open_store(config_.store_url);
  if (!store) return fail(store.error());
  store_ = std::move(*store);
  if (!options_.demo) return {};
  auto accounts = prepare_demo(config_, *store_);
  if (!accounts) return fail(accounts.error());
  demo_ = std::move(*accounts);
  return {};
}

Result<void, Problem> Running::load_flows() {
  flows_ = std::make_unique<flows::FlowWatcher>(config_.flows, flow_context(store_->load_world(), config_));
  const auto first = flows_->poll();
  if (flows_->book()) return {};
  complain(first.problems);
  const std::string one = first.problems.empty() ? "no flows found" : to_string(first.problems.front());
  return fail(Problem{"the IVR flows in " + config_.flows.string() + " are not usable: " + one,
                      "correct the flow files named above"});
}

Result<void, Problem> Running::start_orders() {
  app::OrderStore* store = store_->orders();
  if (config_.orders.empty() || store == nullptr) return {};
  auto types = orders::load(config_.orders);
  if (!types) {
    for (const FileProblem& problem : types.error()) spdlog::error("{}", to_string(problem));
    return fail(Problem{
        "the work-order types in " + config_.orders.string() + " are not usable: " + to_string(types.error().front()),
        "correct the files named above"});
  }
  app::OrderDesk::Config desk;
  desk.utc_offset = config_.live.utc_offset;
  desk.start_seconds = start_seconds_;
  orders_ = std::make_unique<app::OrderDesk>(*store, std::move(*types), vault::sha256_hex, desk);
  order_clock_ = work_off("orders", config_.orders_clock_every, [this](TimePoint now) {
    const bool more_due = orders_->tick(now, kDueMost) == kDueMost;
    return orders_->index_waiting(kDueMost) == kDueMost || more_due;
  });
  order_ids_ = std::make_unique<runtime::Periodic>(
      runtime::Periodic::Config{"order ids", Duration{60'000}}, clock_,
      [store, kept = std::chrono::days{config_.command_id_days}](TimePoint now) {
        return store->forget_commands(now - kept, kForgetMost) == kForgetMost;
      },
      [](const std::string& what) { spdlog::warn("old command ids of orders stay: {}", what); });
  return {};
}

void Running::start_appointments() {
  app::AppointmentStore* store = store_->appointments();
  if (store == nullptr) return;
  app::AppointmentDesk::Config desk;
  desk.rules = config_.appointments;
  desk.start_seconds = start_seconds_;
  appointments_ = std::make_unique<app::AppointmentDesk>(*store, desk);
  appointment_clock_ = work_off("appointments", config_.appointments_clock_every,
                                [this](TimePoint now) { return appointments_->tick(now, kDueMost) == kDueMost; });
}

/// Secrets and keys are read before anybody is let in.
Result<void, Problem> Running::prepare_outside() {
  app::OrderStore* orders = store_->orders();
  if (orders == nullptr) return {};
  // Who they are changes seldom, and is asked for with every order that comes by itself.
  auto supervisors = [this, found = std::vector<AgentId>{}, again = Clock::time_point{}]() mutable {
    if (Clock::now() < again) return found;
    again = Clock::now() + std::chrono::seconds(30);
    found.clear();
    for (const app::Agent& agent : store_->load_world().agents)
      if (agent.enabled && (agent.role == "supervisor" || agent.role == "admin") &&
          (!orders_ || orders_->organisation()->departments.is_hotline(agent.id)))
        found.push_back(agent.id);
    return found;
  };
  auto made = OutsideService::make(config_, *orders, orders_.get(), std::move(supervisors));
  if (!made) return fail(made.error());
  outside_ = std::move(*made);
  return {};
}

std::unique_ptr<runtime::Periodic> Running::work_off(const char* name, Duration every,
                                                     std::function<bool(TimePoint)> work) {
  return std::make_unique<runtime::Periodic>(
      runtime::Periodic::Config{name, every}, clock_, std::move(work),
      [name](const std::string& what) { spdlog::warn("the deadlines of {} wait: {}", name, what); });
}

Result<void, Problem> Running::start_voice() {
  auto keys = vault::KeyRing::load(config_.voice.recording_keys);  // the node needs them too and would only log why
  if (!keys) return fail(keys.error());
  recording_keys_ = std::make_shared<vault::KeyRing>(std::move(*keys));
  const std::uint64_t epoch = store_->next_epoch();
  // A newer core is in charge: whatever this one still does would be wrong.
  links_ = std::make_unique<voice_adapter::VoiceLinks>(
      epoch, [] { std::_Exit(3); }, config_.outbound_trunk);
  service_ = std::make_unique<live::LiveService>(config_.live, *store_, *links_, clock_);
  service_->start(flows_->book(), start_seconds_);
  std::vector<voice_adapter::NodeAddress> nodes = config_.nodes;
  if (config_.local_voice) {
    const std::string name = config_.voice.name;
    keeper_ = std::make_unique<NodeKeeper>(options_.program, config_, [this, name] {
      (void)service_->post([name](app::Live& live, TimePoint now) { return live.node_dead(name, now); });
    });
    if (auto started = keeper_->start(); !started) return started;
    nodes.push_back({name, config_.voice.link_path, config_.voice.recordings_directory});
  }
  links_->connect(nodes, *service_);
  for (const voice_adapter::NodeAddress& node : nodes) config_.ledger.nodes.push_back(node.name);
  config_.ledger.utc_offset = config_.live.utc_offset;
  ledger_ = std::make_unique<ledger::LedgerService>(config_.ledger, *store_, *links_, clock_, [this] {
    const auto figures = links_->figures();
    return std::any_of(figures.begin(), figures.end(),
                       [](const auto& node) { return node.second.recordings_room > 0; });
  });
  return {};
}

/// The TM Forum APIs, where there are work orders and appointments.
void Running::start_tmf() {
  app::TmfStore* store = store::tmf_of(*store_);
  if (!config_.tmf.enabled || store == nullptr || !orders_ || !appointments_) return;
  tmf::TmfConfig tmf;
  tmf.public_url = config_.tmf.public_url;
  if (!config_.tmf.tickets.empty()) tmf.tickets = {config_.tmf.tickets.begin(), config_.tmf.tickets.end()};
  tmf.hub.callback_hosts = config_.tmf.callback_hosts;
  tmf.hub.callback_ca = config_.tmf.callback_ca;
  tmf.hub.timeout = config_.tmf.timeout;
  tmf.hub.retry_most = config_.tmf.retry_most;
  tmf.hub.give_up_after = config_.tmf.give_up_after;
  tmf.start_seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  tmf_ = std::make_unique<tmf::TmfApi>(
      std::move(tmf), tmf::Stores{*store_, *store, *orders_, *appointments_},
      [this](const http::Request& request, bool changes) { return api_->authorize(request, changes); }, clock_);
}

Result<void, Problem> Running::start_web() {
  auto caller_key = vault::kept_secret(config_.data / "web-callers.key");
  if (!caller_key) return fail(caller_key.error());
  api::ApiConfig api;
  api.caller_key = std::move(*caller_key);
  api.allowed_origins = config_.web.allowed_origins;
  api.entry_number = config_.live.entry_number;
  api.service_level_threshold = config_.live.service_level_threshold;
  api.utc_offset = config_.live.utc_offset;
  api.reconcile_day = [offset = config_.live.utc_offset](app::Store& store, const std::string& day, TimePoint now) {
    return ledger::reconcile_day(store, day, offset, now);
  };
  api.sip_realm = config_.voice.sip.registrar.realm;
  api.session_idle = config_.web.session_idle;
  api.session_max = config_.web.session_max;
  api.caller_grace = config_.web.caller_grace;
  api.recordings[config_.voice.name] = config_.voice.recordings_directory;
  for (const voice_adapter::NodeAddress& node : config_.nodes) api.recordings[node.name] = node.recordings;
  api.recording_keys = recording_keys_;
  api.planner = sim::plan;
  api.attachments = orders::AttachmentFiles(config_.attachments);
  api.attachment_bytes_max = std::size_t{config_.attachment_mb} * 1024 * 1024;
  api_ = std::make_unique<api::Api>(std::move(api), *service_, clock_);
  if (orders_) api_->set_orders(*orders_);
  if (appointments_) api_->set_appointments(*appointments_);
  if (outside_) {
    api::Api::Outside outside;
    outside.partners = &outside_->partners();
    if (outside_->push_key()) outside.push_key = outside_->push_key()->point();
    outside.is_push_service = [this](const std::string& endpoint) {
      return outside::is_push_service(outside_->push(), endpoint);
    };
    outside.wrong_with_keys = outside::wrong_with_subscription;
    api_->set_outside(std::move(outside));
  }
  http::Router router;
  api_->add_routes(router);
  start_tmf();
  if (tmf_) tmf_->add_routes(router);
  if (!config_.web.root.empty()) {
    http::StaticFolder folder;
    folder.root = config_.web.root;
    router.static_files(std::move(folder));
  }
  http::ServerConfig server;
  server.bind_address = config_.web.bind_address;
  server.https_port = config_.web.https_port;
  server.http_port = config_.web.http_port;
  server.plain_http = config_.web.redirect_http && config_.web.https_port ? http::ServerConfig::PlainHttp::redirect
                                                                          : http::ServerConfig::PlainHttp::serve;
  server.tls.certificate_file = config_.web.certificate_file;
  server.tls.key_file = config_.web.key_file;
  server.tls.self_made_folder = config_.data;
  server.tls.names = config_.web.names;
  server.shape_refusal = tmf::shape_refusal;
  server.on_answered = [this](const http::AccessRecord& record) { api_->on_answered(record); };
  auto started = http::Server::start(std::move(server), std::move(router));
  if (!started) return fail(started.error());
  server_ = std::move(*started);
  api_->set_server_stats([this] { return server_->stats(); });
  api_->set_node_figures([this] { return links_->figures(); });
  api_->set_recording_backlog([this] { return ledger_->backlog(); });
  return {};
}

/// The line others wait for: real addresses, and for the demo where to go and with which accounts.
void Running::announce() const {
  std::string line = "ready";
  if (server_->https_port() != 0) line += fmt::format(" https=https://127.0.0.1:{}", server_->https_port());
  if (server_->http_port() != 0) line += fmt::format(" http=http://127.0.0.1:{}", server_->http_port());
  // The voice node may have been adopted: ask the link rather than the process. Without a local one: the first.
  const std::string lead = config_.local_voice || config_.nodes.empty() ? config_.voice.name : config_.nodes[0].name;
  const auto until = Clock::now() + std::chrono::seconds(10);
  app::NodeInfo info;
  while (Clock::now() < until && info.boot_id == 0) {
    service_->run_and_wait([&](app::Live& live, TimePoint) {
      if (const app::NodeInfo* node = live.node(lead)) info = *node;
    });
    if (info.boot_id == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Whoever reads the line may ask /readyz next, which goes by what the strand has published.
  const auto seen = [&] {
    const auto views = service_->views();
    return views->wallboard &&
           std::any_of(views->wallboard->voice_nodes.begin(), views->wallboard->voice_nodes.end(),
                       [&](const app::NodeView& node) { return node.name == lead && node.connected; });
  };
  while (info.boot_id != 0 && Clock::now() < until && !seen())
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (info.boot_id != 0)
    line += fmt::format(" sip_udp={} sip_tcp={} webrtc_udp={}", info.sip_udp, info.sip_tcp, info.webrtc_udp);
  fmt::print("{}\n", line);
  if (demo_) {
    if (!demo_->first_phone.empty())
      fmt::print("demo account phones {}-{} password {} (SIP, {})\n", demo_->first_phone, demo_->last_phone,
                 demo_->phone, info.sip_udp);
    fmt::print("demo account agents 8001-8150 password {}\n", demo_->agent);
    fmt::print("demo account departments 8201-8242 password {}\n", demo_->agent);
    fmt::print("demo account supervisors 8901-8903 password {}\n", demo_->supervisor);
    if (!demo_->partner.empty())
      fmt::print("demo account partners desk-110, desk-12315, desk-regulator, desk-media password {}\n",
                 demo_->partner);
    fmt::print("demo account admin 8999 password {}\n", demo_->admin);
  }
  std::fflush(stdout);
}

void Running::look_at_flows() {
  const auto poll = flows_->poll();
  complain(poll.problems);
  if (!poll.reloaded) return;
  spdlog::info("flows reloaded");
  (void)service_->post([book = flows_->book()](app::Live& live, TimePoint) {
    live.use_flows(book);
    return app::LiveEffects{};
  });
}

void Running::drain(runtime::SignalFd& signals) {
  api_->set_draining();
  (void)service_->post([](app::Live& live, TimePoint now) { return live.drain(now); });
  const auto live_calls = [this] {
    std::size_t count = 0;
    service_->run_and_wait([&](app::Live& live, TimePoint) { count = live.live_calls(); });
    return count;
  };
  const auto until = Clock::now() + config_.drain_limit;
  bool said = false;
  while (live_calls() > 0 && Clock::now() < until) {
    if (!said) spdlog::info("draining: waiting for live calls; a second signal ends them");
    said = true;
    const auto signal = signals.wait(Duration{100});
    if (signal && *signal != SIGHUP) break;
    if (signal) reload();
  }
  (void)service_->post([](app::Live& live, TimePoint now) { return live.end_all(now); });
  // The last legs' ends and recordings come back within a moment; each settles a record.
  const auto settled_until = Clock::now() + std::chrono::seconds(5);
  bool settled = false;
  while (!settled && Clock::now() < settled_until) {
    service_->run_and_wait([&](app::Live& live, TimePoint) { settled = live.settled(); });
    if (!settled) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

/// The types of work orders as their files now are. A damaged version is refused, and the last good one stays.
void Running::reload_order_types() {
  auto types = orders::load(config_.orders);
  if (!types) {
    for (const FileProblem& problem : types.error()) spdlog::error("SIGHUP: {}", to_string(problem));
    spdlog::error("SIGHUP: the work-order types stay as they were");
    return;
  }
  const std::size_t count = types->size();
  if (const auto used = orders_->use_types(std::move(*types)); !used)
    spdlog::error("SIGHUP: the work-order types stay as they were: {}; give the state back, or end those orders first",
                  used.error());
  else
    spdlog::info("SIGHUP: {} work-order types read again", count);
}

/// SIGHUP: certificates that were replaced on disk, of HTTPS here and of SIP in our own voice node; types of orders.
void Running::reload() {
  if (auto loaded = server_->reload_certificate(); !loaded)
    spdlog::error("SIGHUP: the HTTPS certificate stays as it was: {}; {}", loaded.error().what, loaded.error().remedy);
  else
    spdlog::info("SIGHUP: HTTPS certificate read again, new connections get it");
  if (keeper_) keeper_->signal_node(SIGHUP);
  if (orders_) reload_order_types();
}

void Running::wait_and_stop(runtime::SignalFd& signals) {
  std::optional<int> signal;
  while (!(signal = signals.wait(Duration{1'000})) || *signal == SIGHUP) {
    if (signal) reload();
    look_at_flows();
  }
  const bool leave_node = *signal == SIGQUIT;
  if (leave_node) {
    spdlog::info("SIGQUIT: the voice node and its calls are left to the next core");
  } else {
    drain(signals);
  }
  server_->stop(std::chrono::milliseconds(2'000));
  tmf_.reset();
  ledger_.reset();
  order_clock_.reset();
  order_ids_.reset();
  appointment_clock_.reset();
  if (outside_) outside_->stop();
  links_->stop();
  if (keeper_ && !leave_node) keeper_->stop_node(Duration{10'000});
  service_->stop();
  spdlog::info("ended");
}

}  // namespace

int serve(const ServeOptions& options) {
  auto config = config_or_complain(options.config, options.data);
  if (!config) return 1;
  set_up_logging(config->log, "core");
  runtime::ignore_sigpipe();
  runtime::SignalFd signals({SIGTERM, SIGINT, SIGQUIT, SIGHUP});
  if (sodium_init() < 0) {
    complain(Problem{"libsodium cannot be initialised", "check the machine's random source"});
    return 1;
  }
  Running running(options, std::move(*config));
  if (auto started = running.start(); !started) {
    complain(started.error());
    return 1;
  }
  running.wait_and_stop(signals);
  return 0;
}

}  // namespace hotline::main
