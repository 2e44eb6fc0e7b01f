# SPDX-License-Identifier: GPL-3.0-or-later
# What others need to build plugins against an install: the headers of every library, and EyepieceConfig.cmake.
include(CMakePackageConfigHelpers)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Eyepiece)
foreach(room core widgets)
  install(DIRECTORY ${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eyepiece COMPONENT development
    FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/generated/core/base/version.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eyepiece/core/base COMPONENT development)
install(EXPORT EyepieceTargets NAMESPACE Eyepiece:: DESTINATION ${config_folder} COMPONENT development)
configure_package_config_file(cmake/EyepieceConfig.cmake.in ${CMAKE_BINARY_DIR}/generated/EyepieceConfig.cmake
  INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/EyepieceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/EyepieceConfig.cmake
  ${CMAKE_BINARY_DIR}/generated/EyepieceConfigVersion.cmake cmake/EyepiecePlugin.cmake
  DESTINATION ${config_folder} COMPONENT development)
