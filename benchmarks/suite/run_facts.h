// SPDX-License-Identifier: MIT
// What every run states and does before its first case, however it is measured: provenance, our own overhead, what
// probing finds out, prompts of the length that was asked for.
#pragma once

#include <filesystem>
#include <string>

#include "benchmarks/suite/options.h"
#include "benchmarks/suite/progress.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/session/session.h"

namespace assay::suite {

// Provenance, with the beginning of the run, and environment.
void FillInfo(const Options& options, run::RunInfo& info);

// `options.run_directory`, or a name made of the moment the run began.
std::filesystem::path RunDirectory(const Options& options, const run::Provenance& provenance);

// kUsage where what is to be written would leave an older result beside it that then reads as if both belonged
// together: an ordinary run in the folder of a pair or of a side of one, a pair in that of a run. An empty path is
// free.
base::Status FreeForRun(const std::filesystem::path& directory);
base::Status FreeForPair(const std::filesystem::path& directory);

// Takes about a second, unless --self-measurement=off.
run::Overhead OwnOverhead(const Options& options);

// Asks untimed questions; what was found comes with Session::Describe. Nothing once the run was interrupted.
void Probe(session::Session& session, const catalogue::ResolvedModel& model, Progress& progress);

// Whether the service can do what the scenario needs, and a prompt of the length that was asked for; else the case has
// failed.
void Prepare(session::Session& session, run::PlannedCase& plan, Progress& progress);

}  // namespace assay::suite
