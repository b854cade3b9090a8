// SPDX-License-Identifier: MIT
#include "benchmarks/suite/bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <regex>

#include "benchmarks/suite/measure.h"
#include "benchmarks/suite/run_lock.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/base/units.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

enum ExitCode {
  kEveryCaseRan = 0,
  kCaseFailed = 1,
  kUsageOrInput = 2,
  kNotAvailable = 3,
  kInternalError = 4,
  kSkipped = 77
};

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

std::filesystem::path ShareDirectory() {
  return process::ProgramDirectory().parent_path() / "share" / "assay" / "suite";
}

std::string Executable(const std::string& name) {
#ifdef _WIN32
  return name + ".exe";
#else
  return name;
#endif
}

base::Result<std::optional<std::vector<catalogue::ModelRequest>>> ReadModels(const Options& options) {
  using Models = std::optional<std::vector<catalogue::ModelRequest>>;
  if (!options.models) return Models();
  std::error_code ec;
  const bool is_file = options.models->ends_with(".json") || std::filesystem::is_regular_file(*options.models, ec);
  ASSAY_TRY(std::vector<catalogue::ModelRequest> models,
            is_file ? catalogue::ReadModels(*options.models) : catalogue::ModelsFromList(*options.models));
  return Models(std::move(models));
}

base::Result<std::vector<catalogue::Prompt>> ReadPrompts(const Options& options) {
  constexpr std::int64_t kWorkshopMaxTokens = 120;  // the workshop's own default for BENCH_PROMPT
  if (options.prompt_text)
    return std::vector{catalogue::PromptFromText("prompt", *options.prompt_text, kWorkshopMaxTokens)};
  return catalogue::ReadPrompts(options.prompts.value_or(ShareDirectory() / "prompts.json"));
}

// Google Benchmark's reading of a filter: a regular expression found anywhere, negated by a leading '-'.
base::Result<std::vector<run::PlannedCase>> Filter(std::vector<run::PlannedCase> cases, const std::string& filter) {
  if (filter.empty() || filter == "all") return cases;
  const bool negate = filter.front() == '-';
  std::vector<run::PlannedCase> chosen;
  try {
    const std::regex pattern(negate ? filter.substr(1) : filter, std::regex::ECMAScript);
    for (run::PlannedCase& plan : cases) {
      if (std::regex_search(plan.id, pattern) != negate) chosen.push_back(std::move(plan));
    }
  } catch (const std::regex_error& error) {
    return base::Error{base::ErrorCode::kUsage,
                       "--benchmark_filter=" + filter + " is no regular expression: " + error.what(), ""};
  }
  if (chosen.empty()) {
    return base::Error{base::ErrorCode::kUsage,
                       "--benchmark_filter=" + filter + " matches none of the " + std::to_string(cases.size()) +
                           " cases; --benchmark_list_tests shows their ids",
                       ""};
  }
  return chosen;
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

void PrintSummary(const std::vector<run::PlannedCase>& cases, const Measured& measured,
                  const std::filesystem::path& run, std::ostream& out) {
  const run::Validity& validity = measured.validity;
  const auto failed = std::ranges::count_if(cases, [](const run::PlannedCase& plan) { return !plan.failure.empty(); });
  for (const run::PlannedCase& plan : cases) {
    if (plan.failure.empty()) continue;
    out << "failed: " << base::EscapeForTerminal(plan.id) << ": " << base::EscapeForTerminal(plan.failure) << "\n";
  }
  for (const run::Warning& warning : validity.warnings) {
    out << "note: " << warning.code << ": " << base::EscapeForTerminal(warning.case_id) << ": "
        << base::EscapeForTerminal(warning.message) << "\n";
  }
  char idle[32];
  std::snprintf(idle, sizeof idle, "%.2f %%", validity.idle_share * 100);
  out << cases.size() << " cases, " << validity.measured_requests << " measured requests in "
      << base::FormatDuration(measured.measuring_time) << ", " << failed << " cases failed; idle between requests "
      << idle << "\n";
  if (validity.interrupted) out << "interrupted: the run is not complete\n";
  out << "run: " << run.string() << "\n";
}

class Bench {
 public:
  Bench(const Options& options, std::ostream& out, std::ostream& err)
      : options_(options), out_(out), err_(err), progress_(err, StandardErrorIsTerminal()) {}

  int Run() {
    const base::Result<std::optional<std::vector<catalogue::ModelRequest>>> models = ReadModels(options_);
    if (!models.ok()) return Fail(models.error(), kUsageOrInput);
    const base::Result<std::vector<catalogue::Prompt>> prompts = ReadPrompts(options_);
    if (!prompts.ok()) return Fail(prompts.error(), kUsageOrInput);

    process::InterruptGuard interrupt;
    base::Result<std::unique_ptr<session::Session>> session = session::Session::Open(SessionOptions());
    if (!session.ok()) return Fail(session.error(), ServiceExitCode(session.error(), options_));
    const int code = RunWith(**session, *models, *prompts);
    const std::vector<std::string> left = (*session)->Close();
    for (const std::string& line : left) err_ << "assay-bench: " << base::EscapeForTerminal(line) << "\n";
    return code;
  }

 private:
  int Fail(const base::Error& error, int exit_code) {
    progress_.Clear();
    err_ << "assay-bench: " << (exit_code == kSkipped ? "skipped: " : "") << base::EscapeForTerminal(error.Message())
         << "\n";
    return exit_code;
  }

  session::SessionOptions SessionOptions() const {
    session::SessionOptions session;
    session.service = options_.service;
    session.endpoint = options_.endpoint;
    session.api_key = options_.api_key;
    session.scenario = options_.scenario;
    session.embedded_program = process::ProgramDirectory() / Executable("foundry-embedded");
    session.embedded_cli = process::ProgramDirectory() / "foundry-cli" / Executable("foundry");
    session.start_deadline = options_.start_deadline;
    session.timeouts = options_.timeouts;
    session.cancelled = process::InterruptRequested;
    return session;
  }

  int RunWith(session::Session& session, const std::optional<std::vector<catalogue::ModelRequest>>& asked,
              const std::vector<catalogue::Prompt>& prompts) {
    std::optional<std::vector<catalogue::ModelRequest>> requests = asked;
    if (!requests) {
      if (session.info().kind != "embedded") {
        return Fail({base::ErrorCode::kUsage,
                     "say which models to measure: --models=a,b or --models=models.json (only the embedded service is "
                     "small enough to measure whole)",
                     session.info().endpoint},
                    kUsageOrInput);
      }
      base::Result<std::vector<catalogue::ModelRequest>> every = session.EveryModel();
      if (!every.ok()) return Fail(every.error(), ServiceExitCode(every.error(), options_));
      requests = std::move(every).value();
    }
    const base::Result<std::vector<catalogue::ResolvedModel>> models = session.Resolve(*requests);
    for (const std::string& note : session.notes()) err_ << "assay-bench: " << base::EscapeForTerminal(note) << "\n";
    if (!models.ok()) return Fail(models.error(), ServiceExitCode(models.error(), options_));
    base::Result<std::vector<run::PlannedCase>> every_case = catalogue::BuildCases(*models, prompts, options_.request);
    if (!every_case.ok()) return Fail(every_case.error(), kUsageOrInput);
    base::Result<std::vector<run::PlannedCase>> cases = Filter(std::move(every_case).value(), options_.filter);
    if (!cases.ok()) return Fail(cases.error(), kUsageOrInput);
    if (options_.list_only) {
      for (const run::PlannedCase& plan : *cases) out_ << plan.id << "\n";
      return kEveryCaseRan;
    }
    if (const base::Status loaded = LoadModels(session, *models, *cases); !loaded.ok()) {
      return Fail(loaded.error(), ServiceExitCode(loaded.error(), options_));
    }
    return MeasureAndWrite(session, std::move(cases).value());
  }

  // A model that cannot be loaded fails its cases; the run fails only when there is nothing left to measure.
  base::Status LoadModels(session::Session& session, const std::vector<catalogue::ResolvedModel>& models,
                          std::vector<run::PlannedCase>& cases) {
    base::Status last;
    bool any = false;
    for (const catalogue::ResolvedModel& model : models) {
      const bool used =
          std::ranges::any_of(cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant; });
      if (!used) continue;
      const base::Status status = session.Load(model);
      if (status.ok()) {
        any = true;
        continue;
      }
      if (process::InterruptRequested())
        return base::Error{base::ErrorCode::kCancelled, "interrupted while loading models", ""};
      last = status;
      for (run::PlannedCase& plan : cases) {
        if (plan.model == model.variant) plan.failure = "model_not_loaded: " + status.error().Message();
      }
    }
    return any ? base::Status() : last;
  }

  int MeasureAndWrite(session::Session& session, std::vector<run::PlannedCase> cases) {
    run::RunInfo info;
    info.provenance.started_at = base::UtcTimestamp(std::chrono::system_clock::now());
    info.provenance.assay_version = ASSAY_VERSION;
    info.provenance.build_type = ASSAY_BUILD_TYPE;
    info.provenance.seed = options_.seed;
    info.provenance.repetitions = options_.repetitions;
    FillGit(info.provenance);
    info.environment = run::DetectEnvironment();
    info.service = session.info();
    const std::filesystem::path directory =
        options_.run_directory.empty() ? DefaultRunDirectory(info.provenance.started_at) : options_.run_directory;
    const base::Result<RunLock> lock = RunLock::Take(directory);
    if (!lock.ok()) return Fail(lock.error(), kUsageOrInput);
    base::Result<run::RunWriter> writer = run::RunWriter::Create(directory);
    if (!writer.ok()) return Fail(writer.error(), kUsageOrInput);

    chat::Client client = session.MakeClient();
    const MeasureOptions measure{options_.repetitions, options_.seed, options_.warmup, options_.benchmark_format,
                                 process::InterruptRequested};
    base::Result<Measured> measured = Measure(measure, client, cases, *writer, progress_, out_);
    if (!measured.ok()) return Fail(measured.error(), kUsageOrInput);
    if (measured->validity.interrupted) {
      return Fail(
          {base::ErrorCode::kCancelled,
           "interrupted after " + std::to_string(measured->validity.measured_requests) +
               " measured requests; what was recorded is in samples.jsonl.partial, an older run there is untouched",
           directory.string()},
          kCaseFailed);
    }
    info.cases = cases;
    info.validity = measured->validity;
    if (const base::Status finished = writer->Finish(measured->google_benchmark_json, info); !finished.ok()) {
      return Fail(finished.error(), kUsageOrInput);
    }
    if (options_.benchmark_out) {
      const base::Status written = base::WriteFileAtomically(*options_.benchmark_out, measured->google_benchmark_json);
      if (!written.ok()) return Fail(written.error(), kUsageOrInput);
    }
    if (options_.benchmark_format == "json") {
      out_ << measured->google_benchmark_json;
    } else {
      PrintSummary(cases, *measured, directory, options_.benchmark_format == "csv" ? err_ : out_);
    }
    const bool failed = std::ranges::any_of(cases, [](const run::PlannedCase& plan) { return !plan.failure.empty(); });
    return failed && !options_.allow_failed_cases ? kCaseFailed : kEveryCaseRan;
  }

  const Options& options_;
  std::ostream& out_;
  std::ostream& err_;
  Progress progress_;
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
    const int code = Bench(*options, out, err).Run();
    if (out.flush()) return code;
    err << "assay-bench: what was to be printed could not be written to standard output\n";
    return code == kEveryCaseRan ? static_cast<int>(kUsageOrInput) : code;
  } catch (const std::exception& error) {
    err << "assay-bench: internal error: " << error.what() << "; please report it with the command line\n";
    return kInternalError;
  }
}

}  // namespace assay::suite
