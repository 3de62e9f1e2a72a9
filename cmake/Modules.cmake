# SPDX-License-Identifier: Apache-2.0
# One CMake target a folder. A module is the *.cpp of its folder (not of sub-folders); tests/<folder> mirrors it.

# hotline_module(NAME [DEPS targets...] [PRIVATE_DEPS targets...]): static library hotline_NAME from this folder.
function(hotline_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  if(sources)
    add_library(hotline_${name} STATIC ${sources} ${headers})
    target_include_directories(hotline_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(hotline_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS} hotline_warnings)
    hotline_use_precompiled_headers(hotline_${name})
  else()
    add_library(hotline_${name} INTERFACE)
    target_include_directories(hotline_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(hotline_${name} INTERFACE ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  endif()
endfunction()

# hotline_tests(NAME DEPS targets...): GoogleTest program NAME_tests from the *_test.cpp of this folder.
function(hotline_tests name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${sources})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_tests PRIVATE HOTLINE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name}_tests PRIVATE ${ARG_DEPS} GTest::gmock_main hotline_warnings)
  hotline_use_precompiled_headers(${name}_tests)
  add_test(NAME ${name} COMMAND ${name}_tests --gtest_output=xml:${CMAKE_BINARY_DIR}/test-results/${name}.xml)
  set_property(GLOBAL APPEND PROPERTY HOTLINE_TEST_PROGRAMS ${name}_tests)
endfunction()

# hotline_fuzz_target(NAME DEPS targets...): libFuzzer program from fuzz/NAME.cpp, seeds in fuzz/corpus/NAME.
function(hotline_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(fuzz_${name} ${name}.cpp)
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# The std and library headers nearly every file includes, compiled once and shared.
function(hotline_use_precompiled_headers target)
  if(NOT TARGET hotline_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/pch_anchor.cpp "// carries the shared precompiled header\n")
    add_library(hotline_pch STATIC ${CMAKE_BINARY_DIR}/pch_anchor.cpp)
    target_link_libraries(hotline_pch PUBLIC fmt::fmt spdlog::spdlog Boost::json hotline_warnings)
    target_precompile_headers(hotline_pch PRIVATE
      <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <span>
      <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
      <fmt/format.h> <spdlog/spdlog.h> <boost/json.hpp> <boost/describe.hpp>)
  endif()
  target_link_libraries(${target} PRIVATE hotline_pch)
  target_precompile_headers(${target} REUSE_FROM hotline_pch)
endfunction()
