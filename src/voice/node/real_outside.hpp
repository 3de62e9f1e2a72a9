// SPDX-License-Identifier: Apache-2.0
// The outside recorder's client on the real signalling and media. Signalling thread.
#pragma once

#include <unordered_map>
#include <utility>

#include "voice/media/media_plane.hpp"
#include "voice/node/node.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice/siprec/client.hpp"
#include "voice/siprec/forwarder.hpp"

namespace hotline::voice::node {

class RealOutside final : public siprec::Ports {
 public:
  RealOutside(signalling::SipStack& stack, media::MediaPlane& plane, siprec::Forwarder& forwarder, Node& node)
      : stack_(stack), plane_(plane), forwarder_(forwarder), node_(node) {}

  void invite(const signalling::OutgoingCall& call) override { stack_.invite(call); }
  void reinvite(LegId session, const std::string& body, const std::string& type) override {
    stack_.reinvite(session, body, type);
  }
  void hangup(LegId session) override { stack_.hangup(session, signalling::EndCause::normal); }
  bool is_down(LegId session) const override { return stack_.gateway_down(session); }
  void after(Duration delay, std::function<void()> task) override { stack_.after(delay, std::move(task)); }

  Result<std::array<std::uint16_t, siprec::stream_count>, Problem> open(LegId session, RecordingId recording,
                                                                        LegId leg) override {
    auto opened = forwarder_.open(session, recording, leg);
    if (!opened) return fail(opened.error());
    copies_[session] = {leg, std::move(opened->tap)};
    node_.on_outside_session(session, leg);
    return opened->ports;
  }
  void send(LegId session, const siprec::FarStreams& far) override {
    forwarder_.send(session, far);
    const auto found = copies_.find(session);
    if (found == copies_.end() || std::exchange(found->second.tapped, true)) return;
    plane_.start_copy(found->second.leg,
                      found->second.tap);  // not before: a recorder that is away costs the call nothing
  }
  void pause(LegId session, bool paused) override { forwarder_.pause(session, paused); }
  void close(LegId session) override {
    forwarder_.close(session);
    const auto found = copies_.find(session);
    if (found == copies_.end()) return;
    if (found->second.tapped) plane_.stop_copy(found->second.leg);
    copies_.erase(found);
  }
  void told(LegId leg, RecordingId recording, const std::string& server, const std::string& problem) override {
    node_.on_outside_told(leg, recording, server, problem);
  }

 private:
  struct Copy {
    LegId leg;
    std::shared_ptr<recorder::Tap> tap;
    bool tapped = false;
  };
  signalling::SipStack& stack_;
  media::MediaPlane& plane_;
  siprec::Forwarder& forwarder_;
  Node& node_;
  std::unordered_map<LegId, Copy> copies_;
};

}  // namespace hotline::voice::node
