# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers, compiler cache and linker: what every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Everything ends in programs: position-independent as those are (-fPIE). With the -fPIC of shared libraries no function
# is inlined that another library might replace.
add_compile_options(-fPIE)
string(APPEND CMAKE_EXE_LINKER_FLAGS " -pie")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Assertions stay on in release: a bug stops the process and recovery from the store takes over.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

set(HOTLINE_SANITIZE "" CACHE STRING "Sanitizers of this build: '', 'address,undefined' or 'thread'")
if(HOTLINE_SANITIZE)
  add_compile_options(-fsanitize=${HOTLINE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HOTLINE_SANITIZE})
  if(HOTLINE_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The sloppiness settings make precompiled headers cacheable.
  set(_launcher ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Our own code compiles clean under these; third-party headers are SYSTEM.
add_library(hotline_warnings INTERFACE)
target_compile_options(hotline_warnings INTERFACE -Wall -Wextra -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # gcc 12 sees out-of-bounds copies in plain std::string concatenation (its bugs 105329 and 105651).
  target_compile_options(hotline_warnings INTERFACE -fpch-preprocess -Wno-array-bounds -Wno-restrict
                         -Wno-stringop-overflow)
endif()
