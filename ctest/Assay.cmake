# assay_add_suite(): turns models x prompts into CTest tests that measure and gate.
#
#   enable_testing()
#   find_package(Assay REQUIRED)
#   assay_add_suite(NAME edge MODELS models.json PROMPTS prompts.json SERVICE auto BASELINES baselines)
#
# NAME n                prefix of every test; letters, digits, `_`, `-`
# MODELS file|names     a models.json, or aliases/variants
# PROMPTS file          a prompts.json
# SERVICE s             embedded (default): the service that comes with Assay, started and stopped by the tests;
#                       auto: one that runs or that `foundry` on PATH starts; none: only what ENDPOINT names
# ENDPOINT url          with SERVICE auto or none
# REPETITIONS n         requests per case (default: assay-bench's); `auto` or `auto:MOST`: in rounds, until a verdict is
#                       settled by the baselines
# BASELINES dir...      accepted runs, the first one that knows a case counts
# LOCAL_BASELINES dir   one more, looked at last; made when absent (gate.cmake accepts into it)
# POLICY file           tolerances
# RUN_TIMEOUT seconds   per model, default 900
# BENCH_ARGS args...    for assay-bench
# LABELS labels...      besides `gate`, n, and `run`, `latency` or `determinism`
# SKIP_WITHOUT_SERVICE  with SERVICE auto or none: no service is "Skipped" and not a failure
# NO_SECOND_LOOK        judge by the first look alone
#
# Tests, for each model m and prompt p of the files (characters CTest and file systems dislike become `_`):
#   n.service.start, n.service.stop    fixture; start also forgets the results of the last run
#   n.run.m                            one run of all prompts, result in <build>/assay/n/runs/m; nothing beside it
#   n.second_look                      measures what looks slower once more, with twice the requests (REPETITIONS auto:
#                                      up to four times MOST, in rounds) and the service started anew, into
#                                      <build>/assay/n/second; the gates judge both looks together
#   n.gate.m.p.latency                 `Skipped` when there is no baseline to judge by
#   n.gate.m.p.determinism             anything but "same answers" fails
# A gate judges its prompt in all its scenarios (prompts.json, or BENCH_ARGS --scenarios=...): no test more for them.
# `ctest -L gate` runs them all; selecting one gate selects the runs it needs. A gate whose run failed is "Not Run" and
# counts as failed, and so does one that finds no result.
#
# Programs come from the targets assay::assay, assay::assay-bench and assay::foundry, or from the variables
# ASSAY_EXECUTABLE, ASSAY_BENCH_EXECUTABLE and ASSAY_FOUNDRY_EXECUTABLE.

cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

# Path of a program and its folder. In Assay's own build `assay::foundry` is a library, the program is `foundry`.
function(_assay_program out variable name)
  if(${variable})
    cmake_path(GET ${variable} PARENT_PATH folder)
    set(${out} "${${variable}}" PARENT_SCOPE)
    set(${out}_folder "${folder}" PARENT_SCOPE)
    return()
  endif()
  foreach(target assay::${name} ${name})
    if(TARGET ${target})
      get_target_property(type ${target} TYPE)
      if(type STREQUAL "EXECUTABLE")
        set(${out} "$<TARGET_FILE:${target}>" PARENT_SCOPE)
        set(${out}_folder "$<TARGET_FILE_DIR:${target}>" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
  message(FATAL_ERROR " assay_add_suite: there is no program `${name}`: find_package(Assay) or set ${variable}")
endfunction()

# Reads a suite file: checks it as far as CTest names depend on it (assay-bench checks the rest) and returns the key
# of each entry: the first of the given members it has.
function(_assay_read_entries out file list)
  if(NOT EXISTS "${file}" OR IS_DIRECTORY "${file}")
    message(FATAL_ERROR " assay_add_suite: ${file}: no such file")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" json)
  string(JSON type ERROR_VARIABLE error TYPE "${json}" ${list})
  if(error)
    message(FATAL_ERROR " assay_add_suite: ${file}: ${error}")
  endif()
  if(NOT type STREQUAL "ARRAY")
    message(FATAL_ERROR " assay_add_suite: ${file}: `${list}` is wanted as an array, found ${type}")
  endif()
  string(JSON count LENGTH "${json}" ${list})
  if(count EQUAL 0)
    message(FATAL_ERROR " assay_add_suite: ${file}: `${list}` is empty: there would be nothing to test")
  endif()
  set(keys)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    set(key)
    foreach(member IN LISTS ARGN)
      string(JSON key ERROR_VARIABLE error GET "${json}" ${list} ${i} ${member})
      if(NOT error)
        break()
      endif()
    endforeach()
    if(error)
      message(FATAL_ERROR " assay_add_suite: ${file}: ${list}[${i}]: ${error}")
    endif()
    _assay_check_key("${key}" "${file}: ${list}[${i}]")
    if(key IN_LIST keys)
      set(hint)
      if(list STREQUAL "models")
        set(hint "; give each entry of an alias its `variant`: tests are named after it")
      endif()
      message(FATAL_ERROR " assay_add_suite: ${file}: `${key}` is there twice${hint}")
    endif()
    list(APPEND keys "${key}")
  endforeach()
  set(${out} "${keys}" PARENT_SCOPE)
endfunction()

function(_assay_check_key key where)
  if(NOT key MATCHES "^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$")
    message(FATAL_ERROR
      " assay_add_suite: ${where}: `${key}` is not a name of letters, digits and . _ : / @ + - that starts with a letter or digit")
  endif()
endfunction()

# Names for CTest and the file system, refused when two keys would share one (also where case does not count).
function(_assay_names out keys where)
  set(names)
  set(folded)
  foreach(key IN LISTS keys)
    string(REGEX REPLACE "[^A-Za-z0-9._-]" "_" name "${key}")
    string(TOLOWER "${name}" lower)
    if(lower IN_LIST folded)
      message(FATAL_ERROR " assay_add_suite: ${where}: `${key}` has the same test name as another entry (${name})")
    endif()
    list(APPEND names "${name}")
    list(APPEND folded "${lower}")
  endforeach()
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

# One file per model, so that a run measures one model and still knows all that models.json says of it.
function(_assay_split_models file folder names)
  file(READ "${file}" json)
  set(i 0)
  foreach(name IN LISTS names)
    string(JSON entry GET "${json}" models ${i})
    string(JSON one SET "${json}" models "[${entry}]")
    file(CONFIGURE OUTPUT "${folder}/${name}.json" CONTENT "@one@\n" @ONLY NEWLINE_STYLE UNIX)
    math(EXPR i "${i} + 1")
  endforeach()
endfunction()

function(assay_add_suite)
  cmake_parse_arguments(PARSE_ARGV 0 arg "SKIP_WITHOUT_SERVICE;NO_SECOND_LOOK"
    "NAME;PROMPTS;SERVICE;ENDPOINT;REPETITIONS;POLICY;LOCAL_BASELINES;RUN_TIMEOUT" "MODELS;BASELINES;BENCH_ARGS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR " assay_add_suite: not understood: ${arg_UNPARSED_ARGUMENTS} ${arg_KEYWORDS_MISSING_VALUES}")
  endif()
  foreach(wanted NAME MODELS PROMPTS)
    if(NOT arg_${wanted})
      message(FATAL_ERROR " assay_add_suite: ${wanted} is missing")
    endif()
  endforeach()
  if(NOT arg_BASELINES AND NOT arg_LOCAL_BASELINES)
    message(FATAL_ERROR " assay_add_suite: BASELINES is missing: a folder of accepted runs (it may be empty)")
  endif()
  if(NOT arg_NAME MATCHES "^[A-Za-z0-9][A-Za-z0-9_-]*$" OR arg_NAME MATCHES "^(baselines|report)$")
    message(FATAL_ERROR " assay_add_suite: NAME `${arg_NAME}`: wanted letters, digits, _ and -; not `baselines` or `report`")
  endif()
  if(NOT arg_SERVICE)
    set(arg_SERVICE embedded)
  endif()
  if(NOT arg_SERVICE MATCHES "^(embedded|auto|none)$")
    message(FATAL_ERROR " assay_add_suite: SERVICE `${arg_SERVICE}`: wanted embedded, auto or none")
  endif()
  if(arg_SERVICE STREQUAL "embedded" AND (arg_ENDPOINT OR arg_SKIP_WITHOUT_SERVICE))
    message(FATAL_ERROR " assay_add_suite: ENDPOINT and SKIP_WITHOUT_SERVICE are for SERVICE auto and none")
  endif()
  if(NOT arg_RUN_TIMEOUT)
    set(arg_RUN_TIMEOUT 900)
  endif()

  set(name ${arg_NAME})
  set(folder "${CMAKE_BINARY_DIR}/assay/${name}")
  get_property(known GLOBAL PROPERTY ASSAY_SUITES)
  if(name IN_LIST known)
    message(FATAL_ERROR " assay_add_suite: there is already a suite `${name}`")
  endif()
  set_property(GLOBAL APPEND PROPERTY ASSAY_SUITES ${name})

  foreach(path PROMPTS BASELINES POLICY LOCAL_BASELINES)
    set(absolute)
    foreach(item IN LISTS arg_${path})
      cmake_path(ABSOLUTE_PATH item BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
      list(APPEND absolute "${item}")
    endforeach()
    set(arg_${path} "${absolute}")
  endforeach()
  if(arg_POLICY AND NOT EXISTS "${arg_POLICY}")
    message(FATAL_ERROR " assay_add_suite: POLICY ${arg_POLICY}: no such file")
  endif()

  set(extra_labels)
  foreach(label IN LISTS arg_LABELS)
    string(APPEND extra_labels ";${label}")
  endforeach()

  # Models and prompts.
  set(models_file)
  if(arg_MODELS MATCHES "\\.json$")
    set(models_file "${arg_MODELS}")
    cmake_path(ABSOLUTE_PATH models_file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    _assay_read_entries(models "${models_file}" models variant alias)
  else()
    set(models ${arg_MODELS})
    foreach(model IN LISTS models)
      _assay_check_key("${model}" "MODELS")
    endforeach()
  endif()
  _assay_names(model_names "${models}" "MODELS ${models_file}")
  if(models_file)
    _assay_split_models("${models_file}" "${folder}/models" "${model_names}")
  endif()
  _assay_read_entries(prompts "${arg_PROMPTS}" prompts id)
  _assay_names(prompt_names "${prompts}" "${arg_PROMPTS}")

  # Programs and what they need to know.
  _assay_program(assay ASSAY_EXECUTABLE assay)
  _assay_program(bench ASSAY_BENCH_EXECUTABLE assay-bench)
  set(environment)
  set(service ${arg_SERVICE})
  set(step "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/cmake/AssayStep.cmake")
  if(service STREQUAL "embedded")
    # The tests own one service for all runs; assay-bench finds it as it would find any other. What the caller's shell
    # says about endpoints and prompts does not reach it.
    _assay_program(foundry ASSAY_FOUNDRY_EXECUTABLE foundry)
    set(service auto)
    set(environment "PATH=path_list_prepend:${foundry_folder}" "FOUNDRY_EMBEDDED_HOME=set:${folder}/service"
      "ASSAY_STATE_HOME=set:${folder}/state")
    foreach(variable FOUNDRY_EMBEDDED_GENERATION FOUNDRY_LOCAL_ENDPOINT API_KEY BENCH_MODELS BENCH_ROUNDS BENCH_PROMPT BENCH_STREAM BENCH_MAX_TOKENS
        BENCH_TEMPERATURE)
      list(APPEND environment "${variable}=unset:")
    endforeach()
  endif()
  set(bench_command "${bench}" --service=${service} "--prompts=${arg_PROMPTS}")
  if(arg_ENDPOINT)
    list(APPEND bench_command "--endpoint=${arg_ENDPOINT}")
  endif()
  if(arg_SKIP_WITHOUT_SERVICE)
    list(APPEND bench_command --skip-without-service)
  endif()
  list(APPEND bench_command ${arg_BENCH_ARGS})
  set(run_command ${bench_command})
  set(confirm_command ${bench_command})  # a second look asks as often as the first one's verdict says
  if(arg_REPETITIONS)
    list(APPEND run_command --repetitions=${arg_REPETITIONS})
  endif()
  if(arg_REPETITIONS MATCHES "^auto")
    set(rounds)
    foreach(baselines IN LISTS arg_BASELINES arg_LOCAL_BASELINES)
      list(APPEND rounds "--baselines=${baselines}")
    endforeach()
    if(arg_POLICY)
      list(APPEND rounds "--policy=${arg_POLICY}")
    endif()
    list(APPEND run_command ${rounds})
    list(APPEND confirm_command --repetitions=auto ${rounds})
  endif()
  set(compare_arguments)
  foreach(baselines IN LISTS arg_BASELINES arg_LOCAL_BASELINES)
    list(APPEND compare_arguments --baselines "${baselines}")
  endforeach()
  set(policy_arguments)
  if(arg_POLICY)
    set(policy_arguments --policy "${arg_POLICY}")
    list(APPEND compare_arguments ${policy_arguments})
  endif()
  # Said by a step that was skipped; random, so that no model can answer with it.
  if(NOT ASSAY_SKIP_TOKEN)
    string(RANDOM LENGTH 24 token)
    set(ASSAY_SKIP_TOKEN "assay-skipped-${token}" CACHE INTERNAL "Printed by a skipped step of a suite")
  endif()
  set(step_variables "-DSUITE_DIR=${folder}" "-DSKIP_TOKEN=${ASSAY_SKIP_TOKEN}")

  set(all_models "${models_file}")
  if(NOT models_file)
    list(JOIN models "," all_models)
  endif()

  # The service.
  set(start_variables ${step_variables} -DSTEP=start "-DLOCAL_BASELINES=${arg_LOCAL_BASELINES}")
  if(arg_SERVICE STREQUAL "embedded")
    add_test(NAME ${name}.service.start
      COMMAND ${CMAKE_COMMAND} ${start_variables} "-DPROGRAM=${foundry}" -P "${step}")
    add_test(NAME ${name}.service.stop
      COMMAND ${CMAKE_COMMAND} ${step_variables} -DSTEP=stop "-DPROGRAM=${foundry}" -P "${step}")
    set_tests_properties(${name}.service.stop PROPERTIES
      FIXTURES_CLEANUP ${name}.service TIMEOUT 60
      LABELS "gate;${name}${extra_labels}" ENVIRONMENT_MODIFICATION "${environment}")
  else()
    add_test(NAME ${name}.service.start
      COMMAND ${CMAKE_COMMAND} ${start_variables} -P "${step}" -- ${bench_command} "--models=${all_models}" --dry-run)
  endif()
  set_tests_properties(${name}.service.start PROPERTIES
    FIXTURES_SETUP ${name}.service TIMEOUT 300 SKIP_REGULAR_EXPRESSION "${ASSAY_SKIP_TOKEN}"
    LABELS "gate;${name}${extra_labels}" ENVIRONMENT_MODIFICATION "${environment}")

  # One run per model. A failed case does not fail the run, or it would hide the judgement of all others: the gates of
  # that case fail.
  set(runs)
  foreach(model model_name IN ZIP_LISTS models model_names)
    set(run "${folder}/runs/${model_name}")
    list(APPEND runs "${run}")
    set(what "${model}")
    if(models_file)
      set(what "${folder}/models/${model_name}.json")
    endif()
    add_test(NAME ${name}.run.${model_name}
      COMMAND ${run_command} "--models=${what}" "--run=${run}" --allow-failed-cases)
    set_tests_properties(${name}.run.${model_name} PROPERTIES
      FIXTURES_REQUIRED ${name}.service FIXTURES_SETUP ${name}.runs
      RUN_SERIAL ON RESOURCE_LOCK assay.measure TIMEOUT ${arg_RUN_TIMEOUT} SKIP_RETURN_CODE 77
      LABELS "gate;${name};run${extra_labels}" ENVIRONMENT_MODIFICATION "${environment}")
  endforeach()

  # What looks slower is measured again. Never "until it is green": both looks are judged together.
  set(run_arguments)
  foreach(run IN LISTS runs)
    list(APPEND run_arguments --run "${run}")
  endforeach()
  set(judged ${name}.runs)
  set(second)
  if(NOT arg_NO_SECOND_LOOK)
    set(second "${folder}/second")
    set(restart)
    if(arg_SERVICE STREQUAL "embedded")
      set(restart "-DPROGRAM=${foundry}")
    endif()
    # Quoted lists would fall apart on the command line of the step: both commands go into a file.
    file(GENERATE OUTPUT "${folder}/second_look-$<CONFIG>.cmake" CONTENT
      "set(compare [==[${assay};compare;${run_arguments};${compare_arguments}]==])
set(confirm [==[${confirm_command};--models=${all_models};--run=${second};--allow-failed-cases]==])\n")
    add_test(NAME ${name}.second_look
      COMMAND ${CMAKE_COMMAND} ${step_variables} -DSTEP=second_look "-DSECOND=${second}"
        "-DCOMMANDS=${folder}/second_look-$<CONFIG>.cmake" ${restart} -P "${step}")
    set_tests_properties(${name}.second_look PROPERTIES
      FIXTURES_REQUIRED "${name}.runs;${name}.service" FIXTURES_SETUP ${name}.looks
      RUN_SERIAL ON RESOURCE_LOCK assay.measure TIMEOUT ${arg_RUN_TIMEOUT} SKIP_REGULAR_EXPRESSION "${ASSAY_SKIP_TOKEN}"
      LABELS "gate;${name};run${extra_labels}" ENVIRONMENT_MODIFICATION "${environment}")
    set(judged ${name}.looks)
    list(APPEND compare_arguments --confirm-if-there "${second}")
  endif()

  # The gates. Each looks at all runs, because what counts as significant depends on how many cases were asked.
  foreach(model model_name IN ZIP_LISTS models model_names)
    foreach(prompt prompt_name IN ZIP_LISTS prompts prompt_names)
      foreach(question latency determinism)
        set(gate ${name}.gate.${model_name}.${prompt_name}.${question})
        set(command "${assay}" compare ${run_arguments} ${compare_arguments}
          --model "${model}" --prompt "${prompt}" --question ${question} --ctest)
        set(skipping)
        if(arg_SKIP_WITHOUT_SERVICE)
          set(skippable OFF)
          if(question STREQUAL "latency")
            set(skippable ON)
          endif()
          add_test(NAME ${gate} COMMAND ${CMAKE_COMMAND} ${step_variables} -DSTEP=gate
            -DCANNOT_TELL_IS_SKIPPED=${skippable} -P "${step}" -- ${command})
          set(skipping SKIP_REGULAR_EXPRESSION "${ASSAY_SKIP_TOKEN}")
        else()
          add_test(NAME ${gate} COMMAND ${command})
          set(skipping REQUIRED_FILES "${folder}/runs/${model_name}/run.json")
          if(question STREQUAL "latency")
            list(APPEND skipping SKIP_RETURN_CODE 3)  # cannot tell
          endif()
        endif()
        set_tests_properties(${gate} PROPERTIES
          FIXTURES_REQUIRED ${judged} TIMEOUT 120 ${skipping}
          LABELS "gate;${name};${question}${extra_labels}")
      endforeach()
    endforeach()
  endforeach()

  # For gate.cmake: what to compare, report and accept.
  set(manifest "# Generated by assay_add_suite().\nset(suite_NAME ${name})\nset(suite_ASSAY [==[${assay}]==])\n")
  string(APPEND manifest "set(suite_LOCAL_BASELINES [==[${arg_LOCAL_BASELINES}]==])\n")
  set(outputs ${arg_BASELINES} ${arg_LOCAL_BASELINES})
  set(latency ${arg_LOCAL_BASELINES} ${arg_BASELINES})
  list(GET outputs 0 outputs)
  list(GET latency 0 latency)
  string(APPEND manifest "set(suite_ACCEPT_OUTPUTS_INTO [==[${outputs}]==])\n")
  string(APPEND manifest "set(suite_ACCEPT_LATENCY_INTO [==[${latency}]==])\n")
  string(APPEND manifest "set(suite_POLICY [==[${policy_arguments}]==])\n")
  string(APPEND manifest "set(suite_RUNS [==[${runs}]==])\nset(suite_COMPARE [==[${compare_arguments}]==])\n")
  set(manifest_name suite.cmake)
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(manifest_name suite-$<CONFIG>.cmake)
  endif()
  file(GENERATE OUTPUT "${folder}/${manifest_name}" CONTENT "${manifest}")
endfunction()

cmake_policy(POP)
