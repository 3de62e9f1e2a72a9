// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/node/translate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hotline::voice::node {

link::HangupCause to_link(signalling::EndCause cause) {
  using enum signalling::EndCause;
  switch (cause) {
    case normal:
      return link::CAUSE_NORMAL;
    case busy:
      return link::CAUSE_BUSY;
    case no_answer:
      return link::CAUSE_NO_ANSWER;
    case rejected:
      return link::CAUSE_REJECTED;
    case cancelled:
    case elsewhere:
      return link::CAUSE_CANCELLED;
    case unreachable:
      return link::CAUSE_UNREACHABLE;
    case capacity:
      return link::CAUSE_CAPACITY;
    case error:
      return link::CAUSE_ERROR;
    case shutdown:
      return link::CAUSE_SHUTDOWN;
  }
  return link::CAUSE_UNKNOWN;
}

link::HangupCause to_link(webrtc::Failure failure) {
  // A browser that never reached us and one that could not prove who it is are different troubles for whoever looks.
  return failure == webrtc::Failure::unreachable || failure == webrtc::Failure::handshake_timeout
             ? link::CAUSE_UNREACHABLE
             : link::CAUSE_ERROR;
}

link::HangupCause to_link(webrtc::Loss loss) {
  switch (loss) {
    case webrtc::Loss::silence:
      return link::CAUSE_MEDIA_TIMEOUT;
    case webrtc::Loss::closed:
      return link::CAUSE_NORMAL;
    case webrtc::Loss::error:
      return link::CAUSE_ERROR;
  }
  return link::CAUSE_UNKNOWN;
}

link::PlayEnd to_link(media::PlayEnd end) {
  switch (end) {
    case media::PlayEnd::finished:
      return link::PLAY_FINISHED;
    case media::PlayEnd::digit:
      return link::PLAY_DIGIT;
    case media::PlayEnd::stopped:
      return link::PLAY_STOPPED;
    case media::PlayEnd::missing:
      return link::PLAY_MISSING;
  }
  return link::PLAY_STOPPED;
}

link::MediaStats to_link(const media::SessionStats& stats) {
  link::MediaStats out;
  out.set_packets_received(stats.packets_received);
  out.set_packets_sent(stats.packets_sent);
  out.set_packets_lost(stats.packets_lost);
  out.set_jitter_ms(stats.jitter_ms);
  out.set_level_peak(stats.level_peak);
  out.set_loss_x100(stats.loss_x100);
  out.set_rtt_ms(stats.rtt_ms);
  out.set_mos_x100(stats.mos_x100);
  out.set_remote_loss_x100(stats.remote_loss_x100);
  out.set_remote_jitter_ms(stats.remote_jitter_ms);
  if (stats.packets_received + stats.packets_sent > 0) out.set_codec(media::name_of(stats.codec));
  return out;
}

signalling::EndCause to_signalling(link::HangupCause cause) {
  using signalling::EndCause;
  switch (cause) {
    case link::CAUSE_BUSY:
      return EndCause::busy;
    case link::CAUSE_NO_ANSWER:
      return EndCause::no_answer;
    case link::CAUSE_REJECTED:
      return EndCause::rejected;
    case link::CAUSE_CANCELLED:
      return EndCause::cancelled;
    case link::CAUSE_UNREACHABLE:
      return EndCause::unreachable;
    case link::CAUSE_CAPACITY:
      return EndCause::capacity;
    case link::CAUSE_ERROR:
      return EndCause::error;
    case link::CAUSE_SHUTDOWN:
      return EndCause::shutdown;
    case link::CAUSE_ELSEWHERE:
      return EndCause::elsewhere;
    default:
      return EndCause::normal;
  }
}

Result<media::PlayRequest, Problem> to_media(const link::Play& play) {
  constexpr std::uint32_t silence_ms_max = 60'000;
  constexpr std::array<const char*, 5> tones{"ringback", "busy", "congestion", "dial", "beep"};
  media::PlayRequest request;
  request.id = PlayId{play.play()};
  request.loop = play.loop();
  request.stop_on_digit = play.stop_on_digit();
  request.items.reserve(static_cast<std::size_t>(play.items_size()));
  for (const link::PlayItem& item : play.items()) {
    switch (item.item_case()) {
      case link::PlayItem::kPrompt:
        request.items.emplace_back().what = media::PlayItem::Prompt{item.prompt()};
        break;
      case link::PlayItem::kTone:
        if (std::find(tones.begin(), tones.end(), item.tone()) == tones.end())
          return fail(Problem{"no tone '" + item.tone() + "'", "use ringback, busy, congestion, dial or beep"});
        request.items.emplace_back().what = media::PlayItem::Tone{item.tone()};
        break;
      case link::PlayItem::kSilenceMs:
        if (item.silence_ms() > silence_ms_max)
          return fail(Problem{"a silence of " + std::to_string(item.silence_ms()) + " ms", "at most 60000"});
        request.items.emplace_back().what = media::PlayItem::Silence{Duration{item.silence_ms()}};
        break;
      case link::PlayItem::ITEM_NOT_SET:
        return fail(
            Problem{"an item that is neither prompt, tone nor silence", "core and node must be of one release"});
    }
  }
  return request;
}

bool are_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789*#ABCD") == std::string::npos;
}

std::string recording_path(RecordingId recording, TimePoint now) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  return fmt::format("{:04}/{:02}/{:02}/{}.wav", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()), recording.value());
}

}  // namespace hotline::voice::node
