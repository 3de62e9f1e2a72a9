// SPDX-License-Identifier: Apache-2.0
// Makes the secret of a phone's account: a password to be shown once, and what is stored instead of it.
#pragma once

#include <string>

#include "app/records.hpp"

namespace hotline::api {

struct NewSipAccount {
  std::string password;  ///< 20 letters and digits that are not mistaken for each other: 98 bits
  app::SipAccount account;
};

/// For the phone of the agent with this staff number, which is its user name (RFC 7616 section 3.4.2: A1 of MD5 and
/// SHA-256). `password`: this one instead of a new one.
[[nodiscard]] NewSipAccount make_sip_account(const std::string& number, const std::string& realm,
                                             const std::string& password = {});

}  // namespace hotline::api
