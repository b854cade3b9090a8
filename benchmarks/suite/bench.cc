// SPDX-License-Identifier: MIT
#include "benchmarks/suite/bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <set>

#include "benchmarks/suite/case_failures.h"
#include "benchmarks/suite/check_command.h"
#include "benchmarks/suite/exit_code.h"
#include "benchmarks/suite/inputs.h"
#include "benchmarks/suite/measure_models.h"
#include "benchmarks/suite/pair_run.h"
#include "benchmarks/suite/progress.h"
#include "benchmarks/suite/resolve.h"
#include "benchmarks/suite/rounds.h"
#include "benchmarks/suite/run_facts.h"
#include "benchmarks/suite/second_look.h"
#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/interrupt.h"

namespace assay::suite {
namespace {

using Models = std::vector<catalogue::ResolvedModel>;

class Bench {
 public:
  Bench(const Options& options, const Environment& environment, std::ostream& out, std::ostream& err)
      : options_(options), environment_(environment), out_(out), err_(err), progress_(err, StandardErrorIsTerminal()) {}

  int Run() {
    if (!options_.list_only) {
      if (const base::Status free = FreeForRun(options_.run_directory); !free.ok()) {
        return Fail(free.error(), kUsageOrInput);
      }
    }
    if (options_.confirm) {
      const std::optional<int> ended = ReadLook();
      if (ended) return *ended;
    }
    if (!options_.list_only) {
      if (const base::Status judged = CheckRounds(); !judged.ok()) return Fail(judged.error(), kUsageOrInput);
    }
    const base::Result<AskedModels> models = ReadModels(options_);
    if (!models.ok()) return Fail(models.error(), kUsageOrInput);
    const base::Result<std::vector<catalogue::Prompt>> prompts = ReadPrompts(options_);
    if (!prompts.ok()) return Fail(prompts.error(), kUsageOrInput);
    base::Result<ExpectedAnswers> expected = ReadExpected(options_, *prompts);
    if (!expected.ok()) return Fail(expected.error(), kUsageOrInput);
    expected_ = *std::move(expected);

    process::InterruptGuard interrupt;
    session::SessionOptions opening = MakeSessionOptions(options_, environment_, *models);
    opening.say = [this](const std::string& line) {
      if (progress_.Say(line, downloading_)) said_.insert(line);
    };
    base::Result<std::unique_ptr<session::Session>> session = session::Session::Open(std::move(opening));
    if (!session.ok()) return Fail(session.error(), ServiceExitCode(session.error(), options_.skip_without_service));
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
  int Fail(const base::Error& error) { return Fail(error, ServiceExitCode(error, options_.skip_without_service)); }

  void Tell(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) err_ << "assay-bench: " << base::EscapeForTerminal(line) << "\n";
  }

  // The first run of a suite has nothing to be judged by yet: it is measured as planned. A second look in rounds is
  // judged beside the runs of the first, which must still be there.
  base::Status CheckRounds() {
    if (!options_.in_rounds) return {};
    ASSAY_TRY(const bool judged, HasBaselines(options_.baselines, options_.policy));
    if (judged) return look_ ? HasFirstRuns(first_runs_) : base::Status();
    std::vector<std::string> folders;
    for (const std::filesystem::path& folder : options_.baselines) folders.push_back("'" + base::ToUtf8(folder) + "'");
    Tell({"--repetitions=auto: no latency was accepted into " + base::Join(folders, ", ") +
          " yet, so that no verdict can settle early: every case is asked " + std::to_string(options_.repetitions) +
          " times; `assay accept` makes a baseline of the run"});
    options_.in_rounds = false;
    return {};
  }

  // What is to be looked at again; an exit code when that is nothing.
  std::optional<int> ReadLook() {
    base::Result<std::optional<AskedLook>> asked = ReadAskedLook(*options_.confirm);
    if (!asked.ok()) return Fail(asked.error(), kUsageOrInput);
    if (!*asked) {
      out_ << "nothing to confirm: " << base::EscapeForTerminal(base::ToUtf8(*options_.confirm))
           << " asks for no second look\n";
      return kEveryCaseRan;
    }
    const base::Status fits = CheckKind(**asked, false, *options_.confirm);
    if (!fits.ok()) return Fail(fits.error(), kUsageOrInput);
    const base::Status status = NotAFirstLook(options_.run_directory, (*asked)->look);
    if (!status.ok()) return Fail(status.error(), kUsageOrInput);
    if (!options_.repetitions_stated) {
      options_.repetitions = options_.request.repetitions = (*asked)->repetitions;
    }
    look_ = std::move((*asked)->look);
    first_runs_ = std::move((*asked)->first_runs);
    return std::nullopt;
  }

  // Those that came since the last call and were not said already.
  void TellNotes() {
    const std::vector<std::string>& notes = session_->notes();
    for (; notes_told_ < notes.size(); ++notes_told_) {
      if (!said_.contains(notes[notes_told_])) Tell({notes[notes_told_]});
    }
  }

  int RunWith(const AskedModels& asked, const std::vector<catalogue::Prompt>& prompts) {
    base::Result<Pinned> pinned = ResolveModels(options_, *session_, asked);
    progress_.Clear();
    TellNotes();
    if (!pinned.ok()) return Fail(pinned.error());
    Tell(pinned->notes);
    base::Result<Cases> every_case = catalogue::BuildCases(pinned->models, prompts, options_.request);
    if (!every_case.ok()) return Fail(every_case.error(), kUsageOrInput);
    base::Result<Cases> cases = FilterCases(std::move(every_case).value(), options_.filter);
    if (!cases.ok()) return Fail(cases.error(), kUsageOrInput);
    if (look_) {
      cases = CasesOfLook(std::move(cases).value(), pinned->models, *look_);
      if (!cases.ok()) return Fail(cases.error(), kUsageOrInput);
      if (cases->empty()) {
        out_ << "nothing to confirm: " << base::EscapeForTerminal(base::ToUtf8(*options_.confirm))
             << " has no suspect of these models\n";
        return kEveryCaseRan;
      }
    }
    if (options_.list_only) {
      for (const run::PlannedCase& plan : *cases) out_ << plan.id << "\n";
      return kEveryCaseRan;
    }
    std::erase_if(pinned->models, [&](const catalogue::ResolvedModel& model) {
      return std::ranges::none_of(*cases, [&](const run::PlannedCase& plan) { return plan.model == model.variant; });
    });
    if (const base::Status status = CheckRunDirectory(options_.run_directory, *cases); !status.ok()) {
      return Fail(status.error(), kUsageOrInput);
    }
    if (const base::Status status = Cached(pinned->models, *cases); !status.ok()) return Fail(status.error());
    const auto tell = [this](const std::vector<std::string>& lines) { Tell(lines); };
    const Ended ended =
        MeasureModels{options_, *session_, progress_, tell, out_, err_, look_, expected_, first_runs_}.Run(
            pinned->models, *cases);
    if (!ended.error) return *ended.exit_code;
    return ended.exit_code ? Fail(*ended.error, *ended.exit_code) : Fail(*ended.error);
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

  Options options_;
  const Environment& environment_;
  std::ostream& out_;
  std::ostream& err_;
  Progress progress_;
  session::Session* session_ = nullptr;
  std::optional<run::SecondLook> look_;
  std::vector<std::filesystem::path> first_runs_;  // of it
  ExpectedAnswers expected_;
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
    const int code = options->check  ? RunCheck(*options, environment, out, err)
                     : options->pair ? RunPair(*options, environment, out, err)
                                     : Bench(*options, environment, out, err).Run();
    if (out.flush()) return code;
    err << "assay-bench: what was to be printed could not be written to standard output\n";
    return code == kEveryCaseRan ? static_cast<int>(kUsageOrInput) : code;
  } catch (const std::exception& error) {
    err << "assay-bench: internal error: " << error.what() << "; please report it with the command line\n";
    return kInternalError;
  }
}

}  // namespace assay::suite
