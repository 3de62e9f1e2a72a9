// SPDX-License-Identifier: Apache-2.0
// What a group commit has to write of many batches: a row that several of them write is written once. Pure.
#pragma once

#include <vector>

#include "app/ports/store.hpp"

namespace hotline::store {

/// The changes of `batches`, in order, each row's at the place of its first and with the value of its last. Only
/// changes that write a whole row are merged (a call's state, a node's cursor and a contact change with every event of
/// a call); the first place is kept because rows written in between may refer to it. The pointers live as long as the
/// batches.
[[nodiscard]] std::vector<const app::Change*> coalesce(const std::vector<const app::Batch*>& batches);

}  // namespace hotline::store
