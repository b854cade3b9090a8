// SPDX-License-Identifier: MIT
#include "tools/compare/latency_family.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "tools/compare/anchor_series.h"
#include "tools/compare/metric_roles.h"
#include "tools/compare/session_names.h"
#include "tools/compare/session_rule.h"
#include "tools/compare/stored_metrics.h"
#include "tools/stats/descriptive.h"

namespace assay::compare {
namespace {

// In runs of their own, or one group of models after the other in one run: what is different between variants may then
// be what is different between two times.
bool MeasuredApart(std::span<const run::Run* const> runs) {
  return runs.size() > 1 || std::ranges::any_of(runs, [](const run::Run* one) {
           return std::ranges::any_of(one->info.validity.warnings,
                                      [](const run::Warning& warning) { return warning.code == "models_do_not_fit"; });
         });
}

// Of each session its name; sessions are known by their address.
using Names = std::map<const BaselineSession*, std::string>;
using Sessions = std::vector<std::pair<const BaselineSession*, const SessionCase*>>;

// A case and a metric that can be compared. Numbers are fetched when its family is judged: all at once they would be
// most of what a large comparison holds.
struct Pair {
  std::size_t one = 0;     // index of the case
  std::size_t metric = 0;  // index into its findings
  Sessions sessions;       // that have the metric and asked the same
};

using Family = std::vector<Pair>;

bool HangsOnTokenCounts(const run::Metric& metric) {
  return DependsOnTokenCounts(metric) || metric.name == "output_tokens_per_s";
}

std::string BuildWord(bool unoptimised) { return unoptimised ? "an unoptimised" : "an optimised"; }

bool Refuse(LatencyFinding& finding, LatencyReason code, std::string reason) {
  finding.verdict = Verdict::kCannotTell;
  finding.code = code;
  finding.reason = std::move(reason);
  return false;
}

// Leaves the sessions that can be compared with the case; without any the finding says why not.
bool Comparable(const LatencyCase& one, const run::Metric& metric, Sessions& sessions, LatencyFinding& finding) {
  if (sessions.empty()) return Refuse(finding, LatencyReason::kNoBaseline, "no accepted session has this case");
  // Only sessions that asked and counted the same; the newest says what the others are compared
  // with in words.
  const SessionCase* const newest = sessions.back().second;
  std::erase_if(sessions, [&](const auto& entry) { return entry.second->fingerprint != one.one->plan.fingerprint; });
  if (sessions.empty()) {
    return Refuse(finding, LatencyReason::kRequestChanged, "the request is not the one the baseline was measured with");
  }
  if (one.run != nullptr) {
    const bool unoptimised = Unoptimised(one.run->info.provenance.build_type);
    std::erase_if(sessions, [&](const auto& entry) { return Unoptimised(entry.first->build_type) != unoptimised; });
    if (sessions.empty()) {
      return Refuse(finding, LatencyReason::kDebugBuild,
                    "measured by " + BuildWord(unoptimised) + " build of assay-bench, the baseline by " +
                        BuildWord(!unoptimised) + " one; measure with a release build");
    }
  }
  if (HangsOnTokenCounts(metric)) {
    const run::TokenSource source = one.facts->TokenSource();
    if (one.facts->token_sources.size() > 1) {
      return Refuse(finding, LatencyReason::kTokenSourceDiffers, "the tokens of this run come from different sources");
    }
    std::erase_if(sessions, [&](const auto& entry) { return entry.second->token_source != source; });
    if (sessions.empty()) {
      return Refuse(finding, LatencyReason::kTokenSourceDiffers,
                    "tokens are counted by '" + std::string(run::ToString(source)) + "', in the baseline by '" +
                        std::string(run::ToString(newest->token_source)) + "'");
    }
  }
  if (DependsOnLength(metric)) {
    std::erase_if(sessions, [&](const auto& entry) {
      return entry.second->completion_tokens != one.facts->CompletionTokens() ||
             one.facts->completion_tokens.size() > 1;
    });
    if (sessions.empty()) {
      return Refuse(
          finding, LatencyReason::kCompletionTokensDiffer,
          "answers of different length: " + TokenCounts(one.facts->completion_tokens) + " tokens, in the baseline " +
              (newest->completion_tokens ? std::to_string(*newest->completion_tokens) : "not all of one length"));
    }
  }
  return true;
}

Sessions SessionsOf(const LatencyCase& one) {
  Sessions sessions;
  if (one.baseline == nullptr) return sessions;
  for (const BaselineSession& session : one.baseline->sessions) {
    const auto found = session.cases.find(one.one->plan.id);
    if (found != session.cases.end()) sessions.emplace_back(&session, &found->second);
  }
  return sessions;
}

// Fills `sessions` when the pair can be compared; else the finding says why not.
bool Prepare(const LatencyCase& one, const run::Metric& metric, Sessions& sessions, LatencyFinding& finding) {
  const std::vector<double> head = NumbersOf(*one.one, metric);
  finding.n_head = head.size();
  finding.head_median = stats::Median(head);
  sessions = SessionsOf(one);
  if (!Comparable(one, metric, sessions, finding)) return false;
  std::erase_if(sessions, [&](const auto& entry) { return entry.second->metrics.Of(metric).empty(); });
  for (const auto& entry : sessions) finding.n_base += entry.second->metrics.Of(metric).size();
  finding.sessions = sessions.size();
  if (head.empty() && sessions.empty()) {
    return Refuse(finding, LatencyReason::kMetricAbsent,
                  "not defined for this case, neither in the run nor in the baseline");
  }
  if (head.empty()) return Refuse(finding, LatencyReason::kMetricAbsent, "no sample of the run has it");
  if (sessions.empty()) return Refuse(finding, LatencyReason::kMetricAbsent, "no session of the baseline has it");
  return true;
}

// A run that was cut short may have stopped because it got slow: what it shows may be worse, not all right.
void MarkIncomplete(const CaseFacts& facts, LatencyFinding& finding) {
  if (!facts.Incomplete() || finding.verdict == Verdict::kRegressed || finding.verdict == Verdict::kCannotTell) return;
  finding.verdict = Verdict::kCannotTell;
  finding.code = LatencyReason::kIncomplete;
  finding.reason =
      "only " + std::to_string(facts.counting) + " of " + std::to_string(facts.planned) + " repetitions were measured";
}

// What was asked no more because it had regressed keeps that verdict: the looks between rounds had their own part of
// alpha for it. Where the whole run does not show it any more, it is neither.
void MarkStopped(const LatencyCase& one, std::vector<LatencyFinding>& findings) {
  if (one.run == nullptr || !one.run->info.rounds) return;
  for (const run::Rounds::Stop& stop : one.run->info.rounds->stops) {
    if (stop.case_id != one.one->plan.id || stop.why != "regressed") continue;
    const bool shown = std::any_of(findings.begin(), findings.end(), [](const LatencyFinding& finding) {
      return finding.decides && (finding.verdict == Verdict::kRegressed || finding.n_second > 0);
    });
    if (shown) return;
    for (LatencyFinding& finding : findings) {
      if (!finding.decides || finding.verdict == Verdict::kCannotTell) continue;
      Refuse(finding, LatencyReason::kNotConfirmed,
             "asked no more after " + std::to_string(stop.repetitions) +
                 " requests because it had regressed, which all cases together do not show; measure it to the end");
    }
  }
}

// All pairs of one comparison while they are sorted into families and judged.
class Families {
 public:
  explicit Families(const LatencyInput& input)
      : input_(input), cases_(input.cases), policy_(*input.policy), names_(AllNames()) {
    findings_.cases.resize(cases_.size());
    for (std::size_t i = 0; i < cases_.size(); ++i) AddCase(i);
  }

  LatencyFindings Judged(const LatencyRule& rule) && {
    AddSessionMetrics();
    const double late = 1 - EarlyAlphaShare(input_.runs);
    for (const auto& [kind, family] : gated_) JudgeOne(kind, family, family.size(), true, GatedAlpha() * late, rule);
    for (auto& [kind, family] : shown_) {
      const std::size_t own = family.size();
      AddCompany(family);
      JudgeOne(kind, family, own, false, policy_.alpha / static_cast<double>(shown_.size()) * late, rule);
    }
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      for (LatencyFinding& finding : findings_.cases[i]) MarkIncomplete(*cases_[i].facts, finding);
      SettleWhoDecides(findings_.cases[i]);
      MarkTooNoisy(policy_.max_mde, false, findings_.cases[i]);
      MarkStopped(cases_[i], findings_.cases[i]);
    }
    return std::move(findings_);
  }

  std::vector<LatencyFamily> Gating() && {
    AddSessionMetrics();
    std::vector<LatencyFamily> families;
    for (const auto& [kind, family] : gated_) {
      if (OfSessions(kind)) continue;
      LatencyFamily one;
      one.kind = kind;
      one.alpha = GatedAlpha();
      for (const Pair& pair : family) one.cases.push_back(pair.one);
      one.series = SeriesOf(family);
      families.push_back(std::move(one));
    }
    return families;
  }

 private:
  static bool OfSessions(FamilyKind kind) { return kind == FamilyKind::kThroughput || kind == FamilyKind::kLoadTime; }
  double GatedAlpha() const { return policy_.alpha / static_cast<double>(gated_.size()); }

  Names AllNames() const {
    Names names;
    for (const LatencyCase& one : cases_) {
      if (one.baseline == nullptr || one.baseline->sessions.empty()) continue;
      if (names.contains(&one.baseline->sessions.front())) continue;  // cases of a variant share its baseline
      const std::vector<std::string> of_file = SessionNames(*one.baseline);
      for (std::size_t k = 0; k < of_file.size(); ++k) names.emplace(&one.baseline->sessions[k], of_file[k]);
    }
    return names;
  }

  PairPolicy Describe(const LatencyCase& one, const MetricPolicy& metric, LatencyFinding& finding) const {
    const PairPolicy pair = policy_.Of(metric, one.policy);
    finding.metric = metric.metric;
    finding.gates = pair.gates;
    finding.min_effect = pair.min_effect;
    finding.tolerance = pair.tolerance;
    return pair;
  }

  // Whole latencies come last: whether they stand in for the time per token hangs on whether there is one.
  void AddCase(std::size_t i) {
    findings_.cases[i].resize(policy_.metrics.size());
    bool has_time_per_token = false;
    for (const bool whole : {false, true}) {
      for (std::size_t k = 0; k < policy_.metrics.size(); ++k) {
        const MetricPolicy& metric = policy_.metrics[k];
        if ((metric.metric->value == run::E2eMs) != whole) continue;
        LatencyFinding& finding = findings_.cases[i][k];
        const PairPolicy policy = Describe(cases_[i], metric, finding);
        Pair pair{i, k, {}};
        const bool ready = Prepare(cases_[i], *metric.metric, pair.sessions, finding);
        finding.decides = finding.gates && !(whole && has_time_per_token && !policy.gate_stated);
        if (!ready) continue;
        if (metric.metric->value == run::TpotMs) has_time_per_token = finding.gates;
        const FamilyKind kind = KindOf(*metric.metric, finding.decides, policy.gate_stated);
        (finding.decides ? gated_ : shown_)[kind].push_back(std::move(pair));
      }
    }
  }

  // Most cases have none of these: only what is there, or was there, is looked at.
  void AddSessionMetrics() {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      for (const MetricPolicy& metric : policy_.session_metrics) {
        LatencyFinding finding;
        Describe(cases_[i], metric, finding);
        finding.decides = finding.gates;
        Pair pair{i, findings_.cases[i].size(), {}};
        const bool ready = Prepare(cases_[i], *metric.metric, pair.sessions, finding);
        const bool was_there = HadIt(cases_[i], *metric.metric);
        if (finding.n_head == 0 && !was_there) continue;
        findings_.cases[i].push_back(std::move(finding));
        if (!ready) continue;
        const FamilyKind kind = metric.metric->of_case != nullptr ? FamilyKind::kThroughput : FamilyKind::kLoadTime;
        (findings_.cases[i].back().decides ? gated_ : shown_)[kind].push_back(std::move(pair));
      }
    }
  }
  static bool HadIt(const LatencyCase& one, const run::Metric& metric) {
    const Sessions sessions = SessionsOf(one);
    return std::any_of(sessions.begin(), sessions.end(),
                       [&](const auto& entry) { return !entry.second->metrics.Of(metric).empty(); });
  }

  const LatencyFinding& FindingOf(const Pair& pair) const { return findings_.cases[pair.one][pair.metric]; }

  std::vector<LatencySeries> SeriesOf(const Family& family) const {
    std::vector<LatencySeries> all;
    all.reserve(family.size());
    for (const Pair& pair : family) {
      const LatencyCase& one = cases_[pair.one];
      const LatencyFinding& finding = FindingOf(pair);
      LatencySeries series;
      series.case_id = one.one->plan.id;
      series.variant = one.one->plan.model;
      series.metric = finding.metric;
      series.min_effect = finding.min_effect;
      series.tolerance = finding.tolerance;
      series.head = NumbersOf(*one.one, *finding.metric);
      series.base.reserve(pair.sessions.size());
      for (const auto& [session, entry] : pair.sessions) {
        const std::span<const double> values = entry->metrics.Of(*finding.metric);
        series.base.push_back(SessionValues{names_.at(session), {values.begin(), values.end()}});
      }
      if (one.second != nullptr) series.second = NumbersOf(*one.second, *finding.metric);
      all.push_back(std::move(series));
    }
    return all;
  }

  // Only the first `own` pairs get their finding here; the others keep them company.
  void JudgeOne(FamilyKind kind, const Family& family, std::size_t own, bool gates, double alpha,
                const LatencyRule& rule) {
    const std::vector<LatencySeries> series = SeriesOf(family);
    const FamilyOptions options{alpha, policy_.suite, input_.second_look, FirstLook(input_.runs),
                                MeasuredApart(input_.runs)};
    const AnchorEvidence anchors = OfSessions(kind) ? AnchorEvidence{} : AnchorsFor(kind);
    FamilyFindings judged =
        OfSessions(kind) ? JudgeSessionNumbers(series, options) : rule.JudgeFamily(series, anchors.series, options);
    ASSAY_CHECK(judged.pairs.size() == series.size(), "a rule must give one finding per series");
    for (std::size_t i = 0; i < own; ++i) {
      LatencyFinding& finding = findings_.cases[family[i].one][family[i].metric];
      judged.pairs[i].gates = finding.gates;
      judged.pairs[i].decides = finding.decides;
      judged.pairs[i].kind = kind;
      finding = std::move(judged.pairs[i]);
    }
    if (!gates && gated_.contains(kind)) return;
    AddSuite(kind, gates, anchors.why_none, judged);
  }

  // All together first, then its variants.
  void AddSuite(FamilyKind kind, bool gates, const std::string& why_no_anchors, FamilyFindings& judged) {
    for (SuiteFinding& variant : judged.variants) {
      variant.kind = kind;
      variant.gates = gates && policy_.suite.gate;
    }
    if (judged.suite) {
      judged.suite->kind = kind;
      judged.suite->gates = gates && policy_.suite.gate;
      if (judged.suite->why_no_anchors.empty() && !judged.suite->beyond_anchors) {
        judged.suite->why_no_anchors = why_no_anchors;
      }
      findings_.suite.push_back(std::move(*judged.suite));
    }
    std::move(judged.variants.begin(), judged.variants.end(), std::back_inserter(findings_.suite));
  }

  AnchorEvidence AnchorsFor(FamilyKind kind) const {
    std::vector<NamedSession> sessions;
    for (const auto& [session, name] : names_) sessions.push_back(NamedSession{session, name});
    const std::string_view metric = kind == FamilyKind::kTtft ? "ttft_ms" : "tpot_ms";
    AnchorEvidence anchors = AnchorsOf(input_.runs, sessions, metric);
    if (anchors.why_none.empty()) {
      AddSecondLook(input_.second_runs, input_.runs.front()->info.anchors->yardstick, metric, anchors.series);
    }
    return anchors;
  }

  // Behind the pairs of its own, so that their findings come first. A family is of one metric when it is only shown.
  void AddCompany(Family& shown) const {
    const run::Metric* const metric = FindingOf(shown.front()).metric;
    if (IsSessionMetric(*metric)) return;
    for (const auto& [kind, family] : gated_) {
      for (const Pair& one : family) {
        if (FindingOf(one).metric == metric) shown.push_back(one);
      }
    }
  }

  const LatencyInput& input_;
  std::span<const LatencyCase> cases_;
  const Policy& policy_;
  Names names_;
  std::map<FamilyKind, Family> gated_;
  std::map<FamilyKind, Family> shown_;
  LatencyFindings findings_;
};

}  // namespace

LatencyFindings JudgeLatency(const LatencyInput& input, const LatencyRule& rule) {
  return Families(input).Judged(rule);
}

std::vector<LatencyFamily> BuildFamilies(std::span<const LatencyCase> cases, const Policy& policy) {
  const LatencyInput input{cases, &policy, {}, false};
  return Families(input).Gating();
}

std::size_t FirstLook(std::span<const run::Run* const> runs) {
  std::int64_t first = 0;
  for (const run::Run* const one : runs) {
    if (!one->info.rounds) continue;
    for (const run::Rounds::Stop& stop : one->info.rounds->stops) {
      first = first == 0 ? stop.repetitions : std::min(first, stop.repetitions);
    }
  }
  return static_cast<std::size_t>(first);
}

double EarlyAlphaShare(std::span<const run::Run* const> runs) {
  double share = 0;
  for (const run::Run* const one : runs) {
    if (one->info.rounds) share = std::max(share, one->info.rounds->early_alpha_share);
  }
  return share;
}

}  // namespace assay::compare
