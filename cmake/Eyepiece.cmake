# SPDX-License-Identifier: GPL-3.0-or-later
# The few functions with which every folder of the tree declares its targets.

add_library(eyepiece_options INTERFACE)
target_compile_options(eyepiece_options INTERFACE -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in plain std::string concatenation (its bug 105651).
  target_compile_options(eyepiece_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 14)
  # GCC 14 sees copies beyond the end in std::vector<bool>::reserve, as LibTorch's autograd functions call it.
  target_compile_options(eyepiece_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(EYEPIECE_WERROR)
  target_compile_options(eyepiece_options INTERFACE -Werror)
endif()
if(EYEPIECE_SANITIZE)
  target_compile_options(eyepiece_options INTERFACE -fsanitize=${EYEPIECE_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(eyepiece_options INTERFACE -fsanitize=${EYEPIECE_SANITIZE})
endif()

include(EyepiecePlugin)

# A shared library of the house. Public headers are included as <room>/<file>.h from the tree's root.
function(eyepiece_add_library name)
  cmake_parse_arguments(arg "" "EXPORT_MACRO" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} SHARED ${arg_SOURCES})
  # Eyepiece::core for eyepiece-core, here and in a project that uses an install.
  string(REPLACE "eyepiece-" "" short ${name})
  add_library(Eyepiece::${short} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${short})
  install(TARGETS ${name} EXPORT EyepieceTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/eyepiece>)
  target_compile_definitions(${name} PRIVATE ${arg_EXPORT_MACRO})
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE $<BUILD_INTERFACE:eyepiece_options> ${arg_PRIVATE_LINK})
endfunction()

# LibTorch's headers cost 15 to 25 s a file. They are compiled once, for everything that includes them.
function(eyepiece_torch_pch target)
  if(NOT TARGET eyepiece-torch-headers)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/torch_headers.cpp CONTENT "// carries the precompiled header\n")
    add_library(eyepiece-torch-headers OBJECT ${CMAKE_BINARY_DIR}/generated/torch_headers.cpp)
    target_link_libraries(eyepiece-torch-headers PRIVATE eyepiece_options nlohmann_json::nlohmann_json Threads::Threads ${TORCH_LIBRARIES})
    target_precompile_headers(eyepiece-torch-headers PRIVATE <torch/torch.h> <torch/script.h> <nlohmann/json.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM eyepiece-torch-headers)
  # GCC takes a precompiled header only under the same code model; executables would ask for -fPIE.
  target_compile_options(${target} PRIVATE -fPIC)
endfunction()

# eyepiece_add_test(NAME SOURCES... LINK...) : one Qt Test executable, one ctest entry.
# GUI: runs on Qt's offscreen platform. XVFB: runs on the display at hand (packaging/test.sh starts Xvfb).
function(eyepiece_add_test name)
  cmake_parse_arguments(arg "GUI;XVFB;TORCH" "TIMEOUT" "SOURCES;LINK;DEFINITIONS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE eyepiece-test-support ${arg_LINK} eyepiece_options Qt6::Test)
  target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS} QT_NO_KEYWORDS)
  if(arg_TORCH)
    eyepiece_torch_pch(${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  get_filename_component(shared_data ${CMAKE_SOURCE_DIR}/../shared/data ABSOLUTE)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "QTEST_FUNCTION_TIMEOUT=${arg_TIMEOUT}000;EYEPIECE_BIN=${CMAKE_BINARY_DIR}/bin;EYEPIECE_PLUGINS=${CMAKE_BINARY_DIR}/lib/eyepiece/plugins;EYEPIECE_SHARED_DATA=${shared_data}")
  if(arg_GUI)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
  endif()
endfunction()
