# How every folder declares its target: warnings, sanitizers and output folders in one place.
# Included once from the top; defines functions only, changes no global compiler flag.

include(GNUInstallDirs)

add_library(assay_warnings INTERFACE)
if(MSVC)
  target_compile_options(assay_warnings INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${ASSAY_WARNINGS_AS_ERRORS}>:/WX>)
else()
  target_compile_options(assay_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wcast-align
    # gcc 12, optimising, sees an overlap in std::string operator+ that is not there (gcc PR105651), and takes the
    # inactive members of std::variant and std::optional for uninitialised reads. clang and the sanitizers still look.
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-maybe-uninitialized>
    $<$<BOOL:${ASSAY_WARNINGS_AS_ERRORS}>:-Werror>)
endif()

add_library(assay_instrumentation INTERFACE)
if(ASSAY_SANITIZE)
  target_compile_options(assay_instrumentation INTERFACE
    -fsanitize=${ASSAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(assay_instrumentation INTERFACE -fsanitize=${ASSAY_SANITIZE})
  # gcc's manual: the instrumentation makes it take initialised memory for uninitialised.
  target_compile_options(assay_instrumentation INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(ASSAY_COVERAGE)
  target_compile_options(assay_instrumentation INTERFACE --coverage -O0)
  target_link_options(assay_instrumentation INTERFACE --coverage)
endif()

set(ASSAY_BIN_DIR "${PROJECT_BINARY_DIR}/bin")
set(ASSAY_SHARE_DIR "${PROJECT_BINARY_DIR}/share/assay")

# assay_add_library(<target> SOURCES ... HEADERS ... [PUBLIC ...] [PRIVATE ...])
# One static library per folder, alias assay::<target>; headers are included from the project's root.
function(assay_add_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  add_library(assay_${target} STATIC)
  add_library(assay::${target} ALIAS assay_${target})
  set_target_properties(assay_${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(assay_${target}
    PRIVATE ${arg_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  target_compile_features(assay_${target} PUBLIC cxx_std_20)
  target_link_libraries(assay_${target}
    PUBLIC ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:assay_warnings> $<BUILD_INTERFACE:assay_instrumentation>)
endfunction()

# assay_add_program(<name> SOURCES ... LINK ... [SUBDIRECTORY dir]): lands in build/<preset>/bin[/dir].
# Alias assay::<name>, as in the installed package, unless a library has it. AssayInstall.cmake says what is installed.
function(assay_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SUBDIRECTORY" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_link_libraries(${name} PRIVATE ${arg_LINK} assay_warnings assay_instrumentation)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${ASSAY_BIN_DIR}/${arg_SUBDIRECTORY}")
  if(NOT TARGET assay::${name})
    add_executable(assay::${name} ALIAS ${name})
  endif()
endfunction()

# What every test includes, parsed once: the headers of GoogleTest are a third of a test's compile time. A preset that
# sets CMAKE_DISABLE_PRECOMPILE_HEADERS (dev) says whether a test includes what it needs.
function(assay_test_headers)
  if(TARGET assay_test_headers)
    return()
  endif()
  file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/ctest/test_headers.cc" CONTENT "// What is precompiled needs a target.\n")
  add_library(assay_test_headers STATIC "${PROJECT_BINARY_DIR}/ctest/test_headers.cc")
  target_compile_features(assay_test_headers PRIVATE cxx_std_20)
  target_link_libraries(assay_test_headers
    PRIVATE GTest::gmock assay_warnings assay_instrumentation assay_test_optimisation)
  target_precompile_headers(assay_test_headers PRIVATE
    <gmock/gmock.h> <gtest/gtest.h> <algorithm> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional>
    <ranges> <set> <string> <string_view> <utility> <variant> <vector>)
endfunction()

# A test's own lines run once: optimising them takes twice the time of compiling them, and what they test is optimised.
add_library(assay_test_optimisation INTERFACE)
target_compile_options(assay_test_optimisation INTERFACE
  $<$<AND:$<NOT:$<BOOL:${MSVC}>>,$<CONFIG:Release>>:-O0>)

# assay_add_unit_test(<folder> SOURCES ... LINK ...): one GoogleTest program per folder, label "unit".
function(assay_add_unit_test folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;LINK")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  set(target ${arg_LABEL}_${folder})
  add_executable(${target} ${arg_SOURCES})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE ASSAY_TEST_DATA_DIR="${PROJECT_SOURCE_DIR}/ctest")
  target_link_libraries(${target}
    PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main assay_warnings assay_instrumentation assay_test_optimisation)
  assay_test_headers()
  target_precompile_headers(${target} REUSE_FROM assay_test_headers)
  gtest_discover_tests(${target} TEST_PREFIX "${arg_LABEL}.${folder}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()
