// SPDX-License-Identifier: Apache-2.0
// `hotline bench NAME [--json]`.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "bench/bench.hpp"
#include "main/commands.hpp"

namespace hotline::main {

void add_bench_command(CLI::App& app, int& status) {
  CLI::App* bench = app.add_subcommand("bench", "measure this program beside a bare reference");
  bench->require_subcommand(1);

  static bench::MediaOptions media;
  CLI::App* media_command = bench->add_subcommand("media", "bridged and recorded calls beside a bare UDP relay");
  media_command->add_option("--calls", media.calls, "numbers of simultaneous calls")->delimiter(',');
  media_command->add_option("--seconds", media.seconds, "measured time of each kind and round");
  media_command->add_option("--rounds", media.rounds, "how often the kinds alternate");
  media_command->add_option("--directory", media.directory, "where recordings are written");
  media_command->add_flag("--json", media.json, "one JSON object as the last line");
  static bool kinds = false;
  media_command->add_flag("--kinds", kinds,
                          "SRTP, transcoding and conferences instead, as many as the first of --calls");
  media_command->callback([&status] { status = kinds ? bench::media_kinds(media) : bench::media(media); });

  static bench::IvrOptions ivr;
  CLI::App* ivr_command = bench->add_subcommand("ivr", "prompts played to many callers");
  ivr_command->add_option("--calls", ivr.calls, "callers");
  ivr_command->add_option("--seconds", ivr.seconds, "measured time");
  ivr_command->add_flag("--json", ivr.json, "one JSON object as the last line");
  ivr_command->callback([&status] { status = bench::ivr(ivr); });

  static bench::QualityOptions quality;
  CLI::App* quality_command = bench->add_subcommand(
      "quality", "speech relayed, transcoded, in a conference and recorded, compared with itself");
  quality_command->add_option("--seconds", quality.seconds, "of speech")->check(CLI::Range(2, 60));
  quality_command->add_option("--loss", quality.loss, "share of packets lost")->check(CLI::Range(0.0, 0.9));
  quality_command->add_option("--jitter", quality.jitter_ms, "ms by which packets are delayed at most")
      ->check(CLI::Range(0, 500));
  quality_command->add_flag("!--no-concealment", quality.concealment, "silence in place of lost packets");
  quality_command->add_flag("--json", quality.json, "one JSON object as the last line");
  quality_command->callback([&status] { status = bench::quality(quality); });

  static bench::ArchiveOptions archive;
  archive.prompts = std::filesystem::absolute("build/prompts");
  CLI::App* archive_command = bench->add_subcommand("archive", "a recording's archive: CPU and size a minute");
  archive_command->add_option("--prompts", archive.prompts, "folder of the prompts that are the conversation");
  archive_command->add_option("--minutes", archive.minutes, "length of the recording")->check(CLI::Range(1, 120));
  archive_command->add_flag("--json", archive.json, "one JSON object as the last line");
  archive_command->callback([&status] { status = bench::archive(archive); });

  static bench::CallsOptions calls;
  calls.program = std::filesystem::read_symlink("/proc/self/exe");
  calls.flows = std::filesystem::absolute("flows");
  calls.prompts = std::filesystem::absolute("build/prompts");
  CLI::App* calls_command =
      bench->add_subcommand("calls", "whole calls through IVR and queue to an agent, at rising rates");
  calls_command->add_option("--rates", calls.rates, "calls a second of each step")->delimiter(',');
  calls_command->add_option("--seconds", calls.seconds, "length of each step");
  calls_command->add_option("--agents", calls.agents, "SIP agents")->check(CLI::Range(1, 150));
  calls_command->add_flag("!--all-cores", calls.one_core, "let the hotline run on every core, not on the first alone");
  calls_command->add_option("--flows", calls.flows, "folder of the flows");
  calls_command->add_option("--prompts", calls.prompts, "folder of the prompts");
  calls_command->add_flag("--json", calls.json, "one JSON object as the last line");
  calls_command->callback([&status] {
    spdlog::set_level(spdlog::level::warn);  // this process is the load: a line a leg would be part of the measurement
    status = bench::calls(calls);
  });

  static bench::AcdOptions acd;
  CLI::App* acd_command = bench->add_subcommand("acd", "one decision of the routing core in its largest world");
  acd_command->add_option("--agents", acd.agents, "agents")->check(CLI::Range(10, 1'000'000));
  acd_command->add_option("--queues", acd.queues, "queues")->check(CLI::Range(8, 100'000));
  acd_command->add_option("--waiting", acd.waiting, "calls that wait")->check(CLI::Range(1, 1'000'000));
  acd_command->add_option("--decisions", acd.decisions, "decisions measured")->check(CLI::Range(100, 100'000'000));
  acd_command->add_flag("--json", acd.json, "one JSON object as the last line");
  acd_command->callback([&status] { status = bench::acd(acd); });

  static bench::OrdersOptions orders;
  orders.types = std::filesystem::absolute("orders");
  CLI::App* orders_command =
      bench->add_subcommand("orders", "work orders at their desks, with years of orders and contacts in the store");
  orders_command->add_option("--orders", orders.orders, "work orders loaded")->check(CLI::Range(1'000, 100'000'000));
  orders_command->add_option("--contacts", orders.contacts, "contacts loaded")->check(CLI::Range(1'000, 1'000'000'000));
  orders_command->add_option("--customers", orders.customers, "customers loaded")
      ->check(CLI::Range(1'000, 100'000'000));
  orders_command->add_option("--stores", orders.stores, "sqlite, postgresql")
      ->delimiter(',')
      ->check(CLI::IsMember({"sqlite", "postgresql"}));
  orders_command->add_option("--url", orders.url, "of a PostgreSQL database for this alone, instead of an own server");
  orders_command->add_option("--folder", orders.folder, "where the loaded stores are kept for the next run");
  orders_command->add_option("--types", orders.types, "folder of the types of work orders");
  orders_command->add_option("--rate", orders.rate, "orders made a second")->check(CLI::Range(1.0, 10'000.0));
  orders_command->add_option("--seconds", orders.seconds, "of making orders")->check(CLI::Range(1.0, 3'600.0));
  orders_command->add_option("--minutes", orders.minutes, "loading breaks off after this; run again to go on");
  orders_command->add_flag("--load-only", orders.load_only, "measure nothing");
  orders_command->add_flag("--json", orders.json, "one JSON object as the last line");
  orders_command->callback([&status] { status = bench::orders(orders); });
}

}  // namespace hotline::main
