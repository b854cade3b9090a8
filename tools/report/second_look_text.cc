// SPDX-License-Identifier: MIT
#include "tools/report/second_look_text.h"

#include <algorithm>
#include <set>

#include "fixtures/base/text.h"
#include "tools/report/command_line.h"
#include "tools/report/latency_text.h"

namespace assay::report {
namespace {

using compare::Comparison;

constexpr std::size_t kSuspectsShown = 5;
constexpr const char* kVerdictFile = "verdict.json";

// Which service and models the first look asked, as far as the runs say it. The prompts of a file they do not say.
void AddFirstFlags(const Comparison& comparison, const std::vector<std::string>& ids, std::vector<std::string>& words) {
  std::vector<std::string> models;
  for (const compare::CaseComparison& one : comparison.cases) {
    if (std::ranges::find(ids, one.id) == ids.end() || std::ranges::find(models, one.model) != models.end()) continue;
    models.push_back(one.model);
  }
  std::set<std::string> services;
  for (const compare::ComparedRun& one : comparison.runs) {
    if (one.service.kind == "embedded") services.insert("--service=embedded");
    if (one.service.kind == "endpoint") services.insert("--endpoint=" + one.service.endpoint);
  }
  words.insert(words.end(), services.begin(), services.end());
  if (!models.empty()) words.push_back("--models=" + base::Join(models, ","));
}

std::string FirstDirectory(const Comparison& comparison, const AskedFor& asked) {
  for (std::size_t i = 0; i < asked.arguments.size(); ++i) {
    const std::string& word = asked.arguments[i];
    if (word == "--run" && i + 1 < asked.arguments.size()) return asked.arguments[i + 1];
    if (word.starts_with("--run=")) return word.substr(std::string("--run=").size());
  }
  return comparison.runs.empty() ? "run" : comparison.runs.front().directory;
}

std::vector<std::string> Planned(const Comparison& comparison, const AskedFor& asked) {
  const compare::SecondLookPlan& plan = *comparison.second_look;
  std::vector<std::string> ids = plan.suspects;
  ids.insert(ids.end(), plan.controls.begin(), plan.controls.end());
  std::string what = "second look: " + Counted(plan.suspects.size(), "case") + " may be slower (";
  const std::size_t shown = std::min(plan.suspects.size(), kSuspectsShown);
  what += base::Join({plan.suspects.begin(), plan.suspects.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (shown < plan.suspects.size()) what += " and " + std::to_string(plan.suspects.size() - shown) + " more";
  what += "); to be sure, measure ";
  what += plan.suspects.size() == 1 ? "it" : "them";
  if (!plan.controls.empty()) what += " and " + Counted(plan.controls.size(), "control");
  what += " again, " + Counted(static_cast<std::size_t>(std::max<std::int64_t>(plan.repetitions, 0)), "request") +
          " each, and judge both looks together:";
  std::vector<std::string> lines = {what};

  std::vector<std::string> first = {"assay", "compare"};
  first.insert(first.end(), asked.arguments.begin(), asked.arguments.end());
  if (asked.arguments.empty()) {
    for (const compare::ComparedRun& one : comparison.runs) first.insert(first.end(), {"--run", one.directory});
    for (const std::string& folder : comparison.baselines) first.insert(first.end(), {"--baselines", folder});
  }
  std::string file = asked.verdict_file;
  if (file.empty()) {
    file = kVerdictFile;
    std::vector<std::string> with_file = first;
    with_file.insert(with_file.end(), {"--json", file});
    lines.push_back("  " + CommandLine(with_file));
  }
  std::string trimmed = FirstDirectory(comparison, asked);
  while (trimmed.size() > 1 && (trimmed.back() == '/' || trimmed.back() == '\\')) trimmed.pop_back();
  const std::string second = trimmed + "-again";
  std::vector<std::string> measure = {"assay-bench"};
  if (comparison.pair) {
    measure.insert(measure.end(), {"--pair", comparison.pair->base.stated, comparison.pair->head.stated});
  } else {
    AddFirstFlags(comparison, ids, measure);
  }
  measure.insert(measure.end(), {"--confirm=" + file, "--run=" + second});
  lines.push_back("  " + CommandLine(measure));
  first.insert(first.end(), {"--confirm", second});
  lines.push_back("  " + CommandLine(first));
  lines.push_back("  (give assay-bench the other flags of the first look, too, such as --prompts)");
  return lines;
}

}  // namespace

std::vector<std::string> SecondLookLines(const Comparison& comparison, const AskedFor& asked) {
  if (!comparison.second_looks.empty()) {
    return {"second look: " + base::Join(comparison.second_looks, ", ") +
            "; of the suspects only what both looks together show is called regressed"};
  }
  if (!comparison.second_look) return {};
  return Planned(comparison, asked);
}

}  // namespace assay::report
