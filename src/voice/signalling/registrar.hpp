// SPDX-License-Identifier: Apache-2.0
// Where registered phones are (RFC 3261 section 10, RFC 5626 for instance ids): accounts and their bindings. Pure, no
// libre; time comes in; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "voice/signalling/nonces.hpp"
#include "voice/signalling/sip_stack.hpp"

namespace hotline::voice::signalling {

/// Where requests of a phone come from, and where it is reached: behind a NAT this alone is true.
struct Flow {
  std::string source{};     ///< "192.0.2.1:5060"
  std::string transport{};  ///< udp, tcp, tls
  friend bool operator==(const Flow&, const Flow&) = default;
};

struct Binding {
  std::string contact{};   ///< as the phone wrote it; the key, unless it has an instance
  std::string instance{};  ///< "+sip.instance" with reg-id, or empty
  std::string uri{};       ///< where requests go: contact with the flow's address, or with the proxy as its Route
  Flow flow;               ///< empty when it came through a proxy (Path): then nobody can be told by it
  std::string agent{};     ///< User-Agent
  std::string call_id{};
  std::uint32_t cseq = 0;
  Duration expires_at{};
  std::uint64_t order = 0;    ///< the higher, the later registered or refreshed
  bool md5 = false;           ///< proved itself in MD5: it may know no other
  unsigned pings_missed = 0;  ///< in a row
  Duration ping_at{};
};

/// One Contact of a REGISTER.
struct ContactWish {
  std::string uri{}, instance{};
  std::optional<Duration> expires{};  ///< its own; else the Expires header's, else the longest allowed
};

struct RegisterWish {
  std::vector<ContactWish> contacts{};
  bool all = false;  ///< "Contact: *"
  std::optional<Duration> expires{};
  Flow flow;
  std::string agent{}, call_id{};
  std::uint32_t cseq = 0;
  std::string path{};  ///< URI of the proxy it came through (RFC 3327), without ;lr; empty: none
  bool md5 = false;    ///< with MD5 the phone has proved itself
};

class Registrar {
 public:
  explicit Registrar(RegistrarConfig config) : config_(std::move(config)) {}

  /// Called with the user whose registration may have changed.
  void on_change(std::function<void(const std::string& user)> told) { told_ = std::move(told); }

  void set_accounts(std::vector<PhoneAccount> accounts);
  [[nodiscard]] bool has_accounts() const { return !accounts_.empty(); }
  /// nullptr: no such account.
  [[nodiscard]] const DigestSecret* secret(const std::string& user) const;

  enum class Outcome : std::uint8_t { done, too_brief, bad, out_of_order, too_many };
  /// Carries out a REGISTER of a phone that has proved itself. Nothing changes unless done.
  [[nodiscard]] Outcome update(const std::string& user, const RegisterWish& wish, Duration now);

  [[nodiscard]] std::vector<Binding> bindings(const std::string& user) const;  ///< the latest first
  [[nodiscard]] std::vector<PhoneState> phones() const;
  [[nodiscard]] PhoneState state(const std::string& user) const;
  /// The account registered from this flow, or "".
  [[nodiscard]] std::string user_at(const Flow& flow) const;
  [[nodiscard]] bool knows_md5_alone(const Flow& flow) const;

  void expire(Duration now);
  /// A connection is closed: what was registered over it cannot be reached any more.
  void lose(const Flow& flow);
  /// Bindings whose next ping is due; their time is set anew.
  [[nodiscard]] std::vector<std::pair<std::string, Binding>> due_pings(Duration now);
  /// Twice in a row without an answer removes the binding.
  void ping_result(const std::string& user, const std::string& uri, bool answered);

  [[nodiscard]] const RegistrarConfig& config() const { return config_; }

 private:
  struct Account {
    DigestSecret secret;
    std::vector<Binding> bindings;
  };
  template <class Gone>
  void remove(const Gone& gone);

  RegistrarConfig config_;
  std::map<std::string, Account, std::less<>> accounts_;
  std::function<void(const std::string&)> told_;
  std::uint64_t order_ = 0;
};

/// A URI and the proxy its requests go through, as one text: "sip:8001@10.0.0.7?Route=%3Csip%3A192.0.2.1%3E" (headers
/// of a URI, RFC 3261 section 19.1.1). So the core and other nodes pass the way on without knowing what it means.
[[nodiscard]] std::string uri_by_way_of(std::string_view uri, std::string_view route);
struct RoutedUri {
  std::string uri, route{};  ///< route: empty when it goes there directly
};
[[nodiscard]] RoutedUri split_route(const std::string& text);

/// `contact` ("sip:8001@10.0.0.7:5060;ob") with the address and transport of the flow it came by.
[[nodiscard]] std::string reachable_uri(std::string_view contact, const Flow& flow);

}  // namespace hotline::voice::signalling
