# A step of a suite's tests that is more than one command (cmake -P, called by the tests of Assay.cmake).
#
# Variables: STEP, SUITE_DIR (build tree), and per step:
#   start  PROGRAM  forgets old results, then starts the embedded service (with DRY_RUN: only asks for a service)
#   stop   PROGRAM  stops what `start` started
#   gate   one `assay compare`, for suites that may be skipped when there is no service
# Arguments after `--` are the command. A script cannot choose its exit code before CMake 3.29, so "skipped" is said
# by printing SKIP_TOKEN: a random word of the build tree, which no model's answer can contain.

cmake_minimum_required(VERSION 3.25)

set(command)
set(collecting OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(collecting)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(collecting ON)
  endif()
endforeach()

set(log "${SUITE_DIR}/service.log")
set(started "${SUITE_DIR}/service.started")

if(STEP STREQUAL "start")
  # Before anything can fail: a result of an earlier run must never be judged as this one's.
  file(REMOVE_RECURSE "${SUITE_DIR}/runs")
  if(EXISTS "${SUITE_DIR}/runs")
    message(FATAL_ERROR " cannot remove the results of the last run: ${SUITE_DIR}/runs")
  endif()
  file(MAKE_DIRECTORY "${SUITE_DIR}/runs" ${LOCAL_BASELINES})
  if(command)
    execute_process(COMMAND ${command} RESULT_VARIABLE result)
    if(result EQUAL 77)
      execute_process(COMMAND ${CMAKE_COMMAND} -E echo "skipped: nothing to run against ${SKIP_TOKEN}")
    elseif(NOT result EQUAL 0)
      message(FATAL_ERROR " no service to measure: the command ended with ${result}")
    endif()
    return()
  endif()
  # A service left over by an interrupted run may be of an older build or under another scenario.
  file(MAKE_DIRECTORY "$ENV{FOUNDRY_EMBEDDED_HOME}")
  execute_process(COMMAND "${PROGRAM}" server stop OUTPUT_QUIET ERROR_QUIET TIMEOUT 30)
  file(REMOVE "${started}")
  # An interrupted ctest runs no clean-up: a service that nobody asks anything ends by itself.
  # Into a file and not a pipe: a service that inherits the pipe would keep this test from ending.
  execute_process(COMMAND "${PROGRAM}" server start --idle-timeout 2
    RESULT_VARIABLE result OUTPUT_FILE "${log}" ERROR_FILE "${log}.err" TIMEOUT 60)
  foreach(file IN ITEMS "${log}" "${log}.err")
    if(EXISTS "${file}")
      file(READ "${file}" text)
      message("${text}")
    endif()
  endforeach()
  if(NOT result EQUAL 0)
    message(FATAL_ERROR " `${PROGRAM} server start` ended with ${result}; FOUNDRY_EMBEDDED_HOME=$ENV{FOUNDRY_EMBEDDED_HOME}")
  endif()
  file(TOUCH "${started}")

elseif(STEP STREQUAL "stop")
  if(NOT EXISTS "${started}")
    message("nothing was started")
    return()
  endif()
  file(REMOVE "${started}")
  execute_process(COMMAND "${PROGRAM}" server stop RESULT_VARIABLE result TIMEOUT 30)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR " `${PROGRAM} server stop` ended with ${result}: the service went away during the run or does not stop;"
      " see ${log}")
  endif()

elseif(STEP STREQUAL "gate")
  file(GLOB results "${SUITE_DIR}/runs/*")
  if(NOT results)
    execute_process(COMMAND ${CMAKE_COMMAND} -E echo "skipped: nothing was run ${SKIP_TOKEN}")
    return()
  endif()
  execute_process(COMMAND ${command} RESULT_VARIABLE result)
  if(result EQUAL 3 AND CANNOT_TELL_IS_SKIPPED)
    execute_process(COMMAND ${CMAKE_COMMAND} -E echo "skipped: cannot tell ${SKIP_TOKEN}")
  elseif(NOT result EQUAL 0)
    message(FATAL_ERROR " `assay compare` ended with ${result}")
  endif()

else()
  message(FATAL_ERROR "unknown STEP `${STEP}`")
endif()
