// SPDX-License-Identifier: MIT
// Writing one sample, with its answer and to the disk's cache: the cost between two requests of a run; and run.json of
// a long run, once at its end.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

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

// Google Benchmark's text comes in pieces of 64 KiB.
void Finish(benchmark::State& state) {
  constexpr std::size_t kPiece = 64U << 10;
  const base::Result<base::TemporaryDirectory> directory = base::TemporaryDirectory::Create("assay-micro");
  if (!directory.ok()) return state.SkipWithError(directory.error().Message().c_str());
  const std::string row(kPiece - 1, 'x');
  const std::int64_t pieces = state.range(0) / static_cast<std::int64_t>(kPiece);
  const run::GoogleBenchmarkText text = [&](const run::TakeText& take) -> base::Status {
    ASSAY_RETURN_IF_ERROR(take("{\"rows\":[\"\""));
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      ASSAY_RETURN_IF_ERROR(take(",\""));
      ASSAY_RETURN_IF_ERROR(take(row));
      ASSAY_RETURN_IF_ERROR(take("\""));
    }
    return take("]}\n");
  };
  const run::RunInfo info;
  for (auto _ : state) {
    base::Result<run::RunWriter> writer = run::RunWriter::Create(directory->path());
    if (!writer.ok() || !writer->Finish(text, info).ok()) state.SkipWithError("the run was not finished");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

}  // namespace

void RegisterRunWriterCases() {
  benchmark::RegisterBenchmark("run_writer/append_256_events", &Append);
  benchmark::RegisterBenchmark("run_writer/finish/bytes", &Finish)->Arg(64 << 10)->Arg(16 << 20);
}

}  // namespace assay::micro
