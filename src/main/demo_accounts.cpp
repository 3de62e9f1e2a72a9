// SPDX-License-Identifier: Apache-2.0
#include "main/demo_accounts.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "adapters/api/api.hpp"
#include "adapters/api/sip_account.hpp"
#include "app/demo/crews.hpp"
#include "app/demo/demo.hpp"
#include "app/demo/organisation.hpp"
#include "app/ports/outside.hpp"
#include "runtime/fd.hpp"

namespace hotline::main {
namespace {

std::filesystem::path accounts_file(const Config& config) {
  return config.data / "demo-accounts.txt";
}

/// 12 letters and digits that are not mistaken for each other.
std::string make_password() {
  static constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789";
  std::string password;
  for (int i = 0; i < 12; ++i) password += letters[randombytes_uniform(static_cast<std::uint32_t>(letters.size()))];
  return password;
}

std::optional<DemoAccounts> read_accounts(const std::filesystem::path& file) {
  std::ifstream in(file);
  DemoAccounts accounts;
  if (!(in >> accounts.agent >> accounts.supervisor >> accounts.admin)) return std::nullopt;
  in >> accounts.phone >> accounts.partner;
  return accounts;
}

Result<void, Problem> write_accounts(const std::filesystem::path& file, const DemoAccounts& accounts) {
  const runtime::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", accounts.agent, accounts.supervisor, accounts.admin,
                                       accounts.phone, accounts.partner);
  if (fd.get() < 0 || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail(Problem{"the demo's accounts cannot be written to " + file.string(), "make the data folder writable"});
  }
  return {};
}

/// "sip:{number}@host" -> "sip:8001@host"
std::string contact_of(std::string contact, const std::string& number) {
  const auto at = contact.find("{number}");
  if (at != std::string::npos) contact.replace(at, 8, number);
  return contact;
}

/// The numbers of those who have an account, for the line that is printed.
void name_phones(const std::vector<app::Agent>& agents, DemoAccounts& accounts) {
  if (accounts.phone.empty()) return;
  for (const app::Agent& member : agents) {
    if (!member.sip_account.exists()) continue;
    if (accounts.first_phone.empty() || member.number < accounts.first_phone) accounts.first_phone = member.number;
    accounts.last_phone = std::max(accounts.last_phone, member.number);
  }
}

/// One desk at each partner: "desk-110".
void save_partner_accounts(const Config& config, app::OrderStore& orders, const std::string& password, TimePoint now) {
  app::OutsideStore* outside = orders.outside();
  if (outside == nullptr) return;
  const std::string hash = api::hash_password(password);
  for (const auto& [code, partner] : config.outside.partners)
    (void)outside->save_partner_account({0, code, "desk-" + code, partner.name.zh_hans, hash, true, now});
}

}  // namespace

Result<DemoAccounts, Problem> prepare_demo(const Config& config, app::Store& store) {
  const auto file = accounts_file(config);
  auto accounts = read_accounts(file);
  const std::vector<app::Agent> former = store.load_world().agents;
  if (!former.empty()) {
    if (accounts) {
      name_phones(former, *accounts);
      return *accounts;
    }
    return fail(Problem{"the store has a world, but " + file.string() + " is missing",
                        "start without --demo, or with an empty data folder"});
  }
  if (!accounts) {
    accounts =
        DemoAccounts{make_password(), make_password(), make_password(), make_password(), make_password(), {}, {}};
    if (auto written = write_accounts(file, *accounts); !written) return fail(written.error());
  }
  // One hash a role: a hash takes tens of milliseconds by design, and there are 150 agents.
  const std::string agent = api::hash_password(accounts->agent);
  const std::string supervisor = api::hash_password(accounts->supervisor);
  const std::string admin = api::hash_password(accounts->admin);
  app::demo::DemoOptions options;
  options.now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  options.password_hash = [&](const app::Agent& member) {
    return member.role == "admin" ? admin : member.role == "supervisor" ? supervisor : agent;
  };
  app::demo::Demo demo = app::demo::make_demo(config.demo.seed, options);
  if (!config.demo.agent_contact.empty()) {
    for (app::Agent& member : demo.world.agents)
      member.sip_contact = contact_of(config.demo.agent_contact, member.number);
  }
  std::uint32_t phones = accounts->phone.empty() ? 0 : config.demo.phones;
  for (auto member = demo.world.agents.rbegin(); member != demo.world.agents.rend() && phones > 0; ++member) {
    if (member->role != "agent") continue;
    --phones;
    member->sip_contact.clear();  // reached where the phone registers from, or not at all
    member->sip_account =
        api::make_sip_account(member->number, config.voice.sip.registrar.realm, accounts->phone).account;
  }
  name_phones(demo.world.agents, *accounts);
  if (config.demo.wrap_up) {
    for (app::Queue& queue : demo.world.queues) queue.wrap_up = *config.demo.wrap_up;
  }
  auto departments = app::demo::make_organisation(config.demo.seed, options);
  demo.world.agents.insert(demo.world.agents.end(), departments.staff.begin(), departments.staff.end());
  if (app::OrderStore* orders = store.orders()) {
    orders->save_organisation(departments.organisation);
    if (!accounts->partner.empty()) save_partner_accounts(config, *orders, accounts->partner, options.now);
  }
  if (app::AppointmentStore* appointments = store.appointments()) {
    for (const app::CrewRow& crew : app::demo::make_crews()) appointments->save_crew(crew);
  }
  store.save_customers(demo.customers);
  store.save_world(demo.world);  // last: its presence says that the demo is complete
  return *accounts;
}

}  // namespace hotline::main
