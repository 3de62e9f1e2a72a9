// SPDX-License-Identifier: Apache-2.0
// `hotline doctor`: looks at an installation without changing it and says what is wrong, each with a remedy.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "adapters/flows/flow_files.hpp"
#include "adapters/ledger/reconcile.hpp"
#include "adapters/orders/attachment_files.hpp"
#include "adapters/orders/order_files.hpp"
#include "adapters/store/store.hpp"
#include "app/agent_times.hpp"
#include "app/ledger/recording_ledger.hpp"
#include "app/orders/order_desk.hpp"
#include "app/tally.hpp"
#include "main/commands.hpp"
#include "main/doctor_recordings.hpp"
#include "main/findings.hpp"
#include "main/node_keeper.hpp"
#include "runtime/child_process.hpp"
#include "runtime/clock.hpp"
#include "vault/sha256.hpp"

namespace hotline::main {
namespace {

namespace fs = std::filesystem;

void check_folders(const Config& config, Findings& findings) {
  std::error_code ec;
  if (!fs::is_directory(config.data, ec)) {
    findings.bad({"the data folder " + config.data.string() + " does not exist",
                  "start `hotline serve` once, or give the right --data"});
  } else {
    const auto space = fs::space(config.data, ec);
    if (!ec && space.available < 1'000'000'000) {
      findings.bad({fmt::format("only {} MB are free in {}", space.available / 1'000'000, config.data.string()),
                    "make room: recordings need about 1 MB a minute of talk"});
    } else {
      findings.good("data folder " + config.data.string());
    }
  }
  if (!config.web.root.empty() && !fs::exists(config.web.root / "index.html", ec)) {
    findings.bad({"the web application is not built: " + (config.web.root / "index.html").string() + " is missing",
                  "run ./run --build-only"});
  }
}

/// `store`: its queues and skills are what flows may name; null: those are not checked.
void check_flows(const Config& config, app::Store* store, Findings& findings) {
  call::FlowContext context;
  if (store != nullptr) {
    const app::World world = store->load_world();
    for (const app::Queue& queue : world.queues) context.queues.push_back(queue.code);
    for (const app::Skill& skill : world.skills) context.skills.push_back(skill.code);
  }
  for (const fs::path& directory : config.voice.prompt_directories) {
    for (std::string& key : flows::list_prompts(directory)) context.prompts.push_back(std::move(key));
  }
  if (context.prompts.empty()) {
    findings.bad({"no prompts are found in the [voice] prompts folders", "run ./run --build-only, which makes them"});
    return;
  }
  const auto book = flows::load(config.flows, context);
  if (book) {
    findings.good(fmt::format("{} IVR flows, {} prompts", book->flows.size(), context.prompts.size()));
    return;
  }
  for (const call::FlowProblem& problem : book.error())
    findings.bad({problem.file + (problem.line == 0 ? "" : ":" + std::to_string(problem.line)) + ": " + problem.what,
                  problem.remedy});
}

/// Stored times must be those of the history.
void check_contacts(const Config& config, app::Store& store, Findings& findings) {
  app::ContactQuery query;
  query.limit = 200;
  std::size_t looked = 0, wrong = 0, wrong_parts = 0;
  const bool running = runtime::PidFile::holder((config.data / "serve.pid").string()).has_value();
  for (int page = 0; page < 50; ++page) {
    const auto contacts = store.contacts(query);
    for (const app::Contact& contact : contacts) {
      ++looked;
      if (contact.outcome == "live") {
        if (!running)
          findings.bad({"contact " + contact.id.to_string() + " is open although no core runs",
                        "start the core: it settles it"});
        continue;
      }
      const auto history = store.events(contact.id);
      const auto summary = app::summarize(app::tally_of(history), config.live.short_abandon);
      const auto times = app::agent_times_of(history);
      const auto parts = store.parts(contact.id);
      if (parts.size() != times.shares.size()) continue;  // from before each agent's part was kept
      for (const app::ContactPart& part : parts) {
        const auto* share = times.share(part.agent);
        const bool same = share != nullptr && share->talk == part.talk && share->hold == part.hold;
        if (!same && contact.outcome != "lost") ++wrong_parts;
      }
      if (contact.outcome != "lost" &&
          (summary.wait != contact.wait || summary.talk != contact.talk || summary.hold != contact.hold))
        ++wrong;
    }
    if (contacts.size() < query.limit) break;
    query.before = contacts.back().id;
  }
  if (wrong > 0)
    findings.bad(
        {fmt::format("the times of {} contacts differ from their history", wrong), "report it: this is a bug"});
  if (wrong_parts > 0)
    findings.bad({fmt::format("the times of {} agents in their contacts differ from the history", wrong_parts),
                  "report it: this is a bug"});
  findings.good(fmt::format("{} contacts looked at", looked));
}

/// Orders that are not found by what they say, unless they are waiting to be indexed.
void check_index(app::OrderStore& orders, std::vector<WorkOrderId> unfound, Findings& findings) {
  if (unfound.empty()) return;
  const auto waiting = orders.unindexed(UINT32_MAX);  // by id
  std::erase_if(unfound, [&](WorkOrderId id) { return std::binary_search(waiting.begin(), waiting.end(), id); });
  if (!unfound.empty())
    findings.bad({fmt::format("{} work orders are not found by what they say, {} the first", unfound.size(),
                              unfound.front().value()),
                  "have the index made anew: hotline migrate --reindex"});
  else
    findings.good(fmt::format("{} work orders wait to be indexed, which a running hotline does", waiting.size()));
}

/// Every attachment's file is there, and is what was attached.
void check_attachments(const Config& config, app::OrderStore& orders, Findings& findings) {
  const orders::AttachmentFiles files(config.attachments);
  std::size_t looked = 0;
  constexpr std::uint32_t page = 500;
  for (std::uint64_t after = 0;;) {
    const auto rows = orders.attachments_after(after, page);
    for (const app::Attachment& row : rows) {
      ++looked;
      if (!files.is_whole(row.path, row.sha256))
        findings.bad({fmt::format("the attachment {} of work order {} is missing or not what was attached: {}", row.id,
                                  row.order.value(), (config.attachments / row.path).string()),
                      "restore the file from a backup of the attachments' folder"});
    }
    if (rows.size() < page) break;
    after = rows.back().id;
  }
  if (looked > 0) findings.good(fmt::format("{} attachments looked at", looked));
}

/// Every work order's history: the chain of its hashes, and that the stored state is what it says.
void check_orders(const Config& config, app::Store& store, Findings& findings) {
  if (config.orders.empty()) return;
  auto types = orders::load(config.orders);
  if (!types) {
    for (const FileProblem& problem : types.error()) findings.bad({to_string(problem), problem.remedy});
    return;
  }
  app::OrderStore* orders = store.orders();
  if (orders == nullptr) return;
  const std::size_t known = types->size();
  app::OrderDesk desk(*orders, std::move(*types), vault::sha256_hex, {});
  const auto organised = desk.organisation();
  for (const auto& [code, type] : desk.types())
    for (const workorder::Clock& clock : type.clocks)
      if (clock.calendar != workorder::Clock::kDepartment && !organised->calendars.has(clock.calendar))
        findings.bad({fmt::format("the calendar \"{}\" of work orders \"{}\" is not there; its clock runs round the "
                                  "clock",
                                  clock.calendar, code),
                      "add the calendar (PUT /api/v1/organisation), or name another in the type's file"});
  std::size_t looked = 0;
  std::vector<WorkOrderId> unfound;
  constexpr std::uint32_t page = 500;
  for (WorkOrderId after;;) {
    const auto rows = orders->orders_after(after, page);
    for (const app::OrderRow& row : rows) {
      ++looked;
      if (const std::string wrong = desk.wrong_with(row); !wrong.empty())
        findings.bad({"work order " + row.number + ": " + wrong,
                      "somebody changed the database by hand, or a disk is failing: compare with a backup"});
      if (!desk.is_indexed(row)) unfound.push_back(row.id);
    }
    if (rows.size() < page) break;
    after = rows.back().id;
  }
  check_index(*orders, unfound, findings);
  check_attachments(config, *orders, findings);
  findings.good(fmt::format("{} work-order types, {} orders looked at", known, looked));
}

constexpr std::chrono::hours differences_looked_at{24};

/// What the watchdog had to repair in the last day: in a healthy system nothing.
void check_differences(app::Store& store, TimePoint now, Findings& findings) {
  const auto rows = store.differences(now - differences_looked_at, 1'000);
  if (rows.empty()) return findings.good("the watchdog found no difference within 24 hours");
  std::map<std::string, std::size_t> kinds;
  for (const app::StoredDifference& row : rows) ++kinds[row.kind];
  std::string list;
  for (const auto& [kind, count] : kinds) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, kind);
  const app::StoredDifference& last = rows.front();
  findings.bad({fmt::format("the watchdog repaired {} differences within 24 hours: {}; the last: {} contact {}: {}",
                            rows.size(), list, last.kind, last.contact.value(), last.cause),
                "each was mended; if they go on, send the log lines \"watchdog:\" with the report of the bug"});
}

/// What the recorder or a node's loss explains is known and told elsewhere; the rest should not be.
bool is_explained(const app::LedgerGap& gap) {
  return gap.cause.starts_with("node_lost") || gap.cause.find(": ") != std::string::npos;
}

/// Today and yesterday of the recording ledger, as the store has them now.
void check_ledger(const Config& config, app::Store& store, TimePoint now, Findings& findings) {
  for (const TimePoint at : {now - std::chrono::hours{24}, now}) {
    const std::string day = app::local_day(at, config.live.utc_offset);
    const auto put = ledger::reconcile_day(store, day, config.live.utc_offset, now);
    const auto gap = std::find_if_not(put.gaps.begin(), put.gaps.end(), is_explained);
    const auto missing = static_cast<double>(put.day.due_ms - put.day.recorded_ms) / 1000;
    const std::string sum = fmt::format("recording ledger of {}: {} answered calls, {} s, {} of them complete", day,
                                        put.day.calls, put.day.due_ms / 1000, put.day.complete);
    if (gap == put.gaps.end())
      findings.good(put.gaps.empty() ? sum : sum + fmt::format("; {:.1f} s are missing for known causes", missing));
    else
      findings.bad({sum + fmt::format("; {:.1f} s are missing, the first: contact {}, {} ms, {}", missing,
                                      gap->contact.value(), (gap->to - gap->from).count(), gap->cause),
                    "the gaps stand on the page Recording ledger with their causes; lost sound cannot be had back"});
  }
}

}  // namespace

int doctor(const fs::path& file, const fs::path& data) {
  const auto config = config_or_complain(file, data);
  if (!config) return 1;
  set_up_logging({.level = "warn", .format = "text"}, "doctor");
  Findings findings;
  findings.good("configuration " + config->file.string());
  check_folders(*config, findings);
  std::unique_ptr<app::Store> store;
  const auto problems = store::check(config->store_url);
  for (const Problem& problem : problems) findings.bad(problem);
  if (problems.empty()) {
    findings.good("store " + store::without_password(config->store_url));
    if (auto opened = store::open_store(config->store_url)) {
      store = std::move(*opened);
    } else {
      findings.bad(opened.error());
    }
  }
  check_flows(*config, store.get(), findings);
  if (store) check_contacts(*config, *store, findings);
  if (store) check_recordings(*config, *store, findings);
  if (store) check_orders(*config, *store, findings);
  const runtime::MonotoneClock clock;
  if (store) check_differences(*store, clock.now(), findings);
  if (store) check_ledger(*config, *store, clock.now(), findings);
  if (config->local_voice) {
    const auto node = runtime::PidFile::holder(node_pid_file(*config));
    const bool running = runtime::PidFile::holder((config->data / "serve.pid").string()).has_value();
    if (running && !node)
      findings.bad({"the core runs without its voice node", "see " + (config->data / "voice.log").string()});
    if (node) findings.good(fmt::format("voice node, process {}", *node));
  }
  fmt::print("{}\n", findings.count() == 0 ? "nothing is wrong"
                                           : fmt::format("{} {} wrong", findings.count(),
                                                         findings.count() == 1 ? "thing is" : "things are"));
  return findings.count() == 0 ? 0 : 1;
}

}  // namespace hotline::main
