// SPDX-License-Identifier: Apache-2.0
// From the TOML of one file to the domain's values. Private to this folder; on any thread.
#pragma once

#include "adapters/toml/table_reader.hpp"
#include "domain/call/flow.hpp"

namespace hotline::flows {

[[nodiscard]] call::Flow read_flow(const toml::table& file, const std::string& default_name,
                                   toml_reader::ProblemSink& sink);
/// Calendars, utc_offset and default_language, into the book.
void read_calendars(const toml::table& file, call::FlowBook& book, toml_reader::ProblemSink& sink);

}  // namespace hotline::flows
