// SPDX-License-Identifier: Apache-2.0
// The HTTP, WebSocket and TLS facade: the one header to include. No Boost type appears behind it.
#pragma once

#include "adapters/http/message.hpp"       // IWYU pragma: export
#include "adapters/http/router.hpp"        // IWYU pragma: export
#include "adapters/http/server.hpp"        // IWYU pragma: export
#include "adapters/http/static_files.hpp"  // IWYU pragma: export
#include "adapters/http/websocket.hpp"     // IWYU pragma: export
