// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/orders/order_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "adapters/orders/type_reader.hpp"
#include "adapters/toml/toml_file.hpp"

namespace hotline::orders {

namespace fs = std::filesystem;

namespace {

/// What is wrong with the whole, each at the line of the part it is about.
void check_type(const workorder::Type& type, const Places& places, const std::string& file, FileProblems& problems) {
  for (workorder::TypeProblem& problem : workorder::check(type)) {
    const auto at = places.find({problem.where, problem.code});
    const std::string about = problem.where.empty() ? "" : fmt::format("{} \"{}\": ", problem.where, problem.code);
    if (at == places.end()) {
      problems.push_back({file, 0, about + problem.what, std::move(problem.remedy)});
      continue;
    }
    // A loop's part is wrong for this type: others may be content with it.
    const std::string of = at->second.file == file ? "" : fmt::format("type \"{}\": ", type.code);
    problems.push_back({at->second.file, at->second.line, of + about + problem.what, std::move(problem.remedy)});
  }
}

void list_files(const fs::path& dir, bool loop, std::vector<OrderFile>& files, FileProblems& problems) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") paths.push_back(it->path());
  if (error) {
    problems.push_back(
        {dir.string(), 0, "the folder cannot be read: " + error.message(), "check that it exists and may be read"});
    return;
  }
  if (paths.size() > kFilesMax) {
    problems.push_back({dir.string(), 0, "the folder has more than 500 files", "keep only those in use here"});
    return;
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    if (auto text = toml_reader::read_file(path))
      files.push_back({path.string(), *std::move(text), loop});
    else
      problems.push_back({path.string(), 0, "the file cannot be read", "check that it is a file and may be read"});
  }
}

}  // namespace

Result<workorder::TypeBook, FileProblems> parse(const std::vector<OrderFile>& files) {
  workorder::TypeBook book;
  FileProblems problems;
  std::map<std::string, Loop> loops;
  for (const OrderFile& file : files) {
    if (!file.loop) continue;
    toml_reader::ProblemSink sink{file.name, problems};
    if (const auto table = toml_reader::parse_file(file.name, file.text, "a type needs far less", sink))
      loops[fs::path(file.name).stem().string()] = read_loop(*table, sink);
  }
  const bool loops_are_good = problems.empty();
  std::map<std::string, std::string> prefixes;
  for (const OrderFile& file : files) {
    if (file.loop) continue;
    toml_reader::ProblemSink sink{file.name, problems};
    const auto table = toml_reader::parse_file(file.name, file.text, "a type needs far less", sink);
    if (!table || !loops_are_good) continue;  // one mistake in a loop would be reported once a type
    const std::string code = fs::path(file.name).stem().string();
    const std::size_t before = problems.size();
    Places places;
    workorder::Type type = read_type(*table, code, loops, places, sink);
    if (problems.size() == before) check_type(type, places, file.name, problems);
    const auto [other, is_new] = prefixes.emplace(type.prefix, code);
    if (!is_new)
      sink.add(0, fmt::format("the prefix \"{}\" is that of \"{}\"", type.prefix, other->second), "choose another");
    book[code] = std::move(type);
  }
  if (book.empty() && problems.empty())
    problems.push_back({"", 0, "there are no work-order types", "add *.toml files (format: orders/README.md)"});
  if (!problems.empty()) return fail(std::move(problems));
  return book;
}

Result<workorder::TypeBook, FileProblems> load(const fs::path& dir) {
  std::vector<OrderFile> files;
  FileProblems problems;
  list_files(dir, false, files, problems);
  std::error_code error;
  if (problems.empty() && fs::exists(dir / "loops", error)) list_files(dir / "loops", true, files, problems);
  if (!problems.empty()) return fail(std::move(problems));
  return parse(files);
}

}  // namespace hotline::orders
