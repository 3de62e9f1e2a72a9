// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/ledger/ledger_passes.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "adapters/ledger/reconcile.hpp"
#include "app/ledger/recording_ledger.hpp"

namespace hotline::ledger {

using Kind = app::RecordingWork::Kind;

void LedgerPasses::pass(TimePoint now) {
  std::erase_if(said_, [&](const auto& entry) { return entry.second + config_.repeat_after <= now; });
  const bool low = room_is_low_();
  if (now >= expire_at_ || low) {
    expire_at_ = now + config_.expire_every;
    expire(now);
  }
  if (now >= reconcile_at_) {
    reconcile_at_ = now + config_.reconcile_every;
    reconcile(now);
  }
  for (const std::string& node : config_.nodes) {
    work(node, Kind::remove, now);
    work(node, Kind::clear, now);
    if (config_.archive) work(node, Kind::archive, now);
  }
}

void LedgerPasses::command(const std::string& node, RecordingId id, app::FileCommand command, const std::string& path,
                           TimePoint now) {
  if (said_.try_emplace({id, path}, now).second) voice_.send_file_command(node, command);
}

void LedgerPasses::work(const std::string& node, Kind kind, TimePoint now) {
  for (const app::Recording& recording : store_.recording_work({kind, node, now, config_.commands_max})) {
    const RecordingId id = recording.id;
    const app::RecordingLedger& ledger = recording.ledger;
    if (kind == Kind::archive) {
      command(node, id, app::ArchiveRecording{id, recording.path}, "archive", now);
    } else if (kind == Kind::clear) {
      command(node, id, app::DeleteRecordingFile{id, recording.path, ledger.path}, recording.path, now);
    } else {
      if (!recording.path.empty() && !ledger.wav_gone_at)
        command(node, id, app::DeleteRecordingFile{id, recording.path, {}}, recording.path, now);
      if (!ledger.path.empty() && !ledger.archive_gone_at)
        command(node, id, app::DeleteRecordingFile{id, ledger.path, {}}, ledger.path, now);
    }
  }
}

/// Oldest first, a page a pass; at the end it begins anew, since a contact's reason may have been written meanwhile.
void LedgerPasses::expire(TimePoint now) {
  const auto least = app::kept_least(config_.retention);
  if (!least) return;
  const auto page = store_.recording_ages({walked_to_, walked_to_id_, now - *least + Duration{1}, config_.ages_max});
  app::Batch batch;
  for (const app::RecordingAge& age : page) {
    if (!app::is_expired(config_.retention, age.service_line, age.reason_code, age.started_at, now)) continue;
    const auto kept = app::kept_for(config_.retention, age.service_line, age.reason_code);
    const auto days = std::chrono::duration_cast<std::chrono::hours>(*kept).count() / 24;
    const std::string why = "kept for " + std::to_string(days) + " days";
    batch.emplace_back(app::AskRecordingDeletion{age.id, why, now});
    batch.emplace_back(app::AddAudit{{now, std::nullopt, "recording.expire", age.id.to_string(), "retention", "{}"}});
  }
  if (!batch.empty()) {
    spdlog::info("{} recordings have been kept long enough and are deleted", batch.size() / 2);
    store_.write_and_wait(std::move(batch));
  }
  const bool at_end = page.size() < config_.ages_max;
  walked_to_ = at_end ? TimePoint{} : page.back().started_at;
  walked_to_id_ = at_end ? RecordingId{} : page.back().id;
}

void LedgerPasses::reconcile(TimePoint now) {
  const std::string today = app::local_day(now, config_.utc_offset);
  const TimePoint midnight = app::range_of_day(today, config_.utc_offset)->first;
  if (now < midnight + config_.reconcile_after) return;
  const std::string yesterday = app::local_day(midnight - Duration{1}, config_.utc_offset);
  const auto days = store_.ledger_days(8);
  const bool done = std::any_of(days.begin(), days.end(), [&](const app::LedgerDay& day) {
    return day.day == yesterday && day.reconciled_at >= midnight + config_.reconcile_after;
  });
  if (done) return;
  app::PutLedgerDay put = reconcile_day(store_, yesterday, config_.utc_offset, now);
  if (put.gaps.empty())
    spdlog::info("recording ledger of {}: {} calls, {} s, each second recorded", yesterday, put.day.calls,
                 put.day.due_ms / 1000);
  else
    spdlog::warn("recording ledger of {}: {} of {} calls have gaps, {} of {} ms recorded; the first: contact {} {}",
                 yesterday, put.day.calls - put.day.complete, put.day.calls, put.day.recorded_ms, put.day.due_ms,
                 put.gaps.front().contact.value(), put.gaps.front().cause);
  store_.write_and_wait({std::move(put)});
}

}  // namespace hotline::ledger
