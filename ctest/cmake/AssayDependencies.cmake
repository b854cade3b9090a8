# What Assay stands on. Debian 12's versions are the floor; nothing is downloaded here (ctest/bootstrap.cmake installs).

find_package(Threads REQUIRED)
find_package(benchmark 1.7.1 REQUIRED)
find_package(CURL 7.88 REQUIRED)

# Boost 1.81 is the first with Boost.Process v2. CONFIG: CMake's own FindBoost knows no newer Boost than itself, and goes.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS filesystem program_options)

# RapidJSON is headers only and its packages disagree about CMake files.
find_path(RAPIDJSON_INCLUDE_DIR rapidjson/document.h REQUIRED)
add_library(assay_rapidjson INTERFACE)
target_include_directories(assay_rapidjson SYSTEM INTERFACE ${RAPIDJSON_INCLUDE_DIR})
target_compile_definitions(assay_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)

# RE2 matches regular expressions in time proportional to the text, whatever a hostile answer holds; no engine of Boost or
# the standard library does. Debian's package has no CMake files.
find_package(re2 CONFIG QUIET)
if(NOT TARGET re2::re2)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET GLOBAL re2)
  add_library(re2::re2 ALIAS PkgConfig::RE2)
endif()

if(ASSAY_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
  include(GoogleTest)
endif()
