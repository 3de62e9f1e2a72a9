// SPDX-License-Identifier: Apache-2.0
// Fuzzes what an attachment is and how it is named: a name is always storable, short, without folders and control
// characters, and ends as its content says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "adapters/orders/content_type.hpp"
#include "app/ports/stored_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto type = hotline::orders::content_type_of(bytes);
  const hotline::orders::ContentType as_text{"text/plain; charset=utf-8", ".txt"};
  const auto& used = type ? *type : as_text;
  const std::string name = hotline::orders::display_name(bytes, used);
  if (name.size() > 120 || !name.ends_with(used.extension) || !hotline::app::storable(name)) std::abort();
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\' || c == '"') std::abort();
  return 0;
}
