// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/siprec/client.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdlib>

#include "voice/signalling/multipart.hpp"

namespace hotline::voice::siprec {
namespace {

constexpr std::size_t participants_max = 32;  // with those that have left
/// Fixed: neither SDP nor our XML, where "-" at the start of a line cannot stand, has such a line.
constexpr std::string_view boundary = "hotline-recording-session";
constexpr const char* multipart = "multipart/mixed;boundary=hotline-recording-session";
constexpr const char* headers = "Require: siprec\r\nAccept: application/sdp, application/rs-metadata-request\r\n";
constexpr const char* contact_parameters = ";+sip.src";

/// A refusal that another try within the same call will not change.
bool is_for_good(unsigned status) {
  constexpr std::array<unsigned, 8> passing{401, 404, 407, 408, 480, 481, 486, 491};
  if (status < 400 || (status >= 500 && status < 600)) return false;
  return std::find(passing.begin(), passing.end(), status) == passing.end();
}

bool same(const Participant& a, const Participant& b) {
  return a.role == b.role && a.number == b.number && a.name == b.name && a.agent == b.agent && a.talks == b.talks;
}

}  // namespace

signalling::TrunkConfig trunk_of(const Config& config) {
  signalling::TrunkConfig trunk;
  trunk.name = trunk_name;
  trunk.takes_calls = false;
  trunk.transport = config.transport;
  trunk.channels_max = config.sessions_max;
  trunk.ping = config.ping;
  trunk.fail_over_after = config.fail_over_after;
  trunk.user = config.login;
  trunk.password = config.password;
  std::uint32_t priority = 0;
  for (const auto& server : config.servers) trunk.gateways.push_back({.address = server, .priority = ++priority});
  return trunk;
}

Client::Client(Config config, std::string address, Ports& ports, const runtime::Clock& clock, IdMaker& ids)
    : config_(std::move(config)), address_(std::move(address)), ports_(ports), clock_(clock), ids_(ids) {}

Client::Copy* Client::of_session(LegId session) {
  const auto leg = sessions_.find(session);
  const auto found = leg == sessions_.end() ? copies_.end() : copies_.find(leg->second);
  return found == copies_.end() ? nullptr : &found->second;
}

void Client::record(LegId leg, const Metadata& wanted, bool paused) {
  const auto now = clock_.now();
  auto [at, fresh] = copies_.try_emplace(leg);
  Copy& copy = at->second;
  if (fresh) {
    copy.leg = leg;
    copy.metadata.started_at = now;
    copy.metadata.domain = !config_.domain.empty()                   ? config_.domain
                           : address_.find(':') == std::string::npos ? address_
                                                                     : "[" + address_ + "]";
    copy.paused = paused;
  }
  Metadata& known = copy.metadata;
  bool changed = known.recording != wanted.recording || known.service_line != wanted.service_line ||
                 known.direction != wanted.direction;
  known.call = wanted.call;
  known.recording = wanted.recording;
  known.service_line = wanted.service_line;
  known.direction = wanted.direction;
  for (auto& participant : known.participants) {
    const auto still = std::find_if(wanted.participants.begin(), wanted.participants.end(),
                                    [&](const Participant& p) { return p.id == participant.id; });
    if (still != wanted.participants.end() || participant.until) continue;
    participant.until = now;
    changed = true;
  }
  for (const auto& participant : wanted.participants) {
    const auto before = std::find_if(known.participants.begin(), known.participants.end(),
                                     [&](const Participant& p) { return p.id == participant.id; });
    if (before == known.participants.end()) {
      if (known.participants.size() >= participants_max) continue;
      known.participants.push_back(participant);
      known.participants.back().since = now;
      known.participants.back().until.reset();
      changed = true;
      continue;
    }
    if (same(*before, participant) && !before->until) continue;
    const auto since = before->until ? now : before->since;
    *before = participant;
    before->since = since;
    before->until.reset();
    changed = true;
  }
  if (fresh) return begin(copy);
  if (copy.paused != paused) {  // another recording of ours has begun, which is not paused
    copy.paused = paused;
    changed = true;
    if (copy.session) ports_.pause(copy.session, paused);
  }
  if (changed && copy.state != State::waiting) say(copy);
}

void Client::pause(LegId leg, RecordingId recording, bool paused) {
  const auto found = copies_.find(leg);
  if (found == copies_.end() || found->second.metadata.recording != recording) return;
  Copy& copy = found->second;
  if (copy.paused == paused) return;
  copy.paused = paused;
  if (!copy.session) return;
  ports_.pause(copy.session, paused);  // at once: the card number does not wait for the recorder's answer
  say(copy);
}

void Client::leg_ended(LegId leg) {
  const auto found = copies_.find(leg);
  if (found == copies_.end()) return;
  const LegId session = found->second.session;
  if (session) {
    drop_session(found->second);
    ports_.hangup(session);
  }
  copies_.erase(found);
}

void Client::look_around() {
  std::vector<LegId> lost;
  for (const auto& [leg, copy] : copies_)
    if (copy.state == State::open && !copy.was_down && ports_.is_down(copy.session)) lost.push_back(leg);
  for (const LegId leg : lost) {
    Copy& copy = copies_.at(leg);
    const LegId session = copy.session;
    failed(copy, "the recorder does not answer any more", false);
    ports_.hangup(session);
  }
}

void Client::begin(Copy& copy) {
  copy.session = LegId{ids_.next()};
  ++copy.attempt;
  const auto opened = ports_.open(copy.session, copy.metadata.recording, copy.leg);
  sessions_[copy.session] = copy.leg;
  if (!opened) return failed(copy, opened.error().what, false);
  ports_.pause(copy.session, copy.paused);
  copy.state = State::calling;
  copy.offering = true;
  copy.changed = false;
  copy.local = {.address = address_,
                .ports = *opened,
                .session_id = copy.session.value(),
                .paused = copy.paused,
                .encrypted = config_.srtp};
  if (config_.srtp && getrandom(&copy.local.keys, sizeof copy.local.keys, 0) != sizeof copy.local.keys) std::abort();
  signalling::OutgoingCall call;
  call.leg = copy.session;
  call.uri = config_.user;
  call.trunk = trunk_name;
  call.from_user = "hotline";
  call.offer = body_of(copy);
  call.offer_type = multipart;
  call.headers = headers;
  call.contact_parameters = contact_parameters;
  call.ring_timeout = config_.answer_within;
  ports_.invite(call);
}

std::string Client::body_of(const Copy& copy) const {
  return signalling::write_multipart(
      boundary, {{"application/sdp", "", write_offer(copy.local)},
                 {std::string(metadata_type), "recording-session", write_metadata(copy.metadata)}});
}

/// Tells the recorder what has changed, now or when it has answered what it is being told.
void Client::say(Copy& copy) {
  if (copy.offering) {
    copy.changed = true;
    return;
  }
  copy.offering = true;
  copy.changed = false;
  copy.local.paused = copy.paused;
  ++copy.local.version;
  ports_.reinvite(copy.session, body_of(copy), multipart);
}

void Client::said(Copy& copy) {
  copy.offering = false;
  if (copy.changed) say(copy);
}

void Client::take(Copy& copy, const FarStreams& far) {
  ports_.send(copy.session, far);
}

void Client::on_answered(LegId session, const std::string& sdp) {
  Copy* copy = of_session(session);
  if (copy == nullptr || copy->state != State::calling) return;
  const auto far = read_answer(sdp, copy->local);
  const bool any = far && std::any_of(far->begin(), far->end(), [](const FarStream& s) { return s.taken; });
  if (!any) {
    ports_.hangup(session);
    return failed(*copy, far ? "the recorder refuses both streams" : far.error().what, true);
  }
  copy->state = State::open;
  copy->was_down = ports_.is_down(session);
  copy->failures = 0;
  take(*copy, *far);
  const auto& first = (*far)[0].taken ? (*far)[0] : (*far)[1];
  spdlog::info("leg={} call={} recorded outside by {} leg={}", copy->leg.value(), copy->metadata.call.value(),
               first.address, session.value());
  if (std::exchange(alarmed_, false)) spdlog::info("the outside recorder takes calls again");
  copy->told_away = false;
  ports_.told(copy->leg, copy->metadata.recording, first.address, {});
  said(*copy);
}

void Client::on_remote_answer(LegId session, const std::string& sdp) {
  Copy* copy = of_session(session);
  if (copy == nullptr || copy->state != State::open) return;
  if (sdp.empty())
    spdlog::warn("leg={} the recorder refuses what has changed in the call", copy->leg.value());
  else if (const auto far = read_answer(sdp, copy->local))
    take(*copy, *far);
  else
    spdlog::warn("leg={} an answer of the recorder's that does not fit is ignored: {}", copy->leg.value(),
                 far.error().what);
  said(*copy);
}

std::optional<std::string> Client::on_remote_offer(LegId session, const std::string& offer) {
  Copy* copy = of_session(session);
  if (copy == nullptr || copy->state != State::open) return std::nullopt;
  if (offer.empty()) return write_offer(copy->local);
  ++copy->local.version;
  auto answered = answer_offer(offer, copy->local);
  if (!answered) {
    spdlog::info("leg={} an offer of the recorder's is refused: {}", copy->leg.value(), answered.error().what);
    return std::nullopt;
  }
  take(*copy, answered->streams);
  return std::move(answered->answer);
}

/// RFC 7866 section 8.2: it has lost what it knew. What we send is always the whole.
void Client::on_metadata_request(LegId session) {
  Copy* copy = of_session(session);
  if (copy != nullptr && copy->state == State::open) say(*copy);
}

void Client::on_ended(LegId session, signalling::EndCause cause, unsigned status, bool by_remote) {
  Copy* copy = of_session(session);
  if (copy == nullptr) return;
  const bool was_open = copy->state == State::open;
  std::string why = was_open && by_remote                                   ? "the recorder has ended the session"
                    : was_open                                              ? "the session with the recorder is lost"
                    : cause == signalling::EndCause::capacity && !by_remote ? "[siprec] sessions_max is reached"
                    : by_remote && status != 0 ? fmt::format("the recorder answers {}", status)
                                               : "no recorder answers";
  failed(*copy, why, !was_open && by_remote && is_for_good(status));
}

void Client::drop_session(Copy& copy) {
  ports_.close(copy.session);
  sessions_.erase(copy.session);
  copy.session = LegId{};
  copy.state = State::waiting;
  copy.offering = copy.changed = false;
}

/// The session, or the try to set one up, is over before its time.
void Client::failed(Copy& copy, const std::string& why, bool for_good) {
  drop_session(copy);
  ++failures_;
  copy.given_up = for_good;
  Duration delay = config_.retry_min;
  for (std::uint32_t i = 0; i < copy.failures && delay < config_.retry_max; ++i) delay *= 2;
  delay = std::min(delay, config_.retry_max);
  ++copy.failures;
  spdlog::warn("leg={} call={} not recorded outside: {}{}", copy.leg.value(), copy.metadata.call.value(), why,
               for_good ? "" : fmt::format("; again in {} ms", delay.count()));
  if (!std::exchange(alarmed_, true))
    spdlog::error("the outside recorder does not take calls: {}; look at it, and at [siprec] servers", why);
  if (!std::exchange(copy.told_away, true)) ports_.told(copy.leg, copy.metadata.recording, {}, why);
  if (for_good) return;
  ports_.after(delay, [this, leg = copy.leg, attempt = copy.attempt] {
    const auto found = copies_.find(leg);
    if (found == copies_.end() || found->second.attempt != attempt || found->second.session) return;
    begin(found->second);
  });
}

Stats Client::stats() const {
  Stats stats{.failures = failures_};
  for (const auto& [leg, copy] : copies_) {
    if (copy.state == State::open)
      ++stats.open;
    else if (copy.given_up || copy.failures > 0)
      ++stats.waiting;
  }
  return stats;
}

}  // namespace hotline::voice::siprec
