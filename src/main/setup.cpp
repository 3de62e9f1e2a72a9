// SPDX-License-Identifier: Apache-2.0
// What every subcommand does first: configuration, logging, complaints.
#include <fmt/core.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>

#include "adapters/flows/flow_files.hpp"
#include "adapters/store/store.hpp"
#include "app/ports/orders.hpp"
#include "main/commands.hpp"

namespace hotline::main {
namespace {

/// The message as a JSON string.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string text = boost::json::serialize(
        boost::json::string(boost::json::string_view(message.payload.data(), message.payload.size())));
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

}  // namespace

std::optional<Config> config_or_complain(const std::filesystem::path& file, const std::filesystem::path& data) {
  auto config = load_config(file, data);
  if (config) return std::move(*config);
  for (const call::FlowProblem& problem : config.error()) fmt::print(stderr, "hotline: {}\n", to_string(problem));
  return std::nullopt;
}

void set_up_logging(const LogConfig& config, const std::string& process) {
  auto logger = spdlog::stderr_color_mt(process);
  logger->set_level(spdlog::level::from_str(config.level));
  if (config.format == "json") {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JsonMessage>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","process":"%n","message":%*})");
    logger->set_formatter(std::move(formatter));
  } else {
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %n %v");
  }
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void complain(const Problem& problem) {
  fmt::print(stderr, "hotline: {}\n  remedy: {}\n", problem.what, problem.remedy);
}

int migrate(const std::filesystem::path& file, const std::filesystem::path& data, bool reindex) {
  const auto config = config_or_complain(file, data);
  if (!config) return 1;
  std::filesystem::create_directories(config->data);
  auto opened = store::open_store(config->store_url);
  if (!opened) {
    complain(opened.error());
    return 1;
  }
  if (reindex) {
    (*opened)->orders()->index_all();
    fmt::print("every work order waits to be indexed anew, which a running hotline does\n");
  }
  fmt::print("{} has this program's schema\n", store::without_password(config->store_url));
  return 0;
}

}  // namespace hotline::main
