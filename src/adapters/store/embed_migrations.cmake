# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ source with every file of FOLDER (NNNN_name.sql) in it, so that the program needs no file at run time.
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(entries "")
set(expected 1)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^[0-9][0-9][0-9][0-9]_[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  string(SUBSTRING ${name} 0 4 digits)
  string(REGEX REPLACE "^0+" "" version ${digits})
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${file}: migration ${expected} is missing")
  endif()
  math(EXPR expected "${expected} + 1")
  file(READ ${file} text)
  string(APPEND entries "    {${version}, \"${name}\", R\"sql(${text})sql\"},\n")
endforeach()
file(WRITE ${OUTPUT}.new
"// SPDX-License-Identifier: Apache-2.0
// Made from db/migrations by embed_migrations.cmake.
#include \"adapters/store/migrations.hpp\"

namespace hotline::store {
namespace {
constexpr Migration all[] = {
${entries}};
}  // namespace
std::span<const Migration> migrations() { return all; }
}  // namespace hotline::store
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
