// SPDX-License-Identifier: Apache-2.0
// Recordings: their sound, those that give trouble, holds, and the room they have.

#include "adapters/api/impl.hpp"
#include "adapters/api/query.hpp"
#include "app/ports/stored_text.hpp"
#include "vault/bytes.hpp"

namespace hotline::api {
namespace {

namespace fs = std::filesystem;

/// An archive decrypted on the way to the browser.
class Decrypted final : public http::BodySource {
 public:
  explicit Decrypted(std::unique_ptr<vault::ByteSource> source) : source_(std::move(source)) {}
  std::uint64_t size() const override { return source_->size(); }
  bool read(std::uint64_t offset, std::span<char> out) override {
    const auto count = source_->read(offset, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    if (!count) spdlog::error("a recording cannot be played: {}; {}", count.error().what, count.error().remedy);
    return count && *count == out.size();
  }

 private:
  std::unique_ptr<vault::ByteSource> source_;
};

/// The path came from the node: it must stay inside the folder.
std::optional<fs::path> file_inside(const fs::path& folder, const std::string& path) {
  const auto file = (folder / path).lexically_normal();
  const auto inside = file.lexically_relative(folder.lexically_normal());
  std::error_code ec;
  if (inside.empty() || inside.native().starts_with("..") || !fs::is_regular_file(file, ec)) return std::nullopt;
  return file;
}

const char* room_name(unsigned room) {
  return room == 0 ? "enough" : room == 1 ? "low" : "short";
}

}  // namespace

http::Response Api::Impl::recording_audio(const http::Request& request, const Caller& caller) {
  const RecordingId id{request.id_param("id").value_or(0)};
  const auto recording = store.recording(id);
  if (!recording) return http::not_found("No recording has this id.");
  const auto contact = store.contact(recording->contact);
  if (!contact || !may_see(caller, *contact, store))
    return http::forbidden("This recording is not of a contact of yours.");
  const app::RecordingLedger& ledger = recording->ledger;
  if (ledger.delete_asked_at) return http::not_found("The recording was deleted: " + ledger.delete_why + ".");
  if (recording->state == "running" || recording->path.empty())
    return http::not_found("The recording is still being made.");
  const auto folder = config.recordings.find(recording->node);
  if (folder == config.recordings.end())
    return http::not_found("The recordings of voice node " + recording->node + " are not reachable from here.");
  const bool archived = ledger.archived_at && !ledger.archive_gone_at;
  const auto file = file_inside(folder->second, archived ? ledger.path : recording->path);
  if (!file) return http::not_found("The recording's file is missing.");
  http::Response response;
  if (archived && !ledger.key.empty()) {
    auto source = vault::open_source(*file, *config.recording_keys);
    if (!source) {
      spdlog::error("recording {} cannot be played: {}; {}", id.value(), source.error().what, source.error().remedy);
      return http::not_found("The recording cannot be decrypted; hotline doctor says why.");
    }
    response.source = std::make_shared<Decrypted>(std::move(*source));
    response.content_type = "audio/ogg";
  } else {
    response = http::Response::from_file(*file, archived ? "audio/ogg" : "audio/wav");
  }
  audit(caller, "recording.play", id.to_string(), request,
        boost::json::serialize(boost::json::object{{"range", std::string(request.header("Range"))}}));
  response.set_header("Cache-Control", "private, no-store");
  return response;
}

http::Response Api::Impl::list_recordings(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden();
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const auto before = query_number<RecordingId>(request, "before_id");
  if (!before) return before.error();
  std::vector<TroubledRecordingBody> list;
  for (const app::Recording& recording : store.troubled_recordings(before->value_or(RecordingId{}), *limit))
    list.push_back({body_of(recording), recording.contact, recording.node});
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::recording_storage(const Caller& caller) const {
  if (!caller.supervisor()) return http::forbidden();
  std::map<std::string, StorageBody> nodes;
  if (node_figures) {
    for (const auto& [name, figures] : node_figures()) {
      StorageBody& node = nodes[name];
      node.free_bytes = static_cast<std::int64_t>(figures.recordings_free);
      node.total_bytes = static_cast<std::int64_t>(figures.recordings_total);
      node.room = room_name(figures.recordings_room);
      node.archive_failed = static_cast<std::int64_t>(figures.archive_failed);
      node.resting = figures.archive_resting;
    }
  }
  if (recording_backlog) {
    for (const app::RecordingBacklog& backlog : recording_backlog()) {
      StorageBody& node = nodes[backlog.node];
      node.to_archive = backlog.to_archive;
      node.to_clear = backlog.to_clear;
      node.to_delete = backlog.to_delete;
    }
  }
  std::vector<StorageBody> list;
  for (auto& [name, node] : nodes) {
    node.node = name;
    if (node.room.empty()) node.room = room_name(0);
    list.push_back(std::move(node));
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::hold_recording(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden();
  const RecordingId id{request.id_param("id").value_or(0)};
  if (!store.recording(id)) return http::not_found("No recording has this id.");
  auto body = read_body<HoldBody>(request);
  if (!body) return body.error();
  const std::string why = body->hold ? app::to_storable(body->why.value_or("")) : "";
  store.write_and_wait({app::SetRecordingHold{id, body->hold, why}});
  const auto now = store.recording(id);
  if (!now || now->ledger.hold != body->hold || now->ledger.delete_asked_at)
    return http::conflict("The recording's deletion has begun.");
  audit(caller, body->hold ? "recording.hold" : "recording.release", id.to_string(), request,
        boost::json::serialize(boost::json::object{{"why", why}}));
  return http::Response::json(200, jsonmap::write(body_of(*now)));
}

void Api::Impl::recording_routes(http::Router& router) {
  router.get("/api/v1/recordings/troubled", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_recordings(request, caller);
             }));
  router.get("/api/v1/recordings/storage",
             guard(false, [this](const http::Request&, const Caller& caller) { return recording_storage(caller); }));
  router.add("PUT", "/api/v1/recordings/{id}/hold",
             guard(true, [this](const http::Request& request,
                                const Caller& caller) { return hold_recording(request, caller); }),
             {.body_max = 4096});
  router.get("/api/v1/recordings/{id}/audio", guard(false, [this](const http::Request& request, const Caller& caller) {
               return recording_audio(request, caller);
             }));
}

}  // namespace hotline::api
