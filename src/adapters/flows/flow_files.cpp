// SPDX-License-Identifier: Apache-2.0
#include "adapters/flows/flow_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/flows/flow_reader.hpp"
#include "adapters/toml/toml_file.hpp"

namespace hotline::flows {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCalendars = "calendars.toml";

}  // namespace

Result<call::FlowBook, FlowProblems> parse(const std::vector<FlowFile>& files, const call::FlowContext& context) {
  call::FlowBook book;
  FlowProblems problems;
  for (const auto& file : files) {
    toml_reader::ProblemSink sink{file.name, problems};
    const auto table = toml_reader::parse_file(file.name, file.text, "split it into several flows", sink);
    if (!table) continue;
    const fs::path path(file.name);
    if (path.filename() == kCalendars) {
      read_calendars(*table, book, sink);
      continue;
    }
    auto flow = read_flow(*table, path.stem().string(), sink);
    const auto [it, added] = book.flows.try_emplace(flow.name, std::move(flow));
    if (!added) {
      sink.add(0, fmt::format("the flow \"{}\" is in {} already", it->first, it->second.file),
               "give one of them another name");
    }
  }
  if (files.empty()) problems.push_back({"", 0, "there are no flows", "add *.toml files (format: flows/README.md)"});
  // Only what was read whole is checked as a whole; else one mistake would be reported as many.
  if (problems.empty()) {
    if (std::find(context.languages.begin(), context.languages.end(), book.default_language) ==
        context.languages.end()) {
      problems.push_back({kCalendars, 0, fmt::format("the default_language \"{}\" is unknown", book.default_language),
                          "use one that has prompts, as \"cmn\" or \"en\""});
    }
    auto more = call::validate(book, context);
    problems.insert(problems.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  if (!problems.empty()) return fail(std::move(problems));
  return book;
}

Result<call::FlowBook, FlowProblems> load(const fs::path& dir, const call::FlowContext& context) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") paths.push_back(it->path());
  }
  if (error) {
    return fail(FlowProblems{
        {dir.string(), 0, "the folder cannot be read: " + error.message(), "check that it exists and may be read"}});
  }
  if (paths.size() > kFilesMax) {
    return fail(
        FlowProblems{{dir.string(), 0, "the folder has more than 500 flow files", "keep only those in use here"}});
  }
  std::sort(paths.begin(), paths.end());
  std::vector<FlowFile> files;
  FlowProblems unread;
  for (const auto& path : paths) {
    if (auto text = toml_reader::read_file(path)) {
      files.push_back({path.string(), *std::move(text)});
    } else {
      unread.push_back({path.string(), 0, "the file cannot be read", "check that it is a file and may be read"});
    }
  }
  if (!unread.empty()) return fail(std::move(unread));
  if (files.empty())
    return fail(FlowProblems{{dir.string(), 0, "there are no flows", "add *.toml files (format: flows/README.md)"}});
  return parse(files, context);
}

std::vector<std::string> list_prompts(const fs::path& dir) {
  std::vector<std::string> keys;
  std::error_code error;
  for (fs::recursive_directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".wav") continue;
    keys.push_back(it->path().lexically_relative(dir).replace_extension().generic_string());
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace hotline::flows
