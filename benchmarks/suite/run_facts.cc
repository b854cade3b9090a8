// SPDX-License-Identifier: MIT
#include "benchmarks/suite/run_facts.h"

#include <chrono>

#include "benchmarks/suite/answer_keeper.h"
#include "benchmarks/suite/case_failures.h"
#include "benchmarks/suite/inputs.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/overhead/overhead.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"
#include "fixtures/run/pair.h"

namespace assay::suite {
namespace {

void FillGit(run::Provenance& provenance) {
  constexpr auto kDeadline = std::chrono::seconds(5);
  const auto revision = process::Run({"git", {"rev-parse", "HEAD"}, {}}, kDeadline);
  if (!revision.ok() || revision->exit_code != 0) return;
  provenance.git_revision = std::string(base::Trim(revision->standard_output));
  const auto changes = process::Run({"git", {"status", "--porcelain", "--untracked-files=no"}, {}}, kDeadline);
  if (changes.ok() && changes->exit_code == 0) provenance.git_dirty = !base::Trim(changes->standard_output).empty();
}

}  // namespace

void FillInfo(const Options& options, run::RunInfo& info) {
  info.provenance.started_at = base::UtcTimestampWithMilliseconds(std::chrono::system_clock::now());
  info.provenance.assay_version = ASSAY_VERSION;
  info.provenance.build_type = ASSAY_BUILD_TYPE;
  info.provenance.seed = options.seed;
  info.provenance.repetitions = options.repetitions;
  info.provenance.arguments = options.repeated;
  FillGit(info.provenance);
  info.environment = run::DetectEnvironment();
}

std::filesystem::path RunDirectory(const Options& options, const run::Provenance& provenance) {
  if (!options.run_directory.empty()) return options.run_directory;
  std::string name = "assay-run-" + provenance.started_at;  // no colons: Windows has none in file names
  std::erase(name, ':');
  return name;
}

base::Status FreeForRun(const std::filesystem::path& directory) {
  if (directory.empty()) return {};
  const bool pair = run::IsPair(directory);
  if (!pair && !run::IsSideOfPair(directory)) return {};
  return base::Error{base::ErrorCode::kUsage,
                     std::string(pair ? "this folder holds a pair" : "this folder is a side of a pair") +
                         ", which an ordinary run must not replace in part; choose another --run",
                     base::ToUtf8(directory)};
}

base::Status FreeForPair(const std::filesystem::path& directory) {
  if (directory.empty()) return {};
  std::error_code ec;
  const bool run = std::filesystem::exists(directory / "run.json", ec);
  if (!run) return {};
  return base::Error{base::ErrorCode::kUsage, "this folder holds an ordinary run; choose another --run for a pair",
                     base::ToUtf8(directory)};
}

run::Overhead OwnOverhead(const Options& options) {
  overhead::OverheadOptions own;
  own.program = EmbeddedProgram();
  own.cancelled = process::InterruptRequested;
  if (options.self_measurement) return overhead::MeasureOverhead(own);
  run::Overhead none;
  none.absent = "--self-measurement=off";
  return none;
}

void Probe(session::Session& session, const catalogue::ResolvedModel& model, Progress& progress) {
  if (process::InterruptRequested()) return;
  progress.Say("probing " + model.variant, false);
  static_cast<void>(session.Probe(model));
  progress.Clear();
}

void Prepare(session::Session& session, run::PlannedCase& plan, Progress& progress) {
  if (Failed(plan) || process::InterruptRequested()) return;
  base::Status status = session.CanPlay(plan);
  if (status.ok() && plan.scenario.input_tokens) {
    progress.Say("fitting " + plan.id, false);
    status = session.FitInput(plan);
    // It quotes what the service said of the prompt.
    if (!status.ok() && plan.store_hash) {
      status = base::Error{status.error().code, std::string("its length could not be fitted; ") + kNotKept, plan.id};
    }
    progress.Clear();
  }
  if (!status.ok()) plan.failure = "scenario_not_possible: " + status.error().Message();
}

}  // namespace assay::suite
