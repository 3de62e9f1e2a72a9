// SPDX-License-Identifier: Apache-2.0
#include "support/postgres.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hotline::test {
namespace {

std::string find_binaries() {
  std::vector<std::string> found;
  const std::filesystem::path root = "/usr/lib/postgresql";
  if (std::filesystem::exists(root))
    for (const auto& entry : std::filesystem::directory_iterator(root))
      if (std::filesystem::exists(entry.path() / "bin/postgres")) found.push_back((entry.path() / "bin").string());
  if (found.empty())
    throw std::runtime_error("no PostgreSQL server in /usr/lib/postgresql: apt-get install postgresql");
  return *std::max_element(found.begin(), found.end());
}

const passwd* server_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) throw std::runtime_error("running as root, but there is no user postgres");
  return user;
}

/// Starts a program as the server's user, its output appended to `log`.
pid_t start_program(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = server_user();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  // Only async-signal-safe calls from here on (and initgroups, before any thread can matter).
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, 1);
  dup2(out, 2);
  if (user != nullptr &&
      (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which clears it: a killed test leaves no server behind
  if (chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

bool succeeds(const std::vector<std::string>& words, const std::string& log) {
  int status = 0;
  const pid_t child = start_program(words, log);
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string text_of(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

}  // namespace

PrivatePostgres::PrivatePostgres() : binaries_(find_binaries()) {
  char name[] = "/tmp/hotline_pg_XXXXXX";
  if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = name;
  if (const passwd* user = server_user(); user != nullptr && chown(name, user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("chown failed");
  if (!succeeds({binaries_ + "/initdb", "--pgdata", folder_ + "/data", "--auth", "trust", "--username", "postgres",
                 "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"},
                folder_ + "/log"))
    throw std::runtime_error("initdb failed: " + text_of(folder_ + "/log"));
  start();
}

PrivatePostgres::~PrivatePostgres() {
  crash();  // the data is thrown away: no checkpoint needed
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PrivatePostgres::start() {
  server_ =
      start_program({binaries_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c",
                     "fsync=on", "-c", "shared_buffers=32MB", "-c", "max_connections=50"},
                    folder_ + "/log");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!succeeds({binaries_ + "/pg_isready", "-q", "-h", folder_}, folder_ + "/log")) {
    if (waitpid(server_, nullptr, WNOHANG) == server_ || std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("the PostgreSQL server did not start: " + text_of(folder_ + "/log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it tells nobody when it is ready
  }
}

void PrivatePostgres::stop() {
  end(SIGINT);
}
void PrivatePostgres::crash() {
  end(SIGQUIT);
}

void PrivatePostgres::end(int signal) {
  if (server_ <= 0) return;
  kill(server_, signal);
  waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string PrivatePostgres::make_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  if (!succeeds({binaries_ + "/createdb", "-h", folder_, "-U", "postgres", name}, folder_ + "/log"))
    throw std::runtime_error("createdb failed: " + text_of(folder_ + "/log"));
  return "postgresql://postgres@/" + name + "?host=" + folder_;
}

PrivatePostgres& shared_postgres() {
  static PrivatePostgres server;
  return server;
}

}  // namespace hotline::test
