// SPDX-License-Identifier: Apache-2.0
// `hotline bench archive`: what making a recording's archive costs, and how small it becomes. A conversation of
// prompts: two voices in turns on the two channels, over the faint noise of a line.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

#include "bench/bench.hpp"
#include "bench/machine.hpp"
#include "bench/temporary_directory.hpp"
#include "vault/sealed_file.hpp"
#include "voice/archive/ogg_opus.hpp"
#include "voice/media/g711.hpp"
#include "voice/prompts/wav.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t rate = 8'000, pause = rate * 4 / 10;

/// Every sentence of the folders, at least a second long.
std::vector<std::vector<std::int16_t>> sentences(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.path().extension() == ".wav" && entry.path().string().find("/music/") == std::string::npos)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::vector<std::int16_t>> out;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
    auto samples = voice::prompts::parse_prompt_wav(bytes);
    if (samples && samples->size() >= rate) out.push_back(std::move(*samples));
  }
  return out;
}

bool write_conversation(const fs::path& file, const std::vector<std::vector<std::int16_t>>& said, std::size_t frames) {
  std::mt19937 random(1);
  std::string data;
  data.reserve(2 * frames);
  const auto header = voice::recorder::wav_header(frames);
  data.append(header.begin(), header.end());
  std::size_t turn = 0, at = 0;
  for (std::size_t i = 0; i < frames; ++i, ++at) {
    if (at >= said[turn % said.size()].size() + pause) ++turn, at = 0;
    const auto& voice = said[turn % said.size()];
    for (std::size_t side = 0; side < 2; ++side) {
      const int noise = static_cast<int>(random() % 33) - 16;
      const int sample = (turn % 2 == side && at < voice.size() ? voice[at] : 0) + noise;
      data +=
          static_cast<char>(voice::g711::encode_alaw(static_cast<std::int16_t>(std::clamp(sample, -32'768, 32'767))));
    }
  }
  std::ofstream out(file, std::ios::binary);
  out << data;
  return out.flush().good();
}

}  // namespace

int archive(const ArchiveOptions& options) {
  const auto said = sentences(options.prompts);
  if (said.empty()) return fmt::print(stderr, "no prompts in {}\n", options.prompts.string()), 1;
  const TemporaryDirectory directory({});
  const auto wav = directory.path() / "conversation.wav", ogg = directory.path() / "conversation.opus";
  if (!write_conversation(wav, said, static_cast<std::size_t>(options.minutes * 60 * rate))) return 1;
  const auto go_on = [] { return true; };
  const auto start = thread_cpu_ns();
  {
    auto source = vault::open_source(wav, {});
    const int fd = ::open(ogg.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
    if (!source || fd < 0) return 1;
    vault::PlainSink sink(fd);
    const auto encoded = voice::archive::encode(**source, sink, {}, go_on);
    ::close(fd);
    if (!encoded) return fmt::print(stderr, "{}\n", encoded.error().what), 1;
  }
  const auto encoded_at = thread_cpu_ns();
  {
    auto source = vault::open_source(ogg, {});
    if (!source || !voice::archive::decode(
                       **source, [](std::span<const std::int16_t>) {}, go_on))
      return 1;
    if (!vault::sha256_of_file(ogg)) return 1;
  }
  const auto checked_at = thread_cpu_ns();
  const double encode_ms = static_cast<double>(encoded_at - start) / 1e6 / options.minutes;
  const double check_ms = static_cast<double>(checked_at - encoded_at) / 1e6 / options.minutes;
  const double wav_bytes = static_cast<double>(fs::file_size(wav)) / options.minutes;
  const double bytes = static_cast<double>(fs::file_size(ogg)) / options.minutes;
  fmt::print("a minute: encoding {:.0f} ms of CPU, checking and hashing {:.0f} ms; {:.0f} kB, {:.3f} of the WAV\n",
             encode_ms, check_ms, bytes / 1000, bytes / wav_bytes);
  if (options.json)
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"encode_ms_per_minute", std::round(encode_ms * 10) / 10},
                                                          {"check_ms_per_minute", std::round(check_ms * 10) / 10},
                                                          {"bytes_per_minute", std::round(bytes)},
                                                          {"wav_bytes_per_minute", std::round(wav_bytes)},
                                                          {"ratio", std::round(bytes / wav_bytes * 1000) / 1000}}));
  return 0;
}

}  // namespace hotline::bench
