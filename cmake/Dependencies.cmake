# SPDX-License-Identifier: Apache-2.0
# Every library the product links, found once; all are Debian 12 packages (tools/packages.txt).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(prometheus-cpp REQUIRED)
find_package(date REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SRTP REQUIRED IMPORTED_TARGET libsrtp2)
pkg_check_modules(SPANDSP REQUIRED IMPORTED_TARGET spandsp)   # LGPL 2.1, linked dynamically
pkg_check_modules(OPUS REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(SPEEXDSP REQUIRED IMPORTED_TARGET speexdsp)
pkg_check_modules(OGG REQUIRED IMPORTED_TARGET ogg)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(OPENCC REQUIRED IMPORTED_TARGET opencc)   # Apache-2.0
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)   # BSD-2-Clause; docs/adr/0033
find_library(RE_LIBRARY re REQUIRED)
find_path(RE_INCLUDE_DIR re.h PATH_SUFFIXES re REQUIRED)

# libre's headers need the defines the library itself was built with.
add_library(hotline_libre INTERFACE)
target_include_directories(hotline_libre SYSTEM INTERFACE ${RE_INCLUDE_DIR})
target_compile_definitions(hotline_libre INTERFACE HAVE_INTTYPES_H HAVE_STDBOOL_H HAVE_INET6 RELEASE USE_OPENSSL)
target_link_libraries(hotline_libre INTERFACE ${RE_LIBRARY} OpenSSL::SSL OpenSSL::Crypto)
