// SPDX-License-Identifier: Apache-2.0
// Fuzzes what a stranger's SIP message meets before a session has it: our decoder and libre's, the checks of requests,
// and everything that is read out of headers and bodies.
#include <cstdint>
#include <cstdlib>

#include "voice/signalling/body.hpp"
#include "voice/signalling/decode.hpp"
#include "voice/signalling/dialog.hpp"
#include "voice/signalling/identity.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/message.hpp"
#include "voice/signalling/session_timer.hpp"
#include "voice/signalling/transfer.hpp"

using namespace hotline::voice::signalling;

namespace {

void read_request(const sip_msg& request) {
  if (const auto malformed = find_malformed(request)) {
    if (malformed->status < 400 || malformed->status > 699) std::abort();
    for (const auto& line : malformed->repeated) {
      if (line.find_first_of("\r\n") != std::string::npos)
        std::abort();  // a header of its own would get into our answer
    }
    return;
  }
  if (find_fault(request)) return;
  const auto parties = parties_of(request, true);
  if (parties.withheld && !parties.from_user.empty()) std::abort();
  const auto answer = answer_session_timer(read_session_timer(request), {.expires = 1'800, .min = 90});
  if (!answer.refusal && answer.timer.interval > 604'800) std::abort();
  if (const auto target = read_refer_to(request); target && target->replaces) {
    if (target->replaces->dialog.call_id.empty()) std::abort();
  }
  (void)read_replaces(header_of(request, SIP_HDR_REPLACES));
  (void)referrer_of(request);
  (void)sdp_of(request);
  if (auto dialog = Dialog::called(request)) {
    dialog->update_target(request);
    const auto head = dialog->head("BYE", dialog->next_cseq());
    if (head.empty() || dialog->next_hop().empty()) std::abort();
    (void)write_replaces(dialog->id());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool started = libre_init() == 0 && decodes_with_us();
  if (!started) std::abort();
  const auto buffer = Ref<mbuf>::adopt(mbuf_alloc(size + 1));
  mbuf_write_mem(buffer.get(), data, size);
  buffer->pos = 0;
  sip_msg* decoded = nullptr;
  if (decode_for_libre(&decoded, buffer.get()) != 0) return 0;
  const auto message = Ref<sip_msg>::adopt(decoded);
  (void)describe(read_reason(*message.get()));
  (void)status_of_fragment(body_of(*message.get()));
  if (message->req) {
    read_request(*message.get());
  } else {
    if (message->scode < 100 || message->scode > 699) std::abort();
    (void)sdp_of(*message.get());
    (void)agreed_session_timer(read_session_timer(*message.get()));
    if (const auto call = Dialog::calling("sip:1000@127.0.0.1", "<sip:a@b>")) (void)call->fork(*message.get());
  }
  return 0;
}
