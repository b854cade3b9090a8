// SPDX-License-Identifier: MIT
#include "tools/cli/cli.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <ostream>
#include <sstream>

#include "fixtures/base/text.h"
#include "tools/cli/commands.h"

namespace assay::cli {
namespace {

struct Command {
  const char* name;
  const char* summary;
  base::Result<int> (*run)(const std::vector<std::string>&, const Surroundings&, std::ostream&);
};

// A command that looks at nothing but its arguments.
template <base::Result<int> (*kRun)(const std::vector<std::string>&, std::ostream&)>
base::Result<int> Plain(const std::vector<std::string>& args, const Surroundings& /*around*/, std::ostream& out) {
  return kRun(args, out);
}

constexpr Command kCommands[] = {
    {"compare", "judge a run against the baselines: latency and answers", Plain<CompareCommand>},
    {"accept", "make a run the new baseline", AcceptCommand},
    {"review", "walk answers that are not the accepted ones: accept, reject or skip each", ReviewCommand},
    {"check", "is this machine ready to measure: service, models, sampling", Plain<CheckCommand>},
    {"report", "print a run without judging it", Plain<ReportCommand>},
    {"score", "marks of answers by people and by a judging model", Plain<ScoreCommand>},
    {"plan", "how many requests it takes to see an effect", Plain<PlanCommand>},
    {"settle", "between two rounds of a run: which cases need not be asked any more (for assay-bench)",
     Plain<SettleCommand>},
};

constexpr std::size_t kLargestTypo = 2;  // edits

// Levenshtein's distance by rows.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

void PrintHelp(std::ostream& out) {
  out << "assay: gates merges on the speed and the answers of local language models\n\n"
         "Usage: assay COMMAND [options]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    out << "  " << command.name << std::string(10 - std::string_view(command.name).size(), ' ') << command.summary
        << "\n";
  }
  out << "\n`assay COMMAND --help` says more. A run is measured by assay-bench.\n\n"
         "Exit codes: 0 nothing regressed, 1 a regression, 2 wrong usage or unreadable input, 3 "
         "cannot tell, 4 internal error.\n"
         "check: 0 ready, 1 not ready, 2 and 4 as above. plan, score and settle: 0 answered, 2 and 4 as above.\n"
         "review: 0 nothing is left, 1 rejected or undecided answers are left, 2 and 4 as above.\n\n"
         "Examples:\n"
         "  assay check --service=embedded\n"
         "  assay compare --run build/run --baselines baselines\n"
         "  assay plan --run build/run --baselines baselines --effect 5%\n";
}

int ExitCodeOf(base::ErrorCode code) { return code == base::ErrorCode::kInternal ? kInternal : kUsage; }

int UnknownCommand(const std::string& name, std::ostream& err) {
  err << "assay: there is no command '" << base::EscapeForTerminal(name) << "'";
  const Command* nearest = &*std::min_element(
      std::begin(kCommands), std::end(kCommands),
      [&](const Command& a, const Command& b) { return EditDistance(name, a.name) < EditDistance(name, b.name); });
  if (EditDistance(name, nearest->name) <= kLargestTypo) {
    err << "; did you mean '" << nearest->name << "'?\n";
  } else {
    err << "; see assay --help\n";
  }
  return kUsage;
}

int RunChecked(const std::vector<std::string>& args, const Surroundings& around, std::ostream& out, std::ostream& err) {
  if (args.empty()) {
    err << "assay: a command is needed; see assay --help\n";
    return kUsage;
  }
  if (args.front() == "--help" || args.front() == "help") {
    PrintHelp(out);
    return kGood;
  }
  if (args.front() == "--version") {
    out << "assay " << ASSAY_VERSION << "\n";
    return kGood;
  }
  for (const Command& command : kCommands) {
    if (args.front() != command.name) continue;
    const base::Result<int> code = command.run({args.begin() + 1, args.end()}, around, out);
    out.flush();
    if (!out) {
      err << "assay " << command.name << ": what was to be printed could not be written to standard output\n";
      return kUsage;
    }
    if (code.ok()) return *code;
    err << "assay " << command.name << ": " << base::EscapeForTerminal(code.error().Message()) << "\n";
    return ExitCodeOf(code.error().code);
  }
  return UnknownCommand(args.front(), err);
}

}  // namespace

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

int Run(const std::vector<std::string>& args, const GetEnvironment& environment, std::istream& in, std::ostream& out,
        std::ostream& err) {
  try {
    return RunChecked(args, Surroundings{environment, in}, out, err);
  } catch (const std::exception& error) {
    err << "assay: internal error: " << base::EscapeForTerminal(error.what()) << "\n";
    return kInternal;
  }
}

int Run(const std::vector<std::string>& args, const GetEnvironment& environment, std::ostream& out, std::ostream& err) {
  std::istringstream nothing;
  return Run(args, environment, nothing, out, err);
}

}  // namespace assay::cli
