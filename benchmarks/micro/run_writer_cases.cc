// SPDX-License-Identifier: MIT
// Writing one sample, with its answer and to the disk's cache: the cost between two requests of a run.
#include <benchmark/benchmark.h>

#include "benchmarks/micro/cases.h"
#include "benchmarks/micro/example.h"
#include "fixtures/base/files.h"
#include "fixtures/run/run_directory.h"

namespace assay::micro {
namespace {

void Append(benchmark::State& state) {
  const base::Result<base::TemporaryDirectory> directory = base::TemporaryDirectory::Create("assay-micro");
  if (!directory.ok()) return state.SkipWithError(directory.error().Message().c_str());
  base::Result<run::RunWriter> writer = run::RunWriter::Create(directory->path());
  if (!writer.ok()) return state.SkipWithError(writer.error().Message().c_str());
  run::Sample sample = ExampleSample();
  run::Answer answer;
  for (std::int64_t token = 0; token < kExampleTokens; ++token) answer.text += " token" + std::to_string(token);
  answer.sha256 = run::HashAnswer(answer.text, "", "");
  answer.case_id = sample.case_id;
  sample.answer_sha256 = answer.sha256;
  for (auto _ : state) {
    ++sample.repetition;
    if (!writer->Append(sample, &answer).ok()) state.SkipWithError("the sample was not written");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void RegisterRunWriterCases() { benchmark::RegisterBenchmark("run_writer/append_256_events", &Append); }

}  // namespace assay::micro
