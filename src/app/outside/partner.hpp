// SPDX-License-Identifier: Apache-2.0
// An outside body that raises matters and gets its answers (requirements I1 to I3): 110, 12315, the regulator, media.
// As the configuration has it; its people's accounts and its programs' keys are in the store. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/workorder/departments.hpp"

namespace hotline::app {

struct Partner {
  std::string code;  ///< 1 to 32 of a-z, 0-9 and _
  workorder::Names name;
  std::vector<std::string> types;  ///< of work orders it may raise
  std::string push_url;            ///< https: feedback is sent there by itself; empty: it fetches
  std::string push_secret;         ///< signs what is sent (HMAC-SHA256); never logged
  std::string push_ca_file;        ///< what its certificate is checked with; empty: the system's authorities
  std::string mail;                ///< feedback by mail; empty: none
  int intake_per_minute = 60;      ///< matters; more are answered with 429
};

/// By code.
using Partners = std::map<std::string, Partner>;

/// The four of the seed, where the configuration names none: they fetch their feedback.
[[nodiscard]] inline Partners usual_partners() {
  Partners all;
  const auto add = [&](const char* code, workorder::Names name, const char* type) {
    Partner partner;
    partner.code = code;
    partner.name = std::move(name);
    partner.types = {type};
    all.emplace(partner.code, std::move(partner));
  };
  add("110", {"110 police desk", "110 指挥中心", "110 指揮中心"}, "joint_response_110");
  add("12315", {"12315 consumer line", "12315 消费者热线", "12315 消費者熱線"}, "consumer_line_12315");
  add("regulator", {"Regulator's appeal office", "电信用户申诉受理中心", "電信用戶申訴受理中心"}, "regulator_appeal");
  add("media", {"Media", "新闻媒体", "新聞媒體"}, "media_matter");
  return all;
}

}  // namespace hotline::app
