// SPDX-License-Identifier: Apache-2.0
// Names, districts and streets of the demonstration city. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "app/demo/chance.hpp"

namespace hotline::app::demo {

struct District {
  std::string_view name;
  std::string_view exchange;  ///< the telephone exchange that serves it
  std::string_view prefix;    ///< first four of the eight digits of its fixed lines
  std::array<std::string_view, 6> streets;
};
inline constexpr std::string_view city = "澜海市";
inline constexpr std::string_view area_code = "0590";  // of no real city
[[nodiscard]] const std::array<District, 6>& districts();

/// A family name by its real frequency, and a given name of one or two characters drawn by chance.
[[nodiscard]] std::string person_name(Chance& chance);
/// "澜海远帆物流有限公司"
[[nodiscard]] std::string company_name(Chance& chance);
/// "澜海市港湾区望潮路 12 号 3 单元 502 室"
[[nodiscard]] std::string address(Chance& chance, const District& district, bool business);

}  // namespace hotline::app::demo
