// SPDX-License-Identifier: Apache-2.0
// What stands behind the question mark, and which events a listener wants. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/message.hpp"
#include "adapters/tmf/json.hpp"
#include "app/ports/tmf.hpp"

namespace hotline::tmf {

/// ?offset= (0 to 100,000) and ?limit= (1 to 200, 50).
[[nodiscard]] Result<app::TmfPaging, Refusal> paging_of(const http::Request& request);

/// ?fields=a,b.c: the members of that name, and those which an answer cannot do without.
class Fields {
 public:
  static Fields of(const http::Request& request);
  void keep(Object& object, const std::vector<std::string_view>& always) const;

 private:
  bool all_ = true;
  std::vector<std::string> names_;
};

/// The filters of a list: member names with their values; a date may have .gt, .gte, .lt, .lte after its name.
class Filters {
 public:
  /// The error names the first parameter which is neither a filter of `names` nor fields, offset, limit.
  static Result<Filters, Refusal> of(const http::Request& request, std::initializer_list<std::string_view> names,
                                     std::initializer_list<std::string_view> dates);
  [[nodiscard]] const std::string* text(std::string_view name) const;
  /// What is no id, or one that no column holds, belongs to nothing.
  template <class IdType>
  [[nodiscard]] std::optional<IdType> id(std::string_view name) const {
    const std::string* found = text(name);
    if (found == nullptr) return std::nullopt;
    const auto value = id_from(*found);
    return IdType{value && !(*value >> 63U) ? *value : nothing};
  }
  [[nodiscard]] Result<app::TmfSpan, Refusal> span(std::string_view name) const;

 private:
  static constexpr std::uint64_t nothing = (std::uint64_t{1} << 63U) - 1;
  std::map<std::string, std::string, std::less<>> values_;
};

/// A listener's query: "eventType=A,B&event.troubleTicket.status=resolved". Every named path has one of its values; of
/// lists any item counts. Empty: every event.
class EventFilter {
 public:
  static Result<EventFilter, Refusal> of(std::string_view query);
  [[nodiscard]] bool wants(const Object& event) const;

 private:
  std::map<std::string, std::vector<std::string>> wanted_;
};

/// Where events are sent: checked once when a listener registers, and again before each delivery.
struct Callback {
  std::string scheme, host;
  std::uint16_t port = 0;
  std::string path;  ///< without a "/" at the end
  /// Of an event: "…/listener/troubleTicketCreateEvent".
  [[nodiscard]] std::string address_for(std::string_view event_type) const;
};
/// http or https, a host, perhaps a port and a path; no user, query or fragment.
[[nodiscard]] Result<Callback, Refusal> callback_of(std::string_view url);
/// One of `allowed`: "host", "host:port", "*.domain"; without a port it is any.
[[nodiscard]] bool is_allowed(const Callback& callback, const std::vector<std::string>& allowed);

}  // namespace hotline::tmf
