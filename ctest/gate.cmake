# The gate: builds Assay, starts the embedded service, measures every model x prompt of the suite, and ends with 0 only
# when nothing got slower and nothing answers differently.
#
#   ctest -S ctest/gate.cmake -V                               from any folder
#   ctest -S ctest/gate.cmake -DASSAY_SCENARIO=slow_decode=1.5 -V   with a fault in the service: must fail
#
#   -DASSAY_SCENARIO=...     fault injection: `name=value` or a scenario file (such a run is never accepted)
#   -DASSAY_REPETITIONS=N    requests per case (such a run does not become the first baseline)
#   -DASSAY_MODELS=a,b       these models only, instead of benchmarks/suite/models.json
#   -DASSAY_PRESET=release   build preset
# Each can also be an environment variable of that name. ASSAY_BOOTSTRAP=off in the environment: install nothing.
#
# Committed baselines (baselines/) come first. Where they hold no latency for this machine, the first run that fails
# nothing is accepted into build/<preset>/assay/baselines, and latency is gated against it from then on; green runs are
# added until it holds five. That folder lives as long as the build tree. Reports: build/<preset>/assay/report/<suite>.

include("${CMAKE_CURRENT_LIST_DIR}/cmake/AssayScript.cmake")
assay_option(ASSAY_SCENARIO "")
assay_option(ASSAY_REPETITIONS "")
assay_option(ASSAY_MODELS "")
set(ENV{ASSAY_SCENARIO} "${ASSAY_SCENARIO}")
if(ASSAY_SCENARIO STREQUAL "")
  unset(ENV{ASSAY_SCENARIO})
elseif(EXISTS "${ASSAY_SCENARIO}")
  file(REAL_PATH "${ASSAY_SCENARIO}" path)  # the service runs in another folder
  set(ENV{ASSAY_SCENARIO} "${path}")
endif()

# What an earlier gate left must not be taken for this one's.
set(reports "${assay_build}/assay/report")
file(REMOVE_RECURSE "${reports}")
file(GLOB manifests "${assay_build}/assay/*/suite.cmake")
if(manifests)
  file(REMOVE ${manifests})
endif()

include("${CMAKE_CURRENT_LIST_DIR}/bootstrap.cmake")
assay_configure(gate "-DASSAY_REPETITIONS=${ASSAY_REPETITIONS}" "-DASSAY_MODELS=${ASSAY_MODELS}")
assay_build(gate --target assay_programs)
if(assay_problem)
  message(FATAL_ERROR " ${assay_problem}")
endif()

assay_say("gate: measure")
if(ASSAY_SCENARIO)
  assay_say("gate: the service runs with the scenario ${ASSAY_SCENARIO}")
endif()
assay_test(gate -T Test --label-regex "^gate$" --parallel ${assay_cores} --no-label-summary)
set(failures)
if(assay_tests_failed)
  assay_describe_failed(failures)
endif()

file(GLOB manifests "${assay_build}/assay/*/suite.cmake")
if(NOT manifests)
  message(FATAL_ERROR " gate: FAILED: this build has no suite; assay_add_suite() makes one (ctest/CMakeLists.txt)")
endif()

# What this script accepts by itself goes into the build tree and is never committed: it does so in CI, too, where
# `assay accept` refuses what a person types.
set(ENV{ASSAY_CI} off)

# One session says nothing about how much sessions differ by themselves: green runs are added until the build tree's
# baseline holds five. Then it stays, so that many small losses cannot creep in one run at a time.
function(assay_grow_local_baseline)
  set(most 5)
  file(GLOB known "${suite_LOCAL_BASELINES}/latency/*/*.json")
  if(NOT suite_LOCAL_BASELINES OR NOT known OR ASSAY_SCENARIO OR ASSAY_REPETITIONS)
    return()
  endif()
  list(GET known 0 first)
  file(READ "${first}" json)
  string(JSON sessions ERROR_VARIABLE unreadable LENGTH "${json}" sessions)
  if(unreadable OR NOT sessions LESS most)
    return()
  endif()
  execute_process(COMMAND "${suite_ASSAY}" accept ${runs} --baselines "${suite_LOCAL_BASELINES}" ${suite_POLICY}
      --only latency --reason "green run of the gate in this build tree"
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  math(EXPR sessions "${sessions} + 1")
  if(failed EQUAL 0)
    assay_say("gate: latency baseline of this build tree: ${sessions} of ${most} sessions")
  else()
    set(failures "`assay accept --only latency` ended with ${failed}: ${output}" PARENT_SCOPE)
  endif()
endfunction()

# Prints the comparison of one suite and writes its reports. Appends to `failures`.
function(assay_judge_suite)
  set(folder "${reports}/${suite_NAME}")
  file(MAKE_DIRECTORY "${folder}")
  set(runs)
  foreach(run IN LISTS suite_RUNS)
    if(EXISTS "${run}/run.json")
      list(APPEND runs --run "${run}")
    elseif(NOT failures)
      set(failures "no result in ${run}")
    endif()
  endforeach()
  if(NOT runs)
    set(failures "${failures}" PARENT_SCOPE)
    return()
  endif()
  assay_say("")
  execute_process(COMMAND "${suite_ASSAY}" compare ${runs} ${suite_COMPARE}
      --json "${folder}/compare.json" --markdown "${folder}/compare.md"
    RESULT_VARIABLE compared)
  foreach(format markdown csv)
    set(name run.md)
    if(format STREQUAL "csv")
      set(name run.csv)
    endif()
    execute_process(COMMAND "${suite_ASSAY}" report ${runs} --format=${format} --output "${folder}/${name}"
      RESULT_VARIABLE failed)
    if(NOT failed EQUAL 0 AND NOT failures)
      set(failures "`assay report --format=${format}` ended with ${failed}")
    endif()
  endforeach()
  file(GLOB written RELATIVE "${folder}" "${folder}/*")
  list(JOIN written " " written)
  assay_say("gate: reports in ${folder}: ${written}")

  set(has_baseline)
  set(unreadable "no file")
  if(EXISTS "${folder}/compare.json")
    file(READ "${folder}/compare.json" verdict)
    string(JSON has_baseline ERROR_VARIABLE unreadable GET "${verdict}" latency_baseline)
  endif()
  if(unreadable AND NOT failures)
    set(failures "`assay compare` ended with ${compared} and left no readable verdict (${unreadable})")
  endif()
  if(failures)
    list(JOIN runs " " runs)
    list(JOIN suite_POLICY " " policy)
    set(accept "${suite_ASSAY} accept ${runs} ${policy} --reason \"...\"")
    if(NOT compared MATCHES "^[013]$")
      string(APPEND failures ". `assay compare` ended with ${compared}, its reason is above")
    elseif(ASSAY_SCENARIO)
      # what a fault did is nothing to accept
    elseif(assay_failed_names MATCHES "determinism(;|$)")
      assay_say("gate: if the new answers are wanted: ${accept} --only outputs --baselines ${suite_ACCEPT_OUTPUTS_INTO}")
    endif()
    if(compared EQUAL 1 AND NOT ASSAY_SCENARIO AND assay_failed_names MATCHES "latency(;|$)")
      assay_say("gate: if the new latency is wanted: ${accept} --only latency --baselines ${suite_ACCEPT_LATENCY_INTO}")
    endif()
  elseif(compared EQUAL 0 AND has_baseline)
    assay_grow_local_baseline()
  elseif(compared EQUAL 0)  # not 3: that is more than a first run, e.g. a missing case or a changed request
    if(ASSAY_SCENARIO)
      set(failures "no latency baseline to judge by, and a run with a scenario is not accepted: run the gate without it first")
    elseif(NOT suite_LOCAL_BASELINES)
      set(failures "no latency baseline for this machine")
    elseif(ASSAY_REPETITIONS)
      assay_say("gate: no latency baseline on this machine yet: answers were gated, latency was not; a run with ASSAY_REPETITIONS is not accepted as one")
    else()
      execute_process(COMMAND "${suite_ASSAY}" accept ${runs} --baselines "${suite_LOCAL_BASELINES}" ${suite_POLICY}
          --only latency --reason "first run of the gate in this build tree"
        RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
      if(NOT failed EQUAL 0)
        set(failures "`assay accept --only latency` ended with ${failed}: ${output}")
      else()
        assay_say("gate: no latency baseline on this machine yet: answers were gated, accepted this run into ${suite_LOCAL_BASELINES}; latency is gated from the next run on")
      endif()
    endif()
  elseif(compared EQUAL 1)
    set(failures "`assay compare` found a regression")
  elseif(compared EQUAL 3)
    set(failures "`assay compare` cannot tell; its output names what is missing")
  else()
    set(failures "`assay compare` ended with ${compared}")
  endif()
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

foreach(manifest IN LISTS manifests)
  include("${manifest}")
  assay_judge_suite()
endforeach()

if(failures)
  message(FATAL_ERROR " gate: FAILED: ${failures}. Look at ${reports} and ${assay_build}/Testing/Temporary")
endif()
assay_say("gate: passed")
