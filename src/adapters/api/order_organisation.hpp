// SPDX-License-Identifier: Apache-2.0
// Names of the work-order domain as the API has them. Private to this folder.
#pragma once

#include "app/live/views.hpp"
#include "domain/workorder/departments.hpp"

namespace hotline::api {

[[nodiscard]] app::NamesView view_of(const workorder::Names& names);

}  // namespace hotline::api
