// SPDX-License-Identifier: MIT
#include "benchmarks/suite/measure_models.h"

#include <algorithm>
#include <chrono>

#include "benchmarks/suite/anchors.h"
#include "benchmarks/suite/blocks.h"
#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/machine_watch.h"
#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/model_groups.h"
#include "benchmarks/suite/rounds.h"
#include "benchmarks/suite/run_facts.h"
#include "benchmarks/suite/run_lock.h"
#include "benchmarks/suite/second_look.h"
#include "benchmarks/suite/write_run.h"
#include "fixtures/base/text.h"
#include "fixtures/overhead/overhead.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

using Models = std::vector<catalogue::ResolvedModel>;

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
      if (how_.options.probe) Probe(how_.session, model, how_.progress);
    }
    for (run::PlannedCase& plan : cases_) {
      if (std::ranges::find(variants, plan.model) != variants.end()) Prepare(how_.session, plan, how_.progress);
    }
    return measurement_.MeasureGroup(variants);
  }

 private:
  MeasureModels& how_;
  Cases& cases_;
  Measurement& measurement_;
};

// What is known of a run while it is measured and at its end.
void FillIn(session::Session& session, const Models& models, const Cases& cases, run::RunInfo& info) {
  info.service = session.info();  // where it is now: it may have moved
  for (const catalogue::ResolvedModel& model : models) info.models.push_back(session.Describe(model));
  info.cases = cases;
}

// Null when nobody asked for one.
std::unique_ptr<Yardstick> MakeYardstick(const Options& options, session::Session& session, const Models& models) {
  if (!options.anchors) return nullptr;
  const auto elsewhere = [&](const catalogue::ResolvedModel& model) {
    return session.WorkerOf(model.variant).elsewhere;
  };
  if (std::ranges::any_of(models, elsewhere)) {
    return std::make_unique<Yardstick>("the service runs on another machine, of which our own says nothing");
  }
  return Yardstick::Start(EmbeddedProgram(), {options.repetitions, process::InterruptRequested});
}

std::optional<RoundJudge> MakeRounds(const Options& options, const Cases& cases, const std::filesystem::path& directory,
                                     std::function<base::Status()> interim,
                                     const std::vector<std::filesystem::path>& first_runs) {
  if (!options.in_rounds) return std::nullopt;
  RoundOptions how;
  how.most = options.repetitions;
  how.assay = JudgingProgram();
  how.baselines = options.baselines;
  how.policy = options.policy;
  how.first_runs = first_runs;
  how.cancelled = process::InterruptRequested;
  return std::make_optional<RoundJudge>(std::move(how), cases, directory, std::move(interim));
}

}  // namespace

Ended MeasureModels::Run(const Models& models, Cases& cases) {
  base::Status last;
  std::vector<std::string> ran_before;
  ModelGroups groups(Loadable(models, cases),
                     {[&](const catalogue::ResolvedModel& model) {
                        session::Loaded loaded = session.Load(model);
                        if (loaded.outcome == session::LoadOutcome::kLoaded && !loaded.took)
                          ran_before.push_back(model.variant);
                        return loaded;
                      },
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

  const base::Result<std::vector<std::int64_t>> blocks =
      BlocksOf(options, options.repetitions, session.info(), session.CanRenew(group));
  if (!blocks.ok()) return Failure(blocks.error(), kUsageOrInput);

  run::RunInfo info;
  FillInfo(options, info);
  const std::filesystem::path directory = RunDirectory(options, info.provenance);
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
  how.expected = &expected;
  const std::unique_ptr<Yardstick> anchors = MakeYardstick(options, session, models);
  std::optional<RoundJudge> rounds = MakeRounds(
      options, cases, directory,
      [&] {
        run::RunInfo interim = info;
        FillIn(session, models, cases, interim);
        interim.second_look = second_look;
        return writer->WriteInterim(interim);
      },
      first_runs);
  Several between;
  if (anchors) between.Add(*anchors);
  if (rounds) between.Add(*rounds);
  if (anchors || rounds) how.between = &between;
  if (blocks->size() > 1) {
    how.blocks = *blocks;
    how.renew = [&] {
      progress.Say("starting anew what is measured", false);
      const base::Status renewed = session.Renew(group);
      progress.Clear();
      return renewed;
    };
  }
  Measurement measurement(how, session, cases, *writer, progress, out);
  Group measuring(*this, cases, measurement);
  for (; !group.empty() && !process::InterruptRequested(); group = groups.Next()) {
    if (const base::Status status = measuring.Measure(group); !status.ok()) {
      const bool internal = status.error().code == base::ErrorCode::kInternal;
      return Failure(status.error(), internal ? kInternalError : kUsageOrInput);
    }
  }
  if (anchors) info.anchors = anchors->Take();
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
  if (rounds) {
    for (run::Warning& warning : rounds->TakeWarnings()) warnings.push_back(std::move(warning));
    info.rounds = rounds->Finish(measured.planned_requests);
  }
  if (second_look && !ran_before.empty() && !session.info().started_here) warnings.push_back(SameProcess(ran_before));
  FillIn(session, models, cases, info);
  info.validity = measured.validity;
  info.machine = watch.Info();
  info.summaries = measured.summaries;
  info.probes = measured.probes;
  info.second_look = second_look;
  if (anchors) measured.anchors_time = anchors->took();
  if (const base::Status written = WriteRun(options, *writer, measured, info, out, err); !written.ok()) {
    return Failure(written.error(), kUsageOrInput);
  }
  return {std::nullopt,
          std::ranges::any_of(cases, Failed) && !options.allow_failed_cases ? kCaseFailed : kEveryCaseRan};
}

}  // namespace assay::suite
