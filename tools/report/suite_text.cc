// SPDX-License-Identifier: MIT
#include "tools/report/suite_text.h"

#include "tools/report/latency_text.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

using compare::SuiteFinding;
using compare::SuiteVerdict;

// The word, and what it means for who reads it.
std::string Meaning(const SuiteFinding& suite, bool paired) {
  std::string text(compare::ToString(suite.verdict));
  const std::string what = paired ? "head is " : suite.variant.empty() ? "the service got " : "this variant got ";
  const std::string against = paired ? " than base" : "";
  switch (suite.verdict) {
    case SuiteVerdict::kNotJudged:
      return "not judged: " + suite.reason;
    case SuiteVerdict::kUnchanged:
      return suite.reason.empty() ? text : text + ": " + suite.reason;
    case SuiteVerdict::kSuiteRegression:
      return text + ": " + what + "slower" + against;
    case SuiteVerdict::kSuiteImprovement:
      return text + ": " + what + "faster" + against;
    case SuiteVerdict::kSuiteShift:
      text += suite.Slower() ? ", slower" : ", faster";
      if (!suite.variant.empty()) return text + "; " + suite.why_no_anchors;
      if (suite.explained) return text + ": the machine, not the service";
      return text + "; whether the machine or the service changed cannot be told: " +
             (!suite.why_no_anchors.empty() ? suite.why_no_anchors
              : suite.anchor_change         ? "the anchors do not explain it, nor is it sure beyond them"
                                            : "there are no anchors to hold it against");
  }
  return text;
}

// "the 22 cases of MODEL, decode: +30 %, the other 22 cases -0 %, beyond them +30 %".
std::string VariantLine(const SuiteFinding& suite) {
  std::string line =
      "the " + Counted(suite.cases, "case") + " of " + suite.variant + ", " + FamilyTitle(suite.kind) + ":";
  if (suite.change) line += " " + SignedPercent(*suite.change);
  if (suite.anchor_change) {
    line += ", the other " + Counted(suite.anchors, "case") + " " + SignedPercent(*suite.anchor_change);
  }
  if (suite.beyond_anchors) {
    line += ", beyond them " + SignedPercent(*suite.beyond_anchors) + Interval(suite.beyond_lower, suite.beyond_upper);
  }
  if (suite.beyond_p) line += ", p " + PValue(*suite.beyond_p);
  if (suite.beyond_again) line += ", in the second look " + SignedPercent(*suite.beyond_again);
  if (suite.mde) line += ", could have seen " + SignedPercent(*suite.mde);
  line += ": " + Meaning(suite, false);
  if (!suite.gates) line += " (shown, decides nothing)";
  return line;
}

// A variant that did what the others did takes no line.
bool WorthALine(const SuiteFinding& suite) {
  return suite.variant.empty() || suite.verdict != SuiteVerdict::kUnchanged || !suite.reason.empty();
}

std::string SuiteLine(const SuiteFinding& suite, bool paired) {
  if (!suite.variant.empty()) return VariantLine(suite);
  std::string line = (suite.cases == 1 ? "the only case, " : "all " + Counted(suite.cases, "case") + " together, ") +
                     FamilyTitle(suite.kind) + ":";
  if (suite.change) line += " " + SignedPercent(*suite.change) + Interval(suite.lower, suite.upper);
  if (suite.p) line += ", p " + PValue(*suite.p);
  if (suite.change && suite.sessions > 0 && suite.verdict != SuiteVerdict::kNotJudged) {
    line += ", " + Counted(suite.sessions, paired ? "block" : "session");
  }
  if (suite.anchor_change) {
    line += ", the " + Counted(suite.anchors, "anchor") + " " + SignedPercent(*suite.anchor_change);
    if (suite.beyond_anchors) {
      line += ", the cases beyond them " + SignedPercent(*suite.beyond_anchors) +
              Interval(suite.beyond_lower, suite.beyond_upper);
    }
    if (suite.beyond_p) line += ", p " + PValue(*suite.beyond_p);
    if (suite.beyond_again) line += ", in the second look " + SignedPercent(*suite.beyond_again);
  }
  if (suite.mde) line += ", could have seen " + SignedPercent(*suite.mde);
  line += ": " + Meaning(suite, paired);
  if (!suite.gates) line += " (shown, decides nothing)";
  return line;
}

}  // namespace

std::vector<std::string> SuiteLines(const compare::Comparison& comparison) {
  std::vector<std::string> lines;
  for (const SuiteFinding& suite : comparison.suite) {
    if (WorthALine(suite)) lines.push_back(SuiteLine(suite, comparison.pair.has_value()));
  }
  return lines;
}

}  // namespace assay::report
