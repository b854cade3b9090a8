// SPDX-License-Identifier: MIT
#include <ostream>
#include <sstream>

#include "fixtures/base/files.h"
#include "tools/cli/commands.h"
#include "tools/cli/options.h"
#include "tools/compare/comparison.h"
#include "tools/compare/mann_whitney_rule.h"
#include "tools/report/comparison_markdown.h"
#include "tools/report/comparison_terminal.h"
#include "tools/report/ctest_measurements.h"
#include "tools/report/verdict_json.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay compare --run DIR [--run DIR ...] --baselines DIR [--baselines DIR ...] "
    "[options]\n\n"
    "Judges runs against accepted baselines: is a case slower, does it answer differently?\n"
    "Ends with 0 when nothing regressed, 1 on a regression, 3 when it cannot tell.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay compare --run build/run --baselines baselines\n"
    "  assay compare --run build/run --baselines baselines --policy policy.json --json "
    "verdict.json --markdown comment.md\n"
    "  assay compare --run build/run --baselines baselines --model ember-mini --prompt capital "
    "--question latency --ctest\n";

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory; several are judged together", true);
  options.AddValue("baselines", "DIR", "folder of baselines; of several the first that has a variant's file counts",
                   true);
  options.AddValue("policy", "FILE",
                   "thresholds; without it e2e_ms, ttft_ms, tpot_ms and exact answers are gated at 5 %");
  options.AddValue("json", "FILE", "also write the verdict as JSON");
  options.AddValue("markdown", "FILE", "also write it as Markdown");
  options.AddValue("case", "GLOB", "report and gate only these cases; the statistics still see all", true);
  options.AddValue("model", "NAME", "only this variant or alias", true);
  options.AddValue("prompt", "ID", "only this prompt", true);
  options.AddValue("question", "latency|determinism", "only this question");
  options.AddFlag("ctest", "also print CTestMeasurement lines");
}

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

using Renderer = void (*)(const compare::Comparison&, std::ostream&);

base::Status WriteIfWanted(const Options& options, const std::string& flag, const compare::Comparison& comparison,
                           Renderer render) {
  const std::optional<std::string> path = options.Value(flag);
  if (!path) return {};
  std::ostringstream text;
  render(comparison, text);
  return base::WriteFileAtomically(*path, text.str());
}

}  // namespace

base::Result<int> CompareCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_RETURN_IF_ERROR(options.Parse(args));
  if (options.help_wanted()) {
    out << options.Help();
    return int{kGood};
  }
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  ASSAY_TRY(const std::vector<std::filesystem::path> baselines, options.RequiredPaths("baselines"));
  ASSAY_TRY(const compare::Selection selection, SelectionOf(options));
  compare::Policy policy = compare::DefaultPolicy();
  if (const std::optional<std::string> file = options.Value("policy")) {
    ASSAY_TRY(policy, compare::ReadPolicy(*file));
  }
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));
  const compare::MannWhitneyRule rule;
  ASSAY_TRY(const compare::Comparison comparison, compare::Compare(runs, baselines, policy, selection, rule));

  report::WriteComparisonTerminal(comparison, out);
  if (options.Has("ctest")) report::WriteCtestMeasurements(comparison, out);
  ASSAY_RETURN_IF_ERROR(WriteIfWanted(options, "json", comparison, report::WriteVerdictJson));
  ASSAY_RETURN_IF_ERROR(WriteIfWanted(options, "markdown", comparison, report::WriteComparisonMarkdown));
  return comparison.exit_code;
}

}  // namespace assay::cli
