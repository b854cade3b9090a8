// SPDX-License-Identifier: MIT
#include "tools/report/second_look_text.h"

#include <algorithm>

#include "fixtures/base/text.h"
#include "fixtures/run/case_id.h"
#include "tools/compare/policy.h"
#include "tools/report/command_line.h"
#include "tools/report/latency_text.h"

namespace assay::report {
namespace {

using compare::Comparison;

constexpr std::size_t kSuspectsShown = 5;
constexpr const char* kVerdictFile = "verdict.json";

// Those of the ids, not of the cases: a selection shows few of them.
std::vector<std::string> ModelsOf(const std::vector<std::string>& ids) {
  std::vector<std::string> models;
  for (const std::string& id : ids) {
    const base::Result<run::CaseId> parsed = run::ParseCaseId(id);
    if (parsed.ok() && std::ranges::find(models, parsed->model) == models.end()) models.push_back(parsed->model);
  }
  return models;
}

// Whether the run asked a model that has one of these cases; of files of before, which name no models, all did.
bool Asked(const compare::ComparedRun& run, const std::vector<std::string>& models) {
  if (run.models.empty()) return true;
  return std::ranges::any_of(run.models, [&](const run::ModelInfo& model) {
    return std::ranges::find(models, model.variant) != models.end();
  });
}

// How assay-bench is to be asked for a second look at a run; of files of before no more than service and models.
std::vector<std::string> MeasureAgain(const Comparison& comparison, const compare::ComparedRun& run,
                                      const std::vector<std::string>& models) {
  std::vector<std::string> words = {"assay-bench"};
  if (run.provenance.arguments) {
    words.insert(words.end(), run.provenance.arguments->begin(), run.provenance.arguments->end());
  } else if (comparison.pair) {
    words.insert(words.end(), {"--pair", comparison.pair->base.stated, comparison.pair->head.stated});
  } else {
    if (run.service.kind == "embedded") words.push_back("--service=embedded");
    if (run.service.kind == "endpoint") words.push_back("--endpoint=" + run.service.endpoint);
    std::vector<std::string> own;
    for (const std::string& model : models) {
      const bool here =
          run.models.empty() || std::ranges::find(run.models, model, &run::ModelInfo::variant) != run.models.end();
      if (here) own.push_back(model);
    }
    words.push_back("--models=" + base::Join(own, ","));
  }
  return words;
}

std::string Again(std::string directory) {
  while (directory.size() > 1 && (directory.back() == '/' || directory.back() == '\\')) directory.pop_back();
  return directory + "-again";
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
  const std::vector<std::string> models = ModelsOf(ids);
  // The sides of a pair are asked by one command.
  const bool one_command = comparison.pair.has_value() || comparison.runs.size() <= 1;
  bool all_flags = true;
  for (const compare::ComparedRun& one : comparison.runs) {
    if (!comparison.pair && !Asked(one, models)) continue;
    const std::string second = Again(one_command ? FirstDirectory(comparison, asked) : one.directory);
    std::vector<std::string> measure = MeasureAgain(comparison, one, models);
    measure.insert(measure.end(), {"--confirm=" + file, "--run=" + second});
    if (plan.in_rounds) {
      measure.emplace_back("--repetitions=auto");
      for (const std::string& folder : comparison.baselines) measure.push_back("--baselines=" + folder);
      if (comparison.policy_source != compare::DefaultPolicy().source)
        measure.push_back("--policy=" + comparison.policy_source);
    }
    lines.push_back("  " + CommandLine(measure));
    first.insert(first.end(), {"--confirm", second});
    all_flags = all_flags && one.provenance.arguments.has_value();
    if (comparison.pair) break;
  }
  lines.push_back("  " + CommandLine(first));
  if (!all_flags) lines.push_back("  (give assay-bench the other flags of the first look, too, such as --prompts)");
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
