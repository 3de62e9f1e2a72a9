// SPDX-License-Identifier: Apache-2.0
// Ogg Opus to samples: how an archive is checked before its WAV goes. See the header. Takes only what encode() writes.
#include <ogg/ogg.h>
#include <opus_multistream.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "voice/archive/ogg_opus.hpp"

namespace hotline::voice::archive {
namespace {

constexpr int rate = 8'000;
constexpr int channels = 2;
constexpr std::uint64_t granules_a_frame = 6;
constexpr int frames_a_packet_max = 960;  // 120 ms (RFC 6716 2.1.4)
constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t head_size = 21 + channels;
constexpr std::array<std::uint8_t, channels> mapping{0, 1};

struct DestroyDecoder {
  void operator()(OpusMSDecoder* decoder) const { opus_multistream_decoder_destroy(decoder); }
};

Problem broken(const char* what) {
  return {std::string("the archive is no whole Ogg Opus file: ") + what, "make it again from the WAV, or restore it"};
}

class Decoder {
 public:
  Decoder(vault::ByteSource& source, const OnSamples& on_samples, const KeepGoing& keep_going)
      : source_(source), on_samples_(on_samples), keep_going_(keep_going), pcm_(frames_a_packet_max * channels) {
    ogg_sync_init(&sync_);
  }
  ~Decoder() {
    if (has_stream_) ogg_stream_clear(&stream_);
    ogg_sync_clear(&sync_);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Result<std::uint64_t, Problem> run() {
    for (;;) {
      ogg_page page{};
      const int found = ogg_sync_pageout(&sync_, &page);
      if (found < 0) return fail(broken("a page is damaged"));
      if (found == 0) {
        auto more = feed();
        if (!more) return fail(std::move(more.error()));
        if (!*more) break;
        continue;
      }
      if (auto taken = take(page); !taken) return fail(std::move(taken.error()));
    }
    if (!ended_) return fail(broken("its end is missing"));
    return frames_;
  }

 private:
  Result<bool, Problem> feed() {
    char* buffer = ogg_sync_buffer(&sync_, static_cast<long>(read_size));
    auto count = source_.read(offset_, {reinterpret_cast<std::uint8_t*>(buffer), read_size});
    if (!count) return fail(std::move(count.error()));
    offset_ += *count;
    ogg_sync_wrote(&sync_, static_cast<long>(*count));
    return *count > 0;
  }

  Result<void, Problem> take(ogg_page& page) {
    if (!keep_going_()) return fail(Problem{"given up", "it is begun again later"});
    if (ended_) return fail(broken("there is more after its end"));
    if (!has_stream_) {
      ogg_stream_init(&stream_, ogg_page_serialno(&page));
      has_stream_ = true;
    }
    if (ogg_stream_pagein(&stream_, &page) != 0) return fail(broken("a page of another stream"));
    ogg_packet packet{};
    for (;;) {
      const int found = ogg_stream_packetout(&stream_, &packet);
      if (found == 0) return {};
      if (found < 0) return fail(broken("a page is missing"));
      if (auto taken = take(packet); !taken) return taken;
    }
  }

  Result<void, Problem> take(const ogg_packet& packet) {
    const auto number = number_++;
    if (number == 0) return begin(packet);
    if (number == 1)
      return packet.bytes >= 8 && std::memcmp(packet.packet, "OpusTags", 8) == 0
                 ? Result<void, Problem>{}
                 : Result<void, Problem>{fail(broken("it has no comment header"))};
    const int got = opus_multistream_decode(decoder_.get(), packet.packet, static_cast<opus_int32>(packet.bytes),
                                            pcm_.data(), frames_a_packet_max, 0);
    if (got < 0) return fail(broken(opus_strerror(got)));
    decoded_ += static_cast<std::uint64_t>(got);
    std::uint64_t from = decoded_ - static_cast<std::uint64_t>(got);
    std::uint64_t to = decoded_;
    if (packet.e_o_s != 0) {
      ended_ = true;
      const auto granule = static_cast<std::uint64_t>(packet.granulepos);
      if (packet.granulepos < 0 || granule < pre_skip_ || granule > decoded_ * granules_a_frame)
        return fail(broken("its end is at no possible place"));
      to = std::max(from, granule / granules_a_frame);
    }
    from = std::max(from, pre_skip_ / granules_a_frame);
    if (to > from) {
      const auto first = static_cast<std::size_t>(from + static_cast<std::uint64_t>(got) - decoded_) * channels;
      frames_ += to - from;
      on_samples_({pcm_.data() + first, static_cast<std::size_t>(to - from) * channels});
    }
    return {};
  }

  Result<void, Problem> begin(const ogg_packet& packet) {
    if (packet.bytes != static_cast<long>(head_size) || std::memcmp(packet.packet, "OpusHead", 8) != 0 ||
        packet.packet[8] != 1 || packet.packet[9] != channels || packet.packet[18] != 1 ||
        packet.packet[19] != channels || packet.packet[20] != 0)
      return fail(broken("it has no header of ours"));
    pre_skip_ = static_cast<std::uint64_t>(packet.packet[10]) | static_cast<std::uint64_t>(packet.packet[11]) << 8;
    int error = OPUS_OK;
    decoder_.reset(opus_multistream_decoder_create(rate, channels, channels, 0, mapping.data(), &error));
    if (error != OPUS_OK) return fail(broken(opus_strerror(error)));
    return {};
  }

  vault::ByteSource& source_;
  const OnSamples& on_samples_;
  const KeepGoing& keep_going_;
  ogg_sync_state sync_{};
  ogg_stream_state stream_{};
  bool has_stream_ = false, ended_ = false;
  std::unique_ptr<OpusMSDecoder, DestroyDecoder> decoder_;
  std::vector<std::int16_t> pcm_;
  std::uint64_t offset_ = 0, number_ = 0, pre_skip_ = 0, decoded_ = 0, frames_ = 0;
};

}  // namespace

Result<std::uint64_t, Problem> decode(vault::ByteSource& ogg, const OnSamples& on_samples,
                                      const KeepGoing& keep_going) {
  return Decoder(ogg, on_samples, keep_going).run();
}

}  // namespace hotline::voice::archive
