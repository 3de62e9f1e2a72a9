// SPDX-License-Identifier: Apache-2.0
#include "bench/own_hotline.hpp"

#include <curl/curl.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hotline::bench {
namespace {

namespace fs = std::filesystem;

std::string configuration(const CallsOptions& options, std::uint16_t agent_port) {
  return fmt::format(R"([log]
level = "warn"
[web]
bind = "127.0.0.1"
https_port = -1
http_port = 0
redirect_http = false
[flows]
directory = "{}"
[voice]
prompts = ["{}"]
calls_max = 9000
[sip]
bind = "127.0.0.1"
udp_port = 0
tcp_port = 0
sessions_max = 20000
agent_hosts = ["127.0.0.1"]
[[trunk]]
name = "bench"
peers = ["*"]
channels_max = 9000
[media]
bind = "127.0.0.1"
[webrtc]
bind = "127.0.0.1"
[demo]
wrap_up = 0
phones = 0
agent_contact = "sip:{{number}}@127.0.0.1:{}"
)",
                     options.flows.string(), options.prompts.string(), agent_port);
}

/// CPU time in milliseconds of a process or thread by its stat (proc(5): fields 14 and 15, in clock ticks); 0 for the
/// threads of the archiver when `without_archive`.
double cpu_of(const std::string& stat, bool without_archive = false) {
  std::ifstream in(stat);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos) return 0;
  if (without_archive && text.find("(archive") != std::string::npos) return 0;
  std::istringstream fields(text.substr(after_name + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Of those of its threads that live now, the archiver's left out: what calls need lives as long as the process.
double cpu_of_calls(pid_t pid) {
  double sum = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error))
    sum += cpu_of(task.path() / "stat", true);
  return sum;
}

std::size_t keep(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

/// The few requests a benchmark needs.
class Client {
 public:
  explicit Client(std::string base) : base_(std::move(base)), curl_(curl_easy_init()) {
    curl_easy_setopt(curl_, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT, 20L);
  }
  ~Client() { curl_easy_cleanup(curl_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The answer's JSON; null on any status but 200.
  boost::json::value ask(const char* method, const std::string& path, const std::string& body) {
    std::string out;
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    if (!csrf_.empty()) headers = curl_slist_append(headers, ("X-CSRF-Token: " + csrf_).c_str());
    curl_easy_setopt(curl_, CURLOPT_URL, (base_ + "/api/v1" + path).c_str());
    curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &out);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.c_str());
    if (body.empty()) curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
    const CURLcode done = curl_easy_perform(curl_);
    curl_slist_free_all(headers);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    boost::system::error_code ec;
    boost::json::value value = done == CURLE_OK && status == 200 ? boost::json::parse(out, ec) : boost::json::value();
    if (value.is_null()) refusal_ = out;
    return ec ? boost::json::value() : value;
  }
  void use_token(std::string token) { csrf_ = std::move(token); }
  /// The body of the last answer that was not 200.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  std::string base_, csrf_, refusal_;
  CURL* curl_;
};

}  // namespace

Result<std::unique_ptr<OwnHotline>, Problem> OwnHotline::start(const CallsOptions& options, std::uint16_t agent_port) {
  std::unique_ptr<OwnHotline> own(new OwnHotline(new TemporaryDirectory({})));
  const fs::path folder = own->directory_->path();
  std::ofstream(folder / "bench.toml") << configuration(options, agent_port);
  runtime::ChildProcess::Config child;
  child.argv = {options.program.string(),  "serve", "--demo", "--config", (folder / "bench.toml").string(), "--data",
                (folder / "data").string()};
  child.log_path = (folder / "serve.log").string();
  auto process = runtime::ChildProcess::start(child);
  if (!process) return fail(process.error());
  own->process_ = std::make_unique<runtime::ChildProcess>(std::move(*process));
  while (auto line = own->process_->read_line(Duration{30'000})) {
    std::istringstream words(*line);
    std::string word;
    while (words >> word) {
      if (word.starts_with("http=")) own->http_ = word.substr(5);
      if (word.starts_with("sip_udp=")) own->sip_ = word.substr(8);
    }
    if (line->starts_with("demo account supervisors")) own->supervisor_password_ = line->substr(line->rfind(' ') + 1);
    if (line->starts_with("demo account admin")) return own;
  }
  std::ifstream log(folder / "serve.log");
  const std::string text((std::istreambuf_iterator<char>(log)), {});
  return fail(
      Problem{"the hotline to be measured did not start: " + text, "run `hotline doctor` on your own configuration"});
}

OwnHotline::~OwnHotline() {
  if (!process_) return;
  process_->signal(SIGTERM);
  if (process_->wait(Duration{1'000})) return;
  process_->signal(SIGTERM);  // a second one ends live calls
  if (!process_->wait(Duration{15'000})) process_->signal(SIGKILL);
}

Result<void, Problem> OwnHotline::make_ready(unsigned agents) {
  Client client(http_);
  const auto session =
      client.ask("POST", "/session",
                 boost::json::serialize(boost::json::object{{"username", "8901"}, {"password", supervisor_password_}}));
  if (!session.is_object())
    return fail(Problem{"the supervisor of the demo cannot sign in", "look at the log of serve"});
  client.use_token(std::string(session.at("csrf_token").as_string()));
  unsigned ready = 0;
  std::string refused;
  for (unsigned number = 8001; number < 8001 + agents; ++number) {
    const auto list = client.ask("GET", "/agents?q=" + std::to_string(number), "");
    if (!list.is_object() || list.at("items").as_array().empty()) continue;
    const auto id = std::string(list.at("items").as_array().front().at("id").as_string());
    if (client.ask("PUT", "/agents/" + id + "/state", R"({"state":"ready","device":"sip"})").is_object())
      ++ready;
    else
      refused = fmt::format("agent {}: {}", number, client.refusal());
  }
  if (ready < agents)
    return fail(Problem{fmt::format("only {} of {} agents became ready; {}", ready, agents, refused),
                        "look at the log of serve"});
  return {};
}

OwnHotline::Cpu OwnHotline::cpu() const {
  pid_t node = 0;
  std::ifstream(directory_->path() / "data" / "voice.pid") >> node;
  Cpu used;
  for (const pid_t pid : {process_->pid(), node}) {
    const double calls = cpu_of_calls(pid);
    used.calls_ms += calls;
    used.archive_ms += cpu_of("/proc/" + std::to_string(pid) + "/stat") - calls;
  }
  return used;
}

}  // namespace hotline::bench
