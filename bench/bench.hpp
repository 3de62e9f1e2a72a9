// SPDX-License-Identifier: Apache-2.0
// Benchmarks of the voice node and the routing core. Each runs its reference beside itself in the same run, prints what
// it does on stderr and a table on stdout; with `json` the last line of stdout is one JSON object. CPU is that of the
// media (and recorder) threads alone, in percent of one core; the load generator runs on another core.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hotline::bench {

struct MediaOptions {
  std::vector<unsigned> calls{100, 300, 1000};  ///< simultaneous two-party calls of each run
  double seconds = 4;                           ///< measured time of each of the four kinds, each round
  unsigned rounds = 2;                          ///< the four kinds alternate this often
  std::filesystem::path directory;              ///< for recordings; empty: the system's temporary directory
  bool json = false;
};
/// Bridged calls of G.711, without and with recording, beside a bare UDP relay of the same packets, without and with
/// writing the payloads. Returns the process's exit code: 0 unless the load could not be made.
int media(const MediaOptions& options);
/// What SRTP, transcoding and conferences cost beside plain calls and the bare relay: `calls.front()` calls, or
/// conferences, of each kind. CPU per 100 of them.
int media_kinds(const MediaOptions& options);

struct IvrOptions {
  unsigned calls = 300;  ///< callers listening to a prompt, and sending silence
  double seconds = 10;
  bool json = false;
};
int ivr(const IvrOptions& options);

struct QualityOptions {
  double seconds = 10;      ///< of speech
  double loss = 0;          ///< share of the packets lost on their way to the node, 0 to 1
  unsigned jitter_ms = 0;   ///< each is delayed by 0 to this
  bool concealment = true;  ///< false: silence in place of what was lost
  bool json = false;
};
/// What becomes of speech on each way through a node, over real sockets: relayed, transcoded, in a conference,
/// recorded. The path to the node loses and delays packets, the same ones each time. Compared sample by sample after
/// alignment.
int quality(const QualityOptions& options);

struct ArchiveOptions {
  std::filesystem::path prompts;  ///< whose sentences are the conversation
  double minutes = 5;
  bool json = false;
};
/// Encoding a recording to Opus in Ogg, and checking it: CPU and bytes a minute of sound.
int archive(const ArchiveOptions& options);

struct CallsOptions {
  std::filesystem::path program;                                ///< the hotline binary that is measured
  std::filesystem::path flows, prompts;                         ///< folders for its configuration
  std::vector<unsigned> rates{10, 25, 50, 100, 150, 200, 300};  ///< calls a second, one step after the other
  double seconds = 5;                                           ///< of each step
  unsigned agents = 140;
  bool one_core = true;  ///< the hotline has the first core alone, callers and phones the last (where there are two)
  bool json = false;
};
/// Whole calls: INVITE to 1000, language and agent chosen by digits, queue, a SIP agent answers, 200 ms of talk, BYE.
/// Starts a hotline of its own for each step (core, voice node, SQLite) and drives it from one SIP stack that is
/// callers and agents at once. Goes up the rates until one is not clean. CPU is that of core and voice node together;
/// the reference is a bare datagram of the size of 20 ms of G.711, sent meanwhile from the hotline's core.
int calls(const CallsOptions& options);

struct AcdOptions {
  std::size_t agents = 30'000, queues = 500, waiting = 15'000;
  std::size_t decisions = 400'000;  ///< measured inputs: a call comes, is answered, ends, time passes
  bool json = false;
};
/// The routing core alone: one decision is one input with all that follows from it. Exit code 1 when a rule of the core
/// is broken in the end.
int acd(const AcdOptions& options);

struct OrdersOptions {
  std::uint64_t orders = 2'000'000, contacts = 16'800'000, customers = 400'000;
  std::vector<std::string> stores{"sqlite", "postgresql"};
  std::string url;               ///< of a PostgreSQL server that is there; empty: one is started
  std::filesystem::path folder;  ///< where the stores are kept from run to run; empty: made anew, and removed
  std::filesystem::path types;   ///< of work orders
  double rate = 50;              ///< orders made a second
  double seconds = 20;           ///< of making orders; every other kind of request has an eighth of it
  double minutes = 1e6;          ///< loading breaks off after this; to be taken up again in the same folder
  bool load_only = false, json = false;
};
/// Opening, searching, inboxes and making of work orders with years of them in the store, on each store. Beside it, on
/// the same disk: bare synchronised writes at the same rate. Exit code 3: loading was broken off.
int orders(const OrdersOptions& options);

}  // namespace hotline::bench
