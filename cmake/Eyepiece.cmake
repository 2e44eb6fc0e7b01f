# SPDX-License-Identifier: GPL-3.0-or-later
# The few functions with which every folder of the tree declares its targets.

add_library(eyepiece_options INTERFACE)
target_compile_options(eyepiece_options INTERFACE -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in plain std::string concatenation (its bug 105651).
  target_compile_options(eyepiece_options INTERFACE -Wno-restrict)
endif()
if(EYEPIECE_WERROR)
  target_compile_options(eyepiece_options INTERFACE -Werror)
endif()
if(EYEPIECE_SANITIZE)
  target_compile_options(eyepiece_options INTERFACE -fsanitize=${EYEPIECE_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(eyepiece_options INTERFACE -fsanitize=${EYEPIECE_SANITIZE})
endif()

# A shared library of the house. Public headers are included as <room>/<file>.h from the tree's root.
function(eyepiece_add_library name)
  cmake_parse_arguments(arg "" "EXPORT_MACRO" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} SHARED ${arg_SOURCES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/eyepiece>)
  target_compile_definitions(${name} PRIVATE ${arg_EXPORT_MACRO})
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE $<BUILD_INTERFACE:eyepiece_options> ${arg_PRIVATE_LINK})
endfunction()

# eyepiece_add_plugin(ID [ENGINE sources...] [PANELS sources...] [RESOURCES qrc...])
# makes <build>/lib/eyepiece/plugins/ID/{plugin.json,engine.so,panels.so}, and installs the same.
function(eyepiece_add_plugin id)
  cmake_parse_arguments(arg "" "" "ENGINE;PANELS;RESOURCES;ENGINE_LINK;PANELS_LINK" ${ARGN})
  set(folder ${CMAKE_BINARY_DIR}/lib/eyepiece/plugins/${id})
  set(install_folder ${CMAKE_INSTALL_LIBDIR}/eyepiece/plugins/${id})
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/plugin.json ${folder}/plugin.json @ONLY)
  install(FILES ${folder}/plugin.json DESTINATION ${install_folder})
  if(arg_ENGINE AND TARGET eyepiece-engine)
    add_library(plugin-${id}-engine MODULE ${arg_ENGINE})
    set_target_properties(plugin-${id}-engine PROPERTIES PREFIX "" OUTPUT_NAME engine
      LIBRARY_OUTPUT_DIRECTORY ${folder} INSTALL_RPATH "$ORIGIN/../../..")
    target_link_libraries(plugin-${id}-engine PRIVATE eyepiece-engine eyepiece_options ${arg_ENGINE_LINK})
    eyepiece_torch_pch(plugin-${id}-engine)
    install(TARGETS plugin-${id}-engine DESTINATION ${install_folder})
  endif()
  if(arg_PANELS AND TARGET eyepiece-widgets)
    add_library(plugin-${id}-panels MODULE ${arg_PANELS} ${arg_RESOURCES})
    set_target_properties(plugin-${id}-panels PROPERTIES PREFIX "" OUTPUT_NAME panels AUTOMOC ON AUTORCC ON
      LIBRARY_OUTPUT_DIRECTORY ${folder} INSTALL_RPATH "$ORIGIN/../../..")
    target_link_libraries(plugin-${id}-panels PRIVATE eyepiece-widgets eyepiece_options ${arg_PANELS_LINK})
    install(TARGETS plugin-${id}-panels DESTINATION ${install_folder})
  endif()
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
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "EYEPIECE_BIN=${CMAKE_BINARY_DIR}/bin;EYEPIECE_PLUGINS=${CMAKE_BINARY_DIR}/lib/eyepiece/plugins;EYEPIECE_SHARED_DATA=${CMAKE_SOURCE_DIR}/../shared/data")
  if(arg_GUI)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
  endif()
endfunction()
