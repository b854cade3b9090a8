// SPDX-License-Identifier: MIT
#include "tools/report/probe_text.h"

#include "fixtures/base/text.h"
#include "tools/compare/probe_rule.h"
#include "tools/report/case_label.h"

namespace assay::report {

std::vector<DetailLine> ProbeDetails(const compare::CaseComparison& one) {
  std::vector<DetailLine> lines;
  const compare::DeterminismFinding& answers = *one.answers;
  const bool unchanged = answers.verdict == compare::AnswerVerdict::kUnchanged;
  if (answers.probe) {
    std::string line =
        "probe " + std::string(run::ToString(answers.probe->probe)) + ": " + compare::InWords(*answers.probe);
    if (answers.accepted_probe) {
      const bool same = compare::InWords(*answers.accepted_probe) == compare::InWords(*answers.probe);
      line += same ? ", as accepted" : "; accepted: " + compare::InWords(*answers.accepted_probe);
    }
    lines.push_back(DetailLine{0, line});
    if (!unchanged || run::IsBad(answers.probe->result)) {
      for (const std::string& evidence : answers.probe->evidence) lines.push_back(DetailLine{1, evidence});
    }
  }
  if (!unchanged) {
    lines.push_back(DetailLine{0, "answers " + std::string(compare::ToString(answers.verdict)) + ": " + answers.reason +
                                      (answers.gates ? "" : " (not gated)")});
  }
  if (answers.verdict == compare::AnswerVerdict::kChanged && answers.accepted) {
    lines.push_back(DetailLine{1, "accepted " + answers.accepted->at + ": " + answers.accepted->reason});
  }
  for (const std::string& cause : answers.causes) lines.push_back(DetailLine{1, cause});
  for (const std::string& note : answers.notes) lines.push_back(DetailLine{1, note});
  return lines;
}

std::vector<std::string> ProbeLines(const compare::RunSet& runs) {
  std::vector<std::string> lines;
  for (const compare::RunSet::Entry& entry : runs.cases()) {
    const run::PlannedCase& plan = entry.one->plan;
    if (!compare::IsProbe(plan)) continue;
    const run::ProbeFinding* const found = run::FindProbe(entry.run->info, plan.id);
    std::string line = plan.model + ", prompt " + CaseLabel(plan.prompt, plan.id) + ": ";
    if (found == nullptr) {
      line += plan.failure.empty() ? "not asked" : "failed: " + plan.failure;
    } else {
      line += compare::InWords(*found);
      if (!found->evidence.empty()) line += ": " + base::Join(found->evidence, "; ");
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace assay::report
