// SPDX-License-Identifier: MIT
#include "tools/compare/answer_rate.h"

#include <cmath>
#include <string>
#include <vector>

#include "fixtures/run/json.h"
#include "tools/stats/fisher.h"
#include "tools/stats/multiplicity.h"

namespace assay::compare {
namespace {

std::string Rounded(double value) {
  if (value < 1e-6) return "under 0.000001";
  const double digits = value < 0.001 ? 1e6 : 1e3;
  return run::WriteJson(std::round(value * digits) / digits, run::JsonStyle::kCompact);
}

std::string OfHowMany(std::int64_t others, std::int64_t n) {
  return std::to_string(others) + " of " + std::to_string(n);
}

void Test(RateEvidence& rate) {
  rate.p = stats::FisherExactGreater({rate.others, rate.n}, {rate.accepted_others, rate.accepted_n});
}

void Judge(double alpha, std::size_t family, DeterminismFinding& finding) {
  RateEvidence& rate = *finding.rate;
  // The smallest of a family is held against alpha over its size.
  rate.fewest = stats::FewestSignificantHits(rate.n, {rate.accepted_others, rate.accepted_n},
                                             alpha / static_cast<double>(family));
  const std::string counted = OfHowMany(rate.others, rate.n) + " answers are not " +
                              (rate.paired ? "the base's" : "the accepted one") + ", against " +
                              OfHowMany(rate.accepted_others, rate.accepted_n) +
                              (rate.paired ? " of the base itself" : " in the accepted runs");
  const std::string p = rate.p_adjusted ? ", adjusted p " + Rounded(*rate.p_adjusted) : "";
  if (rate.p_adjusted && *rate.p_adjusted < alpha) {
    finding.verdict = rate.others == rate.n && finding.shares.size() == 1 ? AnswerVerdict::kChanged
                                                                          : AnswerVerdict::kNondeterministic;
    finding.reason = counted + p;
  } else if (!finding.facts.empty() && rate.others < rate.n) {
    finding.verdict = AnswerVerdict::kChanged;  // of the accepted answer itself
    finding.reason = "the answer is the same";
    for (const FactChange& fact : finding.facts) {
      finding.reason += ", " + fact.name + " " + fact.old_value + " -> " + fact.new_value;
    }
  } else if (!rate.fewest) {
    finding.verdict = AnswerVerdict::kIncomplete;
    finding.reason = "too few answers for level rate: not even " + OfHowMany(rate.n, rate.n) +
                     " others would stand out against " + OfHowMany(rate.accepted_others, rate.accepted_n) +
                     "; measure more repetitions, or accept more runs";
  } else if (finding.verdict != AnswerVerdict::kIncomplete) {
    finding.verdict = AnswerVerdict::kUnchanged;
    finding.reason.clear();
    if (rate.others > 0) {
      finding.notes.push_back(counted + p + ": not more often; " + std::to_string(*rate.fewest) + " would have been");
    }
  }
}

}  // namespace

void OpenRate(const AcceptedAnswer& accepted, std::int64_t planned, DeterminismFinding& finding) {
  if (!accepted.seen || accepted.seen->same + accepted.seen->others < 1) {
    finding.verdict = AnswerVerdict::kNotCompared;
    finding.reason = "nobody counted how often the accepted answer came; accept a run at this level";
    return;
  }
  RateEvidence rate;
  for (const AnswerShare& share : finding.shares) {
    if (!share.accepted) rate.others += static_cast<std::int64_t>(share.count);
  }
  rate.n = static_cast<std::int64_t>(finding.n);
  rate.accepted_others = accepted.seen->others;
  rate.accepted_n = accepted.seen->same + accepted.seen->others;
  Test(rate);
  finding.rate = rate;
  finding.verdict = AnswerVerdict::kUnchanged;
  if (planned > 0 && rate.n < planned) {
    finding.verdict = AnswerVerdict::kIncomplete;
    finding.reason = "only " + OfHowMany(rate.n, planned) + " repetitions were measured";
  }
}

void AddRate(const DeterminismFinding& second, DeterminismFinding& finding) {
  if (!finding.rate || !second.rate) return;
  finding.rate->others += second.rate->others;
  finding.rate->n += second.rate->n;
  Test(*finding.rate);
  finding.notes.push_back("the answers of both looks are counted together");
}

void JudgeRates(std::span<DeterminismFinding* const> findings, double alpha) {
  std::vector<DeterminismFinding*> family;
  std::vector<double> p_values;
  for (DeterminismFinding* const finding : findings) {
    if (finding == nullptr || !finding->rate || !finding->rate->p) continue;
    family.push_back(finding);
    p_values.push_back(*finding->rate->p);
  }
  if (family.empty()) return;
  const std::optional<std::vector<double>> adjusted = stats::HolmAdjust(std::move(p_values));
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (adjusted) family[i]->rate->p_adjusted = (*adjusted)[i];
    Judge(alpha, family.size(), *family[i]);
  }
}

}  // namespace assay::compare
