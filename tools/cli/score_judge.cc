// SPDX-License-Identifier: MIT
#include "tools/cli/score_judge.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <vector>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/interrupt.h"
#include "fixtures/process/process.h"
#include "fixtures/run/json.h"

namespace assay::cli {
namespace {

// A judge on a slow machine and thousands of answers; whoever has less patience interrupts.
constexpr auto kLongest = std::chrono::hours(24);
constexpr std::size_t kLinesShown = 5;

// Ours: what a judge is asked, and how, is what its marks mean.
constexpr std::string_view kFixed[] = {"--models",      "--prompts",     "--prompt",       "--run",
                                       "--repetitions", "--temperature", "--request-seed", "--scenarios",
                                       "--max-tokens",  "--variant",     "--pair",         "--confirm",
                                       "--baselines",   "--check",       "--dry-run"};

base::Status CheckFlags(const std::vector<std::string>& flags) {
  for (const std::string& flag : flags) {
    const std::string name = flag.substr(0, flag.find('='));
    if (!flag.starts_with("--") || std::ranges::find(kFixed, name) != std::end(kFixed)) {
      return base::Error{
          base::ErrorCode::kUsage,
          "--bench '" + base::EscapeForTerminal(flag) +
              "' is no flag a judge can be asked with; it takes flags of assay-bench in one word, such as "
              "--bench=--service=embedded, but none that says what is asked",
          ""};
    }
  }
  return {};
}

std::string LastLines(const std::string& text) {
  std::vector<std::string> lines = base::Split(base::Trim(text), '\n');
  if (lines.size() > kLinesShown) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLinesShown));
  return base::Join(lines, "; ");
}

}  // namespace

base::Result<score::Judgement> AskJudge(const run::Run& run, const score::Subjects& subjects,
                                        const JudgeRequest& request, std::ostream& out) {
  ASSAY_RETURN_IF_ERROR(CheckFlags(request.flags));
  if (request.model.find(',') != std::string::npos || request.model.ends_with(".json")) {
    return base::Error{base::ErrorCode::kUsage, "--judge takes one model, an alias or a variant", ""};
  }
  const std::filesystem::path folder = run.directory / score::kJudgeFolder;
  const std::filesystem::path prompts = folder / "prompts.json";
  ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(
      prompts, run::WriteJson(score::JudgePrompts(subjects, request.dimensions), run::JsonStyle::kPretty)));
  process::Command bench{base::ToUtf8(process::ProgramDirectory() / "assay-bench"), {}, {}};
  for (const char* name : {"BENCH_PROMPT", "BENCH_MAX_TOKENS", "BENCH_STREAM"}) bench.environment.emplace(name, "");
  if (!process::FindOnPath(bench.program)) {
    return base::Error{base::ErrorCode::kNotFound,
                       "a judge is asked by the program assay-bench, which should lie beside this one; build it "
                       "(cmake --build DIR --target assay-bench)",
                       bench.program};
  }
  // One request each: at temperature 0 a second one says nothing new. A judge that fails at some answers is still one.
  bench.arguments = {"--models=" + request.model,
                     "--prompts=" + base::ToUtf8(prompts),
                     "--run=" + base::ToUtf8(folder),
                     "--repetitions=1",
                     "--temperature=0",
                     "--request-seed=7",
                     "--scenarios=warm",
                     "--warmup-limit=1",
                     "--self-measurement=off",
                     "--anchors=off",
                     "--probe=off",
                     "--allow-failed-cases"};
  bench.arguments.insert(bench.arguments.end(), request.flags.begin(), request.flags.end());
  out << "asking " << base::EscapeForTerminal(request.model) << " about " << subjects.answers.size()
      << (subjects.answers.size() == 1 ? " answer\n" : " answers\n");
  out.flush();
  const process::InterruptGuard interrupt;
  ASSAY_TRY(const process::Completed done, process::Run(bench, kLongest));
  if (done.exit_code != 0) {
    return base::Error{done.exit_code == 4 ? base::ErrorCode::kInternal : base::ErrorCode::kUnavailable,
                       "assay-bench could not ask the judge, it ended with " + std::to_string(done.exit_code) + ": " +
                           LastLines(done.standard_error),
                       bench.ToString()};
  }
  ASSAY_TRY(const run::Run judge, run::ReadRun(folder));
  return score::ReadJudgement(judge, subjects, request.dimensions);
}

}  // namespace assay::cli
