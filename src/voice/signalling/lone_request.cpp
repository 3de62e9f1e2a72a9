// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/lone_request.hpp"

#include <fmt/format.h>

#include <utility>

#include "voice/signalling/digest.hpp"

namespace hotline::voice::signalling {

void LoneRequest::send(const LoneMessage& message, Authorize authorize, Duration limit, Done done) {
  mem_deref(std::exchange(request_, nullptr));
  message_ = message;
  authorize_ = std::move(authorize);
  done_ = std::move(done);
  const auto text =
      fmt::format("{}To: <{}>\r\nFrom: <{}>;tag={}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n{}Content-Length: 0\r\n\r\n",
                  message.route.empty() ? std::string{} : fmt::format("Route: <{};lr>\r\n", message.route), message.to,
                  message.from, random_hex(8), message.call_id, message.cseq, message.method, message.headers);
  const auto before_sending = [](sip_transp transport, const sa*, const sa* to, mbuf* request, void* arg) {
    auto& self = *static_cast<LoneRequest*>(arg);
    self.host_.advertise(request, *to);
    if (self.authorize_) {
      const std::string_view line{reinterpret_cast<const char*>(request->buf), request->end};
      const auto begin = line.find(' ') + 1;
      mbuf_write_str(request,
                     self.authorize_(self.message_.method, line.substr(begin, line.find(' ', begin) - begin)).c_str());
    }
    if (!self.message_.with_contact) return 0;
    auto contact = self.host_.contact(transport, *to);
    contact.insert(contact.size() - 2, self.message_.contact);
    if (const auto user = contact.find("sip:hotline@");
        user != std::string::npos && !self.message_.contact_user.empty())
      contact.replace(user + 4, 7, escape_user(self.message_.contact_user));
    return mbuf_write_str(request, contact.c_str());
  };
  const auto on_response = [](int error, const sip_msg* response, void* arg) {
    auto& self = *static_cast<LoneRequest*>(arg);
    if (error == 0 && response && response->scode < 200) return;
    self.finish(error == 0 ? response : nullptr);
  };
  uri route{};
  const auto route_text = to_pl(message.route);
  const bool routed = !message.route.empty() && uri_decode(&route, &route_text) == 0;
  const int error =
      sip_requestf(&request_, host_.sip(), true, message.method.c_str(), message.uri.c_str(), routed ? &route : nullptr,
                   nullptr, before_sending, on_response, this, "%b", text.data(), text.size());
  if (error != 0) {  // told later like every other end: never from inside send()
    request_ = nullptr;
    return limit_.start(Duration{0}, [this] { finish(nullptr); });
  }
  limit_.start(limit, [this] {
    mem_deref(std::exchange(request_, nullptr));
    finish(nullptr);
  });
}

void LoneRequest::finish(const sip_msg* response) {
  limit_.stop();
  if (auto done = std::exchange(done_, nullptr)) done(response);
}

}  // namespace hotline::voice::signalling
