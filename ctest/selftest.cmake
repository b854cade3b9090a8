# Sets the machine up, builds everything and runs every test of Assay itself (not the gates: see gate.cmake).
#
#   ctest -S ctest/selftest.cmake -V                          from any folder
#   ctest -S ctest/selftest.cmake -DASSAY_PRESET=dev -V       another preset: dev, asan-ubsan, tsan, coverage
#   ctest -S ctest/selftest.cmake -DASSAY_TESTS='^unit\.' -V  only the tests whose name matches
#
# Each option can also be an environment variable of that name. Ends with 0 only when configure, build and every test
# succeeded and there was a test. Labels `gate` (measures) and `slow` are left out. ASSAY_BOOTSTRAP=off: install nothing.

include("${CMAKE_CURRENT_LIST_DIR}/cmake/AssayScript.cmake")
assay_option(ASSAY_TESTS "")

include("${CMAKE_CURRENT_LIST_DIR}/bootstrap.cmake")
assay_configure(selftest -DASSAY_BUILD_TESTS=ON)
assay_build(selftest)
if(assay_problem)
  message(FATAL_ERROR " ${assay_problem}")
endif()

# Tests say themselves what they run against; what the caller's shell says must not reach them.
foreach(variable ASSAY_SCENARIO ASSAY_REPETITIONS ASSAY_MODELS FOUNDRY_LOCAL_ENDPOINT FOUNDRY_EMBEDDED_HOME API_KEY
    BENCH_MODELS BENCH_ROUNDS BENCH_PROMPT BENCH_STREAM BENCH_MAX_TOKENS BENCH_TEMPERATURE)
  unset(ENV{${variable}})
endforeach()

set(filter --label-exclude "^(gate|slow)$")
if(ASSAY_TESTS)
  list(APPEND filter --tests-regex "${ASSAY_TESTS}")
endif()
assay_test(selftest ${filter} --parallel ${assay_cores} --schedule-random
  --output-junit "${assay_build}/Testing/selftest.xml")
if(assay_tests_failed)
  assay_describe_failed(what)
  message(FATAL_ERROR " selftest: FAILED: ${what}. Output: ${assay_build}/Testing/Temporary/LastTest.log")
endif()
assay_say("selftest: passed")
