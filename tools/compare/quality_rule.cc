// SPDX-License-Identifier: MIT
#include "tools/compare/quality_rule.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "fixtures/base/result.h"
#include "tools/stats/multiplicity.h"
#include "tools/stats/tied_ranks.h"

namespace assay::compare {
namespace {

// A drop of the tolerance itself is none, however the last bit was rounded.
constexpr double kRounding = 1e-9;

std::string Share(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

bool SameKind(const AcceptedSeries& accepted, const AcceptedSeries& here) {
  return accepted.source == here.source && accepted.dimension == here.dimension;
}

QualityFinding About(const AcceptedSeries& series) {
  QualityFinding finding;
  finding.source = series.source;
  finding.dimension = series.dimension;
  finding.judge = series.judge;
  return finding;
}

QualityFinding CannotCompare(QualityFinding finding, std::string why) {
  finding.verdict = Verdict::kCannotTell;
  finding.reason = std::move(why);
  return finding;
}

std::string WhyNotComparable(const AcceptedScores& accepted, const run::PlannedCase& plan, const AcceptedSeries& old,
                             const AcceptedSeries& here) {
  if (accepted.fingerprint != plan.fingerprint)
    return "another request was asked than the one whose score was accepted";
  if (here.source == run::ScoreSource::kAutomatic && accepted.expect_sha256 != plan.expect_sha256) {
    return "the prompt expects something else than when its score was accepted; accept the run to go on from here";
  }
  if (old.judge != here.judge) {
    return old.judge->model != here.judge->model ? "another judge than the accepted one, " + old.judge->model
                                                 : "another version of the judge's prompt than the accepted one, " +
                                                       std::to_string(old.judge->template_version);
  }
  return "";
}

class Judge {
 public:
  explicit Judge(const QualityPolicy& policy) : policy_(policy) {}

  std::vector<QualityFinding> Compare(const QualityCase& one) const {
    std::vector<QualityFinding> findings;
    std::vector<AcceptedSeries> here;
    for (const run::ScoreSeries& series : run::ScoresOf(*one.one, *one.scores))
      here.push_back(AcceptedSeriesOf(series));
    std::vector<bool> met(one.accepted != nullptr ? one.accepted->series.size() : 0, false);
    for (const AcceptedSeries& series : here) {
      QualityFinding finding = About(series);
      finding.tolerance = one.tolerance;
      finding.mean = series.Mean();
      finding.n = series.Values().size();
      const AcceptedSeries* old = nullptr;
      for (std::size_t i = 0; i < met.size(); ++i) {
        const AcceptedSeries& candidate = one.accepted->series[i];
        if (!SameKind(candidate, series)) continue;
        // Of several judges its own; else whichever there is, to say that it is another one.
        if (old == nullptr || candidate.judge == series.judge) old = &candidate;
        met[i] = true;
      }
      findings.push_back(old == nullptr ? CannotCompare(std::move(finding), "no score was accepted yet")
                                        : Against(*old, series, one, std::move(finding)));
    }
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (!met[i]) findings.push_back(Gone(one.accepted->series[i]));
    }
    return findings;
  }

  // Of scores that vary only once all of them are known.
  void Decide(QualityFinding& finding) const {
    const double drop = *finding.accepted_mean - *finding.mean;
    const bool far = std::fabs(drop) > finding.tolerance + kRounding;
    const std::string moved = "the mean score " + std::string(drop > 0 ? "fell" : "rose") + " from " +
                              Share(*finding.accepted_mean) + " to " + Share(*finding.mean);
    const double chance = (drop > 0 ? finding.p_adjusted : finding.p_higher).value_or(1);
    finding.decides = policy_.gate;
    if (!far) {
      finding.verdict = Verdict::kUnchanged;
    } else if (finding.varies && chance > policy_.alpha) {
      finding.verdict = Verdict::kCannotTell;
      finding.decides = false;
      finding.reason = moved + ", but scores of this case vary and chance alone could do that (p " + Share(chance) +
                       "); more repetitions would tell";
    } else {
      finding.verdict = drop > 0 ? Verdict::kRegressed : Verdict::kImproved;
      finding.reason = moved + ", by more than the tolerance of " + Share(finding.tolerance);
    }
  }

 private:
  QualityFinding Against(const AcceptedSeries& old, const AcceptedSeries& series, const QualityCase& one,
                         QualityFinding finding) const {
    finding.accepted_mean = old.Mean();
    finding.accepted_n = old.Values().size();
    const std::string why = WhyNotComparable(*one.accepted, one.one->plan, old, series);
    if (!why.empty()) return CannotCompare(std::move(finding), why);
    finding.comparable = true;
    finding.varies = old.counts.size() > 1 || series.counts.size() > 1;
    if (finding.varies) {
      finding.p = stats::TiedRankSumLess(series.Values(), old.Values());
      finding.p_higher = stats::TiedRankSumLess(old.Values(), series.Values());
    }
    return finding;
  }

  static QualityFinding Gone(const AcceptedSeries& old) {
    QualityFinding finding = About(old);
    finding.accepted_mean = old.Mean();
    finding.accepted_n = old.Values().size();
    const bool automatic = old.source == run::ScoreSource::kAutomatic;
    return CannotCompare(std::move(finding), automatic
                                                 ? "the prompt expects nothing any more"
                                                 : "nobody marked the answers of this run; see assay score --help");
  }

  const QualityPolicy& policy_;
};

}  // namespace

std::vector<std::vector<QualityFinding>> JudgeQuality(std::span<const QualityCase> cases, const QualityPolicy& policy) {
  const Judge judge(policy);
  std::vector<std::vector<QualityFinding>> findings;
  findings.reserve(cases.size());
  for (const QualityCase& one : cases) findings.push_back(judge.Compare(one));
  std::vector<QualityFinding*> open;
  std::vector<double> p_values;
  for (std::vector<QualityFinding>& of_case : findings) {
    for (QualityFinding& finding : of_case) {
      finding.gates = policy.gate;
      if (!finding.comparable) continue;
      open.push_back(&finding);
      if (finding.p) p_values.push_back(*finding.p);
    }
  }
  const std::optional<std::vector<double>> adjusted = stats::HolmAdjust(p_values);
  ASSAY_CHECK(adjusted.has_value(), "probabilities lie between 0 and 1");
  std::size_t next = 0;
  for (QualityFinding* const finding : open) {
    if (finding->p) finding->p_adjusted = (*adjusted)[next++];
    judge.Decide(*finding);
  }
  return findings;
}

}  // namespace assay::compare
