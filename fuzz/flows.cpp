// SPDX-License-Identifier: Apache-2.0
// Flow files from memory: whatever the text, problems or a valid book; a valid book can be run without looping.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "adapters/flows/flow_files.hpp"
#include "domain/call/interpreter.hpp"

namespace {

using namespace hotline;

void run(const call::FlowBook& book, const std::string& flow) {
  call::FlowPosition position;
  TimePoint now{std::chrono::hours{1}};
  (void)call::begin(book, position, flow, now);
  for (int step = 0; step < 64 && !position.node.empty(); ++step) {
    now += Duration{3'600'000};
    call::FlowEvent event = call::TimePassed{};
    if (position.speaking) {
      event = call::SpeechEnded{};
    } else if (step % 3 == 1) {
      event = call::DigitPressed{"0123456789*#"[step % 12]};
    } else if (!position.deadline) {
      event = call::QueueRefused{};
    }
    (void)call::advance(book, position, event, now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // One input may hold two files, so that calendars and flows are tried together.
  const auto cut = text.find("\n---\n");
  std::vector<flows::FlowFile> files{{"a.toml", text.substr(0, cut)}};
  if (cut != std::string::npos) files.push_back({"calendars.toml", text.substr(cut + 5)});
  const auto book = flows::parse(files);
  if (book) {
    for (const auto& [name, flow] : book->flows) run(*book, name);
  } else if (book.error().empty()) {
    std::abort();  // refused without saying why
  }
  return 0;
}
