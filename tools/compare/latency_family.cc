// SPDX-License-Identifier: MIT
#include "tools/compare/latency_family.h"

#include <algorithm>
#include <string>

#include "tools/stats/descriptive.h"

namespace assay::compare {
namespace {

struct Pair {
  std::size_t one = 0;     // index of the case
  std::size_t metric = 0;  // index into the policy's metrics
};

std::string Tokens(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text.empty() ? "none" : text;
}

// The whole latency grows with the length of the answer; the time to the first token does not, nor
// does the time per token.
bool DependsOnLength(const run::Metric& metric) { return metric.value == run::E2eMs; }
// Counts of different sources are never compared: not as a divisor, and not to find two answers
// equally long.
bool DependsOnTokenCounts(const run::Metric& metric) { return metric.value == run::TpotMs || DependsOnLength(metric); }

// Fills `series` when the pair can be compared; else the finding says why not.
bool Prepare(const LatencyCase& one, const run::Metric& metric, LatencySeries& series, LatencyFinding& finding) {
  const auto refuse = [&](LatencyReason code, std::string reason) {
    finding.verdict = Verdict::kCannotTell;
    finding.code = code;
    finding.reason = std::move(reason);
    return false;
  };
  series.case_id = one.one->plan.id;
  series.metric = &metric;
  series.head = MetricValues(*one.one, metric);
  finding.n_head = series.head.size();
  finding.head_median = stats::Median(series.head);

  std::vector<std::pair<const BaselineSession*, const SessionCase*>> sessions;
  if (one.baseline != nullptr) {
    for (const BaselineSession& session : one.baseline->sessions) {
      const auto found = session.cases.find(one.one->plan.id);
      if (found != session.cases.end()) sessions.emplace_back(&session, &found->second);
    }
  }
  if (sessions.empty()) return refuse(LatencyReason::kNoBaseline, "no accepted session has this case");
  // Only sessions that asked and counted the same; the newest says what the others are compared
  // with in words.
  const SessionCase* const newest = sessions.back().second;
  std::erase_if(sessions, [&](const auto& entry) { return entry.second->fingerprint != one.one->plan.fingerprint; });
  if (sessions.empty()) {
    return refuse(LatencyReason::kRequestChanged, "the request is not the one the baseline was measured with");
  }
  if (DependsOnTokenCounts(metric)) {
    const run::TokenSource source = one.facts->TokenSource();
    if (one.facts->token_sources.size() > 1) {
      return refuse(LatencyReason::kTokenSourceDiffers, "the tokens of this run come from different sources");
    }
    std::erase_if(sessions, [&](const auto& entry) { return entry.second->token_source != source; });
    if (sessions.empty()) {
      return refuse(LatencyReason::kTokenSourceDiffers, "tokens are counted by '" + std::string(run::ToString(source)) +
                                                            "', in the baseline by '" +
                                                            std::string(run::ToString(newest->token_source)) + "'");
    }
  }
  if (DependsOnLength(metric)) {
    std::erase_if(sessions, [&](const auto& entry) {
      return entry.second->completion_tokens != one.facts->CompletionTokens() ||
             one.facts->completion_tokens.size() > 1;
    });
    if (sessions.empty()) {
      return refuse(
          LatencyReason::kCompletionTokensDiffer,
          "answers of different length: " + Tokens(one.facts->completion_tokens) + " tokens, in the baseline " +
              (newest->completion_tokens ? std::to_string(*newest->completion_tokens) : "not all of one length"));
    }
  }
  for (const auto& [session, entry] : sessions) {
    const auto found = entry->metrics.find(std::string(metric.name));
    if (found == entry->metrics.end()) continue;
    series.base.push_back(SessionValues{session->started_at, found->second});
    finding.n_base += found->second.size();
  }
  finding.sessions = series.base.size();
  if (series.head.empty() && series.base.empty()) {
    return refuse(LatencyReason::kMetricAbsent, "not defined for this case, neither in the run nor in the baseline");
  }
  if (series.head.empty()) return refuse(LatencyReason::kMetricAbsent, "no sample of the run has it");
  if (series.base.empty()) return refuse(LatencyReason::kMetricAbsent, "no session of the baseline has it");
  return true;
}

// Another metric of the case may speak for one that cannot: time per token where answers differ in
// length, and the rest where a metric is by its nature undefined (one token has no gap, a request
// that does not stream no first token).
void SettleWhoDecides(std::vector<LatencyFinding>& findings) {
  const auto speaks = [](const LatencyFinding& finding) {
    return finding.gates && finding.verdict != Verdict::kCannotTell;
  };
  const bool any = std::any_of(findings.begin(), findings.end(), speaks);
  const bool tpot = std::any_of(findings.begin(), findings.end(), [&](const LatencyFinding& finding) {
    return finding.metric->value == run::TpotMs && speaks(finding);
  });
  for (LatencyFinding& finding : findings) {
    finding.decides = finding.gates;
    if (finding.code == LatencyReason::kCompletionTokensDiffer && tpot) {
      finding.decides = false;
      finding.reason += "; the time per token decides";
    }
    if (finding.code == LatencyReason::kMetricAbsent && finding.n_head == 0 && finding.n_base == 0 && any) {
      finding.decides = false;
    }
  }
}

}  // namespace

std::vector<std::vector<LatencyFinding>> JudgeLatency(std::span<const LatencyCase> cases, const Policy& policy,
                                                      const LatencyRule& rule) {
  std::vector<std::vector<LatencyFinding>> findings(cases.size());
  for (const bool gated : {true, false}) {
    std::vector<LatencySeries> family;
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      findings[i].resize(policy.metrics.size());
      for (std::size_t k = 0; k < policy.metrics.size(); ++k) {
        const MetricPolicy& metric = policy.metrics[k];
        if ((metric.gate && cases[i].policy.latency) != gated) continue;
        LatencyFinding& finding = findings[i][k];
        finding.metric = metric.metric;
        finding.gates = gated;
        finding.min_effect = policy.MinEffect(metric, cases[i].policy);
        LatencySeries series;
        series.min_effect = finding.min_effect;
        if (!Prepare(cases[i], *metric.metric, series, finding)) continue;
        family.push_back(std::move(series));
        pairs.push_back(Pair{i, k});
      }
    }
    std::vector<LatencyFinding> judged = rule.Judge(family, policy.alpha);
    ASSAY_CHECK(judged.size() == pairs.size(), "a rule must give one finding per series");
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      judged[i].gates = gated;
      findings[pairs[i].one][pairs[i].metric] = std::move(judged[i]);
    }
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (LatencyFinding& finding : findings[i]) {
      // A run that was cut short may have stopped because it got slow: what it shows may be worse,
      // not all right.
      if (!cases[i].facts->Incomplete() || finding.verdict == Verdict::kRegressed) continue;
      if (finding.verdict == Verdict::kCannotTell) continue;
      finding.verdict = Verdict::kCannotTell;
      finding.code = LatencyReason::kIncomplete;
      finding.reason = "only " + std::to_string(cases[i].facts->counting) + " of " +
                       std::to_string(cases[i].facts->planned) + " repetitions were measured";
    }
    SettleWhoDecides(findings[i]);
  }
  return findings;
}

}  // namespace assay::compare
