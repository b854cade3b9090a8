// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/run/pair.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/comparison.h"
#include "tools/compare/gate_rule.h"
#include "tools/compare/pair_comparison.h"
#include "tools/compare/quarantine.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/ctest_measurements.h"
#include "tools/report/second_look_text.h"
#include "tools/report/verdict_json.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay compare --run DIR [--run DIR ...] --baselines DIR [--baselines DIR ...] [--confirm DIR ...] "
    "[options]\n"
    "       assay compare --run PAIR [--confirm PAIR] [options]\n"
    "       assay compare --self --run DIR [--splits N] [--seed N]\n\n"
    "Judges runs against accepted baselines: is a case slower, does it answer differently? Of a paired run "
    "(assay-bench\n"
    "--pair) it judges head against base and needs no baselines.\n"
    "Latency is judged beyond what all cases did together, from 3 cases and 2 accepted sessions on (or 1 and 8 "
    "cases).\n"
    "What all did together is judged against the anchors of the runs; without them a slower suite may be a slower "
    "machine.\n"
    "Where cases may be slower the output ends with the commands of a second look: measured once more, with more\n"
    "requests, and handed in with --confirm, what both looks show together decides.\n"
    "Ends with 0 when nothing regressed, 1 on a regression, 3 when it cannot tell (the output names what is missing), "
    "2 "
    "on\nwrong usage or unreadable input.\n"
    "--self splits the requests of a run by chance and judges one half against the other, many times: how often the "
    "gate\n"
    "cries wolf on this noise, and what it could see. Ends with 0, or with 3 when it is more often than stated.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay compare --run build/run --baselines baselines\n"
    "  assay compare --run build/run --baselines baselines --policy policy.json --json verdict.json --markdown "
    "comment.md\n"
    "  assay compare --run build/run --baselines baselines --confirm build/run-again\n"
    "  assay compare --run build/pair\n"
    "  assay compare --self --run build/run --splits 200 --seed 1\n"
    "  assay compare --run build/run --baselines baselines --model ember-mini --prompt capital --question latency "
    "--ctest\n";

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are judged together. Or one of a pair", true);
  options.AddValue("baselines", "DIR",
                   "folder of baselines; of several the first that has a variant's file counts. None for a pair", true);
  options.AddValue("confirm", "DIR", "run of the second look (assay-bench --confirm); of a pair, the second pair",
                   true);
  options.AddValue("confirm-if-there", "DIR",
                   "the same where DIR exists; for scripts that take a second look if need be", true);
  options.AddValue(
      "policy", "FILE",
      "thresholds; without it ttft_ms, tpot_ms (e2e_ms where a case has none) and exact answers are gated at 5 %");
  options.AddValue("today", "YYYY-MM-DD", "the day that ends quarantines; without it today, UTC");
  options.AddValue("json", "FILE", "also write the verdict as JSON");
  options.AddValue("markdown", "FILE", "also write it as Markdown");
  options.AddValue("case", "GLOB", "report and gate only these cases; the statistics still see all", true);
  options.AddValue("model", "NAME", "only this variant or alias", true);
  options.AddValue("prompt", "ID", "only this prompt", true);
  options.AddValue("question", "latency|determinism", "only this question");
  options.AddFlag("ctest", "also print CTestMeasurement lines");
  options.AddFlag("self", "compare the run with itself");
  options.AddValue("splits", "N", "how often --self splits, 200 when left out");
  options.AddValue("seed", "N", "of the coin of --self, 1 when left out");
}

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

base::Result<compare::Selection> SelectionOf(const Options& options) {
  compare::Selection selection;
  selection.cases = options.Values("case");
  selection.models = options.Values("model");
  selection.prompts = options.Values("prompt");
  ASSAY_TRY(const std::optional<std::string> question, options.OneOf("question", {"latency", "determinism"}));
  if (question) {
    selection.question = *question == "latency" ? compare::Question::kLatency : compare::Question::kDeterminism;
  }
  return selection;
}

base::Result<std::string> TodayOf(const Options& options) {
  const std::optional<std::string> given = options.Value("today");
  if (!given) return Today();
  if (compare::IsDay(*given)) return *given;
  return Usage("--today should be a day as YYYY-MM-DD, found '" + base::EscapeForTerminal(*given) + "'");
}

// What every kind of comparison is asked with.
struct Asked {
  std::vector<std::filesystem::path> runs;
  std::vector<std::filesystem::path> confirm;
  compare::Selection selection;
  compare::Policy policy;
  std::string today;
};

base::Result<Asked> AskedOf(const Options& options) {
  Asked asked;
  ASSAY_TRY(asked.runs, options.RequiredPaths("run"));
  asked.confirm = options.Paths("confirm");
  for (const std::filesystem::path& directory : options.Paths("confirm-if-there")) {
    std::error_code none;
    if (std::filesystem::exists(directory, none)) asked.confirm.push_back(directory);
  }
  ASSAY_TRY(asked.selection, SelectionOf(options));
  ASSAY_TRY(asked.today, TodayOf(options));
  ASSAY_TRY(asked.policy, PolicyOf(options));
  return asked;
}

base::Result<compare::Comparison> CompareRuns(const Options& options, const Asked& asked) {
  ASSAY_TRY(const std::vector<std::filesystem::path> baselines, options.RequiredPaths("baselines"));
  for (const std::filesystem::path& directory : asked.confirm) {
    if (!run::IsPair(directory)) continue;
    return Usage("the second look in " + directory.string() + " is a pair and the first one is not; name a run of " +
                 "assay-bench --confirm without --pair");
  }
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(asked.runs, compare::OnlyJudged(asked.policy)));
  std::optional<compare::RunSet> second;
  if (!asked.confirm.empty()) {
    ASSAY_TRY(second, compare::RunSet::Read(asked.confirm, compare::OnlyJudged(asked.policy)));
  }
  return compare::Compare({&runs, second ? &*second : nullptr, baselines, &asked.policy, asked.selection, asked.today},
                          compare::GateRule());
}

base::Result<compare::Comparison> CompareSides(const Options& options, const Asked& asked) {
  const std::string pair_directory = asked.runs.front().string();
  if (asked.runs.size() > 1) {
    return Usage("a pair is judged alone; leave the other --run out, or name sides of pairs as runs (" +
                 (asked.runs.front() / "head").string() + ") with --baselines");
  }
  if (options.Has("baselines")) {
    return Usage("head is judged against base in a pair; leave --baselines out, or name one side as a run: --run " +
                 (asked.runs.front() / "head").string());
  }
  if (asked.confirm.size() > 1) return Usage("a pair has one second look; leave the other --confirm out");
  if (!asked.confirm.empty() && !run::IsPair(asked.confirm.front())) {
    return Usage("the second look in " + asked.confirm.front().string() + " is no pair, as " + pair_directory +
                 " is; measure it with assay-bench --pair ... --confirm");
  }
  ASSAY_TRY(const compare::PairedRuns pair, compare::PairedRuns::Read(asked.runs.front()));
  std::optional<compare::PairedRuns> second;
  if (!asked.confirm.empty()) {
    ASSAY_TRY(second, compare::PairedRuns::Read(asked.confirm.front()));
  }
  return compare::ComparePair(pair, second ? &*second : nullptr, asked.policy, asked.selection, asked.today,
                              compare::GateRule());
}

base::Status WriteFiles(const Options& options, const compare::Comparison& comparison,
                        const report::AskedFor& asked_for) {
  if (const std::optional<std::string> path = options.Value("json")) {
    ASSAY_RETURN_IF_ERROR(
        base::WriteFileAtomically(*path, [&](std::ostream& text) { report::WriteVerdictJson(comparison, text); }));
  }
  if (const std::optional<std::string> path = options.Value("markdown")) {
    ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(
        *path, [&](std::ostream& text) { report::WriteComparisonMarkdown(comparison, asked_for, text); }));
  }
  return {};
}

}  // namespace

base::Result<int> CompareCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  if (options.Has("self")) return SelfCheckCommand(options, out);
  for (const char* only_self : {"splits", "seed"}) {
    if (options.Has(only_self)) return Usage(std::string("--") + only_self + " says how --self splits; add --self");
  }
  ASSAY_TRY(const Asked asked, AskedOf(options));
  const bool pair = std::ranges::any_of(asked.runs, [](const auto& directory) { return run::IsPair(directory); });
  ASSAY_TRY(const compare::Comparison comparison, pair ? CompareSides(options, asked) : CompareRuns(options, asked));

  const report::AskedFor asked_for{args, options.Value("json").value_or("")};
  report::WriteComparisonTerminal(comparison, asked_for, out);
  if (options.Has("ctest")) report::WriteCtestMeasurements(comparison, out);
  ASSAY_RETURN_IF_ERROR(WriteFiles(options, comparison, asked_for));
  return comparison.exit_code;
}

}  // namespace assay::cli
