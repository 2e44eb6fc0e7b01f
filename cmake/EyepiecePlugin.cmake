# SPDX-License-Identifier: GPL-3.0-or-later
# How a plugin is built: in this tree, and, after find_package(Eyepiece), in any other.
#
# eyepiece_add_plugin(ID [ENGINE sources...] [PANELS sources...] [RESOURCES qrc...]
#                     [ENGINE_LINK libraries...] [PANELS_LINK libraries...])
# makes <build>/lib/eyepiece/plugins/ID/{plugin.json,engine.so,panels.so}, and installs the same. A half whose
# library (engine: LibTorch, widgets: Qt) this Eyepiece was built without is left out. In plugin.json,
# @EYEPIECE_PLUGIN_API@, @EYEPIECE_TORCH_VERSION@ and @PROJECT_VERSION@ are filled in.
function(eyepiece_add_plugin id)
  cmake_parse_arguments(arg "" "" "ENGINE;PANELS;RESOURCES;ENGINE_LINK;PANELS_LINK" ${ARGN})
  include(GNUInstallDirs)
  set(folder ${CMAKE_BINARY_DIR}/lib/eyepiece/plugins/${id})
  set(install_folder ${CMAKE_INSTALL_LIBDIR}/eyepiece/plugins/${id})
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/plugin.json ${folder}/plugin.json @ONLY)
  install(FILES ${folder}/plugin.json DESTINATION ${install_folder})
  set(options)
  if(TARGET eyepiece_options)
    set(options eyepiece_options)
  endif()
  if(arg_ENGINE AND TARGET Eyepiece::engine)
    add_library(plugin-${id}-engine MODULE ${arg_ENGINE})
    set_target_properties(plugin-${id}-engine PROPERTIES PREFIX "" OUTPUT_NAME engine CXX_VISIBILITY_PRESET hidden
      LIBRARY_OUTPUT_DIRECTORY ${folder} INSTALL_RPATH "$ORIGIN/../../..")
    target_link_libraries(plugin-${id}-engine PRIVATE Eyepiece::engine ${options} ${arg_ENGINE_LINK})
    if(COMMAND eyepiece_torch_pch)
      eyepiece_torch_pch(plugin-${id}-engine)
    endif()
    install(TARGETS plugin-${id}-engine DESTINATION ${install_folder})
  endif()
  if(arg_PANELS AND TARGET Eyepiece::widgets)
    add_library(plugin-${id}-panels MODULE ${arg_PANELS} ${arg_RESOURCES})
    set_target_properties(plugin-${id}-panels PROPERTIES PREFIX "" OUTPUT_NAME panels CXX_VISIBILITY_PRESET hidden
      AUTOMOC ON AUTORCC ON LIBRARY_OUTPUT_DIRECTORY ${folder} INSTALL_RPATH "$ORIGIN/../../..")
    target_link_libraries(plugin-${id}-panels PRIVATE Eyepiece::widgets ${options} ${arg_PANELS_LINK})
    install(TARGETS plugin-${id}-panels DESTINATION ${install_folder})
  endif()
endfunction()
