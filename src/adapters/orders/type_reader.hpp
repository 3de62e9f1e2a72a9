// SPDX-License-Identifier: Apache-2.0
// One type file, or one loop, as values. Private to this folder.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "adapters/toml/table_reader.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::orders {

/// Where each part of a type stands, for what is found wrong with the whole.
struct Place {
  std::string file;
  std::uint32_t line = 0;
};
using Places = std::map<std::pair<std::string, std::string>, Place>;  ///< ("step", code) and the like

/// States, steps and who may do common actions.
struct Loop {
  workorder::Type part;
  Places places;
};

[[nodiscard]] Loop read_loop(const toml::table& file, toml_reader::ProblemSink& sink);
/// `loops`: by name.
[[nodiscard]] workorder::Type read_type(const toml::table& file, const std::string& code,
                                        const std::map<std::string, Loop>& loops, Places& places,
                                        toml_reader::ProblemSink& sink);

}  // namespace hotline::orders
