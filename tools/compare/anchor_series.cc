// SPDX-License-Identifier: MIT
#include "tools/compare/anchor_series.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assay::compare {
namespace {

using ByName = std::map<std::string, std::vector<double>>;

void Add(const run::Anchors& anchors, std::string_view metric, ByName& values) {
  for (const run::AnchorCase& one : anchors.cases) {
    const auto found = one.metrics.find(std::string(metric));
    if (found == one.metrics.end()) continue;
    std::vector<double>& pooled = values[one.name];
    pooled.insert(pooled.end(), found->second.begin(), found->second.end());
  }
}

// Empty when every run has comparable anchors.
std::string WhyNotHead(std::span<const run::Run* const> runs) {
  if (runs.empty()) return "no anchors in the run";
  for (const run::Run* const one : runs) {
    const auto& anchors = one->info.anchors;
    if (!anchors) return "no anchors in the run (--anchors=off, or measured before there were any)";
    if (anchors->cases.empty()) {
      return "no anchors in the run" + (anchors->absent.empty() ? std::string() : ": " + anchors->absent);
    }
    if (anchors->yardstick != runs.front()->info.anchors->yardstick) return "the runs have different yardsticks";
  }
  return "";
}

}  // namespace

AnchorEvidence AnchorsOf(std::span<const run::Run* const> runs, std::span<const NamedSession> sessions,
                         std::string_view metric) {
  AnchorEvidence evidence;
  evidence.why_none = WhyNotHead(runs);
  if (!evidence.why_none.empty()) return evidence;
  const std::string& yardstick = runs.front()->info.anchors->yardstick;
  ByName head;
  for (const run::Run* const one : runs) Add(*one->info.anchors, metric, head);

  const bool in_step = runs.size() == 1 && runs.front()->info.anchors->in_step;
  std::map<std::string, ByName> base;                      // by session
  std::map<std::string, std::vector<bool>> steps;          // by session, of each run that is in it
  std::set<std::pair<std::string, std::string>> measured;  // each run of a session once: its variants share its anchors
  std::string without;
  for (const NamedSession& one : sessions) {
    const auto& anchors = one.session->anchors;
    if (!anchors || anchors->cases.empty()) {
      without = "the accepted session of " + one.session->accepted_at + " has no anchors";
    } else if (anchors->yardstick != yardstick) {
      without = "the accepted session of " + one.session->accepted_at + " has another yardstick";
    } else if (measured.emplace(one.name, one.session->started_at).second) {
      Add(*anchors, metric, base[one.name]);
      steps[one.name].push_back(anchors->in_step);
    }
  }
  if (base.empty()) {
    evidence.why_none = without.empty() ? "no session was accepted" : without + "; accept a run with anchors";
    return evidence;
  }
  for (auto& [name, values] : head) {
    AnchorSeries series;
    series.name = name;
    for (auto& [session, of_session] : base) {
      const auto found = of_session.find(name);
      if (found != of_session.end()) series.base.push_back(SessionValues{session, found->second});
    }
    for (const auto& [session, of_runs] : steps) {
      if (of_runs == std::vector<bool>{true}) series.sessions_in_step.insert(session);
    }
    series.head_in_step = in_step;
    series.head = std::move(values);
    if (!series.base.empty()) evidence.series.push_back(std::move(series));
  }
  if (evidence.series.empty()) {
    evidence.why_none = "no anchor of the run has " + std::string(metric) + " in an accepted session";
  }
  return evidence;
}

void AddSecondLook(std::span<const run::Run* const> second, std::string_view yardstick, std::string_view metric,
                   std::vector<AnchorSeries>& series) {
  if (!WhyNotHead(second).empty() || second.front()->info.anchors->yardstick != yardstick) return;
  ByName values;
  for (const run::Run* const one : second) Add(*one->info.anchors, metric, values);
  for (AnchorSeries& anchor : series) {
    const auto found = values.find(anchor.name);
    if (found == values.end()) continue;
    anchor.second = std::move(found->second);
    anchor.second_in_step = second.size() == 1 && second.front()->info.anchors->in_step;
  }
}

}  // namespace assay::compare
