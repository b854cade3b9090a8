// SPDX-License-Identifier: MIT
#include "benchmarks/suite/measure_models.h"

#include <algorithm>
#include <chrono>

#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/machine_watch.h"
#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/model_groups.h"
#include "benchmarks/suite/run_lock.h"
#include "benchmarks/suite/write_run.h"
#include "fixtures/base/text.h"
#include "fixtures/overhead/overhead.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

using Models = std::vector<catalogue::ResolvedModel>;

void FillGit(run::Provenance& provenance) {
  constexpr auto kDeadline = std::chrono::seconds(5);
  const auto revision = process::Run({"git", {"rev-parse", "HEAD"}, {}}, kDeadline);
  if (!revision.ok() || revision->exit_code != 0) return;
  provenance.git_revision = std::string(base::Trim(revision->standard_output));
  const auto changes = process::Run({"git", {"status", "--porcelain", "--untracked-files=no"}, {}}, kDeadline);
  if (changes.ok() && changes->exit_code == 0) provenance.git_dirty = !base::Trim(changes->standard_output).empty();
}

std::filesystem::path DefaultRunDirectory(const std::string& timestamp) {
  std::string name = "assay-run-" + timestamp;  // no colons: Windows has none in file names
  std::erase(name, ':');
  return name;
}

// What people and the judge should know when models could not be interleaved.
run::Warning DoNotFit(const std::vector<std::vector<std::string>>& groups) {
  std::string list;
  for (const std::vector<std::string>& group : groups) {
    list += (list.empty() ? "" : ", then ") + base::Join(group, " with ");
  }
  return {"models_do_not_fit", "",
          "memory does not hold all models at once: they were measured one after the other, not interleaved, so that "
          "drift of the machine does not fall on all alike: " +
              list};
}

void FillInfo(const Options& options, run::RunInfo& info) {
  info.provenance.started_at = base::UtcTimestamp(std::chrono::system_clock::now());
  info.provenance.assay_version = ASSAY_VERSION;
  info.provenance.build_type = ASSAY_BUILD_TYPE;
  info.provenance.seed = options.seed;
  info.provenance.repetitions = options.repetitions;
  FillGit(info.provenance);
  info.environment = run::DetectEnvironment();
}

// Models that have a case left to measure.
Models Loadable(const Models& models, const Cases& cases) {
  Models loadable;
  for (const catalogue::ResolvedModel& model : models) {
    const bool wanted = std::ranges::any_of(
        cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant && plan.failure.empty(); });
    if (wanted) loadable.push_back(model);
  }
  return loadable;
}

Ended Failure(base::Error error, int exit_code) { return {std::move(error), exit_code}; }

// A group of models that are loaded.
class Group {
 public:
  Group(MeasureModels& how, Cases& cases, Measurement& measurement)
      : how_(how), cases_(cases), measurement_(measurement) {}

  base::Status Measure(const Models& models) {
    std::vector<std::string> variants;
    for (const catalogue::ResolvedModel& model : models) {
      variants.push_back(model.variant);
      if (how_.options.probe && !process::InterruptRequested()) Probe(model);
    }
    for (run::PlannedCase& plan : cases_) {
      if (std::ranges::find(variants, plan.model) != variants.end()) Prepare(plan);
    }
    return measurement_.MeasureGroup(variants);
  }

 private:
  void Probe(const catalogue::ResolvedModel& model) {
    how_.progress.Say("probing " + model.variant, false);
    static_cast<void>(how_.session.Probe(model));  // what was found comes with Describe()
    how_.progress.Clear();
  }

  // Whether the service can do what the scenario needs, and a prompt of the length that was asked for.
  void Prepare(run::PlannedCase& plan) {
    if (Failed(plan) || process::InterruptRequested()) return;
    base::Status status = how_.session.CanPlay(plan);
    if (status.ok() && plan.scenario.input_tokens) {
      how_.progress.Say("fitting " + plan.id, false);
      status = how_.session.FitInput(plan);
      how_.progress.Clear();
    }
    if (!status.ok()) plan.failure = "scenario_not_possible: " + status.error().Message();
  }

  MeasureModels& how_;
  Cases& cases_;
  Measurement& measurement_;
};

run::Overhead OwnOverhead(const Options& options) {
  overhead::OverheadOptions own;
  own.program = EmbeddedProgram();
  own.cancelled = process::InterruptRequested;
  if (options.self_measurement) return overhead::MeasureOverhead(own);
  run::Overhead none;
  none.absent = "--self-measurement=off";
  return none;
}

}  // namespace

Ended MeasureModels::Run(const Models& models, Cases& cases) {
  base::Status last;
  ModelGroups groups(Loadable(models, cases),
                     {[this](const catalogue::ResolvedModel& model) { return session.Load(model); },
                      [this] { tell(session.UnloadOurs()); },
                      [&](const catalogue::ResolvedModel& model, const std::string& why) {
                        const std::string said = NotLoaded(model.variant, why);
                        last = base::Error{base::ErrorCode::kUnavailable, said, model.endpoint};
                        FailCases(cases, model.variant, said);
                      },
                      process::InterruptRequested});
  Models group = groups.Next();
  progress.Clear();
  if (process::InterruptRequested()) {
    return Failure({base::ErrorCode::kCancelled, "interrupted while loading models", ""}, kCaseFailed);
  }
  if (group.empty()) return {last.error(), std::nullopt};

  run::RunInfo info;
  FillInfo(options, info);
  const std::filesystem::path directory =
      options.run_directory.empty() ? DefaultRunDirectory(info.provenance.started_at) : options.run_directory;
  const base::Result<RunLock> lock = RunLock::Take(directory);
  if (!lock.ok()) return Failure(lock.error(), kUsageOrInput);
  base::Result<run::RunWriter> writer = run::RunWriter::Create(directory);
  if (!writer.ok()) return Failure(writer.error(), kUsageOrInput);
  info.overhead = OwnOverhead(options);

  const base::SteadyClock clock;
  const std::unique_ptr<SnapshotSource> snapshots = SystemSnapshots();
  MachineWatch watch(
      *snapshots, clock, [this](const std::string& variant) { return session.WorkerOf(variant); },
      options.stated_watts);
  MeasureOptions how;
  how.repetitions = options.repetitions;
  how.seed = options.seed;
  how.warmup = options.warmup;
  how.benchmark_format = options.benchmark_format;
  how.cancelled = process::InterruptRequested;
  how.watch = &watch;
  Measurement measurement(how, session, cases, *writer, progress, out);
  Group measuring(*this, cases, measurement);
  for (; !group.empty() && !process::InterruptRequested(); group = groups.Next()) {
    if (const base::Status status = measuring.Measure(group); !status.ok()) {
      const bool internal = status.error().code == base::ErrorCode::kInternal;
      return Failure(status.error(), internal ? kInternalError : kUsageOrInput);
    }
  }
  Measured measured = measurement.Finish();
  if (measured.validity.interrupted) {
    return Failure(
        {base::ErrorCode::kCancelled,
         "interrupted after " + std::to_string(measured.validity.measured_requests) +
             " measured requests; what was recorded is in samples.jsonl.partial, an older run there is untouched",
         directory.string()},
        kCaseFailed);
  }
  std::vector<run::Warning>& warnings = measured.validity.warnings;
  if (groups.groups().size() > 1) warnings.push_back(DoNotFit(groups.groups()));
  for (run::Warning& warning : session.TakeWarnings()) warnings.push_back(std::move(warning));
  info.service = session.info();  // where it is now: it may have moved
  for (const catalogue::ResolvedModel& model : models) info.models.push_back(session.Describe(model));
  info.cases = cases;
  info.validity = measured.validity;
  info.machine = watch.Info();
  info.summaries = measured.summaries;
  if (const base::Status written = WriteRun(options, *writer, measured, info, out, err); !written.ok()) {
    return Failure(written.error(), kUsageOrInput);
  }
  return {std::nullopt,
          std::ranges::any_of(cases, Failed) && !options.allow_failed_cases ? kCaseFailed : kEveryCaseRan};
}

}  // namespace assay::suite
