// SPDX-License-Identifier: Apache-2.0
// Reads IVR flows and calendars from TOML files into a FlowBook (format: flows/README.md). Every problem is found in
// one go and named with file, line and remedy; a book with a problem is not given out. On any thread; does no logging.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/call/flow.hpp"

namespace hotline::flows {

/// One file's name and text. "calendars.toml" holds the calendars and the settings of the book, every other one a flow.
struct FlowFile {
  std::string name;
  std::string text;
};

using FlowProblems = FileProblems;
inline constexpr std::size_t kFilesMax = 500;

/// Reads and validates (call::validate) a book from memory.
[[nodiscard]] Result<call::FlowBook, FlowProblems> parse(const std::vector<FlowFile>& files,
                                                         const call::FlowContext& context = {});

/// Reads the *.toml files of a folder (not of sub-folders). A folder or file that cannot be read is a problem, too.
[[nodiscard]] Result<call::FlowBook, FlowProblems> load(const std::filesystem::path& dir,
                                                        const call::FlowContext& context = {});

/// The keys of the *.wav files below a prompt folder ("cmn/welcome", "music/hold"), sorted, for FlowContext::prompts.
[[nodiscard]] std::vector<std::string> list_prompts(const std::filesystem::path& dir);

}  // namespace hotline::flows
