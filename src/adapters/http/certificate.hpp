// SPDX-License-Identifier: Apache-2.0
// The server's TLS certificate: checked files, or a self-made one kept in the data folder. Called at start and once an
// hour.
#pragma once

#include <chrono>
#include <filesystem>

#include "adapters/http/server.hpp"

namespace hotline::http {

struct CertificateFiles {
  std::filesystem::path certificate, key;
};

/// The files to use. A self-made certificate (ECDSA P-256, names of the configuration, localhost, 127.0.0.1, ::1 and
/// the host's name, 397 days) is made when there is none, when it ends within 30 days, or when its names no longer fit.
[[nodiscard]] Result<CertificateFiles, Problem> prepare_certificate(const TlsConfig& config,
                                                                    std::chrono::system_clock::time_point now);

}  // namespace hotline::http
