# What find_package(Assay) finds: the four programs as imported targets, assay_add_suite(), and the suite's own
# models.json and prompts.json. The libraries are not installed: the file formats are the interface, not the C++.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Assay)
set(suite_dir ${CMAKE_INSTALL_DATADIR}/assay/suite)

install(TARGETS assay assay-bench foundry-embedded EXPORT AssayPrograms RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# In a folder of its own, as in the build tree: on PATH it would stand in for the real `foundry`.
install(TARGETS foundry EXPORT AssayPrograms RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}/foundry-cli)
install(EXPORT AssayPrograms NAMESPACE assay:: DESTINATION ${package_dir})

configure_package_config_file("${PROJECT_SOURCE_DIR}/ctest/cmake/AssayConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/AssayConfig.cmake"
  INSTALL_DESTINATION ${package_dir} PATH_VARS suite_dir NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/AssayConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/AssayConfig.cmake"
  "${PROJECT_BINARY_DIR}/AssayConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/ctest/Assay.cmake"
  DESTINATION ${package_dir})
install(FILES "${PROJECT_SOURCE_DIR}/ctest/cmake/AssayStep.cmake" DESTINATION ${package_dir}/cmake)
install(FILES
  "${PROJECT_SOURCE_DIR}/benchmarks/suite/models.json"
  "${PROJECT_SOURCE_DIR}/benchmarks/suite/prompts.json"
  DESTINATION ${suite_dir})
