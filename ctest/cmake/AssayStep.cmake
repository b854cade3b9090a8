# A step of a suite's tests that is more than one command (cmake -P, called by the tests of Assay.cmake).
#
# Variables: STEP, SUITE_DIR (build tree), and per step:
#   start  PROGRAM  forgets old results, then starts the embedded service (with DRY_RUN: only asks for a service)
#   stop   PROGRAM  stops what `start` started
#   second_look  COMMANDS, SECOND, PROGRAM  measures suspects of the runs again into SECOND; COMMANDS is a script that
#                   sets `compare` and `confirm`; PROGRAM, where there is one, starts the service anew first
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

# Stops a service that may be there and starts one.
function(start_service)
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
endfunction()

if(STEP STREQUAL "start")
  # Before anything can fail: a result of an earlier run must never be judged as this one's.
  foreach(results runs second)
    file(REMOVE_RECURSE "${SUITE_DIR}/${results}")
    if(EXISTS "${SUITE_DIR}/${results}")
      message(FATAL_ERROR " cannot remove the results of the last run: ${SUITE_DIR}/${results}")
    endif()
  endforeach()
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
  start_service()

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

elseif(STEP STREQUAL "second_look")
  include("${COMMANDS}")
  file(GLOB results "${SUITE_DIR}/runs/*")
  if(NOT results)
    execute_process(COMMAND ${CMAKE_COMMAND} -E echo "skipped: nothing was run ${SKIP_TOKEN}")
    return()
  endif()
  set(verdict "${SUITE_DIR}/first_look.json")
  file(REMOVE "${verdict}")
  # What the first look says is not this test's to judge: 1 and 3 are verdicts, too.
  execute_process(COMMAND ${compare} --json "${verdict}" RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result MATCHES "^[013]$" OR NOT EXISTS "${verdict}")
    message(FATAL_ERROR " `assay compare` ended with ${result}: ${output}")
  endif()
  file(READ "${verdict}" json)
  string(JSON suspects ERROR_VARIABLE none LENGTH "${json}" second_look suspects)
  if(none OR suspects EQUAL 0)
    message("no case looks slower: nothing to measure again")
    return()
  endif()
  message("${suspects} suspects: measuring them again")
  if(PROGRAM)
    start_service()
  endif()
  execute_process(COMMAND ${confirm} "--confirm=${verdict}" RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT EXISTS "${SECOND}/run.json")
    message(FATAL_ERROR " the second look failed: assay-bench ended with ${result}")
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
