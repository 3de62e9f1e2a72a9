// SPDX-License-Identifier: Apache-2.0
#include "voice/media/mix.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "voice/media/session.hpp"

namespace hotline::voice::media {

Mix::~Mix() {
  for (auto& member : members_) member.session->set_mix(nullptr);
}

void Mix::add(Session& session) {
  Member& member = members_.emplace_back();
  member.session = &session;
  member.fresh = !session.set_mix(this);
  find_not_heard();
}

void Mix::remove(Session& session) {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](auto& m) { return m.session == &session; });
  if (found == members_.end()) return;
  leave_softly(*found);
  members_.erase(found);
  session.set_mix(nullptr);
  find_not_heard();
}

void Mix::set_not_heard(const Session& session, std::vector<LegId> legs) {
  for (auto& member : members_) {
    if (member.session != &session || member.not_heard == legs) continue;
    if (member.ran && !std::exchange(member.changed, true)) member.not_heard_before = std::move(member.not_heard);
    member.not_heard = std::move(legs);
    break;
  }
  find_not_heard();
}

/// What was heard of it last is mirrored and faded within 10 ms, so that nobody hears a click.
void Mix::leave_softly(const Member& member) {
  if (!member.heard || last_count_ == 0) return;
  Tail tail;
  tail.count = last_count_ / 2;
  for (std::size_t i = 0; i < tail.count; ++i) {
    const auto left = static_cast<float>(tail.count - i) / static_cast<float>(tail.count);
    tail.sound[i] = static_cast<std::int16_t>(static_cast<float>(member.sound[last_count_ - 1 - i]) * left);
  }
  const LegId leg = member.session->leg();
  for (const auto& other : members_) {
    const auto& not_heard = other.changed ? other.not_heard_before : other.not_heard;
    if (&other != &member && std::find(not_heard.begin(), not_heard.end(), leg) == not_heard.end())
      tail.heard_by.push_back(other.session->leg());
  }
  tails_.push_back(std::move(tail));
}

/// The first frame in which another set is not heard: who is muted fades out, who is let through fades in.
void Mix::change_softly(Member& member, std::span<std::int32_t> rest) const {
  const auto among = [](const std::vector<LegId>& legs, LegId leg) {
    return std::find(legs.begin(), legs.end(), leg) != legs.end();
  };
  for (const auto& other : members_) {
    const LegId leg = other.session->leg();
    const bool was = among(member.not_heard_before, leg), is = among(member.not_heard, leg);
    if (&other == &member || !other.heard || other.begins || was == is) continue;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      const auto part = (static_cast<float>(i) + 0.5F) / static_cast<float>(rest.size());
      // A muted one has been taken out already: so much of it comes back; of one let through so much goes.
      const float back = is ? 1 - part : part - 1;
      rest[i] += static_cast<std::int32_t>(static_cast<float>(other.sound[i]) * back);
    }
  }
  member.changed = false;
  member.not_heard_before.clear();
}

std::vector<Session*> Mix::sessions() const {
  std::vector<Session*> out;
  for (const auto& member : members_) out.push_back(member.session);
  return out;
}

void Mix::find_not_heard() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    auto& member = members_[i];
    member.not_heard_at.clear();
    for (std::size_t k = 0; k < members_.size(); ++k)
      if (k != i && std::find(member.not_heard.begin(), member.not_heard.end(), members_[k].session->leg()) !=
                        member.not_heard.end())
        member.not_heard_at.push_back(k);
  }
}

/// 16 kHz as soon as one wideband member hears another; resampling for one alone would gain nothing.
unsigned Mix::rate() const {
  const auto wide = std::count_if(members_.begin(), members_.end(),
                                  [](auto& m) { return sample_rate(m.session->codec()) == wideband; });
  return wide >= 2 ? wideband : narrowband;
}

void Mix::run() {
  const auto rate = this->rate();
  const auto count = frame_samples(rate);
  std::array<std::int32_t, frame_samples_max> sum{};
  for (auto& member : members_) {
    const auto sound = std::span(member.sound).first(count);
    member.heard = member.session->take_frame(sound, rate);
    member.begins = member.fresh && member.heard;
    if (!member.heard) continue;
    if (std::exchange(member.fresh, false))
      for (std::size_t i = 0; i < count; ++i)
        sound[i] =
            static_cast<std::int16_t>(static_cast<float>(sound[i]) * static_cast<float>(i) / static_cast<float>(count));
    for (std::size_t i = 0; i < count; ++i) sum[i] += sound[i];
  }
  // Several voices at once may exceed what 16 bits hold: the sum is turned down at once and comes back slowly, which is
  // not heard, while clipping is.
  std::int32_t peak = 1;
  for (std::size_t i = 0; i < count; ++i) peak = std::max(peak, std::abs(sum[i]));
  constexpr std::int32_t loudest = 30'000;
  constexpr float recovery = 0.02F;
  const float wanted = peak > loudest ? static_cast<float>(loudest) / static_cast<float>(peak) : 1.0F;
  const float before = gain_;
  gain_ = wanted < gain_ ? wanted : std::min(wanted, gain_ + recovery);
  std::array<float, frame_samples_max> gains;
  for (std::size_t i = 0; i < count; ++i)
    gains[i] = std::min(wanted, before + (gain_ - before) * static_cast<float>(i) / static_cast<float>(count));
  const bool limited = before < 1 || gain_ < 1;

  std::array<std::int16_t, frame_samples_max> out;
  for (auto& member : members_) {
    std::array<std::int32_t, frame_samples_max> rest = sum;
    const auto without = [&](const Member& other) {
      if (other.heard)
        for (std::size_t i = 0; i < count; ++i) rest[i] -= other.sound[i];
    };
    without(member);
    for (const auto at : member.not_heard_at) without(members_[at]);
    if (member.changed) change_softly(member, std::span(rest).first(count));
    for (const auto& tail : tails_) {
      const LegId leg = member.session->leg();
      if (2 * tail.count != count || std::find(tail.heard_by.begin(), tail.heard_by.end(), leg) == tail.heard_by.end())
        continue;
      for (std::size_t i = 0; i < tail.count; ++i) rest[i] += tail.sound[i];
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto sample = limited ? static_cast<std::int32_t>(static_cast<float>(rest[i]) * gains[i]) : rest[i];
      out[i] = static_cast<std::int16_t>(std::clamp(sample, -32'768, 32'767));
    }
    member.session->give_frame(std::span(out).first(count), rate);
    member.ran = true;
  }
  tails_.clear();
  last_count_ = count;
}

Mix& MixTable::make(MixId id) {
  mixes_.push_back(std::make_unique<Mix>(id, next_slot_++ % ticks_a_frame));
  return *mixes_.back();
}

void MixTable::drop(const Mix& mix) {
  std::erase_if(mixes_, [&](const auto& m) { return m.get() == &mix; });
}

void MixTable::set(MixId id, const std::vector<std::pair<Session*, std::vector<LegId>>>& members) {
  auto found = std::find_if(mixes_.begin(), mixes_.end(), [&](const auto& m) { return m->id() == id; });
  if (members.empty()) return end(id);
  Mix& mix = found != mixes_.end() ? **found : make(id);
  for (Session* session : mix.sessions())
    if (std::none_of(members.begin(), members.end(), [&](const auto& m) { return m.first == session; }))
      mix.remove(*session);
  for (const auto& [session, not_heard] : members) {
    if (session->mix() != &mix) {
      session->stop_play(PlayEnd::stopped);
      session->unbridge();
      leave(*session);
      mix.add(*session);
    }
    mix.set_not_heard(*session, not_heard);
  }
}

void MixTable::end(MixId id) {
  std::erase_if(mixes_, [&](const auto& m) { return id && m->id() == id; });
}

void MixTable::pair(Session& a, Session& b) {
  leave(a);
  leave(b);
  Mix& mix = make(MixId{});
  mix.add(a);
  mix.add(b);
}

void MixTable::leave(Session& session) {
  Mix* mix = session.mix();
  if (mix == nullptr) return;
  mix->remove(session);
  if (!mix->id() || mix->empty()) drop(*mix);  // half a pair is none
}

void MixTable::run(std::uint64_t tick) {
  for (std::size_t i = 0; i < mixes_.size(); ++i)
    if (mixes_[i]->slot() == tick % ticks_a_frame) mixes_[i]->run();
}

}  // namespace hotline::voice::media
