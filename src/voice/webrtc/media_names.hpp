// SPDX-License-Identifier: Apache-2.0
// What the engine shares with the other legs' media, under its own names: RTCP, SRTP, the writing of numbers.
#pragma once

#include "voice/media/bytes.hpp"
#include "voice/media/rtcp.hpp"
#include "voice/media/srtp.hpp"

namespace hotline::voice::webrtc {

using media::compact_ntp;
using media::LastSenderReport;
using media::Moment;
using media::PeerReport;
using media::read_report;
using media::read_u16;
using media::read_u32;
using media::Reception;
using media::report_max;
using media::SrtpError;
using media::SrtpKeys;
using media::SrtpProfile;
using media::SrtpSession;
using media::to_string;
using media::Transmission;
using media::write_report;
using media::write_u16;
using media::write_u32;

}  // namespace hotline::voice::webrtc
