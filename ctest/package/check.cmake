# package.consumer: install, configure and build the consumer, compare the list of its tests with what it should be,
# and start and stop the installed service through the fixture tests.
# Wants BUILD, CONFIG, GENERATOR, CONSUMER and VERSION.

cmake_minimum_required(VERSION 3.25)

set(work "${BUILD}/package")
file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT failed EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR " `${command}` ended with ${failed}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install "${BUILD}" --config "${CONFIG}" --prefix "${work}/prefix")
run(${CMAKE_COMMAND} -S "${CONSUMER}" -B "${work}/build" -G "${GENERATOR}"
  "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DASSAY_WANTED=${VERSION}")
run(${CMAKE_COMMAND} --build "${work}/build" --config "${CONFIG}")

run(${CMAKE_CTEST_COMMAND} --test-dir "${work}/build" -C "${CONFIG}" -N)
string(REGEX MATCHALL "Test +#[0-9]+: [^\n]+" names "${output}")
list(TRANSFORM names REPLACE "Test +#[0-9]+: " "")
set(wanted
  edge.service.start edge.service.stop
  edge.run.tiny_1 edge.run.other edge.second_look
  edge.gate.tiny_1.hello.latency edge.gate.tiny_1.hello.determinism
  edge.gate.tiny_1.sum.latency edge.gate.tiny_1.sum.determinism
  edge.gate.other.hello.latency edge.gate.other.hello.determinism
  edge.gate.other.sum.latency edge.gate.other.sum.determinism)
if(NOT names STREQUAL wanted)
  message(FATAL_ERROR " tests of the consumer:\n wanted ${wanted}\n found  ${names}")
endif()

# The installed programs really are where the package says: the service starts and stops.
run(${CMAKE_CTEST_COMMAND} --test-dir "${work}/build" -C "${CONFIG}" -R "^edge\\.service\\." --output-on-failure --no-tests=error)
message("${output}")
