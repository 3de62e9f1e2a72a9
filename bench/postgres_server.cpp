// SPDX-License-Identifier: Apache-2.0
#include "bench/postgres_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hotline::bench {
namespace {

std::string find_binaries() {
  std::vector<std::string> found;
  const std::filesystem::path root = "/usr/lib/postgresql";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(root, none))
    if (std::filesystem::exists(entry.path() / "bin/postgres")) found.push_back((entry.path() / "bin").string());
  return found.empty() ? std::string() : *std::max_element(found.begin(), found.end());
}

pid_t start(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (geteuid() == 0 && user == nullptr) throw std::runtime_error("running as root, but there is no user postgres");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  // Only async-signal-safe calls from here on (and initgroups: there is one thread).
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, 1);
  dup2(out, 2);
  if (user != nullptr &&
      (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGINT);  // after setuid, which clears it
  if (chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

bool succeeds(const std::vector<std::string>& words, const std::string& log) {
  int status = 0;
  const pid_t child = start(words, log);
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool PostgresServer::is_installed() {
  return !find_binaries().empty();
}

PostgresServer::PostgresServer(const std::filesystem::path& folder) : folder_(std::filesystem::absolute(folder)) {
  const std::string binaries = find_binaries();
  if (binaries.empty())
    throw std::runtime_error("no PostgreSQL server in /usr/lib/postgresql: install postgresql, or give --url");
  std::filesystem::create_directories(folder_);
  const std::string log = folder_ / "log", data = folder_ / "data";
  if (const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
      user != nullptr && chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("chown failed");
  const bool is_new = !std::filesystem::exists(folder_ / "data" / "PG_VERSION");
  if (is_new && !succeeds({binaries + "/initdb", "--pgdata", data, "--auth", "trust", "--username", "postgres",
                           "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"},
                          log))
    throw std::runtime_error("initdb failed: see " + log);
  // A small server of today: a gigabyte of its own, the rest is the system's cache.
  server_ = start({binaries + "/postgres", "-D", data, "-k", folder_.string(), "-c", "listen_addresses=", "-c",
                   "shared_buffers=1GB", "-c", "max_wal_size=4GB", "-c", "checkpoint_timeout=15min", "-c",
                   "random_page_cost=1.1", "-c", "max_connections=50"},
                  log);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!succeeds({binaries + "/pg_isready", "-q", "-h", folder_.string()}, log)) {
    if (waitpid(server_, nullptr, WNOHANG) == server_ || std::chrono::steady_clock::now() > give_up) {
      server_ = -1;
      throw std::runtime_error("the PostgreSQL server did not start: see " + log);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it tells nobody when it is ready
  }
  if (is_new && !succeeds({binaries + "/createdb", "-h", folder_.string(), "-U", "postgres", "bench"}, log))
    throw std::runtime_error("createdb failed: see " + log);
  url_ = "postgresql://postgres@/bench?host=" + folder_.string();
}

PostgresServer::~PostgresServer() {
  if (server_ <= 0) return;
  kill(server_, SIGINT);
  waitpid(server_, nullptr, 0);
}

}  // namespace hotline::bench
