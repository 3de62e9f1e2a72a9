// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/outbox.hpp"

#include <algorithm>
#include <unordered_set>

namespace hotline::voice_link {
namespace {

bool settles_nothing_once_ended(link::FromNode::BodyCase kind) {
  switch (kind) {
    case link::FromNode::kDigit:
    case link::FromNode::kPlayDone:
    case link::FromNode::kHoldChanged:
    case link::FromNode::kWebrtcAnswer:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::uint64_t leg_of(const link::FromNode& event) {
  switch (event.body_case()) {
    case link::FromNode::kIncoming:
      return event.incoming().leg();
    case link::FromNode::kRinging:
      return event.ringing().leg();
    case link::FromNode::kAnswered:
      return event.answered().leg();
    case link::FromNode::kEnded:
      return event.ended().leg();
    case link::FromNode::kWebrtcAnswer:
      return event.webrtc_answer().leg();
    case link::FromNode::kDigit:
      return event.digit().leg();
    case link::FromNode::kPlayDone:
      return event.play_done().leg();
    case link::FromNode::kHoldChanged:
      return event.hold_changed().leg();
    case link::FromNode::kTransferRequested:
      return event.transfer_requested().leg();
    case link::FromNode::kRecordingDone:
      return event.recording_done().leg();
    case link::FromNode::kCommandFailed:
      return event.command_failed().leg();
    case link::FromNode::kLegReplaced:
      return event.leg_replaced().leg();
    case link::FromNode::kReferProgress:
      return event.refer_progress().leg();
    default:
      return 0;
  }
}

std::uint64_t Outbox::append(link::FromNode event) {
  event.set_seq(++last_seq_);
  Entry entry{.seq = last_seq_, .leg = leg_of(event), .kind = event.body_case(), .payload = event.SerializeAsString()};
  bytes_ += entry.payload.size() + sizeof(Entry);
  entries_.push_back(std::move(entry));
  if (bytes_ > bytes_max_) {
    if (bytes_ >= tidy_at_) drop_what_settles_nothing();
    if (bytes_ > bytes_max_) ++over_bound_;
  }
  return last_seq_;
}

void Outbox::drop_what_settles_nothing() {
  std::unordered_set<std::uint64_t> ended;
  for (const Entry& entry : entries_)
    if (entry.kind == link::FromNode::kEnded) ended.insert(entry.leg);
  dropped_ += std::erase_if(entries_, [&](const Entry& entry) {
    if (!settles_nothing_once_ended(entry.kind) || !ended.contains(entry.leg)) return false;
    bytes_ -= entry.payload.size() + sizeof(Entry);
    return true;
  });
  tidy_at_ = bytes_ + bytes_max_ / 8;
}

void Outbox::acknowledge(std::uint64_t seq, const std::function<void(const Entry&)>& settled) {
  while (!entries_.empty() && entries_.front().seq <= seq) {
    settled(entries_.front());
    bytes_ -= entries_.front().payload.size() + sizeof(Entry);
    entries_.pop_front();
  }
  if (bytes_ <= bytes_max_) tidy_at_ = 0;
}

const Outbox::Entry* Outbox::first_after(std::uint64_t seq) const {
  const auto found = std::upper_bound(entries_.begin(), entries_.end(), seq,
                                      [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.seq; });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace hotline::voice_link
