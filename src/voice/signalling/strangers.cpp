// SPDX-License-Identifier: Apache-2.0
// Which requests are looked at: all of those we know, few of strangers' (defence.hpp). Signalling thread.
#include <spdlog/spdlog.h>

#include "voice/signalling/sip_stack_impl.hpp"

namespace hotline::voice::signalling {
namespace {

/// The first nonce in an Authorization header of the request.
std::string nonce_of(const sip_msg& request) {
  const auto credentials = read_credentials(header_of(request, SIP_HDR_AUTHORIZATION));
  return credentials ? credentials->nonce : std::string{};
}

}  // namespace

bool SipStack::Impl::hears(const sip_msg& request) {
  if (is_known(request) || !registrar_.user_at(flow_of(request)).empty()) return true;
  if (pl_isset(&request.to.tag) && find(request)) return true;
  const auto nonce = nonce_of(request);
  const bool proven = !nonce.empty() && nonces_.look_at(nonce, now()) == Nonces::State::good;
  return defence_.answer(address_of(request.src), header_of(request, SIP_HDR_USER_AGENT), proven, now());
}

void SipStack::Impl::wrong_credentials(const sip_msg& request, std::string_view what) {
  const auto source = address_of(request.src);
  spdlog::warn("sip {} from {} refused: wrong credentials", what, address_port_of(request.src));
  if (defence_.failed(source, now())) {
    const auto minutes = config_.defence.silence.count() / 60'000;
    spdlog::warn("sip nothing more is answered to {} for {} min: wrong credentials again and again", source, minutes);
  }
}

}  // namespace hotline::voice::signalling
