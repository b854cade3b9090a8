// SPDX-License-Identifier: MIT
#include "tools/report/latency_text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "fixtures/base/text.h"
#include "tools/report/case_label.h"
#include "tools/report/numbers.h"

namespace assay::report {
namespace {

using compare::LatencyFinding;
using compare::Verdict;

// An `unchanged` that could have missed more than this many smallest effects says so.
constexpr double kCoarse = 4;
constexpr double kSmallestCoarse = 0.05;     // also where every effect counts
constexpr double kSmallestTakenOut = 0.005;  // below it the medians and the changes of a table agree to the eye
constexpr double kWorthNaming = 1.5;         // a case that could have missed so much more than the middle one

std::string Samples(const LatencyFinding& finding, bool paired) {
  std::string text = "n " + std::to_string(finding.n_head);
  if (paired) {
    text += finding.n_head == 1 ? " pair" : " pairs";
    if (finding.sessions > 1) text += " in " + Counted(finding.sessions, "block");
  } else {
    text += " against " + std::to_string(finding.n_base);
    if (finding.sessions > 0) text += " in " + Counted(finding.sessions, "session");
  }
  if (finding.n_second > 0) {
    text += " and " + std::to_string(finding.n_second) + " of the second look";
  }
  return text;
}

// What each look saw, beside the estimate of both together.
std::string Looks(const LatencyFinding& finding) {
  if (finding.n_second == 0 || !finding.first_change) return "";
  std::string text = " over both looks: first look " + SignedPercent(*finding.first_change);
  if (finding.second_change) text += ", second " + SignedPercent(*finding.second_change);
  return text + (finding.verdict == Verdict::kUnchanged ? ": not confirmed" : "");
}

bool IsDecided(Verdict verdict) { return verdict == Verdict::kRegressed || verdict == Verdict::kImproved; }

}  // namespace

std::string FamilyTitle(compare::FamilyKind kind) {
  switch (kind) {
    case compare::FamilyKind::kTtft:
      return "ttft (time to first token)";
    case compare::FamilyKind::kDecode:
      return "decode (time per token)";
    case compare::FamilyKind::kE2e:
      return "e2e (end-to-end latency)";
    case compare::FamilyKind::kThroughput:
      return "throughput";
    case compare::FamilyKind::kLoadTime:
      return "load_time (loading the model)";
  }
  return "";
}

std::string Interval(const std::optional<double>& lower, const std::optional<double>& upper) {
  if (!lower || !upper) return "";
  return " (95 % interval " + SignedPercent(*lower) + " to " + SignedPercent(*upper) + ")";
}

std::string Counted(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

bool IsCoarse(const LatencyFinding& finding) {
  return finding.verdict == Verdict::kUnchanged && finding.mde &&
         std::fabs(*finding.mde) > kCoarse * std::max(finding.min_effect, kSmallestCoarse);
}

bool IsSpokenFor(const LatencyFinding& finding) {
  return finding.kind == compare::FamilyKind::kE2e && finding.gates && !finding.decides;
}

std::string LatencyLine(const LatencyFinding& finding, bool paired) {
  std::string line = std::string(finding.metric->name) + " (" + std::string(finding.metric->title) + ") " +
                     std::string(compare::ToString(finding.verdict));
  if (finding.change) line += " " + SignedPercent(*finding.change) + Interval(finding.lower, finding.upper);
  const std::string looks = Looks(finding);
  line += looks;
  if (finding.base_median) {
    line += (looks.empty() ? ": median " : "; median of the first look ") + ShortOrDash(finding.base_median) + " -> " +
            ShortOrDash(finding.head_median) + " " + std::string(finding.metric->unit);
  }
  if (finding.p_adjusted) {
    // A pair is a case and a metric, but for the reader of a paired run it is two requests.
    line +=
        ", adjusted p " + PValue(*finding.p_adjusted) + " among " + Counted(finding.family, paired ? "case" : "pair");
  }
  line += ", " + Samples(finding, paired);
  if (IsDecided(finding.verdict)) line += ", smallest effect that counts " + Percent(finding.min_effect);
  if (finding.tolerance > 0) line += ", beyond a tolerance of " + Percent(finding.tolerance);
  if (finding.mde)
    line += std::string(IsCoarse(finding) ? ", could only" : ", could") + " have seen " + SignedPercent(*finding.mde);
  if (!finding.reason.empty()) line += ": " + finding.reason;
  if (!finding.gates) line += " (not gated)";
  if (IsSpokenFor(finding)) line += " (shown; the time per token decides)";
  return line;
}

std::string BudgetLine(const compare::BudgetFinding& finding) {
  const bool least = finding.metric->direction == run::Direction::kHigherIsBetter;
  const std::string unit(finding.metric->unit);
  std::string line = compare::QuantileName(finding.quantile) + " of " + std::string(finding.metric->name);
  if (!finding.observed) {
    line += ", budget " + std::string(least ? "at least " : "at most ") + Short(finding.limit) + " " + unit +
            ": cannot_tell: " + (finding.reason.empty() ? "there is no number" : finding.reason);
    return line + (finding.gates ? "" : " (not gated)");
  }
  const double observed = *finding.observed;
  std::string found = Short(observed);
  std::string limit = Short(finding.limit);
  if (found == limit && observed != finding.limit) {  // "500 > 500" would read as a mistake
    found = Fixed(observed, 3);
    limit = Fixed(finding.limit, 3);
  }
  const std::string_view sign = observed == finding.limit ? " = " : observed > finding.limit ? " > " : " < ";
  line += " " + found + std::string(sign) + limit + " " + unit + ": ";
  if (finding.verdict == Verdict::kRegressed) {
    line += least ? "below budget" : "over budget";
  } else if (finding.verdict == Verdict::kCannotTell) {
    line += "cannot_tell";
  } else {
    line += "within budget";
  }
  line += ", n " + std::to_string(finding.n);
  const bool says_more = finding.verdict == Verdict::kCannotTell && !finding.reason.empty();
  if (says_more) line += ": " + finding.reason;
  return line + (finding.gates ? "" : " (not gated)");
}

std::string QuarantineLine(const compare::Quarantined& quarantine) {
  if (quarantine.expired) {
    return "quarantine ended after " + quarantine.until + " (" + quarantine.reason +
           "): the case decides again; remove the entry from the policy, or renew it with a reason";
  }
  return "in quarantine until " + quarantine.until + " (" + quarantine.reason + "): shown, decides nothing";
}

std::string TakenOutLine(const compare::Comparison& comparison) {
  if (comparison.pair || !comparison.selection.Asks(compare::Question::kLatency)) return "";
  std::vector<std::string> of_all;
  std::vector<std::string> of_variants;
  for (const compare::SuiteFinding& suite : comparison.suite) {
    const bool of_variant = !suite.variant.empty();
    const bool slower =
        suite.verdict == compare::SuiteVerdict::kSuiteRegression || suite.verdict == compare::SuiteVerdict::kSuiteShift;
    if (of_variant && (!suite.gates || !slower)) continue;  // stays in its cases
    const std::optional<double>& change = of_variant ? suite.beyond_anchors : suite.change;
    if (!change || std::fabs(*change) < kSmallestTakenOut) continue;
    const bool taken_out = std::ranges::any_of(comparison.cases, [&](const compare::CaseComparison& one) {
      return std::ranges::any_of(one.latency, [&](const LatencyFinding& finding) {
        return finding.kind == suite.kind && finding.change.has_value();
      });
    });
    if (!taken_out) continue;
    const std::string what = std::string(compare::ToString(suite.kind)) + " " + SignedPercent(*change);
    (of_variant ? of_variants : of_all).push_back(of_variant ? what + " (" + suite.variant + ")" : what);
  }
  std::vector<std::string> beyond;
  if (!of_all.empty()) beyond.push_back("what all cases did together: " + base::Join(of_all, ", "));
  if (!of_variants.empty()) beyond.push_back("what a variant did beyond the others: " + base::Join(of_variants, ", "));
  return beyond.empty() ? "" : "changes are beyond " + base::Join(beyond, "; and beyond ");
}

std::string SensitivityLine(const compare::Comparison& comparison) {
  struct Seen {
    std::vector<double> mde;
    double worst = -1;
    const compare::CaseComparison* whose = nullptr;
  };
  std::map<compare::FamilyKind, Seen> families;
  for (const compare::CaseComparison& one : comparison.cases) {
    for (const LatencyFinding& finding : one.latency) {
      if (finding.verdict != Verdict::kUnchanged || !finding.decides || !finding.mde || !finding.kind) continue;
      Seen& seen = families[*finding.kind];
      const double size = std::fabs(*finding.mde);
      seen.mde.push_back(size);
      if (size > seen.worst) {
        seen.worst = size;
        seen.whose = &one;
      }
    }
  }
  std::vector<std::string> parts;
  for (auto& [kind, seen] : families) {
    const auto middle = seen.mde.begin() + static_cast<std::ptrdiff_t>(seen.mde.size() / 2);
    std::nth_element(seen.mde.begin(), middle, seen.mde.end());
    std::string part = std::string(compare::ToString(kind)) + " " + Percent(*middle);
    if (seen.worst > kWorthNaming * *middle) {
      part += " (at worst " + Percent(seen.worst) + ": " + seen.whose->model + ", " +
              CaseLabel(seen.whose->prompt, seen.whose->id) + ")";
    }
    parts.push_back(std::move(part));
  }
  return parts.empty() ? "" : "an unchanged case would have shown a slowdown of: " + base::Join(parts, ", ");
}

}  // namespace assay::report
