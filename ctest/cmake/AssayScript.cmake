# What gate.cmake and selftest.cmake share: where things are, saying something, configure, build, the list of failed tests.
# Configure, build and test run as child processes and not as ctest_build() and friends, because those hide the
# output of a failing compiler or test from whoever looks at the terminal.
# A script fails by message(FATAL_ERROR), at its top level so that no call stack follows the last line: `ctest -S` ends
# with 0 otherwise, whatever its tests did. A leading blank in the message keeps CMake from wrapping paths and commands.

include_guard()
cmake_minimum_required(VERSION 3.25)

set(CTEST_RUN_CURRENT_SCRIPT OFF)  # we do the steps ourselves
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH assay_source)
cmake_path(GET assay_source PARENT_PATH assay_source)
cmake_host_system_information(RESULT assay_cores QUERY NUMBER_OF_LOGICAL_CORES)

# assay_option(NAME default): -DNAME=VALUE beats the environment, the environment beats the default.
macro(assay_option name default)
  if(NOT DEFINED ${name})
    set(${name} "$ENV{${name}}")
  endif()
  if("${${name}}" STREQUAL "")
    set(${name} "${default}")
  endif()
endmacro()

assay_option(ASSAY_PRESET release)
set(assay_build "${assay_source}/build/${ASSAY_PRESET}")

# On standard output, so that it stays in order with what the child processes print.
function(assay_say text)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${text}")
endfunction()

# Both do nothing once something went wrong, and say in `assay_problem` what did.
function(assay_configure who)
  if(assay_problem)
    return()
  endif()
  assay_say("${who}: configure ${ASSAY_PRESET}")
  execute_process(COMMAND ${CMAKE_COMMAND} --preset ${ASSAY_PRESET} ${ARGN}
    WORKING_DIRECTORY "${assay_source}" RESULT_VARIABLE failed)
  if(NOT failed EQUAL 0)
    set(assay_problem "${who}: FAILED: configure (preset ${ASSAY_PRESET}); the reason is above" PARENT_SCOPE)
  endif()
endfunction()

function(assay_build who)
  if(assay_problem)
    return()
  endif()
  assay_say("${who}: build")
  execute_process(COMMAND ${CMAKE_COMMAND} --build --preset ${ASSAY_PRESET} --parallel ${assay_cores} ${ARGN}
    WORKING_DIRECTORY "${assay_source}" RESULT_VARIABLE failed)
  if(NOT failed EQUAL 0)
    set(assay_problem "${who}: FAILED: build (preset ${ASSAY_PRESET}); the compiler's messages are above" PARENT_SCOPE)
  endif()
endfunction()

# assay_test(<who> <ctest arguments>...): sets assay_tests_failed and assay_failed_names (empty when none could run).
function(assay_test who)
  file(GLOB old "${assay_build}/Testing/Temporary/LastTestsFailed*.log")
  if(old)
    file(REMOVE ${old})
  endif()
  execute_process(
    COMMAND ${CMAKE_CTEST_COMMAND} --test-dir "${assay_build}" --output-on-failure --no-tests=error ${ARGN}
    WORKING_DIRECTORY "${assay_source}" RESULT_VARIABLE failed)
  set(names)
  file(GLOB logs "${assay_build}/Testing/Temporary/LastTestsFailed*.log")
  foreach(log IN LISTS logs)
    file(STRINGS "${log}" lines)
    list(TRANSFORM lines REPLACE "^[0-9]+:" "")
    list(APPEND names ${lines})
  endforeach()
  if(failed EQUAL 0)
    set(failed OFF)
  else()
    set(failed ON)
  endif()
  set(assay_tests_failed ${failed} PARENT_SCOPE)
  set(assay_failed_names "${names}" PARENT_SCOPE)
endfunction()

# "3 tests failed: a, b, c" with at most four names.
function(assay_describe_failed out)
  list(LENGTH assay_failed_names count)
  if(count EQUAL 0)
    set(${out} "no test was run" PARENT_SCOPE)
    return()
  endif()
  list(SUBLIST assay_failed_names 0 4 shown)
  list(JOIN shown ", " shown)
  if(count GREATER 4)
    math(EXPR more "${count} - 4")
    string(APPEND shown " and ${more} more")
  endif()
  set(noun tests)
  if(count EQUAL 1)
    set(noun test)
  endif()
  set(${out} "${count} ${noun} failed: ${shown}" PARENT_SCOPE)
endfunction()
