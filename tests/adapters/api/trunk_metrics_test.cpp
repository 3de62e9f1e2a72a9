// SPDX-License-Identifier: Apache-2.0
// Trunks and gateways as Prometheus reads them.
#include "adapters/api/trunk_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace hotline::api {
namespace {

using testing::HasSubstr;
using testing::Not;

app::TrunkStatus trunk(const std::string& node) {
  app::TrunkStatus status{"pstn", 5, 30};
  status.node = node;
  status.in = 3;
  status.out = 2;
  status.out_max = 10;
  status.calls_in = 700;
  status.refused_out = 4;
  status.registration = "not registered: 403 Forbidden";
  status.gateways.push_back(
      {"192.0.2.1:5060;transport=udp", false, 12, 6, from_unix_ms(1'700'000'000'500), 200, Duration{15}});
  status.gateways.push_back({"192.0.2.2:5060;transport=udp", true, 1, 0});
  return status;
}

TEST(TrunkMetrics, EachFigureHasItsNodeTrunkAndGatewayAndTheTypeItsNameSays) {
  const std::string text = prometheus::TextSerializer{}.Serialize(trunk_metrics({trunk("voice1"), trunk("voice2")}));
  for (const char* line : {
           "# TYPE hotline_trunk_channels_in_use gauge\n",
           "hotline_trunk_channels_in_use{node=\"voice1\",trunk=\"pstn\",direction=\"in\"} 3\n",
           "hotline_trunk_channels_in_use{node=\"voice2\",trunk=\"pstn\",direction=\"out\"} 2\n",
           "hotline_trunk_channels_limit{node=\"voice1\",trunk=\"pstn\"} 30\n",
           "hotline_trunk_direction_channels_limit{node=\"voice1\",trunk=\"pstn\",direction=\"out\"} 10\n",
           "# TYPE hotline_trunk_calls_total counter\n",
           "hotline_trunk_calls_total{node=\"voice1\",trunk=\"pstn\",direction=\"in\"} 700\n",
           "hotline_trunk_calls_refused_total{node=\"voice2\",trunk=\"pstn\",direction=\"out\"} 4\n",
           "hotline_trunk_registered{node=\"voice1\",trunk=\"pstn\"} 0\n",
           "hotline_gateway_up{node=\"voice1\",trunk=\"pstn\",gateway=\"192.0.2.1:5060;transport=udp\"} 0\n",
           "hotline_gateway_calls_total{node=\"voice1\",trunk=\"pstn\",gateway=\"192.0.2.1:5060;transport=udp\"} 12\n",
           "hotline_gateway_failures_total{node=\"voice2\",trunk=\"pstn\",gateway=\"192.0.2.1:5060;transport=udp\"} "
           "6\n",
           "gateway=\"192.0.2.1:5060;transport=udp\"} 0.015\n",
           "gateway=\"192.0.2.1:5060;transport=udp\"} 1700000000.5\n",
       })
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("direction_channels_limit{node=\"voice1\",trunk=\"pstn\",direction=\"in\"}")));
  EXPECT_THAT(text, Not(HasSubstr("probe_duration_seconds{node=\"voice1\",trunk=\"pstn\",gateway=\"192.0.2.2")));
  std::size_t types = 0;
  for (auto at = text.find("# TYPE hotline_gateway_up"); at != std::string::npos;
       at = text.find("# TYPE hotline_gateway_up", at + 1))
    ++types;
  EXPECT_EQ(types, 1U) << "one family, however many nodes";
}

}  // namespace
}  // namespace hotline::api
