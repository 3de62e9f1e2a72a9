// SPDX-License-Identifier: Apache-2.0
// See the header. posix_spawn is used because fork in a process with threads may only do what is signal-safe.
#include "runtime/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace hotline::runtime {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// posix_spawn's two parameter objects, destroyed with the scope.
struct SpawnSettings {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

/// Waits until `fd` can be read; false when the deadline passes first.
bool wait_readable(int fd, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
    const int count = ::poll(&entry, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (count > 0) return true;
    if (count == 0 && left.count() <= 0) return false;
    if (count < 0 && errno != EINTR) return false;
  }
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void prepare(SpawnSettings& settings, bool detached, int output, int log) {
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  posix_spawnattr_setflags(&settings.attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                                    (detached ? POSIX_SPAWN_SETSID : 0)));
  posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&settings.actions, output, STDOUT_FILENO);
  if (log >= 0) posix_spawn_file_actions_adddup2(&settings.actions, log, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);
}

}  // namespace

Result<ChildProcess, Problem> ChildProcess::start(const Config& config) {
  if (config.argv.empty()) return fail(Problem{"no program to start", "give argv[0]"});
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
    return fail(Problem{std::string("cannot make a pipe: ") + std::strerror(errno), "raise the limit of open files"});
  Fd read_end(pipe_ends[0]);
  const Fd write_end(pipe_ends[1]);
  Fd log;
  if (!config.log_path.empty()) {
    log.reset(::open(config.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!log)
      return fail(Problem{"cannot open the log file " + config.log_path + ": " + std::strerror(errno),
                          "make its folder writable for this user"});
  }

  SpawnSettings settings;
  prepare(settings, config.detached, write_end.get(), log.get());
  std::vector<std::string> arguments = config.argv;
  std::vector<std::string> added = config.environment;
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  for (std::string& entry : added) environment.push_back(entry.data());
  environment.push_back(nullptr);

  ChildProcess child;
  const int error = ::posix_spawnp(&child.pid_, arguments[0].c_str(), &settings.actions, &settings.attributes,
                                   pointers(arguments).data(), environment.data());
  if (error != 0)
    return fail(Problem{"cannot start " + config.argv[0] + ": " + std::strerror(error),
                        "check that the file exists and may be executed"});
  child.pid_fd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  child.output_ = std::move(read_end);
  return child;
}

std::optional<std::string> ChildProcess::read_line(Duration timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (!output_ || !wait_readable(output_.get(), deadline)) return std::nullopt;
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got <= 0) return std::nullopt;
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(Duration timeout) {
  if (status_ || pid_ <= 0) return status_;
  if (!wait_readable(pid_fd_.get(), SteadyClock::now() + timeout)) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

Result<PidFile, Problem> PidFile::acquire(const std::string& path) {
  PidFile file;
  file.fd_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.fd_)
    return fail(Problem{"cannot open " + path + ": " + std::strerror(errno), "make its folder writable for this user"});
  if (::flock(file.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto owner = holder(path);
    return fail(Problem{path + " is held by " + (owner ? "process " + std::to_string(*owner) : "another process"),
                        "stop that process, or use another data folder"});
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.fd_.get(), 0) != 0 ||
      ::pwrite(file.fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return fail(Problem{"cannot write " + path + ": " + std::strerror(errno), "free some space on the disk"});
  return file;
}

std::optional<pid_t> PidFile::holder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;  // nobody holds it; closing gives the lock back
  std::array<char, 32> text{};
  const ssize_t got = ::read(fd.get(), text.data(), text.size() - 1);
  const pid_t pid = got > 0 ? static_cast<pid_t>(std::strtol(text.data(), nullptr, 10)) : 0;
  return pid > 0 ? std::optional(pid) : std::nullopt;
}

}  // namespace hotline::runtime
