// SPDX-License-Identifier: Apache-2.0
// Between the app's voice values and the voice link's messages. Pure.
#pragma once

#include <optional>
#include <string>

#include "app/ports/voice.hpp"
#include "voice_link.pb.h"

namespace hotline::voice_adapter {

[[nodiscard]] link::FromCore to_message(const app::FileCommand& command);
/// `trunk` is the trunk group for calls to outside numbers.
[[nodiscard]] link::FromCore to_message(CallId call, const call::VoiceCommand& command, const std::string& trunk);
/// nullopt for a kind of event this version does not know (a newer node): it is acknowledged and otherwise ignored.
[[nodiscard]] std::optional<app::VoiceEvent> to_event(const link::FromNode& message);
[[nodiscard]] std::map<LegId, app::MediaFigures> to_quality(const link::LegQuality& quality);
[[nodiscard]] app::NodeFigures to_figures(const link::Stats& stats);
[[nodiscard]] app::NodeInfo to_info(const link::HelloReply& hello);
[[nodiscard]] app::NodeSnapshot to_snapshot(const link::Snapshot& snapshot);
[[nodiscard]] app::NodeStanding to_standing(const link::LegsReport& report);
[[nodiscard]] std::vector<app::TrunkStatus> to_trunks(
    const google::protobuf::RepeatedPtrField<link::TrunkStatus>& trunks);

}  // namespace hotline::voice_adapter
