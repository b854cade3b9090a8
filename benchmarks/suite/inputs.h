// SPDX-License-Identifier: MIT
// What the command line names, read: models, prompts, the choice of cases, and how the session is to be opened.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/answer_keeper.h"
#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/models.h"
#include "fixtures/catalogue/prompts.h"
#include "fixtures/run/run_directory.h"
#include "fixtures/session/session.h"

namespace assay::suite {

// Absent = none were named.
using AskedModels = std::optional<std::vector<catalogue::ModelRequest>>;
base::Result<AskedModels> ReadModels(const Options& options);
base::Result<std::vector<catalogue::Prompt>> ReadPrompts(const Options& options);
// What those expect of their answers.
base::Result<ExpectedAnswers> ReadExpected(const Options& options, const std::vector<catalogue::Prompt>& prompts);

// Google Benchmark's reading of a filter: a regular expression found anywhere, negated by a leading '-'. kUsage when it
// is none or matches nothing.
base::Result<std::vector<run::PlannedCase>> FilterCases(std::vector<run::PlannedCase> cases, const std::string& filter);

// Our own service: foundry-embedded beside this program.
std::filesystem::path EmbeddedProgram();
// The judge: assay beside this program.
std::filesystem::path JudgingProgram();

// Everything but `say`.
session::SessionOptions MakeSessionOptions(const Options& options, const Environment& environment,
                                           const AskedModels& models);

// kUsage: a case keeps hashes only, and the run directory holds what people or a judging model were shown of an older
// run there. Nothing of it is ours to delete.
base::Status CheckRunDirectory(const std::filesystem::path& directory, const std::vector<run::PlannedCase>& cases);

}  // namespace assay::suite
