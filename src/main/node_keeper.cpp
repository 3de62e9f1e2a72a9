// SPDX-License-Identifier: Apache-2.0
#include "main/node_keeper.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <fstream>

#include "runtime/child_process.hpp"
#include "runtime/thread_name.hpp"

namespace hotline::main {
namespace {

constexpr Duration start_limit{15'000};
constexpr Duration look_every{200};
constexpr Duration restart_wait{500};

std::string log_path(const Config& config) {
  return (config.data / "voice.log").string();
}

/// Why the node did not start: the last complaint in its log ("hotline…: what", "  remedy: …"), else the last line.
Problem last_words(const std::string& path) {
  constexpr std::string_view remedy = "  remedy: ";
  std::ifstream in(path);
  std::string line;
  Problem last{"it left no word", "see " + path};
  while (std::getline(in, line)) {
    if (line.starts_with(remedy)) {
      last.remedy = line.substr(remedy.size());
    } else if (line.starts_with("hotline: ") || line.starts_with("hotline voice: ")) {
      last = {line.substr(line.find(": ") + 2), "see " + path};
    } else if (!line.empty()) {
      last = {line, "see " + path};
    }
  }
  return last;
}

}  // namespace

std::string node_pid_file(const Config& config) {
  return (config.data / "voice.pid").string();
}

NodeKeeper::NodeKeeper(std::string program, const Config& config, std::function<void()> died)
    : program_(std::move(program)), config_(config), died_(std::move(died)) {}

NodeKeeper::~NodeKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void, Problem> NodeKeeper::start() {
  if (const auto holder = runtime::PidFile::holder(node_pid_file(config_))) {
    spdlog::info("voice node of process {} is running: adopted", *holder);
  } else if (auto launched = launch(); !launched) {
    return launched;
  }
  thread_ = std::thread([this] { watch(); });
  return {};
}

Result<void, Problem> NodeKeeper::launch() {
  runtime::ChildProcess::Config child;
  child.argv = {program_, "voice", "--data", config_.data.string()};
  if (!config_.file.empty()) {
    child.argv.emplace_back("--config");
    child.argv.push_back(config_.file.string());
  }
  child.log_path = log_path(config_);
  child.detached = true;
  auto process = runtime::ChildProcess::start(child);
  if (!process) return fail(process.error());
  const auto line = process->read_line(start_limit);
  process->close_output();
  if (!line || !line->starts_with("ready")) {
    process->signal(SIGKILL);
    (void)process->wait(Duration{2'000});
    const Problem why = last_words(log_path(config_));
    return fail(Problem{"the voice node did not start: " + why.what, why.remedy});
  }
  spdlog::info("voice node started, process {}: {}", process->pid(), *line);
  const std::lock_guard lock(mutex_);
  ready_line_ = line->size() > 6 ? line->substr(6) : "";
  return {};
}

void NodeKeeper::watch() {
  runtime::set_thread_name("node-keeper");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, look_every, [this] { return stopping_; })) {
    if (runtime::PidFile::holder(node_pid_file(config_))) continue;
    lock.unlock();
    spdlog::error("the voice node is gone: its calls are settled, a new one is started");
    died_();
    if (auto launched = launch(); !launched) spdlog::error("{} ({})", launched.error().what, launched.error().remedy);
    lock.lock();
    wake_.wait_for(lock, restart_wait, [this] { return stopping_; });
  }
}

void NodeKeeper::stop_node(Duration limit) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  const auto started = std::chrono::steady_clock::now();
  const auto pid = runtime::PidFile::holder(node_pid_file(config_));
  if (!pid) return;
  ::kill(*pid, SIGTERM);
  while (runtime::PidFile::holder(node_pid_file(config_))) {
    if (std::chrono::steady_clock::now() - started > limit) {
      spdlog::warn("the voice node did not end in time and is killed");
      ::kill(*pid, SIGKILL);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void NodeKeeper::signal_node(int number) const {
  if (const auto pid = runtime::PidFile::holder(node_pid_file(config_))) ::kill(*pid, number);
}

std::string NodeKeeper::ready_line() const {
  const std::lock_guard lock(mutex_);
  return ready_line_;
}

}  // namespace hotline::main
