// SPDX-License-Identifier: MIT
#include "benchmarks/suite/bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "benchmarks/suite/check_command.h"
#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/model_groups.h"
#include "benchmarks/suite/pins.h"
#include "benchmarks/suite/run_lock.h"
#include "benchmarks/suite/summary.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

using Models = std::vector<catalogue::ResolvedModel>;
using Cases = std::vector<run::PlannedCase>;

int ServiceExitCode(const base::Error& error, const Options& options) {
  switch (error.code) {
    case base::ErrorCode::kUsage:
      return kUsageOrInput;
    case base::ErrorCode::kCancelled:
      return kCaseFailed;
    case base::ErrorCode::kInternal:
      return kInternalError;
    default:
      return options.skip_without_service ? kSkipped : kNotAvailable;
  }
}

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

void FailCases(Cases& cases, const std::string& variant, const std::string& why) {
  for (run::PlannedCase& plan : cases) {
    if (plan.model == variant) plan.failure = why;
  }
}

std::string NotCached(const std::string& variant, const std::string& why) {
  return "model_not_cached: " + variant + " " + why + "; add --download, or run `foundry model download " + variant +
         "`";
}

// Services that do not list what is cached say so when it is loaded.
std::string NotLoaded(const std::string& variant, const std::string& why) {
  if (base::ToLower(why).find("not cached") != std::string::npos) {
    return NotCached(variant, "cannot be loaded: " + why);
  }
  return "model_not_loaded: " + why;
}

bool Failed(const run::PlannedCase& plan) { return !plan.failure.empty(); }

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

class Bench {
 public:
  Bench(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err)
      : options_(options), environment_(environment), out_(out), err_(err), progress_(err, StandardErrorIsTerminal()) {}

  int Run() {
    const base::Result<AskedModels> models = ReadModels(options_);
    if (!models.ok()) return Fail(models.error(), kUsageOrInput);
    const base::Result<std::vector<catalogue::Prompt>> prompts = ReadPrompts(options_);
    if (!prompts.ok()) return Fail(prompts.error(), kUsageOrInput);

    process::InterruptGuard interrupt;
    session::SessionOptions opening = MakeSessionOptions(options_, environment_, *models);
    opening.say = [this](const std::string& line) {
      if (progress_.Say(line, downloading_)) said_.insert(line);
    };
    base::Result<std::unique_ptr<session::Session>> session = session::Session::Open(std::move(opening));
    if (!session.ok()) return Fail(session.error(), ServiceExitCode(session.error(), options_));
    session_ = session->get();
    const int code = RunWith(*models, *prompts);
    TellNotes();
    const std::vector<std::string> left = session_->Close();
    progress_.Clear();
    Tell(left);
    return code;
  }

 private:
  int Fail(const base::Error& error, int exit_code) {
    progress_.Clear();
    err_ << "assay-bench: " << (exit_code == kSkipped ? "skipped: " : "") << base::EscapeForTerminal(error.Message())
         << "\n";
    return exit_code;
  }
  int Fail(const base::Error& error) { return Fail(error, ServiceExitCode(error, options_)); }

  void Tell(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) err_ << "assay-bench: " << base::EscapeForTerminal(line) << "\n";
  }

  // Those that came since the last call and were not said already.
  void TellNotes() {
    const std::vector<std::string>& notes = session_->notes();
    for (; notes_told_ < notes.size(); ++notes_told_) {
      if (!said_.contains(notes[notes_told_])) Tell({notes[notes_told_]});
    }
  }

  // What the command line names, or everything where that is small.
  base::Result<Pinned> Resolve(const AskedModels& asked) {
    const std::vector<foundry::Pin> pins = PinsOf(options_);
    const bool may_load = !options_.list_only;
    if (asked) {
      return ResolvePinned(*asked, pins, [&](const auto& models, const foundry::Pin& pin) {
        return session_->Resolve(models, pin, may_load);
      });
    }
    if (session_->info().kind != "embedded") {
      return base::Error{base::ErrorCode::kUsage,
                         "say which models to measure: --models=a,b or --models=models.json (only the embedded service "
                         "is small enough to measure whole)",
                         session_->info().endpoint};
    }
    ASSAY_TRY(const std::vector<catalogue::ModelRequest> every, session_->EveryModel());
    ASSAY_TRY(Models models, session_->Resolve(every, foundry::Pin{}, may_load));
    Pinned pinned;
    ASSAY_TRY(pinned.models, FilterByPins(std::move(models), pins));
    return pinned;
  }

  int RunWith(const AskedModels& asked, const std::vector<catalogue::Prompt>& prompts) {
    base::Result<Pinned> pinned = Resolve(asked);
    progress_.Clear();
    TellNotes();
    if (!pinned.ok()) return Fail(pinned.error());
    Tell(pinned->notes);
    base::Result<Cases> every_case = catalogue::BuildCases(pinned->models, prompts, options_.request);
    if (!every_case.ok()) return Fail(every_case.error(), kUsageOrInput);
    base::Result<Cases> cases = FilterCases(std::move(every_case).value(), options_.filter);
    if (!cases.ok()) return Fail(cases.error(), kUsageOrInput);
    if (options_.list_only) {
      for (const run::PlannedCase& plan : *cases) out_ << plan.id << "\n";
      return kEveryCaseRan;
    }
    std::erase_if(pinned->models, [&](const catalogue::ResolvedModel& model) {
      return std::ranges::none_of(*cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant; });
    });
    if (const base::Status status = Cached(pinned->models, *cases); !status.ok()) return Fail(status.error());
    return MeasureAndWrite(pinned->models, *cases);
  }

  // Downloads what is missing when that was asked for. What is still missing afterwards fails its cases; an error means
  // that nothing is left.
  base::Status Cached(Models& models, Cases& cases) {
    Models missing;
    for (const catalogue::ResolvedModel& model : models) {
      if (model.cached == false) missing.push_back(model);
    }
    base::Status last;
    while (options_.download && !missing.empty()) {
      session::DownloadOptions download;
      download.warn_below_bytes = options_.min_free_disk_bytes;
      downloading_ = true;
      const base::Status status = session_->Download(missing, download);
      downloading_ = false;
      progress_.Clear();
      TellNotes();
      if (process::InterruptRequested()) {
        return base::Error{base::ErrorCode::kCancelled, "interrupted while downloading models", ""};
      }
      if (status.ok()) {
        missing.clear();
        break;
      }
      // One after the other: the first that is not there is the one that failed; the others are tried without it.
      auto culprit = std::ranges::find_if(missing, [](const auto& model) { return model.cached == false; });
      if (culprit == missing.end()) culprit = missing.begin();
      last = status;
      FailCases(cases, culprit->variant, "model_not_downloaded: " + status.error().Message());
      missing.erase(missing.begin(), std::next(culprit));
    }
    for (const catalogue::ResolvedModel& model : missing) {
      const std::string why = NotCached(model.variant, "is not in the service's cache");
      last = base::Error{base::ErrorCode::kUnavailable, why, model.endpoint};
      FailCases(cases, model.variant, why);
    }
    return std::ranges::all_of(cases, Failed) ? last : base::Status();
  }

  void FillInfo(run::RunInfo& info) {
    info.provenance.started_at = base::UtcTimestamp(std::chrono::system_clock::now());
    info.provenance.assay_version = ASSAY_VERSION;
    info.provenance.build_type = ASSAY_BUILD_TYPE;
    info.provenance.seed = options_.seed;
    info.provenance.repetitions = options_.repetitions;
    FillGit(info.provenance);
    info.environment = run::DetectEnvironment();
  }

  // Opens the run folder once there is something to measure, measures group after group, and writes the run.
  int MeasureAndWrite(const Models& models, Cases& cases) {
    base::Status last;
    ModelGroups groups(Loadable(models, cases),
                       {[this](const catalogue::ResolvedModel& model) { return session_->Load(model); },
                        [this] { Tell(session_->UnloadOurs()); },
                        [&](const catalogue::ResolvedModel& model, const std::string& why) {
                          const std::string said = NotLoaded(model.variant, why);
                          last = base::Error{base::ErrorCode::kUnavailable, said, model.endpoint};
                          FailCases(cases, model.variant, said);
                        },
                        process::InterruptRequested});
    Models group = groups.Next();
    progress_.Clear();
    if (process::InterruptRequested()) {
      return Fail({base::ErrorCode::kCancelled, "interrupted while loading models", ""}, kCaseFailed);
    }
    if (group.empty()) return Fail(last.error());

    run::RunInfo info;
    FillInfo(info);
    const std::filesystem::path directory =
        options_.run_directory.empty() ? DefaultRunDirectory(info.provenance.started_at) : options_.run_directory;
    const base::Result<RunLock> lock = RunLock::Take(directory);
    if (!lock.ok()) return Fail(lock.error(), kUsageOrInput);
    base::Result<run::RunWriter> writer = run::RunWriter::Create(directory);
    if (!writer.ok()) return Fail(writer.error(), kUsageOrInput);

    const MeasureOptions how{options_.repetitions,        options_.seed, options_.warmup, options_.benchmark_format,
                             process::InterruptRequested, nullptr};
    Measurement measurement(how, *session_, cases, *writer, progress_, out_);
    for (; !group.empty() && !process::InterruptRequested(); group = groups.Next()) {
      std::vector<std::string> variants;
      for (const catalogue::ResolvedModel& model : group) {
        variants.push_back(model.variant);
        if (options_.probe && !process::InterruptRequested()) Probe(model);
      }
      if (const base::Status status = measurement.MeasureGroup(variants); !status.ok()) {
        return Fail(status.error(), status.error().code == base::ErrorCode::kInternal ? kInternalError : kUsageOrInput);
      }
    }
    Measured measured = measurement.Finish();
    if (measured.validity.interrupted) {
      return Fail(
          {base::ErrorCode::kCancelled,
           "interrupted after " + std::to_string(measured.validity.measured_requests) +
               " measured requests; what was recorded is in samples.jsonl.partial, an older run there is untouched",
           directory.string()},
          kCaseFailed);
    }
    std::vector<run::Warning>& warnings = measured.validity.warnings;
    if (groups.groups().size() > 1) warnings.push_back(DoNotFit(groups.groups()));
    for (run::Warning& warning : session_->TakeWarnings()) warnings.push_back(std::move(warning));
    info.service = session_->info();  // where it is now: it may have moved
    for (const catalogue::ResolvedModel& model : models) info.models.push_back(session_->Describe(model));
    info.cases = cases;
    info.validity = measured.validity;
    return Write(*writer, measured, info, directory);
  }

  // Models that have a case left to measure.
  static Models Loadable(const Models& models, const Cases& cases) {
    Models loadable;
    for (const catalogue::ResolvedModel& model : models) {
      const bool wanted = std::ranges::any_of(
          cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant && plan.failure.empty(); });
      if (wanted) loadable.push_back(model);
    }
    return loadable;
  }

  void Probe(const catalogue::ResolvedModel& model) {
    progress_.Say("probing " + model.variant, false);
    static_cast<void>(session_->Probe(model));  // what was found comes with Describe()
    progress_.Clear();
  }

  int Write(run::RunWriter& writer, const Measured& measured, const run::RunInfo& info,
            const std::filesystem::path& directory) {
    if (const base::Status finished = writer.Finish(measured.google_benchmark_json, info); !finished.ok()) {
      return Fail(finished.error(), kUsageOrInput);
    }
    if (options_.benchmark_out) {
      const base::Status written = base::WriteFileAtomically(*options_.benchmark_out, measured.google_benchmark_json);
      if (!written.ok()) return Fail(written.error(), kUsageOrInput);
    }
    if (options_.benchmark_format == "json") {
      out_ << measured.google_benchmark_json;
    } else {
      PrintSummary(info, measured.measuring_time, directory, options_.benchmark_format == "csv" ? err_ : out_);
    }
    return std::ranges::any_of(info.cases, Failed) && !options_.allow_failed_cases ? kCaseFailed : kEveryCaseRan;
  }

  const Options& options_;
  const Environment& environment_;
  std::ostream& out_;
  std::ostream& err_;
  Progress progress_;
  session::Session* session_ = nullptr;
  bool downloading_ = false;
  std::set<std::string> said_;  // lines that stay
  std::size_t notes_told_ = 0;
};

// Google Benchmark takes its flags from an argv; what it does not know is a mistake of the caller.
base::Status InitializeBenchmark(const Options& options) {
  // Its context keeps a pointer to argv[0] for as long as the program runs.
  static char program[] = "assay-bench";
  // Google Benchmark takes defaults from BENCHMARK_* variables; those that would change what is run are set back.
  std::vector<std::string> texts = {"--benchmark_list_tests=false",
                                    "--benchmark_enable_random_interleaving=false",
                                    "--benchmark_min_warmup_time=0",
                                    "--benchmark_repetitions=1",
                                    "--benchmark_report_aggregates_only=false",
                                    "--benchmark_display_aggregates_only=false",
                                    "--benchmark_out=",
                                    "--benchmark_format=console",
                                    "--benchmark_time_unit=ms",
                                    "--benchmark_color=auto"};
  texts.insert(texts.end(), options.benchmark_flags.begin(), options.benchmark_flags.end());
  if (!options.benchmark_format.empty()) texts.push_back("--benchmark_format=" + options.benchmark_format);
  std::vector<char*> argv = {program};
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(argv.size()) - 1;
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    return base::Error{base::ErrorCode::kUsage,
                       std::string("Google Benchmark does not know ") + argv[1] + "; see assay-bench --help", ""};
  }
  return {};
}

}  // namespace

int Run(const std::vector<std::string>& args, const Environment& environment, std::ostream& out, std::ostream& err) {
  try {
    const base::Result<Options> options = ParseOptions(args, environment);
    if (!options.ok()) {
      err << "assay-bench: " << base::EscapeForTerminal(options.error().Message()) << "\n";
      return kUsageOrInput;
    }
    if (options->help) {
      out << HelpText();
      return kEveryCaseRan;
    }
    if (options->version) {
      out << "assay-bench " << ASSAY_VERSION << "\n";
      return kEveryCaseRan;
    }
    if (const base::Status status = InitializeBenchmark(*options); !status.ok()) {
      err << "assay-bench: " << base::EscapeForTerminal(status.error().Message()) << "\n";
      return kUsageOrInput;
    }
    const int code =
        options->check ? RunCheck(*options, environment, out, err) : Bench(*options, environment, out, err).Run();
    if (out.flush()) return code;
    err << "assay-bench: what was to be printed could not be written to standard output\n";
    return code == kEveryCaseRan ? static_cast<int>(kUsageOrInput) : code;
  } catch (const std::exception& error) {
    err << "assay-bench: internal error: " << error.what() << "; please report it with the command line\n";
    return kInternalError;
  }
}

}  // namespace assay::suite
