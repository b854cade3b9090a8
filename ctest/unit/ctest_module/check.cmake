# One case of ctest_module.*. Wants CASE, SOURCE (Assay's source) and WORK (a folder of this case's own).
# A scratch project is project/ + programs/ + copies of the scripts under test; see those folders for what they imitate.

cmake_minimum_required(VERSION 3.25)

set(scratch "${WORK}/scratch")
set(here "${CMAKE_CURRENT_LIST_DIR}")
set(ENV{ASSAY_BOOTSTRAP} off)
foreach(variable ASSAY_SCENARIO ASSAY_REPETITIONS ASSAY_MODELS ASSAY_PRESET ASSAY_TESTS STUB_BENCH STUB_FOUNDRY STUB_COMPARE STUB_SUSPECTS STUB_SECOND
    STUB_CHANGED STUB_BUILD CTEST_PARALLEL_LEVEL CMAKE_TOOLCHAIN_FILE)
  unset(ENV{${variable}})
endforeach()
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${scratch}/ctest")
file(COPY "${here}/project/" "${here}/programs" DESTINATION "${scratch}")
file(COPY "${SOURCE}/ctest/Assay.cmake" "${SOURCE}/ctest/gate.cmake" "${SOURCE}/ctest/selftest.cmake"
  "${SOURCE}/ctest/bootstrap.cmake" "${SOURCE}/ctest/cmake" DESTINATION "${scratch}/ctest")
set(build "${scratch}/build/release")
set(accepted "${build}/assay/baselines/latency")
set(gate ${CMAKE_CTEST_COMMAND} -S "${scratch}/ctest/gate.cmake" -V)
set(selftest ${CMAKE_CTEST_COMMAND} -S "${scratch}/ctest/selftest.cmake" -V)

# run(<command>...): `output` and `code`, from a folder that is not the project's.
function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(code "${code}" PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(<0|failure> [SAYS regex...] [NOT regex...])
function(expect code_wanted)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SAYS;NOT")
  set(problem)
  if(code_wanted EQUAL 0 AND NOT code EQUAL 0)
    set(problem "wanted exit code 0")
  elseif(NOT code_wanted EQUAL 0 AND code EQUAL 0)
    set(problem "wanted a failure")
  endif()
  foreach(pattern IN LISTS arg_SAYS)
    if(NOT output MATCHES "${pattern}")
      string(APPEND problem "\n wanted in the output: ${pattern}")
    endif()
  endforeach()
  foreach(pattern IN LISTS arg_NOT)
    if(output MATCHES "${pattern}")
      string(APPEND problem "\n not wanted in the output: ${pattern}")
    endif()
  endforeach()
  if(problem)
    message(FATAL_ERROR " ${CASE}: ${problem}\n exit code ${code}, output:\n${output}")
  endif()
endfunction()

function(expect_file path exists)
  if((EXISTS "${path}" AND NOT exists) OR (NOT EXISTS "${path}" AND exists))
    message(FATAL_ERROR " ${CASE}: exists=${exists} wanted of ${path}\n${output}")
  endif()
endfunction()

# --------------------------------------------------------------------------------------------------------- the gate

function(gate_accepts_first_latency_and_gates_from_then_on)
  set(ENV{FOUNDRY_LOCAL_ENDPOINT} "http://caller.example")  # must not reach an embedded suite
  run(${gate})
  expect(0 SAYS "no latency baseline on this machine yet" "accepted this run into ${build}/assay/baselines"
    "100% tests passed" "tests failed out of 13" "gate: passed\n$" "latency [.]+\\*\\*\\*Skipped" "the table"
    NOT "latency [.]+ +Passed")
  expect_file("${accepted}" ON)
  foreach(report compare.md compare.json run.md run.csv)
    expect_file("${build}/assay/report/embedded/${report}" ON)
  endforeach()
  expect_file("${build}/assay/embedded/service/running" OFF)
  run(${gate})
  expect(0 SAYS "latency [.]+ +Passed" "gate: passed\n$" NOT "no latency baseline" "Skipped")
endfunction()

function(gate_fails_on_slow_and_on_flipped_answers)
  run(${gate})
  expect(0)
  run(${gate} -DASSAY_SCENARIO=slow_decode=1.5)
  expect(failure SAYS "scenario slow_decode=1.5" "gate: FAILED: 4 tests failed: [^\n]*embedded.gate.base.hello.latency"
    "the table" NOT "is wanted" "are wanted" "Call Stack" "determinism [.]+\\*\\*\\*" "gate: passed")
  set(ENV{ASSAY_SCENARIO} flip_token=1)
  run(${gate})
  expect(failure SAYS "gate: FAILED: 4 tests failed: [^\n]*embedded.gate.mini-int8_1.sum.determinism"
    NOT "gate: passed")
  unset(ENV{ASSAY_SCENARIO})
  run(${gate})
  expect(0)
  # A change that no scenario made can be accepted: the commands are there, each into its own folder.
  set(ENV{STUB_CHANGED} slow_decode)
  run(${gate})
  expect(failure SAYS "latency is wanted: [^\n]*assay accept --run [^\n]*--only latency --baselines ${build}/assay/baselines\n"
    NOT "answers are wanted")
  set(ENV{STUB_CHANGED} flip_token)
  run(${gate})
  expect(failure SAYS "answers are wanted: [^\n]*assay accept --run [^\n]*--only outputs --baselines ${scratch}/baselines\n"
    NOT "latency is wanted")
endfunction()

function(gate_takes_a_second_look)
  run(${gate})
  expect(0 NOT "both looks")
  expect_file("${build}/assay/embedded/second/run.json" OFF)
  set(ENV{STUB_SUSPECTS} 1)
  run(${gate})
  expect(0 SAYS "both looks: " "gate: passed\n$")
  expect_file("${build}/assay/embedded/second/run.json" ON)
  set(ENV{STUB_SECOND} 3)
  run(${gate})
  expect(failure SAYS "second look failed: assay-bench ended with 3" "latency [.]+\\*\\*\\*Not Run" NOT "both looks" "gate: passed")
  unset(ENV{STUB_SECOND})
  unset(ENV{STUB_SUSPECTS})
  run(${gate})  # what an earlier second look left is forgotten
  expect(0 NOT "both looks")
  expect_file("${build}/assay/embedded/second/run.json" OFF)
endfunction()

function(gate_never_accepts_a_scenario)
  run(${gate} -DASSAY_SCENARIO=slow_decode=1.5)
  expect(failure SAYS "gate: FAILED: no latency baseline" NOT "accepted this run")
  expect_file("${accepted}" OFF)
endfunction()

function(gate_does_not_accept_when_cannot_tell_with_baseline)
  run(${gate})
  expect(0)
  file(WRITE "${accepted}" "first")
  set(ENV{STUB_COMPARE} 3)
  run(${gate})
  expect(failure SAYS "gate: FAILED: `assay compare` cannot tell")
  set(ENV{STUB_COMPARE} 1)
  run(${gate})
  expect(failure SAYS "gate: FAILED: `assay compare` found a regression")
  set(ENV{STUB_COMPARE} 2)
  run(${gate})
  expect(failure SAYS "embedded.second_look[^\n]*. `assay compare` ended with 2")
  file(READ "${accepted}" content)
  if(NOT content STREQUAL "first")
    message(FATAL_ERROR " a run was accepted that nothing could be said of")
  endif()
endfunction()

function(gate_does_not_accept_a_first_run_with_a_missing_case)
  set(ENV{STUB_COMPARE} 3)
  run(${gate})
  expect(failure SAYS "gate: FAILED: `assay compare` cannot tell" NOT "accepted this run")
  expect_file("${accepted}" OFF)
endfunction()

function(gate_fails_when_a_run_fails_and_forgets_old_results)
  run(${gate})
  expect(0)
  set(ENV{STUB_BENCH} 3)
  run(${gate})
  expect(failure SAYS "gate: FAILED: [0-9]+ tests failed: [^\n]*embedded.run.base" "determinism [.]+\\*\\*\\*Not Run"
    NOT "the table" "gate: passed")
  expect_file("${build}/assay/embedded/runs/base/run.json" OFF)
  expect_file("${build}/assay/report/embedded/compare.json" OFF)
  expect_file("${build}/assay/embedded/service/running" OFF)
endfunction()

function(gate_fails_when_the_service_does_not_start)
  run(${gate})
  expect(0)
  set(ENV{STUB_FOUNDRY} 3)
  run(${gate})
  expect(failure SAYS "stub: will not start" "server start` ended with 3" "gate: FAILED: [^\n]*embedded.service.start"
    NOT "the table" "service.stop [.]+\\*\\*\\*Failed")
  expect_file("${build}/assay/embedded/runs/base/run.json" OFF)
endfunction()

function(gate_fails_when_configure_or_build_fails)
  set(ENV{STUB_BUILD} false)
  run(${gate})
  expect(failure SAYS "gate: FAILED: build")
  unset(ENV{STUB_BUILD})
  file(WRITE "${scratch}/models.json" "{")
  run(${gate})
  expect(failure SAYS "models.json" "gate: FAILED: configure")
  run(${gate} -DASSAY_PRESET=nonsense)
  expect(failure SAYS "nonsense" "gate: FAILED: configure")
endfunction()

function(gate_limits_models_and_repetitions)
  run(${gate} -DASSAY_MODELS=x,y:2 -DASSAY_REPETITIONS=2)
  expect(0 SAYS "embedded.run.x " "embedded.run.y_2 " "latency was not; a run with ASSAY_REPETITIONS" NOT "run.base")
  expect_file("${accepted}" OFF)
  file(READ "${build}/assay/embedded/runs/y_2/run.json" result)
  if(NOT result MATCHES "^y:2 ")
    message(FATAL_ERROR " ran ${result}")
  endif()
  run(${gate})  # and the next gate is a whole one again
  expect(0 SAYS "embedded.run.base " NOT "embedded.run.x ")
  expect_file("${accepted}" ON)
endfunction()

# ---------------------------------------------------------------------------------------------------------- selftest

function(selftest_ends_as_its_tests_do)
  run(${selftest} -DASSAY_PRESET=dev)
  expect(0 SAYS "100% tests passed, 0 tests failed out of 1\n" "selftest: passed\n$" NOT "embedded.run")
  run(${selftest} -DASSAY_PRESET=failing)
  expect(failure SAYS "50% tests passed, 1 tests failed out of 2" "selftest: FAILED: 1 test failed: own.false"
    NOT "selftest: passed")
  run(${selftest})  # this preset has gates only
  expect(failure SAYS "No tests were found" "selftest: FAILED: no test was run" NOT "selftest: passed")
  set(ENV{ASSAY_TESTS} "matches-nothing")
  run(${selftest} -DASSAY_PRESET=dev)
  expect(failure SAYS "selftest: FAILED: no test was run")
endfunction()

# ---------------------------------------------------------------------------------------------------- assay_add_suite

function(configure)
  run(${CMAKE_COMMAND} --fresh -S "${scratch}" -B "${build}" -G Ninja ${ARGN})
  set(code "${code}" PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(suite_refuses_bad_files)
  set(good "${here}/project/models.json")
  foreach(bad
      "{|models.json: .*Missing"
      "[]|models.json"
      "{\"models\": []}|`models` is empty"
      "{\"models\": {}}|wanted as an array, found OBJECT"
      "{\"models\": [{\"name\": \"x\"}]}|models\\[0\\].*alias"
      "{\"models\": [{\"alias\": \"x\"}, {\"alias\": \"x\"}]}|`x` is there twice"
      "{\"models\": [{\"alias\": \"x/1\"}, {\"alias\": \"x:1\"}]}|same test name"
      "{\"models\": [{\"alias\": \"a b\"}]}|`a b` is not a name")
    string(REGEX MATCH "^[^|]+" content "${bad}")
    string(REGEX REPLACE "^[^|]+\\|" "" message "${bad}")
    file(WRITE "${scratch}/models.json" "${content}")
    configure()
    expect(failure SAYS "${message}")
  endforeach()
  file(COPY "${good}" DESTINATION "${scratch}")
  file(WRITE "${scratch}/prompts.json" "{\"prompts\": [{\"id\": \"a\"}, {\"id\": \"a\"}]}")
  configure()
  expect(failure SAYS "prompts.json: `a` is there twice")
  file(REMOVE "${scratch}/prompts.json")
  configure()
  expect(failure SAYS "prompts.json: no such file")
endfunction()

function(suite_lists_its_tests)
  configure()
  expect(0)
  run(${CMAKE_CTEST_COMMAND} --test-dir "${build}" -N -L "^gate$")
  foreach(name service.start service.stop run.mini-int8_1 run.base gate.base.hello.latency gate.base.hello.determinism
      gate.mini-int8_1.sum.latency gate.mini-int8_1.sum.determinism)
    expect(0 SAYS "Test +#[0-9]+: embedded.${name}\n")
  endforeach()
  expect(0 SAYS "Total Tests: 13\n")
  # One gate brings the runs and the service with it.
  run(${CMAKE_CTEST_COMMAND} --test-dir "${build}" -R "gate.base.sum.determinism")
  expect(0 SAYS "embedded.service.start" "embedded.run.base" "embedded.run.mini-int8_1" "embedded.service.stop"
    "embedded.second_look" "0 tests failed out of 6")
  # What a run reads is one model with all that models.json says of it.
  file(READ "${build}/assay/embedded/models/mini-int8_1.json" json)
  string(JSON count LENGTH "${json}" models)
  string(JSON license GET "${json}" models 0 license)
  string(JSON version GET "${json}" schema_version)
  if(NOT "${count} ${license} ${version}" STREQUAL "1 MIT 1")
    message(FATAL_ERROR " ${json}")
  endif()
  # A new prompt is a new test without anybody configuring again.
  file(READ "${scratch}/prompts.json" json)
  string(JSON json SET "${json}" prompts 2 "{\"id\": \"new\"}")
  file(WRITE "${scratch}/prompts.json" "${json}")
  run(${CMAKE_COMMAND} --build "${build}")
  run(${CMAKE_CTEST_COMMAND} --test-dir "${build}" -N)
  expect(0 SAYS "embedded.gate.base.new.latency")
endfunction()

function(suite_gate_needs_its_run)
  configure()
  expect(0)
  # Without fixtures and without results: nothing passes.
  run(${CMAKE_CTEST_COMMAND} --test-dir "${build}" -L "^(latency|determinism)$" -FA ".*")
  expect(failure SAYS "0% tests passed, 8 tests failed out of 8" NOT "Skipped")
  run(${CMAKE_CTEST_COMMAND} --test-dir "${build}" -L "^gate$" -E "run.base")
  expect(failure SAYS "base.hello.determinism [.]+\\*\\*\\*Not Run" "base.hello.latency [.]+\\*\\*\\*Not Run"
    "embedded.second_look [.]+\\*\\*\\*Failed" "mini-int8_1.hello.latency [.]+\\*\\*\\*Not Run"
    NOT "determinism [.]+ +Passed" "latency [.]+ +Passed")
endfunction()

function(suite_without_service_is_skipped_not_passed)
  set(ENV{STUB_BENCH} 77)
  run(${gate} -DASSAY_PRESET=skipping)
  expect(failure SAYS "determinism [.]+\\*\\*\\*Skipped" "latency [.]+\\*\\*\\*Skipped" "run.base [.]+\\*\\*\\*Skipped"
    "service.start [.]+\\*\\*\\*Skipped" "gate: FAILED: no result in" NOT " Passed")
  set(ENV{STUB_BENCH} 3)
  run(${gate} -DASSAY_PRESET=skipping)
  expect(failure SAYS "embedded.service.start[^\n]*Failed" NOT "Skipped" " Passed")
endfunction()

# -------------------------------------------------------------------------------------------------------------- lint

function(lint_finds_planted_offences)
  set(root "${WORK}/tree")
  set(includes ${CMAKE_COMMAND} "-DROOT=${root}" -P "${SOURCE}/ctest/cmake/LintIncludes.cmake")
  set(text ${CMAKE_COMMAND} "-DROOT=${root}" -P "${SOURCE}/ctest/cmake/LintText.cmake")
  run(${includes})
  expect(failure SAYS "no source file")
  set(spdx "// SPDX-License-Identifier: MIT\n")
  foreach(file fixtures/base/a.h fixtures/run/r.h fixtures/http/h.h fixtures/process/p.h fixtures/chat/c.h fixtures/session/s.h
      tools/compare/c.h tools/stats/s.h benchmarks/suite/b.h)
    file(WRITE "${root}/${file}" "${spdx}#include <vector>\n")
  endforeach()
  file(WRITE "${root}/fixtures/process/child.cc" "${spdx}#include \"fixtures/base/a.h\"\n#include <boost/process/v2.hpp>\n")
  file(WRITE "${root}/fixtures/session/s_posix.cc" "${spdx}#include <unistd.h>\n")
  file(WRITE "${root}/fixtures/http/curl.h" "${spdx}#include <curl/curl.h>\n")
  file(WRITE "${root}/fixtures/http/x.cc" "${spdx}#include \"fixtures/http/curl.h\"\n")
  run(${includes})
  expect(0)
  file(REMOVE "${root}/fixtures/http/x.cc")
  run(${text})
  expect(0)
  foreach(plant
      "fixtures/base/x.cc|#include \"fixtures/run/r.h\"|fixtures/base/x.cc:3: wanted a folder below fixtures/base"
      "fixtures/http/x.cc|#include \"fixtures/process/p.h\"|x.cc:3: wanted a folder below fixtures/http"
      "fixtures/chat/x.h|#include \"fixtures/session/s.h\"|rank 3"
      "fixtures/embedded/x.cc|#include \"fixtures/run/r.h\"|nothing of fixtures/run in fixtures/embedded"
      "fixtures/embedded/x.cc|#include \"fixtures/http/h.h\"|nothing of fixtures/http in fixtures/embedded"
      "fixtures/embedded/x.cc|#include \"fixtures/chat/c.h\"|wanted a folder below fixtures/embedded"
      "tools/compare/x.cc|#include \"fixtures/http/h.h\"|of fixtures only fixtures/base and fixtures/run in tools"
      "fixtures/session/x.cc|#include \"tools/stats/s.h\"|nothing of tools in fixtures"
      "benchmarks/suite/x.cc|#include \"tools/compare/c.h\"|nothing of tools in benchmarks/suite"
      "fixtures/base/x.cc|#include \"a.h\"|wanted a path from the project's root"
      "fixtures/base/x.cc|#include \"fixtures/base/none.h\"|wanted a file that exists"
      "fixtures/base/x.cc|#include \"ctest/support/x.h\"|no test code outside ctest"
      "fixtures/base/x.cc|#include <curl/curl.h>|wanted curl/ in fixtures/http benchmarks/micro/floor_client.cc only"
      "fixtures/chat/x.cc|#include \"fixtures/http/curl.h\"|no header of another folder that brings"
      "fixtures/process/x.cc|#include <boost/process/v2.hpp>|fixtures/process/child.cc only"
      "fixtures/chat/x.cc|#include <boost/json.hpp>|a header include_ranks.txt knows"
      "fixtures/chat/x.cc|#  include <unistd.h>|unistd.h in"
      "fixtures/chat/x.cc|#include <gtest/gtest.h>|a header include_ranks.txt knows"
      "fixtures/chat/x.cc|#include HEADER|a plain #include"
      "fixtures/chat/x_test.cc|#include <string>|test code under ctest/ only"
      "fixtures/news/x.cc|#include <string>|wanted a folder of include_ranks.txt")
    string(REPLACE "|" ";" plant "${plant}")
    list(GET plant 0 file)
    list(GET plant 1 line)
    list(GET plant 2 message)
    file(WRITE "${root}/${file}" "${spdx}\n${line}\n")
    run(${includes})
    if(code EQUAL 0 OR NOT output MATCHES "x[_a-z]*\\.(cc|h):" OR NOT output MATCHES "1 offences")
      message(FATAL_ERROR " not found: ${plant}\n${output}")
    endif()
    string(REPLACE ";" " " output "${output}")
    expect(failure SAYS "${message}")
    file(REMOVE "${root}/${file}")
  endforeach()

  string(ASCII 9 tab)
  foreach(plant "int${tab}x|a tab" "int x,  |a blank at the line's end" "// see /@home/someone/x|machine" "// see \"/@root/x\"|machine"
      "// see /@work/x|machine")
    string(REPLACE "@" "" plant "${plant}")  # this file is looked at, too
    string(REGEX MATCH "^([^|]*)[|](.*)$" plant "${plant}")
    set(message "${CMAKE_MATCH_2}")
    file(WRITE "${root}/fixtures/base/x.cc" "${spdx}\n${CMAKE_MATCH_1}\n")
    run(${text})
    expect(failure SAYS "fixtures/base/x.cc:3: [^\n]*${message}" "1 offences")
  endforeach()
  file(WRITE "${root}/fixtures/base/x.cc" "int x;\n")
  run(${text})
  expect(failure SAYS "fixtures/base/x.cc:1: wanted `// SPDX")
endfunction()

# --------------------------------------------------------------------------------------------------------- bootstrap

# machine(<folder>...): PATH holds these stand-ins only.
function(machine)
  file(REMOVE_RECURSE "${WORK}/bin")
  file(MAKE_DIRECTORY "${WORK}/bin" "${WORK}/state")
  foreach(folder IN LISTS ARGN)
    file(GLOB programs "${here}/machine/${folder}/*")
    file(COPY ${programs} DESTINATION "${WORK}/bin")
  endforeach()
  foreach(program env true)
    unset(path)
    find_program(path ${program} PATHS /usr/bin /bin NO_DEFAULT_PATH NO_CACHE)
    file(CREATE_LINK "${path}" "${WORK}/bin/${program}" SYMBOLIC)
  endforeach()
  file(WRITE "${WORK}/state/log" "")
  file(WRITE "${WORK}/state/lists" "")
  file(WRITE "${WORK}/state/installed" "libc6\n")
endfunction()

function(write_state file)
  list(JOIN ARGN "\n" text)
  file(WRITE "${WORK}/state/${file}" "${text}\n")
endfunction()

function(bootstrap)
  run(${CMAKE_COMMAND} -E env --unset=ASSAY_BOOTSTRAP --unset=CXX --unset=CPATH --unset=CPLUS_INCLUDE_PATH
    "PATH=${WORK}/bin" "FAKE_STATE=${WORK}/state" ${ARGN} ${CMAKE_COMMAND} -P "${SOURCE}/ctest/bootstrap.cmake")
  file(READ "${WORK}/state/log" log)
  set(code "${code}" PARENT_SCOPE)
  set(output "${output}\nlog: ${log}" PARENT_SCOPE)
endfunction()

function(bootstrap_on_debian)
  set(libraries libbenchmark-dev libgtest-dev libgmock-dev libcurl4-openssl-dev libre2-dev rapidjson-dev)
  set(boost_181 libboost1.81-dev libboost-filesystem1.81-dev libboost-program-options1.81-dev)
  set(boost_183 libboost1.83-dev libboost-filesystem1.83-dev libboost-program-options1.83-dev)
  set(boost_188 libboost1.88-dev libboost-filesystem1.88-dev libboost-program-options1.88-dev libboost-process1.88-dev)

  machine(debian tools)  # all there: apt-get is not even asked
  write_state(installed ${libraries} ${boost_181})
  bootstrap(FAKE_OFFLINE=1)
  expect(0 NOT "apt-get")

  machine(debian)  # a fresh image: no lists yet; the newest Boost that is complete
  write_state(offered g++ ninja-build pkg-config ${libraries} libboost1.74-dev libboost1.188-dev ${boost_181} ${boost_183})
  bootstrap()
  expect(failure SAYS "still missing: g\\+\\+ ninja-build pkg-config\n")  # the stand-in installs no programs
  expect(failure SAYS "apt-get [^\n]*update\n" "install -y --no-remove --no-install-recommends [^\n]*libboost1.83-dev")
  machine(debian tools)
  write_state(offered ${libraries} ${boost_181} ${boost_183} ${boost_188})
  bootstrap()
  expect(0 SAYS "installing [^\n]*libboost-process1.88-dev")
  bootstrap(FAKE_OFFLINE=1)
  expect(0 NOT "installing")

  machine(debian tools)  # another curl is as good, an incomplete Boost is completed with its own version
  write_state(installed libbenchmark-dev libgtest-dev libgmock-dev libcurl4-gnutls-dev libre2-dev rapidjson-dev libboost1.81-dev)
  write_state(lists ${libraries} ${boost_181} ${boost_183})
  bootstrap()
  expect(0 SAYS "installing libboost-filesystem1.81-dev libboost-program-options1.81-dev " NOT "update" "curl")

  machine(debian tools)  # no rights
  write_state(installed ${libraries})
  write_state(lists ${boost_181})
  bootstrap(FAKE_USER=1000)
  expect(failure SAYS "needs root [^\n]*Type:\n +sudo apt-get install -y --no-install-recommends [^\n]*libboost1.81-dev"
    NOT "apt-get [^\n]*--no-remove")
  bootstrap(FAKE_USER=1000 FAKE_SUDO=1)
  expect(0 SAYS "installing")

  machine(debian tools)  # the old Boost
  write_state(installed ${libraries} libboost-dev libboost1.74-dev libcli11-dev)
  write_state(lists ${boost_181})
  bootstrap()
  expect(failure SAYS "another Boost .1.74" "would remove libboost1.74-dev libcli11-dev" "Nothing was changed"
    "sudo apt-get install --no-install-recommends libboost" NOT "--no-remove")

  machine(debian tools)  # nothing new enough
  write_state(installed ${libraries})
  write_state(offered libboost1.74-dev)
  bootstrap()
  expect(failure SAYS "needs Boost 1.81 or newer and this system offers none")

  machine(debian tools)  # apt-get fails
  write_state(installed ${libraries})
  bootstrap(FAKE_OFFLINE=1)
  expect(failure SAYS "apt-get update failed:\n +E: Could not resolve host" "Is there a network")
  write_state(lists ${boost_181})
  bootstrap(FAKE_BROKEN=1 FAKE_OFFLINE=1)
  expect(failure SAYS "could not install what is missing:\n +dpkg: error: disk full" "type it yourself")

  bootstrap(ASSAY_BOOTSTRAP=off)
  expect(0 NOT "installing")
  bootstrap(CMAKE_TOOLCHAIN_FILE=vcpkg.cmake FAKE_OFFLINE=1)
  expect(0 NOT "installing")
endfunction()

function(bootstrap_elsewhere)
  machine(fedora)
  bootstrap()
  expect(failure SAYS "missing: compiler, ninja, pkg-config.*Type:\n +sudo dnf install gcc-c\\+\\+ [^\n]*boost-devel\n")
  run(${CMAKE_COMMAND} -E env --unset=ASSAY_BOOTSTRAP --unset=CXX "PATH=${WORK}/bin" ${gate})
  expect(failure SAYS "bootstrap: missing: [^\n]*Type:\n +sudo dnf install [^\n]*boost-devel[ \n]*$" NOT "configure")
  machine(macos)
  bootstrap()
  expect(failure SAYS "Type:\n +brew install [^\n]*boost\n")
  machine()
  bootstrap()
  expect(failure SAYS "Type:\n +export CMAKE_TOOLCHAIN_FILE=")
  machine(tools)
  bootstrap(CMAKE_TOOLCHAIN_FILE=vcpkg.cmake)
  expect(0)
endfunction()

cmake_language(CALL ${CASE})
