// SPDX-License-Identifier: Apache-2.0
// WAV to Ogg Opus. See the header.
#include <ogg/ogg.h>
#include <opus_multistream.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "voice/archive/ogg_opus.hpp"
#include "voice/media/g711.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::archive {
namespace {

constexpr int rate = 8'000;
constexpr int channels = 2;
constexpr std::uint64_t frames_a_packet = 160;  // 20 ms
constexpr std::uint64_t granules_a_frame = 6;   // granule positions count at 48 kHz (RFC 7845 4)
constexpr std::uint64_t packets_a_page = 50;    // a second: a player can seek to each page
constexpr std::size_t packet_bytes_max = 2 * 1'500;
constexpr std::array<std::uint8_t, channels> mapping{0, 1};

constexpr auto linear_of = [] {
  std::array<std::int16_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = g711::decode_alaw(static_cast<std::uint8_t>(i));
  return table;
}();

struct DestroyEncoder {
  void operator()(OpusMSEncoder* encoder) const { opus_multistream_encoder_destroy(encoder); }
};
using Encoder = std::unique_ptr<OpusMSEncoder, DestroyEncoder>;

Problem opus_problem(int error) {
  return {std::string("the Opus encoder failed: ") + opus_strerror(error), "report it: this is a bug"};
}

void put_number(std::vector<std::uint8_t>& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put_text(std::vector<std::uint8_t>& out, const std::string& text) {
  put_number(out, text.size(), 4);
  out.insert(out.end(), text.begin(), text.end());
}

std::vector<std::uint8_t> head_packet(std::uint64_t pre_skip) {  // RFC 7845 5.1
  std::vector<std::uint8_t> out{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, channels};
  put_number(out, pre_skip, 2);
  put_number(out, rate, 4);
  put_number(out, 0, 2);    // gain
  out.push_back(1);         // mapping family
  out.push_back(channels);  // streams
  out.push_back(0);         // of them coupled
  out.insert(out.end(), mapping.begin(), mapping.end());
  return out;
}

std::vector<std::uint8_t> tags_packet(RecordingId recording) {  // RFC 7845 5.2
  std::vector<std::uint8_t> out{'O', 'p', 'u', 's', 'T', 'a', 'g', 's'};
  put_text(out, opus_get_version_string());
  put_number(out, 1, 4);
  put_text(out, "RECORDING=" + recording.to_string());
  return out;
}

class OggWriter {
 public:
  OggWriter(vault::ByteSink& sink, RecordingId recording) : sink_(sink) {
    ogg_stream_init(&stream_, static_cast<int>(recording.value() & 0x7FFF'FFFFU));
  }
  ~OggWriter() { ogg_stream_clear(&stream_); }
  OggWriter(const OggWriter&) = delete;
  OggWriter& operator=(const OggWriter&) = delete;

  void packet(std::span<std::uint8_t> bytes, std::uint64_t granule, bool last) {
    ogg_packet packet{};
    packet.packet = bytes.data();
    packet.bytes = static_cast<long>(bytes.size());
    packet.b_o_s = number_ == 0 ? 1 : 0;
    packet.e_o_s = last ? 1 : 0;
    packet.granulepos = static_cast<ogg_int64_t>(granule);
    packet.packetno = number_++;
    ogg_stream_packetin(&stream_, &packet);
  }
  [[nodiscard]] Result<void, Problem> flush() {
    ogg_page page{};
    while (ogg_stream_flush(&stream_, &page) != 0) {
      if (auto written = sink_.write({page.header, static_cast<std::size_t>(page.header_len)}); !written)
        return written;
      if (auto written = sink_.write({page.body, static_cast<std::size_t>(page.body_len)}); !written) return written;
    }
    return {};
  }

 private:
  vault::ByteSink& sink_;
  ogg_stream_state stream_{};
  ogg_int64_t number_ = 0;
};

Result<Encoder, Problem> make_encoder(const OpusOptions& options) {
  int error = OPUS_OK;
  Encoder encoder(
      opus_multistream_encoder_create(rate, channels, channels, 0, mapping.data(), OPUS_APPLICATION_AUDIO, &error));
  if (error != OPUS_OK) return fail(opus_problem(error));
  error = opus_multistream_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(channels * options.bitrate));
  if (error == OPUS_OK) error = opus_multistream_encoder_ctl(encoder.get(), OPUS_SET_COMPLEXITY(options.complexity));
  if (error == OPUS_OK) error = opus_multistream_encoder_ctl(encoder.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  if (error != OPUS_OK) return fail(opus_problem(error));
  return encoder;
}

Result<std::uint64_t, Problem> frames_of(vault::ByteSource& wav) {
  std::array<std::uint8_t, recorder::wav_header_size> header{};
  auto read = wav.read(0, header);
  if (!read) return fail(std::move(read.error()));
  const auto frames = *read == header.size() ? recorder::frames_in_header(header) : std::nullopt;
  if (!frames || wav.size() < header.size() + 2 * *frames)
    return fail(Problem{"the WAV file is no whole recording of ours", "see what changed it; it is left as it is"});
  return *frames;
}

}  // namespace

Result<std::uint64_t, Problem> encode(vault::ByteSource& wav, vault::ByteSink& sink, const OpusOptions& options,
                                      const KeepGoing& keep_going) {
  const auto frames = frames_of(wav);
  if (!frames) return fail(frames.error());
  auto encoder = make_encoder(options);
  if (!encoder) return fail(encoder.error());
  opus_int32 lookahead = 0;
  opus_multistream_encoder_ctl(encoder->get(), OPUS_GET_LOOKAHEAD(&lookahead));
  const std::uint64_t pre_skip = static_cast<std::uint64_t>(lookahead) * granules_a_frame;

  OggWriter ogg(sink, options.recording);
  auto head = head_packet(pre_skip);
  ogg.packet(head, 0, false);
  if (auto written = ogg.flush(); !written) return fail(written.error());  // the headers have pages of their own
  auto tags = tags_packet(options.recording);
  ogg.packet(tags, 0, false);
  if (auto written = ogg.flush(); !written) return fail(written.error());

  const std::uint64_t granule_end = pre_skip + *frames * granules_a_frame;
  const std::uint64_t packets = std::max<std::uint64_t>(
      1, (*frames + static_cast<std::uint64_t>(lookahead) + frames_a_packet - 1) / frames_a_packet);
  std::vector<std::uint8_t> alaw(packets_a_page * frames_a_packet * channels);
  std::vector<std::int16_t> linear(frames_a_packet * channels);
  std::vector<std::uint8_t> packet(packet_bytes_max);
  for (std::uint64_t first = 0; first < packets; first += packets_a_page) {
    if (!keep_going()) return fail(Problem{"given up", "it is begun again later"});
    const std::uint64_t from = std::min(*frames, first * frames_a_packet);
    const std::uint64_t count = std::min(*frames - from, packets_a_page * frames_a_packet);
    const std::span<std::uint8_t> wanted(alaw.data(), static_cast<std::size_t>(count * channels));
    auto read = wav.read(recorder::wav_header_size + from * channels, wanted);
    if (!read) return fail(std::move(read.error()));
    if (*read != wanted.size()) return fail(Problem{"the WAV file was cut short meanwhile", "see what changed it"});
    std::fill(alaw.begin() + static_cast<std::ptrdiff_t>(wanted.size()), alaw.end(), g711::alaw_silence);
    const std::uint64_t end = std::min(packets, first + packets_a_page);
    for (std::uint64_t number = first; number < end; ++number) {
      const std::uint8_t* in = alaw.data() + (number - first) * frames_a_packet * channels;
      for (std::size_t i = 0; i < linear.size(); ++i) linear[i] = linear_of[in[i]];
      const int size = opus_multistream_encode(encoder->get(), linear.data(), static_cast<int>(frames_a_packet),
                                               packet.data(), static_cast<opus_int32>(packet.size()));
      if (size < 0) return fail(opus_problem(size));
      const bool last = number + 1 == packets;
      ogg.packet({packet.data(), static_cast<std::size_t>(size)},
                 last ? granule_end : (number + 1) * frames_a_packet * granules_a_frame, last);
    }
    if (auto written = ogg.flush(); !written) return fail(written.error());
  }
  if (auto finished = sink.finish(); !finished) return fail(finished.error());
  return *frames;
}

}  // namespace hotline::voice::archive
