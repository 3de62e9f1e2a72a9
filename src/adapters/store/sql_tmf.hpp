// SPDX-License-Identifier: Apache-2.0
// The port app::TmfStore over the SQL facade: writes join the writer's groups, reads go to the pool. Thread-safe.
#pragma once

#include "adapters/store/read_pool.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "adapters/store/writer.hpp"

namespace hotline::store {

class SqlTmf final : public app::TmfStore {
 public:
  SqlTmf(ReadPool& readers, Writer& writer) : readers_(readers), writer_(writer) {}

  app::TmfPage<app::OrderRow> order_page(const app::TmfOrderQuery& query) override {
    return read([&](sql::Connection& c) { return store::order_page(c, query); });
  }
  app::TmfPage<std::variant<app::Contact, app::TmfInteraction>> interaction_page(
      const app::TmfContactQuery& query) override {
    return read([&](sql::Connection& c) { return store::interaction_page(c, query); });
  }
  void put_interaction(const app::TmfInteraction& interaction, TimePoint now) override {
    check_text(interaction);
    writer_.join([&](sql::Connection& c) { store::put_interaction(c, interaction, now); });
  }
  std::optional<app::TmfInteraction> interaction(std::uint64_t id) override {
    if (id >> 63U) return std::nullopt;
    return read([&](sql::Connection& c) { return store::interaction(c, id); });
  }
  app::TmfPage<app::AppointmentRow> appointment_page(const app::TmfAppointmentQuery& query) override {
    return read([&](sql::Connection& c) { return store::appointment_page(c, query); });
  }

  std::int64_t add_hub(const app::TmfHub& hub) override {
    check_text(hub);
    return write<std::int64_t>([&](sql::Connection& c) { return store::add_hub(c, hub); });
  }
  std::optional<app::TmfHub> hub(std::int64_t id) override {
    return read([&](sql::Connection& c) { return store::hub(c, id); });
  }
  std::vector<app::TmfHub> hubs(const std::string& topic) override {
    return read([&](sql::Connection& c) { return store::hubs(c, topic); });
  }
  bool drop_hub(std::int64_t id) override {
    return write<bool>([&](sql::Connection& c) { return store::drop_hub(c, id); });
  }

  std::vector<app::TmfChange> changes(std::uint32_t limit) override {
    return read([&](sql::Connection& c) { return store::changes(c, limit); });
  }
  void publish(const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>>& made) override {
    check_text(made);
    writer_.join([&](sql::Connection& c) { store::publish(c, made); });
  }
  std::int64_t publish_now(const app::TmfDraft& draft) override {
    check_text({{{}, {draft}}});
    return write<std::int64_t>([&](sql::Connection& c) { return store::publish_now(c, draft); });
  }
  app::TmfPage<app::TmfEvent> events(const std::string& topic, app::TmfPaging page) override {
    return read([&](sql::Connection& c) { return tmf_events(c, topic, page); });
  }
  std::optional<app::TmfEvent> event(const std::string& topic, std::int64_t id) override {
    return read([&](sql::Connection& c) { return tmf_event(c, topic, id); });
  }

  std::optional<app::TmfHub> claim_hub(TimePoint now, TimePoint until) override {
    if (!read([&](sql::Connection& c) { return any_hub_due(c, now); })) return std::nullopt;
    return write<std::optional<app::TmfHub>>([&](sql::Connection& c) { return store::claim_hub(c, now, until); });
  }
  std::vector<app::TmfEvent> to_deliver(std::int64_t hub, std::uint32_t limit) override {
    return read([&](sql::Connection& c) { return store::to_deliver(c, hub, limit); });
  }
  void settle_hub(std::int64_t hub, const std::vector<std::int64_t>& accepted, TimePoint next_try,
                  const std::string& trouble) override {
    writer_.join([&](sql::Connection& c) { store::settle_hub(c, hub, accepted, next_try, trouble); });
  }
  std::vector<app::TmfHub> hubs_behind(TimePoint before) override {
    return read([&](sql::Connection& c) { return store::hubs_behind(c, before); });
  }
  void forget(TimePoint before, const std::string& resource_kind, TimePoint resources_before) override {
    writer_.join([&](sql::Connection& c) { store::forget(c, before, resource_kind, resources_before); });
  }

  void put_resource(const app::TmfResource& resource, TimePoint now) override {
    check_text(resource);
    writer_.join([&](sql::Connection& c) { store::put_resource(c, resource, now); });
  }
  std::optional<app::TmfResource> resource(const std::string& kind, std::uint64_t id) override {
    if (id >> 63U) return std::nullopt;  // ids come from URLs too: no column holds it
    return read([&](sql::Connection& c) { return store::resource(c, kind, id); });
  }
  app::TmfPage<app::TmfResource> resources(const std::string& kind, app::TmfPaging page) override {
    return read([&](sql::Connection& c) { return store::resources(c, kind, page); });
  }
  bool drop_resource(const std::string& kind, std::uint64_t id, TimePoint now) override {
    if (id >> 63U) return false;
    return write<bool>([&](sql::Connection& c) { return store::drop_resource(c, kind, id, now); });
  }

 private:
  template <class Work>
  auto read(const Work& work) -> std::invoke_result_t<const Work&, sql::Connection&> {
    return readers_.with(work);
  }
  template <class Answer, class Work>
  Answer write(const Work& work) {
    Answer answer{};
    writer_.join([&](sql::Connection& c) { answer = work(c); });
    return answer;
  }

  ReadPool& readers_;
  Writer& writer_;
};

}  // namespace hotline::store
