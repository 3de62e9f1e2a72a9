// SPDX-License-Identifier: Apache-2.0
// A SIP dialog (RFC 3261 section 12): its identity, route set, remote target and sequence numbers, and the head of the
// requests sent inside it. Signalling thread.
//
// libre's own sip_dialog shows neither its tags, which Replaces (RFC 3891) is about, nor lets a request go anywhere but
// to its Contact, which phones behind NAT do not hear.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

class Dialog {
 public:
  /// What names a dialog, as in Replaces: tags from our point of view.
  struct Id {
    std::string call_id, local_tag, remote_tag;
    friend bool operator==(const Id&, const Id&) = default;
  };

  /// For a call of ours that nobody has answered yet. `target` is the request URI; `from` is a whole From value without
  /// tag; `route` is the URI of a proxy to go by, or empty. nullopt: a URI that cannot be read.
  [[nodiscard]] static std::optional<Dialog> calling(std::string target, const std::string& from,
                                                     const std::string& route = {});
  /// Of an INVITE that came. nullopt: no usable Contact, Record-Route or tag.
  [[nodiscard]] static std::optional<Dialog> called(const sip_msg& invite);
  /// The dialog that a response with a To tag makes out of this one of a call of ours (RFC 3261 section 12.1.2).
  [[nodiscard]] std::optional<Dialog> fork(const sip_msg& response) const;

  [[nodiscard]] const Id& id() const { return id_; }
  [[nodiscard]] const std::string& call_id() const { return id_.call_id; }
  /// URI of requests in this dialog: the remote target, or the first route when that one routes strictly (RFC 2543).
  [[nodiscard]] const std::string& request_uri() const { return strict_ ? next_hop_ : target_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  /// Where requests go: first route, else target; or the address the far end was heard from, when it is behind NAT.
  [[nodiscard]] const std::string& next_hop() const { return next_hop_; }

  /// Request or response of this dialog.
  [[nodiscard]] bool owns(const sip_msg& message) const;
  /// Also of a fork: the same call and our tag, whatever tag the far end has.
  [[nodiscard]] bool owns_half(const sip_msg& message) const;

  /// False: a request older than one that was served (RFC 3261 section 12.2.2).
  [[nodiscard]] bool take_sequence(const sip_msg& request);
  /// Target refresh by INVITE or UPDATE and their 2xx; a message without usable Contact changes nothing.
  void update_target(const sip_msg& message);
  /// Another target for a call nobody has answered: a redirection. False: it cannot be read.
  [[nodiscard]] bool retarget(const std::string& target);

  /// The number of our next request; it is taken.
  std::uint32_t next_cseq() { return ++local_cseq_; }
  /// Max-Forwards, Route, To, From, Call-ID, CSeq. For ACK and CANCEL `cseq` is that of their INVITE.
  [[nodiscard]] std::string head(std::string_view method, std::uint32_t cseq) const;

 private:
  void choose_next_hop(const sip_msg* heard);

  Id id_;
  std::string local_, remote_;  ///< values of From and To with tags, as our requests have them
  std::string target_, next_hop_;
  std::vector<std::string> routes_;  ///< values of Route, in order
  bool strict_ = false;              ///< the first route has no "lr" (RFC 3261 section 12.2.1.1)
  std::uint32_t local_cseq_ = 0, remote_cseq_ = 0;
};

/// "sip:host:port;transport=tcp" for an address.
[[nodiscard]] std::string uri_of(const sa& address, sip_transp transport);

/// Whether `address` can only be reached from within its own network: RFC 1918, 6598 (shared), 3927, 4193, 4291 local.
[[nodiscard]] bool is_private(const sa& address);

/// Whether the Contact in this message can only be a wrong address for us: a private one, named by somebody whom we
/// hear from elsewhere, across an address translation.
[[nodiscard]] bool is_behind_nat(const sip_msg& message, const uri& contact);

}  // namespace hotline::voice::signalling
