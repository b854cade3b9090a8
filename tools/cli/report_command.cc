// SPDX-License-Identifier: MIT
#include <ostream>
#include <sstream>

#include "fixtures/base/files.h"
#include "tools/cli/commands.h"
#include "tools/cli/common_options.h"
#include "tools/cli/options.h"
#include "tools/compare/policy.h"
#include "tools/compare/run_set.h"
#include "tools/report/run_csv.h"
#include "tools/report/run_markdown.h"
#include "tools/report/run_workshop.h"

namespace assay::cli {
namespace {

constexpr const char* kSynopsis =
    "Usage: assay report --run DIR [--run DIR ...] --format=markdown|csv|workshop [--policy "
    "FILE] [--output FILE]\n\n"
    "Prints a run without judging it; needs no baseline.";

constexpr const char* kExamples =
    "Examples:\n"
    "  assay report --run build/run --format=markdown\n"
    "  assay report --run build/run --format=csv --output run.csv\n"
    "  assay report --run build/run --format=workshop\n";

void Declare(Options& options) {
  options.AddValue("run", "DIR", "run directory", true);
  options.AddValue("format", "FORMAT",
                   "markdown: one row per case; csv: one row per case and metric; workshop: "
                   "|Model|Avg Latency|p95|TPS|");
  options.AddValue("policy", "FILE", "limits of goodput and of the conditions of a run; see assay compare --policy");
  options.AddValue("output", "FILE", "write there instead of to the terminal");
}

}  // namespace

base::Result<int> ReportCommand(const std::vector<std::string>& args, std::ostream& out) {
  Options options(kSynopsis, kExamples);
  Declare(options);
  ASSAY_TRY(const bool parsed, ParseOrHelp(args, options, out));
  if (!parsed) return int{kGood};
  ASSAY_TRY(const std::vector<std::filesystem::path> directories, options.RequiredPaths("run"));
  ASSAY_TRY(const std::string needed, options.Required("format"));
  ASSAY_TRY(const std::optional<std::string> format, options.OneOf("format", {"markdown", "csv", "workshop"}));
  ASSAY_TRY(const compare::Policy policy, PolicyOf(options));
  ASSAY_TRY(const compare::RunSet runs, compare::RunSet::Read(directories));
  std::ostringstream text;
  if (needed == "markdown") {
    report::WriteRunMarkdown(runs, policy, text);
  } else if (needed == "csv") {
    report::WriteRunCsv(runs, policy, text);
  } else {
    report::WriteRunWorkshop(runs, text);
  }
  if (const std::optional<std::string> file = options.Value("output")) {
    ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(*file, text.str()));
  } else {
    out << text.str();
  }
  return int{kGood};
}

}  // namespace assay::cli
